package parts

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Read adds the keys of a table's file, and returns how many rows it has. columns are those of the key.
func (k *Keys) Read(name string, table int, columns []string) (rows int64, err error) {
	f, err := open(name)
	if err != nil {
		return 0, err
	}
	defer f.close()
	hashes, err := k.hashes(f, columns)
	for _, h := range hashes {
		k.add(h, table)
	}
	return int64(len(hashes)), err
}

// Take writes the rows of a table's file whose key is new into another file, in their order, and adds their keys. Where no row is new, it
// writes none.
func (k *Keys) Take(from, to string, table int, columns []string) (kept, dropped int64, err error) {
	f, err := open(from)
	if err != nil {
		return 0, 0, err
	}
	defer f.close()
	hashes, err := k.hashes(f, columns)
	if err != nil {
		return 0, 0, err
	}
	keep := make([]bool, len(hashes))
	for i, h := range hashes {
		if keep[i] = k.add(h, table); keep[i] {
			kept++
		}
	}
	switch dropped = int64(len(keep)) - kept; {
	case kept == 0:
		return 0, dropped, nil
	case dropped == 0:
		f.close() // an open file can't be renamed everywhere
		err = os.Rename(from, to)
	default:
		err = f.write(to, keep)
	}
	if err == nil {
		err = syncFile(to)
	}
	return kept, dropped, err
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// file is an open Parquet file.
type file struct {
	name string
	os   *os.File
	*parquet.File
}

func open(name string) (*file, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var p *parquet.File
		if p, err = parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true)); err == nil {
			return &file{name, f, p}, nil
		}
	}
	_ = f.Close() // it was only read
	return nil, fmt.Errorf("%s: %w", name, err)
}

func (f *file) close() { _ = f.os.Close() } // it was only read

