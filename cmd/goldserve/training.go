package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// trainingSet is a training set that is joined while it is written: the snapshots of the features and of the label, each in the order of the key.
type trainingSet struct {
	reader    gold.Reader
	catalog   *query.Catalog
	training  *gold.TrainingSet
	label     *gold.TrainingLabel
	at, later gold.Value // the dates of the features, and of the label

	fields   []gold.Field
	labels   *snapshot
	features []*snapshot
	rows     int64 // that were written
}

// leakf is the error of a training set that would tell its label.
func leakf(dataset, field, text string, args ...any) error {
	return gold.Invalidf(gold.Problem{File: dataset, Field: field, Code: gold.CodeTrainingLeak}, text, args...)
}

// check finds the snapshots, and what would tell the label. It reads no rows but those that are of a later date.
func (s *trainingSet) check(ctx context.Context) (err error) {
	lineage := s.catalog.Release.Lineage
	if lineage == nil {
		return leakf(s.training.Features[0], "", "the release has no lineage, so that nothing says what its features are made of: publish a gold that goldserve built")
	}
	if s.labels, err = s.snapshot(s.label.Dataset, s.later, s.label.Field); err != nil {
		return err
	}
	s.fields = []gold.Field{s.labels.key, {Name: s.training.AsOf, Kind: gold.Date}}
	for _, name := range s.training.Features {
		if why := s.training.Leak(name, s.label, lineage); why != "" {
			return leakf(name, "", "it can't be a feature of %s: %s", s.label.Name, why)
		}
		of, err := s.snapshot(name, s.at)
		if err != nil {
			return err
		}
		if of.key.Kind != s.labels.key.Kind {
			return leakf(name, of.key.Name, "it is %s, and in %s it is %s: no row would be found by it", of.key.Kind.WithArticle(), s.label.Dataset, s.labels.key.Kind.WithArticle())
		}
		if err := s.add(ctx, of); err != nil {
			return err
		}
	}
	return s.end()
}

// end completes the fields by the label's.
func (s *trainingSet) end() error {
	field := s.labels.fields[0]
	field.Name = s.label.Name
	after := gold.Field{Name: s.label.Name + "_as_of", Kind: gold.Date}
	for _, f := range s.fields {
		if f.Name == field.Name || f.Name == after.Name {
			return leakf(s.label.Dataset, f.Name, "a feature has the name of the label's column")
		}
	}
	s.fields = append(s.fields, field, after)
	return nil
}

// add adds the fields of features, none of which may have a date after the features'.
func (s *trainingSet) add(ctx context.Context, of *snapshot) error {
	s.features = append(s.features, of)
	for _, f := range of.fields {
		if slices.ContainsFunc(s.fields, func(other gold.Field) bool { return other.Name == f.Name }) {
			return leakf(of.name, f.Name, "another dataset of features has a field with this name: rename one of them")
		}
		f.Nullable = true
		s.fields = append(s.fields, f)
		if !f.Kind.Temporal() {
			continue
		}
		if err := s.known(ctx, of, f); err != nil {
			return err
		}
	}
	return nil
}

// known returns an error where a field of features has times after their date.
func (s *trainingSet) known(ctx context.Context, of *snapshot, f gold.Field) error {
	next := s.at.Time().AddDate(0, 0, 1)
	limit := gold.NewTime(next.UnixMilli())
	if f.Kind == gold.Date {
		limit = gold.NewDate(gold.DayOf(next.UnixMilli()))
	}
	q := of.query
	q.Fields, q.Where = []string{of.key.Name, f.Name}, append(slices.Clone(q.Where), gold.Predicate{Field: f.Name, Op: gold.Gte, Values: []gold.Value{limit}})
	rows, err := s.reader.Rows(ctx, q)
	if err != nil {
		return err
	}
	late := 0
	var first gold.Value
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		if late == 0 && b.Rows > 0 {
			first = b.Columns[1].Value(0)
		}
		late += b.Rows
		return nil
	})
	if err == nil && late > 0 {
		return leakf(of.name, f.Name, "%s a time after %s, such as %s: the features were not known then", hasRows(late), s.at, first)
	}
	return err
}

