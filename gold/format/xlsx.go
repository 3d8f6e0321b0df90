package format

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"

	"goldserve/gold"
)

// The limits of a sheet.
const (
	maxSheetRows = 1_048_575           // below the header
	maxCellUnits = 32_767              // UTF-16 code units of a text
	sheetDigits  = 15                  // of a number
	maxExact     = 999_999_999_999_999 // whole numbers of so many digits
)

// A sheet counts days from 1899-12-30. Before 1900-03-01 its calendar is wrong (it has a 1900-02-29), or has no days.
const (
	sheetEpoch    = -25_569 // days since 1970-01-01
	firstSheetDay = -25_508
)

// sheetWriter streams batches into the first sheet of a workbook; excelize writes the rest of the workbook.
type sheetWriter struct {
	archive *zip.Writer
	sheet   io.Writer // the data sheet; nil before the first row
	book    *workbook
	fields  []gold.Field
	before  [][]byte // by column: what stands before the row number in a cell
	styles  [][]byte // by column: what stands behind it
	buf     []byte
	rows    int
}

func newSheetWriter(w io.Writer, o Options) (*sheetWriter, error) {
	book, err := newWorkbook(o)
	if err != nil {
		return nil, fmt.Errorf("write a workbook: %w", err)
	}
	s := &sheetWriter{archive: zip.NewWriter(w), book: book, fields: o.Fields}
	s.archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	for i, style := range book.styles {
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, fmt.Errorf("write a workbook: %w", err)
		}
		s.before = append(s.before, []byte(`<c r="`+column))
		s.styles = append(s.styles, []byte(`" s="`+strconv.Itoa(style)+`"`))
	}
	return s, nil
}

// Write implements Writer.
func (s *sheetWriter) Write(b *gold.Batch) error {
	if s.rows+b.Rows > maxSheetRows {
		return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "a sheet holds %d rows, and there are more: give a limit or a filter, or ask for csv or parquet", maxSheetRows)
	}
	if err := s.begin(); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	for i := range b.Rows {
		s.rows++
		s.buf = strconv.AppendInt(append(s.buf, `<row r="`...), int64(s.rows+1), 10)
		s.buf = append(s.buf, `">`...)
		for f := range s.fields {
			if err := s.appendCell(&b.Columns[f], f, i); err != nil {
				return err
			}
		}
		s.buf = append(s.buf, `</row>`...)
		if len(s.buf) >= flushBytes || i == b.Rows-1 {
			if _, err := s.sheet.Write(s.buf); err != nil {
				return fmt.Errorf("write a workbook: %w", err)
			}
			s.buf = s.buf[:0]
		}
	}
	return nil
}

// begin opens the data sheet and writes everything before its rows.
func (s *sheetWriter) begin() (err error) {
	if s.sheet != nil {
		return nil
	}
	head, _, _, err := s.book.parts()
	if err != nil {
		return err
	}
	if s.sheet, err = s.archive.Create(dataPart); err != nil {
		return err
	}
	_, err = s.sheet.Write(head)
	return err
}

// appendCell appends a value as a number if a sheet can hold that number, else as its text; a null has no cell.
func (s *sheetWriter) appendCell(c *gold.Column, f, i int) error {
	if c.IsNull(i) || c.Kind == gold.Double && (math.IsNaN(c.Floats[i]) || math.IsInf(c.Floats[i], 0)) {
		return nil
	}
	s.buf = strconv.AppendInt(append(s.buf, s.before[f]...), int64(s.rows+1), 10)
	s.buf = append(s.buf, s.styles[f]...)
	switch c.Kind {
	case gold.Text:
		text := c.Text(i)
		if len(text) > maxCellUnits && units(text) > maxCellUnits {
			return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "%s has a text of %d bytes, and a cell of a sheet holds %d characters: leave the field out, or ask for csv or parquet", s.fields[f].Name, len(text), maxCellUnits)
		}
		s.buf = appendTextCell(s.buf, text)
	case gold.Double:
		s.buf = append(numberOf(&s.fields[f]).appendShortest(append(s.buf, `><v>`...), c.Floats[i]), `</v></c>`...)
	case gold.WideDecimal:
		s.appendWide(c.Int128(i), s.fields[f].Scale)
	case gold.Bool:
		s.buf = strconv.AppendInt(append(s.buf, ` t="b"><v>`...), c.Ints[i], 10)
		s.buf = append(s.buf, `</v></c>`...)
	default:
		s.appendIntegral(c.Kind, c.Ints[i], s.fields[f].Scale)
	}
	return nil
}

