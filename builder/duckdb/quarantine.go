package duckdb

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// kept is the schema of tables that the engine itself keeps for a while.
const kept builder.Stage = "kept"

// keptInMemory is the most rows of a source whose table is kept in memory while it is parted into two files. As a file a table of 5.4
// million purchases takes a twelfth more processor time, and 400 MB less.
const keptInMemory = 1_000_000

// quarantine evaluates a table's query once, and parts its rows by their reason.
func (r *run) quarantine(t *builder.Table, b *builder.Built) error {
	q, err := t.Quarantine, error(nil)
	if b.RowsIn, err = r.count(t, qualified(builder.Bronze, q.Source)); err != nil {
		return err
	}
	all, reason := qualified(kept, t.Name), name(q.Column)
	drop, err := r.keep(t, all, b.RowsIn)
	if err != nil {
		return err
	}
	if b.Rejected, err = r.reasons(t, all); err != nil {
		return err
	}
	rows := fmt.Sprintf("SELECT * EXCLUDE (%s, _file, _line) FROM %s WHERE %s IS NULL", reason, all, reason)
	if err := r.write(t, rows, -1, b); err != nil {
		return err
	}
	if err := r.rejected(t, all, b); err != nil {
		return err
	}
	if r.readers[string(t.Stage)+"."+t.Name] {
		readable := "CREATE TABLE " + qualified(t.Stage, t.Name) + " AS " + rows + ";"
		if keepsTypes(t) && len(t.PartitionBy) == 0 {
			readable = view(t, []string{r.path(b.Files[0])})
		}
		if _, err := r.session.tell(readable); err != nil {
			return r.tableError(t, -1, err)
		}
	}
	return drop()
}

// keep evaluates a table's query for the engine's own use, as a table or, where that would take too much memory, as a file. The function
// that it returns drops it.
func (r *run) keep(t *builder.Table, as string, rows int64) (drop func() error, err error) {
	drop = func() error {
		_, err := r.session.tell("DROP TABLE " + as + ";")
		return r.tableError(t, -1, err)
	}
	if rows <= cmp.Or(r.options.inMemory, keptInMemory) {
		return drop, r.create(t, as)
	}
	path := filepath.Join(r.home, "kept.parquet")
	_, err = r.session.tell("COPY (" + t.Query.Text + "\n) TO " + text(path) + " (FORMAT parquet, COMPRESSION snappy);")
	if err != nil {
		return nil, r.tableError(t, len("COPY ("), err)
	}
	if _, err := r.session.tell("CREATE VIEW " + as + " AS SELECT * FROM read_parquet(" + texts([]string{path}) + ");"); err != nil {
		return nil, r.tableError(t, -1, err)
	}
	return func() error {
		if _, err := r.session.tell("DROP VIEW " + as + ";"); err != nil {
			return r.tableError(t, -1, err)
		}
		return os.Remove(path)
	}, nil
}

// reasons counts the rejected rows by reason, all that are listed.
func (r *run) reasons(t *builder.Table, all string) (map[string]int64, error) {
	q := t.Quarantine
	answer, err := r.session.tell(fmt.Sprintf("SELECT CAST(%[1]s AS VARCHAR) AS reason, count(*) AS n FROM %[2]s WHERE %[1]s IS NOT NULL GROUP BY 1;",
		name(q.Column), all))
	if err != nil {
		return nil, r.tableError(t, -1, err)
	}
	counts := map[string]int64{}
	for _, why := range q.Reasons {
		counts[why] = 0
	}
	for _, line := range answer {
		why, _ := line["reason"].(string)
		if !slices.Contains(q.Reasons, why) {
			e := sqlError(t, -1, "the query rejects rows for the reason %q, which the header's quarantine doesn't list", why)
			e.Problems[0].DidYouMean = gold.Nearest(why, q.Reasons)
			e.Message = e.Problems[0].String()
			return nil, e
		}
		if counts[why], err = number([]row{line}, "n"); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// rejected writes the rows that a table rejected, as their source has them.
func (r *run) rejected(t *builder.Table, all string, b *builder.Built) error {
	q, sum := t.Quarantine, int64(0)
	for _, n := range b.Rejected {
		sum += n
	}
	columns, place := []string{"rejected.reason", "source._file", "source._line"}, "source._line = rejected._line"
	for _, s := range r.program.Sources {
		if s.Name == q.Source {
			if len(s.Files) > 1 {
				place += " AND source._file = rejected._file"
			}
			for _, c := range s.Columns {
				columns = append(columns, "source."+name("_"+c.Name))
			}
		}
	}
	rows := fmt.Sprintf("SELECT %[1]s FROM (SELECT %[2]s AS reason, _file, _line FROM %[3]s WHERE %[2]s IS NOT NULL) rejected JOIN %[4]s source "+
		"ON %[5]s ORDER BY source._file, source._line",
		strings.Join(columns, ", "), name(q.Column), all, qualified(builder.Bronze, q.Source), place)
	n, err := r.copy(t, rows, -1, "quarantine/"+t.Name+".parquet", "parquet", &b.Quarantine)
	if err == nil && n != sum {
		err = sqlError(t, -1, "the query rejects %d rows, but %d lie in bronze.%s by their _file and _line: it must carry both along", sum, n, q.Source)
	}
	return err
}
