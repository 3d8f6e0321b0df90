package infer

import (
	"slices"

	"goldserve/gold"
)

// surePart is the part of a column's values that must have a shape for it to be personal whatever its name is.
const surePart = 0.8

// likelyPart is the part that is enough where the name says so as well.
const likelyPart = 0.5

// personal is one kind of personal data.
type personal struct {
	what   string
	shape  shape   // with which the name must agree
	sure   []shape // that say so alone
	inside bool    // one document that holds it is enough
	named  func(d *Dataset, column string) bool
}

var personalKinds = []personal{
	{"e-mail addresses", emailShape, []shape{emailShape}, true, func(_ *Dataset, c string) bool {
		return hasWord(c, "email", "mail", "emails", "courriel", "login", "contact")
	}},
	{"phone numbers", digitShape, []shape{phoneShape}, true, func(_ *Dataset, c string) bool {
		return hasWord(c, "phone", "tel", "telephone", "mobile", "portable", "fax", "cell", "gsm", "msisdn")
	}},
	{"IBANs", ibanShape, []shape{ibanShape}, true, func(_ *Dataset, c string) bool {
		return hasWord(c, "iban", "account", "compte", "rib")
	}},
	{"Internet addresses", addressShape, []shape{addressShape}, false, func(_ *Dataset, c string) bool {
		return hasWord(c, "ip", "ipv4", "ipv6", "address", "adresse", "host")
	}},
	{"names of persons", personShape, nil, false, (*Dataset).namesPersons},
}

// people are words for persons, in the singular.
var people = []string{
	"client", "customer", "person", "people", "user", "employee", "contact", "patient", "member", "buyer", "seller", "passenger", "student",
	"driver", "author", "owner", "subscriber", "guest", "utilisateur", "personne", "employe", "salarie", "abonne", "acheteur", "adherent", "lead",
	"kunde", "kunden", "mitglied", "mitglieder", "mitarbeiter", "benutzer", "nutzer", "schuler", "leser",
}

// namesPersons reports whether a column is named as persons' names are: nom_client, first_name; and name alone in a dataset
// about persons, or beside their e-mail addresses.
func (d *Dataset) namesPersons(column string) bool {
	w := words(column)
	switch {
	case hasWord(column, "firstname", "lastname", "surname", "fullname", "prenom", "patronyme", "forename",
		"vorname", "nachname", "familienname", "apellido"):
		return true
	case !slices.ContainsFunc(w, func(word string) bool { return word == "name" || word == "nom" || word == "names" || word == "noms" }):
		return false
	case hasWord(column, "first", "last", "full", "middle", "maiden", "family", "given", "famille", "complet"), hasWord(column, people...):
		return true
	}
	return len(w) == 1 && (hasWord(d.Name, people...) ||
		slices.ContainsFunc(d.Fields, func(f *Field) bool { return f.profile.share(emailShape) >= surePart }))
}

// findPersonal marks the fields that hold personal data.
func (d *Dataset) findPersonal() {
	for _, f := range d.Fields {
		if f.Kind != gold.Text && f.Kind != gold.Int {
			continue
		}
		for _, kind := range personalKinds {
			if f.Personal == "" && kind.fits(d, f) {
				f.Personal, f.PII = kind.what, true
			}
		}
	}
	for _, f := range d.Fields { // a guess never loosens by itself
		if d.before != nil && !f.PII && d.before.personal(f.Column()) {
			f.Personal, f.PII = asBefore, true
		}
	}
}

func (k *personal) fits(d *Dataset, f *Field) bool {
	p := f.profile
	if f.Kind == gold.Int { // of a phone number, its digits
		return k.shape == digitShape && !p.lowest.IsNull() && p.lowest.Int() >= 1e6 && p.highest.Int() < 1e15 && k.named(d, f.spoken)
	}
	for _, s := range k.sure {
		// A document says what it holds, unlike a column whose values look alike by chance.
		if p.share(s) >= surePart || k.inside && p.share(documentShape) >= likelyPart && p.shaped[s] > 0 {
			return true
		}
	}
	return p.share(k.shape) >= likelyPart && k.named(d, f.spoken)
}
