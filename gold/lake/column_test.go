package lake

import (
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// named makes a dataset of fields such as "total:f?=Total Sales", each with the name of its column where that is another;
// the first is the key.
func named(name string, fields ...string) gold.Dataset {
	var plain, columns []string
	for _, f := range fields {
		field, column, _ := strings.Cut(f, "=")
		plain, columns = append(plain, field), append(columns, column)
	}
	d := dataset(name, strings.Join(plain, " "))
	for i := range columns {
		d.Fields[i].PhysicalName = columns[i]
	}
	return d
}

// readTexts returns the rows of a dataset as text.
func readTexts(t *testing.T, dir string, d gold.Dataset) string {
	t.Helper()
	rows, _, err := readRows(mustTable(t, dir, Spec{Dataset: d}), Read{})
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = rowText(row)
	}
	return strings.Join(texts, "\n")
}

// columnNames is what pandas and pyarrow read in testdata/names, whose files hold the same rows.
const columnNames = `1 1.5 10 a literal1 7 1 x Łódź 51.5 P1 1.5
2 null 20 b literal2 7 2 y null null null null
3 0.1 30 null literal3 7 3 z null null P3 0.1
4 2 40 d null 7 4 null Nice null P4 2
5 3.25 50 e literal5 7 5 w  -0.25 P5 3.25`

func TestColumnsAreFoundByTheirNamesInTheFile(t *testing.T) {
	for _, writer := range []string{"pandas", "pyarrow", "pyarrow_v2", "polars", "duckdb"} {
		d := named(writer, "id:i", "total:f?=Total Sales", "zero:i=0", "customer_city:t?=customer__city", "literal:t?=a.b",
			"dotted:i=a.c.d", "price:i=Prix HT (€)", "ref:t?=$ref", "city:t?=address.city", "lat:f?=address.geo.lat", "promo:t?=PROMO", "again:f?=Total Sales")
		if got := readTexts(t, "testdata/names", d); got != columnNames {
			t.Errorf("%s: rows\n%s\nwant\n%s", writer, got, columnNames)
		}
	}
}

func TestAColumnThatIsNotThereIsNamedWithItsField(t *testing.T) {
	for field, words := range map[string][]string{
		"total:f?=Total Sale":       {`pyarrow.parquet, column "Total Sale" (field total): the file has no such column: it has id, "Total Sales", 0,`, "(did you mean Total Sales?)"},
		"city:t?=address.cty":       {`column "address.cty" (field city): the file has no such column`, "(did you mean address.city?)"},
		"city:i?=address":           {`column address (field city): it holds groups of columns (a struct), and the contract expects integers: name a column within it by physicalName, such as "address.city"`},
		"tag:f?=tags":               {"column tags (field tag): it holds lists, and the contract expects numbers"},
		"n:i?=lines.list.element.n": {`column "lines.list.element.n" (field n): it lies in a list or a map, and has many values in a row`},
		"price:t?=Prix HT (€)":      {`column "Prix HT (€)" (field price): it holds 64-bit integers, and the contract expects text`},
		"promo:t?":                  {"column promo: the file has no such column", "(did you mean PROMO?)"},
	} {
		wantSchemaError(t, named("pyarrow", "id:i", field), words)
	}
	d := named("pyarrow", "id:i", "total:f=Total Sales")
	_, _, err := readRows(mustTable(t, "testdata/names", Spec{Dataset: d}), Read{})
	wantError(t, err, gold.Invalid, gold.CodeValueNull, `pyarrow.parquet, column "Total Sales" (field total), row 2: found null`)
}

func wantSchemaError(t *testing.T, d gold.Dataset, words []string) {
	t.Helper()
	err := openTable(t, "testdata/names", Spec{Dataset: d})
	if err == nil || gold.KindOf(err) != gold.Invalid {
		t.Fatalf("%s: error %v", d.Fields[1].Column(), err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, which lacks %q", d.Fields[1].Column(), err, word)
		}
	}
}

func TestColumnsThatDifferInCaseHaveTheirOwnFields(t *testing.T) {
	type twice struct {
		ID    int64  `parquet:"id"`
		Promo string `parquet:"promo"`
		Upper string `parquet:"PROMO"`
	}
	dir := t.TempDir()
	writeRows(t, dir+"/x.parquet", []twice{{1, "a", "b"}})
	for fields, want := range map[string]string{
		"promo:t":                 "",
		"promo:t promo_2:t=PROMO": "1 a b",
		"upper:t=PROMO":           "1 b",
	} {
		d := named("x", append([]string{"id:i"}, strings.Fields(fields)...)...)
		if want == "" {
			wantError(t, openTable(t, dir, Spec{Dataset: d}), gold.Invalid, gold.CodeSchemaDuplicate, "promo, PROMO")
			continue
		}
		if got := readTexts(t, dir, d); got != want {
			t.Errorf("%s: %s, want %s", fields, got, want)
		}
	}
}

