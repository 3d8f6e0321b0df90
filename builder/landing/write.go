package landing

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
	"goldserve/gold/lake/text"
	"goldserve/gold/mask"
)

// batchRows is how many rows are in memory at once, of each file that is landed.
const batchRows = 4096

// landing is one file that becomes another.
type landing struct {
	lander *Lander
	source *gold.RawSource
	file   *builder.RawFile
	name   string // of the landed file, below Folder
	sha256 string // of what whole wrote
	bytes  int64  // of the raw files
	fields []gold.Field
	masks  []func(*gold.Column)
}

func (l *Lander) landing(s *gold.RawSource, f *builder.RawFile) *landing {
	at := &landing{lander: l, source: s, file: f, name: l.landedName(s, f), bytes: f.Bytes, fields: fieldsOf(s), masks: make([]func(*gold.Column), len(s.Columns))}
	for i, c := range s.Columns {
		at.masks[i] = mask.New(c.Mask, l.config.HMACKey, l.config.Model+"."+s.Name, c.Name)
	}
	return at
}

// columns returns the names of the source's columns.
func columnsOf(s *gold.RawSource) []string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return names
}

// optionalOf returns the names of the columns that files may lack.
func optionalOf(s *gold.RawSource) []string {
	var names []string
	for _, c := range s.Columns {
		if c.Optional {
			names = append(names, c.Name)
		}
	}
	return names
}

// fieldsOf returns the fields of a source's landed files.
func fieldsOf(s *gold.RawSource) []gold.Field {
	var fields []gold.Field
	for _, c := range s.Columns {
		fields = append(fields, gold.Field{Name: c.Name, Kind: gold.Text, Nullable: true})
	}
	return append(fields, gold.Field{Name: text.LineColumn, Kind: gold.Int}, gold.Field{Name: text.BrokenColumn, Kind: gold.Text, Nullable: true})
}

// write lands the file, from the version of it that was hashed.
func (at *landing) write(ctx context.Context) (made content, err error) {
	if at.file.Table {
		return at.writeTable(ctx, at.rows)
	}
	return at.copyWhole(ctx, at.rows)
}

// copyWhole copies the rows of the file, from the version of it that was hashed.
func (at *landing) copyWhole(ctx context.Context, rows func(write func(out format.Writer) error) error) (made content, err error) {
	in, err := at.lander.open(ctx, at.file)
	if err != nil {
		return made, err
	}
	defer in.Close()
	defer func() { err = in.checked(ctx, err) }()
	read, err := sum(ctx, in.Input, nil)
	if err != nil {
		return made, err
	}
	if read != at.file.SHA256 {
		return made, object.Changed(at.file.Name, "it was written to")
	}
	err = rows(func(out format.Writer) error {
		if isParquet(at.file.Name, at.source.Reading) {
			made, err = at.copyParquet(ctx, in, out)
		} else {
			made, err = at.copyText(ctx, in, out)
		}
		if err != nil {
			return err
		}
		return in.unchanged(ctx)
	})
	return made, err
}

// rows writes a landed file's rows.
func (at *landing) rows(write func(out format.Writer) error) error {
	return at.whole(func(w io.Writer) error {
		out, err := format.New(w, format.Parquet, format.Options{Fields: at.fields})
		if err == nil {
			err = write(out)
		}
		if err == nil {
			err = out.Close()
		}
		return err
	})
}

