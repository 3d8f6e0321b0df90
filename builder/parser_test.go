package builder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold/storetest"
	"goldserve/models"
)

// randomQueries is how many random queries are compared.
const randomQueries = 600

// TestReferencesAreThoseOfDuckDBsParser: of all shipped SQL, and of random queries with comments, quotes, nested queries and WITH anywhere,
// the tables with their aliases are those that DuckDB's own parser finds.
func TestReferencesAreThoseOfDuckDBsParser(t *testing.T) {
	t.Parallel()
	var queries []string
	err := fs.WalkDir(models.FS, ".", func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, sqlSuffix) && err == nil {
			var text []byte
			if text, err = fs.ReadFile(models.FS, name); err == nil {
				queries = append(queries, string(text))
			}
		}
		return err
	})
	if err != nil || len(queries) < 10 {
		t.Fatalf("%d shipped queries: %v", len(queries), err)
	}
	w := &queryWriter{Rand: rand.New(rand.NewPCG(7, 24))}
	for range randomQueries {
		queries = append(queries, w.whole())
	}
	compared := 0
	for i, found := range parsedByDuckDB(t, queries) {
		q, errs := ParseQuery(queries[i])
		if errs != nil && strings.HasPrefix(errs[0].detail, "the line begins as a command") {
			continue // it is more careful than DuckDB's parser
		}
		if errs != nil {
			t.Errorf("refused: %s\n%s", errs[0].detail, queries[i])
			continue
		}
		if found == nil {
			continue // it has an error of another kind, or can't be shown as a tree
		}
		compared++
		got := []string{}
		for _, r := range q.References {
			got = append(got, strings.ToLower(r.FullName()+" "+strings.Trim(r.Alias, `"`)))
			if at := strings.ToLower(strings.ReplaceAll(q.Text[r.Start:r.End], `"`, "")); strings.Join(strings.Fields(strings.ReplaceAll(at, ".", " ")), ".") != strings.ToLower(r.FullName()) {
				t.Errorf("%s is at %q of\n%s", r.FullName(), at, q.Text)
			}
		}
		slices.Sort(got)
		slices.Sort(found)
		if diff := cmp.Diff(found, got); diff != "" {
			t.Errorf("-DuckDB +ours:\n%s\n%s", diff, queries[i])
		}
		if again, errs := ParseQuery(q.Text); errs != nil || again.Text != q.Text {
			t.Errorf("what is re-emitted is read as something else: %v\n%s", errs, q.Text)
		}
		if t.Failed() {
			return
		}
	}
	if compared < randomQueries/2 {
		t.Errorf("%d queries of %d were compared", compared, len(queries))
	}
}

// parsedByDuckDB returns the tables of each query: name and alias; nil where DuckDB's parser refuses it. Those of WITH are left out.
func parsedByDuckDB(t *testing.T, queries []string) [][]string {
	t.Helper()
	var script bytes.Buffer
	for _, q := range queries {
		fmt.Fprintf(&script, "SELECT json_serialize_sql('%s');\n", strings.ReplaceAll(q, "'", "''"))
	}
	cmd := exec.CommandContext(t.Context(), storetest.DuckDB(t), "-init", "/dev/null", "-list", "-noheader")
	cmd.Stdin = &script
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(queries) {
		t.Fatalf("%d answers to %d queries", len(lines), len(queries))
	}
	tables := make([][]string, len(lines))
	for i, line := range lines {
		var tree map[string]any
		if err := json.Unmarshal([]byte(line), &tree); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if tree["error"] == false {
			tables[i] = baseTables(tree, []string{})
		}
	}
	return tables
}

func baseTables(node any, found []string) []string {
	switch n := node.(type) {
	case map[string]any:
		if n["type"] == "BASE_TABLE" && n["schema_name"] != "" {
			found = append(found, strings.ToLower(fmt.Sprintf("%s.%s %s", n["schema_name"], n["table_name"], n["alias"])))
		}
		for _, child := range n {
			found = baseTables(child, found)
		}
	case []any:
		for _, child := range n {
			found = baseTables(child, found)
		}
	}
	return found
}

// queryWriter writes random queries.
type queryWriter struct {
	*rand.Rand
	names []string // of WITH, that may be read
}

func (w *queryWriter) pick(choices ...string) string { return choices[w.IntN(len(choices))] }

// whole returns a query with comments and line breaks between its words.
func (w *queryWriter) whole() string {
	w.names = nil
	words := strings.Fields(w.query(3))
	var b strings.Builder
	for _, word := range words {
		b.WriteString(strings.ReplaceAll(word, "¤", " "))
		b.WriteString(w.pick(" ", " ", " ", "\n", "\t", " /* FROM gold.no /* nested */ ' */ ", " -- FROM gold.no 'quote\n", "\r\n"))
	}
	return b.String() + w.pick("", ";", " ;\n-- end", "\n/* end */")
}

