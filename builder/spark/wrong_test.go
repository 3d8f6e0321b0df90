package spark

import (
	"errors"
	"os"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
)

// What the columns of a query lack is told in the words of DuckDB's engine, and before anything is written.
func TestColumnsAreCheckedBeforeAnythingIsWritten(t *testing.T) {
	l := newLake(t)
	source := l.purchases()
	at := func(query string) *builder.Table { return table(builder.Silver, "x", query) }
	rejecting := func(query string) *builder.Table {
		x := at(query)
		x.Quarantine = &builder.Quarantine{Column: "reason", Source: "purchases", Reasons: []string{"negative"}}
		return x
	}
	parted, inView := at("SELECT p.id AS id FROM bronze.purchases p"), at("SELECT 1 AS n, 2 AS n")
	parted.PartitionBy = []string{"id", "mois"}
	inView.Temporary, inView.View = true, true
	const needs = "the header's quarantine needs the columns reason, _file and _line in the query (the last two are those of bronze.purchases): "
	for _, c := range []struct {
		table *builder.Table
		want  string
	}{
		{rejecting("SELECT id, _file, _line FROM bronze.purchases"), needs + "reason is missing: it has id, _file, _line"},
		{rejecting("SELECT id, 'negative' AS reason FROM bronze.purchases"), needs + "_file, _line are missing: it has id, reason"},
		{parted, "the header's partitionBy names columns of the query: mois is missing: it has id"},
		{inView, "the query has two columns n: give one another name with AS"},
		{at("SELECT id AS a, amount AS A FROM bronze.purchases"), "the query has two columns A: give one another name with AS"},
		{at("SELECT p.*, q.* FROM bronze.purchases p JOIN bronze.purchases q ON p.id = q.id"), "the query has two columns id: give one another name with AS"},
	} {
		p := l.program([]builder.Source{source}, c.table)
		p.Scratch = t.TempDir()
		_, err := l.run(t.Context(), l.engine(), p)
		var e *gold.Error
		if want := "sql/silver/x.sql:3:1: " + c.want; !errors.As(err, &e) || e.Code != gold.CodeBuildSQL || e.Message != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if left, err := os.ReadDir(p.Scratch); err != nil || len(left) > 0 {
			t.Errorf("%s: %v was written, %v", strings.SplitN(c.table.Query.Text, " FROM", 2)[0], left, err)
		}
	}
}

// The columns of a table are told with Spark's names of their types.
func TestColumnsAreToldWithTheirTypes(t *testing.T) {
	l := newLake(t)
	p := l.program(nil, table(builder.Gold, "x", "SELECT 1 AS i, 1L AS n, 1.5D AS d, CAST(1 AS decimal(18,4)) AS m, CAST(1 AS decimal(9,0)) AS w, 'a' AS s, true AS b, "+
		"DATE '2025-01-31' AS day, CAST('2025-01-31T10:00:00Z' AS timestamp) AS at, array(1) AS list, struct(1 AS a) AS part"))
	built, err := l.run(t.Context(), l.engine(), p)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, c := range built[0].Columns {
		got += c.Name + " " + c.Type + ", "
	}
	if want := "i int, n bigint, d double, m decimal(18,4), w decimal(9,0), s string, b boolean, day date, at timestamp, list array, part struct, "; got != want {
		t.Errorf("got %s", got)
	}
}
