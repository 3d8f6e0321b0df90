package spark

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// What models/retail/model.yaml declares.
var retailSources = []builder.Source{
	{Name: "clients", Columns: []builder.Column{
		{Name: "id_client", Kind: gold.RawWhole},
		{Name: "nom", Kind: gold.RawText},
		{Name: "email", Kind: gold.RawText},
		{Name: "date_inscription", Kind: gold.RawInstant},
		{Name: "pays", Kind: gold.RawText},
	}},
	{Name: "achats", Columns: []builder.Column{
		{Name: "id_achat", Kind: gold.RawWhole, Stored: builder.StoredWhole},
		{Name: "id_client", Kind: gold.RawWhole, Stored: builder.StoredNumber},
		{Name: "date_achat", Kind: gold.RawInstant, Stored: builder.StoredTimestamp},
		{Name: "montant", Kind: gold.RawMoney, Stored: builder.StoredNumber},
		{Name: "produit", Kind: gold.RawText, Stored: builder.StoredText},
	}},
}

var retailParameters = []builder.Value{
	{Name: "horizon_days", Kind: gold.RawWhole, Text: "365"},
	{Name: "max_amount", Kind: gold.RawMoney, Text: "10000"},
	{Name: "now", Kind: gold.RawInstant, Text: "2026-11-30T00:00:00Z"},
	{Name: "earliest_date", Kind: gold.RawDate, Text: "2000-01-01"},
}

// The retail model's tables, as Spark makes them of the raw files, are those of the reference, and so are the reasons of what it rejects.
func TestTheRetailModelIsTheReference(t *testing.T) {
	python, shared := storetest.Python(t), filepath.Join(storetest.Shared(t), "data")
	for _, name := range []string{"retail", "sample", "retail-edge/a", "retail-edge/b", "retail-edge/c"} {
		t.Run(name, func(t *testing.T) {
			l := newLake(t)
			p := l.retail(filepath.Join(shared, name, "bronze"))
			built, err := l.run(t.Context(), l.engine(), p)
			if err != nil {
				t.Fatal(err)
			}
			counts := map[string]map[string]int64{}
			for _, b := range built {
				if b.Rejected != nil {
					counts[b.Table.Name] = b.Rejected
				}
			}
			if diff := cmp.Diff(droppedBy(t, filepath.Join(shared, name)), counts); diff != "" {
				t.Error(diff)
			}
			// #nosec G204 -- the tests' own Python
			out, err := exec.CommandContext(t.Context(), python, "testdata/equal.py", filepath.Join(p.Scratch, "gold"), filepath.Join(shared, name, "gold")).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// An amount of more digits than money has is over the cap, in text as in doubles.
func TestAnAmountOfTooManyDigitsIsOverTheCap(t *testing.T) {
	l := newLake(t)
	bronze := t.TempDir()
	l.sql(`COPY (SELECT 1 AS id_client, 'Ada' AS nom, 'a@x' AS email, '2024-01-01' AS date_inscription, 'France' AS pays) TO '` + bronze + `/clients.csv';
		COPY (SELECT i AS id_achat, 1.0::DOUBLE AS id_client, TIMESTAMP '2025-01-01' AS date_achat, v AS montant, 'tea' AS produit
			FROM (VALUES (1, 10000::DOUBLE), (2, 1e14), (3, 1e300), (4, -1e14), (5, NULL)) x(i, v)) TO '` + bronze + `/achats.parquet'`)
	for _, e := range []builder.Engine{l.engine(), duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)})} {
		p := l.retail(bronze)
		p.Scratch = t.TempDir()
		var got map[string]int64
		if _, err := e.Run(t.Context(), p, func(b builder.Built) {
			if b.Table.Name == "achats" {
				got = b.Rejected
			}
		}); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(got, func(_ string, n int64) bool { return n == 0 })
		if diff := cmp.Diff(map[string]int64{"amount_over_cap": 2, "amount_not_positive": 1, "missing_field": 1}, got); diff != "" {
			t.Errorf("%T: %s", e, diff)
		}
	}
}

// droppedBy reads how many rows of which table the reference dropped, and why.
func droppedBy(t *testing.T, lake string) map[string]map[string]int64 {
	t.Helper()
	var report struct {
		Clients, Purchases struct{ Dropped map[string]int64 }
	}
	data, err := os.ReadFile(filepath.Join(lake, "silver_report.json"))
	if err == nil {
		err = json.Unmarshal(data, &report)
	}
	if err != nil {
		t.Fatal(err)
	}
	return map[string]map[string]int64{"clients": report.Clients.Dropped, "achats": report.Purchases.Dropped}
}

// retail is the program of the retail model on the files of a folder. CSV files are landed by DuckDB, whose reader of CSV has nothing of ours.
func (l *lake) retail(bronze string) *builder.Program {
	l.t.Helper()
	p := l.program(nil)
	p.Parameters = retailParameters
	build := &gold.Build{}
	for _, v := range retailParameters {
		build.Parameters = append(build.Parameters, gold.Parameter{Name: v.Name, Kind: v.Kind})
	}
	for _, s := range retailSources {
		raw := gold.RawSource{Name: s.Name}
		for _, c := range s.Columns {
			raw.Columns = append(raw.Columns, gold.RawColumn{Name: c.Name, Kind: c.Kind})
		}
		build.Sources = append(build.Sources, raw)
		f := builder.File{Path: filepath.Join(bronze, s.Name+".parquet"), Name: s.Name + ".parquet"}
		if _, err := os.Stat(f.Path); err != nil {
			f = builder.File{Path: l.path("bronze", s.Name+".parquet"), Name: s.Name + ".csv", Landed: true}
			l.sql("COPY (SELECT *, row_number() OVER () + 1 AS _line, NULL::VARCHAR AS _broken FROM read_csv('" + filepath.Join(bronze, s.Name+".csv") +
				"', all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', parallel = false)) TO 'LAKE/bronze/" + s.Name + ".parquet'")
		}
		s.Files = []builder.File{f}
		p.Sources = append(p.Sources, s)
	}
	models, sql := os.DirFS(filepath.Join(storetest.Root(l.t), "models")), fstest.MapFS{}
	for _, stage := range []string{"silver", "gold"} {
		paths, err := fs.Glob(models, "retail/sql/"+stage+"/*.sql")
		if err != nil || len(paths) == 0 {
			l.t.Fatal(stage, err)
		}
		for _, path := range paths {
			data, err := fs.ReadFile(models, path)
			if err != nil {
				l.t.Fatal(err)
			}
			sql[path] = &fstest.MapFile{Data: data}
		}
	}
	tables, err := builder.ReadSQL(sql, "retail", build)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, t := range tables {
		p.Steps = append(p.Steps, builder.Step{Table: t})
	}
	return p
}
