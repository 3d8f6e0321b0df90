package duckdb

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// partition returns the folders of a table's partitions, decoded as readers do, with the ids of their rows.
func (l *lake) partitioned(t *testing.T, values, column string) (map[string]string, error) {
	t.Helper()
	parts := table(builder.Gold, "parts", "SELECT id, v AS \""+column+"\" FROM (VALUES "+values+") x(id, v)")
	parts.PartitionBy = []string{column}
	built, err := l.run(Options{}, nil, parts)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, file := range built[0].Files {
		encoded, value, _ := strings.Cut(strings.Split(file, "/")[2], "=")
		name, nameErr := url.PathUnescape(encoded)
		text, err := url.PathUnescape(value)
		if err != nil || nameErr != nil || name != column {
			t.Errorf("%s: %v %v", file, nameErr, err)
		}
		rows := l.sql("SELECT string_agg(id, ' ' ORDER BY id) AS ids FROM read_parquet('LAKE/scratch/" + file + "', hive_partitioning = false)")
		found[text], _ = rows[0]["ids"].(string)
	}
	if _, err := os.Stat(l.path("scratch", "gold", "parts", "_SUCCESS")); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(l.path("scratch", "gold")); err != nil {
		t.Error(err)
	}
	return found, nil
}

// TestPartitionsAreReadAsTheyWereWritten: each value has a folder of its own, whose name says it, whatever it is.
func TestPartitionsAreReadAsTheyWereWritten(t *testing.T) {
	l := newLake(t)
	for _, c := range []struct {
		values, column string
		want           map[string]string
	}{
		{"(1,'a b'), (2,'a+b'), (3,'a%20b'), (4,' '), (5,''), (6,NULL), (7,'a/b=c'), (8,'é\"''\\'), (9,'a b')", "t", map[string]string{
			"a b": "1 9", "a+b": "2", "a%20b": "3", " ": "4", "": "5", hiveNull: "6", "a/b=c": "7", `é"'\`: "8",
		}},
		{"(1,'1'), (2,'2'), (3,'3'), (4,'4'), (5,'5'), (6,'6'), (7,'7'), (8,'8'), (9,'9'), (10,'10'), (11,'11'), (12,'12'), (13,'13'), (14,'14'), (15,'15')", "goldserve", map[string]string{
			"1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9", "10": "10", "11": "11", "12": "12", "13": "13", "14": "14", "15": "15",
		}},
		{"(1, 0.0::DOUBLE), (2, -0.0::DOUBLE), (3, 'nan'::DOUBLE)", "a=b c", map[string]string{"0.0": "1", "-0.0": "2", "nan": "3"}},
		{"(1, TIMESTAMP '2021-01-04 05:00:00.5'), (2, NULL)", "at", map[string]string{"2021-01-04 05:00:00.5": "1", hiveNull: "2"}},
	} {
		got, err := l.partitioned(t, c.values, c.column)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", c.values, err, diff)
		}
	}
	none := table(builder.Gold, "none", "SELECT 1 AS id, 'a' AS t FROM range(0)")
	none.PartitionBy = []string{"t"}
	if built, err := l.run(Options{}, nil, none); err != nil || cmp.Diff([]string{"gold/none/_SUCCESS"}, built[0].Files) != "" || built[0].Rows != 0 {
		t.Errorf("a table without rows: %+v %v", built, err)
	}
	at := gold.Field{Name: "at", Kind: gold.Time}
	if v, err := at.ParseSource("2021-01-04 05:00:00.5"); err != nil || !strings.HasPrefix(string(at.Append(nil, v)), "2021-01-04T05:00:00.5") {
		t.Errorf("readers take a folder's timestamp for %s %v", at.Append(nil, v), err)
	}
	for _, values := range []string{"(1, NULL), (2, '__HIVE_DEFAULT_PARTITION__')", "(1, '__HIVE_DEFAULT_PARTITION__')", "(1, 'a' || chr(0))"} {
		if _, err := l.partitioned(t, values, "t"); gold.KindOf(err) != gold.Invalid || !strings.HasPrefix(err.Error(), filepath.Join("sql", "gold", "parts.sql")+":") {
			t.Errorf("%s: %v", values, err)
		}
	}
}
