package gold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The files in a folder of gold that say which build made it.
const (
	BuiltFile    = "_build.json"   // a BuildRecord: what the folder holds; written last
	BuildingFile = "_building"     // a Building: files are being replaced; written first, and removed once BuiltFile is written
	LineageFile  = "_lineage.json" // the build as OpenLineage tells it
)

// BuildRecord is what _build.json says: which build made the files of a folder of gold, and of what.
type BuildRecord struct {
	Model      string        `json:"model,omitempty"` // whose SQL made the tables
	Build      string        `json:"build"`           // its id
	Engine     BuildEngine   `json:"engine"`
	Parameters []BuildValue  `json:"parameters"` // in the model's order
	Sources    []BuiltSource `json:"sources"`    // that the tables read
	Tables     []BuiltTable  `json:"tables"`     // of all stages, each after those that it reads
	// Findings are where the raw files were not as their sources expect them. Slices with one of severity error, and later ones, were left out.
	Findings []Finding `json:"findings,omitempty"`
	// Earlier are the builds that made the stale tables: what is above is of the others.
	Earlier []BuildOrigin `json:"earlier,omitempty"`
}

// BuildOrigin is an earlier build, and of what it made its tables.
type BuildOrigin struct {
	Build      string        `json:"build"`
	Engine     BuildEngine   `json:"engine"`
	Parameters []BuildValue  `json:"parameters"`
	Sources    []BuiltSource `json:"sources"`
}

// BuildEngine names what ran a build's SQL: {"duckdb", "1.5.6"}.
type BuildEngine struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// String returns "duckdb 1.5.6".
func (e BuildEngine) String() string { return e.Name + " " + e.Version }

// BuildValue is the value that a parameter had.
type BuildValue struct {
	Name  string `json:"name"`
	Value string `json:"value"` // as text: 365, 2025-01-31T00:00:00Z
}

// BuiltSource is a raw table that a build read: bronze.<Name>.
type BuiltSource struct {
	Name  string      `json:"name"`
	ID    string      `json:"id"`    // of its files and how they are read: another one once either is
	Files []BuildFile `json:"files"` // paths below bronze
	// Carried is how many of the files were removed before, the first ones; their rows stay.
	Carried int `json:"carried,omitempty"`
	// Frozen says that the files of its slices don't change: a release keeps the hashes of them all.
	Frozen bool `json:"frozen,omitempty"`
	// Absent are the optional columns that no file has.
	Absent []string `json:"absent,omitempty"`
}

// RawFiles returns its files as a lineage lists them.
func (s *BuiltSource) RawFiles() []RawFile {
	files := make([]RawFile, len(s.Files))
	for i, f := range s.Files {
		files[i] = RawFile{f.Path, f.Bytes, f.SHA256}
	}
	return files
}

// BuiltTable is a table that a build's SQL made.
type BuiltTable struct {
	Stage      string      `json:"stage"` // silver, gold
	Name       string      `json:"name"`
	Stale      string      `json:"stale,omitempty"` // the earlier build that made it; a build of a selection left it though what it is made of changed
	ID         string      `json:"id"`              // of all that it is made of: another one once any of that is
	SQL        string      `json:"sql"`             // its file: sql/silver/achats.sql
	SQLSHA256  string      `json:"sql_sha256"`      // of its bytes
	Inputs     []string    `json:"inputs"`          // the tables that it reads: bronze.achats, silver.clients
	Parameters []string    `json:"parameters"`      // names of those that it reads
	Columns    []BuildType `json:"columns,omitempty"`
	Path       string      `json:"file,omitempty"` // of a file that is named by the newest slice: sales/sales_{ts}.csv
	Rows       int64       `json:"rows"`
	// RowsIn and Rejected are of tables with a quarantine alone.
	RowsIn     int64            `json:"rows_in,omitempty"`
	Rejected   map[string]int64 `json:"rejected,omitempty"` // by reason
	Files      []BuildFile      `json:"files"`              // paths below the stage's folder; none of a temporary table
	Past       []BuildFile      `json:"past,omitempty"`     // of earlier builds, named by other slices
	Aged       int              `json:"aged,omitempty"`     // how many files of old slices were removed, and lack here; Rows has their rows
	Quarantine []BuildFile      `json:"quarantine,omitempty"`
}

// FullName returns the name with the stage: gold.ca_monthly.
func (t *BuiltTable) FullName() string { return t.Stage + "." + t.Name }

// BuildType is a column of a table that a build made, with the engine's type.
type BuildType struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// BuildFile is a file that a build read or wrote.
type BuildFile struct {
	Path   string `json:"path"` // with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`          // hexadecimal
	Token  string `json:"token,omitempty"` // of the version that was written; it changes when the file does
}

// Write writes the record as _build.json holds it: each file on a line of its own, of which there may be many.
func (r *BuildRecord) Write(w io.Writer) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(lined(text.Bytes(), 4))
	return err
}

