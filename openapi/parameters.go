package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// pathParameters are the schemas of what paths hold, by its name; others are as annotated.
var pathParameters = map[string]func(*builder, *target) *openapi3.SchemaRef{
	"code":    func(b *builder, _ *target) *openapi3.SchemaRef { return enum(b.source.Codes).NewRef() },
	"dataset": func(_ *builder, t *target) *openapi3.SchemaRef { return enum(t.model.datasetNames()).NewRef() },
	"field":   func(_ *builder, t *target) *openapi3.SchemaRef { return enum(t.dataset.Values).NewRef() },
	"key":     func(_ *builder, t *target) *openapi3.SchemaRef { return t.dataset.keySchema().NewRef() },
	"release": func(b *builder, _ *target) *openapi3.SchemaRef {
		return b.base.Components.Parameters["release"].Value.Schema
	},
}

// queryParameters describe what depends on the operation, the dataset or the program, by its name. components.json has the
// others, and those that are left without a schema.
var queryParameters = map[string]func(*builder, *target, *openapi3.Parameter){
	"dialect":       (*builder).dialect,
	"fields":        (*builder).fields,
	"format":        (*builder).format,
	"group_by":      (*builder).groupBy,
	"last_event_id": (*builder).lastEventID,
	"limit":         (*builder).limit,
	"or":            (*builder).connective,
	"and":           (*builder).connective,
	"not":           (*builder).connective,
	"measures":      (*builder).measures,
	"sort":          (*builder).sort,
}

// parameters completes the parameters of an operation: those of its path, those that its handler takes, its filters.
func (b *builder) parameters(t *target, op *openapi3.Operation) error {
	kept := openapi3.Parameters{}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			if !strings.Contains(t.path, "{"+p.Value.Name+"}") {
				continue // the target's model or dataset stands there
			}
			if schema := pathParameters[p.Value.Name]; schema != nil {
				p.Value.Schema = schema(b, t)
			}
		}
		kept = append(kept, p)
	}
	if t.Asked != "" {
		op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).WithJSONSchemaRef(schemaRef(t.Asked))}
		if !t.Beside {
			op.Parameters = kept
			return nil
		}
	}
	for _, name := range t.Parameters {
		if name == "sort" && !t.NamesColumns && len(t.dataset.Sorts) == 0 {
			continue // it takes no field
		}
		if name == "previous" && !t.NamesColumns && !t.dataset.Grown() {
			continue // the rows are no growth
		}
		own := openapi3.NewQueryParameter(name)
		if describe := queryParameters[name]; describe != nil {
			describe(b, t, own)
		}
		switch {
		case own.Schema != nil:
			kept = append(kept, &openapi3.ParameterRef{Value: own})
		case b.base.Components.Parameters[name] != nil:
			kept = append(kept, parameterRef(name))
		default:
			return fmt.Errorf("nothing describes the parameter %s: components.json can", name)
		}
	}
	if t.Filters != nil {
		for _, f := range t.Filters(t.model, t.dataset) {
			kept = append(kept, b.filter(t.model, &f)...)
		}
	}
	if t.NamesColumns {
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

func parameterRef(key string) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Ref: "#/components/parameters/" + key}
}

