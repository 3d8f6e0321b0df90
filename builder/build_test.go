package builder_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// shop is a small lake with a model, and DuckDB to build it.
type shop struct {
	t      *testing.T
	folder string
	duckdb string
	model  string
	sql    map[string]string
	set    map[string]string
	build  *gold.Build
	engine builder.Engine
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, model: "shop", build: shopBuild, folder: t.TempDir(), duckdb: storetest.DuckDB(t), sql: map[string]string{
		"silver/clients.sql": "SELECT c.id, c.nom FROM bronze.clients c WHERE c.id IS NOT NULL ORDER BY c.id",
		"silver/achats.sql": "-- goldserve: {quarantine: {source: achats, reasons: [no_amount, too_high, orphan]}}\n" +
			"SELECT a.id, a.client, a.montant, a._file, a._line,\n" +
			"  CASE WHEN a.montant IS NULL THEN 'no_amount' WHEN a.montant > param_most() THEN 'too_high' WHEN c.id IS NULL THEN 'orphan' END AS reason\n" +
			"FROM bronze.achats a LEFT JOIN silver.clients c ON c.id = a.client ORDER BY a.id",
		"gold/totals.sql":  "-- goldserve: {materialized: temporary}\nSELECT a.client, sum(a.montant) AS ca FROM silver.achats a GROUP BY a.client",
		"gold/ca.sql":      "SELECT c.nom, CAST(t.ca AS double) AS ca FROM gold.totals t JOIN silver.clients c ON c.id = t.client ORDER BY c.nom",
		"gold/clients.sql": "SELECT c.id, c.nom FROM silver.clients c ORDER BY c.id",
	}}
	s.engine = duckdb.New(duckdb.Options{Executable: s.duckdb, Threads: 1})
	s.raw("clients.parquet", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bob')) t(id, nom)")
	s.raw("achats.parquet", "SELECT * FROM (VALUES (1, 1, 10.5::DECIMAL(18,4)), (2, 1, 4.5), (3, 2, 99999), (4, 3, 1), (5, 2, NULL), (6, 2, 7)) t(id, client, montant)")
	return s
}

// raw writes a raw file.
func (s *shop) raw(name, sql string) {
	s.t.Helper()
	file := filepath.Join(s.folder, "bronze", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		s.t.Fatal(err)
	}
	if out, err := exec.CommandContext(s.t.Context(), s.duckdb, "-c", "COPY ("+sql+") TO '"+file+"' (FORMAT parquet)").CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %s", err, out)
	}
}

var shopBuild = &gold.Build{
	Parameters: []gold.Parameter{{Name: "most", Kind: gold.RawMoney, Default: "10000.0000"}},
	Sources: []gold.RawSource{
		{Name: "clients", Files: []string{"clients.*", "clients_*.*"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}, {Name: "nom", Kind: gold.RawText}}},
		{Name: "achats", Files: []string{"achats.*", "achats_*.*"}, Columns: []gold.RawColumn{
			{Name: "id", Kind: gold.RawWhole}, {Name: "client", Kind: gold.RawWhole}, {Name: "montant", Kind: gold.RawMoney},
		}},
	},
}

func (s *shop) readSQL() ([]*builder.Table, error) {
	fsys := fstest.MapFS{}
	for name, text := range s.sql {
		fsys["m/sql/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return builder.ReadSQL(fsys, "m", s.build)
}

// builder returns a builder of the lake as it is now.
func (s *shop) builder() *builder.Builder {
	s.t.Helper()
	tables, err := s.readSQL()
	if err != nil {
		s.t.Fatal(err)
	}
	at := func(name string) *place.Folder {
		f, err := place.NewFolder(filepath.Join(s.folder, name))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { _ = f.Close() })
		return f
	}
	root := at(".")
	return &builder.Builder{
		Model: s.model, Build: s.build, Tables: tables, Set: s.set, Engine: s.engine, Lander: parquetFiles(filepath.Join(s.folder, "bronze")),
		Lake: builder.Lake{Root: root, Silver: at("silver"), Quarantine: at("quarantine"), Gold: at("gold"), Scratch: filepath.Join(s.folder, "_scratch"), Lock: root.Lock},
		Now:  func() time.Time { return time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC) },
	}
}

// run builds, and returns the names of the tables that ran.
func (s *shop) run(o builder.Options) ([]string, error) {
	s.t.Helper()
	report, err := s.builder().Run(s.t.Context(), o, builder.Progress{})
	if err != nil {
		return nil, err
	}
	var ran []string
	for _, b := range report.Built {
		ran = append(ran, b.Table.FullName())
	}
	return ran, nil
}

