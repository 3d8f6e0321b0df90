package spark

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// quarantine evaluates a table's query once, and parts its rows by their reason.
func (r *run) quarantine(ctx context.Context, t *builder.Table, b *builder.Built) error {
	q := t.Quarantine
	reason := name(q.Column)
	own := *t // what the query gives, which isn't the table yet
	own.Name = t.Name + "__all"
	all := view(own.Stage, own.Name)
	err := r.materialize(ctx, &own, all)
	if err != nil {
		return err
	}
	if b.RowsIn, err = r.number(ctx, "SELECT count(*) FROM "+name(view(builder.Bronze, q.Source))); err != nil {
		return err
	}
	if b.Rejected, err = r.reasons(ctx, t, all); err != nil {
		return err
	}
	if err := r.write(ctx, t, ordered(all, "*", reason+", _file, _line, "+order, reason+" IS NULL"), b); err != nil {
		return err
	}
	if err := r.rejected(ctx, t, all, b); err != nil {
		return err
	}
	return r.session.do(ctx, fmt.Sprintf("CREATE TEMPORARY VIEW %s AS SELECT * EXCEPT (%s, _file, _line) FROM %s WHERE %s IS NULL",
		name(view(t.Stage, t.Name)), reason, name(all), reason))
}

// reasons counts the rejected rows by reason, all that are listed.
func (r *run) reasons(ctx context.Context, t *builder.Table, all string) (map[string]int64, error) {
	q := t.Quarantine
	answer, err := r.session.ask(ctx, query(fmt.Sprintf("SELECT CAST(%[1]s AS STRING) AS reason, count(*) AS n FROM %[2]s WHERE %[1]s IS NOT NULL GROUP BY 1",
		name(q.Column), name(all))))
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, why := range q.Reasons {
		counts[why] = 0
	}
	for _, line := range answer {
		why, _ := line[0].(string)
		n, _ := line[1].(int64)
		if !slices.Contains(q.Reasons, why) {
			p := gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL, DidYouMean: gold.Nearest(why, q.Reasons)}
			return nil, gold.Invalidf(p, "the query rejects rows for the reason %q, which the header's quarantine doesn't list", why)
		}
		counts[why] = n
	}
	return counts, nil
}

// rejected writes the rows that a table rejected, as their source has them.
func (r *run) rejected(ctx context.Context, t *builder.Table, all string, b *builder.Built) error {
	q, sum := t.Quarantine, int64(0)
	for _, n := range b.Rejected {
		sum += n
	}
	var columns strings.Builder
	for _, s := range r.program.Sources {
		if s.Name == q.Source {
			for _, c := range s.Columns {
				columns.WriteString(", s." + name("_"+c.Name))
			}
		}
	}
	rows := query(fmt.Sprintf("SELECT a.%[1]s AS reason, s._file, s._line%[2]s FROM %[3]s a JOIN %[4]s s ON s._file = a._file AND s._line = a._line "+
		"WHERE a.%[1]s IS NOT NULL ORDER BY s._file, s._line", name(q.Column), columns.String(), name(all), name(view(builder.Bronze, q.Source))))
	below := "quarantine/" + t.Name + ".parquet"
	err := r.session.execute(ctx, write(rows, "parquet", r.scratch(below), nil, options["parquet"]), nil)
	var n int64
	if err == nil {
		b.Quarantine, n, err = r.written(ctx, "parquet", below)
	}
	if err == nil && n != sum {
		return gold.Invalidf(gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL},
			"the query rejects %d rows, but %d are found in bronze.%s by _file and _line: the query must pass both columns through unchanged", sum, n, q.Source)
	}
	return err
}
