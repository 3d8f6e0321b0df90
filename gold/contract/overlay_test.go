package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// shopFS is a model with money, personal data of each mask, and uses that a mask forbids.
var shopFS = fstest.MapFS{
	"shop/model.yaml": {Data: []byte("name: shop\ntitle: {en: Shop}\nlocale: fr-FR\n")},
	"shop/contracts/clients.odcs.yaml": {Data: []byte(`apiVersion: v3.1.0
kind: DataContract
id: shop.clients
version: 1.0.0
status: active
schema:
  - name: clients
    customProperties:
      - property: goldserve
        value:
          filters: {id: eq, nick: [eq, in]}
          sorts: [nick]
          metrics:
            spent_in_all: sum(spent)
            mean: {formula: avg(spent), unit: EUR, format: money}
            people: {formula: count(), unit: people}
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: email, logicalType: string, required: true, classification: pii, logicalTypeOptions: {pattern: "@"}}
      - {name: name, logicalType: string, classification: pii, customProperties: [{property: goldserve, value: {mask: hmac}}]}
      - {name: nick, logicalType: string, classification: pii, customProperties: [{property: goldserve, value: {mask: clear}}]}
      - {name: birth, logicalType: date, classification: pii}
      - {name: city, logicalType: string}
      - {name: spent, logicalType: number, customProperties: [{property: goldserve, value: {unit: EUR, format: money}}]}
      - {name: weight, logicalType: number, customProperties: [{property: goldserve, value: {unit: kg, format: number}}]}
`)},
}