// expect builds, and compares the tables that ran.
func (s *shop) expect(what, want string) {
	s.t.Helper()
	ran, err := s.run(builder.Options{})
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	if got := strings.Join(ran, " "); got != want {
		s.t.Errorf("%s: ran %q, want %q", what, got, want)
	}
	s.check(what)
}

// why returns the reasons of the plan, by table.
func (s *shop) why(o builder.Options) map[string]string {
	s.t.Helper()
	p, err := s.builder().Plan(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	why := map[string]string{}
	for _, t := range p.Tables {
		if t.Runs {
			why[t.Table.FullName()] = t.Why
		}
	}
	return why
}

// files returns the files of the lake but the raw ones, with their hashes.
func (s *shop) files() map[string]string {
	s.t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(s.folder, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(s.folder, path)
		if err != nil || e.IsDir() || strings.HasPrefix(name, "bronze") || name == place.LockFile {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		files[filepath.ToSlash(name)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

func (s *shop) record() *gold.BuildRecord {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.folder, "gold", gold.BuiltFile))
	if err != nil {
		s.t.Fatal(err)
	}
	r := &gold.BuildRecord{}
	if err := json.Unmarshal(data, r); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// check compares the lake with its record: these files with these hashes, and no others.
func (s *shop) check(what string) {
	s.t.Helper()
	want := map[string]string{}
	for _, t := range s.record().Tables {
		for _, f := range t.Files {
			want[t.Stage+"/"+f.Path] = f.SHA256
		}
		for _, f := range t.Quarantine {
			want["quarantine/"+f.Path] = f.SHA256
		}
	}
	got := s.files()
	for _, name := range []string{"gold/" + gold.BuiltFile, "gold/" + gold.LineageFile, "silver_report.json"} {
		if got[name] == "" {
			s.t.Errorf("%s: %s is missing", what, name)
		}
		delete(got, name)
	}
	for name := range got {
		if mark := filepath.Base(name) == "_SUCCESS"; mark && want[filepath.ToSlash(filepath.Dir(name))] == "" && filepath.Dir(filepath.Dir(name)) == "gold" {
			delete(got, name) // of a folder of parts
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s: the lake is not as recorded: -record +lake\n%s", what, diff)
	}
}

// rows returns a file's rows as DuckDB shows them in CSV.
func (s *shop) rows(name string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), s.duckdb, "-csv", "-noheader", "-c", "FROM '"+filepath.Join(s.folder, name)+"'").CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %s", err, out)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(out)), "\r", "")
}

func TestBuildRunsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := "silver.clients silver.achats gold.totals gold.ca gold.clients"
	s.expect("at first", all)
	if got := s.rows("gold/ca.parquet"); got != "Ann,15.0\nBob,7.0" {
		t.Errorf("got %q", got)
	}
	report, err := os.ReadFile(filepath.Join(s.folder, "silver_report.json"))
	want := "{\n  \"achats\": {\n    \"rows_in\": 6,\n    \"dropped\": {\n      \"no_amount\": 1,\n      \"too_high\": 1,\n      \"orphan\": 1\n    },\n    \"rows_out\": 3\n  },\n" +
		"  \"gold_rows\": {\n    \"ca\": 2,\n    \"clients\": 2\n  }\n}\n"
	if diff := cmp.Diff(want, string(report)); diff != "" || err != nil {
		t.Errorf("%v, report -want +got:\n%s", err, diff)
	}
	first := s.files()
	s.expect("again", "")
	if diff := cmp.Diff(first, s.files()); diff != "" {
		t.Errorf("a build without changes changed the lake:\n%s", diff)
	}
	s.sql["gold/clients.sql"] = "-- a comment is nothing new\n" + s.sql["gold/clients.sql"]
	s.expect("a comment", "")
	s.sql["gold/clients.sql"] += ", c.nom"
	s.expect("another SQL", "gold.clients")
	s.raw("achats_2.parquet", "SELECT 7 id, 1 client, 1::DECIMAL(18,4) montant")
	if diff := cmp.Diff(map[string]string{
		"silver.achats": "achats_2.parquet is new", "gold.totals": "gold.ca reads it", "gold.ca": "silver.achats changed",
	}, s.why(builder.Options{})); diff != "" {
		t.Error(diff)
	}
	s.expect("a new file", "silver.achats gold.totals gold.ca")
	if got := s.rows("gold/ca.parquet"); got != "Ann,16.0\nBob,7.0" {
		t.Errorf("got %q", got)
	}
	s.set = map[string]string{"most": "15.0000"}
	if why := s.why(builder.Options{})["silver.achats"]; why != "the parameter most changed: 15.0000, was 10000.0000" {
		t.Errorf("got %q", why)
	}
	s.set = nil
	must(t, os.Remove(filepath.Join(s.folder, "gold", "clients.parquet")))
	if why := s.why(builder.Options{}); !cmp.Equal(why, map[string]string{"gold.clients": "clients.parquet is missing in the lake"}) {
		t.Errorf("got %v", why)
	}
	s.expect("a lost file", "gold.clients")
	must(t, os.WriteFile(filepath.Join(s.folder, "silver", "achats.parquet"), []byte("junk"), 0o600))
	if why := s.why(builder.Options{})["silver.achats"]; why != "achats.parquet was changed in the lake" {
		t.Errorf("got %q", why)
	}
	s.expect("a changed file", "silver.achats")
	delete(s.sql, "gold/clients.sql")
	s.expect("a table less", "")
	if _, gone := s.files()["gold/clients.parquet"]; gone {
		t.Error("the file of a table that the model lost is still there")
	}
}

func TestBuildOfASelection(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, c := range []struct{ words, want string }{
		{"ca", "silver.clients silver.achats gold.totals gold.ca"},
		{"silver.*", "silver.clients silver.achats"},
		{"silver", "silver.clients silver.achats"},
		{"silver.clients+", "silver.clients silver.achats gold.totals gold.ca gold.clients"},
		{"+gold.clients", "silver.clients gold.clients"},
		{"gold.clients silver.achats", "silver.clients silver.achats gold.clients"},
		{"bronze.achats+", "silver.clients silver.achats gold.totals gold.ca"},
		{"bronze", ""},
	} {
		why := s.why(builder.Options{Select: strings.Fields(c.words)})
		var got []string
		for _, table := range []string{"silver.clients", "silver.achats", "gold.totals", "gold.ca", "gold.clients"} {
			if why[table] != "" {
				got = append(got, table)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.words, got, c.want)
		}
	}
	_, err := s.builder().Plan(t.Context(), builder.Options{Select: []string{"clint", "gold.x"}})
	if err == nil || !strings.Contains(err.Error(), "clint: no table") || !strings.Contains(err.Error(), "did you mean clients?") || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v", err)
	}
	ran, err := s.run(builder.Options{Select: []string{"gold.clients"}})
	if err != nil || strings.Join(ran, " ") != "silver.clients gold.clients" {
		t.Errorf("ran %v: %v", ran, err)
	}
	s.check("a selection")
	s.expect("the rest", "silver.achats gold.totals gold.ca")
	ran, err = s.run(builder.Options{Select: []string{"gold.ca"}, Full: true})
	if err != nil || strings.Join(ran, " ") != "gold.totals gold.ca" {
		t.Errorf("ran %v: %v", ran, err)
	}
}

// TestFailedBuildsLeaveTheLake: a build that fails anywhere before it replaces files changes none.
func TestFailedBuildsLeaveTheLake(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	before := s.files()
	good := s.sql["gold/ca.sql"]
	for what, change := range map[string]func(){
		"SQL that fails": func() { s.sql["gold/ca.sql"] = "SELECT nowhere FROM gold.totals" },
		"a reason that isn't listed": func() {
			s.sql["silver/achats.sql"] = strings.Replace(s.sql["silver/achats.sql"], "'orphan' END", "'orphans' END", 1)
		},
		"rows that get lost": func() {
			s.sql["silver/achats.sql"] = strings.Replace(s.sql["silver/achats.sql"], "LEFT JOIN", "JOIN", 1)
		},
		"files that change meanwhile": func() {
			s.engine = meddling{s.engine, func() { s.raw("achats_9.parquet", "SELECT 9 id, 1 client, 1::DECIMAL(18,4) montant") }}
		},
		"an engine that lies": func() { s.engine = meddling{nil, nil} },
	} {
		achats, engine := s.sql["silver/achats.sql"], s.engine
		s.sql["gold/ca.sql"] = "SELECT 1 AS x"
		change()
		if _, err := s.run(builder.Options{Full: true}); err == nil {
			t.Errorf("%s: no error", what)
		}
		if diff := cmp.Diff(before, s.files()); diff != "" {
			t.Errorf("%s: the lake changed: %s", what, diff)
		}
		s.sql["gold/ca.sql"], s.sql["silver/achats.sql"], s.engine = good, achats, engine
	}
}

// TestWhatIsInTheWayIsFoundBeforeAnythingIsReplaced: a folder where a file belongs, a file where a folder does, a folder that may not be
// written.
func TestWhatIsInTheWayIsFoundBeforeAnythingIsReplaced(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sql["gold/ca.sql"] = "-- goldserve: {partitionBy: [nom]}\n" + s.sql["gold/ca.sql"]
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	s.raw("clients.parquet", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bea'), (9, 'Cid')) t(id, nom)")
	s.raw("achats_2.parquet", "SELECT 7 id, 9 client, 1::DECIMAL(18,4) montant")
	for name, within := range map[string]string{
		"gold/clients.parquet": "/x", "gold/clients.parquet/": "", "silver_report.json": "/x", "gold/_lineage.json": "/x", "gold/ca": "", "gold/ca/nom=Bob/part-00000.parquet": "/x",
	} {
		at := filepath.Join(s.folder, name)
		aside := filepath.Join(s.folder, "bronze", "aside")
		moved := os.Rename(at, aside) == nil
		switch {
		case within != "":
			s.put(name+within, "x")
		case strings.HasSuffix(name, "/"):
			must(t, os.MkdirAll(at, 0o750))
		default:
			s.put(name, "x")
		}
		before := s.files()
		_, err := s.run(builder.Options{})
		if gold.CodeOf(err) != gold.CodeBuildFailed || !strings.Contains(err.Error(), filepath.FromSlash(strings.TrimSuffix(name, "/"))+" is a ") {
			t.Errorf("%s: got %v", name, err)
		}
		if diff := cmp.Diff(before, s.files()); diff != "" {
			t.Errorf("%s: the lake changed: %s", name, diff)
		}
		must(t, os.RemoveAll(at))
		if moved {
			must(t, os.Rename(aside, at))
		}
	}
	if os.Getuid() > 0 { // who may all, may write there
		for _, name := range []string{"gold", "quarantine", "gold/ca"} {
			must(t, os.Chmod(filepath.Join(s.folder, name), 0o500))
			before := s.files()
			if _, err := s.run(builder.Options{}); gold.CodeOf(err) != gold.CodeBuildFailed || !strings.Contains(err.Error(), "permission denied") {
				t.Errorf("%s: got %v", name, err)
			}
			if diff := cmp.Diff(before, s.files()); diff != "" {
				t.Errorf("%s: the lake changed: %s", name, diff)
			}
			must(t, os.Chmod(filepath.Join(s.folder, name), 0o700))
		}
	}
	s.expect("nothing in the way", "silver.clients silver.achats gold.totals gold.ca gold.clients")
}

// meddling is an engine beside which something else happens.
type meddling struct {
	builder.Engine
	meanwhile func()
}

func (m meddling) Version(ctx context.Context) (builder.Version, error) {
	if m.Engine == nil {
		return builder.Version{Name: "none", Number: "1"}, nil
	}
	return m.Engine.Version(ctx)
}

func (m meddling) Run(ctx context.Context, p *builder.Program, told func(builder.Built)) (builder.Usage, error) {
	if m.Engine == nil {
		return builder.Usage{}, nil
	}
	used, err := m.Engine.Run(ctx, p, told)
	m.meanwhile()
	return used, err
}

// A raw file that an engine can't read since it is being written to is told of as changed.
func TestAFileThatIsWrittenToWhileTheEngineReadsHasChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.engine = early{s.engine, func() {
		must(t, os.WriteFile(filepath.Join(s.folder, "bronze", "achats.parquet"), []byte("PAR1 half of it"), 0o600))
	}}
	if _, err := s.run(builder.Options{}); !errors.Is(err, syscall.ESTALE) {
		t.Errorf("got %v", err)
	}
	if _, err := s.run(builder.Options{}); gold.CodeOf(err) != gold.CodeFileInvalid {
		t.Errorf("a file that is wrong from the beginning: %v", err)
	}
}

// early is an engine before which something else happens.
type early struct {
	builder.Engine
	first func()
}

func (e early) Run(ctx context.Context, p *builder.Program, told func(builder.Built)) (builder.Usage, error) {
	e.first()
	return e.Engine.Run(ctx, p, told)
}

// TestBrokenOffBuildsAreMadeGood: whatever part of the files a build had replaced when it ended, the next one makes the lake whole.
func TestBrokenOffBuildsAreMadeGood(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	s.raw("achats_2.parquet", "SELECT 7 id, 1 client, 1::DECIMAL(18,4) montant")
	for after := 1; ; after++ {
		b := s.builder()
		count := 0
		ends := func(p builder.Place) builder.Place { return ending{p, &count, after} }
		b.Lake.Root, b.Lake.Silver, b.Lake.Quarantine, b.Lake.Gold = ends(b.Lake.Root), ends(b.Lake.Silver), ends(b.Lake.Quarantine), ends(b.Lake.Gold)
		_, err := b.Run(t.Context(), builder.Options{Full: true}, builder.Progress{})
		if err == nil {
			if after < 7 {
				t.Errorf("a build replaces %d files", after)
			}
			break
		}
		_, begun := s.files()["gold/"+gold.BuildingFile]
		if !begun && after > 2 {
			t.Errorf("after %d changes nothing says that a build was at work", after)
		}
		if _, err := s.run(builder.Options{}); err != nil {
			t.Fatal(err)
		}
		s.check("made good")
		if got := s.rows("gold/ca.parquet"); got != "Ann,16.0\nBob,7.0" {
			t.Errorf("after %d: got %q", after, got)
		}
	}
}

// ending is a place that takes no more changes after so many, as where the process was killed.
type ending struct {
	builder.Place
	count *int
	after int
}

var errEnded = errors.New("ended")

func (e ending) change() error {
	if *e.count++; *e.count >= e.after {
		return errEnded
	}
	return nil
}

func (e ending) Put(ctx context.Context, name, from string) (builder.Entry, error) {
	if err := e.change(); err != nil {
		return builder.Entry{}, err
	}
	return e.Place.Put(ctx, name, from)
}

func (e ending) Remove(ctx context.Context, name string) error {
	if err := e.change(); err != nil {
		return err
	}
	return e.Place.Remove(ctx, name)
}

func TestTwoBuildsExcludeEachOther(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.builder()
	unlock, err := b.Lake.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.run(builder.Options{})
	if gold.CodeOf(err) != gold.CodeBuildConflict || !strings.Contains(err.Error(), "process ") {
		t.Errorf("got %v", err)
	}
	if len(s.files()) != 0 {
		t.Error("the second build changed the lake")
	}
	must(t, unlock())
	if _, err = s.run(builder.Options{}); err != nil {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// parquetFiles finds the Parquet files of a folder by their names.
type parquetFiles string

func (p parquetFiles) Find(_ context.Context, sources []gold.RawSource) ([]builder.Raw, error) {
	found := make([]builder.Raw, 0, len(sources))
	for _, s := range sources {
		raw := builder.Raw{Source: s}
		for _, pattern := range s.Files {
			names, err := filepath.Glob(filepath.Join(string(p), pattern))
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				data, err := os.ReadFile(name)
				if err != nil {
					return nil, err
				}
				sum := sha256.Sum256(data)
				raw.Files = append(raw.Files, builder.RawFile{Name: filepath.Base(name), Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
				raw.ID += raw.Files[len(raw.Files)-1].SHA256
			}
		}
		found = append(found, raw)
	}
	return found, nil
}

func (p parquetFiles) Check(_ context.Context, found []builder.Raw) ([]builder.Raw, []gold.Finding, error) {
	return found, nil, nil
}

func (p parquetFiles) Land(_ context.Context, found []builder.Raw, _ func(builder.Landed)) ([]builder.Source, error) {
	stored := map[gold.RawKind]builder.Stored{gold.RawWhole: builder.StoredWhole, gold.RawText: builder.StoredText, gold.RawMoney: builder.StoredDecimal}
	sources := make([]builder.Source, 0, len(found))
	for _, raw := range found {
		s := builder.Source{Name: raw.Source.Name}
		for _, c := range raw.Source.Columns {
			s.Columns = append(s.Columns, builder.Column{Name: c.Name, Kind: c.Kind, Stored: stored[c.Kind]})
		}
		for _, f := range raw.Files {
			s.Files = append(s.Files, builder.File{Path: filepath.Join(string(p), f.Name), Name: f.Name})
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (p parquetFiles) Unchanged(ctx context.Context, found []builder.Raw) error {
	var sources []gold.RawSource
	for _, raw := range found {
		sources = append(sources, raw.Source)
	}
	now, err := p.Find(ctx, sources)
	if err == nil && !slices.EqualFunc(now, found, func(a, b builder.Raw) bool { return a.ID == b.ID }) {
		return syscall.ESTALE
	}
	return err
}

func (parquetFiles) Carry(context.Context, []builder.Raw, time.Duration) ([]builder.CarriedFiles, error) {
	return nil, nil
}

func (p parquetFiles) Tidy(context.Context, []builder.Raw) error { return nil }
