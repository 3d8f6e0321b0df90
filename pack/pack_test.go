package pack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/format"
	"goldserve/gold/lake"
	"goldserve/gold/sqlitestore"
	"goldserve/models"
	"goldserve/pack"
	"goldserve/publisher"
)

var update = flag.Bool("update", false, "write the golden digests")

// published publishes the sample of the learners model, and returns the store and the release with times and a lineage that stay.
func published(t *testing.T) (gold.Store, *gold.Release) {
	t.Helper()
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	m := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "learners" })]
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	source, err := lake.Open(t.Context(), "../models/learners/sample/gold")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test", Version: "v1"})
	if _, err := p.Publish(t.Context(), publisher.Request{Model: m, Lake: source}); err != nil {
		t.Fatal(err)
	}
	found, err := store.Resolve(t.Context(), gold.Selector{Model: "learners"})
	if err != nil {
		t.Fatal(err)
	}
	r := *found
	if r.Environment == nil || r.Environment.Goldserve != "v1" || r.Environment.Platform == "" || r.Pack == nil {
		t.Fatalf("environment %+v, pack %+v", r.Environment, r.Pack)
	}
	r.PublishedAt = time.Date(2026, 1, 21, 10, 35, 7, 120e6, time.UTC)
	r.Environment = &gold.Environment{Goldserve: "v1", Engine: "duckdb 1.5.6", Platform: "linux/amd64"}
	sum := func(text string) string {
		of := sha256.Sum256([]byte(text))
		return hex.EncodeToString(of[:])
	}
	n := int64(250)
	r.Lineage = &gold.Lineage{Build: "b1", Engine: "duckdb 1.5.6", Parameters: map[string]string{}, Datasets: map[string]string{"final_dataset": "gold.final_dataset"}, Tables: []gold.LineageTable{
		{Name: "bronze.profiles_by_user", ID: "p", Files: 1, Bytes: 7, Listed: []gold.RawFile{{Path: "profiles_by_user.csv", Bytes: 7, SHA256: sum("user_id")}}},
		{Name: "gold.final_dataset", ID: "f", SQL: "sql/gold/final_dataset.sql", SQLSHA256: sum("SELECT 1"), Reads: []string{"bronze.profiles_by_user"}, Rows: &n},
	}}
	return store, &r
}

func request(store gold.Store, r *gold.Release) pack.Request {
	return pack.Request{
		Release: r, Reader: store, As: format.CSV,
		SQL: func(string) ([]byte, error) { return []byte("SELECT 1"), nil },
		Raw: func(context.Context, string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("user_id")), nil
		},
	}
}

func mustMake(t *testing.T, r pack.Request) []byte {
	t.Helper()
	r.Scratch = t.TempDir()
	var out bytes.Buffer
	if _, err := pack.Make(t.Context(), r, &out); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(r.Scratch); err != nil || len(left) > 0 {
		t.Errorf("%v left in scratch: %v", left, err)
	}
	return out.Bytes()
}

