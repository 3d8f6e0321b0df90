package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

const mediaTypeSchema = "application/schema+json"

// handleSchema answers with the JSON Schema (2020-12) of one row as answers show it.
//
//	@ID			schema
//	@Summary	JSON Schema of one row
//	@Description	Draft 2020-12. x-filters lists the fields that rows can be filtered by, and their operators.
//	@Tags		datasets
//	@Produce	application/schema+json
//	@Param		dataset	path	string	true	"the dataset"
//	@Success	200	{object}	map[string]any	"the schema"
//	@Router		/datasets/{dataset}/schema [get]
func (s *service) handleSchema(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, []edge.Offer{{Format: format.JSON, MediaTypes: []string{mediaTypeSchema, edge.TypeJSON}}})
	if err != nil {
		return err
	}
	v, err := s.versionOf(r, req)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	p := s.pending(req)
	p.Compute = func(_ context.Context, dst []byte) ([]byte, *body.Meta, error) {
		body, err := rowSchema(req.catalog.Wide(v))
		return append(append(dst, body...), '\n'), nil, err
	}
	return s.responder.Respond(w, r, p)
}

// rowSchema returns the JSON Schema of a dataset's rows, its properties in the contract's order. Its annotation x-filters
// names what rows can be filtered by, fields of other datasets included, and with which operators.
func rowSchema(s *query.Scope) ([]byte, error) {
	d := &s.Version.Dataset
	filters := &body.Object{Bytes: []byte{'{'}}
	for _, r := range s.Columns {
		suffixes, err := json.Marshal(param.AllowedSuffixes(r.Field))
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", r.Name, err)
		}
		if len(param.AllowedSuffixes(r.Field)) > 0 {
			filters.Raw(r.Name, suffixes)
		}
	}
	properties := &body.Object{Bytes: []byte{'{'}}
	for i := range d.Fields {
		f := &d.Fields[i]
		property, err := json.Marshal(fieldSchema(d, f))
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", f.Name, err)
		}
		properties.Raw(f.Name, property)
	}
	return json.Marshal(struct {
		Schema      string          `json:"$schema"`
		Title       string          `json:"title"`
		Description string          `json:"description,omitempty"`
		Type        string          `json:"type"`
		Properties  json.RawMessage `json:"properties"`
		Required    []string        `json:"required"`
		Additional  bool            `json:"additionalProperties"`
		Filters     json.RawMessage `json:"x-filters"`
	}{
		"https://json-schema.org/draft/2020-12/schema", d.Name, describeDoc(d.Doc), "object",
		append(properties.Bytes, '}'), d.FieldNames(), false, append(filters.Bytes, '}'),
	})
}

// property is the schema of one field. Its type is a name, or a name and "null".
type property struct {
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        any      `json:"type"`
	Format      string   `json:"format,omitempty"`
	Enum        []any    `json:"enum,omitempty"`
	Minimum     *float64 `json:"minimum,omitempty"`
	Maximum     *float64 `json:"maximum,omitempty"`
	Unit        string   `json:"x-unit,omitempty"`
	Shown       string   `json:"x-format,omitempty"` // money, percent …
}

func fieldSchema(d *gold.Dataset, f *gold.Field) property {
	p := property{Title: gold.PlainText(f.Doc.Label), Description: gold.PlainText(f.Doc.Description), Unit: f.Doc.Unit, Shown: f.Doc.Format}
	name := ""
	switch f.Kind {
	case gold.Bool:
		name = "boolean"
	case gold.Int:
		name = "integer"
	case gold.Double, gold.Decimal:
		name = "number"
	case gold.WideDecimal:
		name, p.Format = "number", "decimal" // not double: it may have more digits
	case gold.Date:
		name, p.Format = "string", "date"
	case gold.Time:
		name, p.Format = "string", "date-time"
	case gold.Duration:
		name, p.Format = "string", "duration"
	default:
		name = "string"
	}
	// A masked value is text that the contract says nothing of.
	if f.Mask == gold.MaskNone {
		for _, v := range param.ValidValues(d, f.Name) {
			p.Enum = append(p.Enum, v)
		}
		p.Minimum, p.Maximum = limitOf(f, f.Minimum), limitOf(f, f.Maximum)
	}
	if p.Shown == "text" && f.Kind.Numeric() {
		name, p.Format, p.Minimum, p.Maximum = "string", "", nil, nil // exact numbers as text
	}
	p.Type = name
	if f.Nullable || f.Mask == gold.MaskNull {
		p.Type = []string{name, "null"}
		if p.Enum != nil {
			p.Enum = append(p.Enum, nil)
		}
	}
	return p
}

// limitOf returns a limit of a number as JSON Schema has it, nil for other kinds and where a double can't say it exactly.
func limitOf(f *gold.Field, v *gold.Value) *float64 {
	if v == nil || v.IsNull() || !f.Kind.Numeric() {
		return nil
	}
	n := v.Number()
	if f.Single {
		n, _ = strconv.ParseFloat(f.Format(*v), 64) // as answers write it
	}
	if math.Abs(n) > 1<<53 {
		return nil
	}
	if f.Kind.Exact() {
		n = v.Real(f.Scale)
	}
	return &n
}
