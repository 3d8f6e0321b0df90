package parquet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/storetest"
)

// TestConformanceFiles reads the flat columns of the files that implementations of Parquet test with: each is read whole
// or refused with an error, and none panics.
func TestConformanceFiles(t *testing.T) {
	list, err := os.ReadFile("testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(storetest.Shared(t), "data/parquet-testing")
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		want := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "= "), "~ ")
		name, _, _ := strings.Cut(want, " ")
		t.Run(name, func(t *testing.T) {
			fields, digest, err := readAnything(t, filepath.Join(root, name))
			got := name + " " + string(gold.CodeOf(err))
			if err == nil {
				got = fmt.Sprintf("%s %d %d %s", name, fields, digest.Rows(), digest.String()[:16])
			}
			if got != want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, want)
			}
		})
	}
}

// readAnything reads every flat column of a Parquet file, each as a kind that suits its type, and returns how many
// columns there are, and the digest of the rows.
func readAnything(tb testing.TB, path string) (fields int, digest *gold.Digest, err error) {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := anyDataset(tb.Context(), memory(content))
	if err != nil {
		return 0, nil, err
	}
	digest, err = readBytes(tb, content, *d)
	return len(d.Fields), digest, err
}

// anyDataset makes a dataset of a file's flat columns.
func anyDataset(ctx context.Context, in content.Input) (*gold.Dataset, error) {
	f, err := Open(ctx, "x.parquet", in, &gold.Dataset{}, nil, nil)
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
		if conversionOf(gold.Field{Kind: kind}, e.Type.V, m) != nil {
			return kind, 0
		}
	}
	return gold.Null, 0
}
