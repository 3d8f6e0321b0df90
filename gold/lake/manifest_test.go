package lake

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

// manifestOf describes the files of some tables of a lake, as a text that ReadManifest takes.
func manifestOf(t *testing.T, dir string, specs ...Spec) *Manifest {
	t.Helper()
	m := &Manifest{name: "manifest.json", byPath: map[string]*ManifestFile{}, met: map[string]bool{}}
	for _, s := range specs {
		table, err := mustOpen(t, dir).Table(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		files, err := table.Manifest(t.Context())
		if err := errors.Join(err, table.Close()); err != nil {
			t.Fatal(err)
		}
		for i := range files {
			m.byPath[files[i].Path] = &files[i]
		}
	}
	return m
}

// problemsOf opens a table and returns the problems of integrity_failed, nil where it opens; any other error is fatal.
func problemsOf(t *testing.T, dir string, s Spec) []string {
	t.Helper()
	table, err := mustOpen(t, dir).Table(t.Context(), s)
	if err == nil {
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		return nil
	}
	var e *gold.Error
	if !errors.As(err, &e) || e.Kind != gold.Invalid || e.Code != gold.CodeIntegrityFailed {
		t.Fatalf("not integrity_failed: %v", err)
	}
	var texts []string
	for _, p := range e.Problems {
		texts = append(texts, p.File+": "+p.Detail)
	}
	return texts
}

// TestEveryFlippedByteIsFound flips each byte of a file that has no page checksums: without the manifest many of them are
// silent, with it none is, and nothing of the file is decoded.
func TestEveryFlippedByteIsFound(t *testing.T) {
	original, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "ca_country.parquet")
	write := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(original)
	spec := Spec{Dataset: known("ca_country")}
	manifest := manifestOf(t, dir, spec)
	spec.Manifest = manifest
	if problems := problemsOf(t, dir, spec); problems != nil {
		t.Fatalf("the file itself: %v", problems)
	}
	silent := 0
	for at := range original {
		flipped := append([]byte{}, original...)
		flipped[at] ^= 1 << (at % 8)
		write(flipped)
		problems := problemsOf(t, dir, spec)
		if len(problems) != 1 || !strings.HasPrefix(problems[0], "ca_country.parquet: changed: the SHA-256 of its bytes is ") {
			t.Fatalf("byte %d: %v", at, problems)
		}
		if readsWhole(t, dir, Spec{Dataset: spec.Dataset}) {
			silent++
		}
	}
	if silent == 0 {
		t.Error("every flip is found without a manifest: the test proves nothing")
	}
	t.Logf("%d of %d flips are silent without a manifest", silent, len(original))
}

// readsWhole reports whether a table opens and is read without an error.
func readsWhole(t *testing.T, dir string, s Spec) bool {
	t.Helper()
	table, err := mustOpen(t, dir).Table(t.Context(), s)
	if err != nil {
		return false
	}
	_, err = table.Read(t.Context(), Read{}, func(int, *gold.Batch, int64) error { return nil })
	if closeErr := table.Close(); closeErr != nil {
		t.Fatal(closeErr)
	}
	return err == nil
}

// TestManifestOfAFolder: parts that are missing, added and changed are each named, at once.
func TestManifestOfAFolder(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	folder := filepath.Join(dir, "ca_country.parquet")
	write := func(name string, data []byte) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, name), data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"part-0", "part-1", "part-2", "_SUCCESS"} {
		write(name+map[bool]string{true: "", false: ".parquet"}[name == "_SUCCESS"], part)
	}
	spec := Spec{Dataset: known("ca_country")}
	spec.Manifest = manifestOf(t, dir, spec)
	if problems := problemsOf(t, dir, spec); problems != nil || spec.Manifest.Missing(t.Context(), mustOpen(t, dir)) != nil {
		t.Fatalf("the folder itself: %v", problems)
	}

	longer := append(append([]byte{}, part...), 0)
	changed := append([]byte{}, part...)
	changed[len(changed)/2] ^= 1
	write("part-0.parquet", longer)
	write("part-1.parquet", changed)
	write("part-3.parquet", []byte("no Parquet at all"))
	if err := os.Remove(filepath.Join(folder, "part-2.parquet")); err != nil {
		t.Fatal(err)
	}
	spec.Manifest.met = map[string]bool{}
	problems := problemsOf(t, dir, spec)
	want := []string{
		"ca_country.parquet/part-0.parquet: changed: it has ", "ca_country.parquet/part-1.parquet: changed: the SHA-256",
		"ca_country.parquet/part-3.parquet: added: the manifest manifest.json does not have it",
	}
	if len(problems) != len(want) {
		t.Fatalf("got %q", problems)
	}
	for i, start := range want {
		if !strings.HasPrefix(problems[i], start) {
			t.Errorf("got %q, want %q…", problems[i], start)
		}
	}
	err = spec.Manifest.Missing(t.Context(), mustOpen(t, dir))
	if err == nil || gold.CodeOf(err) != gold.CodeIntegrityFailed || !strings.HasPrefix(err.Error(), "ca_country.parquet/part-2.parquet: missing: ") {
		t.Errorf("missing: %v", err)
	}
}

