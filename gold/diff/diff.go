package diff

import (
	"context"
	"slices"

	"goldserve/gold"
)

// Kind says what became of a row.
type Kind uint8

// The kinds.
const (
	Added Kind = iota
	Removed
	Changed // the same key, and another value of a field
)

var kindNames = [...]string{"added", "removed", "changed"}

func (k Kind) String() string { return kindNames[k] }

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Row is a row that differs, with the values of Comparison.Fields.
type Row struct {
	Kind   Kind
	Before []gold.Value // nil: added
	After  []gold.Value // nil: removed
}

// Counts says how many rows differ.
type Counts struct {
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Changed int64 `json:"changed"`
}

// Any reports whether rows differ at all.
func (c Counts) Any() bool { return c != Counts{} }

func (c *Counts) add(k Kind) {
	switch k {
	case Added:
		c.Added++
	case Removed:
		c.Removed++
	case Changed:
		c.Changed++
	}
}

// Comparison is two versions of a dataset that are to be compared.
type Comparison struct {
	Before, After *gold.Version
	// Key is the key of both, in its order; empty: rows are compared as a multiset.
	Key []string
	// Fields are those that are compared: the key, then the others that both have alike, in After's order.
	Fields []gold.Field
	// FieldsAdded and FieldsRemoved are those that one version alone has, FieldsRetyped those that they hold as different
	// types. Their values are not compared.
	FieldsAdded, FieldsRemoved, FieldsRetyped []string

	most int // rows of a part of a multiset
}

// New returns the comparison of two versions of one dataset.
func New(before, after *gold.Version) *Comparison {
	c := &Comparison{Before: before, After: after, most: 1 << 20}
	var others []gold.Field
	alike := map[string]bool{}
	for i := range after.Dataset.Fields {
		f := &after.Dataset.Fields[i]
		earlier := before.Dataset.Field(f.Name)
		switch {
		case earlier == nil:
			c.FieldsAdded = append(c.FieldsAdded, f.Name)
		case earlier.Kind != f.Kind || earlier.Scale != f.Scale:
			c.FieldsRetyped = append(c.FieldsRetyped, f.Name)
		case f.Mask != gold.MaskNone || earlier.Mask != gold.MaskNone:
		default:
			alike[f.Name] = true
			others = append(others, *f)
		}
	}
	for _, name := range before.Dataset.FieldNames() {
		if after.Dataset.Field(name) == nil {
			c.FieldsRemoved = append(c.FieldsRemoved, name)
		}
	}
	key := after.Dataset.Key
	if slices.Equal(key, before.Dataset.Key) && !slices.ContainsFunc(key, func(name string) bool { return !alike[name] }) {
		c.Key = key
	}
	for _, name := range c.Key {
		c.Fields = append(c.Fields, *after.Dataset.Field(name))
	}
	for _, f := range others {
		if !slices.Contains(c.Key, f.Name) {
			c.Fields = append(c.Fields, f)
		}
	}
	return c
}

// same reports whether the rows are known to be equal without being read.
func (c *Comparison) same() bool {
	return c.Before.ID == c.After.ID && c.Before.ID != "" || len(c.FieldsAdded)+len(c.FieldsRemoved)+len(c.FieldsRetyped) == 0 && c.Before.Digest != "" && c.Before.Digest == c.After.Digest
}

// Rows passes the rows that differ to each, in the order of their key, and counts them. Rows of a multiset come in no order.
// An error of each ends it and is returned.
//
// It returns the errors of gold.Reader.Rows.
func (c *Comparison) Rows(ctx context.Context, reader gold.Reader, each func(Row) error) (Counts, error) {
	var counts Counts
	pass := func(r Row) error {
		counts.add(r.Kind)
		return each(r)
	}
	var err error
	switch {
	case c.same():
	case c.After.Extends(c.Before):
		err = c.later(ctx, reader, c.Before, c.After, func(row []gold.Value) Row { return Row{Kind: Added, After: row} }, pass)
	case c.Before.Extends(c.After):
		err = c.later(ctx, reader, c.After, c.Before, func(row []gold.Value) Row { return Row{Kind: Removed, Before: row} }, pass)
	case len(c.Key) > 0:
		err = c.merge(ctx, reader, pass)
	default:
		err = c.multiset(ctx, reader, pass)
	}
	return counts, err
}

// later passes the rows that a version has beyond one that it extends: no others differ.
func (c *Comparison) later(ctx context.Context, reader gold.Reader, of, v *gold.Version, row func([]gold.Value) Row, pass func(Row) error) error {
	q := gold.Query{Version: v, Since: of, Fields: gold.FieldNames(c.Fields), Sort: v.Dataset.TotalSort(nil)}
	rows, err := reader.Rows(ctx, q)
	if err != nil {
		return err
	}
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			if err := pass(row(b.Row(i, nil))); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
