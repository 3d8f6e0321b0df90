package infer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// Earlier is what an earlier inference wrote of a lake, to begin with: names and kinds stay, and so does each guess that still
// holds.
type Earlier struct {
	Model *contract.Model

	files  map[string]string
	before map[string]*before // by source
}

// before is what an earlier inference wrote of one dataset.
type before struct {
	contract  *contract.Contract
	columns   []string          // of its fields, in the order of the contract's text
	relations map[string]string // fields to the datasets that they refer to
	empty     bool              // it had no rows: nothing was guessed of them
	gone      bool              // its files were not there
}

// NewEarlier reads what a release holds that was made of inferred contracts.
func NewEarlier(r *gold.Release) (*Earlier, error) {
	e := &Earlier{files: r.Inferred.Files, before: map[string]*before{}}
	var err error
	if e.Model, err = Compile(r.Inferred.Files); err != nil {
		return nil, fmt.Errorf("read the contracts of release %d: %w", r.Number, err)
	}
	if err := e.read(e.Model, r.Inferred.Files); err != nil {
		return nil, err
	}
	for _, b := range e.before {
		v := r.Version(b.contract.Dataset.Name)
		b.empty = v != nil && v.Rows == 0
	}
	if len(r.Inferred.Gone) == 0 {
		return e, nil
	}
	gone, err := Compile(r.Inferred.Gone)
	if err != nil {
		return nil, fmt.Errorf("read the contracts of release %d: %w", r.Number, err)
	}
	return e, e.read(gone, r.Inferred.Gone)
}

// read adds the datasets of a model, those without files where it is not the one of the release.
func (e *Earlier) read(m *contract.Model, files map[string]string) error {
	written, _, err := readWritten(fileSystem(".", files))
	if err != nil {
		return err
	}
	for i := range m.Contracts {
		c := &m.Contracts[i]
		at := slices.IndexFunc(written, func(w *writtenContract) bool { return w.dataset == c.Dataset.Name })
		if at < 0 || e.before[c.Source] != nil {
			continue
		}
		b := &before{contract: c, columns: written[at].columns(), relations: map[string]string{}, gone: m != e.Model}
		for _, r := range c.Relationships {
			b.relations[r.Field] = r.To
		}
		e.before[c.Source] = b
	}
	return nil
}

// of returns what is known of a source, or nil.
func (e *Earlier) of(source string) *before {
	if e == nil {
		return nil
	}
	return e.before[source]
}

// names returns the names of all datasets, in lower case.
func (e *Earlier) names() map[string]bool {
	names := map[string]bool{}
	if e != nil {
		for _, b := range e.before {
			names[strings.ToLower(b.contract.Dataset.Name)] = true
		}
	}
	return names
}

// gone returns the contracts of datasets whose files are not there now, without what they say of others: so that their names and
// kinds stay, and their personal data does, where they come back. It is nil where there are none.
func (e *Earlier) gone(m *Model) map[string]string {
	files := map[string]string{}
	for _, source := range slices.Sorted(maps.Keys(e.before)) {
		if slices.ContainsFunc(m.Datasets, func(d *Dataset) bool { return d.Source == source }) {
			continue
		}
		d := e.before[source].dataset()
		files[d.File()] = string((&Model{Name: m.Name}).Contract(d))
	}
	if len(files) == 0 {
		return nil
	}
	files[modelFile] = string((&Model{Name: m.Name}).ModelFile())
	return files
}

// dataset returns a dataset as an earlier inference wrote it, without what it says of others.
func (b *before) dataset() *Dataset {
	c := b.contract
	d := &Dataset{Name: c.Dataset.Name, Source: c.Source, Reading: c.Reading}
	for _, column := range b.columns {
		f := b.recall(column)
		if f == nil {
			continue
		}
		d.Fields = append(d.Fields, f)
		if slices.Contains(c.Dataset.Key, f.Name) {
			d.Key = append(d.Key, f)
		}
	}
	slices.SortFunc(d.Key, func(a, b *Field) int {
		return cmp.Compare(slices.Index(c.Dataset.Key, a.Name), slices.Index(c.Dataset.Key, b.Name))
	})
	return d
}

// asBefore stands for the kind of personal data that was found before.
const asBefore = "personal data, as it was guessed before"

// field returns what is known of a column's field, or nil.
func (b *before) field(column string) *gold.Field {
	for _, list := range [][]gold.Field{b.contract.Dataset.Fields, b.contract.Dropped} {
		for i := range list {
			if list[i].Column() == column {
				return &list[i]
			}
		}
	}
	return nil
}

// recall makes the field that a column had, nil for none.
func (b *before) recall(column string) *Field {
	known := b.field(column)
	if known == nil {
		return nil
	}
	f := &Field{Field: *known, Precision: digitsOf(known), profile: &profile{}, spoken: column}
	if f.PII = b.personal(column); f.PII {
		f.Personal = asBefore
	}
	return f
}

// digitsOf returns how many digits a decimal has at most: a Decimal does not know.
func digitsOf(f *gold.Field) int { return cmp.Or(f.Precision, gold.NarrowDigits) }

// personal reports whether a column was taken for personal data.
func (b *before) personal(column string) bool {
	if f := b.field(column); f != nil && f.PII {
		return true
	}
	return slices.ContainsFunc(b.contract.Dropped, func(f gold.Field) bool { return f.Column() == column })
}

