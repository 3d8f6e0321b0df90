package publisher_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// builtModel is a model of a file, a text file and a folder of parts.
func builtModel(t *testing.T) *publisher.Request {
	t.Helper()
	texts := map[string]string{"model.yaml": "name: stall\ntitle: {en: Stall}\n"}
	for name, source := range map[string]string{"sales": "sales", "text": "{csv: text}", "parts": "parts"} {
		texts["contracts/"+name+".odcs.yaml"] = "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n      - {name: id, logicalType: integer, required: true, primaryKey: true}\n      - {name: amount, logicalType: number, required: true}\n" +
			"    customProperties:\n      - {property: goldserve, value: {source: " + source + "}}\n"
	}
	return &publisher.Request{Model: stallModel(t, texts), AllowShrink: true}
}

// builds writes a lake as builds do, by generations: each table of one has as many rows as its number.
type builds struct {
	folder string
	files  writer
	pause  func() // between two writes
}

func newBuilds(t *testing.T) *builds {
	folder := t.TempDir()
	return &builds{folder, inFolder(t, folder).writer, func() {}}
}

func (b *builds) remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(b.folder, name)); err != nil {
		t.Error(err)
	}
}

// record describes a generation, and returns its files.
func (b *builds) record(t *testing.T, n int) (gold.BuildRecord, map[string][]byte) {
	files := map[string][]byte{"sales.parquet": salesOf(t, n), "text.csv": csvOf(n, 0), "parts/a.parquet": salesOf(t, n), "parts/_SUCCESS": nil}
	r := gold.BuildRecord{
		Build: fmt.Sprint("build-", n), Engine: gold.BuildEngine{Name: "duckdb", Version: "1.5.6"}, Parameters: []gold.BuildValue{{Name: "cap", Value: "7"}, {Name: "unread", Value: "1"}},
		Sources: []gold.BuiltSource{{Name: "bills", ID: fmt.Sprint("bills-", n), Files: []gold.BuildFile{{Path: "bills.csv", Bytes: 12, SHA256: strings.Repeat("ab", 32)}}}},
		Tables: []gold.BuiltTable{{
			Stage: "silver", Name: "bills", ID: "s", SQL: "sql/silver/bills.sql", SQLSHA256: strings.Repeat("cd", 32), Inputs: []string{"bronze.bills"}, Parameters: []string{"cap"},
			Rows: 9, RowsIn: 12, Rejected: map[string]int64{"bad_date": 2, "missing": 1}, Files: []gold.BuildFile{{Path: "bills.parquet", SHA256: strings.Repeat("ef", 32)}},
		}},
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256(files[name])
		table, _, _ := strings.Cut(strings.Split(name, "/")[0], ".")
		if last := &r.Tables[len(r.Tables)-1]; last.Name != table {
			r.Tables = append(r.Tables, gold.BuiltTable{
				Stage: "gold", Name: table, ID: fmt.Sprint(table, "-", n), SQL: "sql/gold/" + table + ".sql", SQLSHA256: strings.Repeat("01", 32), Inputs: []string{"silver.bills"}, Rows: int64(n),
			})
		}
		last := &r.Tables[len(r.Tables)-1]
		last.Files = append(last.Files, gold.BuildFile{Path: name, Bytes: int64(len(files[name])), SHA256: hex.EncodeToString(sum[:])})
	}
	return r, files
}

// begin writes that a build begins.
func (b *builds) begin(t *testing.T, r *gold.BuildRecord) {
	t.Helper()
	building, err := json.Marshal(gold.Building{Build: r.Build, Since: time.Now(), Engine: r.Engine})
	if err != nil {
		t.Error(err)
	}
	b.files(gold.BuildingFile, building)
}

// build builds a generation.
func (b *builds) build(t *testing.T, n int) {
	t.Helper()
	r, files := b.record(t, n)
	b.begin(t, &r)
	for name, content := range files {
		b.pause()
		b.files(name, content)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Error(err)
	}
	b.files(gold.BuiltFile, text.Bytes())
	b.pause()
	b.remove(t, gold.BuildingFile)
}

