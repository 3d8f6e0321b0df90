package landing

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/lake"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// bench is a bronze and what lands it.
type bench struct {
	testing.TB
	root   string
	lander *Lander
	read   map[string]int // how often each raw file was opened
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	b := &bench{TB: tb, root: tb.TempDir(), read: map[string]int{}}
	bronze := filepath.Join(b.root, "bronze")
	if err := os.Mkdir(bronze, 0o755); err != nil {
		tb.Fatal(err)
	}
	source, err := dir.Open(bronze)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = source.Close() })
	b.lander = New(Config{Bronze: &counting{source, &sync.Mutex{}, b.read}, Path: bronze, Folder: filepath.Join(b.root, "_landed"), Model: "shop", HMACKey: key, Workers: 1})
	b.lander.now = func() time.Time { return time.Now().Add(time.Hour) } // all files are old
	return b
}

// counting is a source that counts what is opened.
type counting struct {
	object.Source
	mu   *sync.Mutex
	read map[string]int
}

func (c *counting) Open(ctx context.Context, info object.Info) (object.Reader, error) {
	c.mu.Lock()
	c.read[info.Name]++
	c.mu.Unlock()
	return c.Source.Open(ctx, info)
}

func (b *bench) write(name, text string) {
	b.Helper()
	at := filepath.Join(b.root, "bronze", name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// parquet writes rows as a Parquet file.
func (b *bench) parquet(name string, fields []gold.Field, rows ...[]gold.Value) {
	b.Helper()
	var text strings.Builder
	w, err := format.New(&text, format.Parquet, format.Options{Fields: fields})
	if err != nil {
		b.Fatal(err)
	}
	batch := gold.NewBatch(fields, len(rows))
	for _, row := range rows {
		batch.AppendRow(row...)
	}
	if err := w.Write(batch); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	b.write(name, text.String())
}

// source returns a source with the usual patterns, of columns such as "id whole" and "email text hmac".
func source(name string, columns ...string) gold.RawSource {
	s := gold.RawSource{Name: name, Files: []string{name + ".*", name + "_*.*", name + "/*"}}
	for _, c := range columns {
		words := strings.Fields(c)
		column := gold.RawColumn{Name: words[0], Kind: gold.RawKind(words[1])}
		if len(words) > 2 && words[2] == "optional" {
			column.Optional = true
		} else if len(words) > 2 {
			_ = column.Mask.UnmarshalText([]byte(words[2]))
		}
		s.Columns = append(s.Columns, column)
	}
	return s
}

func (b *bench) land(sources ...gold.RawSource) ([]builder.Source, []builder.Raw, builder.Landed, error) {
	b.Helper()
	var last builder.Landed
	found, err := b.lander.Find(b.Context(), sources)
	if err != nil {
		return nil, nil, last, err
	}
	landed, err := b.lander.Land(b.Context(), found, func(l builder.Landed) { last = l })
	return landed, found, last, err
}

// rows reads the landed files of a source: file and values joined by bars.
func (b *bench) rows(s *builder.Source) []string {
	b.Helper()
	var rows []string
	for _, f := range s.Files {
		d := gold.Dataset{Name: "landed"}
		for _, c := range s.Columns {
			d.Fields = append(d.Fields, gold.Field{Name: c.Name, Kind: gold.Text, Nullable: true})
		}
		d.Fields = append(d.Fields, gold.Field{Name: "_line", Kind: gold.Int}, gold.Field{Name: "_broken", Kind: gold.Text, Nullable: true})
		l, err := lake.Open(b.Context(), filepath.Dir(f.Path))
		if err != nil {
			b.Fatal(err)
		}
		t, err := l.Table(b.Context(), lake.Spec{Dataset: d, Source: filepath.Base(f.Path)})
		if err != nil {
			b.Fatal(err)
		}
		_, err = t.Read(b.Context(), lake.Read{Workers: 1}, func(_ int, batch *gold.Batch, _ int64) error {
			for i := range batch.Rows {
				row := []string{f.Name}
				for c := range batch.Columns {
					if v := batch.Columns[c].Value(i); v.IsNull() {
						row = append(row, "∅")
					} else {
						row = append(row, v.String())
					}
				}
				rows = append(rows, strings.Join(row, "|"))
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		_, _ = t.Close(), l.Close()
	}
	return rows
}

// landedFiles returns the names below _landed.
func (b *bench) landedFiles() []string {
	var names []string
	_ = filepath.WalkDir(b.lander.config.Folder, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			below, _ := filepath.Rel(b.lander.config.Folder, name)
			names = append(names, below)
		}
		return nil
	})
	slices.Sort(names)
	return names
}