// lined breaks JSON without white space into lines, one for each key and value that lies in at most so many objects and lists.
func lined(text []byte, most int) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	depth, quoted := 0, false
	line := func() {
		if depth <= most {
			out = append(append(out, '\n'), bytes.Repeat([]byte("  "), depth)...)
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted:
			out = append(out, c)
			if c == '\\' {
				i++
				out = append(out, text[i])
			}
			quoted = c != '"'
		case (c == '{' || c == '[') && text[i+1] != c+2:
			depth++
			out = append(out, c)
			line()
		case (c == '}' || c == ']') && text[i-1] != c-2:
			if depth--; depth < most {
				line()
			}
			out = append(out, c)
		case c == ',':
			out = append(out, c)
			if line(); depth > most {
				out = append(out, ' ')
			}
		case c == ':':
			out = append(out, c, ' ')
		default:
			out = append(out, c)
			quoted = c == '"'
		}
	}
	return out
}

// MostBuildRecord is the largest _build.json that is read, in bytes.
const MostBuildRecord = 64 << 20

// ParseBuildRecord reads what _build.json holds. Files are removed by it: so each of a table lies below the folder of its stage, and has
// the table's name: sales.parquet, or sales.parquet/part-00000.parquet, or sales/year=2025/part-00000.parquet.
func ParseBuildRecord(data []byte) (*BuildRecord, error) {
	r := &BuildRecord{}
	if len(data) > MostBuildRecord {
		return nil, fmt.Errorf("it has %s, and at most %s are read", RoundedBytes(int64(len(data))), RoundedBytes(MostBuildRecord))
	}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, err
	}
	for i := range r.Tables {
		if err := r.Tables[i].check(); err != nil {
			return nil, fmt.Errorf("tables[%d]: %w", i, err)
		}
	}
	return r, nil
}

// check returns an error where a table's name or files can't be those of a build.
func (t *BuiltTable) check() error {
	if t.Stage != "silver" && t.Stage != "gold" {
		return fmt.Errorf("the stage is %q: expected silver or gold", t.Stage)
	}
	if !localPath(t.Name) || strings.Contains(t.Name, "/") {
		return fmt.Errorf("the name is %q: expected a table's, such as sales", t.Name)
	}
	if after, ok := strings.CutPrefix(strings.TrimPrefix(t.Path, t.Name+"/"), t.Name); t.Path != "" && (!ok || !patternName.MatchString(after)) {
		return fmt.Errorf("%s: file is %q: expected a name with the place of a time, such as %s_{ts}.csv", t.FullName(), t.Path, t.Name)
	}
	for _, files := range [][]BuildFile{t.Files, t.Past, t.Quarantine} {
		for _, f := range files {
			first, _, _ := strings.Cut(f.Path, "/")
			if !localPath(f.Path) || first != t.Name && !strings.HasPrefix(first, t.Name+".") && !slicedName(first, t.Name) {
				return fmt.Errorf("%s: path is %q: expected a path below the lake's folder that begins with the table's name, such as %s.parquet", t.FullName(), f.Path, t.Name)
			}
		}
	}
	return nil
}

// patternName is what follows the table's name in the name of a file that is named by the newest slice.
var patternName = regexp.MustCompile(`^_\{ts\}\.[a-z0-9]+$`)

// slicedName reports whether a file is that of one slice of a table: sales_20251113T103500.csv.
func slicedName(file, table string) bool {
	rest, ok := strings.CutPrefix(file, table+"_")
	if slice, ending, dotted := strings.Cut(rest, "."); ok && dotted && ending != "" {
		_, err := time.Parse("20060102T150405", slice)
		return err == nil
	}
	return false
}

// localPath reports whether a path with slashes, in its one form, leads to a file of a table below a folder.
func localPath(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name[:1], "_.") && !strings.Contains(name, "\\") && filepath.IsLocal(filepath.FromSlash(name))
}

// Building is what _building says while a build replaces files.
type Building struct {
	Build  string      `json:"build"`
	Since  time.Time   `json:"since"`
	Engine BuildEngine `json:"engine"`
}

// Lineage returns of what a build made some datasets; datasets holds the names of the tables whose files they are read from. packed says that
// packs are made of them, which may have copies of the raw files.
func (r *BuildRecord) Lineage(datasets map[string]string, packed bool) *Lineage {
	l := &Lineage{Build: r.Build, Engine: r.Engine.String(), Parameters: map[string]string{}, Datasets: datasets}
	for i := range r.Sources {
		s := &r.Sources[i]
		t := LineageTable{Name: RawStage + s.Name, ID: s.ID, Files: len(s.Files), Absent: s.Absent}
		most := mostListed
		if s.Frozen || packed {
			most = mostNeeded
		}
		for _, f := range s.Files {
			t.Bytes += f.Bytes
		}
		t.Listed = s.RawFiles()[:min(most, len(s.Files))]
		l.Tables = append(l.Tables, t)
	}
	for i := range r.Tables {
		b := &r.Tables[i]
		t := LineageTable{Name: b.FullName(), ID: b.ID, SQL: b.SQL, SQLSHA256: b.SQLSHA256, Parameters: b.Parameters, Reads: b.Inputs, Rows: &b.Rows}
		for _, n := range b.Rejected {
			t.Rejected += n
		}
		l.Tables = append(l.Tables, t)
	}
	for _, p := range r.Parameters {
		l.Parameters[p.Name] = p.Value
	}
	return l.above(slices.Collect(maps.Values(datasets)))
}
