package format

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"goldserve/gold"
)

// The sheets of a workbook, and the part of the file that holds the first one.
const (
	dataSheet  = "data"
	aboutSheet = "about"
	dataPart   = "xl/worksheets/sheet1.xml"
)

// workbook is the workbook except for the rows below the header: excelize writes it, small and in memory.
type workbook struct {
	file   *excelize.File
	styles []int // by column
	notes  int   // lines of the sheet about, before its list of fields
}

func newWorkbook(o Options) (*workbook, error) {
	b := &workbook{file: excelize.NewFile()}
	bold, err := b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err == nil {
		err = b.addData(o.Fields, bold)
	}
	if err == nil {
		err = b.addAbout(o, bold)
	}
	return b, err
}

// addData adds the sheet of the rows: its frozen header, and a style for each column.
func (b *workbook) addData(fields []gold.Field, bold int) error {
	if err := b.file.SetSheetName("Sheet1", dataSheet); err != nil {
		return err
	}
	for i := range fields {
		f := &fields[i]
		format := sheetFormat(f)
		style, err := b.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return err
		}
		b.styles = append(b.styles, style)
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := b.file.SetCellStr(dataSheet, column+"1", f.Name); err != nil {
			return err
		}
		if err := b.file.SetColWidth(dataSheet, column, column, sheetWidth(f)); err != nil {
			return err
		}
	}
	if err := b.file.SetRowStyle(dataSheet, 1, 1, bold); err != nil {
		return err
	}
	return b.file.SetPanes(dataSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// addAbout adds the sheet of notes, with a line for each field below them.
func (b *workbook) addAbout(o Options, bold int) error {
	if _, err := b.file.NewSheet(aboutSheet); err != nil {
		return err
	}
	var lines [][]string
	for _, n := range o.About {
		lines = append(lines, []string{n.Name, n.Value})
	}
	b.notes = len(lines)
	heading := len(lines) + 2
	lines = append(lines, nil, []string{"field", "label", "unit", "description"})
	for i := range o.Fields {
		f := &o.Fields[i]
		lines = append(lines, []string{f.Name, gold.PlainText(f.Doc.Label), f.Doc.UnitText(), gold.PlainText(f.Doc.Description)})
	}
	for i, line := range lines {
		if err := b.file.SetSheetRow(aboutSheet, "A"+strconv.Itoa(i+1), &line); err != nil {
			return err
		}
	}
	if err := b.file.SetRowStyle(aboutSheet, heading, heading, bold); err != nil {
		return err
	}
	return b.file.SetColWidth(aboutSheet, "A", "D", 24)
}

// addNote adds a line after the notes of the sheet about.
func (b *workbook) addNote(n Note) error {
	b.notes++
	if err := b.file.InsertRows(aboutSheet, b.notes, 1); err != nil {
		return err
	}
	return b.file.SetSheetRow(aboutSheet, "A"+strconv.Itoa(b.notes), &[]string{n.Name, n.Value})
}

// part is one file of a workbook.
type part struct {
	name string
	data []byte
}

// parts returns the workbook's files in order: the data sheet, cut in two where its rows go, and the others.
func (b *workbook) parts() (head, tail []byte, others []part, err error) {
	packed, err := b.file.WriteToBuffer()
	if err != nil {
		return nil, nil, nil, err
	}
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return nil, nil, nil, err
	}
	for _, entry := range archive.File {
		data, err := readPart(entry)
		if err != nil {
			return nil, nil, nil, err
		}
		if entry.Name != dataPart {
			others = append(others, part{entry.Name, data})
			continue
		}
		at := bytes.Index(data, []byte("</sheetData>"))
		if at < 0 {
			return nil, nil, nil, fmt.Errorf("%s has no sheetData", dataPart)
		}
		head, tail = data[:at], data[at:]
	}
	slices.SortFunc(others, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return head, tail, others, nil
}

func readPart(entry *zip.File) ([]byte, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	return data, err
}

// sheetFormat returns the number format of a field's cells, in Excel's own (English) notation.
func sheetFormat(f *gold.Field) string {
	digits := max(precision(f.MultipleOf), f.Scale)
	switch {
	case f.Kind == gold.Date, f.Kind == gold.Time && f.Doc.Format == "date":
		return "yyyy-mm-dd"
	case f.Kind == gold.Time:
		return "yyyy-mm-dd hh:mm:ss"
	case f.Kind == gold.Duration:
		return "[h]:mm:ss"
	case f.Kind == gold.Text:
		return "@"
	case f.Kind == gold.Bool:
		return "General"
	case f.Doc.Format == "percent":
		return "0.0%"
	case f.Doc.Format == "money":
		return "#,##0.00"
	case digits > 0:
		return "0." + strings.Repeat("0", digits)
	case f.Kind == gold.Int, f.Kind.Exact():
		return "0"
	default:
		return "General"
	}
}

// sheetWidth returns the width of a column in characters.
func sheetWidth(f *gold.Field) float64 {
	least := 12
	if f.Kind == gold.Time || f.Kind == gold.Text {
		least = len(time.DateTime) + 1
	}
	return float64(max(least, utf8.RuneCountInString(f.Name)+2))
}