func TestAPartitionIsFoundByItsNameInTheFolder(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
		P  int64 `parquet:"Sale Year"`
	}
	dir := t.TempDir()
	writeRows(t, dir+"/x.parquet/Sale%20Year=2011/part-0.parquet", []row{{1, 2011}, {2, 1999}})
	writeRows(t, dir+"/x.parquet/Sale%20Year=2012/part-0.parquet", []row{{3, 2012}})
	writeFile(t, dir+"/x.parquet/_SUCCESS", nil)
	d := named("x", "id:i", "year:i=Sale Year")
	table := mustTable(t, dir, Spec{Dataset: d})
	rows, report, err := readRows(table, Read{})
	if err != nil || len(rows) != 3 || rowText(rows[1]) != "2 2011" || rowText(rows[2]) != "3 2012" {
		t.Errorf("rows %v, %v", rows, err)
	}
	if len(report.Overruled) != 1 || report.Overruled[0].Field != "year" || report.Overruled[0].Rows != 1 {
		t.Errorf("overruled %v", report.Overruled)
	}
	if print, err := table.Fingerprint(t.Context()); err != nil || !strings.Contains(print, " Sale+Year=2011!") {
		t.Errorf("fingerprint %s, %v", print, err)
	}
	wantError(t, openTable(t, dir, Spec{Dataset: named("x", "id:i", "year:i=Sale year")}), gold.Invalid, gold.CodeSchemaMissing, `"Sale year" (field year)`, "did you mean Sale Year?")
}

func TestAColumnThatOlderPartsLackIsNullThere(t *testing.T) {
	dir := filepath.Join(storetest.Shared(t), "data/field/column-added-later/lake")
	// As pyarrow.dataset and DuckDB's union_by_name read them.
	if got, want := readTexts(t, dir, dataset("t", "id:i promo:t?")), "1 null\n2 x"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	wantError(t, openTable(t, dir, Spec{Dataset: dataset("t", "id:i promo:t")}), gold.Invalid, gold.CodeSchemaMissing,
		"t.parquet/part-0.parquet, column promo: the file has no such column: it has id")
	// What no part has is missing, and not null.
	wantError(t, openTable(t, dir, Spec{Dataset: dataset("t", "id:i prom:t?")}), gold.Invalid, gold.CodeSchemaMissing,
		"t.parquet/part-0.parquet, column prom: the file has no such column", "t.parquet/part-1.parquet, column prom", "did you mean promo?")
	wantError(t, openTable(t, dir, Spec{Dataset: dataset("t", "id:i promo:i?")}), gold.Invalid, gold.CodeSchemaType, "t.parquet/part-1.parquet, column promo")
	key := dataset("t", "id:i promo:t?")
	key.Key = []string{"id", "promo"}
	wantError(t, openTable(t, dir, Spec{Dataset: key}), gold.Invalid, gold.CodeSchemaMissing, "t.parquet/part-0.parquet, column promo")
	// A field that is read for a rule alone goes by the same.
	optional := Spec{Dataset: dataset("t", "id:i"), Optional: []gold.Field{{Name: "promo", Kind: gold.Text, Nullable: true}}}
	if rows, _, err := readRows(mustTable(t, dir, optional), Read{}); err != nil || len(rows) != 2 || rowText(rows[0]) != "1 null" {
		t.Errorf("rows %v, %v", rows, err)
	}
}

func TestAStructThatOlderPartsLackIsNullThere(t *testing.T) {
	type address struct {
		City string `parquet:"city"`
	}
	type old struct {
		ID int64 `parquet:"id"`
	}
	type recent struct {
		Address *address `parquet:"address,optional"`
		ID      int64    `parquet:"id"`
	}
	dir := t.TempDir()
	writeRows(t, dir+"/x.parquet/part-0.parquet", []old{{1}})
	writeRows(t, dir+"/x.parquet/part-1.parquet", []recent{{&address{"Nice"}, 2}, {nil, 3}})
	writeFile(t, dir+"/x.parquet/_SUCCESS", nil)
	if got, want := readTexts(t, dir, named("x", "id:i", "city:t?=address.city")), "1 null\n2 Nice\n3 null"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// The texts that pyarrow casts its columns to, without a fraction of zeros alone, as str() of Python's times has none.
var (
	uuids  = []string{"b5d1c8f7-2f08-4df4-ae72-827bda16eeb8", "00000000-0000-0000-0000-000000000000", "null", "ffffffff-ffff-ffff-ffff-ffffffffffff", "12345678-9abc-def0-1234-56789abcdef0"}
	clocks = map[string][]string{
		"s":  {"09:30:00", "00:00:00", "null", "23:59:59", "12:34:56"},
		"ms": {"09:30:00", "00:00:00", "null", "23:59:59.999", "12:34:56.500"},
		"us": {"09:30:00", "00:00:00", "null", "23:59:59.999999", "12:34:56.500000"},
		"ns": {"09:30:00", "00:00:00", "null", "23:59:59.999999999", "12:34:56.500000000"},
	}
)

func TestUUIDsAndTimesOfDayAreText(t *testing.T) {
	for writer, columns := range map[string]string{"pyarrow": "u s ms us ns", "pyarrow_old": "u s ms us ns", "pandas": "u us", "polars": "ns", "duckdb": "u us"} {
		for column := range strings.FieldsSeq(columns) {
			want := clocks[column]
			if column == "u" {
				want = uuids
			}
			rows, _, err := readRows(mustTable(t, "testdata/times", Spec{Dataset: dataset(writer, "id:i "+column+":t?")}), Read{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got := rows[i][1].String(); got != want[i] {
					t.Errorf("%s: %s is %s, want %s", writer, column, got, want[i])
				}
			}
		}
	}
	dir := filepath.Join(storetest.Shared(t), "data/field/uuid-and-time/lake")
	if got, want := readTexts(t, dir, dataset("t", "id:i u:t? t:t?")), "1 b5d1c8f7-2f08-4df4-ae72-827bda16eeb8 09:30:00"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	wantError(t, openTable(t, dir, Spec{Dataset: dataset("t", "id:i t:T?")}), gold.Invalid, gold.CodeSchemaType,
		"t.parquet, column t: it holds times of day, and the contract expects timestamps")
}
