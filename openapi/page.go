package openapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
	"goldserve/gold/dashboard"
)

// Page returns the description of what answers hold for the page, which comes with the program that it asks: other
// clients are promised any text where later versions may have more words, and one schema for all widgets; the page knows
// the words that there are, and which keys a type of widget has.
func Page() ([]byte, error) {
	base, err := load()
	if err != nil {
		return nil, err
	}
	schemas := base.Components.Schemas
	kinds := []gold.Kind{gold.Bool, gold.Int, gold.Double, gold.Decimal, gold.Text, gold.Date, gold.Time, gold.Duration}
	for _, name := range []string{"Field", "ReachedField"} {
		schemas[name].Value.Properties["type"] = oneOf(kinds...).NewRef()
	}
	for _, name := range []string{"Field", "ReachedField", "Metric", "DashboardMetric"} {
		schemas[name].Value.Properties["format"] = oneOf(gold.Formats...).NewRef()
	}
	widgets(schemas)
	filters(schemas)
	return json.Marshal(&openapi3.T{
		OpenAPI: version, Info: base.Info, Paths: openapi3.NewPaths(), Components: &openapi3.Components{Schemas: schemas},
	})
}

// widgets describes widgets by their types.
func widgets(schemas openapi3.Schemas) {
	keys := schemas["Widget"].Value.Properties
	union := openapi3.NewOneOfSchema()
	for _, t := range dashboard.WidgetTypes() {
		of := t.Keys()
		s := typed(t)
		for _, key := range slices.Concat([]string{"id", "span", "title"}, of.Need, of.May) {
			s.Properties[key] = keys[key]
		}
		s.Required = slices.Concat([]string{"type", "id", "span"}, of.Need)
		if of.Limit > 0 { // which stands for a widget that names none
			s.Required = append(s.Required, "limit")
		}
		name := strings.ToUpper(string(t)[:1]) + string(t)[1:] + "Widget"
		schemas[name] = s.NewRef()
		union.OneOf = append(union.OneOf, schemaRef(name))
	}
	schemas["Widget"] = union.NewRef()
	delete(schemas, "WidgetType")
}

// filters describes filters by whether they are of a field.
func filters(schemas openapi3.Schemas) {
	keys := schemas["LayoutFilter"].Value.Properties
	field, period := typed(dashboard.ChoiceControl, dashboard.SearchControl), typed(dashboard.PeriodControl, dashboard.CompareControl)
	field.Properties["field"], field.Properties["label"] = keys["field"], keys["label"]
	field.Required = append(field.Required, "field")
	schemas["FieldFilter"], schemas["PeriodFilter"] = field.NewRef(), period.NewRef()
	union := openapi3.NewOneOfSchema()
	union.OneOf = openapi3.SchemaRefs{schemaRef("FieldFilter"), schemaRef("PeriodFilter")}
	schemas["LayoutFilter"] = union.NewRef()
	delete(schemas, "LayoutControl")
}

// typed returns the schema of an object whose type is one of some words.
func typed[T any](words ...T) *openapi3.Schema {
	s := openapi3.NewObjectSchema().WithProperty("type", oneOf(words...))
	s.Required = []string{"type"}
	return s
}

// oneOf returns the schema of one of some words.
func oneOf[T any](words ...T) *openapi3.Schema {
	s := openapi3.NewStringSchema()
	for _, word := range words {
		s.Enum = append(s.Enum, word)
	}
	return s
}
