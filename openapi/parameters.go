package openapi

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// parameters completes the parameters of an operation: those of its path, those that its handler takes, its filters.
func (b *builder) parameters(t *target, id string, op *openapi3.Operation) error {
	kept := openapi3.Parameters{}
	for _, p := range op.Parameters {
		switch p.Value.Name {
		case "endpoint":
			continue
		case "dataset":
			if t.dataset != nil {
				continue
			}
			p.Value.Schema = enum(t.model.datasetNames()).NewRef()
		case "field":
			p.Value.Schema = enum(t.dataset.Values).NewRef()
		case "code":
			p.Value.Schema = enum(b.source.Codes).NewRef()
		case "key":
			p.Value.Schema = t.dataset.keySchema().NewRef()
		case "release":
			p.Value.Schema = b.base.Components.Parameters["release"].Value.Schema
		}
		kept = append(kept, p)
	}
	for _, name := range b.source.Parameters[id] {
		if own := b.parameter(t, id, name); own != nil {
			kept = append(kept, &openapi3.ParameterRef{Value: own})
			continue
		}
		if b.base.Components.Parameters[name] == nil {
			return fmt.Errorf("components.json has no parameter %s", name)
		}
		kept = append(kept, parameterRef(name))
	}
	for _, f := range t.filters(id) {
		kept = append(kept, b.filter(t.model, &f)...)
	}
	if id == "aggregate" {
		kept = append(kept, &openapi3.ParameterRef{Value: having()})
	}
	op.Parameters = kept
	return nil
}

func (m *Model) datasetNames() []string {
	names := make([]string, len(m.Datasets))
	for i := range m.Datasets {
		names[i] = m.Datasets[i].Name
	}
	return names
}

// filters returns what the answers of an operation are filtered by.
func (t *target) filters(id string) []Filter {
	switch {
	case id == "kpis":
		return t.model.Filters
	case t.dataset == nil || id == "row" || id == "endpoint_row":
		return nil
	case id == "rows" || id == "endpoint":
		return t.dataset.Wide
	default:
		return t.dataset.Filters
	}
}

// filter returns references to the parameters of a field, one for each operator.
func (b *builder) filter(m *Model, f *Filter) openapi3.Parameters {
	var refs openapi3.Parameters
	for _, op := range f.Operators {
		operator := op.Row()
		name := f.Name
		if op != gold.Eq || !f.Bare {
			name += "__" + operator.Name
		}
		key := m.component(f.Dataset, name)
		if b.doc.Components.Parameters[key] == nil {
			b.doc.Components.Parameters[key] = &openapi3.ParameterRef{Value: f.parameter(name, operator)}
		}
		refs = append(refs, parameterRef(key))
	}
	return refs
}

func parameterRef(key string) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Ref: "#/components/parameters/" + key}
}

// parameter describes a comparison of a field.
func (f *Filter) parameter(name string, operator *gold.Operator) *openapi3.Parameter {
	about := fmt.Sprintf("Rows whose %s %s this.", f.Name, operator.Meaning)
	if operator.Arity == gold.NoValue {
		about = fmt.Sprintf("Rows whose %s %s.", f.Name, operator.Meaning)
	}
	if text := describe(&f.Field.Doc); text != "" {
		about += " " + text
	}
	if operator.Arity != gold.NoValue && f.Periods == gold.NoPeriod && len(f.Patterns) > 0 {
		about += " Its texts have the pattern " + strings.Join(f.Patterns, " and ") + "."
	}
	p := openapi3.NewQueryParameter(name).WithDescription(about)
	switch {
	case operator.Arity == gold.NoValue:
		p.Schema = enum([]string{"true", "false"}).NewRef()
	case operator.Search:
		p.Schema = freeText().WithMinLength(1).WithMaxLength(64).NewRef()
	case operator.Arity == gold.AnyValues:
		commaSeparated(p, f.value(operator))
	default:
		p.Schema = f.value(operator).NewRef()
	}
	p.Schema.Value.Examples = f.examples(operator)
	return p
}

// commaSeparated makes a parameter a list a,b.
func commaSeparated(p *openapi3.Parameter, items *openapi3.Schema) {
	p.Style, p.Explode = openapi3.SerializationForm, new(false)
	p.Schema = list(items).WithMinItems(1).NewRef()
}

func freeText() *openapi3.Schema { return openapi3.NewStringSchema().WithPattern(`^[^\x00]*$`) }

// listItem is a text in a list: one that holds a comma or starts with a quote is quoted as in CSV.
const listItem = `^([^\x00",][^\x00,]*|"([^\x00"]|"")*")?$`

