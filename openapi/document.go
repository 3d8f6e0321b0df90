package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3conv"
	"github.com/oasdiff/yaml"
)

const version = "3.1.0"

//go:embed swagger.json
var swagger []byte

//go:embed components.json
var components []byte

// Document returns the description of a source as JSON.
func Document(s Source) ([]byte, error) {
	base, err := load()
	if err != nil {
		return nil, err
	}
	b := &builder{source: s, base: base, doc: &openapi3.T{
		OpenAPI: version, Info: base.Info, Tags: base.Tags, Components: base.Components,
		Paths:      openapi3.NewPaths(),
		Servers:    openapi3.Servers{{URL: s.Base + "/"}},
		Extensions: map[string]any{"security": []any{}}, // openapi3.T leaves an empty list out
	}}
	for _, m := range s.Models {
		if err := b.model(&m); err != nil {
			return nil, err
		}
	}
	if s.Shared {
		for _, path := range s.Paths {
			if err := b.operation(&target{path: path, template: path}); err != nil {
				return nil, err
			}
		}
	}
	return b.marshal()
}

// marshal writes the document without the schemas of periods that none of its fields has.
func (b *builder) marshal() ([]byte, error) {
	text, err := json.Marshal(b.doc)
	if err != nil {
		return nil, err
	}
	for _, name := range periodSchemas {
		if !bytes.Contains(text, []byte(`"#/components/schemas/`+name+`"`)) {
			delete(b.doc.Components.Schemas, name)
		}
	}
	return json.Marshal(b.doc)
}

// YAML returns a document as YAML.
func YAML(document []byte) ([]byte, error) { return yaml.JSONToYAML(document) }

// load returns swag's description as OpenAPI 3.1, with the common components.
func load() (*openapi3.T, error) {
	var old openapi2.T
	if err := json.Unmarshal(swagger, &old); err != nil {
		return nil, fmt.Errorf("read swag's description: %w", err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, fmt.Errorf("convert swag's description: %w", err)
	}
	openapi3conv.Upgrade(doc) // types with null instead of nullable
	doc.OpenAPI = version
	var common openapi3.Components
	if err := json.Unmarshal(components, &common); err != nil {
		return nil, fmt.Errorf("read the common components: %w", err)
	}
	maps.Copy(doc.Components.Schemas, common.Schemas)
	doc.Components.Parameters, doc.Components.Headers = common.Parameters, common.Headers
	doc.Components.Responses = openapi3.ResponseBodies{}
	// An outer field of a Go struct hides the embedded one of the same name, which swag takes.
	for _, name := range []string{"Field", "ReachedField"} {
		doc.Components.Schemas[name].Value.Properties["values"] = list(openapi3.NewStringSchema()).NewRef()
	}
	return doc, nil
}

// builder completes a document.
type builder struct {
	source Source
	base   *openapi3.T
	doc    *openapi3.T
}

// target is one path to describe: of a template, for a model and a dataset of it.
type target struct {
	path     string
	template string
	model    *Model   // nil: of none
	dataset  *Dataset // nil: of none
}

// model describes the URLs of a model.
func (b *builder) model(m *Model) error {
	for _, d := range m.Datasets {
		if err := b.rowSchema(m, &d); err != nil {
			return err
		}
	}
	for _, template := range slices.Sorted(maps.Keys(b.base.Paths.Map())) {
		if slices.Contains(b.source.Paths, template) {
			continue
		}
		for _, t := range targets(m, template) {
			if err := b.operation(&t); err != nil {
				return err
			}
		}
	}
	return nil
}

// targets returns the paths that a template stands for in a model: one for each dataset or endpoint where its rows
// shape the answer.
func targets(m *Model, template string) []target {
	var found []target
	for i := range m.Datasets {
		d := &m.Datasets[i]
		switch {
		case strings.HasPrefix(template, "/{endpoint}") && d.Endpoint != "":
			found = append(found, target{strings.Replace(template, "/{endpoint}", m.Prefix+d.Endpoint, 1), template, m, d})
		case strings.HasPrefix(template, "/datasets/{dataset}/") && !aboutDatasets(template):
			found = append(found, target{m.Prefix + strings.Replace(template, "{dataset}", d.Name, 1), template, m, d})
		}
	}
	if strings.HasPrefix(template, "/{endpoint}") || strings.HasPrefix(template, "/datasets/{dataset}/") && !aboutDatasets(template) {
		return found
	}
	path := m.Prefix + template
	if template == "/" && m.Prefix != "" {
		path = m.Prefix
	}
	return []target{{path: path, template: template, model: m}}
}

// aboutDatasets reports whether the answers of a template are of one shape for all datasets.
func aboutDatasets(template string) bool {
	return template == "/datasets/{dataset}/schema" || template == "/datasets/{dataset}/quality"
}

// operation describes the GET of a target.
func (b *builder) operation(t *target) error {
	item := b.base.Paths.Value(t.template)
	if item == nil || item.Get == nil {
		return fmt.Errorf("no handler is annotated with %s", t.template)
	}
	text, err := json.Marshal(item.Get)
	if err != nil {
		return fmt.Errorf("copy %s: %w", t.template, err)
	}
	op := &openapi3.Operation{}
	if err := json.Unmarshal(text, op); err != nil {
		return fmt.Errorf("copy %s: %w", t.template, err)
	}
	id := op.OperationID
	t.name(op)
	if err := b.parameters(t, id, op); err != nil {
		return fmt.Errorf("describe %s: %w", t.path, err)
	}
	b.responses(t, id, op)
	b.doc.AddOperation(t.rename(op), http.MethodGet, op)
	if id == "rows" {
		b.wholeFile(t, op)
	}
	return nil
}

// name gives an operation a text and an id of its own.
func (t *target) name(op *openapi3.Operation) {
	if d := t.dataset; d != nil {
		op.Summary = strings.ReplaceAll(op.Summary, "{dataset}", d.Name)
		op.Description = strings.TrimSpace(d.About + "\n\n" + op.Description)
		op.OperationID += "_" + d.Name
	}
	if t.model != nil && !t.model.Default {
		op.OperationID = t.model.Name + "_" + op.OperationID
	}
}

// rename calls the key in a path by its field, where it is one, and returns the path.
func (t *target) rename(op *openapi3.Operation) string {
	p := op.Parameters.GetByInAndName(openapi3.ParameterInPath, "key")
	if p == nil || len(t.dataset.Key) > 1 {
		return t.path
	}
	p.Name = t.dataset.Key[0]
	return strings.Replace(t.path, "{key}", "{"+p.Name+"}", 1)
}

// component returns the name of a dataset's own component.
func (m *Model) component(dataset, what string) string {
	name := dataset + "." + what
	if !m.Default {
		name = m.Name + "." + name
	}
	return name
}

func schemaRef(name string) *openapi3.SchemaRef {
	return openapi3.NewSchemaRef("#/components/schemas/"+name, nil)
}

func list(items *openapi3.Schema) *openapi3.Schema { return openapi3.NewArraySchema().WithItems(items) }
