package infer

import (
	"slices"
	"strings"
	"testing"
)

func TestShapesOfTexts(t *testing.T) {
	for text, want := range map[string][]shape{
		"ann.lee@example.org":             {emailShape},
		"at @ home":                       nil,
		"user@localhost":                  nil,
		"+33 6 12 34 56 78":               {phoneShape, digitShape},
		"06.12.34.56.78":                  {phoneShape, digitShape},
		"(020) 7946 0958":                 {phoneShape, digitShape},
		"0612345678":                      {digitShape},
		"2011-12-08":                      nil,
		"2011-12":                         nil,
		"1234567.5":                       nil,
		"978-3-16-148410-0":               {digitShape}, // an ISBN: no phone number unless the name says so
		"GB82 WEST 1234 5698 7654 32":     {ibanShape},
		"FR7630006000011234567890189":     {ibanShape},
		"GB82 WEST 1234 5698 7654 33":     nil, // its check digits are wrong
		"192.168.0.1":                     {addressShape, digitShape},
		"2001:db8::1":                     {addressShape},
		"10:30:00":                        nil,
		"Marek Koné":                      {personShape},
		"Jean-Luc de la Tour":             {personShape},
		"Müller, Jürgen":                  {personShape},
		"grille-pain électrique":          nil,
		"A4 paper":                        nil,
		`{"mail": "ann@example.org"}`:     {documentShape, emailShape},
		`[{"ip": "10.0.0.1", "n": "Bo"}]`: {documentShape, addressShape},
	} {
		var got []shape
		shapesOf([]byte(text), func(s shape) { got = append(got, s) })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q has shapes %v, want %v", text, got, want)
		}
	}
}

func TestPersonalDataIsWhereNameAndShapeAgreeOrTheShapeIsPlain(t *testing.T) {
	type row struct {
		ID       int64  `parquet:"id"`
		Name     string `parquet:"name"`
		Contact  string `parquet:"reach_me"`
		Mobile   string `parquet:"mobile"`
		Barcode  string `parquet:"barcode"`
		Payload  string `parquet:"payload"`
		Account  string `parquet:"account"`
		LastName string `parquet:"last_name"`
		Mail     string `parquet:"by_mail"`
		Phone    int64  `parquet:"phone"`
		Mobile2  int64  `parquet:"mobile_visits"`
	}
	row1 := row{1, "Grille-Pain", "ann@example.org", "0612345678", "0612345678", `{"by": "bo@example.org"}`, "GB82WEST12345698765432", "Koné", "yes", 33612345678, 12}
	row2 := row{2, "Vase", "bo@example.org", "0712345678", "0712345678", `{}`, "FR7630006000011234567890189", "Lee", "no", 33712345678, 3}
	folder := t.TempDir()
	writeRows(t, folder, "products", []row{row1, row2})
	type plain struct {
		ID   int64  `parquet:"id"`
		Name string `parquet:"name"`
	}
	writeRows(t, folder, "customers", []plain{{1, "Ann Lee"}, {2, "Bo Koné"}})
	writeRows(t, folder, "countries", []plain{{1, "France"}, {2, "Italy"}})
	writeText(t, folder, "mitglieder.csv", "Nr,Name,Ort\n1,\"Müller, Jürgen\",Köln\n2,\"Weiß, Zoë\",Wien\n")
	writeText(t, folder, "bestellungen.csv", "Nr,Vorname,Nachname,Ort\n1,Jürgen,Müller,Köln\n2,Zoë,Weiß,Wien\n")
	m := mustInfer(t, folder)
	for field, want := range map[string]string{
		"id": "", "barcode": "", "by_mail": "", "mobile_visits": "", "phone": "phone numbers", "reach_me": "e-mail addresses", "mobile": "phone numbers", "payload": "e-mail addresses", "account": "IBANs",
		"last_name": "names of persons",
		"name":      "names of persons", // beside e-mail addresses: rather dropped than shown
	} {
		if got := m.dataset("products").Field(field).Personal; got != want {
			t.Errorf("products.%s: %q, want %q", field, got, want)
		}
	}
	for _, column := range []string{"mitglieder.Name", "bestellungen.Vorname", "bestellungen.Nachname"} {
		if dataset, field, _ := strings.Cut(column, "."); m.dataset(dataset).Field(field).Personal == "" || m.dataset(dataset).Field("Ort").Personal != "" {
			t.Errorf("%s is not taken for names of persons, or Ort is", column)
		}
	}
	if m.dataset("customers").Field("name").Personal == "" || m.dataset("countries").Field("name").Personal != "" {
		t.Error("a name is a person's in a dataset about persons, and not in one about countries")
	}
}
