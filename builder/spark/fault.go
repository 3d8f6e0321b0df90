package spark

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"goldserve/builder"
	"goldserve/gold"
)

// statement is a query in which the tables have the names of their views. An edit is where that changed the text.
type statement struct {
	text  string
	edits []edit
}

type edit struct{ start, end, was int } // of the new text, and the length of the old one

// rewritten names the views that a query reads. Who reads a table without an alias still calls its columns by its name.
func rewritten(q builder.Query) statement {
	var s statement
	var b strings.Builder
	at := 0
	for _, ref := range q.References {
		b.WriteString(q.Text[at:ref.Start])
		start := b.Len()
		b.WriteString(name(view(ref.Stage, ref.Name)))
		if ref.Alias == "" {
			b.WriteString(" AS " + name(ref.Name))
		}
		s.edits = append(s.edits, edit{start, b.Len(), ref.End - ref.Start})
		at = ref.End
	}
	s.text = b.String() + q.Text[at:]
	return s
}

// position returns the byte of the query where a byte of its statement was.
func (s statement) position(at int) int {
	longer := 0
	for _, e := range s.edits {
		if at < e.end {
			return min(at, e.start) - longer // in the name: where it begins
		}
		longer += e.end - e.start - e.was
	}
	return at - longer
}

// Where Spark says that an error is: while it analyzes, parses, and runs a statement. Lines are from 1; positions from 0, the last one from 1.
var (
	analyzed = regexp.MustCompile(`(?s)^(.*?);? line (\d+),? pos (\d+)\b`)
	parsed   = regexp.MustCompile(`(?s)^(.*?) ?\(line (\d+), pos (\d+)\)`)
	executed = regexp.MustCompile(`(?s)^(.*?)\n?== SQL \(line (\d+), position (\d+)\) ==`)
)

// place splits what Spark says into its message, without its plans, and the line and position of the statement; 0: unknown.
func (f *fault) place() (what string, line, position int) {
	what = f.message
	for i, form := range []*regexp.Regexp{executed, parsed, analyzed} {
		m := form.FindStringSubmatch(f.message)
		if m == nil {
			continue
		}
		what = m[1]
		line, _ = strconv.Atoi(m[2])
		position, _ = strconv.Atoi(m[3])
		if i == 0 {
			position--
		}
		break
	}
	what, _, _ = strings.Cut(what, "\n== ")
	lines := strings.Fields(strings.TrimSpace(what))
	return strings.Join(lines, " "), line, position
}

// ofEngine says whether a fault is not the SQL's but the server's, or its way's.
func (f *fault) ofEngine() bool {
	switch f.status {
	case statusUnavailable, statusUnauthenticated, statusDenied:
		return true
	}
	return strings.HasPrefix(f.class, "INVALID_HANDLE") || strings.Contains(f.message, "OutOfMemoryError")
}

// failed says that the server can't be asked, or has failed: the error of no table.
func (e *Engine) failed(err error) error {
	var known *gold.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	server := e.options.Remote.String()
	var f *fault
	if !errors.As(err, &f) {
		form := "the Spark server %s can't be reached, or was lost: %v. Check that it runs and that its URL is right%s, then build again: the lake is as it was"
		hint := " (with use_ssl=true, if it speaks TLS)"
		if e.options.Remote.TLS {
			hint = " (with a token or use_ssl=true, it must speak TLS)"
		}
		if isTrust(err) {
			form = "the Spark server %s has a certificate that this machine does not trust: %v. " +
				"Add its authority to this machine's certificates%s, and use the name that the certificate is for"
			hint = ", or name a file of them in SSL_CERT_FILE"
		}
		return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeBuildEngine, Err: err, Message: fmt.Sprintf(form, server, err, hint)}
	}
	what, _, _ := f.place()
	switch f.status {
	case statusUnauthenticated, statusDenied:
		return &gold.Error{
			Kind: gold.Invalid, Code: gold.CodeBuildEngine, Err: f,
			Message: fmt.Sprintf("the Spark server %s refuses the build: %s. Give its token as %s/;token=…", server, what, server),
		}
	case statusUnavailable:
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeBuildEngine, Err: f,
			Message: fmt.Sprintf("the Spark server %s is not available: %s. Build again when it is: the lake is as it was", server, what),
		}
	}
	return &gold.Error{Kind: gold.Internal, Code: gold.CodeBuildEngine, Err: f, Message: fmt.Sprintf("the Spark server %s has failed: %s", server, what)}
}

