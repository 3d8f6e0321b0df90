package pack

import (
	"context"
	"errors"
	"io"
	"math"

	"goldserve/gold"
	"goldserve/gold/format"
)

// profile is what is found of a dataset's rows while they stream by.
type profile struct {
	fields   []gold.Field
	rows     int64
	nulls    []int64
	examples []string // of each field, the first value; "": there is none
	least    []gold.Value
	greatest []gold.Value
}

func newProfile(d *gold.Dataset) *profile {
	n := len(d.Fields)
	return &profile{fields: d.Fields, nulls: make([]int64, n), examples: make([]string, n), least: make([]gold.Value, n), greatest: make([]gold.Value, n)}
}

func (p *profile) add(b *gold.Batch) {
	p.rows += int64(b.Rows)
	for i := range p.fields {
		c, f := &b.Columns[i], &p.fields[i]
		for row := range b.Rows {
			if c.IsNull(row) {
				p.nulls[i]++
				continue
			}
			if p.examples[i] == "" {
				p.examples[i] = f.Format(c.Value(row))
			}
			if !f.Kind.Temporal() {
				continue
			}
			v := c.Value(row)
			if p.least[i].IsNull() || gold.Compare(v, p.least[i]) < 0 {
				p.least[i] = v
			}
			if p.greatest[i].IsNull() || gold.Compare(v, p.greatest[i]) > 0 {
				p.greatest[i] = v
			}
		}
	}
}

// missing returns the percentage of nulls of each field: two digits, halves to even, as numpy rounds.
func (p *profile) missing() object {
	o := object{}
	for i := range p.fields {
		percent := 0.0
		if p.rows > 0 {
			percent = float64(p.nulls[i]) / float64(p.rows) * 100
		}
		o = append(o, member{p.fields[i].Name, math.RoundToEven(percent*100) / 100})
	}
	return o
}

// extreme returns one of the values of a field as text; nil: there is none.
func (p *profile) extreme(name string, values []gold.Value) any {
	for i := range p.fields {
		if p.fields[i].Name == name && !values[i].IsNull() {
			return p.fields[i].Format(values[i])
		}
	}
	return nil
}

// rows streams the rows of a version into a file, in the order of the key.
func rows(ctx context.Context, reader gold.Reader, v *gold.Version, as format.Format, w io.Writer) (*profile, error) {
	d := &v.Dataset
	found, err := reader.Rows(ctx, gold.Query{Version: v, Sort: d.TotalSort(nil)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // all was read, or there is another error
	out, err := format.New(w, as, format.Options{Fields: d.Fields, Dialect: format.Exact, LineFeed: true})
	if err != nil {
		return nil, err
	}
	p := newProfile(d)
	for {
		b, err := found.Next(ctx)
		if errors.Is(err, io.EOF) {
			return p, out.Close()
		}
		if err != nil {
			return nil, err
		}
		p.add(b)
		if err := out.Write(b); err != nil {
			return nil, err
		}
	}
}
