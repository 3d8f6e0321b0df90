package lake

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// asDataset makes a dataset of the columns that a field can hold.
func asDataset(name string, columns []Column) gold.Dataset {
	d := gold.Dataset{Name: name}
	for i, c := range columns {
		if c.Refused == "" {
			f := c.Field
			f.Name, f.PhysicalName = fmt.Sprintf("f%d", i), c.Name
			d.Fields = append(d.Fields, f)
		}
	}
	return d
}

func TestAFilesColumnsAreADatasetThatReadsIt(t *testing.T) {
	shared := filepath.Join(storetest.Shared(t), "data")
	tables := 0
	for _, folder := range []string{
		filepath.Join("testdata", "names"), filepath.Join(shared, "parquet-testing", "data"),
		filepath.Join(shared, "writers", "pandas"), filepath.Join(shared, "writers", "spark"), filepath.Join(shared, "writers", "spark-hive"),
		filepath.Join(shared, "writers", "pyarrow-v2"), filepath.Join(shared, "writers", "duckdb"), filepath.Join(shared, "writers", "polars"),
	} {
		l := mustOpen(t, folder)
		sources, err := l.Sources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			spec := Spec{Source: source, NoSuccessFile: true}
			columns, err := l.Columns(t.Context(), spec)
			if err != nil {
				if gold.KindOf(err) != gold.Invalid {
					t.Errorf("%s/%s: %v", folder, source, err)
				}
				continue
			}
			spec.Dataset = asDataset(source, columns)
			table, err := l.Table(t.Context(), spec)
			if code := gold.CodeOf(err); code == gold.CodeFileUnsupported || code == gold.CodeRowCount {
				continue // the rows can't be read, whatever the contract is
			}
			if err != nil {
				t.Errorf("%s/%s: %v, of the columns %+v", folder, source, err, columns)
				continue
			}
			tables++
			if err := table.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if tables < 60 {
		t.Errorf("only %d tables", tables)
	}
}

func TestColumnsOfAFile(t *testing.T) {
	dir := t.TempDir()
	type inner struct {
		City string   `parquet:"city"`
		Tags []string `parquet:"tags,list"`
	}
	type row struct {
		ID      int32             `parquet:"id"`
		Price   int64             `parquet:"price,decimal(2:10)"`
		Single  float32           `parquet:"single"`
		Raw     []byte            `parquet:"raw"`
		Address inner             `parquet:"address"`
		Names   map[string]string `parquet:"names"`
		Dotted  bool              `parquet:"address.city"`
	}
	writeRows(t, filepath.Join(dir, "t.parquet"), []row{{ID: 1}})
	columns, err := mustOpen(t, dir).Columns(t.Context(), Spec{Source: "t"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		line := c.Name + " " + c.Field.Kind.String()
		switch {
		case c.Refused != "":
			line = c.Name + " refused: " + c.Refused
		case c.Field.Kind == gold.Decimal:
			line += fmt.Sprintf("(%d,%d)", c.Precision, c.Field.Scale)
		case c.Field.Single:
			line += " single"
		}
		got = append(got, line)
	}
	const want = `id int
price decimal(10,2)
single double single
raw refused: bytes: a field with logicalType: string and physicalType: BINARY holds bytes as base64
address.tags text
names text
address.city bool`
	if text := strings.Join(got, "\n"); text != want { // a column whose own name has a dot hides one within a struct
		t.Errorf("columns:\n%s\nwant:\n%s", text, want)
	}
}

func TestColumnsOfPartsAndPartitions(t *testing.T) {
	type older struct {
		ID    int64 `parquet:"id"`
		Price int64 `parquet:"price,decimal(2:10)"`
		Kind  bool  `parquet:"kind"`
	}
	type newer struct {
		ID    float64 `parquet:"id"`
		Price int64   `parquet:"price,decimal(4:10)"`
		Kind  string  `parquet:"kind"`
		Added string  `parquet:"added"`
	}
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "t.parquet", "year=2023", "month=01", "a.parquet"), []older{{ID: 1}})
	writeRows(t, filepath.Join(dir, "t.parquet", "year=2024", "month=02", "b.parquet"), []newer{{ID: 1}})
	l := mustOpen(t, dir)
	columns, err := l.Columns(t.Context(), Spec{Source: "t", NoSuccessFile: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		got = append(got, fmt.Sprintf("%s %s %d %d %s", c.Name, c.Field.Kind, c.Precision, c.Field.Scale, c.Refused))
	}
	want := []string{
		"id double 0 0 ", "price decimal 12 4 ", "kind null 0 0 a bool in some files and a text in others, which no one field can hold", "added text 0 0 ",
		"year int 0 0 ", "month text 0 0 ", // 01 is no integer's text
	}
	if text := strings.Join(got, "\n"); text != strings.Join(want, "\n") {
		t.Errorf("columns:\n%s", text)
	}
}

func TestSourcesOfALake(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	dir := t.TempDir()
	for _, name := range []string{
		"orders.parquet", "clients.parquet/part-0.parquet", "sales/2024/lines.parquet", "sales/2024/returns.parquet", "visits/part-0.parquet",
		"days/day=1/x.parquet", "years/y_2023.parquet", "years/y_2024.parquet", "done/a.parquet", "done/_SUCCESS", "one/only.parquet", "_draft/x.parquet",
		"old/x.parquet", "old/_delta_log/0.json", "hex/0a1b2c3d.parquet", "hex/f0a1b2c3d.parquet",
	} {
		writeRows(t, filepath.Join(dir, name), []row{{1}})
	}
	sources, err := mustOpen(t, dir).Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "clients days done hex old one/only orders sales/2024/lines sales/2024/returns visits years"
	if got := strings.Join(sources, " "); got != want {
		t.Errorf("sources %s\nwant    %s", got, want)
	}
}
