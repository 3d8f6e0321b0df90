package main

import (
	"context"

	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// rowsPage reads a question for rows.
func (q *question) rowsPage(ctx context.Context) error {
	limit := param.RowsLimit
	if q.endpoint {
		limit = param.EndpointLimit
	}
	asked, err := q.params.Rows(q.catalog, q.version, q.form, limit(&q.version.Dataset))
	if err != nil {
		return err
	}
	q.read = body.Of(q.engine.Rows, asked, q.next)
	return q.engine.CheckRows(ctx, asked)
}

// row reads a question for one row by its key.
func (q *question) row(context.Context) error {
	asked, err := q.params.Row(q.catalog, q.version, q.last)
	q.read, q.body = body.Of(q.engine.Row, asked, q.next), body.AppendRow
	return err
}

// aggregate reads a question for groups.
func (q *question) aggregate(ctx context.Context) error {
	asked, err := q.params.Aggregate(q.catalog, q.version, q.form)
	if err != nil {
		return err
	}
	q.read = body.Of(q.engine.Aggregate, asked, q.next)
	return q.engine.CheckGroups(ctx, asked)
}

// values reads a question for the values of a field.
func (q *question) values(ctx context.Context) error {
	asked, err := q.params.Values(q.catalog, q.version, q.form, q.last)
	if err != nil {
		return err
	}
	q.read = body.Of(q.engine.Values, asked, q.next)
	return q.engine.CheckValues(ctx, asked)
}

// concentration reads a question for how much of a measure the largest groups have.
func (q *question) concentration(context.Context) error {
	asked, err := q.params.Concentration(q.catalog, q.version, q.form, q.last)
	q.read = body.Of(q.engine.Concentration, asked, q.next)
	return err
}

// kpis reads a question for the key figures.
func (q *question) kpis(context.Context) error {
	asked, err := q.params.KPIs(q.catalog)
	q.read = body.Of(q.engine.KPIs, asked, q.next)
	q.body = func(ctx context.Context, dst []byte, read body.Read) ([]byte, *body.Meta, error) {
		return body.AppendKPIs(ctx, dst, asked, read)
	}
	return err
}
