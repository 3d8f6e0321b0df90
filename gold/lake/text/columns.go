package text

import (
	"context"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Columns reads the columns of a file in their order: its values are texts, whatever they mean. An object of JSON is the columns
// within it, and a list is JSON text. It returns Invalid file_invalid and file_unsupported, and errors of the input as they are.
func Columns(ctx context.Context, name string, in content.Input, r gold.Reading) ([]content.Column, error) {
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if err := f.scan(ctx, in, nil); err != nil {
		return nil, err
	}
	var columns []content.Column
	for _, n := range f.names {
		if f.objects == nil || !f.objects.structs[n] {
			columns = append(columns, content.Column{Name: n, Field: gold.Field{Name: n, Kind: gold.Text, Nullable: true}, JSON: f.objects != nil && f.objects.lists[n]})
		}
	}
	return columns, nil
}
