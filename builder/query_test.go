package builder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTablesOfQueries: the tables that a query reads, with their aliases, and its parameters.
func TestTablesOfQueries(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1":               "",
		"SELECT a FROM silver.x": "silver.x",
		"select a from silver.x as y where a > 1;":                                                                 "silver.x y",
		"SELECT * FROM silver.x y, gold.z":                                                                         "silver.x y, gold.z",
		"FROM silver.x SELECT a, b":                                                                                "silver.x",
		"SELECT * FROM bronze.a JOIN silver.b USING (k, l), gold.c":                                                "bronze.a, silver.b, gold.c",
		"SELECT * FROM bronze.a a LEFT JOIN silver.b AS b ON a.x IN [1, 2] AND f(a.x, b.y), gold.c":                "bronze.a a, silver.b b, gold.c",
		"WITH q AS (SELECT * FROM bronze.a) SELECT * FROM q JOIN silver.b s ON q.x = s.x":                          "bronze.a, silver.b s",
		"WITH q(a, b) AS MATERIALIZED (SELECT 1, 2), r AS NOT MATERIALIZED (SELECT * FROM q, silver.b) FROM r":     "silver.b",
		"WITH RECURSIVE q AS (SELECT 1 x UNION ALL SELECT x + 1 FROM q, gold.z) SELECT * FROM q":                   "gold.z",
		"SELECT * FROM (SELECT * FROM (FROM gold.a) b) c":                                                          "gold.a",
		"SELECT * FROM ((gold.a JOIN gold.b USING (x)) JOIN (gold.c d JOIN gold.e USING (y)) USING (z))":           "gold.a, gold.b, gold.c d, gold.e",
		"SELECT extract(year FROM a.t), trim(BOTH ' ' FROM b), substring(c FROM 2 FOR 3) FROM gold.a a":            "gold.a a",
		"SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM c FROM gold.a":                                        "gold.a",
		"SELECT (SELECT max(x) FROM gold.b), EXISTS (FROM gold.c), x IN (SELECT x FROM gold.d) FROM gold.a":        "gold.b, gold.c, gold.d, gold.a",
		"SELECT count(*) FILTER (WHERE x > 1) OVER (PARTITION BY a, b ORDER BY c, d) FROM gold.a GROUP BY ALL":     "gold.a",
		"SELECT * FROM gold.a UNION ALL SELECT * FROM gold.b ORDER BY 1, 2":                                        "gold.a, gold.b",
		"SELECT * FROM (VALUES (1, 2), (3, 4)) v(a, b), gold.c":                                                    "gold.c",
		"SELECT * FROM gold.a, unnest(gold_list) u(x), LATERAL (SELECT * FROM gold.b b) l":                         "gold.a, gold.b b",
		"SELECT * FROM gold.a LATERAL VIEW explode(xs) v AS x, y":                                                  "gold.a",
		"SELECT * FROM gold.a a -- gold.b\n/* FROM gold.c /* FROM gold.d */ */ JOIN gold.e ON 'FROM gold.f' = a.x": "gold.a a, gold.e",
		"SELECT 'it''s', E'it\\'s -- no', $$ FROM gold.z $$, $a$ '$$ $a$, r'\\d' FROM gold.a":                      "gold.a",
		`SELECT "from", "a""b" FROM "gold"."a" "the a"`:                                                            `gold.a "the a"`,
		"SELECT 1.5e-3, .5, 0x1F, 1_000, x.from, x[1:2] FROM gold.a x":                                             "gold.a x",
		"SELECT * FROM gold.a PIVOT (sum(x) FOR y IN ('a', 'b')) p, gold.b":                                        "gold.a, gold.b",
		"SELECT param_now(), PARAM_b(), param_b() FROM gold.a WHERE x > param_horizon_days()":                      "gold.a | b horizon_days now",
		"SELECT * FROM gold.a a ASOF JOIN gold.b b ON a.x >= b.x":                                                  "gold.a a, gold.b b",
		"SELECT group_id, sort FROM gold.a JOIN gold.b ON gold.a.sort = sort, gold.c":                              "!",
		"SELECT age(x, y), a.age, version, stats FROM gold.a a JOIN gold.b USING (sample)":                         "gold.a a, gold.b",
		"SELECT a.sort FROM gold.a a JOIN gold.b b ON a.sort = sort, gold.c WHERE a.x":                             "gold.a a, gold.b b, gold.c",
	} {
		q, errs := ParseQuery(sql)
		if want == "!" {
			if errs == nil {
				t.Errorf("%s: no error", sql)
			}
			continue
		}
		if errs != nil {
			t.Errorf("%s: %s", sql, errs[0].detail)
			continue
		}
		if got := shownReferences(q); got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
}

