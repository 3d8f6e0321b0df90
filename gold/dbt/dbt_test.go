package dbt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// The manifests in testdata were made of the project testdata/shop (dbt deps, build, docs generate) by dbt 1.3.7 (v7), 1.4.10
// (v8), 1.5.11 (v9) and 1.10.23 (v12); what is about its SQL, macros and the machine was taken out of them.

// text says what a project says, a line each.
func text(p *Project) string {
	var b strings.Builder
	for _, m := range p.Models {
		fmt.Fprintf(&b, "%s table %t: %s\n", m.Name, m.Table, m.Description)
		for _, c := range m.Columns {
			f, precision, ok := c.Field()
			fmt.Fprintf(&b, "  %s %s %s(%d,%d) %t personal %t: %s\n", c.Name, c.Type, f.Kind, precision, f.Scale, ok, c.Personal, c.Description)
		}
		b.WriteString(tests(m))
	}
	for _, s := range p.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Test, s.Reason)
	}
	return b.String()
}

// tests says what the tests of a model say.
func tests(m *Model) string {
	var b strings.Builder
	if m.PrimaryKey != nil {
		fmt.Fprintf(&b, "  primary key %v\n", m.PrimaryKey)
	}
	for _, t := range m.Tests {
		fmt.Fprintf(&b, "  %d %v %s", t.Kind, t.Columns, t.Severity)
		switch t.Kind {
		case Accepted:
			fmt.Fprintf(&b, " %q", t.Values)
		case Range:
			fmt.Fprintf(&b, " %s to %s, open %t", t.Low, t.High, t.Open)
		case Refers:
			fmt.Fprintf(&b, " %s of %s", t.Field, t.To.Name)
		case NotNull, Unique:
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const shop = `dim_customers table true: Customers, as the shop knows them.
  customer_id BIGINT int(0,0) true personal false: Number of the customer.
  name VARCHAR text(0,0) true personal false: 
  email VARCHAR text(0,0) true personal true: Where to write to.
  country VARCHAR text(0,0) true personal false: 
  0 [customer_id] error
  1 [country] warning
  1 [customer_id] error
fct_order_lines table true: 
  order_id BIGINT int(0,0) true personal false: 
  line_number INTEGER int(0,0) true personal false: 
  amount DECIMAL(12,2) decimal(12,2) true personal false: 
  tags VARCHAR[] text(0,0) true personal false: 
  1 [order_id line_number] error
  0 [line_number] error
  0 [order_id] error
  4 [order_id] error order_id of fct_orders
fct_orders table true: One row for each order: "placed", shipped or returned.
  order_id BIGINT int(0,0) true personal false: Number of the order.
  customer_id BIGINT int(0,0) true personal false: Who ordered.
  ordered_at TIMESTAMP time(0,0) true personal false: 
  status VARCHAR text(0,0) true personal false: 
  amount DECIMAL(12,2) decimal(12,2) true personal false: Total in euros, taxes included.
  discount DOUBLE double(0,0) true personal false: 
  large BOOLEAN bool(0,0) true personal false: 
  day DATE date(0,0) true personal false: 
  2 [large] warning ["true" "false"]
  2 [status] error ["placed" "shipped" "returned"]
  3 [amount] error 0 to 10000, open false
  3 [discount] warning 0 to 0.5, open false
  0 [amount] warning
  0 [customer_id] error
  0 [order_id] error
  0 [ordered_at] error
  4 [customer_id] error customer_id of dim_customers
  1 [order_id] error
raw_customers table false: 
  id INTEGER int(0,0) true personal false: 
  name VARCHAR text(0,0) true personal false: 
  email VARCHAR text(0,0) true personal false: 
  country VARCHAR text(0,0) true personal false: 
raw_orders table false: 
  id INTEGER int(0,0) true personal false: 
  customer INTEGER int(0,0) true personal false: 
  placed TIMESTAMP time(0,0) true personal false: 
  status VARCHAR text(0,0) true personal false: 
  amount DOUBLE double(0,0) true personal false: 
  discount DOUBLE double(0,0) true personal false: 
stg_orders table false: 
  order_id INTEGER int(0,0) true personal false: 
  customer_id INTEGER int(0,0) true personal false: 
  ordered_at TIMESTAMP time(0,0) true personal false: 
  status VARCHAR text(0,0) true personal false: 
  amount DOUBLE double(0,0) true personal false: 
  discount DOUBLE double(0,0) true personal false: 
skipped is_round_fct_orders_discount: which goldserve has no rule for
skipped no_refunds: which are queries of their own
skipped not_null_fct_orders_discount: which hold for some rows only
`

func TestAProjectIsWhatItsManifestAndCatalogSay(t *testing.T) {
	p, err := Read(os.DirFS("testdata/v12"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shop, text(p)); diff != "" || !p.Typed {
		t.Errorf("typed %t, -want +got:\n%s", p.Typed, diff)
	}
}

func TestManifestsOfAllVersionsSayTheSame(t *testing.T) {
	folders, err := filepath.Glob("testdata/v*")
	if err != nil || len(folders) < 2 {
		t.Fatal(folders, err)
	}
	whole, err := Read(os.DirFS("testdata/v12"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		manifest, err := os.ReadFile(filepath.Join(folder, ManifestFile))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Read(fstest.MapFS{ManifestFile: {Data: manifest}})
		if err != nil {
			t.Fatal(err)
		}
		if p.Typed || len(p.Skipped) != len(whole.Skipped) {
			t.Errorf("%s: typed %t, skipped %v", folder, p.Typed, p.Skipped)
		}
		for _, want := range whole.Models {
			m := p.Model(want.Name)
			if m == nil || m.Description != want.Description || m.Table != want.Table {
				t.Errorf("%s: model %s is %+v", folder, want.Name, m)
				continue
			}
			if diff := cmp.Diff(tests(want), tests(m)); diff != "" {
				t.Errorf("%s: %s: -want +got:\n%s", folder, m.Name, diff)
			}
		}
	}
}

// TestFurtherKinds of tests and columns, as dbt writes them for other packages, constraints and versions of models.
func TestFurtherKinds(t *testing.T) {
	p, err := Read(fstest.MapFS{ManifestFile: {Data: []byte(`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v11.json"}, "nodes": {
"model.s.a": {"resource_type": "model", "name": "a", "alias": "A_v2", "config": {"materialized": "incremental"}, "constraints": [{"type": "primary_key", "columns": ["id", "part"]}],
  "columns": {"id": {"name": "id", "data_type": "bigint", "tags": ["PII"]}, "part": {"name": "part", "data_type": "int", "constraints": [{"type": "unique"}, {"type": "check"}]}, "at": {"name": "at", "data_type": "timestamp with time zone", "meta": {"pii": false}}}},
"model.s.b": {"resource_type": "model", "name": "b", "alias": "b", "config": {"materialized": "view"}, "columns": null, "depends_on": {"nodes": ["model.s.a"]}},
"model.s.d": null,
"model.s.c": {"resource_type": "model", "name": "c", "config": {"materialized": "ephemeral"}, "columns": {}},
"test.s.1": {"resource_type": "test", "name": "t1", "attached_node": "model.s.a", "config": {"severity": "Warn", "error_if": "!= 0", "warn_if": ">0"}, "test_metadata": {"name": "expect_column_values_to_be_between", "namespace": "dbt_expectations", "kwargs": {"column_name": "at", "min_value": "2020-01-01", "max_value": null, "strictly": true, "row_condition": null}}},
"test.s.2": {"resource_type": "test", "name": "t2", "attached_node": "model.s.a", "config": {"error_if": ">10"}, "test_metadata": {"name": "not_null", "namespace": "dbt", "kwargs": {"column_name": "at"}}},
"test.s.3": {"resource_type": "test", "name": "t3", "attached_node": "model.s.a", "config": {}, "test_metadata": {"name": "expect_column_values_to_be_in_set", "namespace": "dbt_expectations", "kwargs": {"column_name": "part", "value_set": [1, 2.5, "x", true]}}},
"test.s.4": {"resource_type": "test", "name": "t4", "attached_node": "model.s.b", "config": {}, "test_metadata": {"name": "relationships", "kwargs": {"column_name": "\"a_id\"", "to": "ref(\"s\", \"a\")", "field": "id"}}, "depends_on": {"nodes": ["model.s.a", "model.s.b"]}},
"test.s.5": {"resource_type": "test", "name": "t5", "attached_node": "model.s.b", "config": {}, "test_metadata": {"name": "relationships", "kwargs": {"column_name": "x", "to": "source('raw', 'a')", "field": "id"}}, "depends_on": {"nodes": ["source.s.raw.a", "model.s.b"]}},
"test.s.6": {"resource_type": "test", "name": "t6", "config": {}, "test_metadata": {"name": "not_null", "kwargs": {"column_name": "x", "model": "{{ get_where_subquery(source('raw', 'a')) }}"}}},
"test.s.7": {"resource_type": "test", "name": "t7", "attached_node": "model.s.a", "config": {}, "test_metadata": {"name": "accepted_range", "namespace": "dbt_utils", "kwargs": {"max_value": 5, "inclusive": false}}}
}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := `A_v2 table true: 
  id bigint int(0,0) true personal true: 
  part int int(0,0) true personal false: 
  at timestamp with time zone time(0,0) true personal false: 
  primary key [id part]
  0 [id] error
  0 [part] error
  1 [part] error
  3 [at] warning 2020-01-01 to , open true
  2 [part] error ["1" "2.5" "x" "true"]
b table true: 
  a_id  null(0,0) false personal false: 
  4 [a_id] error id of A_v2
skipped t2: which tolerate some rows
skipped t5: which refer to no model of the project
skipped t7: which are about an expression
`
	if diff := cmp.Diff(want, text(p)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatIsNoManifest(t *testing.T) {
	for name, c := range map[string]struct {
		manifest, catalog string
		code              gold.Code
		words             string
	}{
		"not JSON":          {"{\n\"nodes\": {,", "", gold.CodeFileInvalid, "manifest.json:2:1: it is no manifest.json of dbt"},
		"another JSON":      {`{"nodes": {}}`, "", gold.CodeFileInvalid, "its metadata has no dbt_schema_version of a manifest, found \"\""},
		"a catalog":         {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}}`, "", gold.CodeFileInvalid, "catalog/v1.json"},
		"an old manifest":   {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v6.json"}}`, "", gold.CodeFileUnsupported, "it is a manifest of v6: expected v7 to v12"},
		"a newer manifest":  {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v13.json"}}`, "", gold.CodeFileUnsupported, "v13"},
		"a list for a map":  {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "nodes": []}`, "", gold.CodeFileInvalid, "manifest.json"},
		"columns as a list": {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "nodes": {"model.a.b": {"resource_type": "model", "columns": [1]}}}`, "", gold.CodeFileInvalid, "manifest.json"},
		"a broken catalog":  {`{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}}`, "[", gold.CodeFileInvalid, "catalog.json"},
	} {
		files := fstest.MapFS{ManifestFile: {Data: []byte(c.manifest)}}
		if c.catalog != "" {
			files[CatalogFile] = &fstest.MapFile{Data: []byte(c.catalog)}
		}
		_, err := Read(files)
		if gold.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTypesOfDatabases(t *testing.T) {
	for name, want := range map[string]string{
		"NUMBER(38,0)": "int(0,0)", "NUMBER(12,2)": "decimal(12,2)", "NUMERIC": "double(0,0)", "DECIMAL(38,9)": "decimal(38,9)", "decimal(5)": "decimal(5,0)",
		"NUMERIC(18,18)": "decimal(18,18)", "NUMERIC(19,2)": "decimal(19,2)", "NUMBER(38,2)": "decimal(38,2)", "DECIMAL(39,2)": "double(0,0)", "BIGNUMERIC(76,38)": "double(0,0)", "NUMERIC(20,21)": "double(0,0)",
		"character varying(20)": "text(0,0)", "TIMESTAMP_NTZ(9)": "time(0,0)", "timestamp(6) without time zone": "time(0,0)", "TIMESTAMP WITH TIME ZONE": "time(0,0)",
		"INT64": "int(0,0)", "double precision": "double(0,0)", "STRUCT(a INTEGER)": "text(0,0)", "ARRAY<STRING>": "text(0,0)", "ENUM('a', 'b')": "text(0,0)",
		"HUGEINT": "", "BLOB": "", "INTERVAL": "", "": "", "geography": "",
	} {
		got := ""
		if f, precision, ok := (&Column{Type: name}).Field(); ok {
			got = fmt.Sprintf("%s(%d,%d)", f.Kind, precision, f.Scale)
			if wide := f.Kind == gold.WideDecimal; wide != (f.Precision > 0) || wide && f.Precision != precision || wide != (precision > gold.NarrowDigits) {
				t.Errorf("%s is %v of precision %d and %d", name, f.Kind, f.Precision, precision)
			}
		}
		if got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
