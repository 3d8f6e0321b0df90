package lake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"goldserve/gold"
)

// Manifest says which files a lake should have, with what bytes.
type Manifest struct {
	Files []ManifestFile `json:"files"`

	name   string    // of its own file
	built  bool      // by a build, as its _build.json
	also   *Manifest // that the files must correspond to too; nil: none
	byPath map[string]*ManifestFile
	mu     sync.Mutex
	met    map[string]bool // the paths that a table had
}

// manifestWords say what is wrong with files that differ, and what to do about it; %s is the manifest.
type manifestWords struct{ added, changed, missing string }

// words returns those of a manifest that somebody wrote, or a build.
func (m *Manifest) words() manifestWords {
	if m.built {
		return builtWords
	}
	return writtenWords
}

var writtenWords = manifestWords{
	added:   "added: the manifest %s does not have it: remove the file, or write the manifest again",
	changed: "the manifest says %s: write the file again, or the manifest",
	missing: "missing: the manifest %s has it: write the file, or the manifest again",
}

var builtWords = manifestWords{
	added: "added: the build that made this lake did not make it (%s does not list it): let the model's SQL make it and build again, or remove the file; " +
		"in a lake that goldserve no longer builds, remove %[1]s",
	changed: "the build that made it says %s (_build.json): run goldserve build again, which replaces it",
	missing: "missing: the build that made this lake made it (%s lists it): run goldserve build again",
}

func newManifest(name string) *Manifest {
	return &Manifest{name: name, byPath: map[string]*ManifestFile{}, met: map[string]bool{}}
}

// ManifestFile is one file of a manifest.
type ManifestFile struct {
	Path   string `json:"path"`   // in the lake, with slashes
	SHA256 string `json:"sha256"` // of its bytes, hexadecimal
	Bytes  *int64 `json:"bytes"`  // nil: not said
	Rows   *int64 `json:"rows"`   // nil: not said
}

// maxManifest is the largest manifest that is read, in bytes.
const maxManifest = 64 << 20

var sha256Pattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// ReadManifest reads a manifest: JSON with the key files. Other keys are left alone, so that a writer's own manifest may
// be one. name is its file's, for messages. Invalid integrity_failed lists all that is wrong with it.
func ReadManifest(name string, r io.Reader) (*Manifest, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeSourceUnreadable, "the manifest %s can't be read: %w", name, err)
	}
	invalid := func(problems ...gold.Problem) error {
		return integrityError("the manifest "+name+" can't be used", problems)
	}
	if len(data) > maxManifest {
		return nil, invalid(manifestProblem(name, 0, "it is larger than 64 MiB"))
	}
	m := newManifest(name)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, invalid(manifestProblem(name, lineOf(data, err), fmt.Sprintf("expected JSON such as {\"files\": [{\"path\": …, \"sha256\": …, \"bytes\": …, \"rows\": …}]}: %v", err)))
	}
	problems := m.index()
	if m.Files == nil {
		problems = append(problems, manifestProblem(name, 0, "the key files is missing: goldserve manifest writes it"))
	}
	if len(problems) > 0 {
		return nil, invalid(problems...)
	}
	return m, nil
}

// index finds the files by their paths, and returns what is wrong with them.
func (m *Manifest) index() []gold.Problem {
	var problems []gold.Problem
	const mostProblems = 50
	for i := range m.Files {
		if len(problems) == mostProblems {
			break
		}
		f := &m.Files[i]
		clean := path.Clean(f.Path)
		switch {
		case f.Path == "" || path.IsAbs(clean) || strings.HasPrefix(clean, "..") || strings.Contains(clean, "\\"):
			problems = append(problems, manifestProblem(m.name, 0, fmt.Sprintf("files[%d]: path is %q: expected a path below the lake, with slashes", i, f.Path)))
		case !sha256Pattern.MatchString(f.SHA256):
			problems = append(problems, manifestProblem(m.name, 0, fmt.Sprintf("files[%d] (%s): sha256 is %q: expected 64 hexadecimal digits", i, f.Path, f.SHA256)))
		case m.byPath[clean] != nil:
			problems = append(problems, manifestProblem(m.name, 0, fmt.Sprintf("files[%d]: %s is there twice", i, f.Path)))
		default:
			m.byPath[clean] = f
		}
	}
	return problems
}

// lineOf returns the line of a JSON error, 0 where it names none.
func lineOf(data []byte, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return 0
	}
	return 1 + bytes.Count(data[:offset], []byte("\n"))
}

func manifestProblem(file string, line int, detail string) gold.Problem {
	p := gold.Problem{File: file, Line: line, Code: gold.CodeIntegrityFailed, Detail: detail}
	if line > 0 {
		p.Column = 1
	}
	return p
}

// integrityError returns the Invalid error of files that are not those of the manifest.
func integrityError(what string, problems []gold.Problem) *gold.Error {
	e := &gold.Error{Kind: gold.Invalid, Code: gold.CodeIntegrityFailed, Problems: problems}
	if e.Message = problems[0].String(); len(problems) > 1 {
		e.Message = fmt.Sprintf("%s: %d problems, the first: %s", what, len(problems), e.Message)
	}
	return e
}

// differs reads an open file and says in what it is not the manifest's, nil for nothing. Nothing of it is decoded.
func (m *Manifest) differs(ctx context.Context, f *file) (*gold.Problem, error) {
	problem := func(format string, args ...any) *gold.Problem {
		return &gold.Problem{File: f.name(), Code: gold.CodeIntegrityFailed, Detail: fmt.Sprintf(format, args...)}
	}
	m.mu.Lock()
	m.met[f.name()] = true
	m.mu.Unlock()
	want := m.byPath[f.name()]
	switch {
	case want == nil:
		return problem(m.words().added, m.name), nil
	case want.Bytes != nil && *want.Bytes != f.info.Size:
		return problem("changed: it has %s, "+m.words().changed, gold.Counted(f.info.Size, "byte"), strconv.FormatInt(*want.Bytes, 10)), nil
	}
	sum, err := f.hash(ctx)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(sum, want.SHA256) {
		return problem("changed: the SHA-256 of its bytes is %s, "+m.words().changed, sum, want.SHA256), nil
	}
	if m.also != nil {
		return m.also.differs(ctx, f)
	}
	return nil, nil
}

// rows says in words where a file whose bytes are the manifest's has another number of rows; nil where it hasn't.
func (m *Manifest) rows(f *file) *gold.Problem {
	if want := m.byPath[f.name()].Rows; want != nil && *want != f.rows() {
		return &gold.Problem{File: f.name(), Code: gold.CodeIntegrityFailed, Detail: fmt.Sprintf(
			"it has %s, the manifest says %d, of the same bytes: write the manifest again", gold.Counted(f.rows(), "row"), *want)}
	}
	if m.also != nil {
		return m.also.rows(f)
	}
	return nil
}
