package infer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/dbt"
	"goldserve/gold/lake"
	"goldserve/gold/yaml"
)

// Model is what a lake's files tell: the contracts to write.
type Model struct {
	Name     string
	Datasets []*Dataset // by name
	Facts    *Dataset   // nil: none has a time and numbers that add up
	LeftOut  []LeftOut  // sources without a contract

	notes []string // what else to look at
}

// LeftOut is a source or a column that no contract describes, and why.
type LeftOut struct{ Name, Reason string }

// Dataset is what is guessed of one source.
type Dataset struct {
	Name, Source string
	Reading      gold.Reading // of the source's files
	Rows         int64
	Fields       []*Field // in the order of the file's columns
	Key          []*Field // empty: none was found
	Time         *Field   // that time runs along; nil: none
	Relations    []Relation
	Rollup       *gold.Rollup // nil: it is no aggregate of another dataset
	LeftOut      []LeftOut    // columns
	Doubts       []string     // what names say and rows do not

	before    *before    // what an earlier inference wrote; nil: nothing
	absent    []*Field   // personal columns that the files no longer have
	stated    *dbt.Model // what a dbt project says of it; nil: nothing
	keyStated bool       // the project says which the key is
	rules     []string   // of the project, about several fields
	remarks   []string   // what the project says and a contract can't
	unread    bool       // it is known from the project alone

	joined  map[string]*Dataset // where the rollup's origin looks fields up
	written *writtenContract    // that a person has already; nil: none
	missing string              // why it gets no contract; empty: it gets or has one
}

// Field is what is guessed of one column.
type Field struct {
	gold.Field
	Precision int             // of a Decimal
	Personal  string          // what personal data it holds: an e-mail address; empty: none
	Period    gold.PeriodUnit // of a Text: what all its values are
	Values    []string        // the closed list of a Text; nil: none
	Additive  bool            // its sum means something
	Dimension bool            // of a Text: its values tell facts apart into groups worth showing

	Description string   // empty: none
	unique      bool     // a dbt project says so
	rules       []string // of the project
	options     []string // bounds of the project

	document bool // of a Text: JSON, which is neither a key nor a group, and no list of values
	unsigned bool // its column holds integers that an Int may not
	profile  *profile
	spoken   string // its name without what all names of its dataset begin with
	own      *Field // as the files have it, where an earlier inference's kind is kept; nil: as it is
}

// Relation says that a field's values are all values of another dataset's key.
type Relation struct {
	Field *Field
	To    *Dataset // its key is one field

	stated bool // a dbt project says so
}