// TestTheSameReleaseGivesTheSameBytes: a change of code that changes a pack's bytes must count pack.Format up, and then writes the golden
// digests with -update. So must a Go release whose deflate changed.
func TestTheSameReleaseGivesTheSameBytes(t *testing.T) {
	const golden = "testdata/digests.txt"
	store, r := published(t)
	lines := ""
	for _, as := range []format.Format{format.CSV, format.Parquet} {
		for _, language := range pack.Languages {
			q := request(store, r)
			q.As, q.Language = as, language
			first := mustMake(t, q)
			time.Sleep(time.Millisecond)
			if !bytes.Equal(first, mustMake(t, q)) {
				t.Errorf("%s %s: packed twice, the bytes differ", as, language)
			}
			sum := sha256.Sum256(first)
			lines += hex.EncodeToString(sum[:]) + " " + as.String() + " " + language + "\n"
			if v, err := pack.Verify(bytes.NewReader(first), int64(len(first))); err != nil || v.Rows != 250 || !v.Passed || v.RunID != "learners_r1_20260121_103507" {
				t.Errorf("verify: %+v %v", v, err)
			}
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != lines {
		t.Errorf("%v: got\n%swant\n%s", err, lines, want)
	}
}

// TestEntriesOfAPack: in byte order, with the release's time, without extra fields.
func TestEntriesOfAPack(t *testing.T) {
	store, r := published(t)
	data := mustMake(t, request(store, r))
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(f.Name, "/") {
			mode = fs.ModeDir | 0o755
		}
		if f.Mode() != mode || len(f.Extra) > 0 || !f.Modified.Equal(time.Date(2026, 1, 21, 10, 35, 6, 0, time.UTC)) {
			t.Errorf("%s: mode %v, extra %q, time %v", f.Name, f.Mode(), f.Extra, f.Modified)
		}
	}
	want := []string{
		"capstone/README.md", "capstone/data_dictionary.csv", "capstone/final_dataset.csv", "capstone/lineage.md", "capstone/manifest.json",
		"capstone/notebooks/", "capstone/outputs/", "capstone/processed/", "capstone/quality_report.json", "capstone/raw/SHA256SUMS",
		"capstone/raw/profiles_by_user.csv", "capstone/scripts/extract_api.py", "capstone/scripts/extract_sql.sql", "capstone/scripts/powerquery.m",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
}

// TestSkippedAndFailedChecks: the check of an optional column that no file had is left out; one that fails is in the pack.
func TestSkippedAndFailedChecks(t *testing.T) {
	store, r := published(t)
	for i := range r.Quality {
		r.Quality[i].Passed = r.Quality[i].Rule != "rows_ge_200" && r.Quality[i].Rule != "country_nonempty_ge_90pct"
	}
	r.Lineage.Tables[0].Absent = []string{"country"}
	text := contentOf(t, mustMake(t, request(store, r)), "quality_report.json")
	if want := "  \"checks\": {\n    \"user_id_unique\": true,\n    \"rows_ge_200\": false,\n    \"total_amount_non_negative\": true\n  },\n  \"passed\": false,\n  \"failed_checks\": [\n    \"rows_ge_200\"\n  ]\n}\n"; !strings.HasSuffix(text, want) {
		t.Errorf("got %s", text)
	}
}

func contentOf(t *testing.T, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(z, path.Join("capstone", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsNotPacked(t *testing.T) {
	store, r := published(t)
	for name, c := range map[string]struct {
		change func(q *pack.Request)
		code   gold.Code
		want   string
	}{
		"another raw file": {func(q *pack.Request) {
			q.Raw = func(context.Context, string) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("other")), nil
			}
		}, gold.CodeSourceChanged, "profiles_by_user.csv: it is not the file that release 1 of learners was made of"},
		"other SQL":        {func(q *pack.Request) { q.SQL = func(string) ([]byte, error) { return nil, errors.New("gone") } }, gold.CodeSourceChanged, "sql/gold/final_dataset.sql: it is not the file"},
		"dropped fields":   {func(q *pack.Request) { q.Dropped = func(string) []string { return []string{"email"} } }, gold.CodePackPersonal, "dataset final_dataset has personal data (email)"},
		"unknown dataset":  {func(q *pack.Request) { q.Datasets = []string{"learner"} }, gold.CodeUnknownDataset, "has no dataset learner: it has final_dataset"},
		"unknown language": {func(q *pack.Request) { q.Language = "de" }, gold.CodeInvalidValue, `the language is "de"`},
	} {
		q := request(store, r)
		c.change(&q)
		if _, err := pack.Make(t.Context(), q, io.Discard); gold.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	q := request(store, r)
	q.Personal = func(string) bool { return true }
	if text := contentOf(t, mustMake(t, q), "manifest.json"); !strings.Contains(text, `"omitted": "personal"`) || strings.Contains(text, "raw/profiles") {
		t.Errorf("personal: %s", text)
	}
}
