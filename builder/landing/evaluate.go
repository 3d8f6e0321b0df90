package landing

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/lake/parquet"
	"goldserve/gold/lake/text"
	"goldserve/gold/mask"
)

// texts hands the rows of one raw file on, as texts without masks.
func (l *Lander) texts(ctx context.Context, s *gold.RawSource, f *builder.RawFile, to format.Writer) (err error) {
	at := &landing{lander: l, source: s, file: f, masks: make([]func(*gold.Column), len(s.Columns))}
	if f.Table {
		_, err = at.writeTable(ctx, func(write func(format.Writer) error) error { return write(to) })
		return err
	}
	isParquet := isParquet(f.Name, s.Reading)
	if isParquet {
		if _, problems, err := l.schema(ctx, s, f); err != nil || len(problems) > 0 {
			if err == nil {
				err = gold.InvalidAll(problems)
			}
			return err
		}
	}
	in, err := l.open(ctx, f)
	if err != nil {
		return err
	}
	defer in.Close()
	defer func() { err = in.checked(ctx, err) }()
	if isParquet {
		_, err = at.copyParquet(ctx, in, to)
	} else {
		_, err = at.copyText(ctx, in, to)
	}
	return err
}

// collector collects the values of one column.
type collector struct {
	keys map[string]bool
	at   int
	kind gold.RawKind
}

// Write implements format.Writer.
func (c collector) Write(b *gold.Batch) error {
	for row := range b.Rows {
		if key, ok := meant(c.kind, &b.Columns[c.at], row); ok {
			c.keys[key] = true
		}
	}
	return nil
}

// Close implements format.Writer.
func (collector) Close() error { return nil }

