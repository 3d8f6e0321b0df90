package eco

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/filelock"
)

// mostProblems is how many are reported of one file.
const mostProblems = 20

// mostBytes limits a file, once it is decompressed.
const mostBytes = 1 << 30

// mostAmount limits values: more than all electricity of the world in a year is a mistake.
const mostAmount = 1e14

// run is a row of a file: one run, or what it had used so far.
type run struct {
	file, id string
	line     int
	fields   Row // in the order of Columns; empty where the file hasn't the column
	at       time.Time
	duration float64 // seconds
	energy   float64 // kWh
	kg       float64 // CO2e
}

// Source is a file of a report.
type Source struct {
	Path    string
	Rows    int
	Missing []string // columns of CodeCarbon 3.3's that it hasn't
	Other   []string // columns that are none of them, which a report leaves out
}

// FilesOf returns the files of emissions that folders and files name, by path: of a folder its emissions.csv, and files whose names begin
// so, as programs rotate and rename them. Its error names a path where there is none.
func FilesOf(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		before := len(files)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), FileName) && !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s has no %s", path, FileName)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// read reads a file. Its error is Invalid emissions_invalid with a problem for each thing that is wrong.
func read(path string) (runs []run, source Source, err error) {
	source.Path = path
	body, err := open(path)
	if err != nil {
		return nil, source, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	r := csv.NewReader(body)
	r.FieldsPerRecord = -1 // a row that has too few or too many is told in our words
	t := &table{path: path}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
			t.problem(syntax.Line, "", "%s, at character %d: write the file again, or correct the line", syntax.Err, syntax.Column)
			break
		}
		if err != nil {
			return nil, source, gold.Errorf(gold.Invalid, gold.CodeEmissionsInvalid, "%s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		if t.header == nil {
			t.begin(line, fields)
		} else if run, ok := t.run(line, fields); ok {
			runs = append(runs, run)
		}
		if t.header == nil || len(t.problems) > mostProblems {
			break
		}
	}
	if t.header == nil && len(t.problems) == 0 && !t.empty() {
		t.problem(1, "", "expected CodeCarbon's columns")
	}
	source.Rows, source.Missing, source.Other = len(runs), t.missing, t.other
	if len(t.problems) > 0 {
		return nil, source, gold.InvalidAll(t.problems[:min(len(t.problems), mostProblems)])
	}
	return runs, source, nil
}

// table reads the rows of a file.
type table struct {
	path           string
	header         []string
	at             []int // of each field its place in Columns; -1: none
	missing, other []string
	problems       []gold.Problem
}

// empty reports whether the file has nothing, as one that a program has just made.
func (t *table) empty() bool {
	info, err := os.Stat(t.path)
	return err == nil && info.Size() == 0
}

func (t *table) problem(line int, column, format string, args ...any) {
	t.problems = append(t.problems, gold.Problem{File: t.path, Line: line, Field: column, Code: gold.CodeEmissionsInvalid, Detail: fmt.Sprintf(format, args...)})
}

// begin reads the names of the columns. Files of older versions of CodeCarbon have fewer, and called run_id experiment_id.
func (t *table) begin(line int, header []string) {
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	seen := map[string]bool{}
	for _, name := range header {
		if seen[name] {
			t.problem(line, name, "the column is there twice")
		}
		seen[name] = true
		t.at = append(t.at, slices.Index(Columns, name))
		if !slices.Contains(Columns, name) {
			t.other = append(t.other, name)
		}
	}
	for _, name := range Columns {
		if !seen[name] {
			t.missing = append(t.missing, name)
		}
	}
	for _, name := range []string{"timestamp", "project_name", "duration", "emissions", "energy_consumed"} {
		if !seen[name] {
			near := gold.Nearest(name, header)
			t.problems = append(t.problems, gold.Problem{File: t.path, Line: line, Field: name, Code: gold.CodeEmissionsInvalid, Detail: "the column is missing, which a file of emissions has", DidYouMean: near})
		}
	}
	if !seen["run_id"] && !seen["experiment_id"] {
		t.problem(line, "run_id", "the column is missing: without it, runs can't be told apart")
	}
	if len(t.problems) == 0 {
		t.header = header
	}
}

// run reads a row.
func (t *table) run(line int, fields []string) (r run, ok bool) {
	if len(fields) != len(t.header) {
		t.problem(line, "", "the row has %d fields and the file %d columns: remove the row if a program that was killed left it, or report again if one is writing it", len(fields), len(t.header))
		return run{}, false
	}
	before := len(t.problems)
	r = run{file: t.path, line: line, fields: make(Row, len(Columns))}
	for i, at := range t.at {
		if at >= 0 {
			r.fields[at] = strings.Clone(fields[i])
		}
	}
	if r.id = r.value("run_id"); r.id == "" {
		if r.id = r.value("experiment_id"); r.id == "" {
			t.problem(line, "run_id", "it is empty: expected the id of a run")
		}
	}
	r.at = t.time(line, r.value("timestamp"))
	r.duration, r.energy, r.kg = t.amount(line, &r, "duration"), t.amount(line, &r, "energy_consumed"), t.amount(line, &r, "emissions")
	for _, name := range []string{"cpu_energy", "gpu_energy", "ram_energy"} {
		if r.value(name) != "" {
			t.amount(line, &r, name)
		}
	}
	return r, len(t.problems) == before
}

// value returns a field by its column.
func (r *run) value(column string) string { return r.fields[slices.Index(Columns, column)] }

// amount reads a number that is 0 or more.
func (t *table) amount(line int, r *run, column string) float64 {
	text := r.value(column)
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case text == "":
		t.problem(line, column, "it is empty: expected a number")
	case errors.Is(err, strconv.ErrRange) || math.IsInf(x, 0) || x > mostAmount:
		t.problem(line, column, "%s is too much", text)
	case err != nil || math.IsNaN(x):
		t.problem(line, column, "%q is no number", text)
	case x < 0:
		t.problem(line, column, "%s is negative", text)
	default:
		return x
	}
	return 0
}

// time reads a time as CodeCarbon and pandas write it; it is the writer's local time.
func (t *table) time(line int, text string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.problem(line, "timestamp", "%q is no time: expected one such as 2026-03-01T12:00:00", text)
	return time.Time{}
}

// open opens a file, decompressed where its name says that it is compressed. Rows that are being appended are waited for.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(time.Second); errors.Is(filelock.Try(f, false), filelock.ErrLocked) && time.Now().Before(end); { // where it can't be locked, it is read as it is
		time.Sleep(5 * time.Millisecond)
	}
	var text io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(f); err != nil {
			_ = f.Close() // it was only read
			return nil, gold.Errorf(gold.Invalid, gold.CodeEmissionsInvalid, "%s: %w", path, err)
		}
	}
	return &limited{text, f, path, mostBytes}, nil
}

// limited is a file of which at most so many bytes are read.
type limited struct {
	io.Reader
	io.Closer
	path string
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("it has more than %s", gold.RoundedBytes(mostBytes))
	}
	return n, err
}