// Field returns the field of a name, or nil.
func (d *Dataset) Field(name string) *Field {
	at := slices.IndexFunc(d.Fields, func(f *Field) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return d.Fields[at]
}

// doubt notes what a name says and the rows do not.
func (d *Dataset) doubt(format string, args ...any) {
	d.Doubts = append(d.Doubts, fmt.Sprintf(format, args...))
}

// column returns the field of a column of the files, or nil.
func (d *Dataset) column(name string) *Field {
	at := slices.IndexFunc(d.Fields, func(f *Field) bool { return f.Column() == name })
	if at < 0 {
		return nil
	}
	return d.Fields[at]
}

// isKey reports whether a field alone is the key.
func (d *Dataset) isKey(f *Field) bool { return len(d.Key) == 1 && d.Key[0] == f }

// Options say how a lake is looked at.
type Options struct {
	Name          string       // of the model
	NoSuccessFile bool         // folders of parts need no _SUCCESS
	Earlier       *Earlier     // what to begin with; nil: nothing
	Project       *dbt.Project // what is known besides the files; nil: nothing
	Memory        *Memory      // of earlier inferences of the lake; nil: all rows are read
	Stated        Stated       // what model.yaml says already
}

// Infer looks at every source of a lake. A source that can't be read is in LeftOut; an error is the lake's own, or the
// context's.
func Infer(ctx context.Context, l *lake.Lake, o Options) (*Model, error) {
	o.Memory.begin()
	m, err := infer(ctx, l, o)
	o.Memory.end(err != nil)
	return m, err
}

func infer(ctx context.Context, l *lake.Lake, o Options) (*Model, error) {
	m := &Model{Name: o.Name}
	sources, err := l.Sources(ctx)
	if err != nil {
		return nil, err
	}
	patterns, err := l.Patterns(ctx)
	if err != nil {
		return nil, err
	}
	built, err := l.HoldsBuilt(ctx)
	if err != nil {
		return nil, err
	}
	if built {
		m.LeftOut = append(m.LeftOut, LeftOut{"silver", "the folder gold was built from it, as from bronze: name " + strings.TrimRight(l.Path(), "/") + "/gold as the lake"})
	}
	in := &inference{model: m, earlier: o.Earlier, project: o.Project, memory: o.Memory, tables: map[*Dataset]*lake.Table{}, versions: map[*Dataset]string{}}
	defer in.close()
	named, ended := map[string]bool{}, map[string]bool{} // ended: some have it as their stem
	for _, source := range sources {
		named[source] = true
		if stem := lake.StemOf(source); stem != source {
			ended[stem] = true
		}
	}
	for _, source := range sources {
		spec := lake.Spec{Source: source, NoSuccessFile: o.NoSuccessFile}
		if ended[source] {
			if spec.Reading.Format, err = l.FormatWithout(ctx, source); err != nil {
				return nil, err
			}
		}
		if stem := lake.StemOf(source); stem != source && named[stem] {
			m.LeftOut = append(m.LeftOut, LeftOut{source, "it has the name of the table " + inOneLine(quoted(stem)) + ", which is read"})
			continue
		}
		err := readable(spec)
		if err == nil {
			err = in.source(ctx, l, spec)
		}
		if err = m.leave(ctx, source, err, o.Earlier); err != nil {
			return nil, err
		}
	}
	for _, source := range patterns {
		if err := m.leave(ctx, source, in.source(ctx, l, lake.Spec{Source: source}), o.Earlier); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(m.Datasets, func(a, b *Dataset) int { return cmp.Compare(a.Name, b.Name) })
	if err := in.relations(ctx); err != nil {
		return nil, err
	}
	m.stateRelations()
	m.tell(o.Project)
	m.chooseFacts(o.Earlier, o.Stated)
	if err := in.rollups(ctx); err != nil {
		return nil, err
	}
	if err := in.findDimensions(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// inference is a model being made, with the tables that its guesses are confirmed on.
type inference struct {
	model   *Model
	earlier *Earlier     // nil: there is none
	project *dbt.Project // nil: there is none
	memory  *Memory      // nil: there is none
	tables  map[*Dataset]*lake.Table

	versions map[*Dataset]string // of the tables' rows
}

func (in *inference) close() {
	for _, t := range in.tables {
		_ = t.Close() // it was only read
	}
}

// source makes a dataset of a source: its columns, what they hold, and its key.
func (in *inference) source(ctx context.Context, l *lake.Lake, s lake.Spec) error {
	columns, err := in.columns(ctx, l, &s)
	if err != nil {
		return err
	}
	d := &Dataset{Source: s.Source, Reading: s.Reading, Name: in.nameFor(s.Source), before: in.earlier.of(s.Source)}
	d.takeColumns(columns)
	if err := in.read(ctx, l, s, d); err != nil {
		return err
	}
	d.findPersonal()
	d.meet(in.project)
	if !slices.ContainsFunc(d.Fields, func(f *Field) bool { return !f.PII }) {
		_ = in.tables[d].Close() // it was only read
		delete(in.tables, d)
		return gold.Invalidf(gold.Problem{File: s.File(), Code: gold.CodeFileUnsupported}, "all of its columns look like personal data")
	}
	if err := in.findKey(ctx, d); err != nil {
		return err
	}
	d.stateKey()
	d.findLists()
	d.stateValues()
	d.findTime()
	d.findUnits()
	in.model.Datasets = append(in.model.Datasets, d)
	return nil
}

// columns returns the columns of a source, and finds how its files are read. Those of text files are told by all of their values.
func (in *inference) columns(ctx context.Context, l *lake.Lake, s *lake.Spec) ([]lake.Column, error) {
	type look struct {
		reading gold.Reading
		columns []lake.Column
	}
	token, err := l.Token(ctx, *s, time.Now())
	if err != nil {
		return nil, err
	}
	if token != "" {
		token = "columns\n" + token
	}
	told, err := recall(in.memory, token, func() (told look, err error) {
		if told.reading, err = l.Reading(ctx, *s); err != nil {
			return told, err
		}
		told.reading.Format = cmp.Or(told.reading.Format, s.Reading.Format)
		as := *s
		as.Reading = told.reading
		told.columns, err = l.Columns(ctx, as)
		return told, err
	})
	s.Reading = told.reading
	return told.columns, err
}

// mostUnread is how many columns with values that no field holds are left out, before the source is.
const mostUnread = 8

// read profiles a dataset's fields. A column with a value that no field can hold is left out, and the rows are read again.
func (in *inference) read(ctx context.Context, l *lake.Lake, s lake.Spec, d *Dataset) error {
	for unread := 0; ; unread++ {
		if len(d.Fields) == 0 {
			return gold.Invalidf(gold.Problem{File: s.File(), Code: gold.CodeFileUnsupported}, "it has no column that a field can hold")
		}
		s.Dataset = gold.Dataset{Name: d.Name}
		for _, f := range d.Fields {
			s.Dataset.Fields = append(s.Dataset.Fields, f.Field)
		}
		t, err := l.Table(ctx, s)
		if err != nil {
			if d.giveWay(err) {
				continue
			}
			return err
		}
		in.versions[d] = versionOf(t, time.Now()) // before its bytes are read
		found, err := in.profiles(ctx, d, t)
		if err == nil {
			in.tables[d], d.Rows = t, t.Rows()
			for i, f := range d.Fields {
				f.profile = found[i]
				f.Nullable = f.profile.nulls > 0
				if d.before.guessed(f) {
					f.Nullable = f.Nullable || d.before.field(f.Column()).Nullable
				} else {
					f.Nullable = f.Nullable || d.Rows == 0
				}
				f.Period = f.profile.period()
			}
			return nil
		}
		_ = t.Close() // it was only read
		if d.giveWay(err) || d.widen(err) {
			unread--
			continue
		}
		if unread == mostUnread || !d.leaveOut(err) {
			return err
		}
	}
}

// widen makes a decimal of the field of integers without a sign that an error of reading is about, and reports whether it is
// about one.
func (d *Dataset) widen(err error) bool {
	known, ok := errors.AsType[*gold.Error](err)
	if !ok || len(known.Problems) == 0 || known.Code != gold.CodeValueRange {
		return false
	}
	f := d.Field(known.Problems[0].Field)
	if f == nil || !f.unsigned || f.Kind != gold.Int {
		return false
	}
	f.Kind, f.Field.Precision, f.Precision = gold.WideDecimal, lake.UnsignedDigits, lake.UnsignedDigits
	return true
}

// leaveOut leaves out the column that an error of reading is about, and reports whether it is about the values of one. What
// it says of them names none.
func (d *Dataset) leaveOut(err error) bool {
	known, ok := errors.AsType[*gold.Error](err)
	if !ok || len(known.Problems) == 0 || known.Code != gold.CodeValueType && known.Code != gold.CodeValueRange {
		return false
	}
	p := known.Problems[0]
	f := d.Field(p.Field)
	if f == nil {
		return false
	}
	reason := fmt.Sprintf("it holds values that a field of its kind (%s) can't, such as that of row %d", f.Kind, p.Row)
	d.LeftOut = append(d.LeftOut, LeftOut{f.Column(), reason})
	if d.before != nil && d.before.personal(f.Column()) {
		d.keepAbsent(f.Column())
	}
	d.Fields = slices.DeleteFunc(d.Fields, func(o *Field) bool { return o == f })
	return true
}

// inOneLine makes blanks of the signs in a text that end a comment, or command a terminal: files may say anything.
func inOneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

// nameFor names the dataset of a source: as its file, or with its folders where that is another's already.
func (in *inference) nameFor(source string) string {
	if b := in.earlier.of(source); b != nil {
		return b.contract.Dataset.Name
	}
	known := in.earlier.names()
	taken := func(lower string) bool {
		return contract.IsRoute(lower) || known[lower] || slices.ContainsFunc(in.model.Datasets, func(o *Dataset) bool { return strings.ToLower(o.Name) == lower })
	}
	source = lake.NameOf(source)
	name := yaml.Identifier(path.Base(source))
	if taken(strings.ToLower(name)) {
		name = yaml.Identifier(source)
	}
	return uniqueName(name, taken)
}

// takeColumns makes fields of a source's columns.
func (d *Dataset) takeColumns(columns []lake.Column) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	short := spoken(names)
	for i, c := range columns {
		if c.Name == "" { // the index of pandas' to_csv, or what a line's last delimiter begins
			if !slices.ContainsFunc(d.LeftOut, func(l LeftOut) bool { return l.Name == "" }) {
				d.LeftOut = append(d.LeftOut, LeftOut{c.Name, "it has no name"})
			}
			continue
		}
		if c.Refused != "" {
			d.LeftOut = append(d.LeftOut, LeftOut{c.Name, inOneLine("it holds " + c.Refused)})
			continue
		}
		if c.Doubt != "" {
			d.doubt("%s: %s", quoted(c.Name), c.Doubt)
		}
		d.Fields = append(d.Fields, &Field{Field: c.Field, Precision: c.Precision, document: c.JSON, unsigned: c.Unsigned, spoken: short[i]})
	}
	if d.before != nil {
		d.beginFields()
	}
	d.nameFields()
}

// nameFields names the fields that earlier contracts don't.
func (d *Dataset) nameFields() {
	// Columns whose names are those of fields keep them, wherever they stand: of customer__city and customer_city the other gets
	// a number.
	var named, others []*Field
	for _, f := range d.Fields {
		switch {
		case d.before != nil && d.before.field(f.Column()) != nil:
			named = append(named, f)
		case yaml.IsIdentifier(f.Name):
			d.nameAfterColumn(f, named)
			named = append(named, f)
		default:
			others = append(others, f)
		}
	}
	for _, f := range others {
		d.nameAfterColumn(f, named)
		named = append(named, f)
	}
}

// nameAfterColumn names a field that is called as its column: apart from those before it, and from the absent ones.
func (d *Dataset) nameAfterColumn(f *Field, before []*Field) {
	column := f.Name
	f.Name = uniqueName(yaml.Identifier(column), func(lower string) bool {
		taken := func(o *Field) bool { return strings.ToLower(o.Name) == lower }
		return slices.ContainsFunc(before, taken) || slices.ContainsFunc(d.absent, taken)
	})
	if f.Name != column {
		f.PhysicalName = column
	}
}
