package builder

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"goldserve/gold"
)

// The names of OpenLineage's events, https://openlineage.io/spec/2-0-2/OpenLineage.json, as far as a build tells them.
type (
	runEvent struct {
		EventType string       `json:"eventType"`
		EventTime time.Time    `json:"eventTime"`
		Run       eventRun     `json:"run"`
		Job       eventJob     `json:"job"`
		Inputs    []eventTable `json:"inputs"`
		Outputs   []eventTable `json:"outputs"`
		Producer  string       `json:"producer"`
		SchemaURL string       `json:"schemaURL"`
	}
	eventRun struct {
		RunID  string         `json:"runId"`
		Facets map[string]any `json:"facets"`
	}
	eventJob struct {
		Namespace string         `json:"namespace"`
		Name      string         `json:"name"`
		Facets    map[string]any `json:"facets"`
	}
	eventTable struct {
		Namespace    string         `json:"namespace"`
		Name         string         `json:"name"`
		Facets       map[string]any `json:"facets"`
		OutputFacets map[string]any `json:"outputFacets,omitempty"`
	}
	facet struct {
		Producer  string `json:"_producer"`
		SchemaURL string `json:"_schemaURL"`
	}
	sqlFacet struct {
		facet
		Query string `json:"query"`
	}
	versionFacet struct {
		facet
		DatasetVersion string `json:"datasetVersion"`
	}
	schemaFacet struct {
		facet
		Fields []gold.BuildType `json:"fields"`
	}
	statisticsFacet struct {
		facet
		RowCount  int64 `json:"rowCount"`
		Size      int64 `json:"size"`
		FileCount int   `json:"fileCount"`
	}
	// buildFacet is goldserve's own facet of a run.
	buildFacet struct {
		facet
		Build      string            `json:"build"`
		Engine     string            `json:"engine"`
		Parameters map[string]string `json:"parameters"` // that the table reads
		SQL        string            `json:"sql"`
		SQLSHA256  string            `json:"sqlSha256"`
		Rejected   map[string]int64  `json:"rejected,omitempty"`
	}
	// filesFacet is goldserve's own facet of a dataset.
	filesFacet struct {
		facet
		Files []gold.RawFile `json:"files"`
	}
)

const (
	lineageProducer = "urn:goldserve:build"
	lineageSpec     = "https://openlineage.io/spec/"
)

// facetOf returns what each facet says of itself: which schema it has.
func facetOf(schema string) facet { return facet{lineageProducer, lineageSpec + "facets/" + schema} }

func ownFacet(name string) facet {
	return facet{lineageProducer, lineageProducer + ":" + name}
}

// Lineage writes a build as OpenLineage tells it, for _lineage.json: a list of one event for each table, in the order in which they are
// made. namespace names the lake. The ids of runs follow from those of the tables; the time is the only thing that two builds of the same
// inputs differ in. A stale table has no event: it is another build that made it.
func Lineage(r *gold.BuildRecord, tables []*Table, namespace string, at time.Time) ([]byte, error) {
	known := map[string]eventTable{}
	for _, s := range r.Sources {
		known[string(Bronze)+"."+s.Name] = eventTable{Namespace: namespace, Name: string(Bronze) + "." + s.Name, Facets: facetsOf(s.ID, s.Files)}
	}
	query, values := map[string]string{}, map[string]string{}
	for _, t := range tables {
		query[t.FullName()] = t.Query.Text
	}
	for _, p := range r.Parameters {
		values[p.Name] = p.Value
	}
	events := []runEvent{}
	for i := range r.Tables {
		t := &r.Tables[i]
		if t.Stale != "" {
			continue
		}
		out := eventTable{Namespace: namespace, Name: t.FullName(), Facets: facetsOf(t.ID, t.Files)}
		if len(t.Columns) > 0 {
			out.Facets["schema"] = schemaFacet{facetOf("1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"), t.Columns}
		}
		known[out.Name] = out
		made := out
		statistics := statisticsFacet{facet: facetOf("1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet"), RowCount: t.Rows, FileCount: len(t.Files)}
		for _, f := range t.Files {
			statistics.Size += f.Bytes
		}
		made.OutputFacets = map[string]any{"outputStatistics": statistics}
		own := buildFacet{facet: ownFacet("BuildRunFacet"), Build: r.Build, Engine: r.Engine.String(), Parameters: map[string]string{}, SQL: t.SQL, SQLSHA256: t.SQLSHA256, Rejected: t.Rejected}
		for _, name := range t.Parameters {
			if value, ok := values[name]; ok {
				own.Parameters[name] = value
			}
		}
		event := runEvent{
			EventType: "COMPLETE", EventTime: at.UTC().Truncate(time.Millisecond), Producer: lineageProducer, SchemaURL: lineageSpec + "2-0-2/OpenLineage.json#/$defs/RunEvent",
			Run:    eventRun{RunID: uuidOf(t.ID), Facets: map[string]any{"goldserve_build": own}},
			Job:    eventJob{Namespace: namespace, Name: t.FullName(), Facets: map[string]any{}},
			Inputs: []eventTable{}, Outputs: []eventTable{made},
		}
		if text, ok := query[t.FullName()]; ok {
			event.Job.Facets["sql"] = sqlFacet{facetOf("1-0-1/SQLJobFacet.json#/$defs/SQLJobFacet"), text}
		}
		for _, name := range t.Inputs {
			event.Inputs = append(event.Inputs, known[name])
		}
		events = append(events, event)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(events)
	return b.Bytes(), err
}

// facetsOf are the facets of a dataset of files: its id as its version, and its files, of which events name the first hundred.
func facetsOf(id string, files []gold.BuildFile) map[string]any {
	own := filesFacet{facet: ownFacet("FilesDatasetFacet"), Files: []gold.RawFile{}}
	for _, f := range files[:min(len(files), 100)] {
		own.Files = append(own.Files, gold.RawFile{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256})
	}
	return map[string]any{
		"version":         versionFacet{facetOf("1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"), id},
		"goldserve_files": own,
	}
}

// uuidOf returns the UUID, of version 8, that follows from an id.
func uuidOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
