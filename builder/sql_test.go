package builder

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// testBuild is what the models of tests build from.
var testBuild = &gold.Build{
	Parameters: []gold.Parameter{{Name: "horizon_days", Kind: gold.RawWhole, Default: "365"}, {Name: "now", Kind: gold.RawInstant}},
	Generate:   []gold.Parameter{{Name: "clients", Kind: gold.RawWhole, Default: "1500"}},
	Sources: []gold.RawSource{
		{Name: "clients", Files: []string{"clients.*"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}, {Name: "nom", Kind: gold.RawText}}},
		{Name: "achats", Files: []string{"achats.*"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}, {Name: "montant", Kind: gold.RawMoney}}},
	},
}

// sqlOf returns the file system of a model's SQL: stage/name and its text.
func sqlOf(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys["m/sql/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestSQLIsReadWithItsHeader(t *testing.T) {
	tables, err := ReadSQL(sqlOf(map[string]string{
		"gold/ca.sql": "SELECT sum(montant) ca FROM silver.achats a, silver.steps WHERE a.jour > param_now()",
		"silver/achats.sql": "-- Purchases.\n--\n-- goldserve:\n--   format: csv\n--   partitionBy: [mois]\n--   quarantine: {source: achats, reasons: [bad_date, orphan]}\n\n" +
			"SELECT * FROM silver.read\nJOIN silver.steps USING (id)",
		"silver/read.sql":  "-- goldserve: {materialized: view}\nSELECT * FROM bronze.achats\n",
		"silver/steps.sql": "-- goldserve: {materialized: temporary}\nSELECT id FROM bronze.clients;\n",
		"README.md":        "words",
	}), "m", testBuild)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		names = append(names, table.FullName())
	}
	if diff := cmp.Diff([]string{"silver.read", "silver.steps", "silver.achats", "gold.ca"}, names); diff != "" {
		t.Errorf("order: %s", diff)
	}
	if read, steps := tables[0], tables[1]; !read.View || !read.Temporary || steps.View || !steps.Temporary || steps.Query.FirstLine != 2 || steps.Format != "parquet" {
		t.Errorf("got %+v and %+v", read, steps)
	}
	achats := *tables[2]
	achats.Query, achats.SHA256 = Query{}, ""
	want := Table{
		Stage: Silver, Name: "achats", File: "m/sql/silver/achats.sql", Format: "csv", PartitionBy: []string{"mois"},
		Quarantine: &Quarantine{Column: "reason", Source: "achats", Reasons: []string{"bad_date", "orphan"}},
	}
	if diff := cmp.Diff(want, achats); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestProblemsOfSQLAreAllNamed: each mistake of each file, with its line and the nearest word.
func TestProblemsOfSQLAreAllNamed(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"files and headers": {
			map[string]string{
				"loose.sql": "SELECT 1", "loose.txt": "", "README.md": "", ".gitkeep": "", "sliver/a.sql": "SELECT 1", "gold/a b.sql": "SELECT 1", "gold/x.sql": "SELECT 1", "gold/X.sql": "SELECT 1",
				"gold/q.sql":         "-- goldserve:\n--   quarantine: {source: achat, reasons: [a, a, b c]}\nDROP TABLE x",
				"silver/h.sql":       "-- what\n-- goldserve:\n--   materialised: file\n--   format: excel\n\nSELECT 1; SELECT 2",
				"silver/y.sql":       "-- goldserve: [\nSELECT 1",
				"silver/members.SQL": "SELECT 1", "silver/x.txt": "SELECT 1", "silver/README.md": "words", "silver/sub/z.sql": "SELECT 1", "silver/.z.sql.swp": "",
			},
			[]string{
				"m/sql/gold/a b.sql: the file's name, which is the table's, can't be a name: expected a letter, then at most 62 letters, digits and single underscores",
				`m/sql/gold/q.sql:2:18: goldserve: quarantine is for tables of silver`,
				`m/sql/gold/q.sql:2:27: goldserve: quarantine: source: the model has no source "achat" (did you mean achats?)`,
				`m/sql/gold/q.sql:2:47: goldserve: quarantine: reasons: a is repeated`,
				`m/sql/gold/q.sql:2:50: goldserve: quarantine: reasons: "b c" can't be a name: expected a letter, then at most 62 letters, digits and single underscores`,
				"m/sql/gold/q.sql:3:1: expected a query, which begins with SELECT, WITH, FROM or VALUES, found DROP: the build itself makes tables and writes files",
				"m/sql/gold/x.sql: there is already a table with this name: SQL ignores case in names",
				"m/sql/loose.sql: the file belongs in the folder of its stage, as m/sql/silver/NAME.sql or m/sql/gold/NAME.sql",
				"m/sql/loose.txt: the file belongs in the folder of its stage, as m/sql/silver/NAME.sql or m/sql/gold/NAME.sql",
				`m/sql/silver/h.sql:3:6: goldserve: unknown key "materialised" (did you mean materialized?)`,
				`m/sql/silver/h.sql:4:14: goldserve: format: expected one of parquet, csv, jsonl, json, found "excel"`,
				"m/sql/silver/h.sql:6:11: a second statement: the file of a table holds one query, and the file's name is the table's",
				"m/sql/silver/members.SQL: the file isn't read: expected a name such as members.sql, or the text beside SQL as .md",
				"m/sql/silver/sub: a folder within that of a stage isn't read: expected the files m/sql/silver/NAME.sql",
				"m/sql/silver/x.txt: the file isn't read: expected a name such as x.sql, or the text beside SQL as .md",
				"m/sql/silver/y.sql:1:15: ",
				"m/sql/sliver: there is no such stage: expected one of generate, silver, gold (did you mean silver?)",
			},
		},
		"formats": {
			map[string]string{
				"silver/a.sql":   "-- goldserve:\n--   format: [csv, json, jsonl]\nSELECT 1",
				"silver/b.sql":   "-- goldserve: {format: [csv, parquet], partitionBy: [x]}\nSELECT 1",
				"silver/c.sql":   "-- goldserve: {format: csv, verbatim: true}\nSELECT 1",
				"silver/d.sql":   "-- goldserve: {format: []}\nSELECT 1",
				"generate/e.sql": "-- goldserve: {format: [csv, parquet]}\nSELECT 1",
				"generate/f.sql": "-- goldserve: {format: json, verbatim: true}\nSELECT 1",
			},
			[]string{
				"m/sql/generate/e.sql:1:24: goldserve: format: several formats are for tables of silver and gold that are not temporary, partitioned or named by slices",
				"m/sql/generate/f.sql:1:40: goldserve: verbatim: expected csv or jsonl as the format",
				"m/sql/silver/a.sql:2:26: goldserve: format: jsonl is there already, or json beside jsonl: expected one of them",
				"m/sql/silver/b.sql:1:24: goldserve: format: several formats are for tables of silver and gold that are not temporary, partitioned or named by slices",
				"m/sql/silver/c.sql:1:39: goldserve: verbatim is for tables of generate",
				"m/sql/silver/d.sql:1:24: goldserve: format: the list is empty",
			},
		},
		"tables and parameters": {
			map[string]string{
				"silver/a.sql":   "SELECT *\nFROM bronze.client c,\n  gold.b",
				"silver/q.sql":   "-- goldserve: {quarantine: {source: achats, reasons: [x]}}\nSELECT 1 FROM bronze.clients",
				"gold/b.sql":     "SELECT param_horizon() FROM silver.aa, main.x",
				"generate/g.sql": "-- words\nSELECT param_clients() /* and */\n\n  + param_horizon_days()",
			},
			[]string{
				"m/sql/generate/g.sql:4:5: the query reads param_horizon_days(), and the model's build: generate has no parameter horizon_days",
				"m/sql/gold/b.sql:1:8: the query reads param_horizon(), and the model's build has no parameter horizon (did you mean horizon_days?)",
				"m/sql/gold/b.sql:1:29: there is no table silver.aa (did you mean silver.a?)",
				"m/sql/gold/b.sql:1:40: there is no table main.x",
				"m/sql/silver/a.sql:2:6: there is no table bronze.client (did you mean bronze.clients?)",
				"m/sql/silver/a.sql:3:3: a table of silver can't read gold.b: expected a table of bronze or silver",
				"m/sql/silver/q.sql:2:1: the quarantine keeps the rejected rows of bronze.achats, which the query doesn't read",
			},
		},
		"a circle": {
			map[string]string{"gold/a.sql": "SELECT 1\nFROM gold.b", "gold/b.sql": "SELECT 1 FROM gold.c", "gold/c.sql": "SELECT 1 FROM gold.a", "gold/d.sql": "SELECT 1 FROM gold.a"},
			[]string{"m/sql/gold/a.sql:2:6: gold.a reads gold.b", "m/sql/gold/b.sql:1:15: gold.b reads gold.c", "m/sql/gold/c.sql:1:15: gold.c reads gold.a: tables can't depend on each other in a cycle"},
		},
		"itself":  {map[string]string{"gold/a.sql": "SELECT 1 FROM gold.a"}, []string{"m/sql/gold/a.sql:1:15: gold.a reads itself"}},
		"no SQL":  {map[string]string{"gold/README.md": "words"}, []string{"m/sql: the folder holds no SQL: expected files such as m/sql/gold/NAME.sql"}},
		"nothing": {nil, []string{"m/sql: the folder can't be read: "}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadSQL(sqlOf(c.files), "m", testBuild)
			e, ok := errors.AsType[*gold.Error](err)
			if !ok || e.Kind != gold.Invalid {
				t.Fatalf("got %v", err)
			}
			got := strings.Split(e.Error(), "\n")
			if len(got) != len(c.want) {
				t.Fatalf("got %d problems:\n%s", len(got), e)
			}
			for i := range got {
				if got[i] != c.want[i] && (len(c.want[i]) == 0 || !strings.HasSuffix(c.want[i], " ") || !strings.HasPrefix(got[i], c.want[i])) {
					t.Errorf("got  %s\nwant %s", got[i], c.want[i])
				}
			}
		})
	}
}

func TestNamesOfGeneratedFiles(t *testing.T) {
	for header, want := range map[string]string{
		"{partitionBy: [month], file: 'month_{month}/users.csv'}": "",
		"{file: 'month_{month}/users.csv'}":                       "expected one of {slice}",
		"{partitionBy: [month], file: 'users.csv'}":               "the path lacks {month}",
		"{partitionBy: [month], file: '../{month}.csv'}":          "expected a path below bronze",
		"{partitionBy: [month], file: '{month}/{day}.csv'}":       "expected a path below bronze",
		"{partitionBy: [month], file: '{month}/users'}":           "such as users_{month}.parquet, found",
		"{partitionBy: [month], files: '{month}/users'}":          "did you mean file?",
	} {
		fsys := fstest.MapFS{"m/sql/generate/users.sql": {Data: []byte("-- goldserve: " + header + "\nSELECT 1 AS month, 2 AS id")}}
		tables, err := ReadSQL(fsys, "m", &gold.Build{})
		switch {
		case want == "" && (err != nil || tables[0].PartPath != "month_{month}/users.csv"):
			t.Errorf("%s: %v", header, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, expected %s", header, err, want)
		}
	}
}