// commaSeparated makes a parameter a list a,b.
func commaSeparated(p *openapi3.Parameter, items *openapi3.Schema) {
	p.Style, p.Explode = openapi3.SerializationForm, new(false)
	p.Schema = list(items).WithMinItems(1).NewRef()
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

func (b *builder) format(t *target, p *openapi3.Parameter) {
	if !t.Tabular() {
		return
	}
	p.Description = "The format of the answer; it overrides Accept. A suffix of the path, such as .csv, means the same."
	p.Schema = enum(formatNames(b.source.Formats)).NewRef()
}

func (b *builder) dialect(_ *target, p *openapi3.Parameter) {
	p.Description = "The dialect of CSV: safe protects spreadsheets from formulas, exact is for programs, excel and excel-fr open on a double click. Only with format=csv."
	p.Schema = enum(b.source.Dialects).NewRef()
}

func (b *builder) lastEventID(t *target, p *openapi3.Parameter) {
	p.Description = "The release that the client knows, as the id of an event: model/number. The header Last-Event-ID overrides it."
	p.Schema = openapi3.NewStringSchema().WithPattern("^" + regexp.QuoteMeta(t.model.Name) + `/(0|[1-9][0-9]{0,17})$`).NewRef()
}

func (b *builder) fields(t *target, p *openapi3.Parameter) {
	p.Description = "The fields of the answer, in this order. Default: all fields of the contract."
	commaSeparated(p, enum(append(t.dataset.FieldNames(), t.dataset.lookedUpNames()...)))
	p.Schema.Value.UniqueItems = true
}

func (b *builder) groupBy(t *target, p *openapi3.Parameter) {
	p.Description = "Groups: field; field.day, .week, .month, .quarter or .year of a date, .hour of a time, and .fiscal_quarter or .fiscal_year where the model has fiscal years, in its time zone; field.age(other,30d), or ,day), ,week), ,month), ,quarter) or ,year), for the whole periods since another date of the row, from 0, null before it; field.bins(0,10,100) of a number. name:term names the column."
	p.Schema = openapi3.NewStringSchema().WithPattern(t.dataset.groupPattern()).NewRef()
}

func (b *builder) measures(t *target, p *openapi3.Parameter) {
	p.Description = "Measures such as sum(field), count(), or name:sum(field where other = 'text'), or metrics of the contract. name:measure names the column. Default: count()."
	pattern := t.dataset.measurePattern()
	if t.Additive {
		p.Description = "A sum, count(), or a metric that is one of these. name:measure names the column. Default: count()."
		pattern = t.dataset.additivePattern()
	}
	p.Schema = openapi3.NewStringSchema().WithPattern(pattern).NewRef()
	p.Schema.Value.Examples = []any{"count()"}
}

func formatNames(formats []Format) []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// limit describes the largest number of rows of an answer.
func (b *builder) limit(t *target, p *openapi3.Parameter) {
	if t.Limit == nil {
		return
	}
	var of *gold.Dataset
	if t.dataset != nil {
		of = t.dataset.Dataset
	}
	l := t.Limit(of)
	p.Description = "Maximum number of rows."
	if t.Tabular() {
		p.Description += " Without it, JSON has a page of the default size, and files of other formats are complete."
	}
	if l.Least == 0 {
		p.Description += fmt.Sprintf(" 0 returns all rows. The maximum of %d applies to JSON only.", l.Most)
	}
	p.Schema = openapi3.NewInt64Schema().WithMin(float64(l.Least)).WithMax(float64(l.Most)).WithDefault(l.Usual).NewRef()
}

// connective describes the parameters that connect conditions.
func (b *builder) connective(_ *target, p *openapi3.Parameter) {
	about := map[string]string{
		"or": "Conditions of which at least one holds", "and": "Conditions that all hold, for use within or and not", "not": "Conditions that don't all hold; rows whose field is null are left out",
	}
	p.Description = about[p.Name] + ": comparisons as in parameters, separated by commas, and or(…), and(…), not(…) within: or=(a=1,and(b__gt=2,not(c__in=(3,4)))). A value that holds a comma or a parenthesis is quoted as in CSV."
	p.Schema = openapi3.NewStringSchema().WithPattern(`^\([^\x00]+\)$`).NewRef()
}

// sort describes the order of an answer.
func (b *builder) sort(t *target, p *openapi3.Parameter) {
	field := `[A-Za-z][A-Za-z0-9_]*`
	p.Description = "Columns of the answer to sort by, the most significant first; -column is descending. Ties are broken by the groups, which are also the default."
	var examples []any
	if !t.NamesColumns {
		field = alternatives(t.dataset.Sorts)
		var usual []string
		for _, s := range t.dataset.ShownSort() {
			usual = append(usual, s.String())
		}
		last := "the key"
		if t.dataset.Keyless() {
			last = "the order of the source"
			if len(usual) == 0 {
				usual = []string{last}
			}
		}
		p.Description = fmt.Sprintf("Fields to sort by, the most significant first; -field is descending (also field:asc, field:desc). Ties are broken by %s. Default: %s.", last, strings.Join(usual, ","))
		if len(t.dataset.Sorts) > 0 {
			examples = []any{[]any{"-" + t.dataset.Sorts[0]}}
		}
	}
	commaSeparated(p, openapi3.NewStringSchema().WithPattern(fmt.Sprintf(`^(-?%s|%s:(asc|desc))$`, field, field)))
	p.Schema.Value.UniqueItems = true
	p.Schema.Value.Examples = examples
}

func (d *Dataset) lookedUpNames() []string {
	names := make([]string, len(d.LookedUp))
	for i := range d.LookedUp {
		names[i] = d.LookedUp[i].Name
	}
	return names
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
