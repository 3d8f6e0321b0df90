package duckdb

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// fault is a failure as DuckDB tells it.
type fault struct {
	Type     string `json:"exception_type"` // Binder, Catalog, Conversion, IO, Out of Memory …
	Message  string `json:"exception_message"`
	Position string `json:"position"` // a byte of the statement; "": unknown
}

// crashed is the type of a fault of a child that ended without a word of JSON.
const crashed = "Crash"

func (f *fault) Error() string { return f.Type + " error: " + f.Message }

// position returns the byte of the statement where the fault is, or -1.
func (f *fault) position() int {
	n, err := strconv.Atoi(f.Position)
	if err != nil {
		return -1
	}
	return n
}

// parseFault finds the first fault in what a child wrote to stderr, or returns nil.
func parseFault(said string) *fault {
	for line := range strings.Lines(said) {
		at := strings.Index(line, `{"exception_type"`)
		if at < 0 {
			continue
		}
		f := &fault{}
		if err := json.Unmarshal([]byte(line[at:]), f); err == nil {
			return f
		}
	}
	return nil
}

// ofEngine says whether a fault is not the SQL's but its process's: it lacks memory or disk, crashed, or was killed.
func (f *fault) ofEngine() bool {
	return f.Type == crashed || f.Type == "Out of Memory" || f.Type == "INTERNAL" || f.Type == "FATAL"
}

// message is a fault in the words of the lake: its files as they are called there.
func (r *run) message(f *fault) string {
	m := strings.Join(strings.Fields(f.Message), " ") // one line, as problems are
	for _, s := range r.program.Sources {
		for _, file := range s.Files {
			m = strings.ReplaceAll(m, file.Path, "bronze/"+file.Name)
		}
	}
	return strings.ReplaceAll(m, r.program.Scratch+"/", "")
}

// tableError says that a table's statement failed. Its SQL begins at byte before of the statement; -1: the SQL isn't in it.
func (r *run) tableError(t *builder.Table, before int, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	if f.ofEngine() {
		m := r.message(f)
		if f.Type == "Out of Memory" {
			m += "; allow DuckDB more memory, or fewer threads, which use less of it"
		}
		return &gold.Error{Kind: gold.Internal, Code: gold.CodeBuildEngine, Message: fmt.Sprintf("%s.%s (%s): %s", t.Stage, t.Name, t.File, m)}
	}
	for _, s := range r.program.Sources {
		for _, file := range s.Files {
			if strings.Contains(f.Message, file.Path) {
				return gold.Invalidf(gold.Problem{File: "bronze/" + file.Name, Code: gold.CodeFileInvalid}, "%s", r.message(f))
			}
		}
	}
	if f.Type == "IO" { // what it reads and writes but for raw files is in the scratch folder
		return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeBuildFailed, Message: fmt.Sprintf("%s.%s: the scratch folder can't be used: %s", t.Stage, t.Name, r.message(f))}
	}
	at := -1
	if before >= 0 && f.position() >= before {
		at = f.position() - before
	}
	return sqlError(t, at, "%s", r.undeclared(t, r.message(f)))
}

// noColumn is how DuckDB says that a query reads a column that there isn't: perhaps of which alias, and which column.
var noColumn = regexp.MustCompile(`^(?:Referenced column|(?:Table|Values list) "([^"]*)" does not have a column named) "([^"]+)"`)

// undeclared adds to the message of an unknown column which columns the raw tables have that the query reads, and where they are declared.
func (r *run) undeclared(t *builder.Table, message string) string {
	found := noColumn.FindStringSubmatch(message)
	if found == nil {
		return message
	}
	of, column := found[1], strings.TrimPrefix(found[2], "_")
	message = strings.Replace(message, "Values list", "Table", 1) // as DuckDB calls a view of files
	for i, ref := range t.Query.References {
		alias := strings.Trim(cmp.Or(ref.Alias, ref.Name), `"`)
		s := slices.IndexFunc(r.program.Sources, func(s builder.Source) bool { return ref.Stage == builder.Bronze && s.Name == ref.Name })
		repeated := slices.ContainsFunc(t.Query.References[:i], func(o builder.Reference) bool { return o.Stage == ref.Stage && o.Name == ref.Name })
		if s < 0 || repeated && of == "" || of != "" && !strings.EqualFold(of, alias) {
			continue
		}
		var names []string
		for _, c := range r.program.Sources[s].Columns {
			names = append(names, c.Name)
		}
		if !slices.Contains(names, column) {
			message += fmt.Sprintf("; bronze.%[1]s has %[2]s: if its files have %[3]s, declare it under build: sources: %[1]s: columns in model.yaml", ref.Name, gold.Listed(names), quoted(column))
		}
	}
	return message
}

// sqlError says what is wrong with a table's SQL at byte at of its query; -1: somewhere.
func sqlError(t *builder.Table, at int, format string, args ...any) *gold.Error {
	p := gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL}
	if at >= 0 {
		before := t.Query.Text[:min(at, len(t.Query.Text))]
		p.Line += strings.Count(before, "\n")
		p.Column = len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	}
	return gold.Invalidf(p, format, args...)
}

// sourceError says that a source could not be opened.
func (r *run) sourceError(s builder.Source, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	if f.ofEngine() {
		return &gold.Error{Kind: gold.Internal, Code: gold.CodeBuildEngine, Message: "bronze." + s.Name + ": " + r.message(f)}
	}
	p := gold.Problem{File: "bronze/" + s.Files[0].Name, Code: gold.CodeFileInvalid}
	for _, file := range s.Files {
		if strings.Contains(f.Message, file.Path) {
			p.File = "bronze/" + file.Name
		}
	}
	if f.Type == "Binder" {
		p.Code = gold.CodeSchemaMissing
		for _, c := range s.Columns {
			if strings.Contains(f.Message, strconv.Quote(c.Name)) {
				p.Field = c.Name
			}
		}
	}
	return gold.Invalidf(p, "%s", r.message(f))
}
