package builder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// TestLineageIsWrittenBesideTheGold: one event for each table, whose inputs are the outputs of those before it or raw files.
func TestLineageIsWrittenBesideTheGold(t *testing.T) {
	s := newShop(t)
	if _, err := s.run(builder.Options{}); err != nil {
		t.Fatal(err)
	}
	read := func(name string, v any) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(s.folder, "gold", name))
		if err == nil {
			err = json.Unmarshal(data, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	type dataset struct {
		Namespace, Name string
		Facets          struct {
			Version struct{ DatasetVersion string }
			Files   struct{ Files []gold.RawFile } `json:"goldserve_files"`
			Schema  struct{ Fields []gold.BuildType }
		}
		OutputFacets struct {
			Statistics struct{ RowCount, Size, FileCount int64 } `json:"outputStatistics"`
		}
	}
	var events []struct {
		EventType, EventTime, Producer, SchemaURL string
		Run                                       struct {
			RunID  string
			Facets struct {
				Build struct {
					Build, Engine, SQL, SQLSHA256 string
					Parameters                    map[string]string
					Rejected                      map[string]int64
				} `json:"goldserve_build"`
			}
		}
		Job struct {
			Namespace, Name string
			Facets          struct {
				SQL struct{ Query string }
			}
		}
		Inputs, Outputs []dataset
	}
	read(gold.LineageFile, &events)
	var record gold.BuildRecord
	read(gold.BuiltFile, &record)
	var got []string
	runs := map[string]bool{}
	known := map[string]string{}
	for i, e := range events {
		made := &record.Tables[i]
		text := e.Job.Name + ":"
		for _, in := range e.Inputs {
			text += " " + in.Name
			if was, ok := known[in.Name]; ok != !strings.HasPrefix(in.Name, "bronze.") || ok && was != in.Facets.Version.DatasetVersion {
				t.Errorf("%s reads %s in the version %s, which was made as %q", e.Job.Name, in.Name, in.Facets.Version.DatasetVersion, was)
			}
		}
		got = append(got, text)
		if e.EventType != "COMPLETE" || e.EventTime != "2025-01-31T00:00:00Z" || e.Producer == "" || e.SchemaURL != "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent" ||
			!regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(e.Run.RunID) || runs[e.Run.RunID] {
			t.Errorf("the event of %s: %+v", e.Job.Name, e)
		}
		runs[e.Run.RunID] = true
		out := e.Outputs[0]
		known[out.Name] = out.Facets.Version.DatasetVersion
		if out.Facets.Version.DatasetVersion != made.ID || out.OutputFacets.Statistics.RowCount != made.Rows || int(out.OutputFacets.Statistics.FileCount) != len(made.Files) {
			t.Errorf("%s: %+v, and the record says %+v", e.Job.Name, out, made)
		}
		if b := e.Run.Facets.Build; b.Build != record.Build || b.SQL != made.SQL || b.SQLSHA256 != made.SQLSHA256 || !strings.HasPrefix(b.Engine, "duckdb 1.") {
			t.Errorf("%s: %+v", e.Job.Name, b)
		}
	}
	want := []string{"silver.clients: bronze.clients", "silver.achats: bronze.achats silver.clients", "gold.totals: silver.achats", "gold.ca: gold.totals silver.clients", "gold.clients: silver.clients"}
	if diff := cmp.Diff(len(want), len(got)); diff != "" {
		t.Fatal(got)
	}
	for _, w := range want {
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+w+"\n") {
			t.Errorf("no event %q in %q", w, got)
		}
	}
	for _, e := range events {
		if e.Job.Name != "silver.achats" {
			continue
		}
		columns := []gold.BuildType{{Name: "id", Type: "BIGINT"}, {Name: "client", Type: "BIGINT"}, {Name: "montant", Type: "DECIMAL(18,4)"}}
		if diff := cmp.Diff(columns, e.Outputs[0].Facets.Schema.Fields); diff != "" {
			t.Errorf("its columns: -want +got\n%s", diff)
		}
		b := e.Run.Facets.Build
		if diff := cmp.Diff(map[string]string{"most": "10000.0000"}, b.Parameters) + cmp.Diff(map[string]int64{"no_amount": 1, "orphan": 1, "too_high": 1}, b.Rejected); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(e.Job.Facets.SQL.Query, "param_most()") {
			t.Errorf("the SQL: %q", e.Job.Facets.SQL.Query)
		}
		if f := e.Inputs[0].Facets.Files.Files; len(f) != 1 || f[0].Path != "achats.parquet" || f[0].Bytes == 0 || len(f[0].SHA256) != 64 {
			t.Errorf("its files: %+v", f)
		}
	}
}
