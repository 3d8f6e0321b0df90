package reference

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite docs/reference.md")

func TestReferenceIsFresh(t *testing.T) {
	const path = "../../docs/reference.md"
	if *update {
		if err := os.WriteFile(path, []byte(Keys()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Keys(), string(text)); diff != "" {
		t.Errorf("docs/reference.md is stale: run go test ./gold/reference -run TestReferenceIsFresh -update\n%s", diff)
	}
}

// compiled compiles the schema of a name.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(name)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name+".schema.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance reads YAML as what a validator of JSON takes.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestShippedModelsFitTheirSchemas(t *testing.T) {
	const folder = "../../models/retail/"
	files := map[string]string{"model.yaml": "model", "dashboard.yaml": "dashboard"}
	contracts, err := os.ReadDir(folder + "contracts")
	if err != nil || len(contracts) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	for _, c := range contracts {
		files["contracts/"+c.Name()] = "contract"
	}
	for file, name := range files {
		text, err := os.ReadFile(folder + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled(t, name).Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSchemasRefuse(t *testing.T) {
	settings := func(value string) string {
		return "schema: [{name: d, customProperties: [{property: goldserve, value: " + value + "}]}]"
	}
	property := func(value string) string {
		return "schema: [{name: d, properties: [{name: f, customProperties: [{property: goldserve, value: " + value + "}]}]}]"
	}
	widget := func(keys string) string {
		return "rows: [{height: 100, widgets: [{id: w, span: 12, " + keys + "}]}]"
	}
	for _, c := range []struct {
		name, text string
		fits       bool
	}{
		{"contract", settings("{filters: [mois], sorts: [], metrics: {a: count()}}"), true},
		{"contract", settings("{filter: [mois]}"), false},
		{"contract", settings("{filters: {mois: [eq, like]}}"), false},
		{"contract", settings("{metrics: {a: {label: A}}}"), false},
		{"contract", settings("{maxLimit: 0}"), false},
		{"contract", settings("{derive: {from: a, group: [{field: b, grain: day}], measures: {c: count()}}}"), true},
		{"contract", settings("{derive: {from: a, group: [{field: b, grain: second}], measures: {c: count()}}}"), false},
		{"contract", "schema: [{name: d, customProperties: [{property: other, value: {filter: 1}}]}]", true},
		{"contract", property(`{mask: "null", cast: {"true": [Y, 1], onError: null}}`), true},
		{"contract", property("{mask: hash}"), false},
		{"contract", property("{unit: EUR}"), true},
		{"contract", property("{unit: {field: currency}}"), true},
		{"contract", property("{unit: {fields: currency}}"), false},
		{"contract", property("{cast: {form: text}}"), false},
		{"model", "{name: m, title: M}", true},
		{"model", "{name: m, title: M, weekstart: sunday}", false},
		{"model", "{name: m, title: M, fiscalYearStart: 13}", false},
		{"dashboard", widget("type: trend, dataset: d, field: f, metric: m"), true},
		{"dashboard", widget("type: trend, dataset: d, field: f"), false},
		{"dashboard", widget("type: trend, dataset: d, field: f, metric: m, limit: 3"), false},
		{"dashboard", widget("type: pie"), false},
	} {
		if err := compiled(t, c.name).Validate(instance(t, []byte(c.text))); (err == nil) != c.fits {
			t.Errorf("%s: %s: fits is %v: %v", c.name, c.text, err == nil, err)
		}
	}
}

func TestSchemasAreOfTheDraft(t *testing.T) {
	for _, name := range Names() {
		var schema struct {
			Version string `json:"$schema"`
		}
		if err := json.Unmarshal(Schema(name), &schema); err != nil || schema.Version != draft {
			t.Errorf("%s: $schema is %q: %v", name, schema.Version, err)
		}
	}
	if Schema("contracts") != nil {
		t.Error("there is a schema of an unknown name")
	}
}