// TestALakeIsTakenAsItsBuildListsIt: what a build did not make, or is no longer as the build made it, is refused by name.
func TestALakeIsTakenAsItsBuildListsIt(t *testing.T) {
	b, r := newBuilds(t), builtModel(t)
	store := newStore(t)
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", BuildWait: 50 * time.Millisecond})
	publish := func() (*publisher.Report, error) {
		request := *r
		request.Lake = fixture.OpenLake(t, b.folder)
		return p.Publish(t.Context(), request)
	}
	b.build(t, 3)
	report, err := publish()
	if err != nil || report.Outcome != publisher.Published || report.Release.Integrity != gold.Verified {
		t.Fatalf("%+v, %v", report, err)
	}
	b.build(t, 3) // which is another _build.json
	if report, err := publish(); err != nil || report.Outcome != publisher.Unchanged {
		t.Errorf("the same build again: %+v, %v", report, err)
	}
	refused := func(what string, says ...string) {
		t.Helper()
		_, err := publish()
		if gold.CodeOf(err) != gold.CodeIntegrityFailed || gold.KindOf(err) != gold.Invalid {
			t.Errorf("%s: %v (%s)", what, err, gold.CodeOf(err))
			return
		}
		said := err.Error()
		if e, ok := errors.AsType[*gold.Error](err); ok {
			for _, p := range e.Problems {
				said += "\n" + p.String()
			}
		}
		for _, s := range says {
			if !strings.Contains(said, s) {
				t.Errorf("%s: no %q in: %s", what, s, said)
			}
		}
		b.build(t, 3)
	}
	b.files("sales.parquet", salesOf(t, 4))
	refused("a file that was written by somebody else", "sales.parquet: changed: it has ", "the build that made it says ", "run goldserve build again")
	b.files("parts/b.parquet", salesOf(t, 1))
	refused("a part that was added", "parts/b.parquet: added: the build that made this lake did not make it (_build.json does not list it)", "remove the file; in a lake that goldserve no longer builds, remove _build.json")
	b.remove(t, "parts/b.parquet")
	b.remove(t, "text.csv")
	b.files("text.tsv", csvOf(3, 0))
	refused("another file in the place of one", "text.csv: missing: the build that made this lake made it (_build.json lists it): run goldserve build again")
	b.remove(t, "text.tsv")
	b.remove(t, "parts/a.parquet")
	b.files("parts/c.parquet", salesOf(t, 3))
	refused("a part under another name", "parts/c.parquet: added", "parts/a.parquet: missing")
	b.remove(t, "parts/c.parquet")
	b.files(gold.BuiltFile, []byte("{\"build\":\n!}"))
	refused("no JSON", "_build.json:2:1: expected JSON as goldserve build writes it")
	b.files(gold.BuiltFile, []byte(`{"tables": [{"stage": "gold", "name": "sales", "files": [{"path": "../sales.parquet"}]}]}`))
	refused("a path out of the lake", `path is "../sales.parquet": expected a path below the lake`)

	stale, _ := b.record(t, 3)
	stale.Tables[1].Stale, stale.Tables[2].Stale = "build-2", "build-2"
	var text bytes.Buffer
	if err := stale.Write(&text); err != nil {
		t.Fatal(err)
	}
	b.files(gold.BuiltFile, text.Bytes())
	refused("tables of an earlier build", "_build.json can't be used: 2 problems", "gold.parts is of an earlier build than the rest", "gold.sales is of an earlier build", "run goldserve build for all tables")

	b.files("manifest.json", []byte(`{"files": [{"path": "sales.parquet", "sha256": "`+strings.Repeat("0", 64)+`"}]}`))
	refused("a manifest that says otherwise", "sales.parquet: changed: the SHA-256", "the manifest says 000")
	b.remove(t, "manifest.json")

	b.remove(t, gold.BuiltFile)
	b.files("parts/b.parquet", salesOf(t, 0))
	if report, err := publish(); err != nil || report.Outcome == publisher.Unchanged {
		t.Errorf("a lake that is no longer built: %+v, %v", report, err)
	}
}