// sqlError says that a table's query failed, and where.
func (r *run) sqlError(t *builder.Table, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return r.tableError(t, err)
	}
	_, line, character := f.place()
	if line == 0 {
		return r.tableError(t, err)
	}
	before := t.Query.Text[:min(rewritten(t.Query).byteAt(line, character), len(t.Query.Text))]
	return r.errorAt(f, gold.Problem{
		File: t.File, Line: t.Query.FirstLine + strings.Count(before, "\n"),
		Column: utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1,
	})
}

// tableError says that a table failed in a statement that isn't its query, or somewhere in it.
func (r *run) tableError(t *builder.Table, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return r.engine.failed(err)
	}
	return r.errorAt(f, gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1})
}

// errorAt says that a fault is a source's, if it names one of its files, or the SQL's.
func (r *run) errorAt(f *fault, p gold.Problem) error {
	if f.ofEngine() {
		return r.engine.failed(f)
	}
	if e := r.fileError(f); e != nil {
		return e
	}
	what, _, _ := f.place()
	p.Code = gold.CodeBuildSQL
	return gold.Invalidf(p, "%s", r.words(what))
}

// byteAt returns the byte of the query at a line, from 1, and a character, from 0, of its statement.
func (s statement) byteAt(line, character int) int {
	start := 0
	for range line - 1 {
		next := strings.IndexByte(s.text[start:], '\n')
		if next < 0 {
			break
		}
		start += next + 1
	}
	at := start
	for _, c := range s.text[start:] {
		if character == 0 || c == '\n' {
			break
		}
		character--
		at += utf8.RuneLen(c)
	}
	return s.position(at)
}

// words are Spark's, with the tables and files as the lake calls them.
func (r *run) words(what string) string {
	for _, step := range r.program.Steps {
		t := step.Table
		what = strings.ReplaceAll(what, view(t.Stage, t.Name), string(t.Stage)+"."+t.Name)
	}
	for _, s := range r.program.Sources {
		what = strings.ReplaceAll(what, view(builder.Bronze, s.Name), string(builder.Bronze)+"."+s.Name)
		for _, file := range s.Files {
			for _, form := range forms(r.there(file.Path)) {
				what = strings.ReplaceAll(what, form, "bronze/"+file.Name)
			}
		}
	}
	what = strings.ReplaceAll(what, ", `"+order+"`", "")
	return strings.ReplaceAll(what, r.scratch(""), "")
}

// forms are those in which Spark writes a path.
func forms(path string) []string {
	escaped := told(path)
	return []string{path, strings.Replace(escaped, "file:/", "file:///", 1), strings.Replace(path, "file:///", "file:/", 1), escaped}
}

// fileError says that a source's file can't be read, or all of the lake, or returns nil where a fault names none.
func (r *run) fileError(f *fault) error {
	if e := r.storageError(f); e != nil {
		return e
	}
	for _, s := range r.program.Sources {
		for _, file := range s.Files {
			for _, form := range forms(r.there(file.Path)) {
				if strings.Contains(f.message, form) {
					what, _, _ := f.place()
					return gold.Invalidf(gold.Problem{File: "bronze/" + file.Name, Code: gold.CodeFileInvalid}, "%s", r.words(what))
				}
			}
		}
	}
	return nil
}

// sourceError says that a source can't be opened.
func (r *run) sourceError(s builder.Source, err error) error {
	var f *fault
	if !errors.As(err, &f) || f.ofEngine() {
		return r.engine.failed(err)
	}
	if e := r.fileError(f); e != nil {
		return e
	}
	what, _, _ := f.place()
	return gold.Invalidf(gold.Problem{File: "bronze/" + s.Files[0].Name, Code: gold.CodeFileInvalid}, "%s", r.words(what))
}
