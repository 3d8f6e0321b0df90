package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// Body returns the schema of a body, made of the annotated one, and an example; nil: none. The dataset is nil where the
// URL is of none.
type Body func(m *Model, d *Dataset, annotated *openapi3.SchemaRef) (*openapi3.SchemaRef, any)

// Enveloped is what is annotated as {"data": …, "meta": …}.
func Enveloped(_ *Model, _ *Dataset, annotated *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	return envelope(annotated), nil
}

// Scores is rows of scores, and the models that made them, which are annotated.
func Scores(_ *Model, _ *Dataset, annotated *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	answer := envelope(list(group()).NewRef())
	answer.Value.Properties["scored_by"] = annotated
	answer.Value.Required = append(answer.Value.Required, "scored_by")
	return answer, nil
}

// PageOfRows is rows of a dataset.
func PageOfRows(m *Model, d *Dataset, _ *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	data := openapi3.NewArraySchema()
	data.Items = schemaRef(m.component(d.Name, "row"))
	return envelope(data.NewRef()), d.page()
}

// OneRow is a row of a dataset.
func OneRow(m *Model, d *Dataset, _ *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	return envelope(schemaRef(m.component(d.Name, "row"))), d.one()
}

// ValueCounts is values of a field with their numbers of rows.
func ValueCounts(*Model, *Dataset, *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	return envelope(list(valueCount()).NewRef()), nil
}

// Groups is rows whose columns the request names.
func Groups(*Model, *Dataset, *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	return envelope(list(group()).NewRef()), nil
}

// GroupsAndTotals is Groups with a row of all of them.
func GroupsAndTotals(*Model, *Dataset, *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	answer := envelope(list(group()).NewRef())
	answer.Value.WithProperty("totals", group())
	return answer, nil
}

// KeyFigures is a flat object of a model's key figures.
func KeyFigures(m *Model, _ *Dataset, _ *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	return figures(m.Figures), nil
}

// envelope is {"data": …, "meta": …}.
func envelope(data *openapi3.SchemaRef) *openapi3.SchemaRef {
	return openapi3.NewObjectSchema().WithPropertyRef("data", data).WithPropertyRef("meta", schemaRef("Meta")).
		WithRequired([]string{"data", "meta"}).NewRef()
}

func (d *Dataset) page() any {
	if d.Example == nil {
		return nil
	}
	return map[string]any{"data": []any{d.Example}, "meta": map[string]any{"count": 1, "truncated": false, "query_ms": 0.2, "total_ms": 0.4}}
}

func (d *Dataset) one() any {
	if d.Example == nil {
		return nil
	}
	return map[string]any{"data": d.Example, "meta": map[string]any{"query_ms": 0.2, "total_ms": 0.4}}
}

// anyValue is a value of some field.
func anyValue() *openapi3.Schema {
	return openapi3.NewSchema().WithTypes(openapi3.TypeString, openapi3.TypeNumber, openapi3.TypeBoolean, openapi3.TypeNull)
}

func valueCount() *openapi3.Schema {
	return openapi3.NewObjectSchema().WithProperty("value", anyValue()).
		WithProperty("count", openapi3.NewInt64Schema().WithMin(0)).WithRequired([]string{"value", "count"})
}

func group() *openapi3.Schema { return openapi3.NewObjectSchema().WithAdditionalProperties(anyValue()) }

// figures describes the answer of /kpis.
func figures(figures []Figure) *openapi3.SchemaRef {
	answer, earlier, change := openapi3.NewObjectSchema(), openapi3.NewObjectSchema(), openapi3.NewObjectSchema()
	names := []string{"meta"}
	for _, f := range figures {
		s := figure(f.Kind)
		s.Title, s.Description = gold.PlainText(f.Label), describe(&f.Doc)
		annotate(s, &f.Doc)
		answer.WithProperty(f.Name, s)
		earlier.WithProperty(f.Name, figure(f.Kind))
		change.WithProperty(f.Name, figure(gold.Double))
		names = append(names, f.Name)
	}
	earlier.Description = "With compare=: the figures of meta.compared.previous."
	change.Description = "With compare=: the relative changes from previous to the figures of meta.compared.current. Without a filter by time these are of the last complete month, and not those of all time above: ask for that month to see them."
	answer.WithProperty("previous", earlier).WithProperty("change", change).WithPropertyRef("meta", schemaRef("Meta"))
	return answer.WithRequired(names).NewRef()
}

// figure describes a figure of a kind: the least or greatest value of a field may be a text or a time.
func figure(k gold.Kind) *openapi3.Schema {
	of := openapi3.TypeString
	switch {
	case k.Numeric():
		of = openapi3.TypeNumber
	case k == gold.Bool:
		of = openapi3.TypeBoolean
	}
	return openapi3.NewSchema().WithTypes(of, openapi3.TypeNull)
}

// rowSchema adds the schema of a dataset's rows: what fields= leaves out is missing, what it looks up is there besides.
func (b *builder) rowSchema(m *Model, d *Dataset) error {
	row := openapi3.NewObjectSchema()
	if err := json.Unmarshal(d.Schema, row); err != nil {
		return fmt.Errorf("read the schema of %s: %w", d.Name, err)
	}
	row.Required, row.SchemaDialect, row.Extensions = nil, "", nil
	for _, f := range d.LookedUp {
		s := openapi3.NewSchema()
		if err := json.Unmarshal(f.Schema, s); err != nil {
			return fmt.Errorf("read the schema of %s: %w", f.Name, err)
		}
		s.Description = strings.TrimSpace(s.Description + " Of " + f.Dataset + ", where fields= names it.")
		row.WithProperty(f.Name, s)
	}
	b.doc.Components.Schemas[m.component(d.Name, "row")] = row.NewRef()
	return nil
}

// annotate adds what JSON Schema has no word for.
func annotate(s *openapi3.Schema, d *gold.Doc) {
	for key, value := range map[string]string{"x-unit": d.Unit, "x-format": d.Format} {
		if value != "" {
			if s.Extensions == nil {
				s.Extensions = map[string]any{}
			}
			s.Extensions[key] = value
		}
	}
}

// describe returns what a contract says of something, its unit included.
func describe(d *gold.Doc) string {
	text := strings.TrimSpace(gold.PlainText(d.Description))
	if text == "" {
		text = gold.PlainText(d.Label)
	}
	if d.Unit != "" {
		text = strings.TrimSpace(text + " Unit: " + d.Unit + ".")
	}
	return text
}