// shownReferences checks where the references are, and writes them and the parameters.
func shownReferences(q Query) string {
	var refs []string
	for _, r := range q.References {
		at := strings.ReplaceAll(q.Text[r.Start:r.End], `"`, "")
		if at != r.FullName() {
			at = "misplaced " + at
		}
		refs = append(refs, strings.TrimSpace(at+" "+r.Alias))
	}
	s := strings.Join(refs, ", ")
	if q.Parameters != nil {
		s += " | " + strings.Join(q.Parameters, " ")
	}
	return s
}

// TestRefusedQueries: what is no query that only reads the model's tables, or what engines read differently, is refused with its place.
func TestRefusedQueries(t *testing.T) {
	for sql, want := range map[string]string{
		"":                                                     "1:1: there is no query",
		"-- nothing\n;":                                        "1:1: there is no query",
		"SELECT 1; SELECT 2":                                   "1:11: a second statement",
		"SELECT 1;;":                                           "1:10: a second statement",
		"SELECT 1;\n.shell id":                                 "2:1: a second statement",
		"CREATE TABLE x AS SELECT 1":                           "1:1: expected a query",
		"\n  COPY gold.a TO 'x'":                               "2:3: expected a query",
		"ATTACH 'x'":                                           "1:1: expected a query",
		"SET threads = 1":                                      "1:1: expected a query",
		"PRAGMA version":                                       "1:1: expected a query",
		"(SELECT 1)":                                           "1:1: expected a query",
		"INSERT INTO gold.a SELECT 1":                          "1:1: expected a query",
		"WITH a AS (SELECT 1) DELETE FROM b":                   "1:22: expected SELECT after WITH, found DELETE",
		"WITH a AS (SELECT 1) INSERT INTO b":                   "1:22: expected SELECT after WITH, found INSERT",
		"FROM gold.a INSERT INTO gold.b SELECT 1":              "1:13: a query only reads",
		"SELECT * FROM 'x.parquet'":                            "1:15: a file in place of a table",
		"SELECT * FROM E'x.parquet'":                           "1:15: a file in place of a table",
		`SELECT * FROM "x.parquet"`:                            "1:15: the table \"x.parquet\" is named without its stage",
		"SELECT * FROM read_parquet('x')":                      "1:15: the function read_parquet in place of a table",
		"SELECT * FROM main.read_csv('x')":                     "1:15: the function main.read_csv",
		`SELECT * FROM "glob"('x')`:                            `1:15: the function "glob"`,
		"SELECT * FROM gold.a, query('SELECT 1')":              "1:23: the function query",
		"SELECT * FROM gold.a JOIN parquet_scan('x') USING x":  "1:27: the function parquet_scan",
		"SELECT * FROM clients":                                "1:15: the table clients is named without its stage: write bronze.clients, silver.clients or gold.clients",
		"WITH a AS (SELECT * FROM a) SELECT 1":                 "1:26: the table a is named without its stage",
		"SELECT * FROM (WITH a AS (SELECT 1) FROM a), a":       "1:46: the table a is named without its stage",
		"SELECT * FROM memory.gold.a":                          "1:15: expected a stage and a name",
		"SELECT * FROM x: gold.a":                              "1:15: an alias before its table",
		"SELECT gold.a.x FROM gold.a":                          "1:8: a column with its table's stage: give gold.a an alias, and write ALIAS.x",
		"SELECT * FROM (DESCRIBE gold.a)":                      "1:16: expected a query",
		"SELECT getenv('HOME')":                                "1:8: getenv reads the environment",
		`SELECT "getenv"('HOME')`:                              "1:8: getenv reads the environment",
		"SELECT main.getenv('HOME')":                           "1:13: getenv reads the environment",
		"SELECT now() FROM gold.a":                             "1:8: now reads the clock",
		"SELECT current_date FROM gold.a":                      "1:8: current_date reads the clock",
		"SELECT random() FROM gold.a":                          "1:8: random gives a different value each time",
		"SELECT x FROM gold.a TABLESAMPLE 10%":                 "1:22: a sample gives a different value each time",
		"SELECT x FROM gold.a USING SAMPLE 3":                  "1:22: a sample gives a different value each time",
		"SELECT age(x) FROM gold.a":                            "1:8: age reads the clock",
		"SELECT age(f(x, y)) FROM gold.a":                      "1:8: age reads the clock",
		"SELECT ago(INTERVAL 1 DAY)":                           "1:8: ago reads the clock",
		"SELECT current_setting('temp_directory')":             "1:8: current_setting tells of the engine and its machine",
		"SELECT current_localtimestamp()":                      "1:8: current_localtimestamp reads the clock",
		"SELECT write_log('x')":                                "1:8: write_log does something beside its answer",
		"WITH RECURSIVE duckdb_columns AS (SELECT 1) SELECT 1": "1:16: the name duckdb_columns of a table of WITH could be one of the engine's",
		`WITH RECURSIVE "x.csv" AS (FROM "x.csv") SELECT 1`:    `1:16: the name "x.csv" of a table of WITH could be`,
		"SELECT param_x(1)":                                    "1:8: param_x takes no arguments",
		"SELECT 'a\n.shell id'":                                "2:1: the line begins as a command of DuckDB's shell",
		"SELECT 1\n/* */ .shell id":                            "2:1: the line begins as a command",
		"SELECT a\n # b":                                       "2:1: the line begins as a command",
		"SELECT a\n/\nb":                                       "2:1: the line begins as a command",
		"SELECT 'a\\' FROM gold.a":                             "1:10: a backslash before a quote",
		"SELECT r'a\\' FROM gold.a'":                           "1:9: a raw text with a quote in it",
		"SELECT 'open":                                         "1:8: the text has no end",
		"SELECT $a$ open $b$":                                  "1:8: the text has no end: expected $a$",
		"SELECT /* /* */ 1":                                    "1:8: the comment has no end",
		`SELECT "open`:                                         "1:8: the name has no end",
		"SELECT $1":                                            "1:8: a parameter of a prepared statement",
		"SELECT 1FROM gold.a":                                  "1:8: a number that runs into a word",
		"SELECT\u00a01":                                        `1:7: the character '\u00a0', which is not a letter`,
		"SELECT\x001":                                          "1:7: a control character",
		"SELECT (1":                                            "1:8: found ( that nothing closes",
		"SELECT 1)":                                            "1:9: found ) that closes nothing",
		"SELECT (1]":                                           "1:10: found ] where ) is expected",
		strings.Repeat("(", 600):                               "1:1: expected a query",
		"SELECT " + strings.Repeat("(", 600):                   "parentheses are nested too deep",
	} {
		_, errs := ParseQuery(sql)
		if errs == nil {
			t.Errorf("%q: it is not refused", sql)
			continue
		}
		if got := fmt.Sprintf("%d:%d: %s", errs[0].line, errs[0].column, errs[0].detail); !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", sql, got, want)
		}
	}
}

