package text

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
)

// dialect is how a file is read: what its contract says, its name and its first bytes.
type dialect struct {
	gold.Reading
	delimiter byte
	quote     byte // 0: no sign quotes
	charset   *charset
}

// compressions are the endings of names that tell how a file is compressed.
var compressions = []string{".gz", ".zst"}

// formats are the endings of names that tell a file's format, without that of its compression.
var formats = map[string]gold.Format{
	".csv": gold.CSV, ".tsv": gold.CSV, ".ndjson": gold.NDJSON, ".jsonl": gold.NDJSON, ".json": gold.JSON,
}

// FormatOf returns the format that a name tells, and the name without its endings; empty: it tells none of this package.
func FormatOf(name string) (format gold.Format, stem string) {
	plain, _ := splitCompression(name)
	ending := path.Ext(plain)
	format = formats[strings.ToLower(ending)]
	if format == "" || path.Base(plain) == ending {
		return "", name
	}
	return format, strings.TrimSuffix(plain, ending)
}

// Endings returns the endings of names that tell a format, all for the empty one, in the order of the alphabet.
func Endings(of gold.Format) []string {
	var endings []string
	for ending, format := range formats {
		if of != "" && format != of {
			continue
		}
		endings = append(endings, ending)
		for _, c := range compressions {
			endings = append(endings, ending+c)
		}
	}
	slices.Sort(endings)
	return endings
}

func splitCompression(name string) (plain, compression string) {
	ending := strings.ToLower(path.Ext(name))
	if slices.Contains(compressions, ending) {
		return name[:len(name)-len(ending)], ending
	}
	return name, ""
}

// dialectOf returns the dialect of a file by its name, and what the contract says.
func dialectOf(name string, r gold.Reading) (*dialect, error) {
	plain, _ := splitCompression(name)
	ending := strings.ToLower(path.Ext(plain))
	d := &dialect{Reading: r, delimiter: ',', quote: '"'}
	if d.Format == "" {
		d.Format = cmp.Or(formats[ending], gold.CSV)
	}
	switch {
	case r.Delimiter != "":
		d.delimiter = r.Delimiter[0]
	case ending == ".tsv":
		d.delimiter = '\t'
	}
	switch r.Quote {
	case "":
	case gold.NoQuote:
		d.quote = 0
	default:
		d.quote = r.Quote[0]
	}
	var err error
	if d.charset, err = charsetOf(r.Encoding); err != nil {
		return nil, err
	}
	d.charset.only = d.Format != gold.CSV
	return d, nil
}

// Reading returns the canonical text of how a file is read by its name and what the contract says, after a blank. The
// compression is left out, which the bytes tell, and so is the column of the file's name.
func Reading(name string, r gold.Reading) string {
	d, err := dialectOf(name, r)
	if err != nil {
		return "" // the file can't be opened either
	}
	key := gold.Reading{Format: d.Format}
	if d.Format == gold.CSV {
		key.FoldNames = r.FoldNames
		key.Delimiter, key.Null, key.Encoding, key.Quote = string(d.delimiter), r.Null, strings.TrimPrefix(r.Encoding, "utf-8"), gold.NoQuote
		if d.quote != 0 {
			key.Quote = string(d.quote)
		}
	}
	return " " + key.String()
}

// cut returns the end of the first record of a text, where its line break is, and how many line breaks lie in its quotes; -1:
// it ends after the text, which is whole where it is the last.
func (d *dialect) cut(text []byte, last bool) (end, breaks int, err error) {
	end = bytes.IndexByte(text, '\n')
	line := text
	if end >= 0 {
		line = text[:end]
	}
	if d.quote == 0 || d.Format != gold.CSV {
		return end, 0, nil
	}
	quote := bytes.IndexByte(line, d.quote)
	if quote < 0 {
		return end, 0, nil
	}
	return d.cutQuoted(text, quote, end, last)
}

// cutQuoted is cut of a record whose first quote is known, and the first line break. A quote opens where a value begins, and
// must not stand elsewhere outside of quotes.
func (d *dialect) cutQuoted(text []byte, quote, end int, last bool) (_, breaks int, err error) {
	for {
		if quote > 0 && text[quote-1] != d.delimiter {
			return 0, 0, &recordError{quote, "a quote stands in a value that has none around it: put the value in quotes and double those within it, or set quote: none in the contract"}
		}
		at := quote + 1 // the rest of the record begins here
		closing := d.closing(text[at:])
		switch {
		case closing < 0 && last:
			return 0, 0, &recordError{quote, "a quote opens here and none closes it: close it, or set quote in the contract (none: values are not quoted)"}
		case closing < 0:
			return -1, 0, nil
		}
		breaks += bytes.Count(text[at:at+closing], []byte{'\n'})
		at += closing + 1
		if end >= 0 && end < at { // it was in the quotes
			if end = bytes.IndexByte(text[at:], '\n'); end >= 0 {
				end += at
			}
		}
		rest := text[at:]
		if end >= 0 {
			rest = text[at:end]
		}
		next := bytes.IndexByte(rest, d.quote)
		if next < 0 {
			return end, breaks, nil
		}
		quote = at + next
	}
}

// closing returns where the quote is that closes a value; two of them stand for one within it. -1: it isn't there.
func (d *dialect) closing(text []byte) int {
	for at := 0; ; {
		quote := bytes.IndexByte(text[at:], d.quote)
		if quote < 0 {
			return -1
		}
		at += quote
		if at+1 == len(text) || text[at+1] != d.quote {
			return at
		}
		at += 2
	}
}

// cell is one value of a record: a part of its bytes.
type cell struct {
	start, end int
	quoted     bool
	doubled    bool // two quotes in it stand for one; of JSON: it has escapes
	nested     bool // of JSON: an object or a list
}

// errCells is that of a record with more values than memory is given to.
var errCells = &limitError{fmt.Sprintf("a record of more than %d values begins here: check which sign stands between values", maxCells)}

// split appends the cells of a record.
func (d *dialect) split(cells []cell, record []byte) ([]cell, error) {
	if d.quote == 0 || bytes.IndexByte(record, d.quote) < 0 {
		start := 0
		for {
			end := bytes.IndexByte(record[start:], d.delimiter)
			if end < 0 {
				return append(cells, cell{start: start, end: len(record)}), nil
			}
			if cells = append(cells, cell{start: start, end: start + end}); len(cells) == maxCells {
				return cells, errCells
			}
			start += end + 1
		}
	}
	for start := 0; ; {
		c := cell{start: start}
		after := start // where the delimiter is looked for
		if start < len(record) && record[start] == d.quote {
			closing := d.closing(record[start+1:])
			if closing < 0 {
				return cells, &recordError{start, "a quote opens here and none closes it: close it, or set quote in the contract (none: values are not quoted)"}
			}
			c.start, c.end, c.quoted = start+1, start+1+closing, true
			c.doubled = bytes.IndexByte(record[c.start:c.end], d.quote) >= 0
			if after = c.end + 1; after < len(record) && record[after] != d.delimiter {
				return cells, &recordError{after, fmt.Sprintf("a value goes on after the quote that closes it: double the quotes within it, or set quote in the contract; expected %q or the end of the line", d.delimiter)}
			}
		}
		end := bytes.IndexByte(record[after:], d.delimiter)
		last := end < 0
		if last {
			end = len(record) - after
		}
		if !c.quoted {
			c.end = after + end
		}
		cells = append(cells, c)
		switch {
		case last:
			return cells, nil
		case len(cells) == maxCells:
			return cells, errCells
		}
		start = after + end + 1
	}
}
