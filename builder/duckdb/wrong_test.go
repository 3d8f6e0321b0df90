package duckdb

import (
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// TestMistakesInSQLAreToldInPlainWords: once, in one line, and with what to do.
func TestMistakesInSQLAreToldInPlainWords(t *testing.T) {
	l := newLake(t)
	source := l.purchases()
	at := func(query string) *builder.Table { return table(builder.Silver, "x", query, "bronze.purchases") }
	rejecting := func(query string) *builder.Table {
		x := at(query)
		x.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"negative"}}
		return x
	}
	parted := at("SELECT p.id AS id FROM bronze.purchases p")
	parted.PartitionBy = []string{"id", "mois"}
	aliased := at("SELECT id,\n  p.country FROM bronze.purchases p")
	aliased.Query.References[0].Alias = "p"
	const needs = "sql/silver/x.sql:3:1: the header's quarantine needs the columns reason, _file and _line in the query (the last two are those of bronze.purchases): "
	const declare = "; bronze.purchases has id, amount, product: if its files have country, declare it under build: sources: purchases: columns in model.yaml"
	for _, c := range []struct {
		table *builder.Table
		want  string
	}{
		{at("SELECT id, sum(amount) AS n FROM bronze.purchases"), `sql/silver/x.sql:3:8: column "id" must appear in the GROUP BY clause or must be part of an aggregate function. Either add it to the GROUP BY list, or use "ANY_VALUE(id)" if the exact value of "id" is not important.`},
		{at("SELECT country FROM bronze.purchases"), `sql/silver/x.sql:3:8: Referenced column "country" not found in FROM clause! Candidate bindings: `},
		{at("SELECT country FROM bronze.purchases"), declare},
		{at("SELECT _country FROM bronze.purchases"), declare},
		{aliased, `sql/silver/x.sql:4:3: Table "p" does not have a column named "country"`},
		{aliased, declare},
		{rejecting("SELECT id, _file, _line FROM bronze.purchases"), needs + "reason is missing: it has id, _file, _line"},
		{rejecting("SELECT id, 'negative' AS reason FROM bronze.purchases"), needs + "_file, _line are missing: it has id, reason"},
		{parted, "sql/silver/x.sql:3:1: the header's partitionBy names columns of the query: mois is missing: it has id"},
		{at("SELECT id AS a, amount AS A FROM bronze.purchases"), "sql/silver/x.sql:3:1: the query has two columns A: give one another name with AS"},
		{at("SELECT p.*, q.* FROM bronze.purchases p JOIN bronze.purchases q USING (_file)"), "the query has two columns id: give one another name with AS"},
	} {
		_, err := l.run(Options{Threads: 1}, []builder.Source{source}, c.table)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
			continue
		}
		if said := err.Error(); strings.Contains(said, `\n`) || strings.Contains(said, "\n") || strings.Contains(said, "Binder") || gold.CodeOf(err) != gold.CodeBuildSQL {
			t.Errorf("%s: %s", gold.CodeOf(err), said)
		}
	}
}

// TestAllWrongSQLIsToldAtOnce: of all tables but those that read one that is wrong, also of one that fails while it runs.
func TestAllWrongSQLIsToldAtOnce(t *testing.T) {
	l := newLake(t)
	rejected := table(builder.Silver, "rejected", "SELECT id, CASE WHEN amount < 0 THEN 'negative' END AS reason, _file, _line FROM bronze.purchases", "bronze.purchases")
	rejected.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"negative"}}
	kept := temporary(table(builder.Silver, "kept", "SELECT id FROM silver.rejected", "silver.rejected"))
	fails := table(builder.Silver, "fails", "SELECT CAST(product AS INTEGER) AS n FROM bronze.purchases", "bronze.purchases")
	reads := table(builder.Gold, "reads", "SELECT n FROM silver.fails", "silver.fails")
	column := table(builder.Gold, "a_column", "SELECT idd FROM silver.rejected", "silver.rejected")
	syntax := table(builder.Gold, "syntax", "SELECT id FORM silver.kept", "silver.kept")
	right := table(builder.Gold, "is_right", "SELECT count(*) AS n FROM silver.kept", "silver.kept")
	twice := table(builder.Gold, "twice", "SELECT n, n FROM gold.is_right", "gold.is_right")

	built, err := l.run(Options{Threads: 1}, []builder.Source{l.purchases()}, rejected, kept, fails, reads, column, syntax, right, twice)
	if err == nil || len(built) != 2 {
		t.Fatalf("%d tables, %v", len(built), err)
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{"sql/silver/fails.sql:3:", "sql/gold/a_column.sql:3:8: Referenced column", "sql/gold/syntax.sql:3:", "sql/gold/twice.sql:3:1: the query has two columns n"}
	if len(lines) != len(want) {
		t.Fatalf("got\n%s", err)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("got %s, want %s", lines[i], want[i])
		}
	}
}

// TestADuckDBThatIsNone: what is wrong with the program, without the words of the operating system behind it.
func TestADuckDBThatIsNone(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for executable, want := range map[string]string{
		"":              "no duckdb program in PATH: " + howToGet,
		"/no/duck":      "/no/duck is not a program that can be run: " + howToGet,
		"/usr/bin/true": "/usr/bin/true is no duckdb, as it doesn't tell its version: " + howToGet,
	} {
		if Linked && executable == "" {
			continue
		}
		if _, err := New(Options{Executable: executable}).Version(t.Context()); err == nil || err.Error() != want {
			t.Errorf("%q: %v", executable, err)
		}
	}
}