func (w *queryWriter) query(depth int) string {
	with := ""
	if known := len(w.names); depth > 0 && w.IntN(4) == 0 {
		defer func() { w.names = w.names[:known] }()
		with = "WITH "
		for i := range 1 + w.IntN(2) {
			name := fmt.Sprintf("w%d_%d", depth, i)
			with += strings.Repeat(", ", min(i, 1)) + name + w.pick("", " ( a , b )") + " AS " + w.pick("", "MATERIALIZED ", "NOT MATERIALIZED ") + "( " + w.query(depth-1) + " ) "
			w.names = append(w.names, name)
		}
	}
	body := "SELECT " + w.pick("", "DISTINCT ") + w.expression(depth) + w.pick("", " AS x", " AS \"from\"", " x") + " , " + w.expression(depth)
	from := " FROM " + w.tables(depth)
	if w.IntN(6) == 0 {
		body, from = strings.TrimSpace(from)+" ", body // FROM first
	}
	q := with + body + from + w.pick("", " WHERE ( "+w.expression(depth)+" ) IS NOT NULL", " GROUP BY 1 , 2 HAVING count(*) > 1", " QUALIFY row_number() OVER ( PARTITION BY 1 , 2 ) = 1")
	if depth > 0 && w.IntN(5) == 0 {
		q += w.pick(" UNION ALL ", " EXCEPT ", " INTERSECT ") + "SELECT 1 , 2 FROM " + w.tables(depth-1)
	}
	return q + w.pick("", " ORDER BY 1 , 2 DESC NULLS LAST", " LIMIT 3")
}

func (w *queryWriter) tables(depth int) string {
	q := w.table(depth)
	for range w.IntN(3) {
		q += w.pick(" , "+w.table(depth), " JOIN "+w.table(depth)+" ON ( a = b )", " LEFT JOIN "+w.table(depth)+" USING ( a , b )", " CROSS JOIN "+w.table(depth),
			" NATURAL JOIN "+w.table(depth), " SEMI JOIN "+w.table(depth)+" ON a IN [ 1 , 2 ]", " FULL OUTER JOIN "+w.table(depth)+" ON f(a,b) = "+w.expression(0))
	}
	return q
}

func (w *queryWriter) table(depth int) string {
	alias := func() string { return w.pick("", " t", " AS t", ` AS "a¤b"`, " t ( p , q )") }
	switch n := w.IntN(8); {
	case depth > 0 && n == 0:
		return "( " + w.query(depth-1) + " )" + w.pick(" s", " AS s ( p , q )", "")
	case depth > 0 && n == 1:
		return "( " + w.table(depth-1) + " JOIN " + w.table(depth-1) + " USING ( a ) )"
	case n == 2:
		return w.pick("unnest( [ 1 , 2 ] ) u ( v )", "range( 3 ) r", "generate_series( 1 , 2 )", "( VALUES ( 1 , 2 ) , ( 3 , 4 ) ) v ( a , b )")
	case n == 3 && len(w.names) > 0:
		return w.names[w.IntN(len(w.names))] + w.pick("", " t", " AS t")
	case depth > 0 && n == 4:
		return "LATERAL ( " + w.query(depth-1) + " ) l"
	default:
		return w.pick("gold", "silver", "bronze", "GOLD", `"gold"`) + w.pick(".", ".", "¤/*¤FROM¤*/¤.¤/**/") + w.pick("a", "b", "c_d", `"a"`) + alias()
	}
}

func (w *queryWriter) expression(depth int) string {
	if depth > 0 && w.IntN(3) == 0 {
		return w.pick("( "+w.query(depth-1)+" )", "EXISTS ( "+w.query(depth-1)+" )", "a IN ( "+w.query(depth-1)+" )", "f( "+w.expression(depth-1)+" , ( "+w.query(depth-1)+" ) )")
	}
	return w.pick("a", "t.a", "*", "1", "1.5e-3", "'it''s¤FROM¤gold.no'", "E'it\\'s¤--¤no'", "$$¤FROM¤gold.no¤'¤$$", "$x$¤$$¤$x$", `"FROM¤gold.no"`, "extract( year FROM d )", "trim( BOTH 'x' FROM a )",
		"substring( a FROM 2 FOR 3 )", "a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b", "CASE WHEN a THEN b ELSE c END", "CAST( a AS decimal(18,4) )", "a::int", "sum( a ) FILTER ( WHERE b )",
		"sum( a ) OVER ( PARTITION BY b , c ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW )", "[ 1 , 2 ]", "{ 'a' : 1 , 'b' : 2 }", "a[ 1 : 2 ]", "DATE '2000-01-01'", "INTERVAL 1 DAY",
		"list_transform( l , lambda x : x + 1 )", "percentile_cont( 0.5 ) WITHIN GROUP ( ORDER BY a )", "count( * )", "a BETWEEN 1 AND 2", "param_now()")
}

// FuzzParseQuery: nothing that is taken for a query makes the reader fail, and what it re-emits is the same query.
func FuzzParseQuery(f *testing.F) {
	w := &queryWriter{Rand: rand.New(rand.NewPCG(1, 2))}
	for range 20 {
		f.Add(w.whole())
	}
	f.Fuzz(func(t *testing.T, sql string) {
		q, errs := ParseQuery(sql)
		if errs != nil {
			return
		}
		again, errs := ParseQuery(q.Text)
		if errs != nil || again.Text != q.Text || len(again.References) != len(q.References) || !slices.Equal(again.Parameters, q.Parameters) {
			t.Errorf("%q is re-emitted as %q: %v", sql, q.Text, errs)
		}
		for i, r := range q.References {
			if a := again.References[i]; a.FullName() != r.FullName() || a.Alias != r.Alias || r.Start < 0 || r.End > len(q.Text) || r.Start >= r.End {
				t.Errorf("%q: reference %+v, again %+v", sql, r, a)
			}
		}
	})
}
