package publisher

import (
	"context"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// stream feeds the rows of a dataset to consumers: from its file, from memory where it was just derived, else from
// the store.
func (r *run) stream(ctx context.Context, it *job, consumers ...consumer) error {
	if it.table != nil { // which tells some consumers what they need
		if err := it.table.Open(ctx); err != nil {
			return r.withSQL(err, it.contract, it.table)
		}
	}
	columns := declared(consumers)
	names, feed := r.scored(it, needed(it.dataset, columns), fanOut(consumers, columns))
	switch {
	case it.table != nil:
		report, err := it.table.Read(ctx, lake.Read{Fields: names, Workers: r.workers()}, feed)
		if err != nil {
			return r.withSQL(err, it.contract, it.table)
		}
		it.overruled, it.coerced = report.Overruled, report.Coerced
		// Before anything is sealed under the id that the file's bytes gave.
		return it.table.Unchanged(ctx)
	case it.rows != nil:
		first := int64(1)
		return chunks(it.rows, func(b *gold.Batch) error {
			err := feed(0, b, first)
			first += int64(b.Rows)
			return err
		})
	default:
		return r.reread(ctx, it, names, feed)
	}
}

// streamAdded feeds the rows that are appended to those of another version to consumers.
func (r *run) streamAdded(ctx context.Context, it *job, consumers ...consumer) error {
	columns := declared(consumers)
	names, feed := r.scored(it, needed(it.dataset, columns), fanOut(consumers, columns))
	_, err := it.table.Read(ctx, lake.Read{Fields: names, Workers: r.workers(), Files: it.appends.files}, feed)
	if err != nil {
		return r.withSQL(err, it.contract, it.table)
	}
	return it.table.Unchanged(ctx)
}

// reread streams a derived dataset's rows from the store.
func (r *run) reread(ctx context.Context, it *job, fields []string, feed func(int, *gold.Batch, int64) error) error {
	rows, err := r.config.Store.Rows(ctx, gold.Query{Version: it.version, Fields: fields, Sort: it.dataset.TotalSort(nil)})
	if err != nil {
		return err
	}
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error { return feed(0, b, 0) })
	return err
}
