package body

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// Sink receives the rows of an answer: given their fields, it returns the function that receives their batches.
type Sink func(fields []gold.Field) (write func(*gold.Batch) error, err error)

// Read writes the rows of an answer to a sink, and returns the answer's meta.
type Read func(ctx context.Context, to Sink) (*Meta, error)

// Of reads the answer that a method of the engine gives to a question. next returns the URL and the cursor of the page
// after the row at the position last.
func Of[Q any](answer func(context.Context, Q) (*query.Answer, error), q Q, next func(last []gold.Value) (url, cursor string)) Read {
	return func(ctx context.Context, to Sink) (*Meta, error) {
		a, err := answer(ctx, q)
		if err != nil {
			return nil, err
		}
		m, err := pour(ctx, a, to)
		if err == nil && m.Truncated {
			m.Next, m.Cursor = next(m.Last)
		}
		return m, err
	}
}

// pour writes the rows of an answer to a sink and returns its meta.
func pour(ctx context.Context, a *query.Answer, to Sink) (m *Meta, err error) {
	defer func() {
		if closeErr := a.Close(); err == nil {
			err = closeErr
		}
	}()
	m = &Meta{Counted: true}
	write, err := to(a.Fields)
	if err != nil {
		return nil, err
	}
	for {
		b, err := a.Next(ctx)
		if errors.Is(err, io.EOF) {
			m.Metadata = a.Metadata
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		start := time.Now()
		if err := write(b); err != nil {
			return nil, err
		}
		m.Encode += time.Since(start)
	}
}

// About returns the notes in a file about where its rows come from: the URL of the same answer, and its release.
func About(url string, r *gold.Release) []format.Note {
	return []format.Note{
		{Name: "url", Value: url},
		{Name: "release", Value: query.ReleaseTag(r)},
		{Name: "as_of", Value: gold.Instant(r.AsOf)},
		{Name: "published_at", Value: gold.Instant(r.PublishedAt)},
	}
}

// WriteFile writes rows as one file. The rows' fields complete the options.
func WriteFile(ctx context.Context, out io.Writer, f format.Format, o format.Options, read Read) (*Meta, error) {
	var file format.Writer
	m, err := read(ctx, func(fields []gold.Field) (write func(*gold.Batch) error, err error) {
		o.Fields = fields
		if file, err = format.New(out, f, o); err != nil {
			return nil, err
		}
		return file.Write, nil
	})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if a, ok := file.(format.Annotator); ok && m.Truncated {
		err = a.Annotate(format.Note{Name: "truncated", Value: fmt.Sprintf("limit ended this file after %s", gold.Counted(m.Count, "row"))})
		if err == nil && m.Next != "" {
			err = a.Annotate(format.Note{Name: "next", Value: m.Next})
		}
	}
	if err == nil {
		err = file.Close()
	}
	m.Encode += time.Since(start)
	return m, err
}

// AppendTable appends the JSON body of rows, with their totals if there are any, up to meta.
func AppendTable(ctx context.Context, dst []byte, read Read) ([]byte, *Meta, error) {
	rows := &objects{body: append(dst, `{"data":[`...)}
	m, err := read(ctx, rows.begin)
	if err != nil {
		return nil, nil, err
	}
	body := append(rows.body, "],\n"...)
	if m.Totals != nil {
		body = format.NewJSONEncoder(m.Totals.Fields).AppendRow(append(body, `"totals":`...), m.Totals, 0)
		body = append(body, ",\n"...)
	}
	return body, m, nil
}

// objects takes rows as the JSON objects of an answer.
type objects struct {
	body    []byte
	encoder *format.JSONEncoder
	begun   bool
}

func (o *objects) begin(fields []gold.Field) (func(*gold.Batch) error, error) {
	o.encoder = format.NewJSONEncoder(fields)
	return o.write, nil
}

func (o *objects) write(b *gold.Batch) error {
	for i := range b.Rows {
		if o.begun {
			o.body = append(o.body, ',')
		}
		o.begun = true
		o.body = o.encoder.AppendRow(append(o.body, '\n'), b, i)
	}
	return nil
}

// AppendRow appends the JSON body of one row up to meta.
func AppendRow(ctx context.Context, dst []byte, read Read) ([]byte, *Meta, error) {
	body := append(dst, `{"data":`...)
	m, err := read(ctx, func(fields []gold.Field) (func(*gold.Batch) error, error) {
		encoder := format.NewJSONEncoder(fields)
		return func(b *gold.Batch) error {
			if b.Rows > 0 {
				body = encoder.AppendRow(body, b, 0)
			}
			return nil
		}, nil
	})
	if err != nil {
		return nil, nil, err
	}
	m.Counted = false
	return append(body, ",\n"...), m, nil
}
