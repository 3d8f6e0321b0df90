package format

import (
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"goldserve/gold"
)

// Dialect is a dialect of CSV. All have a header, end lines with CR LF and quote as in RFC 4180; null is the empty
// field, the empty text is "".
type Dialect uint8

// The dialects.
const (
	Safe    Dialect = iota // comma, point, ISO 8601; text that a spreadsheet would run as a formula begins with '
	Exact                  // the same without that guard, for programs: values are read back as they were written
	Excel                  // with a byte order mark, comma, point, 2011-12-08 12:12:00, the guard
	ExcelFR                // the same with semicolon and decimal comma
)

var dialectNames = [...]string{"safe", "exact", "excel", "excel-fr"}

func (d Dialect) String() string { return dialectNames[d] }

// DialectNames returns the dialects' names.
func DialectNames() []string { return dialectNames[:] }

// ParseDialect returns the dialect of a name.
func ParseDialect(name string) (Dialect, bool) {
	i := slices.Index(dialectNames[:], name)
	return Dialect(max(i, 0)), i >= 0
}

// csvEncoder writes rows as lines of CSV without their ends.
type csvEncoder struct {
	fields  []gold.Field
	numbers []number // of Doubles
	comma   byte
	point   byte
	excel   bool      // times as Excel reads them
	guard   bool      // against formulas
	quoted  [256]bool // bytes that make a text be quoted
}

const byteOrderMark = "\uFEFF"

func newCSVWriter(w io.Writer, o Options) *textWriter {
	e := &csvEncoder{fields: o.Fields, comma: ',', point: '.', guard: o.Dialect != Exact}
	e.excel = o.Dialect == Excel || o.Dialect == ExcelFR
	if o.Dialect == ExcelFR {
		e.comma, e.point = ';', ','
	}
	for _, c := range []byte{e.comma, '"', '\r', '\n'} {
		e.quoted[c] = true
	}
	t := &textWriter{w: w, row: e.appendRow, between: "\r\n", after: "\r\n", begun: true}
	if o.LineFeed {
		t.between, t.after = "\n", "\n"
	}
	if e.excel {
		t.buf = append(t.buf, byteOrderMark...)
	}
	for i, f := range o.Fields {
		if i > 0 {
			t.buf = append(t.buf, e.comma)
		}
		t.buf = e.appendText(t.buf, []byte(f.Name))
		e.numbers = append(e.numbers, numberOf(&f))
	}
	return t
}

func (e *csvEncoder) appendRow(dst []byte, b *gold.Batch, i int) []byte {
	for f := range e.fields {
		if f > 0 {
			dst = append(dst, e.comma)
		}
		if c := &b.Columns[f]; !c.IsNull(i) {
			dst = e.appendCell(dst, c, f, i)
		} else if len(e.fields) == 1 {
			dst = append(dst, `""`...) // readers skip empty lines
		}
	}
	return dst
}

func (e *csvEncoder) appendCell(dst []byte, c *gold.Column, f, i int) []byte {
	begin := len(dst)
	switch c.Kind {
	case gold.Text:
		return e.appendText(dst, c.Text(i))
	case gold.Double:
		if v := c.Floats[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			dst = e.localize(e.numbers[f].append(dst, v), begin)
		}
		return dst
	case gold.Decimal:
		return e.localize(gold.AppendDecimal(dst, c.Ints[i], e.fields[f].Scale), begin)
	case gold.WideDecimal:
		return e.localize(c.Int128(i).Append(dst, e.fields[f].Scale), begin)
	case gold.Bool:
		return strconv.AppendBool(dst, c.Ints[i] != 0)
	case gold.Date:
		return gold.AppendDate(dst, c.Ints[i])
	case gold.Time:
		dst = gold.AppendTime(dst, c.Ints[i])
		if e.excel {
			dst = dst[:len(dst)-1]
			dst[begin+len(time.DateOnly)] = ' '
		}
		return dst
	case gold.Duration:
		return gold.AppendDuration(dst, c.Ints[i], gold.DurationScale)
	default:
		return strconv.AppendInt(dst, c.Ints[i], 10)
	}
}

// localize gives the number that starts at begin the dialect's decimal point.
func (e *csvEncoder) localize(dst []byte, begin int) []byte {
	if e.point == '.' {
		return dst
	}
	if at := slices.Index(dst[begin:], '.'); at >= 0 {
		dst[begin+at] = e.point
	}
	return dst
}

// appendText appends a text, quoted where it must be.
func (e *csvEncoder) appendText(dst, s []byte) []byte {
	if len(s) == 0 {
		return append(dst, `""`...)
	}
	guard := e.guard && formula(s[0])
	if !slices.ContainsFunc(s, func(c byte) bool { return e.quoted[c] }) {
		if guard {
			dst = append(dst, '\'')
		}
		return append(dst, s...)
	}
	dst = append(dst, '"')
	if guard {
		dst = append(dst, '\'')
	}
	for _, c := range s {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// formula reports whether a spreadsheet may read a text that begins with c as a formula.
func formula(c byte) bool {
	switch c {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	default:
		return false
	}
}
