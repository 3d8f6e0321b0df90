//go:build e2e

package format

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// TestOtherReaders has pandas, Polars, DuckDB, pyarrow and openpyxl open the files again.
func TestOtherReaders(t *testing.T) {
	python := storetest.Python(t)
	dir := t.TempDir()
	b := extremes(hostileTexts)
	for _, f := range []Format{NDJSON, CSV, Arrow, Parquet, XLSX} {
		o := Options{Fields: everyKind, Dialect: Exact, About: about}
		if err := os.WriteFile(filepath.Join(dir, "x"+f.Suffix()), write(t, f, o, b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expected, err := json.Marshal(expectedOf(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "expected.json"), expected, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/readers.py", dir).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// durationReaders prints what readers that know durations find in files, which other readers take for microseconds.
const durationReaders = `
import sys, pandas, polars, pyarrow.ipc, pyarrow.parquet
folder = sys.argv[1]
with pyarrow.ipc.open_stream(folder + "/x.arrow") as stream: arrow = stream.read_all()
parquet = pyarrow.parquet.read_table(folder + "/x.parquet")
for table in (arrow, parquet): print(table.schema.field("wait").type, table["wait"].cast("int64").to_pylist())
print([str(v) for v in pandas.read_parquet(folder + "/x.parquet")["wait"][:2]])
print(polars.read_parquet(folder + "/x.parquet")["wait"].to_physical().to_list(), polars.read_parquet(folder + "/x.parquet").schema["wait"])
`

func TestDurationsAreDurationsForReadersOfArrow(t *testing.T) {
	python := storetest.Python(t)
	dir := t.TempDir()
	b := spans()
	for _, f := range []Format{Arrow, Parquet} {
		if err := os.WriteFile(filepath.Join(dir, "x"+f.Suffix()), write(t, f, Options{Fields: b.Fields, About: about}, b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", durationReaders, dir).CombinedOutput()
	const values = "[5400000000, -500000, 9223372036854775807, None]"
	want := "duration[us] " + values + "\nduration[us] " + values + "\n['0 days 01:30:00', '-1 days +23:59:59.500000']\n" + values + " Duration(time_unit='us')\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}

type expectation struct {
	Kinds    json.RawMessage `json:"kinds"` // in the fields' order
	Arrow    []string        `json:"arrow"`
	Nullable []bool          `json:"nullable"`
	Rows     [][]*string     `json:"rows"`
}

func expectedOf(b *gold.Batch) expectation {
	e := expectation{Kinds: json.RawMessage("{")}
	types := map[gold.Kind]string{
		gold.Bool: "bool", gold.Int: "int64", gold.Double: "double", gold.Decimal: "decimal128(18, 2)",
		gold.Text: "string", gold.Date: "date32[day]", gold.Time: "timestamp[ms, tz=UTC]", gold.WideDecimal: "decimal128(38, 18)",
	}
	for i, f := range b.Fields {
		if i > 0 {
			e.Kinds = append(e.Kinds, ',')
		}
		e.Kinds = fmt.Appendf(e.Kinds, "%q:%q", f.Name, f.Kind)
		e.Arrow, e.Nullable = append(e.Arrow, types[f.Kind]), append(e.Nullable, f.Nullable)
	}
	e.Kinds = append(e.Kinds, '}')
	for i := range b.Rows {
		row := make([]*string, len(b.Fields))
		for c, v := range b.Row(i, nil) {
			text := v.Format(b.Fields[c].Scale)
			switch {
			case v.IsNull():
				continue
			case v.Kind() == gold.Double:
				text = fmt.Sprintf("%016x", math.Float64bits(v.Double()))
			case v.Kind() == gold.Time:
				text = fmt.Sprint(v.Int())
			}
			row[c] = &text
		}
		e.Rows = append(e.Rows, row)
	}
	return e
}