// value describes one value that a field is compared with.
func (f *Filter) value(operator *gold.Operator) *openapi3.Schema {
	switch f.Field.Kind {
	case gold.Bool:
		return openapi3.NewBoolSchema()
	case gold.Int:
		// A float64, which openapi3.Schema has for bounds, can't say these.
		s := openapi3.NewInt64Schema()
		s.Extensions = map[string]any{"minimum": json.Number(strconv.Itoa(math.MinInt64)), "maximum": json.Number(strconv.Itoa(math.MaxInt64))}
		return s
	case gold.Double:
		return openapi3.NewFloat64Schema().WithFormat("double")
	case gold.Decimal:
		s := openapi3.NewSchema().WithTypes(openapi3.TypeNumber)
		s.MultipleOf = new(1 / gold.Pow10(f.Field.Scale))
		return s
	case gold.Date, gold.Time:
		if f.Field.Kind == gold.Time && (operator.Op == gold.NotIn || operator.Op == gold.Ne) {
			return openapi3.NewDateTimeSchema() // periods of time can't be left out
		}
		s := openapi3.NewSchema()
		s.AllOf = openapi3.SchemaRefs{schemaRef("Period")}
		return s
	default:
		return f.text(operator)
	}
}

// periodSchemas are the schemas of components.json for texts that are periods.
var periodSchemas = map[gold.PeriodUnit]string{
	gold.DayPeriod: "PeriodOfDays", gold.WeekPeriod: "PeriodOfWeeks", gold.MonthPeriod: "PeriodOfMonths",
	gold.QuarterPeriod: "PeriodOfQuarters", gold.YearPeriod: "PeriodOfYears",
}

// text describes a text that a field is compared with.
func (f *Filter) text(operator *gold.Operator) *openapi3.Schema {
	switch inList := operator.Arity == gold.AnyValues; {
	case operator.Whole && f.Valid != nil && inList:
		return enum(quoted(f.Valid))
	case operator.Whole && f.Valid != nil:
		return enum(f.Valid)
	case f.Periods != gold.NoPeriod:
		s := openapi3.NewSchema()
		s.AllOf = openapi3.SchemaRefs{schemaRef(periodSchemas[f.Periods])}
		return s
	case inList:
		return openapi3.NewStringSchema().WithPattern(listItem)
	default:
		return freeText()
	}
}

