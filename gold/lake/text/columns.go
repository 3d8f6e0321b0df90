package text

import (
	"context"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Columns reads the columns of a file in their order: its values are texts, whatever they mean. It returns Invalid file_invalid
// and file_unsupported, and errors of the input as they are.
func Columns(ctx context.Context, name string, in content.Input, r gold.Reading) ([]content.Column, error) {
	f, err := newFile(name, r)
	if err != nil {
		return nil, err
	}
	if err := f.scan(ctx, in); err != nil {
		return nil, err
	}
	columns := make([]content.Column, len(f.names))
	for i, n := range f.names {
		columns[i] = content.Column{Name: n, Field: gold.Field{Name: n, Kind: gold.Text, Nullable: true}}
	}
	return columns, nil
}
