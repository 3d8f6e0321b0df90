package spark

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

const order = "goldserve_order" // the column that keeps a query's order, in tables that are written to be read again

// build makes a table that runs.
func (r *run) build(ctx context.Context, t *builder.Table) (builder.Built, error) {
	begin := time.Now()
	b := builder.Built{Table: t}
	err := r.checkColumns(ctx, t, &b)
	isRead, plain := r.readers[view(t.Stage, t.Name)], format(t) == "parquet" && len(t.PartitionBy) == 0
	switch {
	case err != nil:
	case t.Quarantine != nil:
		err = r.quarantine(ctx, t, &b)
	case t.View:
		err = r.sqlError(t, r.view(ctx, view(t.Stage, t.Name), query(rewritten(t.Query).text)))
	case t.Temporary:
		if err = r.materialize(ctx, t, view(t.Stage, t.Name)); err == nil {
			b.Rows, err = r.number(ctx, "SELECT count(*) FROM "+name(view(t.Stage, t.Name)))
		}
	case isRead && !plain || len(t.Copies) > 0: // its files can't be read as it was, or not in its order
		if err = r.materialize(ctx, t, view(t.Stage, t.Name)); err == nil {
			err = r.write(ctx, t, ordered(view(t.Stage, t.Name), "*", order, "true"), &b)
		}
	default:
		if err = r.sqlError(t, r.save(ctx, t, query(rewritten(t.Query).text))); err == nil {
			err = r.listed(ctx, t, &b)
		}
		if err == nil && isRead {
			err = r.view(ctx, view(t.Stage, t.Name), files("parquet", "", nil, literal(r.folder(t))))
		}
	}
	b.Seconds = time.Since(begin).Seconds()
	return b, r.tableError(t, err)
}

// checkColumns analyzes a table's query, and checks its columns.
func (r *run) checkColumns(ctx context.Context, t *builder.Table, b *builder.Built) (err error) {
	if b.Columns, err = r.session.columns(ctx, query(rewritten(t.Query).text)); err != nil {
		return r.sqlError(t, err)
	}
	names := make([]string, len(b.Columns))
	for i, c := range b.Columns {
		names[i] = c.Name
	}
	return t.CheckColumns(names)
}

// format returns the format of a table's files.
func format(t *builder.Table) string {
	if t.Format == "" {
		return "parquet"
	}
	return t.Format
}

// place returns where a table lies below scratch: a folder, whose name ends as a file's would where all of it is one table's.
func place(t *builder.Table) string {
	if len(t.PartitionBy) > 0 {
		return string(t.Stage) + "/" + t.Name
	}
	return string(t.Stage) + "/" + t.Name + "." + format(t)
}

func (r *run) folder(t *builder.Table) string { return r.scratch(place(t)) }

func (r *run) scratch(below string) string {
	return r.there(strings.TrimSuffix(r.program.Scratch, "/")) + "/" + below
}

// materialize evaluates a table's query once, into scratch, and gives the session a view of its rows: those of the table, and their order.
func (r *run) materialize(ctx context.Context, t *builder.Table, as string) error {
	folder := r.scratch("_kept/" + view(t.Stage, t.Name))
	all := project(query(rewritten(t.Query).text), "*", "monotonically_increasing_id() AS "+order)
	err := r.sqlError(t, r.session.execute(ctx, write(all, "parquet", folder, nil, nil), nil))
	if err == nil {
		err = r.view(ctx, as+"__ordered", files("parquet", "", nil, literal(folder)))
	}
	if err == nil {
		err = r.session.do(ctx, fmt.Sprintf("CREATE TEMPORARY VIEW %s AS SELECT * EXCEPT (%s) FROM %s", name(as), order, name(as+"__ordered")))
	}
	return err
}

// ordered selects the columns but some of a view that was materialized, in its order.
func ordered(of, columns, but, where string) message {
	return query(fmt.Sprintf("SELECT %s EXCEPT (%s) FROM %s WHERE %s ORDER BY %s", columns, but, name(of+"__ordered"), where, order))
}

