package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

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
	for i := range s.Operations {
		if o := &s.Operations[i]; o.Shared && s.Shared {
			if err := b.operation(&target{o, o.Path, nil, nil}); err != nil {
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
	for _, name := range append(slices.Collect(maps.Values(periodSchemas)), fiscalSchema) {
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
	// The figures of a release are JSON in Go already, of which swag knows no more.
	for _, name := range []string{"Release", "ReleaseItem"} {
		figures := group()
		figures.Description = doc.Components.Schemas[name].Value.Properties["figures"].Value.Description
		doc.Components.Schemas[name].Value.Properties["figures"] = figures.NewRef()
	}
	return doc, nil
}

// builder completes a document.
type builder struct {
	source Source
	base   *openapi3.T
	doc    *openapi3.T
}

// model describes the URLs of a model.
func (b *builder) model(m *Model) error {
	for _, d := range m.Datasets {
		if err := b.rowSchema(m, &d); err != nil {
			return err
		}
	}
	for i := range b.source.Operations {
		o := &b.source.Operations[i]
		if o.Shared {
			continue
		}
		for _, t := range o.targets(m) {
			if err := b.operation(&t); err != nil {
				return err
			}
		}
	}
	return nil
}

// operation describes a target.
func (b *builder) operation(t *target) error {
	op, err := b.annotated(t.ID)
	if err != nil {
		return err
	}
	t.name(op)
	if err := b.parameters(t, op); err != nil {
		return fmt.Errorf("describe %s: %w", t.path, err)
	}
	b.responses(t, op)
	b.doc.AddOperation(t.rename(op), t.Method(), op)
	if t.WholeFile {
		b.wholeFile(t, op)
	}
	return nil
}

// annotated returns a copy of what a handler's annotation says.
func (b *builder) annotated(id string) (*openapi3.Operation, error) {
	for _, item := range b.base.Paths.Map() {
		for _, annotated := range item.Operations() {
			if annotated.OperationID != id {
				continue
			}
			op := &openapi3.Operation{}
			text, err := json.Marshal(annotated)
			if err == nil {
				err = json.Unmarshal(text, op)
			}
			if err != nil {
				return nil, fmt.Errorf("copy the operation %s: %w", id, err)
			}
			return op, nil
		}
	}
	return nil, fmt.Errorf("no handler is annotated with the id %s: run make gen if one is", id)
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