// TestQueriesKeepTheirLines: comments go, line breaks stay, so that the engine's lines are the file's.
func TestQueriesKeepTheirLines(t *testing.T) {
	q, errs := ParseQuery("-- what\n-- goldserve:\n\n/* more\n*/ SELECT 'a -- b\n;c', -- why\r\n\t1/**/AS x /* and\n so */ + 2 -- so\nFROM gold.a;\n-- end\n")
	if errs != nil {
		t.Fatal(errs[0])
	}
	want := "SELECT 'a -- b\n;c',\n 1    AS x\n       + 2\nFROM gold.a"
	if diff := cmp.Diff(want, q.Text); diff != "" || q.FirstLine != 5 {
		t.Errorf("first line %d, -want +got:\n%s", q.FirstLine, diff)
	}
	for sql, want := range map[string]string{
		"SELECT a FROM (SELECT 1 AS a ORDER BY 1) ORDER BY a /* b */ DESC;": "SELECT a FROM (SELECT 1 AS a ORDER BY 1) ",
		"SELECT a, 'ORDER BY' FROM gold.b":                                  "SELECT a, 'ORDER BY' FROM gold.b",
		"FROM gold.b ORDER BY a LIMIT 3":                                    "FROM gold.b ORDER BY a LIMIT 3",
		"SELECT max(a) OVER (ORDER BY b) AS m FROM gold.b":                  "SELECT max(a) OVER (ORDER BY b) AS m FROM gold.b",
	} {
		if q, errs := ParseQuery(sql); errs != nil || q.Unordered() != want {
			t.Errorf("%s: without its order %q %v", sql, q.Unordered(), errs)
		}
	}
	if ref := q.References[0]; ref.Line != 9 || q.Text[ref.Start:ref.End] != "gold.a" {
		t.Errorf("got the reference %+v", ref)
	}
}
