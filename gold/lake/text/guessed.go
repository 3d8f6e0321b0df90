package text

import (
	"context"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// guessReading completes how a CSV file is read that is to have some columns: the encoding by all of its bytes, and another
// delimiter than the usual one only where that doesn't find them.
func guessReading(ctx context.Context, name string, in content.Input, r gold.Reading, columns []string) (gold.Reading, error) {
	f, err := newFile(name, r)
	if err != nil || f.dialect.Format != gold.CSV {
		return r, err
	}
	if r.Encoding == "" {
		if r.Encoding, err = f.guessEncoding(ctx, in); err != nil {
			return r, f.failed(err, nil, 1, 0)
		}
		if f, err = newFile(name, r); err != nil {
			return r, err
		}
	}
	if r.Delimiter != "" {
		return r, nil
	}
	if err := f.readMark(ctx, in); err != nil {
		return r, f.failed(err, nil, 1, 0)
	}
	from, release, err := f.begin(ctx, in)
	if err == nil && f.readNames(from) == nil && !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(f.names, c) }) {
		release()
		return r, nil
	}
	release()
	if input := (*inputError)(nil); errors.As(err, &input) {
		return r, input.err
	}
	told, err := f.tellsDelimiter(ctx, in)
	if told || err != nil {
		return r, err
	}
	delimiter, err := f.sniffDelimiter(ctx, in)
	if err != nil {
		return r, f.failed(err, nil, 1, 0)
	}
	if delimiter != f.dialect.delimiter {
		r.Delimiter = string(delimiter)
	}
	return r, nil
}

// guessEncoding is sniffEncoding of a file that may have broken lines: one in which more letters are UTF-8 than bytes are no part of
// it is UTF-8 all the same.
func (f *encoded) guessEncoding(ctx context.Context, in content.Input) (string, error) {
	first, err := f.first(ctx, in)
	switch {
	case err != nil:
		return "", err
	case isUTF16(first):
		return "utf-16", nil
	}
	encoding, err := f.sniffEncoding(ctx, in)
	if err != nil || encoding != "windows-1252" {
		return encoding, err
	}
	text, release, err := f.openBytes(ctx, in, 0, in.Size())
	defer release()
	if err != nil {
		return "", err
	}
	letters, strays := 0, 0
	buffer, rest := make([]byte, sniffed), 0
	for {
		n, err := io.ReadFull(text, buffer[rest:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return "", err
		}
		part := buffer[:rest+n]
		for len(part) > 0 && (last || utf8.FullRune(part)) {
			r, size := utf8.DecodeRune(part)
			switch {
			case r == utf8.RuneError && size == 1:
				strays++
			case size > 1:
				letters++
			}
			part = part[size:]
		}
		if last {
			break
		}
		rest = copy(buffer, part)
	}
	if letters > strays {
		return "", nil
	}
	return encoding, nil
}
