package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// trainingSet is a training set in memory.
type trainingSet struct {
	reader    gold.Reader
	catalog   *query.Catalog
	training  *gold.TrainingSet
	label     *gold.TrainingLabel
	at, later gold.Value // the dates of the features, and of the label

	fields []gold.Field
	rows   [][]gold.Value
}

// leakf is the error of a training set that would tell its label.
func leakf(dataset, field, text string, args ...any) error {
	return gold.Invalidf(gold.Problem{File: dataset, Field: field, Code: gold.CodeTrainingLeak}, text, args...)
}

// read reads the features and the labels, and joins them.
func (s *trainingSet) read(ctx context.Context) error {
	lineage := s.catalog.Release.Lineage
	if lineage == nil {
		return leakf(s.training.Features[0], "", "the release has no lineage, so that nothing says what its features are made of: publish a gold that goldserve built")
	}
	labels, _, err := s.dataset(ctx, s.label.Dataset, []string{s.label.Field}, s.later)
	if err != nil {
		return err
	}
	s.fields = []gold.Field{{Name: s.training.Key, Kind: gold.Text}, {Name: s.training.AsOf, Kind: gold.Date}}
	parts := make([]map[string][]gold.Value, len(s.training.Features))
	widths := make([]int, len(parts))
	for i, name := range s.training.Features {
		if why := s.training.Leak(name, s.label, lineage); why != "" {
			return leakf(name, "", "it can't be a feature of %s: %s", s.label.Name, why)
		}
		var fields []gold.Field
		if parts[i], fields, err = s.dataset(ctx, name, nil, s.at); err != nil {
			return err
		}
		if err := s.add(name, fields, parts[i]); err != nil {
			return err
		}
		widths[i] = len(fields)
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if parts[0][key] == nil || labels[key][1].IsNull() {
			continue
		}
		row := []gold.Value{labels[key][0], s.at}
		for i := range parts {
			values := parts[i][key]
			if values == nil {
				values = make([]gold.Value, widths[i]+1)
			}
			row = append(row, values[1:]...)
		}
		s.rows = append(s.rows, append(row, labels[key][1], s.later))
	}
	return s.end()
}

// end completes the fields by the label's.
func (s *trainingSet) end() error {
	if len(s.rows) == 0 {
		return usagef("no row of %s as of %s has a label %s as of %s: expected month ends of which both are there", s.training.Features[0], s.at, s.label.Name, s.later)
	}
	version, err := s.catalog.Dataset(s.label.Dataset)
	if err != nil {
		return err
	}
	field := *version.Dataset.Field(s.label.Field)
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

// add adds the fields of a dataset, none of which may have a date after the features'.
func (s *trainingSet) add(dataset string, fields []gold.Field, rows map[string][]gold.Value) error {
	limit := s.at.Time().AddDate(0, 0, 1)
	for i, f := range fields {
		if slices.ContainsFunc(s.fields, func(other gold.Field) bool { return other.Name == f.Name }) {
			return leakf(dataset, f.Name, "another dataset of features has a field with this name: rename one of them")
		}
		f.Nullable = true
		s.fields = append(s.fields, f)
		if !f.Kind.Temporal() {
			continue
		}
		late := 0
		var first gold.Value
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if v := rows[key][i+1]; !v.IsNull() && !v.Time().Before(limit) {
				if late++; late == 1 {
					first = v
				}
			}
		}
		if late > 0 {
			return leakf(dataset, f.Name, "%s a time after %s, such as %s: the features were not known then", hasRows(late), s.at, first)
		}
	}
	return nil
}

func hasRows(n int) string {
	if n == 1 {
		return "1 row has"
	}
	return fmt.Sprintf("%d rows have", n)
}

// dataset reads the rows of a dataset that are of a date, by key: the key's value, and those of the fields. Without names it has all fields but
// the key and the date.
func (s *trainingSet) dataset(ctx context.Context, name string, names []string, at gold.Value) (rows map[string][]gold.Value, fields []gold.Field, err error) {
	version, err := s.catalog.Dataset(name)
	if err != nil {
		return nil, nil, err
	}
	d := &version.Dataset
	if !slices.Contains(d.Key, s.training.Key) || !slices.Contains(d.Key, s.training.AsOf) || len(d.Key) != 2 {
		return nil, nil, leakf(name, "", "its key is %v in the release: expected %s and %s, since a table without dates holds what was known last", d.Key, s.training.Key, s.training.AsOf)
	}
	if names == nil {
		for _, f := range d.FieldNames() {
			if !slices.Contains(d.Key, f) {
				names = append(names, f)
			}
		}
	}
	for _, f := range names {
		field := d.Field(f)
		if field == nil {
			return nil, nil, gold.Invalidf(gold.Problem{File: name, Field: f, Code: gold.CodeSchemaMissing}, "the release's dataset has no such field")
		}
		fields = append(fields, *field)
	}
	found, err := s.reader.Rows(ctx, gold.Query{
		Version: version, Fields: append([]string{s.training.Key}, names...), Where: []gold.Predicate{{Field: s.training.AsOf, Op: gold.Eq, Values: []gold.Value{at}}},
		Sort: []gold.Sort{{Field: s.training.Key}, {Field: s.training.AsOf}},
	})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	rows = map[string][]gold.Value{}
	for {
		b, err := found.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, fields, nil
		}
		if err != nil {
			return nil, nil, err
		}
		for row := range b.Rows {
			values := make([]gold.Value, len(b.Columns))
			for i := range b.Columns {
				values[i] = b.Columns[i].Value(row)
			}
			rows[values[0].String()] = values
		}
	}
}

// writeTo writes the set.
func (s *trainingSet) writeTo(out io.Writer, form format.Format) error {
	s.fields[0].Kind = s.rows[0][0].Kind()
	w, err := format.New(out, form, format.Options{Fields: s.fields})
	if err != nil {
		return err
	}
	const batchRows = 4096
	b := gold.NewBatch(s.fields, batchRows)
	for from := 0; from < len(s.rows); from += batchRows {
		b.Reset()
		for _, row := range s.rows[from:min(from+batchRows, len(s.rows))] {
			b.AppendRow(row...)
		}
		if err := w.Write(b); err != nil {
			return err
		}
	}
	return w.Close()
}
