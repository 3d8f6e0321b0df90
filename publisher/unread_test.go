package publisher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// TestALakesOwnManifest holds it to what its writer left in it: what differs is refused, what was found right is not read again,
// and the manifest of another program is left alone.
func TestALakesOwnManifest(t *testing.T) {
	m := openBucket(t)
	put := writer(m.Put)
	put.writeKinds(t, 50)
	model := stallModel(t, kindsModel())
	publish := func() (*publisher.Report, error) {
		return m.publisher.Publish(t.Context(), publisher.Request{Model: model, Lake: lake.New(m)})
	}
	m.Put("manifest.json", []byte(`{"metadata":{"dbt_version":"1.9"},"nodes":{}}`))
	if report, err := publish(); err != nil || report.Release.Integrity != gold.Unverified {
		t.Fatalf("another program's manifest: %+v, %v", report, err)
	}
	write := func() {
		t.Helper()
		made, err := m.publisher.Manifest(t.Context(), publisher.Request{Model: model, Lake: lake.New(m)})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(made)
		if err != nil {
			t.Fatal(err)
		}
		m.Put("manifest.json", text)
	}
	write()
	if report, err := publish(); err != nil || report.Outcome != publisher.Published || len(report.Loaded) > 0 || report.Release.Integrity != gold.Verified {
		t.Fatalf("the lake's own manifest: %+v, %v", report, err)
	}
	var read []string
	m.OnRead = func(_ context.Context, name string, _ int, _ []byte, _ int64) (int, bool, error) {
		if !slices.Contains(read, name) {
			read = append(read, name)
		}
		return 0, false, nil
	}
	if report, err := publish(); err != nil || report.Outcome != publisher.Unchanged {
		t.Fatalf("again: %+v, %v", report, err)
	}
	for _, name := range read {
		if name != "manifest.json" && !strings.HasPrefix(name, "tables/delta/") {
			t.Errorf("what was found right is read again: %s", name)
		}
	}
	m.OnRead = nil
	m.Put("text.csv", csvOf(49, 0))
	m.Put("days_3.csv", csvOf(5, 500))
	m.Remove("folder/a.parquet")
	log := "tables/delta/_delta_log/00000000000000000000.json"
	m.Put(log, append(m.Content(log), '\n'))
	_, err := publish()
	e, ok := errors.AsType[*gold.Error](err)
	if !ok || e.Code != gold.CodeIntegrityFailed {
		t.Fatalf("a lake that differs: %v", err)
	}
	var named []string
	for _, p := range e.Problems {
		named = append(named, p.File+" "+strings.SplitN(p.Detail, ":", 2)[0])
	}
	slices.Sort(named)
	if want := []string{"days_3.csv added", "folder/a.parquet missing", log + " changed", "text.csv changed"}; !slices.Equal(named, want) {
		t.Errorf("named %q, want %q", named, want)
	}
	m.Put("folder/a.parquet", salesOf(t, 50))
	write() // the old one does not stand in its way
	if report, err := publish(); err != nil || report.Release.Integrity != gold.Verified {
		t.Errorf("with another manifest: %+v, %v", report, err)
	}
	m.Put("manifest.json", []byte(`{"files":[{"path":"a.csv","sha256":"0"}]}`))
	if _, err := publish(); gold.CodeOf(err) != gold.CodeIntegrityFailed || !strings.Contains(err.Error(), "64 hexadecimal digits") {
		t.Errorf("a manifest that can't be used: %v", err)
	}
}