var (
	wholeText  = regexp.MustCompile(`^[+-]?[0-9]+(\.0*)?$`)
	numberText = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// meant returns what a text means of a kind, in one form for equal values: false where it is null to SQL. Of dates and truths, all but the
// blank is for SQL to read.
func meant(kind gold.RawKind, c *gold.Column, row int) (string, bool) {
	if c.IsNull(row) {
		return "", false
	}
	value := strings.TrimFunc(string(c.Text(row)), mask.IsSpace)
	switch kind {
	case gold.RawWhole:
		if !wholeText.MatchString(value) {
			return "", false
		}
		before, _, _ := strings.Cut(value, ".")
		n, err := strconv.ParseInt(before, 10, 64)
		return strconv.FormatInt(n, 10), err == nil
	case gold.RawNumber, gold.RawMoney:
		x, err := strconv.ParseFloat(value, 64)
		return strconv.FormatFloat(x, 'g', -1, 64), err == nil && numberText.MatchString(value)
	case gold.RawDate, gold.RawInstant:
		return value, len(value) >= 10 && value[4:5] == "-"
	case gold.RawBoolean:
		lower := strings.ToLower(value)
		return lower, slices.Contains([]string{"true", "yes", "1", "false", "no", "0"}, lower)
	case gold.RawText:
	}
	return value, value != ""
}

// place is a row of a raw file.
type place struct {
	file string
	line int64
}

// evaluator holds the rows of a slice's files of a source against what the source expects.
type evaluator struct {
	*checking
	source   *gold.RawSource
	slice    string
	number   int64
	columns  [][]int            // of each expectation, their places
	seen     []map[string]place // of each that is unique
	file     *builder.RawFile
	at       map[[2]int]int // the findings of the file at work, by expectation and column
	findings []gold.Finding
}

func newEvaluator(c *checking, s *gold.RawSource, slice string, number int64) *evaluator {
	e := &evaluator{checking: c, source: s, slice: slice, number: number, columns: make([][]int, len(s.Expect)), seen: make([]map[string]place, len(s.Expect))}
	for i, x := range s.Expect {
		for _, name := range x.Columns {
			e.columns[i] = append(e.columns[i], slices.IndexFunc(s.Columns, func(c gold.RawColumn) bool { return c.Name == name }))
		}
		e.seen[i] = map[string]place{}
	}
	return e
}

// check checks one file.
func (e *evaluator) check(ctx context.Context, f *builder.RawFile) error {
	e.file, e.at = f, map[[2]int]int{}
	for i := range e.source.Expect {
		if x := &e.source.Expect[i]; x.Rule == gold.ExpectColumns && !f.Table {
			differs, err := e.differs(ctx)
			if err != nil {
				return e.unreadable(err)
			}
			if differs != "" {
				e.add(x.Rule, x.Severity(), differs)
				return nil
			}
		}
	}
	if err := e.lander.texts(ctx, e.source, f, e); err != nil {
		return e.unreadable(err)
	}
	return nil
}

// unreadable is the finding of a file that can't be read; other errors stay what they are.
func (e *evaluator) unreadable(err error) error {
	if gold.KindOf(err) != gold.Invalid || e.source.Slice == nil {
		return err
	}
	detail := "the file can't be read"
	if !personal(e.source) {
		detail += ": " + strings.TrimPrefix(err.Error(), e.file.Name+": ")
	}
	e.add(gold.ExpectReadable, gold.FindingError, detail)
	return nil
}

func (e *evaluator) add(rule gold.ExpectRule, severity, detail string) {
	e.findings = append(e.findings, gold.Finding{Source: e.source.Name, Slice: e.slice, Number: e.number, Rule: rule, Severity: severity, File: e.file.Name, Detail: detail})
}

// differs says how a file's columns are others than the source's, "" if they are not.
func (e *evaluator) differs(ctx context.Context) (string, error) {
	in, err := e.lander.open(ctx, e.file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	var names []string
	if isParquet(e.file.Name, e.source.Reading) {
		columns, err := parquet.StoredColumns(ctx, e.file.Name, in)
		if err != nil {
			return "", err
		}
		for _, c := range columns {
			names = append(names, c.Name)
		}
	} else if names, err = text.Names(ctx, e.file.Name, in, e.source.Reading, columnsOf(e.source)); err != nil {
		return "", err
	}
	want := append(columnsOf(e.source), e.source.Dropped...)
	var missing, others []string
	for _, name := range want {
		if !slices.Contains(names, name) {
			missing = append(missing, name)
		}
	}
	for i, name := range names {
		if !slices.Contains(want, name) || slices.Contains(names[:i], name) {
			others = append(others, name)
		}
	}
	var words []string
	if len(missing) > 0 {
		words = append(words, "it lacks the columns "+gold.Listed(missing))
	}
	switch {
	case len(others) == 0:
	case personal(e.source):
		words = append(words, fmt.Sprintf("it has %s that the source doesn't declare", gold.Counted(int64(len(others)), "column")))
	default:
		words = append(words, "it has the columns "+gold.Listed(others)+", which the source doesn't declare")
	}
	return strings.Join(words, ", and "), nil
}

// Write implements format.Writer: it checks rows.
func (e *evaluator) Write(b *gold.Batch) error {
	lines := b.Columns[len(e.source.Columns)].Ints
	for row := range b.Rows {
		for i := range e.source.Expect {
			e.row(i, b, row, lines[row])
		}
	}
	return nil
}

// Close implements format.Writer.
func (e *evaluator) Close() error { return nil }

// row holds a row against an expectation.
func (e *evaluator) row(i int, b *gold.Batch, row int, line int64) {
	x := &e.source.Expect[i]
	value := func(k int) (string, bool) { return meant(e.source.Columns[k].Kind, &b.Columns[k], row) }
	switch x.Rule {
	case gold.ExpectNotNull:
		for _, k := range e.columns[i] {
			if _, ok := value(k); !ok {
				detail := "is null"
				if broken := &b.Columns[len(e.source.Columns)+1]; !broken.IsNull(row) {
					detail = "is null, as the record can't be read (" + string(broken.Text(row)) + ")"
				}
				e.found(i, k, b, row, line, detail)
			}
		}
	case gold.ExpectMin:
		for _, k := range e.columns[i] {
			if text, ok := value(k); ok {
				if n, err := strconv.ParseFloat(text, 64); err == nil && n < x.Min {
					e.found(i, k, b, row, line, "is below "+strconv.FormatFloat(x.Min, 'g', -1, 64))
				}
			}
		}
	case gold.ExpectReference:
		if text, ok := value(e.columns[i][0]); ok && !e.keys[x.Source+"."+x.Column][text] {
			e.found(i, e.columns[i][0], b, row, line, "is not in "+x.Source+"."+x.Column+" of this slice or an earlier one")
		}
	case gold.ExpectUnique:
		var key strings.Builder
		for _, k := range e.columns[i] {
			text, ok := value(k)
			if !ok { // which is for notNull to say
				return
			}
			fmt.Fprintf(&key, "%d:%s", len(text), text)
		}
		if before, again := e.seen[i][key.String()]; again {
			e.found(i, e.columns[i][0], b, row, line, fmt.Sprintf("is repeated: it is in line %d of %s already", before.line, before.file))
			return
		}
		e.seen[i][key.String()] = place{e.file.Name, line}
	case gold.ExpectColumns, gold.ExpectFresh, gold.ExpectReadable, gold.ExpectPresent: // these are not about rows
	}
}

// found notes a row that breaks an expectation. Of several rows the first one's words stand.
func (e *evaluator) found(i, column int, b *gold.Batch, row int, line int64, detail string) {
	x, c := &e.source.Expect[i], &e.source.Columns[column]
	at, ok := e.at[[2]int{i, column}]
	if !ok {
		at = len(e.findings)
		e.at[[2]int{i, column}] = at
		e.add(x.Rule, x.Severity(), detail)
		e.findings[at].Column = c.Name
	}
	f := &e.findings[at]
	if f.Rows++; f.Rows > gold.MostPlaces {
		return
	}
	place := gold.Found{Line: line, Detail: detail}
	if c.Mask == gold.MaskNone && !b.Columns[column].IsNull(row) {
		const most = 60
		shown := []rune(gold.Visible(string(b.Columns[column].Text(row))))
		place.Value = string(shown[:min(len(shown), most)])
	}
	f.Places = append(f.Places, place)
}
