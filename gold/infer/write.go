package infer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/dbt"
	"goldserve/gold/yaml"
)

// The lines of a contract are written by hand rather than by a library: short, with comments, and in one line for each field
// where a person would write it so.

// plainScalar matches texts that are themselves in YAML, in lists and maps too.
var plainScalar = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_/%]*(?:[ .-][\p{L}\p{N}_/%]+)*$`)

// wordsOfYAML are texts that some reader of YAML takes for something else.
var wordsOfYAML = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// scalar writes a text.
func scalar(text string) string {
	if plainScalar.MatchString(text) && !slices.Contains(wordsOfYAML, strings.ToLower(text)) {
		return text
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
	var out strings.Builder
	for _, r := range quoted {
		switch {
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default: // some readers take U+0085 for the end of a line
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return `"` + out.String() + `"`
}

func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = scalar(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoted writes a name for a comment or a message, in one line.
func quoted(name string) string { return gold.Quoted([]string{name})[0] }

// Contract writes the contract of a dataset.
func (m *Model) Contract(d *Dataset) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s", d.origin())
	line("apiVersion: v3.1.0")
	line("kind: DataContract")
	line("id: %s.%s", m.Name, d.Name)
	line("name: %s", scalar(d.Name))
	line("version: 1.0.0")
	line("status: draft")
	line("schema:")
	line("  - name: %s", scalar(d.Name))
	if about := d.label(); about != contract.LabelOf(d.Name) { // which it is called without one
		line("    businessName: %s", scalar(about))
	}
	if d.stated != nil && d.stated.Description != "" {
		line("    description: %s", scalar(inOneLine(d.stated.Description)))
	}
	line("    logicalType: object")
	if relations := d.writtenRelations(); len(relations) > 0 {
		comment := ""
		if slices.ContainsFunc(relations, func(r Relation) bool { return !r.stated }) {
			comment = " # all values of the field are values of the other's key"
		}
		line("    relationships:%s", comment)
		for _, r := range relations {
			line("      - {type: foreignKey, from: %s.%s, to: %s.%s}", d.Name, r.Field.Name, r.To.Name, r.To.Key[0].Name)
		}
	}
	if settings := m.settings(d); len(settings) > 0 {
		line("    customProperties:")
		line("      - property: goldserve")
		line("        value:")
		for _, s := range settings {
			line("          %s", s)
		}
	}
	if len(d.rules) > 0 {
		line("    quality:")
		for _, r := range d.rules {
			line("      - %s", r)
		}
	}
	switch {
	case d.keyStated:
	case len(d.Key) > 0:
		line("    # The key is guessed: no two of the rows have the same %s.", strings.Join(names(d.Key), ", "))
	default:
		line("    # No key was found. primaryKey: true makes one.")
	}
	line("    properties:")
	for _, f := range slices.Concat(d.Fields, d.absent) {
		b.WriteString(d.property(f, "      "))
	}
	for _, doubt := range d.Doubts {
		line("      # Not confirmed: %s.", doubt)
	}
	for _, remark := range d.remarks {
		line("      # %s.", remark)
	}
	for _, c := range d.LeftOut {
		line("      # Left out: %s: %s.", quoted(c.Name), c.Reason)
	}
	return []byte(b.String())
}

// origin says where a contract comes from.
func (d *Dataset) origin() string {
	switch {
	case d.unread:
		return fmt.Sprintf("From dbt's model %s: its columns and their types, descriptions, tests and relationships.", quoted(d.stated.Name))
	case d.stated != nil:
		return fmt.Sprintf("From dbt's model %s; the rest is guessed from %s rows of %s: what is wrong is one line to change. required: no row was without a value, or dbt says so.",
			quoted(d.stated.Name), grouped(d.Rows), quoted(d.Source))
	default:
		return fmt.Sprintf("Guessed from %s rows of %s: what is wrong is one line to change. required: no row was without a value.", grouped(d.Rows), quoted(d.Source))
	}
}

// settings returns the lines of a dataset's own settings.
func (m *Model) settings(d *Dataset) []string {
	var lines []string
	if contract.IsStoreName(d.Name) {
		lines = append(lines, "collection: "+yaml.Identifier("table_"+d.Name))
	}
	if d.Source != d.Name || d.Reading.String() != "" {
		lines = append(lines, "source: "+d.sourceSetting())
	}
	if lookups := d.lookups(); len(lookups) > 0 {
		lines = append(lines, "lookup:")
		for _, l := range lookups {
			lines = append(lines, "  "+scalar(l.to.Name)+": "+list(l.fields))
		}
	}
	if searched, restricted := d.searched(); restricted {
		lines = append(lines, "search: "+list(searched)+" # texts that are no JSON")
	}
	if m.writtenRollup(d) {
		lines = append(lines, rollupLine(d.Rollup))
	}
	if d != m.Facts {
		return lines
	}
	lines = append(lines, "accelerate: true", "metrics: # sums that mean nothing can go")
	for _, metric := range d.metrics() {
		lines = append(lines, "  "+scalar(metric.name)+": "+metric.setting())
	}
	return lines
}

// searched returns the texts that are searched, and whether there are others.
func (d *Dataset) searched() (list []string, restricted bool) {
	for _, f := range d.Fields {
		switch {
		case f.Kind != gold.Text || f.PII:
		case f.document:
			restricted = true
		default:
			list = append(list, f.Name)
		}
	}
	return list, restricted
}

// identifies reports whether a field's name says that its values stand for something.
func (f *Field) identifies() bool {
	_, ok := identifies(f.spoken)
	return ok
}

type metric struct {
	name, formula string
	label         string // empty: the words of the name
}

// setting is what a contract says of the metric.
func (m *metric) setting() string {
	if m.label == "" {
		return m.formula
	}
	return fmt.Sprintf("{formula: %s, label: %s}", scalar(m.formula), scalar(m.label))
}

// metrics are the measures of the facts: rows, the sum of each number that adds up, and how many different things each
// relation refers to. Their names are no field's.
func (d *Dataset) metrics() []metric {
	var list []metric
	add := func(of *Field, word, formula string) {
		name, label := word+"_"+of.Name, ""
		if spoken, written := of.label(); written && labelled(of.Name, of.spoken) != of.Name { // which has letters that the name can't have
			label = contract.LabelOf(word + " " + spoken)
		}
		list = append(list, metric{d.metricName(name, list), formula, label})
	}
	measured := func(formula string) bool {
		return slices.ContainsFunc(list, func(m metric) bool { return m.formula == formula })
	}
	if list = d.before.metrics(d); len(list) == 0 {
		list = append(list, metric{name: d.metricName(d.Name+"_rows", nil), formula: "count()"})
	}
	for _, f := range d.Fields {
		switch {
		case !f.Additive || measured("sum("+f.Name+")"):
		case hasWord(f.spoken, "total", "sum"):
			add(f, "sum", "sum("+f.Name+")")
		default:
			add(f, "total", "sum("+f.Name+")")
		}
	}
	for _, r := range d.Relations {
		formula := "count_distinct(" + r.Field.Name + ")"
		if !measured(formula) {
			add(r.Field, "distinct", formula)
		}
	}
	return list
}

// metricName returns a name that no field and no metric of a list has.
func (d *Dataset) metricName(name string, list []metric) string {
	return uniqueName(name[:min(len(name), yaml.MaxName)], func(lower string) bool {
		return slices.ContainsFunc(list, func(m metric) bool { return strings.ToLower(m.name) == lower }) ||
			slices.ContainsFunc(d.Fields, func(f *Field) bool { return strings.ToLower(f.Name) == lower })
	})
}

var logicalTypes = map[gold.Kind]string{
	gold.Bool: "boolean", gold.Int: "integer", gold.Double: "number", gold.Decimal: "number", gold.WideDecimal: "number", gold.Text: "string", gold.Date: "date", gold.Time: "timestamp",
	gold.Duration: "string",
}

// property writes a field in one to three lines.
func (d *Dataset) property(f *Field, indent string) string {
	parts := []string{"name: " + scalar(f.Name)}
	if f.PhysicalName != "" {
		parts = append(parts, "physicalName: "+scalar(f.PhysicalName))
	}
	if label, written := f.label(); written {
		parts = append(parts, "businessName: "+scalar(label))
	}
	parts = append(parts, "logicalType: "+logicalTypes[f.Kind])
	switch {
	case f.Kind.Exact():
		parts = append(parts, fmt.Sprintf("physicalType: %s", scalar(fmt.Sprintf("DECIMAL(%d,%d)", f.Precision, f.Scale))))
	case f.Kind == gold.Duration:
		parts = append(parts, "physicalType: DURATION")
	case f.Single:
		parts = append(parts, "physicalType: FLOAT")
	}
	if !f.Nullable {
		parts = append(parts, "required: true")
	}
	if at := slices.Index(d.Key, f); at >= 0 {
		parts = append(parts, "primaryKey: true", fmt.Sprintf("primaryKeyPosition: %d", at+1))
	}
	if f.unique {
		parts = append(parts, "unique: true")
	}
	if f.PII {
		parts = append(parts, "classification: pii")
	}
	text := indent + "- {" + strings.Join(parts, ", ")
	if f.Description != "" {
		text += fmt.Sprintf(",\n%s   description: %s", indent, scalar(f.Description))
	}
	if len(f.options) > 0 {
		text += fmt.Sprintf(",\n%s   logicalTypeOptions: {%s}", indent, strings.Join(f.options, ", "))
	}
	if len(f.rules) > 0 {
		text += fmt.Sprintf(",\n%s   quality: [%s]", indent, strings.Join(f.rules, ", "))
	}
	if len(f.Values) > 0 {
		text += fmt.Sprintf(", # the list is guessed\n%s   quality: [{type: library, metric: invalidValues, arguments: {validValues: %s}, mustBe: 0, severity: warning}]", indent, list(f.Values))
	}
	var shown []string
	if f.Cast != nil {
		shown = append(shown, castSetting(f.Cast))
	}
	if format := f.format(); format != "" {
		shown = append(shown, "format: "+format)
	}
	if f.Doc.UnitField != "" {
		shown = append(shown, "unit: {field: "+scalar(f.Doc.UnitField)+"}")
	} else if f.Doc.Unit != "" {
		shown = append(shown, "unit: "+scalar(f.Doc.Unit))
	}
	if len(shown) > 0 {
		text += fmt.Sprintf(",\n%s   customProperties: [{property: goldserve, value: {%s}}]", indent, strings.Join(shown, ", "))
	}
	text += "}"
	if f.Doc.UnitText() != "" {
		text += " # the unit is guessed"
	}
	if f.Personal != "" {
		text += " # guessed: " + f.Personal + ", dropped before anything is stored"
	}
	return text + "\n"
}

// format says how a field's values are shown, empty where its kind tells.
func (f *Field) format() string {
	switch {
	case f.PII:
	case f.Period == gold.DayPeriod:
		return "date"
	case f.Period != gold.NoPeriod:
		return f.Period.String()
	case f.Kind == gold.Double && !f.profile.fractions && f.profile.nulls < f.profile.rows:
		return "integer" // as pandas writes integers with nulls
	}
	return ""
}

// ModelFile writes model.yaml.
func (m *Model) ModelFile() []byte {
	var b strings.Builder
	from := "Guessed from the files"
	if len(m.Datasets) > 0 && m.Datasets[0].unread {
		from = "From dbt's " + dbt.ManifestFile
	}
	fmt.Fprintf(&b, "# %s. The contracts are in contracts/, one file for each dataset.\nname: %s\ntitle: %s\n", from, scalar(m.Name), scalar(contract.LabelOf(m.Name)))
	if database := m.Name + gold.BISuffix; len(database) <= yaml.MaxName {
		fmt.Fprintf(&b, "biDatabase: %s # its collections and views are apart from those of other models\n", database)
	}
	for _, k := range m.factKeys() {
		b.WriteString(k.text)
	}
	return []byte(b.String())
}

// factKey is a key of model.yaml that says something of the facts.
type factKey struct{ key, text string }

// factKeys returns the keys of model.yaml that say what the facts are, in their order.
func (m *Model) factKeys() (keys []factKey) {
	d := m.Facts
	if d == nil || d.missing != "" || d.written != nil && d.written.dataset != d.Name {
		return nil
	}
	if d.Time.Kind.Temporal() && refersTo(d, d.Time) {
		keys = append(keys, factKey{"asOf", fmt.Sprintf("# The as_of of a release is the last value of this field.\nasOf: %s.%s\n", d.Name, d.Time.Name)})
	}
	keys = append(keys, factKey{"facts", fmt.Sprintf("# The dataset with the most rows that has a time and numbers that add up, and its key figures.\nfacts: %s\n", d.Name)})
	if d.written == nil { // a person's contract has other metrics
		var kpis []string
		for _, metric := range d.metrics() {
			kpis = append(kpis, metric.name)
		}
		keys = append(keys, factKey{"kpis", fmt.Sprintf("kpis: %s\n", list(kpis))})
	}
	return keys
}

// grouped writes a number with commas.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