// leaf returns the number of a column that isn't nested.
func (f *file) leaf(column string) (int, error) {
	for i, path := range f.Schema().Columns() {
		if len(path) == 1 && path[0] == column {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%s has no column %s, which is of the key", f.name, column)
}

// hashes returns the key of each row.
func (k *Keys) hashes(f *file, columns []string) ([]hashed, error) {
	all := make([]hashed, f.NumRows())
	for _, column := range columns {
		leaf, err := f.leaf(column)
		if err != nil {
			return nil, err
		}
		row := 0
		var text []byte
		err = f.values(leaf, func(values []parquet.Value) error {
			if row+len(values) > len(all) {
				return fmt.Errorf("%s has more values of %s than rows", f.name, column)
			}
			for _, v := range values {
				text = appendValue(text[:0], v)
				all[row] = k.extend(all[row], text)
				row++
			}
			return nil
		})
		if err == nil && row != len(all) {
			err = fmt.Errorf("%s has %d values of %s and %d rows", f.name, row, column, len(all))
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// appendValue writes a value so that equal ones, also of whole numbers of other widths, are the same bytes.
func appendValue(to []byte, v parquet.Value) []byte {
	if v.IsNull() {
		return append(to, 0)
	}
	switch v.Kind() {
	case parquet.Boolean:
		if v.Boolean() {
			return append(to, 1, 1)
		}
		return append(to, 1, 0)
	case parquet.Int32:
		return binary.LittleEndian.AppendUint64(append(to, 2), uint64(int64(v.Int32())))
	case parquet.Int64:
		return binary.LittleEndian.AppendUint64(append(to, 2), uint64(v.Int64()))
	case parquet.Float:
		return binary.LittleEndian.AppendUint64(append(to, 3), math.Float64bits(float64(v.Float())))
	case parquet.Double:
		return binary.LittleEndian.AppendUint64(append(to, 3), math.Float64bits(v.Double()))
	case parquet.Int96, parquet.ByteArray, parquet.FixedLenByteArray:
	}
	return append(append(to, 4), v.Bytes()...)
}

// values hands on the values of a column, row group by row group.
func (f *file) values(leaf int, to func([]parquet.Value) error) error {
	for _, group := range f.RowGroups() {
		if err := chunkValues(group.ColumnChunks()[leaf], to); err != nil {
			return fmt.Errorf("%s: column %s: %w", f.name, strings.Join(f.Schema().Columns()[leaf], "."), err)
		}
	}
	return nil
}

func chunkValues(chunk parquet.ColumnChunk, to func([]parquet.Value) error) error {
	pages := chunk.Pages()
	defer func() { _ = pages.Close() }() // they were only read
	buffer := make([]parquet.Value, 1024)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for {
			n, err := values.ReadValues(buffer)
			if n > 0 {
				if err := to(buffer[:n]); err != nil {
					parquet.Release(page)
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				parquet.Release(page)
				return err
			}
		}
		parquet.Release(page)
	}
}

// write writes those rows into another file that are to be kept: row group by row group, column by column.
func (f *file) write(to string, keep []bool) error {
	return create(to, f.Schema(), func(w *parquet.GenericWriter[any]) error {
		for _, group := range f.RowGroups() {
			for leaf, chunk := range group.ColumnChunks() {
				if err := f.copyChunk(w, leaf, chunk, keep); err != nil {
					return err
				}
			}
			if err := w.Flush(); err != nil {
				return err
			}
			keep = keep[group.NumRows():]
		}
		return nil
	})
}

// Merge writes the rows of files into another one, in their order and as one row group, and returns how many there are. Files whose columns
// aren't the same are not merged: there are 0 rows then.
func Merge(from []string, to string) (rows int64, err error) {
	var files []*file
	defer func() {
		for _, f := range files {
			f.close()
		}
	}()
	for _, name := range from {
		f, err := open(name)
		if err != nil {
			return 0, err
		}
		files = append(files, f)
		if f.Schema().String() != files[0].Schema().String() {
			return 0, nil
		}
		rows += f.NumRows()
	}
	err = create(to, files[0].Schema(), func(w *parquet.GenericWriter[any]) error {
		for leaf := range w.ColumnWriters() {
			for _, f := range files {
				for _, group := range f.RowGroups() {
					if err := f.copyChunk(w, leaf, group.ColumnChunks()[leaf], nil); err != nil {
						return err
					}
				}
			}
		}
		return w.Flush()
	})
	if err == nil {
		err = syncFile(to)
	}
	return rows, err
}

// create writes a file.
func create(to string, schema *parquet.Schema, put func(w *parquet.GenericWriter[any]) error) (err error) {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffered := bufio.NewWriterSize(out, 1<<18)
	w := parquet.NewGenericWriter[any](buffered, schema, parquet.Compression(&parquet.Snappy))
	if err := put(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

func (f *file) copyChunk(w *parquet.GenericWriter[any], leaf int, chunk parquet.ColumnChunk, keep []bool) error {
	if err := copyChunk(w.ColumnWriters()[leaf], chunk, keep); err != nil {
		return fmt.Errorf("%s: column %s: %w", f.name, strings.Join(f.Schema().Columns()[leaf], "."), err)
	}
	return nil
}

// copyChunk writes the values of those rows that are to be kept; nil: of all. Of a nested column, a row is the values up to the next one that isn't
// repeated; it is written at once, since a page holds whole rows.
func copyChunk(w *parquet.ColumnWriter, chunk parquet.ColumnChunk, keep []bool) error {
	row := -1
	var kept []parquet.Value
	err := chunkValues(chunk, func(values []parquet.Value) error {
		held, whole := len(kept), 0 // of the values that are kept, those of earlier pages, and those of rows that have ended
		for _, v := range values {
			if v.RepetitionLevel() == 0 {
				row++
				whole = len(kept)
			}
			if keep == nil || keep[row] {
				kept = append(kept, v)
			}
		}
		if whole > 0 {
			if _, err := w.WriteRowValues(kept[:whole]); err != nil {
				return err
			}
			kept, held = kept[:copy(kept, kept[whole:])], 0
		}
		for i := held; i < len(kept); i++ { // their page is gone by then
			kept[i] = kept[i].Clone()
		}
		return nil
	})
	if err == nil && len(kept) > 0 {
		_, err = w.WriteRowValues(kept)
	}
	return err
}
