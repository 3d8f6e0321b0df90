package parquet

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// memory is the bytes of a file.
type memory []byte

func (m memory) Size() int64 { return int64(len(m)) }

func (m memory) ReadAt(_ context.Context, p []byte, off int64) error {
	if off < 0 || off > int64(len(m))-int64(len(p)) {
		return io.ErrUnexpectedEOF
	}
	copy(p, m[off:])
	return nil
}

// dataset makes a dataset of fields such as "id:i label:t?": b boolean, i integer, f double, d decimal, t text, D date,
// T timestamp, ? nullable; the first is the key.
func dataset(name, fields string) gold.Dataset {
	kinds := map[string]gold.Kind{
		"b": gold.Bool, "i": gold.Int, "f": gold.Double, "d": gold.Decimal, "t": gold.Text, "D": gold.Date, "T": gold.Time,
	}
	d := gold.Dataset{Model: "test", Name: name}
	for f := range strings.FieldsSeq(fields) {
		field, kind, _ := strings.Cut(f, ":")
		letter, nullable := strings.CutSuffix(kind, "?")
		d.Fields = append(d.Fields, gold.Field{Name: field, Kind: kinds[letter], Nullable: nullable})
	}
	d.Key = []string{d.Fields[0].Name}
	return d
}

// readBytes reads a file's bytes as a dataset.
func readBytes(tb testing.TB, content memory, d gold.Dataset) (*gold.Digest, error) {
	tb.Helper()
	f, err := Open(tb.Context(), d.Name+".parquet", content, &d, nil, nil)
	if err != nil {
		return nil, err
	}
	return digestOf(tb.Context(), f, content, &d)
}

// digestOf reads all rows of a file.
func digestOf(ctx context.Context, f *File, in content.Input, d *gold.Dataset) (*gold.Digest, error) {
	all := make([]int, len(d.Fields))
	for i := range all {
		all[i] = i
	}
	r := NewReader(d, all, 4096)
	defer r.Close()
	digest := &gold.Digest{}
	for group := range f.Groups() {
		if err := r.Read(ctx, f, in, group, func(b *gold.Batch, _ int64) error {
			digest.Add(b, len(b.Columns))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return digest, nil
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
