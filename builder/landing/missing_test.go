package landing

import (
	"testing"

	"goldserve/gold"
)

// TestMissingColumnsAreToldOfTheirSource: once for a file, with where they are declared, and a suggestion only if it may be what was meant.
func TestMissingColumnsAreToldOfTheirSource(t *testing.T) {
	const declared = "; names are exact, and those of the source o are declared under build: sources: o: columns in model.yaml"
	for _, c := range []struct {
		header string
		of     gold.RawSource
		want   string
	}{
		{"id_achat,price\n1,2\n", source("o", "id_achat text", "date_achat text"), "o.csv, column date_achat: the file has no such column: it has id_achat, price" + declared},
		{" isbn,x\n1,2\n", source("o", "isbn text"), `o.csv, column isbn: the file has no such column: it has " isbn", x` + declared + ` (did you mean " isbn"?)`},
		{"ISBN,x\n1,2\n", source("o", "isbn text", "x text"), "o.csv, column isbn: the file has no such column: it has ISBN, x" + declared + " (did you mean ISBN?)"},
		{"isbn,shelff\n1,2\n", source("o", "isbn text", "shelf text", "lent date"), "o.csv: the file has no columns shelf (did you mean shelff?), lent: it has isbn, shelff" + declared},
	} {
		b := newBench(t)
		b.write("o.csv", c.header)
		_, _, _, err := b.land(c.of)
		if err == nil || err.Error() != c.want || gold.CodeOf(err) != gold.CodeBuildSchema {
			t.Errorf("%q:\ngot  %v\nwant %s", c.header, err, c.want)
		}
	}
	b := newBench(t)
	b.parquet("o.parquet", people, person(1, "x"))
	_, _, _, err := b.land(source("o", "idd whole", "shelf text"))
	if want := "o.parquet: the file has no columns idd (did you mean id?), shelf: it has "; err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