// lay loads the shop with this text as goldserve.yaml.
func lay(text string) (*contract.Model, error) {
	all, _, err := contract.LoadAll(contract.Overlays{File: "goldserve.yaml", Text: []byte(text)}, shopFS)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func TestOverlay(t *testing.T) {
	plain, err := lay("")
	if err != nil {
		t.Fatal(err)
	}
	laid, err := lay(`
store: sqlite:x.db
models:
  shop:
    currency: GBP
    locale: en_gb
    fields:
      clients.email: {mask: hmac}
      clients.birth: {mask: "null"}
      clients.name: {mask: drop}
`)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Locale != "fr-FR" || laid.Locale != "en-GB" {
		t.Errorf("locales %q and %q", plain.Locale, laid.Locale)
	}
	type figures struct{ Fields, Dropped, Units, Rules, SourceRules string }
	of := func(m *contract.Model) figures {
		c := contractOf(m, "clients")
		var f figures
		for _, field := range c.Dataset.Fields {
			f.Fields += field.Name + " " + field.Mask.String() + " "
			f.Units += field.Doc.Unit + " "
			if field.Name == "birth" && !field.Nullable {
				t.Error("a field stored as null can't be null")
			}
		}
		for _, m := range c.Dataset.Metrics {
			f.Units += m.Doc.Unit + " "
		}
		for _, field := range c.Dropped {
			f.Dropped += field.Name + " "
		}
		for _, r := range c.Dataset.Rules {
			f.Rules += r.ID + " "
		}
		for _, r := range c.SourceRules {
			f.SourceRules += r.ID + " "
		}
		return f
	}
	want := figures{
		Fields: "id none name hmac nick none city none spent none weight none ", Dropped: "email birth ",
		Units: "   " + " EUR kg EUR EUR people ", SourceRules: "email_pattern ",
	}
	if diff := cmp.Diff(want, of(plain)); diff != "" {
		t.Errorf("without an overlay: -want +got:\n%s", diff)
	}
	want = figures{
		Fields: "id none email hmac nick none birth null city none spent none weight none ", Dropped: "name ",
		Units: "     " + "GBP kg GBP GBP people ", SourceRules: "email_pattern ",
	}
	if diff := cmp.Diff(want, of(laid)); diff != "" {
		t.Errorf("with the overlay: -want +got:\n%s", diff)
	}
	clear, err := lay("models: {shop: {fields: {clients.email: {mask: clear}}}}")
	if err != nil {
		t.Fatal(err)
	}
	if f := clear.Dataset("clients").Field("email"); f == nil || f.Mask != gold.MaskNone || !f.PII || of(clear).Rules != "email_pattern " {
		t.Errorf("laid clear: %+v, rules %s", f, of(clear).Rules)
	}
}

func TestOverlayProblems(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		want []string
	}{
		"names that nothing has, all at once": {
			`models:
  shoop: {currency: GBP}
  shop:
    curency: GBP
    fields:
      client.email: {mask: hmac}
      clients.emial: {mask: hmac}
      clients.birth: {mask: hmca, keep: true}
      email: {mask: hmac}
`,
			[]string{
				`goldserve.yaml:2:3: models: there is no model "shoop" (did you mean shop?)`,
				`goldserve.yaml:4:5: models: shop: unknown key "curency" (did you mean currency?)`,
				`goldserve.yaml:6:7: models: shop: fields: the model has no dataset "client" (did you mean clients?)`,
				`goldserve.yaml:7:7: models: shop: fields: clients has no field "emial" (did you mean email?)`,
				`goldserve.yaml:8:29: models: shop: fields: clients.birth: mask: expected one of drop, null, initials, first_letter, hmac, sha256_truncated, clear, found "hmca" (did you mean hmac?)`,
				`goldserve.yaml:8:35: models: shop: fields: clients.birth: unknown key "keep"`,
				`goldserve.yaml:9:7: models: shop: fields: expected dataset.field, found "email"`,
			},
		},
		"values of another form": {
			`models:
  shop:
    currency: pounds
    locale: [en]
    fields: {clients.email: {mask: null}, clients.name: {}, clients.nick: hmac}
  shop: {}
`,
			[]string{
				`goldserve.yaml:3:15: models: shop: currency: expected a code of three capital letters such as GBP, found "pounds"`,
				`goldserve.yaml:4:13: models: shop: locale: expected text, found a list`,
				`goldserve.yaml:5:36: models: shop: fields: clients.email: mask: expected one of drop, null, initials, first_letter, hmac, sha256_truncated, clear, found nothing: put null in quotes`,
				`goldserve.yaml:5:57: models: shop: fields: clients.name: the key mask is missing`,
				`goldserve.yaml:5:75: models: shop: fields: clients.nick: expected a map, found "hmac"`,
				`goldserve.yaml:6:3: models: the key "shop" is repeated: it is on line 2 already`,
			},
		},
		"masks that the model forbids": {
			`models:
  shop:
    locale: xx-not a tag
    fields:
      clients.city: {mask: hmac}
      clients.birth: {mask: first_letter}
      clients.nick: {mask: hmac}
`,
			[]string{
				`goldserve.yaml:3:13: models: shop: locale: expected a language tag such as en-GB, found "xx-not a tag"`,
				`goldserve.yaml:5:28: clients.city: mask is for personal data: its contract must say classification: pii as well`,
				`goldserve.yaml:6:29: clients.birth: mask first_letter is for text, not for a date`,
				`goldserve.yaml:7:28: mask: clients.nick is masked (hmac): it can't be filtered, sorted, looked up, indexed, measured or part of a key, and shop/contracts/clients.odcs.yaml:11:29 needs it (goldserve: filters)`,
				`goldserve.yaml:7:28: mask: clients.nick is masked (hmac): it can't be filtered, sorted, looked up, indexed, measured or part of a key, and shop/contracts/clients.odcs.yaml:12:19 needs it (goldserve: sorts)`,
			},
		},
		"no map":         {"models: [shop]", []string{`goldserve.yaml:1:9: models: expected a map, found a list`}},
		"a syntax error": {"models: {", []string{`goldserve.yaml:1:9: YAML: could not find flow mapping end token '}'`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lay(c.yaml)
			if err == nil {
				t.Fatal("accepted")
			}
			var got []string
			for _, p := range problems(t, err) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(got) > 1 && !strings.Contains(err.Error(), "problems in goldserve.yaml, the first: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCurrencyOfAModelWithoutMoney(t *testing.T) {
	_, _, err := contract.LoadAll(contract.Overlays{File: "goldserve.yaml", Text: []byte("models: {m: {currency: GBP}}")}, fstest.MapFS{
		"m/model.yaml":            {Data: []byte(modelYAML)},
		"m/contracts/a.odcs.yaml": {Data: []byte(smallest)},
	})
	want := "goldserve.yaml:1:24: models: m: currency: no field or metric of the model has format: money"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestProblemsOfBoth: what is wrong with the contracts and with the overlays is told in one run.
func TestProblemsOfBoth(t *testing.T) {
	_, _, err := contract.LoadAll(contract.Overlays{File: "goldserve.yaml", Text: []byte("models: {m: {locale: '?'}}")}, fstest.MapFS{
		"m/model.yaml":            {Data: []byte(modelYAML + "facts: b\n")},
		"m/contracts/a.odcs.yaml": {Data: []byte(smallest)},
	})
	if err == nil || !strings.HasPrefix(err.Error(), "2 problems in the contracts and goldserve.yaml, the first: goldserve.yaml:1:22: ") {
		t.Errorf("got %v", err)
	}
}

// FuzzOverlays asks that no text panics, and that nothing is laid in silence: it is used, or refused with its place.
func FuzzOverlays(f *testing.F) {
	f.Add("models: {shop: {currency: GBP, locale: en-GB, fields: {clients.email: {mask: hmac}}}}")
	f.Add("models:\n  shop:\n    fields:\n      clients.nick: {mask: drop}\n")
	f.Add("models: &x {shop: *x}")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := lay(text)
		if err != nil {
			problems(t, err)
			return
		}
		if len(m.Dataset("clients").Fields) == 0 {
			t.Error("no field is left")
		}
	})
}
