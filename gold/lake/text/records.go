package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
)

// records cuts a text into records, one after the other. Its memory is that of the longest one, and of one read.
type records struct {
	dialect *dialect
	from    io.Reader
	buf     []byte
	start   int    // of the rest of buf
	ended   bool   // from has nothing more
	blanks  bool   // an empty line is a record
	array   *array // nil: records are lines

	at   int64 // of the rest in the text
	line int64 // of the rest, from 1
}

func newRecords(d *dialect, from io.Reader, buf []byte) *records {
	return &records{dialect: d, from: from, buf: buf[:0], line: 1}
}

// next returns the next record without its line break, which is valid until the one after it, and the line in which it begins;
// io.EOF after the last.
func (r *records) next() (record []byte, line int64, err error) {
	if r.array != nil {
		return r.nextElement()
	}
	for {
		rest := r.buf[r.start:]
		end, breaks, err := r.dialect.cut(rest, r.ended)
		switch {
		case err != nil:
			return rest, r.line, err
		case end < 0 && !r.ended:
			if err := r.fill(); err != nil {
				return nil, r.line, err
			}
			continue
		case end < 0 && len(rest) == 0:
			return nil, r.line, io.EOF
		case end < 0:
			record, end = rest, len(rest)-1
		default:
			record = rest[:end]
		}
		line = r.line
		r.start, r.at, r.line = r.start+end+1, r.at+int64(end)+1, r.line+int64(breaks)+1
		if n := len(record); n > 0 && record[n-1] == '\r' {
			record = record[:n-1]
		}
		if len(record) > 0 || r.blanks {
			return record, line, nil
		}
	}
}

// skipLine goes past the line that the rest begins with.
func (r *records) skipLine() error {
	for {
		rest := r.buf[r.start:]
		switch at := bytes.IndexByte(rest, '\n'); {
		case at >= 0:
			r.start, r.at, r.line = r.start+at+1, r.at+int64(at)+1, r.line+1
			return nil
		case r.ended:
			r.start, r.at = len(r.buf), r.at+int64(len(rest))
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// names returns the record that names the columns: the first one of CSV, but for the line by which spreadsheets tell the sign
// between values. That counts unless the contract declares one.
func (r *records) names() (record []byte, line int64, err error) {
	record, line, err = r.next()
	if err != nil {
		return record, line, err
	}
	if sign := separatorOf(record); sign != 0 {
		if r.dialect.Delimiter == "" {
			r.dialect.delimiter = sign
		}
		return r.next()
	}
	return record, line, nil
}

// separatorOf returns the sign that a first line such as sep=; tells; 0: it is no such line.
func separatorOf(record []byte) byte {
	const told = "sep="
	if len(record) != len(told)+1 || !strings.EqualFold(string(record[:len(told)]), told) {
		return 0
	}
	switch sign := record[len(told)]; {
	case sign == '"' || sign == '=' || sign < ' ' && sign != '\t' || sign >= utf8.RuneSelf || '0' <= sign && sign <= '9' || 'a' <= sign|0x20 && sign|0x20 <= 'z':
		return 0
	default:
		return sign
	}
}

// compressed reports whether bytes begin as those of gzip or Zstandard do.
func compressed(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x1f\x8b\x08")) || bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd"))
}

// fill reads more of the text behind the rest.
func (r *records) fill() error {
	rest := len(r.buf) - r.start
	if rest > maxRecord {
		return &limitError{fmt.Sprintf("a record of more than %d MiB begins here: break it into lines, or check quote in the contract", maxRecord>>20)}
	}
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:])
		r.buf, r.start = r.buf[:rest], 0
	}
	if rest == cap(r.buf) {
		grown := make([]byte, rest, 2*cap(r.buf))
		copy(grown, r.buf)
		r.buf = grown
	}
	n, err := io.ReadFull(r.from, r.buf[rest:cap(r.buf)])
	more := r.buf[rest : rest+n]
	r.buf = r.buf[:rest+n]
	if r.at == 0 && rest == 0 && compressed(more) {
		return errors.New("its text is compressed itself: compress it once, and end its name with .gz or .zst")
	}
	if at := bytes.IndexByte(more, 0); at >= 0 {
		r.line += int64(bytes.Count(r.buf[:rest+at], []byte{'\n'}))
		if r.dialect.Format != gold.CSV {
			return errors.New("it holds a zero byte, which text does not have: if it is UTF-16, write it in UTF-8")
		}
		return errors.New("it holds a zero byte, which text does not have: if it is UTF-16, say so in the contract (encoding: utf-16le)")
	}
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		r.ended = true
	case err != nil:
		return err
	}
	return nil
}
