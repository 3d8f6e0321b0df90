package main

import (
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// rowsPage reads a question for rows.
func (q *question) rowsPage() error {
	d, limit := &q.version.Dataset, param.RowsLimit
	if q.endpoint {
		limit = param.EndpointLimit
	}
	q.explain = param.ReadExplain(q.params, q.form)
	sc := q.catalog.Wide(q.version)
	most := param.BoundOf(d, q.form, limit(d))
	asked, err := param.Paged(q.params, q.cursor, d.Name, param.RowsParameters, func(p *param.Set) *query.RowsQuery { return param.ReadRows(p, sc, most) })
	if err != nil {
		return err
	}
	if err := asked.Ready(); err != nil {
		return err
	}
	if q.cursor != nil {
		asked.After = q.cursor.After
	}
	q.of = d.Name
	q.answers(func(ctx context.Context) (*query.Answer, error) {
		if err := q.engine.HoldRows(ctx, asked); err != nil {
			return nil, err
		}
		return q.engine.Rows(ctx, asked)
	})
	return nil
}

// row reads a question for one row by its key.
func (q *question) row() error {
	d := &q.version.Dataset
	where, sc := param.ReadKey(q.params, d, q.last), q.catalog.Narrow(q.version)
	fields := param.ReadFields(q.params, sc)
	if err := q.params.Err(param.RowParameters...); err != nil {
		return err
	}
	asked := &query.RowsQuery{Scope: sc, Where: where, Sort: d.TotalSort(nil), Fields: fields, Bound: query.Bound{Limit: 1, Most: 1}}
	if err := asked.Ready(); err != nil {
		return err
	}
	q.answers(func(ctx context.Context) (*query.Answer, error) { return q.engine.Row(ctx, asked) })
	read := q.read
	q.read = func(ctx context.Context, to body.Sink) (*body.Meta, error) {
		m, err := read(ctx, to)
		if err == nil && m.Count == 0 {
			err = gold.Errorf(gold.NotFound, gold.CodeRowNotFound, "%s has no row with the key %s", d.Name, q.last)
		}
		return m, err
	}
	q.body = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return body.AppendRow(ctx, dst, q.read)
	}
	return nil
}

// aggregate reads a question for groups.
func (q *question) aggregate() error {
	d := &q.version.Dataset
	q.explain = param.ReadExplain(q.params, q.form)
	sc, most := q.catalog.Narrow(q.version), param.BoundOf(d, q.form, param.RowsLimit(d))
	q.of = d.Name + "/aggregate"
	asked, err := param.Paged(q.params, q.cursor, q.of, param.AggregateParameters, func(p *param.Set) *query.AggregateQuery {
		asked := param.ReadAggregate(p, sc, most)
		param.HoldGroupsAlone(p, asked, q.form)
		return asked
	})
	if err != nil {
		return err
	}
	if err := asked.Ready(); err != nil {
		return err
	}
	if q.cursor != nil {
		asked.After = q.cursor.After
	}
	q.answers(func(ctx context.Context) (*query.Answer, error) {
		if err := q.engine.HoldGroups(ctx, asked); err != nil {
			return nil, err
		}
		return q.engine.Aggregate(ctx, asked)
	})
	return nil
}

// values reads a question for the values of a field.
func (q *question) values() error {
	d := &q.version.Dataset
	q.explain = param.ReadExplain(q.params, q.form)
	sc, least := q.catalog.Narrow(q.version), int64(1)
	f, err := param.ValuesField(sc, q.last)
	if err != nil {
		return err
	}
	if q.form != format.JSON {
		least = 0
	}
	asked := param.ReadValues(q.params, sc, f, param.BoundOf(d, q.form, param.ValuesLimit(d)), least)
	if err := q.params.Err(param.ValuesParameters...); err != nil {
		return err
	}
	if err := asked.Ready(); err != nil {
		return err
	}
	q.answers(func(ctx context.Context) (*query.Answer, error) {
		if err := q.engine.HoldValues(ctx, asked); err != nil {
			return nil, err
		}
		return q.engine.Values(ctx, asked)
	})
	return nil
}

// concentration reads a question for how much of a measure the largest groups have.
func (q *question) concentration() error {
	q.explain = param.ReadExplain(q.params, q.form)
	sc := q.catalog.Narrow(q.version)
	f, err := param.ValuesField(sc, q.last)
	if err != nil {
		return err
	}
	asked := param.ReadConcentration(q.params, sc, f)
	if err := q.params.Err(param.ConcentrationParameters...); err != nil {
		return err
	}
	if err := asked.Ready(); err != nil {
		return err
	}
	q.answers(func(ctx context.Context) (*query.Answer, error) { return q.engine.Concentration(ctx, asked) })
	return nil
}

// kpis reads a question for the key figures.
func (q *question) kpis() error {
	c := q.catalog
	if len(c.KPIs) == 0 {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.Title())
	}
	q.explain = param.ReadExplain(q.params, q.form)
	describe := q.params.Word("describe", "true", "false") == "true"
	asked := param.ReadKPIs(q.params, c)
	if err := q.params.Err(append(slices.Clone(param.KPIParameters), param.KPIFilterNames(asked.KPIs)...)...); err != nil {
		return err
	}
	if err := asked.Ready(); err != nil {
		return err
	}
	q.answers(func(ctx context.Context) (*query.Answer, error) { return q.engine.KPIs(ctx, asked) })
	q.body = func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error) {
		return body.AppendKPIs(ctx, dst, asked, describe, q.read)
	}
	return nil
}