// quoted quotes what a list needs quoted.
func quoted(values []string) []string {
	out := slices.Clone(values)
	for i, v := range out {
		if strings.Contains(v, ",") || strings.HasPrefix(v, `"`) {
			out[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
	}
	return out
}

// examples returns one value of the release.
func (f *Filter) examples(operator *gold.Operator) []any {
	if operator.Arity == gold.NoValue {
		return []any{"false"}
	}
	v, ok := natural(f.Field, f.Example)
	if !ok {
		return nil
	}
	switch {
	case operator.Search:
		if f.Example.Text() == "" {
			return nil
		}
		word, _, _ := strings.Cut(f.Example.Text(), " ")
		return []any{strings.ToLower(word)}
	case operator.Arity == gold.AnyValues:
		if f.Field.Kind == gold.Text {
			v = quoted([]string{f.Example.Text()})[0]
		}
		return []any{[]any{v}}
	default:
		return []any{v}
	}
}

// natural returns a value as JSON has it, and whether it is an example that may be shown.
func natural(f *gold.Field, v gold.Value) (any, bool) {
	if f.PII || f.Mask != gold.MaskNone {
		return nil, false
	}
	switch v.Kind() {
	case gold.Null:
		return nil, false
	case gold.Bool:
		return v.Bool(), true
	case gold.Int, gold.Double, gold.Decimal:
		return json.Number(f.Format(v)), true
	default:
		return v.Format(f.Scale), true
	}
}

func enum[T ~string](values []T) *openapi3.Schema {
	s := openapi3.NewStringSchema()
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// keySchema describes the key of a row in a path.
func (d *Dataset) keySchema() *openapi3.Schema {
	s := openapi3.NewStringSchema().WithMinLength(1)
	if fields := d.KeyFields(); len(fields) == 1 {
		f := Filter{Name: fields[0].Name, Field: &fields[0]}
		if s = f.value(gold.Gte.Row()); fields[0].Kind == gold.Text {
			s.MinLength = 1
		}
	} else {
		s.Description = "The fields " + strings.Join(d.Key, ", ") + ", separated by commas and quoted as in CSV."
		s.Pattern = keyPattern(fields)
	}
	if d.ExampleKey != "" {
		s.Examples = []any{d.ExampleKey}
		if s.Type.Includes(openapi3.TypeInteger) || s.Type.Includes(openapi3.TypeNumber) {
			s.Examples = []any{json.Number(d.ExampleKey)}
		}
	}
	return s
}

// keyPattern is the pattern of a key of several fields.
func keyPattern(fields []gold.Field) string {
	items := make([]string, len(fields))
	for i, f := range fields {
		switch f.Kind {
		case gold.Int, gold.Double, gold.Decimal:
			items[i] = number
			if f.Kind == gold.Int {
				items[i] = integer
			}
		default:
			items[i] = strings.TrimSuffix(strings.TrimPrefix(listItem, "^"), "$")
		}
	}
	return "^" + strings.Join(items, ",") + "$"
}

// parameter returns a parameter that depends on the operation or the dataset, nil for those that don't.
func (b *builder) parameter(t *target, id, name string) *openapi3.Parameter {
	p := openapi3.NewQueryParameter(name)
	switch name {
	case "format":
		if !b.table(id) {
			return nil
		}
		p.Description = "The form of the answer; it goes before Accept. A suffix of the path is short for it: .csv."
		p.Schema = enum(formatNames(b.source.Formats)).NewRef()
		return p
	case "last_event_id":
		p.Description = "The release that the client knows, as the id of an event: model/number. The header Last-Event-ID goes before it."
		p.Schema = openapi3.NewStringSchema().WithPattern("^" + regexp.QuoteMeta(t.model.Name) + `/(0|[1-9][0-9]{0,17})$`).NewRef()
		return p
	case "dialect":
		p.Description = "How CSV is written: safe guards against formulas in spreadsheets, exact is for programs, excel and excel-fr open by a double click. With format=csv alone."
		p.Schema = enum(b.source.Dialects).NewRef()
		return p
	case "limit":
		b.limit(t, id, p)
		return p
	case "sort":
		t.sort(id, p)
		return p
	case "fields":
		p.Description = "The fields of the answer, in this order; without it all of the contract."
		commaSeparated(p, enum(append(t.dataset.FieldNames(), t.dataset.lookedUpNames()...)))
		p.Schema.Value.UniqueItems = true
		return p
	case "group_by":
		p.Description = "What to group by: field, field.day, .week, .month or .year of a date, field.bins(0,10,100) of a number; name:term names the column."
		p.Schema = openapi3.NewStringSchema().WithPattern(t.dataset.groupPattern()).NewRef()
		return p
	case "measures":
		p.Description = "Measures such as sum(field), count(), or metrics of the contract; name:measure names the column. Without it count()."
		p.Schema = openapi3.NewStringSchema().WithPattern(t.dataset.measurePattern()).NewRef()
		if id == "concentration" {
			p.Description = "A sum, count() or a metric that is one of them; name:measure names the column. Without it count()."
			p.Schema.Value.Pattern = t.dataset.additivePattern()
		}
		p.Schema.Value.Examples = []any{"count()"}
		return p
	default:
		return nil
	}
}

// table reports whether the answers of an operation are tables, which have every format.
func (b *builder) table(id string) bool { return slices.Contains(b.source.Parameters[id], "dialect") }

func formatNames(formats []Format) []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// limit describes the largest number of rows of an answer.
func (b *builder) limit(t *target, id string, p *openapi3.Parameter) {
	low, most, usual := int64(0), int64(0), int64(0)
	switch {
	case t.dataset == nil: // releases
		low, most, usual = 1, 1000, 100
	case id == "values":
		low, most, usual = 1, t.dataset.MaxLimit, min(100, t.dataset.MaxLimit)
	case id == "endpoint":
		most, usual = t.dataset.MaxLimit, t.dataset.EndpointLimit
	default:
		most, usual = t.dataset.MaxLimit, t.dataset.RowsLimit
	}
	p.Description = "The largest number of rows of an answer."
	if b.table(id) {
		p.Description += " Without it a page of JSON has the default; a file of any other format is whole."
	}
	if low == 0 {
		p.Description += fmt.Sprintf(" 0 is everything: as JSON up to %d rows, which is the maximum of JSON alone.", most)
	}
	p.Schema = openapi3.NewInt64Schema().WithMin(float64(low)).WithMax(float64(most)).WithDefault(usual).NewRef()
}

// sort describes the order of an answer.
func (t *target) sort(id string, p *openapi3.Parameter) {
	field := `[A-Za-z][A-Za-z0-9_]*`
	p.Description = "Columns of the answer in the order of their weight, -column from the highest; the groups complete it. Without it the groups alone."
	if id != "aggregate" {
		field = alternatives(t.dataset.Sorts)
		var usual []string
		for _, s := range t.dataset.TotalSort(t.dataset.DefaultSort) {
			usual = append(usual, s.String())
		}
		p.Description = fmt.Sprintf("Fields in the order of their weight, -field from the highest (also field:asc, field:desc); the key completes it. Without it %s.", strings.Join(usual, ","))
	}
	commaSeparated(p, openapi3.NewStringSchema().WithPattern(fmt.Sprintf(`^(-?%s|%s:(asc|desc))$`, field, field)))
	p.Schema.Value.UniqueItems = true
	if len(t.dataset.Sorts) > 0 && id != "aggregate" {
		p.Schema.Value.Examples = []any{[]any{"-" + t.dataset.Sorts[0]}}
	}
}

// alternatives is a pattern of names.
func alternatives(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = regexp.QuoteMeta(name)
	}
	return "(" + strings.Join(out, "|") + ")"
}

// columnName is what may stand before a group or measure to name its column.
const columnName = `([A-Za-z][A-Za-z0-9_]{0,62}:)?`

const (
	integer = `-?(0|[1-9][0-9]{0,17})`
	number  = `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
)

// listOf is the pattern of terms separated by commas, each of which may be named.
func listOf(terms []string) string {
	term := columnName + "(" + strings.Join(terms, "|") + ")"
	return "^" + term + "(," + term + ")*$"
}

// groupPattern is the pattern of group_by.
func (d *Dataset) groupPattern() string {
	var all, dates, numbers []string
	for _, name := range d.Groups {
		all = append(all, name)
		switch d.kind(name) {
		case gold.Date, gold.Time:
			dates = append(dates, name)
		case gold.Int, gold.Double, gold.Decimal:
			numbers = append(numbers, name)
		default:
		}
	}
	terms := []string{alternatives(all)}
	if len(dates) > 0 {
		terms = append(terms, alternatives(dates)+`\.(day|week|month|year)`)
	}
	if len(numbers) > 0 {
		terms = append(terms, alternatives(numbers)+`\.bins\(`+number+`(,`+number+`)*\)`)
	}
	return listOf(terms)
}

func (d *Dataset) lookedUpNames() []string {
	names := make([]string, len(d.LookedUp))
	for i := range d.LookedUp {
		names[i] = d.LookedUp[i].Name
	}
	return names
}

// kind returns the kind of a field to group by: the dataset's, or a looked-up one.
func (d *Dataset) kind(name string) gold.Kind {
	if f := d.Field(name); f != nil {
		return f.Kind
	}
	for _, f := range d.LookedUp {
		if f.Name == name {
			return f.Field.Kind
		}
	}
	return gold.Null
}

// measurePattern is the pattern of measures.
func (d *Dataset) measurePattern() string {
	var all, numbers []string
	terms := []string{`count\(\)`}
	for _, f := range d.Fields {
		if f.Mask != gold.MaskNone {
			continue
		}
		all = append(all, f.Name)
		if f.Kind == gold.Int || f.Kind == gold.Double || f.Kind == gold.Decimal {
			numbers = append(numbers, f.Name)
		}
	}
	if len(all) > 0 {
		terms = append(terms, `(count_distinct|min|max)\(`+alternatives(all)+`\)`)
	}
	if len(numbers) > 0 {
		terms = append(terms, `(sum|avg|median)\(`+alternatives(numbers)+`\)`)
	}
	if len(d.Measured) > 0 {
		terms = append(terms, alternatives(d.Measured))
	}
	return listOf(terms)
}

// additivePattern is the pattern of one measure whose parts add up.
func (d *Dataset) additivePattern() string {
	terms := []string{`count\(\)`}
	var numbers, metrics []string
	for _, f := range d.Fields {
		if f.Mask == gold.MaskNone && (f.Kind == gold.Int || f.Kind == gold.Double || f.Kind == gold.Decimal) {
			numbers = append(numbers, f.Name)
		}
	}
	for _, name := range d.Measured {
		if m := d.Metric(name).Measure; m != nil && (m.Func == gold.Sum || m.Func == gold.Count) {
			metrics = append(metrics, name)
		}
	}
	if len(numbers) > 0 {
		terms = append(terms, `sum\(`+alternatives(numbers)+`\)`)
	}
	if len(metrics) > 0 {
		terms = append(terms, alternatives(metrics))
	}
	return "^" + columnName + "(" + strings.Join(terms, "|") + ")$"
}

// having describes conditions on columns of an answer, which only the request names.
func having() *openapi3.Parameter {
	var operators []string
	for _, o := range gold.Operators() {
		if o.Spelled && !o.Search {
			operators = append(operators, o.Name)
		}
	}
	p := openapi3.NewQueryParameter("having").WithDescription(
		"Conditions on columns of the answer: a parameter column=value or column__operator=value for each, as in count__gte=10; the operators are " + strings.Join(operators, ", ") + ".")
	p.Style, p.Explode = openapi3.SerializationForm, new(true)
	p.Schema = openapi3.NewObjectSchema().WithAdditionalProperties(openapi3.NewStringSchema()).NewRef()
	p.Schema.Value.PropertyNames = openapi3.NewStringSchema().WithPattern(`^[A-Za-z][A-Za-z0-9_]*$`).NewRef()
	p.Examples = openapi3.Examples{"none": &openapi3.ExampleRef{Value: openapi3.NewExample(map[string]any{})}}
	return p
}