// appendWide appends a number of so many digits as a sheet's numbers have, and its text where there are more.
func (s *sheetWriter) appendWide(n gold.Int128, scale int) {
	text := n.Append(make([]byte, 0, 48), scale)
	shown := text
	if scale > 0 {
		shown = bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte{'.'})
	}
	if digits := len(bytes.TrimLeft(bytes.ReplaceAll(shown, []byte{'.'}, nil), "-0")); digits > sheetDigits {
		s.buf = appendTextCell(s.buf, text)
		return
	}
	s.buf = append(append(append(s.buf, `><v>`...), shown...), `</v></c>`...)
}

func (s *sheetWriter) appendIntegral(k gold.Kind, v int64, scale int) {
	var scratch [32]byte
	switch {
	case k == gold.Date && v < firstSheetDay:
		s.buf = appendTextCell(s.buf, gold.AppendDate(scratch[:0], v))
		return
	case k == gold.Time && v < firstSheetDay*gold.MillisPerDay:
		s.buf = appendTextCell(s.buf, gold.AppendTime(scratch[:0], v))
		return
	case k == gold.Int && (v < -maxExact || v > maxExact):
		s.buf = appendTextCell(s.buf, strconv.AppendInt(scratch[:0], v, 10))
		return
	}
	s.buf = append(s.buf, `><v>`...)
	switch k {
	case gold.Date:
		s.buf = strconv.AppendInt(s.buf, v-sheetEpoch, 10)
	case gold.Time:
		s.buf = strconv.AppendFloat(s.buf, float64(v-sheetEpoch*gold.MillisPerDay)/gold.MillisPerDay, 'f', -1, 64)
	case gold.Duration:
		s.buf = strconv.AppendFloat(s.buf, float64(v)/(gold.MillisPerDay*1000), 'f', -1, 64)
	case gold.Decimal:
		s.buf = gold.AppendDecimal(s.buf, v, scale)
	default:
		s.buf = strconv.AppendInt(s.buf, v, 10)
	}
	s.buf = append(s.buf, `</v></c>`...)
}

// units returns the number of UTF-16 code units of a text.
func units(s []byte) (n int) {
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		n += utf16.RuneLen(r)
		s = s[size:]
	}
	return n
}

// appendTextCell ends a cell with a text, whatever it looks like: a formula would be another element.
func appendTextCell(dst, s []byte) []byte {
	dst = append(dst, ` t="inlineStr"><is><t xml:space="preserve">`...)
	return append(appendXML(dst, s), `</t></is></c>`...)
}

// appendXML appends the text of an element. Characters that XML can't represent become U+FFFD. Sheets read _x0041_ as
// A, so the underscore of such a text is escaped in the same form.
func appendXML(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r == '\uFFFE' || r == '\uFFFF' {
				r = utf8.RuneError
			}
			dst, i = utf8.AppendRune(dst, r), i+size
			continue
		}
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '\r':
			dst = append(dst, "&#xD;"...)
		case c == '_' && escaped(s[i:]):
			dst = append(dst, "_x005F_"...)
		case c < ' ' && c != '\t' && c != '\n':
			dst = append(dst, "\uFFFD"...)
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}

// escaped reports whether a text begins like _x0041_.
func escaped(s []byte) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return err == nil
}

// Annotate implements Annotator.
func (s *sheetWriter) Annotate(n Note) error {
	if err := s.book.addNote(n); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return nil
}

// Close implements Writer.
func (s *sheetWriter) Close() error {
	err := s.begin()
	if err == nil {
		err = s.finish()
	}
	if err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return nil
}

// finish ends the data sheet, whose filter now knows its last row, and writes the other parts of the workbook.
func (s *sheetWriter) finish() error {
	last, err := excelize.CoordinatesToCellName(len(s.fields), s.rows+1)
	if err != nil {
		return err
	}
	if err := s.book.file.AutoFilter(dataSheet, "A1:"+last, nil); err != nil {
		return err
	}
	_, tail, others, err := s.book.parts()
	if err != nil {
		return err
	}
	if _, err := s.sheet.Write(tail); err != nil {
		return err
	}
	for _, p := range others {
		w, err := s.archive.Create(p.name)
		if err != nil {
			return err
		}
		if _, err := w.Write(p.data); err != nil {
			return err
		}
	}
	return s.archive.Close()
}
