package mirror

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"goldserve/gold"
)

// tableRows are a version's rows with the columns of its table: those of BI fields are added.
type tableRows struct {
	gold.Rows
	request *Request
	table   *Table
	out     gold.Batch
	read    int64
}

func openRows(ctx context.Context, r *Request, t *Table) (gold.Rows, error) {
	rows, err := r.Reader.Rows(ctx, gold.Query{Version: t.version})
	if err != nil {
		return nil, err
	}
	fields := make([]gold.Field, len(t.Columns))
	for i := range t.Columns {
		fields[i] = t.Columns[i].Field
	}
	return &tableRows{Rows: rows, request: r, table: t, out: gold.Batch{Fields: fields, Columns: make([]gold.Column, len(fields))}}, nil
}

// Next returns the next batch, or io.EOF once all rows that the release has were read.
func (r *tableRows) Next(ctx context.Context) (*gold.Batch, error) {
	if p := r.request.Progress; p != nil {
		p(r.table.Dataset, r.read, r.table.version.Rows)
	}
	b, err := r.Rows.Next(ctx)
	if errors.Is(err, io.EOF) && r.read != r.table.version.Rows {
		return nil, gold.Errorf(gold.Internal, gold.CodeReleaseInconsistent, "dataset %s has %d rows in the store, and %d in its release", r.table.Dataset, r.read, r.table.version.Rows)
	}
	if err != nil {
		return nil, err
	}
	r.read += int64(b.Rows)
	r.out.Rows = b.Rows
	n := copy(r.out.Columns, b.Columns)
	for i, from := range r.table.from {
		dayColumn(&r.out.Columns[n+i], &b.Columns[from])
	}
	return &r.out, nil
}

// dayColumn fills a Date column with the days of days, months or years. A text that is none of these is null.
func dayColumn(dst, src *gold.Column) {
	*dst = gold.Column{Kind: gold.Date, Ints: dst.Ints[:0], Nulls: dst.Nulls[:0]}
	var last string
	var value gold.Value
	for i := range src.Len() {
		switch {
		case src.IsNull(i):
			dst.AppendNull()
		case src.Kind == gold.Date:
			dst.Ints = append(dst.Ints, src.Ints[i])
		default:
			if text := src.Text(i); string(text) != last {
				last = string(text)
				value = dayOf(last)
			}
			dst.Append(value)
		}
	}
}

func dayOf(text string) gold.Value {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return gold.NewDate(gold.DayOf(t.UnixMilli()))
		}
	}
	return gold.Value{}
}

// KeyOf names row i of a batch of the table by its key: "id 5"; empty where it has none, or a masked one.
func (t *Table) KeyOf(b *gold.Batch, i int) string {
	var parts []string
	for _, name := range t.Key {
		c := t.Column(name)
		if c.PII || c.Mask != gold.MaskNone {
			return ""
		}
		parts = append(parts, name+" "+b.Column(name).Value(i).Format(c.Scale))
	}
	return strings.Join(parts, ", ")
}
