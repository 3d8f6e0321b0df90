package reference

import (
	"encoding/json"
	"maps"

	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
)

// draft is the version of JSON Schema.
const draft = "https://json-schema.org/draft/2020-12/schema"

// Names returns the names of the schemas.
func Names() []string { return []string{"contract", "model", "dashboard"} }

// Schema returns the JSON Schema of a name; nil: there is none.
func Schema(name string) []byte {
	var schema map[string]any
	switch name {
	case "contract":
		schema = contractSchema()
	case "model":
		schema = valueSchema(contract.ModelKeys())
		schema["title"] = "model.yaml of goldserve"
	case "dashboard":
		schema = valueSchema(dashboard.LayoutKeys())
		schema["title"] = "dashboard.yaml of goldserve"
	default:
		return nil
	}
	schema["$schema"] = draft
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil // nothing in it can't be written
	}
	return append(text, '\n')
}

// contractSchema describes goldserve's part of a contract. The rest is the standard's.
func contractSchema() map[string]any {
	relationships := list(settings(contract.RelationshipKeys(), nil))
	property := settings(contract.FieldKeys(), map[string]any{"relationships": relationships})
	object := settings(contract.DatasetKeys(), map[string]any{"properties": list(property), "relationships": relationships})
	return map[string]any{
		"title":      "goldserve's part of a contract",
		"type":       "object",
		"properties": map[string]any{"schema": list(object)},
	}
}

// settings describes an element of the standard whose custom property goldserve has these keys, and some of its other keys.
func settings(keys yaml.Value, others map[string]any) map[string]any {
	properties := map[string]any{"customProperties": list(map[string]any{
		"if":   map[string]any{"properties": map[string]any{"property": map[string]any{"const": "goldserve"}}, "required": []string{"property"}},
		"then": map[string]any{"properties": map[string]any{"value": valueSchema(keys)}},
	})}
	maps.Copy(properties, others)
	return map[string]any{"type": "object", "properties": properties}
}

func list(items any) map[string]any { return map[string]any{"type": "array", "items": items} }

// valueSchema returns the schema of a value.
func valueSchema(v yaml.Value) map[string]any {
	switch {
	case v.Words != nil:
		return map[string]any{"enum": v.Words}
	case v.Items != nil:
		schema := list(valueSchema(*v.Items))
		if !v.MayLack {
			schema["minItems"] = 1
		}
		return schema
	case v.Entries != nil:
		return map[string]any{"type": "object", "additionalProperties": valueSchema(*v.Entries)}
	case v.Keys != nil:
		return keysSchema(v)
	case v.Any != nil:
		choices := make([]any, len(v.Any))
		for i, one := range v.Any {
			choices[i] = valueSchema(one)
		}
		return map[string]any{"anyOf": choices}
	}
	schema := map[string]any{"type": v.Type}
	if v.Pattern != "" {
		schema["pattern"] = v.Pattern
	}
	if v.Type == "integer" && v.Low != 0 {
		schema["minimum"] = v.Low
	}
	if v.Type == "integer" && v.High != 0 {
		schema["maximum"] = v.High
	}
	return schema
}

// keysSchema returns the schema of a map of keys. No other key is allowed.
func keysSchema(v yaml.Value) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, key := range v.Keys {
		schema := valueSchema(key.Value)
		schema["description"] = key.Doc
		if key.Default != "" {
			schema["description"] = key.Doc + " Default: " + key.Default + "."
		}
		if key.Old {
			schema["deprecated"] = true
		}
		properties[key.Name] = schema
		if key.Need {
			required = append(required, key.Name)
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["required"] = required
	}
	var cases []any
	for _, c := range v.Cases {
		cases = append(cases, map[string]any{
			"if":   map[string]any{"properties": map[string]any{c.On: map[string]any{"const": c.Word}}, "required": []string{c.On}},
			"then": map[string]any{"required": c.Need, "propertyNames": map[string]any{"enum": append(append([]string{}, c.Need...), c.May...)}},
		})
	}
	if cases != nil {
		schema["allOf"] = cases
	}
	return schema
}
