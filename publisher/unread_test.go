package publisher_test

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/publisher"
)

// kindsOfSources are the sources of a model with a dataset of each kind, by dataset.
var kindsOfSources = map[string]string{
	"file": "file", "text": "{csv: text}", "folder": "folder", "pattern": "days_*.csv", "newest": "{csv: 'newest_{ts}.csv'}", "delta": "{delta: tables/delta}",
}

// kindsModel is that model. Each dataset has the fields id and amount, and of one file the field note, which is dropped, and which a
// rule speaks of.
func kindsModel() map[string]string {
	texts := map[string]string{"model.yaml": "name: stall\ntitle: {en: Stall}\n"}
	for name, source := range kindsOfSources {
		note := ""
		if name == "file" {
			note = "      - {name: note, logicalType: string, classification: pii, logicalTypeOptions: {pattern: note}}\n"
		}
		texts["contracts/"+name+".odcs.yaml"] = "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n      - {name: id, logicalType: integer, required: true, primaryKey: true}\n      - {name: amount, logicalType: number, required: true}\n" + note +
			"    customProperties:\n      - {property: goldserve, value: {source: " + source + "}}\n"
	}
	return texts
}

// writer writes an object of a lake.
type writer func(name string, content []byte)

// writeKinds writes the lake of the model: n rows each, whose amount is n.
func (p writer) writeKinds(t *testing.T, n int) {
	t.Helper()
	p("file.parquet", salesOf(t, n))
	for _, name := range []string{"text.csv", "days_1.csv", "newest_20260131.csv"} {
		p(name, csvOf(n, 0))
	}
	p("days_2.csv", csvOf(n, n))
	p("folder/a.parquet", salesOf(t, n))
	p("folder/_SUCCESS", nil)
	p.commitDelta(t, "tables/delta", 0, n)
}

// csvOf returns n rows of CSV whose amount is n.
func csvOf(n, from int) []byte {
	var b bytes.Buffer
	b.WriteString("id,amount\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", from+i, n)
	}
	return b.Bytes()
}

// salesOf returns n rows of Parquet whose amount is n.
func salesOf(t *testing.T, n int) []byte {
	t.Helper()
	sales := make([]sale, n)
	for i := range sales {
		sales[i] = sale{ID: int64(i), Amount: float64(n), Note: "note"}
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, sales); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// commitDelta writes a version of a Delta table, as its writers do: a data file, then the commit that adds it in the place of the
// one before. The table has n rows whose amount is n.
func (p writer) commitDelta(t *testing.T, table string, version, n int) {
	t.Helper()
	part := func(version int) string { return fmt.Sprintf("part-%05d.parquet", version) }
	data := salesOf(t, n)
	p(path.Join(table, part(version)), data)
	var b strings.Builder
	if version == 0 {
		column := func(name, kind string) string {
			return fmt.Sprintf(`{\"name\":\"%s\",\"type\":\"%s\",\"nullable\":true,\"metadata\":{}}`, name, kind)
		}
		b.WriteString(`{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}` + "\n" + `{"metaData":{"id":"` + table + `","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[` +
			column("id", "long") + "," + column("amount", "double") + "," + column("note", "string") + `]}","partitionColumns":[],"configuration":{}}}` + "\n")
	} else {
		fmt.Fprintf(&b, `{"remove":{"path":"%s","deletionTimestamp":1,"dataChange":true}}`+"\n", part(version-1))
	}
	fmt.Fprintf(&b, `{"add":{"path":"%s","partitionValues":{},"size":%d,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":%d}"}}`+"\n", part(version), len(data), n)
	p(fmt.Sprintf("%s/_delta_log/%020d.json", table, version), []byte(b.String()))
}

// TestAnUnchangedLakeIsNotOpened: what is published of it is remembered by what a listing tells, for each kind of source; what
// changed is read alone.
func TestAnUnchangedLakeIsNotOpened(t *testing.T) {
	m := openBucket(t)
	writer(m.Put).writeKinds(t, 50)
	texts := kindsModel()
	var read []string // names of files, but for those of logs
	m.OnRead = func(_ context.Context, name string, _ int, _ []byte, _ int64) (int, bool, error) {
		if !slices.Contains(read, name) && !strings.Contains(name, "_delta_log/") {
			read = append(read, name)
		}
		return 0, false, nil
	}
	publish := func(r publisher.Request, outcome publisher.Outcome, want ...string) {
		t.Helper()
		read = nil
		r.Model, r.Lake = stallModel(t, texts), lake.New(m)
		report, err := m.publisher.Publish(t.Context(), r)
		if err != nil || report.Outcome != outcome {
			t.Fatalf("%+v, %v, want %s", report, err, outcome)
		}
		if slices.Sort(read); !slices.Equal(read, want) {
			t.Errorf("%s: read %q, want %q", outcome, read, want)
		}
	}
	all := []string{"days_1.csv", "days_2.csv", "file.parquet", "folder/a.parquet", "newest_20260131.csv", "tables/delta/part-00000.parquet", "text.csv"}
	publish(publisher.Request{}, publisher.Published, all...)
	publish(publisher.Request{}, publisher.Unchanged)
	publish(publisher.Request{Rehash: true}, publisher.Unchanged, all...)
	m.Put("days_2.csv", csvOf(60, 50))
	publish(publisher.Request{}, publisher.Published, "days_1.csv", "days_2.csv")
	publish(publisher.Request{}, publisher.Unchanged)
	writer(m.Put).commitDelta(t, "tables/delta", 1, 70)
	publish(publisher.Request{}, publisher.Published, "tables/delta/part-00001.parquet")
	m.Put("newest_20260201.csv", csvOf(80, 0))
	publish(publisher.Request{}, publisher.Published, "newest_20260201.csv")

	// The same files in other hands: a rule takes their rows, another shape too, another label nothing.
	texts["contracts/text.odcs.yaml"] = strings.Replace(texts["contracts/text.odcs.yaml"], "source: ", "label: {en: Other}, source: ", 1)
	publish(publisher.Request{}, publisher.Published)
	texts["contracts/text.odcs.yaml"] = strings.Replace(texts["contracts/text.odcs.yaml"], "number, required: true", "number, required: true, logicalTypeOptions: {minimum: 0}", 1)
	publish(publisher.Request{}, publisher.Published, "text.csv")
	texts["contracts/file.odcs.yaml"] = strings.Replace(texts["contracts/file.odcs.yaml"], "{pattern: note}", "{pattern: not.}", 1)
	publish(publisher.Request{}, publisher.Published, "file.parquet")
	publish(publisher.Request{}, publisher.Unchanged)
	texts["contracts/file.odcs.yaml"] = strings.Replace(texts["contracts/file.odcs.yaml"], "{pattern: not.}", "{pattern: none}", 1)
	if _, err := m.publisher.Publish(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: lake.New(m)}); gold.CodeOf(err) != gold.CodeQualityFailed {
		t.Errorf("a broken rule of a dropped field: %v", err)
	}
	publish(publisher.Request{DryRun: true, Reload: []string{"text"}}, publisher.Planned, "text.csv")
}