// options write files that goldserve and DuckDB read as they were meant.
var options = map[string][][2]string{
	"parquet": {{"compression", "snappy"}},
	"csv": {
		{"header", "true"},
		{"escape", `"`},
		{"ignoreLeadingWhiteSpace", "false"},
		{"ignoreTrailingWhiteSpace", "false"},
		{"timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"},
		{"dateFormat", "yyyy-MM-dd"},
		{"compression", "none"},
	},
	"json": {
		{"ignoreNullFields", "false"}, {"timestampFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"}, {"dateFormat", "yyyy-MM-dd"}, {"compression", "none"},
	},
}

// write writes a table's rows, which were computed before, where it lies, in each of its formats.
func (r *run) write(ctx context.Context, t *builder.Table, from message, b *builder.Built) error {
	for _, c := range append([]*builder.Table{t}, t.Copies...) {
		if err := r.save(ctx, c, from); err != nil {
			return err
		}
		if err := r.listed(ctx, c, b); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) save(ctx context.Context, t *builder.Table, from message) error {
	return r.session.execute(ctx, write(from, source(t), r.folder(t), t.PartitionBy, options[source(t)]), nil)
}

// source returns Spark's name of a table's format.
func source(t *builder.Table) string { return strings.TrimSuffix(format(t), "l") }

// listed tells the files and rows of a table that is written.
func (r *run) listed(ctx context.Context, t *builder.Table, b *builder.Built) (err error) {
	var written []string
	written, b.Rows, err = r.written(ctx, source(t), place(t))
	b.Files = append(b.Files, written...)
	return err
}

// written lists the files of a folder below scratch, and counts their rows.
func (r *run) written(ctx context.Context, as, below string) (paths []string, count int64, err error) {
	folder := literal(r.scratch(below))
	listed := project(files("binaryFile", "", [][2]string{{"recursiveFileLookup", "true"}}, folder), "path")
	answer, err := r.session.ask(ctx, listed)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range answer {
		path, _ := row[0].(string)
		_, path, found := strings.Cut(path, "/"+below+"/")
		if !found {
			return nil, 0, gold.Errorf(gold.Internal, gold.CodeBuildEngine, "Spark lists %q, which is not below %s", row[0], below)
		}
		paths = append(paths, below+"/"+path)
	}
	if len(paths) == 0 { // the mark alone stands for a table without rows
		return []string{below + "/_SUCCESS"}, 0, nil
	}
	slices.Sort(paths)
	if err := r.view(ctx, "goldserve_written", files(as, "", options[as], folder)); err != nil {
		return nil, 0, err
	}
	count, err = r.number(ctx, "SELECT count(*) FROM goldserve_written")
	return paths, count, err
}

func (r *run) number(ctx context.Context, q string) (int64, error) {
	answer, err := r.session.ask(ctx, query(q))
	if err != nil {
		return 0, err
	}
	if len(answer) == 1 && len(answer[0]) == 1 {
		if n, ok := answer[0][0].(int64); ok {
			return n, nil
		}
	}
	return 0, gold.Errorf(gold.Internal, gold.CodeBuildEngine, "Spark answered %v where a number was expected", answer)
}

// Reads implements builder.Engine: of plain Parquet files.
func (e *Engine) Reads(t *builder.Table, was *gold.BuiltTable) bool {
	return format(t) == "parquet" && len(t.PartitionBy) == 0 && len(was.Files) > 0
}

// present gives the session a view of a table that is only read.
func (r *run) present(ctx context.Context, step builder.Step) error {
	t := step.Table
	if !r.readers[view(t.Stage, t.Name)] {
		return nil
	}
	paths := make([]string, len(step.Present))
	for i, p := range step.Present {
		paths[i] = r.there(p)
	}
	return r.tableError(t, r.view(ctx, view(t.Stage, t.Name), files("parquet", "", nil, literal(paths...))))
}
