package duckdb

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// build makes a table that runs.
func (r *run) build(t *builder.Table) (builder.Built, error) {
	begin := time.Now()
	b := builder.Built{Table: t}
	if err := r.oneQuery(t); err != nil {
		return b, err
	}
	columns, err := r.columns(t)
	for _, c := range columns {
		b.Columns = append(b.Columns, gold.BuildType{Name: c.name, Type: narrowed(c.kind)})
	}
	switch {
	case err != nil:
	case t.Quarantine != nil:
		err = r.quarantine(t, columns, &b)
	case t.View:
		err = r.create(t, "VIEW", "", "")
	case t.Temporary:
		err = r.create(t, "TABLE", "", "")
		if err == nil {
			b.Rows, err = r.count(t, qualified(t.Stage, t.Name))
		}
	default:
		err = r.files(t, columns, &b)
	}
	b.Seconds = time.Since(begin).Seconds()
	return b, err
}

// create makes a table of DuckDB's, or a view, of the rows of a table: its query between two texts.
func (r *run) create(t *builder.Table, what, before, after string) error {
	before = "CREATE " + what + " " + qualified(t.Stage, t.Name) + " AS " + before
	_, err := r.session.tell(before + t.Query.Text + "\n" + after + ";")
	return r.tableError(t, len(before), err)
}

func (r *run) count(t *builder.Table, from string) (int64, error) {
	answer, err := r.session.tell("SELECT count(*) AS n FROM " + from + ";")
	if err != nil {
		return 0, r.tableError(t, -1, err)
	}
	return number(answer, "n")
}

// number returns the number that the last row of an answer holds.
func number(answer []row, key string) (int64, error) {
	if len(answer) > 0 {
		if n, ok := answer[len(answer)-1][key].(json.Number); ok {
			return n.Int64()
		}
	}
	return 0, gold.Errorf(gold.Internal, gold.CodeBuildEngine, "DuckDB answered %v where a number was expected", answer)
}

// files writes the rows of a table.
func (r *run) files(t *builder.Table, columns []column, b *builder.Built) error {
	before, err := exactly(t, columns)
	if err != nil {
		return err
	}
	after := ""
	if before != "" {
		after = ")"
	}
	return r.file(t, before, after, b)
}

// file writes the rows of a table, its query between two texts, and makes it readable for the steps that read it.
func (r *run) file(t *builder.Table, before, after string, b *builder.Built) error {
	isRead, as := r.readers[string(t.Stage)+"."+t.Name], qualified(t.Stage, t.Name)
	again := isRead || len(t.Copies) > 0
	if len(t.PartitionBy) == 0 && (keepsTypes(t) || !again) {
		if err := r.write(t, before+t.Query.Text+"\n"+after, len("COPY ("+before), b); err != nil || !again {
			return err
		}
		if _, err := r.session.tell(view(t, []string{r.path(b.Files[0])})); err != nil {
			return r.tableError(t, -1, err)
		}
		return r.copies(t, as, b)
	}
	if err := r.create(t, "TABLE", before, after); err != nil {
		return err
	}
	if err := r.write(t, "SELECT * FROM "+as, -1, b); err != nil {
		return err
	}
	if err := r.copies(t, as, b); err != nil || isRead {
		return err
	}
	_, err := r.session.tell("DROP TABLE " + as + ";")
	return r.tableError(t, -1, err)
}

// copies writes the rows of a table, which are there under a name, in the table's further formats.
func (r *run) copies(t *builder.Table, as string, b *builder.Built) error {
	for _, c := range t.Copies {
		if err := r.write(c, "SELECT * FROM "+as, -1, b); err != nil {
			return err
		}
	}
	return nil
}

// write copies a query's rows into the files of a table. A query that is other people's text has been accepted by oneQuery, and begins at
// byte before of the statement.
func (r *run) write(t *builder.Table, query string, before int, b *builder.Built) error {
	if len(t.PartitionBy) > 0 {
		return r.partitions(t, query, b)
	}
	rows, err := r.copy(t, query, before, string(t.Stage)+"/"+t.Name+"."+extension(t.Format), t.Format, &b.Files)
	b.Rows = rows
	return err
}

// copy writes one file below scratch.
func (r *run) copy(t *builder.Table, query string, before int, file, format string, files *[]string) (int64, error) {
	path := r.path(file)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil { //nolint:gosec // what the umask allows, as for all files of the lake
		return 0, gold.Errorf(gold.Unavailable, gold.CodeBuildEngine, "make a folder for %s.%s: %w", t.Stage, t.Name, err)
	}
	answer, err := r.session.tell("COPY (" + query + ") TO " + text(path) + " (" + copyOptions(format) + ", RETURN_FILES true);")
	if err != nil {
		return 0, r.tableError(t, before, err)
	}
	*files = append(*files, file)
	return number(answer, "Count")
}

// path returns where a file of a table lies.
func (r *run) path(file string) string {
	return filepath.Join(r.program.Scratch, filepath.FromSlash(file))
}

// keepsTypes reports whether a table's files say of which types its columns are.
func keepsTypes(t *builder.Table) bool { return extension(t.Format) == "parquet" }

func extension(format string) string {
	if format == "" {
		return "parquet"
	}
	return format
}

// copyOptions are all that bytes depend on, so that a file doesn't change with DuckDB's defaults.
func copyOptions(format string) string {
	switch format {
	case "csv":
		return "FORMAT csv, HEADER true, DELIMITER ',', TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ', DATEFORMAT '%Y-%m-%d'"
	case "jsonl":
		return "FORMAT json, ARRAY false, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ', DATEFORMAT '%Y-%m-%d'"
	}
	return "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"
}
