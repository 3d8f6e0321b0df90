package text

import (
	"context"
	"errors"
	"io"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Columns reads the columns of a file in their order, and guesses of all values what they are: a column's field has the cast that
// reads them. An object of JSON is the columns within it, and a list is JSON text. It returns Invalid file_invalid and
// file_unsupported, and errors of the input as they are.
func Columns(ctx context.Context, name string, in content.Input, r gold.Reading) ([]content.Column, error) {
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if err := f.scan(ctx, in, nil); err != nil {
		return nil, err
	}
	forms := allForms()
	guesses := make([]guess, len(f.names))
	for i := range guesses {
		guesses[i].forms = slices.Clone(forms)
	}
	reader := &Reader{file: f}
	if f.objects != nil {
		reader.objects = f.objects.of(f.names, f.names)
	}
	for i := range f.groups {
		if err := reader.guess(ctx, in, &f.groups[i], guesses); err != nil {
			return nil, err
		}
	}
	comma := slices.ContainsFunc(guesses, func(g guess) bool { return g.writesComma() })
	var columns []content.Column
	for i, n := range f.names {
		if f.objects == nil || !f.objects.structs[n] {
			columns = append(columns, guesses[i].column(n, f.dialect.delimiter, comma))
		}
	}
	return columns, nil
}

// guess adds the values of a group to what is guessed of their columns.
func (r *Reader) guess(ctx context.Context, in content.Input, g *group, guesses []guess) error {
	f := r.file
	from, release, err := r.begin(ctx, in, g)
	defer release()
	if err != nil {
		return f.failed(err, nil, g.line, 0)
	}
	for row := g.before + 1; ; row++ {
		record, line, err := from.next()
		if errors.Is(err, io.EOF) {
			return ctx.Err()
		}
		if err == nil {
			err = r.split(record)
		}
		if err != nil {
			return f.failed(err, record, line, row)
		}
		for i := range r.cells {
			c := &r.cells[i]
			value := r.text(record, c, gold.Text)
			if f.dialect.charset.single != nil {
				value, _ = f.dialect.charset.decode(nil, value)
			}
			guesses[i].add(value, c, c.quoted && f.objects != nil)
		}
	}
}
