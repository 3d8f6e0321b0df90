package infer

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/dbt"
)

// What a dbt project says of a dataset holds, whatever its rows are: it is written as it is, and what is guessed gives way.

// meet takes what the project says of the dataset's columns: descriptions, personal data, and which are never null.
func (d *Dataset) meet(p *dbt.Project) {
	if p == nil {
		return
	}
	if d.stated = p.Model(d.Source[strings.LastIndex(d.Source, "/")+1:]); d.stated == nil {
		d.stated = p.Model(d.Name)
	}
	if d.stated == nil {
		return
	}
	for _, f := range d.Fields {
		if c := d.stated.Column(f.Column()); c != nil {
			f.Description = inOneLine(c.Description)
			if c.Personal {
				f.PII, f.Personal = true, ""
			}
		}
	}
	for _, t := range d.stated.Tests {
		f := d.tested(t)
		switch {
		case f == nil || t.Kind != dbt.NotNull:
		case t.Severity == gold.SeverityError:
			f.Nullable = false
		default: // rows without a value are no error, even where there are none now
			f.Nullable = true
			f.addRule("nullValues", "", t.Severity)
		}
	}
}

// remark notes what the project says and the contract can't.
func (d *Dataset) remark(format string, args ...any) {
	d.remarks = append(d.remarks, fmt.Sprintf(format, args...))
}

// tested returns the field that a test of one column is about, or nil.
func (d *Dataset) tested(t dbt.Test) *Field {
	if len(t.Columns) != 1 {
		return nil
	}
	return d.statedField(t.Columns[0])
}

// statedField returns the field of a column as the project names it, or nil.
func (d *Dataset) statedField(column string) *Field {
	if c := d.stated.Column(column); c != nil {
		column = c.Name
	}
	at := slices.IndexFunc(d.Fields, func(f *Field) bool { return strings.EqualFold(f.Column(), column) })
	if at < 0 {
		return nil
	}
	return d.Fields[at]
}

// stateKey takes the key from the project: its constraint, else a column that is unique and never null, else several
// columns that are unique together. What it says beyond that is a rule.
func (d *Dataset) stateKey() {
	if d.stated == nil {
		return
	}
	candidates := [][]string{d.stated.PrimaryKey}
	for _, size := range []bool{true, false} {
		for _, t := range d.stated.Tests {
			if t.Kind == dbt.Unique && t.Severity == gold.SeverityError && (len(t.Columns) == 1) == size {
				candidates = append(candidates, t.Columns)
			}
		}
	}
	var found [][]*Field
	for _, columns := range candidates {
		if key := d.statedKey(columns); key != nil {
			found = append(found, key)
		}
	}
	if len(found) > 0 {
		at := max(0, slices.IndexFunc(found, func(key []*Field) bool { return slices.Equal(key, d.Key) })) // the guessed one, where it is among them
		if len(d.stated.PrimaryKey) > 0 {
			at = 0
		}
		d.Key, d.keyStated = found[at], true
	}
	for _, t := range d.stated.Tests {
		if t.Kind == dbt.Unique {
			d.stateUnique(t)
		}
	}
}

// statedKey returns the fields of some columns where they can be a key.
func (d *Dataset) statedKey(columns []string) []*Field {
	var key []*Field
	for _, column := range columns {
		f := d.statedField(column)
		if f == nil || f.Nullable || f.PII || f.Kind == gold.Double || f.Kind == gold.Bool {
			return nil
		}
		key = append(key, f)
	}
	return key
}

// stateUnique writes that columns are unique, unless they are the key.
func (d *Dataset) stateUnique(t dbt.Test) {
	var fields []*Field
	for _, column := range t.Columns {
		f := d.statedField(column)
		if f == nil {
			return
		}
		fields = append(fields, f)
	}
	switch {
	case slices.Equal(fields, d.Key):
	case len(fields) > 1 && !slices.ContainsFunc(fields, func(f *Field) bool { return f.PII }):
		d.rules = append(d.rules, rule("duplicateValues", "properties: "+list(names(fields)), t.Severity))
	case len(fields) > 1:
	case t.Severity == gold.SeverityError:
		fields[0].unique = true
	default:
		fields[0].addRule("duplicateValues", "", t.Severity)
	}
}

// stateValues takes the lists of values and the ranges of the project.
func (d *Dataset) stateValues() {
	if d.stated == nil {
		return
	}
	for _, t := range d.stated.Tests {
		f := d.tested(t)
		switch {
		case f == nil || f.PII:
		case t.Kind == dbt.Accepted:
			d.accept(f, t)
		case t.Kind == dbt.Range:
			d.bound(f, t)
		}
	}
}