// TestAManifestOfManyParts: a folder of more parts than stay open is hashed and read all the same.
func TestAManifestOfManyParts(t *testing.T) {
	part, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	folder := filepath.Join(dir, "ca_country.parquet")
	if err := errors.Join(os.Mkdir(folder, 0o750), os.WriteFile(filepath.Join(folder, "_SUCCESS"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for i := range maxOpen + 2 {
		name := "part-" + gold.NewInt(int64(10_000+i)).String() + ".parquet"
		if err := os.WriteFile(filepath.Join(folder, name), part, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spec := Spec{Dataset: known("ca_country")}
	spec.Manifest = manifestOf(t, dir, spec)
	if !readsWhole(t, dir, spec) {
		t.Error("not read")
	}
}

func TestReadManifest(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for text, want := range map[string]string{
		`{"files": [], "run_id": 7}`: "",
		`{"files": [{"path": "a.parquet", "sha256": "` + strings.ToUpper(sum) + `"}]}`: "",
		`{}`:                       "m.json: the key files is missing: goldserve manifest writes it",
		"{\n\"files\": [\n{]":      "m.json:3:1: expected JSON",
		"{\n\"files\": {\"a\":1}}": "m.json:2:1: expected JSON",
		`{"files": [{"path": "../a", "sha256": "` + sum + `"}]}`:                                        `m.json: files[0]: path is "../a": expected a path below the lake`,
		`{"files": [{"path": "/a", "sha256": "` + sum + `"}]}`:                                          `m.json: files[0]: path is "/a"`,
		`{"files": [{"path": "a", "sha256": "abc"}]}`:                                                   `m.json: files[0] (a): sha256 is "abc": expected 64 hexadecimal digits`,
		`{"files": [{"path": "a", "sha256": "` + sum + `"}, {"path": "./a", "sha256": "` + sum + `"}]}`: "m.json: files[1]: ./a is there twice",
		`{"files": [{"path": "", "sha256": "` + sum + `"}, {"path": "b", "sha256": ""}]}`:               "the manifest m.json can't be used: 2 problems, the first: m.json: files[0]: ",
	} {
		_, err := ReadManifest("m.json", strings.NewReader(text))
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.HasPrefix(err.Error(), want) || gold.CodeOf(err) != gold.CodeIntegrityFailed):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	bad := `{"files": [{}` + strings.Repeat(`,{}`, 1000) + `]}`
	if _, err := ReadManifest("m.json", strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), ": 50 problems") {
		t.Errorf("files of nothing: %v, want 50 problems at most", err)
	}
	if _, err := ReadManifest("m.json", io.MultiReader(strings.NewReader("{"), failing{})); gold.KindOf(err) != gold.Unavailable {
		t.Errorf("a file that can't be read: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, os.ErrClosed }

// TestAManifestOfOtherRows: the same bytes with another number of rows are the manifest's mistake, and hide no problem of
// the schema.
func TestAManifestOfOtherRows(t *testing.T) {
	spec := Spec{Dataset: known("ca_country")}
	spec.Manifest = manifestOf(t, sampleGold(t), spec)
	spec.Manifest.byPath["ca_country.parquet"].Rows = new(int64(9))
	if problems := problemsOf(t, sampleGold(t), spec); len(problems) != 1 || !strings.Contains(problems[0], "it has 8 rows, the manifest says 9") {
		t.Errorf("got %v", problems)
	}
	wrong := Spec{Dataset: dataset("ca_country", "pays:t revenue:f"), Manifest: spec.Manifest}
	wantError(t, openTable(t, sampleGold(t), wrong), gold.Invalid, gold.CodeSchemaMissing, "column revenue")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mustOpen(t, sampleGold(t)).Table(ended, spec); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
