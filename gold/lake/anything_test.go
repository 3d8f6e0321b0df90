package lake

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// readAnything reads every flat column of a Parquet file, each as a kind that suits its type, and returns how many
// columns there are, and the digest of the rows.
func readAnything(tb testing.TB, path string) (fields int, digest *gold.Digest, err error) {
	tb.Helper()
	d, err := anyDataset(tb.Context(), path)
	if err != nil {
		return 0, nil, err
	}
	dir := tb.TempDir()
	text, err := os.ReadFile(path) // a link out of the lake would be refused
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.parquet"), text, 0o600); err != nil {
		tb.Fatal(err)
	}
	digest, _, err = readLake(dir, Spec{Dataset: *d})
	if err != nil {
		return len(d.Fields), nil, err
	}
	return len(d.Fields), digest, nil
}

// anyDataset makes a dataset of a file's flat columns.
func anyDataset(ctx context.Context, path string) (*gold.Dataset, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	f, err := openFile(root, filepath.Base(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.close() }()
	open, err := f.pin(ctx)
	if err != nil {
		return nil, err
	}
	return anyFields(ctx, open)
}

func anyFields(ctx context.Context, in input) (*gold.Dataset, error) {
	f, err := openParquet(ctx, "x.parquet", in, &gold.Dataset{}, nil)
	if err != nil {
		return nil, err
	}
	meta, err := f.readFooter(ctx, in)
	if err != nil {
		return nil, err
	}
	top, _, err := topColumns(meta.Schema)
	if err != nil {
		return nil, err
	}
	d := &gold.Dataset{Name: "x"}
	for _, c := range top {
		if kind, scale := anyKind(c.element); kind != gold.Null {
			d.Fields = append(d.Fields, gold.Field{Name: c.element.Name, Kind: kind, Scale: scale, Nullable: true})
		}
	}
	return d, nil
}

func anyKind(e *format.SchemaElement) (gold.Kind, int) {
	if !e.Type.Valid || e.RepetitionType.V == format.Repeated {
		return gold.Null, 0
	}
	m := meaningOf(e)
	for _, kind := range []gold.Kind{gold.Bool, gold.Int, gold.Double, gold.Date, gold.Time, gold.Text} {
		switch {
		case m.kind == decimals:
			return gold.Decimal, min(m.scale, 18)
		case kind == gold.Int && e.Type.V != format.Int32 && e.Type.V != format.Int64:
			continue // a double
		case kind == gold.Date && m.kind != days:
			continue // a timestamp
		}
		if conversionOf(gold.Field{Kind: kind}, e) != nil {
			return kind, 0
		}
	}
	return gold.Null, 0
}