// TestWrongColumnsOfABuildNameItsSQL: what people mend where the SQL and a contract disagree.
func TestWrongColumnsOfABuildNameItsSQL(t *testing.T) {
	b, r := newBuilds(t), builtModel(t)
	b.build(t, 3)
	record, _ := b.record(t, 3)
	name := []byte("id,sum\n1,2\n")
	b.files("text.csv", name)
	sum := sha256.Sum256(name)
	i := slices.IndexFunc(record.Tables, func(t gold.BuiltTable) bool { return t.Name == "text" })
	record.Tables[i].Files[0].Bytes, record.Tables[i].Files[0].SHA256 = int64(len(name)), hex.EncodeToString(sum[:])
	var text bytes.Buffer
	if err := record.Write(&text); err != nil {
		t.Fatal(err)
	}
	b.files(gold.BuiltFile, text.Bytes())
	r.Lake = fixture.OpenLake(t, b.folder)
	_, err := publisher.New(publisher.Config{Store: newStore(t), Logger: slog.New(slog.DiscardHandler), Holder: "test"}).Publish(t.Context(), *r)
	want := "text.csv, column amount: the file has no such column: it has id, sum; sql/gold/text.sql makes the file, and stall/contracts/text.odcs.yaml declares its columns: correct one of them"
	if gold.CodeOf(err) != gold.CodeSchemaMissing || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

// TestABuildIsWaitedFor: while _building is there nothing is read, and a build that ends in time is published.
func TestABuildIsWaitedFor(t *testing.T) {
	b, r := newBuilds(t), builtModel(t)
	config := publisher.Config{Store: newStore(t), Logger: slog.New(slog.DiscardHandler), Holder: "test", BuildWait: 30 * time.Millisecond}
	publish := func() (*publisher.Report, error) {
		request := *r
		request.Lake = fixture.OpenLake(t, b.folder)
		return publisher.New(config).Publish(t.Context(), request)
	}
	b.build(t, 2)
	if _, err := publish(); err != nil {
		t.Fatal(err)
	}
	record, _ := b.record(t, 3)
	b.begin(t, &record)
	b.files("sales.parquet", salesOf(t, 3))
	for range 2 {
		_, err := publish()
		if gold.CodeOf(err) != gold.CodeLakeBuilding || gold.KindOf(err) != gold.Unavailable {
			t.Fatalf("%v (%s)", err, gold.CodeOf(err))
		}
		for _, says := range []string{"build build-3, begun at ", " with duckdb 1.5.6,", "_building is there", "goldserve build completes what it left"} {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("no %q in: %v", says, err)
			}
		}
		config.BuildWait = 60 * time.Millisecond
	}
	config.BuildWait = 20 * time.Second
	go func() {
		time.Sleep(50 * time.Millisecond)
		b.build(t, 3)
	}()
	report, err := publish()
	if err != nil || report.Rows != 9 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestAReleaseIsOfOneBuild: builds follow each other while releases are made, some within one publish, some apart; no release is of two builds.
func TestAReleaseIsOfOneBuild(t *testing.T) {
	const most = 25
	b, r := newBuilds(t), builtModel(t)
	b.pause = func() { time.Sleep(time.Duration(rand.IntN(15)) * time.Millisecond) }
	p := publisher.New(publisher.Config{Store: newStore(t), Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	released, refused, next := map[int64]bool{}, 0, make(chan struct{}, most)
	publish := func() error {
		request := *r
		request.Lake = fixture.OpenLake(t, b.folder)
		report, err := p.Publish(t.Context(), request)
		if err != nil {
			return err
		}
		for _, v := range report.Release.Versions {
			if v.Rows != report.Release.Versions[0].Rows {
				t.Errorf("release %d is of several builds: %s has %d rows, %s %d", report.Release.Number, v.Dataset.Name, v.Rows, report.Release.Versions[0].Dataset.Name, report.Release.Versions[0].Rows)
			}
		}
		if rows := report.Release.Versions[0].Rows; !released[rows] {
			released[rows] = true
			next <- struct{}{}
		}
		return nil
	}
	b.build(t, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 2; n <= most; n++ {
			time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
			b.build(t, n)
			if n%5 == 0 { // however busy the machine is, some releases are made between the builds
				<-next
			}
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if err := publish(); err != nil {
			if refused++; gold.CodeOf(err) != gold.CodeSourceChanged && gold.CodeOf(err) != gold.CodeLakeBuilding {
				t.Errorf("%v (%s)", err, gold.CodeOf(err))
			}
		}
	}
	if err := publish(); err != nil || !released[most] || len(released) < most/5 {
		t.Errorf("%v: released %v of %d builds", err, released, most)
	}
	t.Logf("%d of %d builds released, %d publishes found one at work", len(released), most, refused)
}

// TestAReleaseSaysOfWhatItWasBuilt: the tables, files, SQL and parameters that its datasets were made of, and nothing of others.
func TestAReleaseSaysOfWhatItWasBuilt(t *testing.T) {
	b, r := newBuilds(t), builtModel(t)
	b.build(t, 3)
	r.Lake = fixture.OpenLake(t, b.folder)
	store := newStore(t)
	if _, err := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"}).Publish(t.Context(), *r); err != nil {
		t.Fatal(err)
	}
	release, err := store.Resolve(t.Context(), gold.Selector{Model: "stall"}) // as the store keeps it
	if err != nil {
		t.Fatal(err)
	}
	rows, three := int64(9), int64(3)
	bills := []gold.LineageTable{
		{Name: "bronze.bills", ID: "bills-3", Files: 1, Bytes: 12, Listed: []gold.RawFile{{Path: "bills.csv", Bytes: 12, SHA256: strings.Repeat("ab", 32)}}},
		{Name: "silver.bills", ID: "s", SQL: "sql/silver/bills.sql", SQLSHA256: strings.Repeat("cd", 32), Reads: []string{"bronze.bills"}, Parameters: []string{"cap"}, Rows: &rows, Rejected: 3},
	}
	for _, name := range []string{"sales", "text", "parts"} {
		want := &gold.Lineage{Build: "build-3", Engine: "duckdb 1.5.6", Parameters: map[string]string{"cap": "7"}, Tables: append(slices.Clone(bills), gold.LineageTable{
			Name: "gold." + name, Dataset: name, ID: name + "-3", SQL: "sql/gold/" + name + ".sql", SQLSHA256: strings.Repeat("01", 32), Reads: []string{"silver.bills"}, Rows: &three,
		})}
		if diff := cmp.Diff(want, release.LineageOf(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	// A derived dataset is made of what its own sources are.
	for _, d := range []gold.Dataset{{Name: "sums", Derive: &gold.Derive{From: "sales"}}, {Name: "shares", Derive: &gold.Derive{From: "sums"}}} {
		release.Versions = append(release.Versions, gold.Version{Dataset: d, Rows: 3})
	}
	l := release.LineageOf("shares")
	if l == nil || len(l.Tables) != 5 {
		t.Fatalf("%+v", l)
	}
	want := []gold.LineageTable{{Name: "sums", Dataset: "sums", Derived: true, Rows: &three, Reads: []string{"gold.sales"}}, {Name: "shares", Dataset: "shares", Derived: true, Rows: &three, Reads: []string{"sums"}}}
	if diff := cmp.Diff(want, l.Tables[3:]); diff != "" {
		t.Error(diff)
	}
	release.Lineage = nil // as an earlier version published it
	if l := release.LineageOf("shares"); l != nil {
		t.Errorf("%+v", l)
	}
}