// guessed reports whether keys, lists and the like were looked for in the dataset, and in a field of it.
func (b *before) guessed(f *Field) bool {
	return b != nil && !b.empty && (f == nil || b.field(f.Column()) != nil)
}

// lookup returns the fields that were looked up in a dataset, nil for none.
func (b *before) lookup(dataset string) []string {
	for _, l := range b.contract.Dataset.Lookups {
		if l.Dataset == dataset {
			return l.Fields
		}
	}
	return nil
}

// begin gives a column the field that it had. Where the files have another kind now, giveWay takes that.
func (b *before) begin(f *Field) {
	known := b.field(f.Column())
	if known == nil {
		return
	}
	own := *f
	f.Name, f.PhysicalName = known.Name, known.PhysicalName
	if sameKind(known, &own.Field) {
		return
	}
	f.own = &own
	f.Kind, f.Scale, f.Single, f.DefaultZone, f.Cast = known.Kind, known.Scale, known.Single, known.DefaultZone, known.Cast
	f.Field.Precision, f.Precision = known.Precision, digitsOf(known)
	if known.Kind != gold.WideDecimal && own.Kind == gold.Decimal {
		f.Precision = min(max(own.Precision+f.Scale-own.Scale, f.Scale, 1), gold.NarrowDigits)
	}
}

func sameKind(a, b *gold.Field) bool {
	return a.Kind == b.Kind && a.Scale == b.Scale && a.Single == b.Single && a.DefaultZone == b.DefaultZone && castText(a.Cast) == castText(b.Cast)
}

// castText returns the canonical form of a cast, empty for none.
func castText(c *gold.Cast) string {
	if c == nil {
		return ""
	}
	return c.String()
}

// giveWay gives a field the kind that its column has in the files, and reports whether it had another.
func (f *Field) giveWay() bool {
	own := f.own
	if own == nil {
		return false
	}
	f.own, f.Precision, f.Field.Precision = nil, own.Precision, own.Field.Precision
	f.Kind, f.Scale, f.Single, f.DefaultZone, f.Cast = own.Kind, own.Scale, own.Single, own.DefaultZone, own.Cast
	return true
}

// beginFields gives the columns that an earlier inference knew their fields, before those of new ones.
func (d *Dataset) beginFields() {
	place := func(f *Field) int {
		if at := slices.Index(d.before.columns, f.Column()); at >= 0 {
			return at
		}
		return len(d.before.columns)
	}
	slices.SortStableFunc(d.Fields, func(a, b *Field) int { return cmp.Compare(place(a), place(b)) })
	for _, column := range d.before.columns {
		switch f := d.column(column); {
		case f != nil:
			d.before.begin(f)
		case d.before.personal(column):
			d.keepAbsent(column)
		}
	}
}

// keepAbsent keeps the field of a personal column that the files no longer have, or that no field holds.
func (d *Dataset) keepAbsent(column string) {
	d.absent = append(d.absent, d.before.recall(column))
}

// giveWay gives the fields that an error of reading is about the kinds of their columns, and reports whether any had another.
func (d *Dataset) giveWay(err error) bool {
	known, ok := errors.AsType[*gold.Error](err)
	if !ok || d.before == nil {
		return false
	}
	given := false
	for _, p := range known.Problems {
		if f := d.Field(p.Field); f != nil && (p.Code == gold.CodeSchemaType || p.Code == gold.CodeValueType || p.Code == gold.CodeValueRange) {
			given = f.giveWay() || given
		}
	}
	return given
}

// serves reports whether the release has rows of a source.
func (e *Earlier) serves(source string) bool {
	b := e.of(source)
	return b != nil && !b.gone
}

// metrics returns the measures that the facts had, and still can have.
func (b *before) metrics(d *Dataset) (list []metric) {
	if b == nil {
		return nil
	}
	for _, m := range b.contract.Dataset.Metrics {
		if m.Measure == nil {
			continue
		}
		f := d.Field(m.Measure.Field)
		if m.Measure.Field == "" || f != nil && !f.PII && (m.Measure.Func != gold.Sum || f.Kind.Measurable()) {
			said := metric{name: m.Name, formula: m.Measure.String()}
			if label := gold.PlainText(m.Doc.Label); label != "" && label != contract.LabelOf(m.Name) {
				said.label = label
			}
			list = append(list, said)
		}
	}
	return list
}

// sums reports whether a field was added up in the facts.
func (b *before) sums(field string) bool {
	return slices.ContainsFunc(b.contract.Dataset.Metrics, func(m gold.Metric) bool {
		return m.Measure != nil && m.Measure.Func == gold.Sum && m.Measure.Field == field
	})
}

// aggregates reports whether the dataset was an aggregate of another.
func (b *before) aggregates(origin string) bool {
	return b != nil && b.contract.Dataset.Rollup != nil && b.contract.Dataset.Rollup.Of == origin
}

// Source returns where the lake has a dataset, empty for one that it has not.
func (e *Earlier) Source(dataset string) string {
	for source, b := range e.before {
		if b.contract.Dataset.Name == dataset && !b.gone {
			return source
		}
	}
	return ""
}
