package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
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