func (d *Dataset) accept(f *Field, t dbt.Test) {
	var values []string
	for _, text := range t.Values {
		value, ok := f.literal(text)
		if !ok {
			d.remark("dbt accepts the value %s of %s, which is none of its type", scalar(text), f.Name)
			return
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	if len(values) > 0 {
		f.Values = nil
		f.addRule("invalidValues", "validValues: ["+strings.Join(values, ", ")+"]", t.Severity)
	}
}

func (d *Dataset) bound(f *Field, t dbt.Test) {
	if t.Severity != gold.SeverityError {
		d.remark("dbt warns of %s outside of %s and %s; a range in a contract is always an error", f.Name, boundText(t.Low), boundText(t.High))
		return
	}
	prefix := ""
	if t.Open {
		prefix = "exclusive"
	}
	for _, b := range []struct{ key, text string }{{"minimum", t.Low}, {"maximum", t.High}} {
		if b.text == "" {
			continue
		}
		value, ok := f.literal(b.text)
		if !ok || f.Kind == gold.Text || f.Kind == gold.Bool {
			d.remark("dbt bounds %s by %s, which is no value of its type", f.Name, scalar(b.text))
			continue
		}
		key := b.key
		if prefix != "" {
			key = prefix + strings.ToUpper(key[:1]) + key[1:]
		}
		if option := key + ": " + value; !slices.ContainsFunc(f.options, func(o string) bool { return strings.HasPrefix(o, key+":") }) {
			f.options = append(f.options, option)
		}
	}
}

func boundText(text string) string {
	if text == "" {
		return "(none)"
	}
	return inOneLine(text)
}

// literal writes a value of the field in YAML; ok is false where the text is none.
func (f *Field) literal(text string) (value string, ok bool) {
	if f.Kind == gold.Text {
		return scalar(text), true
	}
	v, err := f.ParseSource(text)
	if err != nil || v.IsNull() {
		return "", false
	}
	if f.Kind.Temporal() {
		return scalar(f.Format(v)), true
	}
	return f.Format(v), true
}

func (f *Field) addRule(metric, argument string, s gold.Severity) {
	f.rules = append(f.rules, rule(metric, argument, s))
}

// rule writes a rule of quality that no row may break.
func rule(metric, argument string, s gold.Severity) string {
	text := "{type: library, metric: " + metric
	if argument != "" {
		text += ", arguments: {" + argument + "}"
	}
	text += ", mustBe: 0"
	if s != gold.SeverityError {
		text += ", severity: " + s.String()
	}
	return text + "}"
}

// stateRelations takes the relationships of the project between the datasets that are there.
func (m *Model) stateRelations() {
	for _, d := range m.Datasets {
		if d.stated == nil {
			continue
		}
		for _, t := range d.stated.Tests {
			f := d.tested(t)
			if t.Kind != dbt.Refers || f == nil || f.PII {
				continue
			}
			to := slices.IndexFunc(m.Datasets, func(o *Dataset) bool { return o.stated == t.To })
			if to < 0 {
				continue
			}
			key := m.Datasets[to].statedField(t.Field)
			if key == nil || !m.Datasets[to].isKey(key) {
				d.remark("dbt has %s refer to %s of %s, which is not its key", f.Name, quoted(t.Field), m.Datasets[to].Name)
				continue
			}
			d.Relations = slices.DeleteFunc(d.Relations, func(r Relation) bool { return r.Field == f })
			d.Relations = append(d.Relations, Relation{Field: f, To: m.Datasets[to], stated: true})
		}
	}
}

// FromProject makes the model of a dbt project whose columns have types, without any rows: of its tables, and of the views that
// no other model reads.
func FromProject(p *dbt.Project, name string) *Model {
	m := &Model{Name: name}
	in := &inference{model: m}
	for _, table := range p.Models {
		if !table.Table {
			continue
		}
		if table.Name == "" || strings.ContainsAny(table.Name, unnamed) || path.Clean("/"+table.Name) != "/"+table.Name {
			m.LeftOut = append(m.LeftOut, LeftOut{table.Name, "a contract can't name it"})
			continue
		}
		d := &Dataset{Source: table.Name, Name: in.nameFor(table.Name), unread: true}
		d.takeTypes(table)
		if len(d.Fields) == 0 {
			m.LeftOut = append(m.LeftOut, LeftOut{table.Name, "the types of its columns are unknown: run dbt docs generate, which writes " + dbt.CatalogFile})
			continue
		}
		d.meet(p)
		d.stateKey()
		d.stateValues()
		m.Datasets = append(m.Datasets, d)
	}
	m.stateRelations()
	m.tell(p)
	return m
}

// takeTypes makes fields of the columns of a table.
func (d *Dataset) takeTypes(table *dbt.Model) {
	short := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		short[i] = c.Name
	}
	short = spoken(short)
	for i, c := range table.Columns {
		f, precision, ok := c.Field()
		if !ok {
			d.LeftOut = append(d.LeftOut, LeftOut{c.Name, inOneLine("its type is " + fmt.Sprintf("%q", c.Type))})
			continue
		}
		// Which texts are dimensions is not known: all may be.
		d.Fields = append(d.Fields, &Field{Field: f, Precision: precision, document: c.Document(), spoken: short[i], profile: &profile{distinctCount: 2}})
	}
	d.nameFields()
}

// tell notes which tests of the project say nothing here.
func (m *Model) tell(p *dbt.Project) {
	if p == nil {
		return
	}
	byReason := map[string][]string{}
	for _, s := range p.Skipped {
		byReason[s.Reason] = append(byReason[s.Reason], s.Test)
	}
	for reason, tests := range byReason {
		m.notes = append(m.notes, fmt.Sprintf("tests of dbt are left out, %s: %s", reason, gold.Listed(tests)))
	}
	slices.Sort(m.notes)
}
