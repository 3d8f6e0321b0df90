package openapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// body returns the schema of a 200's body, and an example; nil: none.
func (b *builder) body(t *target, id string, annotated *openapi3.SchemaRef) (*openapi3.SchemaRef, any) {
	switch id {
	case "rows", "endpoint":
		row := schemaRef(t.model.component(t.dataset.Name, "row"))
		data := openapi3.NewArraySchema()
		data.Items = row
		return envelope(data.NewRef()), t.dataset.page()
	case "row", "endpoint_row":
		return envelope(schemaRef(t.model.component(t.dataset.Name, "row"))), t.dataset.one()
	case "values":
		return envelope(list(b.valueCount()).NewRef()), nil
	case "concentration":
		return envelope(list(group()).NewRef()), nil
	case "aggregate":
		return groups(), nil
	case "kpis":
		return figures(t.model.Figures), nil
	case "schema", "index", "livez", "readyz", "health", "version", "openapi_json", "openapi_yaml", "docs", "events", "problems", "problem":
		return annotated, nil
	default:
		return envelope(annotated), nil
	}
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

func (b *builder) valueCount() *openapi3.Schema {
	return openapi3.NewObjectSchema().WithProperty("value", anyValue()).
		WithProperty("count", openapi3.NewInt64Schema().WithMin(0)).WithRequired([]string{"value", "count"})
}

// groups describes the answer of an aggregate: its columns are named by the request.
func groups() *openapi3.SchemaRef {
	answer := envelope(list(group()).NewRef())
	answer.Value.WithProperty("totals", group())
	return answer
}

func group() *openapi3.Schema { return openapi3.NewObjectSchema().WithAdditionalProperties(anyValue()) }

// figures describes the answer of /kpis.
func figures(figures []Figure) *openapi3.SchemaRef {
	answer, earlier := openapi3.NewObjectSchema(), openapi3.NewObjectSchema()
	names := []string{"meta"}
	for _, f := range figures {
		s := openapi3.NewSchema().WithTypes(openapi3.TypeNumber, openapi3.TypeNull)
		s.Title, s.Description = plain(f.Label), describe(&f.Doc)
		annotate(s, &f.Doc)
		answer.WithProperty(f.Name, s)
		earlier.WithProperty(f.Name, openapi3.NewSchema().WithTypes(openapi3.TypeNumber, openapi3.TypeNull))
		names = append(names, f.Name)
	}
	answer.WithProperty("previous", earlier).WithProperty("change", earlier).WithPropertyRef("meta", schemaRef("Meta"))
	return answer.WithRequired(names).NewRef()
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

// plain returns a text in English, else "".
func plain(byLanguage map[string]string) string { return byLanguage["en"] }

// describe returns what a contract says of something, its unit included.
func describe(d *gold.Doc) string {
	text := strings.TrimSpace(plain(d.Description))
	if text == "" {
		text = plain(d.Label)
	}
	if d.Unit != "" {
		text = strings.TrimSpace(text + " Unit: " + d.Unit + ".")
	}
	return text
}
