package text

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// sniffed is how much of a file tells its delimiter.
const sniffed = 1 << 20

// Sniff returns how a file is read, as far as its name and a mark of byte order do not tell: the encoding that all of its bytes
// have, and the delimiter by which its first lines have the same number of values. It returns Invalid file_invalid and
// file_unsupported, and errors of the input as they are.
func Sniff(ctx context.Context, name string, in content.Input) (gold.Reading, error) {
	f, err := newFile(name, gold.Reading{})
	if err != nil || f.dialect.Format != gold.CSV {
		return gold.Reading{}, err
	}
	var r gold.Reading
	first, err := f.first(ctx, in)
	switch {
	case err != nil:
	case isUTF16(first):
		r.Encoding = "utf-16"
	default:
		r.Encoding, err = f.sniffEncoding(ctx, in)
	}
	if err != nil {
		return r, f.failed(err, nil, 1, 0)
	}
	if f.dialect.charset, err = charsetOf(r.Encoding); err != nil {
		return r, err
	}
	if err := f.readMark(ctx, in); err != nil {
		return r, f.failed(err, nil, 1, 0)
	}
	if told, err := f.tellsDelimiter(ctx, in); told || err != nil {
		return asCSV(r), err
	}
	usual := f.dialect.delimiter
	if f.dialect.delimiter, err = f.sniffDelimiter(ctx, in); err != nil {
		return r, f.failed(err, nil, 1, 0)
	}
	if f.dialect.delimiter != usual {
		r.Delimiter = string(f.dialect.delimiter)
	}
	return asCSV(r), nil
}

// asCSV names the format of a reading that says anything.
func asCSV(r gold.Reading) gold.Reading {
	if r.String() != "" {
		r.Format = gold.CSV
	}
	return r
}

// tellsDelimiter reports whether a file says itself which sign stands between its values.
func (f *File) tellsDelimiter(ctx context.Context, in content.Input) (bool, error) {
	text, release, err := f.open(ctx, in, 0, in.Size())
	defer release()
	if err != nil {
		return false, f.failed(err, nil, 1, 0)
	}
	record, _, err := newRecords(f.dialect, io.LimitReader(text, sniffed), make([]byte, 0, 4<<10)).next()
	if input := (*inputError)(nil); errors.As(err, &input) {
		return false, input.err
	}
	return err == nil && separatorOf(record) != 0, nil
}

// sniffEncoding reads a whole file: what is no UTF-8 is Windows-1252, of which Latin-1 is a part; what has a byte 0 beside each
// letter is UTF-16.
func (f *encoded) sniffEncoding(ctx context.Context, in content.Input) (string, error) {
	text, release, err := f.openBytes(ctx, in, 0, in.Size())
	defer release()
	if err != nil {
		return "", err
	}
	size := int64(sniffed)
	if f.compression == "" {
		size = min(size, in.Size()+1) // of many small files, little
	}
	buffer, rest, first := make([]byte, size), 0, true
	for {
		n, err := io.ReadFull(text, buffer[rest:])
		part := buffer[:rest+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return "", err
		}
		if first && len(part) >= 2 && part[0] != 0 && part[1] == 0 {
			return "utf-16le", nil
		}
		if first && len(part) >= 2 && part[0] == 0 && part[1] != 0 {
			return "utf-16be", nil
		}
		first = false
		whole := len(part)
		for back := 1; !last && back < utf8.UTFMax && back <= len(part); back++ { // a letter may go on in the next part
			if utf8.RuneStart(part[len(part)-back]) {
				if !utf8.FullRune(part[len(part)-back:]) {
					whole = len(part) - back
				}
				break
			}
		}
		switch {
		case !utf8.Valid(part[:whole]):
			return "windows-1252", nil
		case last:
			return "", nil
		}
		rest = copy(buffer, part[whole:])
	}
}

// sniffDelimiter returns the delimiter by which most of the first records have as many values as the first one, two or more.
func (f *encoded) sniffDelimiter(ctx context.Context, in content.Input) (byte, error) {
	best, most := f.dialect.delimiter, 0
	for _, delimiter := range []byte{f.dialect.delimiter, ',', ';', '\t', '|'} {
		rows, err := f.fitting(ctx, in, delimiter)
		if err != nil {
			return best, err
		}
		if rows > most {
			best, most = delimiter, rows
		}
	}
	return best, nil
}

// fitting returns how many of the first records have as many values as the first one; 0 where that has one.
func (f *encoded) fitting(ctx context.Context, in content.Input, delimiter byte) (rows int, err error) {
	text, release, err := f.open(ctx, in, 0, in.Size())
	defer release()
	if err != nil {
		return 0, err
	}
	d := *f.dialect
	d.delimiter = delimiter
	r := newRecords(&d, io.LimitReader(text, sniffed), make([]byte, 0, sniffed+1))
	var cells []cell
	columns := 0
	for {
		record, _, err := r.next()
		if input := (*inputError)(nil); errors.As(err, &input) {
			return 0, err
		}
		if err != nil {
			return rows, nil // the end, or a record that this delimiter makes no sense of
		}
		if cells, err = d.split(cells[:0], record); err != nil {
			continue
		}
		switch {
		case columns == 0 && len(cells) == 1:
			return 0, nil
		case columns == 0:
			columns = len(cells)
		}
		if len(cells) == columns {
			rows++
		}
	}
}
