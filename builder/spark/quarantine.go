package spark

import (
	"context"
	"fmt"
	"slices"

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
	if err := r.checkPlaces(ctx, t, all, b); err != nil {
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

// checkPlaces counts the source's rows, and returns an error unless those of a table's query, rejected or not, have each place once.
func (r *run) checkPlaces(ctx context.Context, t *builder.Table, all string, b *builder.Built) (err error) {
	of, source := name(all), name(view(builder.Bronze, t.Quarantine.Source))
	if b.RowsIn, err = r.number(ctx, "SELECT count(*) FROM "+source); err != nil {
		return err
	}
	// 32 lines of a file in a number: a bit for each that occurs.
	spans := "(SELECT _file, shiftright(_line, 5) AS span, bit_or(shiftleft(1L, CAST(_line & 31 AS INT))) AS lines, count(*) AS n FROM %s GROUP BY 1, 2)"
	other, err := r.number(ctx, fmt.Sprintf("SELECT count(*) FROM "+spans+" a FULL JOIN "+spans+" s ON a._file = s._file AND a.span = s.span "+
		"WHERE a.lines IS DISTINCT FROM s.lines OR a.n IS DISTINCT FROM s.n", of, source))
	if err != nil || other == 0 {
		return err
	}
	answer, err := r.session.ask(ctx, query(fmt.Sprintf("SELECT coalesce(a._file, s._file), coalesce(a._line, s._line), coalesce(a.n, 0) FROM "+
		"(SELECT _file, _line, count(*) AS n FROM %s GROUP BY 1, 2) a FULL JOIN %s s ON a._file = s._file AND a._line = s._line "+
		"WHERE a.n IS DISTINCT FROM 1 OR s._line IS NULL ORDER BY 1 NULLS LAST, 2 NULLS LAST LIMIT 1", of, source)))
	if err != nil || len(answer) == 0 {
		return err
	}
	n, _ := answer[0][2].(int64)
	return t.PlaceError(answer[0][0], answer[0][1], n)
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
	i := slices.IndexFunc(r.program.Sources, func(s builder.Source) bool { return s.Name == t.Quarantine.Source })
	s, columns := r.program.Sources[i], ""
	if s.HasText() {
		columns = ", s._broken"
	}
	for _, c := range s.Columns {
		columns += ", s." + name("_"+c.Name)
	}
	rows := query(fmt.Sprintf("SELECT a.%[1]s AS reason, s._file, s._line%[2]s FROM %[3]s a JOIN %[4]s s ON s._file = a._file AND s._line = a._line "+
		"WHERE a.%[1]s IS NOT NULL ORDER BY s._file, s._line", name(t.Quarantine.Column), columns, name(all), name(view(builder.Bronze, s.Name))))
	below := "quarantine/" + t.Name + ".parquet"
	err := r.session.execute(ctx, write(rows, "parquet", r.scratch(below), nil, options["parquet"]), nil)
	if err == nil {
		b.Quarantine, _, err = r.written(ctx, "parquet", below)
	}
	return err
}
