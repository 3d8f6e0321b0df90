package spark

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/storetest"
	"goldserve/models"
)

// TestTheShopIsTheSameOnBothEngines: every text of every row that sql/generate makes.
func TestTheShopIsTheSameOnBothEngines(t *testing.T) {
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	m := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })]
	tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
	if err != nil {
		t.Fatal(err)
	}
	l := newLake(t)
	p := &builder.Program{Scratch: l.path("scratch")}
	set, err := m.Build.SetGenerate([]string{"clients=200", "days=60", "dirt=5"})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.Build.Generate {
		text := v.Default
		if given, ok := set[v.Name]; ok {
			text = given
		} else if v.Kind == gold.RawInstant {
			text = "2026-11-30T10:35:00Z"
		}
		p.Parameters = append(p.Parameters, builder.Value{Name: v.Name, Kind: v.Kind, Text: text})
	}
	for _, table := range tables {
		if table.Stage == builder.Generate {
			table.Format = "parquet"
			p.Steps = append(p.Steps, builder.Step{Table: table})
		}
	}
	if _, err := l.run(t.Context(), l.engine(), p); err != nil {
		t.Fatal(err)
	}
	other := *p
	other.Scratch = l.path("bronze")
	if _, err := duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)}).Run(t.Context(), &other, func(builder.Built) {}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"clients", "achats"} {
		sql := strings.NewReplacer("LAKE", l.folder, "NAME", name).Replace(`WITH s AS (FROM 'LAKE/scratch/generate/NAME.parquet/*.parquet'), d AS (FROM 'LAKE/bronze/generate/NAME.parquet')
			SELECT (SELECT count(*) FROM d) AS n, (SELECT count(*) FROM ((FROM s EXCEPT ALL FROM d) UNION ALL (FROM d EXCEPT ALL FROM s))) AS other`)
		// #nosec G204 -- the tests' own DuckDB
		out, err := exec.CommandContext(t.Context(), storetest.DuckDB(t), "-no-init", "-batch", "-csv", "-noheader", "-c", sql).CombinedOutput()
		n, other, _ := strings.Cut(strings.TrimSpace(string(out)), ",")
		if err != nil || len(n) < 3 || other != "0" {
			t.Errorf("%s: %s rows, of which %s differ: %v", name, n, other, err)
		}
	}
}
