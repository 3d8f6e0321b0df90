package text

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// memory is a file in memory.
type memory []byte

func (m memory) Size() int64 { return int64(len(m)) }

func (m memory) ReadAt(_ context.Context, p []byte, off int64) error {
	if off < 0 || off+int64(len(p)) > int64(len(m)) {
		return io.ErrUnexpectedEOF
	}
	copy(p, m[off:])
	return nil
}

// dataset returns one of these fields that may all be null.
func dataset(fields ...gold.Field) *gold.Dataset {
	for i := range fields {
		fields[i].Nullable = true
	}
	return &gold.Dataset{Name: "d", Fields: fields}
}

// texts returns a dataset of text fields.
func texts(names ...string) *gold.Dataset {
	d := &gold.Dataset{Name: "d"}
	for _, n := range names {
		d.Fields = append(d.Fields, gold.Field{Name: n, Kind: gold.Text, Nullable: true})
	}
	return d
}

// rowsOf reads all rows of a file as answers show them, null as a bare null, by so many workers.
func rowsOf(tb testing.TB, name string, content []byte, r gold.Reading, d *gold.Dataset, workers int) ([][]string, error) {
	tb.Helper()
	f, err := Open(tb.Context(), name, memory(content), r, d, nil, nil)
	if err != nil {
		return nil, err
	}
	rows := make([][]string, f.Rows())
	err = readAll(tb.Context(), f, memory(content), d, workers, func(b *gold.Batch, first int64) {
		for i := range b.Rows {
			for c := range b.Columns {
				rows[first-1+int64(i)] = append(rows[first-1+int64(i)], b.Fields[c].Format(b.Columns[c].Value(i)))
			}
		}
	})
	return rows, err
}

func readAll(ctx context.Context, f *File, in memory, d *gold.Dataset, workers int, fn func(b *gold.Batch, first int64)) error {
	chosen := make([]int, len(d.Fields))
	for i := range chosen {
		chosen[i] = i
	}
	g, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	next := 0
	for range workers {
		g.Go(func() error {
			r := NewReader(d, chosen, 4096)
			defer r.Close()
			for {
				mu.Lock()
				n := next
				next++
				mu.Unlock()
				if n >= f.Groups() {
					return nil
				}
				if err := r.Read(ctx, f, in, n, func(b *gold.Batch, first int64) error { fn(b, first); return nil }); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

func equalRows(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

func lines(text ...string) []byte {
	var b bytes.Buffer
	for _, l := range text {
		b.WriteString(l + "\n")
	}
	return b.Bytes()
}