// bytesOf writes a landed file of bytes.
func (at *landing) bytesOf(text []byte) error {
	return at.whole(func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// whole writes a landed file, of which nothing is there before all of it is.
func (at *landing) whole(write func(w io.Writer) error) error {
	name := filepath.Join(at.lander.config.Folder, at.name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // a lake's folders are read by others
		return at.lander.failed(err)
	}
	err := whole(name, func(f *os.File) error {
		written := sha256.New()
		buffered := bufio.NewWriterSize(io.MultiWriter(f, written), int(min(max(at.bytes, 4<<10), 1<<20)))
		if err := cmp.Or(write(buffered), buffered.Flush()); err != nil {
			return err
		}
		at.sha256 = hex.EncodeToString(written.Sum(nil))
		return nil
	})
	if known := (*gold.Error)(nil); err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return at.lander.failed(err)
}

// copyText lands the records of a text file.
func (at *landing) copyText(ctx context.Context, in *input, out format.Writer) (content, error) {
	rows := batchRows
	if at.file.Bytes < batchRows {
		rows = 64 // of many small files, little memory
	}
	raw, err := text.OpenRaw(ctx, at.file.Name, in, at.source.Reading, columnsOf(at.source), optionalOf(at.source), rows)
	if err != nil {
		return content{}, err
	}
	defer raw.Close()
	for {
		b, err := raw.Next(ctx)
		if errors.Is(err, io.EOF) {
			rows, broken := raw.Rows()
			return content{Rows: rows, Broken: broken, Lacks: raw.Lacks()}, nil
		}
		if err == nil {
			at.mask(b)
			err = out.Write(b)
		}
		if err != nil {
			return content{}, err
		}
	}
}

// copyParquet lands the rows of a Parquet file, their values as text.
func (at *landing) copyParquet(ctx context.Context, in *input, out format.Writer) (content, error) {
	columns, err := parquet.StoredColumns(ctx, at.file.Name, in)
	if err != nil {
		return content{}, err
	}
	d := &gold.Dataset{}
	var chosen, places []int
	var lacks []string
	for _, c := range at.source.Columns {
		place := slices.IndexFunc(columns, func(s parquet.Stored) bool { return s.Name == c.Name })
		if place < 0 { // its schema was checked before: it is optional
			places, lacks = append(places, -1), append(lacks, c.Name)
			continue
		}
		places, chosen = append(places, len(d.Fields)), append(chosen, len(d.Fields))
		d.Fields = append(d.Fields, columns[place].Field)
	}
	f, err := parquet.Open(ctx, at.file.Name, in, d, nil, nil)
	if err != nil {
		return content{}, err
	}
	reader := parquet.NewReader(d, chosen, batchRows)
	defer reader.Close()
	landed := gold.NewBatch(fieldsOf(at.source), batchRows)
	for group := range f.Groups() {
		err := reader.Read(ctx, f, in, group, func(b *gold.Batch, first int64) error {
			landed.Reset()
			appendTexts(landed, b, places, first)
			at.mask(landed)
			return out.Write(landed)
		})
		if err != nil {
			return content{}, err
		}
	}
	return content{Rows: f.Rows(), Lacks: lacks}, nil
}

// appendTexts appends rows as texts, with their numbers. places are where rows have the columns; -1: they lack one.
func appendTexts(landed, rows *gold.Batch, places []int, first int64) {
	for i, place := range places {
		to := &landed.Columns[i]
		if place < 0 {
			for range rows.Rows {
				to.AppendNull()
			}
			continue
		}
		from, field := &rows.Columns[place], &rows.Fields[place]
		for row := range rows.Rows {
			switch {
			case from.IsNull(row) || from.Kind == gold.Text:
				to.AppendFrom(from, row)
			default:
				to.Bytes = field.Append(to.Bytes, from.Value(row))
				to.Offsets = append(to.Offsets, int32(len(to.Bytes)))
			}
		}
	}
	line, broken := &landed.Columns[len(places)], &landed.Columns[len(places)+1]
	for row := range rows.Rows {
		line.Ints = append(line.Ints, first+int64(row))
		broken.AppendNull()
	}
	landed.Rows = rows.Rows
}

// mask masks the columns of a batch that are personal data. A blank text is missing, and has no mask.
func (at *landing) mask(b *gold.Batch) {
	for i, masked := range at.masks {
		if masked == nil {
			continue
		}
		c := gold.NewColumn(gold.Text, b.Rows)
		for row := range b.Rows {
			value := b.Columns[i].Text(row)
			if b.Columns[i].IsNull(row) || len(bytes.TrimLeftFunc(value, mask.IsSpace)) == 0 {
				c.AppendNull()
				continue
			}
			c.AppendFrom(&b.Columns[i], row)
		}
		masked(&c)
		b.Columns[i] = c
	}
}