func hasRows(n int) string {
	if n == 1 {
		return "1 row has"
	}
	return fmt.Sprintf("%d rows have", n)
}

// snapshot finds a dataset whose rows of a date are read: its fields of these names, without names all but the key and the date.
func (s *trainingSet) snapshot(name string, at gold.Value, names ...string) (*snapshot, error) {
	version, err := s.catalog.Dataset(name)
	if err != nil {
		return nil, err
	}
	d := &version.Dataset
	if !slices.Contains(d.Key, s.training.Key) || !slices.Contains(d.Key, s.training.AsOf) || len(d.Key) != 2 {
		return nil, leakf(name, "", "its key is %v in the release: expected %s and %s, since a table without dates holds what was known last", d.Key, s.training.Key, s.training.AsOf)
	}
	if len(names) == 0 {
		for _, f := range d.FieldNames() {
			if !slices.Contains(d.Key, f) {
				names = append(names, f)
			}
		}
	}
	key := d.Field(s.training.Key)
	of := &snapshot{name: name, key: gold.Field{Name: key.Name, Kind: key.Kind, Scale: key.Scale}}
	for _, f := range names {
		field := d.Field(f)
		if field == nil {
			return nil, gold.Invalidf(gold.Problem{File: name, Field: f, Code: gold.CodeSchemaMissing}, "the release's dataset has no such field")
		}
		of.fields = append(of.fields, *field)
	}
	of.query = gold.Query{
		Version: version, Fields: append([]string{s.training.Key}, names...), Where: []gold.Predicate{{Field: s.training.AsOf, Op: gold.Eq, Values: []gold.Value{at}}},
		Sort: []gold.Sort{{Field: s.training.Key}, {Field: s.training.AsOf}},
	}
	return of, nil
}

// writeTo writes the set, of which it holds a batch of each snapshot. Without a row it writes nothing, and returns an error.
func (s *trainingSet) writeTo(ctx context.Context, out io.Writer, form format.Format) (err error) {
	for _, of := range slices.Concat(s.features, []*snapshot{s.labels}) {
		if of.rows, err = s.reader.Rows(ctx, of.query); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, of.rows.Close()) }()
		if err = of.next(ctx); err != nil {
			return err
		}
	}
	var w format.Writer
	b := gold.NewBatch(s.fields, trainingBatch)
	for more := true; more; {
		b.Reset()
		if more, err = s.fill(ctx, b); err != nil {
			return err
		}
		if b.Rows == 0 {
			break
		}
		if s.rows += int64(b.Rows); w == nil {
			if w, err = format.New(out, form, format.Options{Fields: s.fields}); err != nil {
				return err
			}
		}
		if err = w.Write(b); err != nil {
			return err
		}
	}
	if w == nil {
		return usagef("no row of %s as of %s has a label %s as of %s: expected month ends of which both are there", s.training.Features[0], s.at, s.label.Name, s.later)
	}
	return w.Close()
}

// trainingBatch is how many rows of a training set are written at a time.
const trainingBatch = 4096

// fill adds rows to a batch: the keys that the first features and the labels have. It reports whether there may be more.
func (s *trainingSet) fill(ctx context.Context, b *gold.Batch) (more bool, err error) {
	first := s.features[0]
	var row []gold.Value
	for b.Rows < trainingBatch {
		if first.done() || s.labels.done() {
			return false, nil
		}
		key := first.value(0)
		found, err := s.labels.reach(ctx, key)
		if err != nil {
			return false, err
		}
		if found && !s.labels.value(1).IsNull() {
			row = append(row[:0], key, s.at)
			for _, of := range s.features {
				found, err := of.reach(ctx, key)
				if err != nil {
					return false, err
				}
				for i := range of.fields {
					value := gold.Value{}
					if found {
						value = of.value(i + 1)
					}
					row = append(row, value)
				}
			}
			b.AppendRow(append(row, s.labels.value(1), s.later)...)
		}
		if err := first.next(ctx); err != nil {
			return false, err
		}
	}
	return true, nil
}
