package duckdb

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// Names in folders of parts.
const (
	hiveNull    = "__HIVE_DEFAULT_PARTITION__"
	successFile = "_SUCCESS"
)

// partitions writes a table as Hive partitions, one file each. DuckDB's own PARTITION_BY keeps no order where there are several threads.
func (r *run) partitions(t *builder.Table, query string, b *builder.Built) error {
	all, err := r.partitionValues(t, query)
	if err != nil {
		return err
	}
	for _, values := range all {
		folder, where := []string{string(t.Stage), t.Name}, make([]string, len(t.PartitionBy))
		for i, c := range t.PartitionBy {
			value, err := partitionValue(t, c, values[fmt.Sprint("c", i)])
			if err != nil {
				return err
			}
			where[i] = name(c) + " IS NULL"
			if value != hiveNull {
				where[i] = "CAST(" + name(c) + " AS VARCHAR) = " + text(value)
			}
			folder = append(folder, encoded(c)+"="+encoded(value))
		}
		file := strings.Join(append(folder, "part-00000."+extension(t.Format)), "/")
		if slices.Contains(b.Files, file) {
			return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "%s.%s: two partitions are called %s", t.Stage, t.Name, file)
		}
		part := fmt.Sprintf("SELECT * EXCLUDE (%s) FROM (%s) WHERE %s", names(t.PartitionBy), query, strings.Join(where, " AND "))
		rows, err := r.copy(t, part, -1, file, t.Format, &b.Files)
		if err != nil {
			return err
		}
		b.Rows += rows
	}
	rows, err := r.count(t, "("+query+")")
	if err == nil && rows != b.Rows {
		err = gold.Errorf(gold.Internal, gold.CodeBuildEngine, "%s.%s has %d rows, and its partitions %d", t.Stage, t.Name, rows, b.Rows)
	}
	if err != nil {
		return err
	}
	folder := string(t.Stage) + "/" + t.Name
	if len(b.Files) == 0 { // the mark alone stands for a table without rows
		b.Files = []string{folder + "/" + successFile}
	}
	err = os.MkdirAll(r.path(folder), 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	if err == nil {
		err = os.WriteFile(r.path(folder+"/"+successFile), nil, 0o666) //nolint:gosec // likewise
	}
	if err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeBuildEngine, "write the mark of %s.%s: %w", t.Stage, t.Name, err)
	}
	return nil
}

// partitionValues returns the partitions that a query's rows lie in, in their order: the texts of the columns, as c0, c1 … They are told
// apart as texts, because equal values may have two: 0.0 and -0.0.
func (r *run) partitionValues(t *builder.Table, query string) ([]row, error) {
	var texts, order []string
	for i, c := range t.PartitionBy {
		texts = append(texts, fmt.Sprintf("CAST(%s AS VARCHAR) AS c%d", name(c), i))
		order = append(order, "min("+name(c)+") NULLS LAST")
	}
	for i := range t.PartitionBy {
		order = append(order, fmt.Sprint("c", i))
	}
	values, err := r.session.tell(fmt.Sprintf("SELECT * FROM (SELECT %s FROM (%s) GROUP BY ALL ORDER BY %s);",
		strings.Join(texts, ", "), query, strings.Join(order, ", ")))
	return values, r.tableError(t, -1, err)
}

// partitionValue returns a value of a partition as its folder has it.
func partitionValue(t *builder.Table, column string, value any) (string, error) {
	said, ok := value.(string)
	switch {
	case !ok:
		return hiveNull, nil
	case said == hiveNull:
		return "", sqlError(t, -1, "the column %s, by which files are split, has the text %s, which stands for null in a folder's name: write null", column, hiveNull)
	case strings.ContainsRune(said, 0):
		return "", sqlError(t, -1, "the column %s, by which files are split, has the text %q, which can't be in a folder's name", column, said)
	}
	return said, nil
}

// encoded is a name or value in a folder's name: percent-encoded, a space as well, which only forms write as +.
func encoded(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
