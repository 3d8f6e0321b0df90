package builder

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// The folder of a model's SQL, and the ending of its files.
const (
	sqlFolder = "sql"
	sqlSuffix = ".sql"
	maxSQL    = 1 << 20 // bytes of a file
)

// ReadSQL reads a model's SQL: the files sql/STAGE/NAME.sql of the folder dir. Every table comes after those that it reads. The error lists
// every problem of all files, with its line.
func ReadSQL(fsys fs.FS, dir string, b *gold.Build) ([]*Table, error) {
	r := &sqlReader{fsys: fsys, build: b}
	root := path.Join(dir, sqlFolder)
	entries, err := fs.ReadDir(fsys, root)
	if err != nil {
		return nil, gold.Errorf(gold.Invalid, gold.CodeBuildSQL, "%s: the folder can't be read: %s: expected the files %s/silver/NAME.sql and %s/gold/NAME.sql", root, yaml.Reason(err), root, root)
	}
	for _, e := range entries {
		stage := Stage(e.Name())
		switch {
		case beside(e):
		case !e.IsDir():
			r.wrong(path.Join(root, e.Name()), 0, 0, "", "the file belongs in the folder of its stage, as %s/silver/NAME.sql or %s/gold/NAME.sql", root, root)
		case !slices.Contains(sqlStages, stage):
			r.wrong(path.Join(root, e.Name()), 0, 0, gold.Nearest(e.Name(), stageNames()), "there is no such stage: expected one of %s", strings.Join(stageNames(), ", "))
		default:
			r.stage(root, stage)
		}
	}
	if len(r.tables) == 0 && len(r.problems) == 0 {
		r.wrong(root, 0, 0, "", "the folder holds no SQL: expected files such as %s/gold/NAME.sql", root)
	}
	if len(r.problems) == 0 {
		r.check()
	}
	if len(r.problems) > 0 {
		return nil, r.invalid()
	}
	return ordered(r.tables)
}

// sqlStages are the stages that SQL makes, in their order.
var sqlStages = []Stage{Generate, Silver, Gold}

func stageNames() []string {
	names := make([]string, len(sqlStages))
	for i, s := range sqlStages {
		names[i] = string(s)
	}
	return names
}

// sqlReader reads the SQL of a model.
type sqlReader struct {
	fsys     fs.FS
	build    *gold.Build
	tables   []*Table
	problems []gold.Problem
}

func (r *sqlReader) wrong(file string, line, column int, near, format string, args ...any) {
	p := gold.Invalidf(gold.Problem{File: file, Line: line, Column: column, Code: gold.CodeBuildSQL, DidYouMean: near}, format, args...)
	r.problems = append(r.problems, p.Problems...)
}

// invalid returns all problems, by file and line.
func (r *sqlReader) invalid() error {
	slices.SortStableFunc(r.problems, func(a, b gold.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return gold.InvalidAll(r.problems)
}

// stage reads the files of a stage, by name.
func (r *sqlReader) stage(root string, stage Stage) {
	folder := path.Join(root, string(stage))
	entries, err := fs.ReadDir(r.fsys, folder)
	if err != nil {
		r.wrong(folder, 0, 0, "", "the folder can't be read: %s", yaml.Reason(err))
		return
	}
	for _, e := range entries {
		file := path.Join(folder, e.Name())
		name, ok := strings.CutSuffix(e.Name(), sqlSuffix)
		switch same := func(t *Table) bool { return t.Stage == stage && strings.EqualFold(t.Name, name) }; {
		case beside(e):
		case e.IsDir():
			r.wrong(file, 0, 0, "", "a folder within that of a stage isn't read: expected the files %s/NAME.sql", folder)
		case !ok:
			r.wrong(file, 0, 0, "", "the file isn't read: expected a name such as %s, or the text beside SQL as .md", sqlName(e.Name()))
		case !yaml.IsIdentifier(name):
			r.wrong(file, 0, 0, "", "the file's name, which is the table's, can't be a name: expected %s", yaml.IdentifierWords)
		case slices.ContainsFunc(r.tables, same):
			r.wrong(file, 0, 0, "", "there is already a table with this name: SQL ignores case in names")
		default:
			text, err := readSmall(r.fsys, file)
			if err != nil {
				r.wrong(file, 0, 0, "", "the file can't be read: %s", yaml.Reason(err))
				continue
			}
			r.tables = append(r.tables, r.table(file, stage, name, text))
		}
	}
}

// beside reports whether an entry of a folder of SQL is there for people and their tools: text in Markdown, and what is hidden.
func beside(e fs.DirEntry) bool {
	return strings.HasPrefix(e.Name(), ".") || !e.IsDir() && strings.EqualFold(path.Ext(e.Name()), ".md")
}

// sqlName is the name that a file of SQL would have.
func sqlName(name string) string { return strings.TrimSuffix(name, path.Ext(name)) + sqlSuffix }

// readSmall reads a file of SQL.
func readSmall(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxSQL {
		return nil, errors.New("it is larger than 1 MiB")
	}
	text, err := fs.ReadFile(fsys, name)
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}

// table reads one file.
func (r *sqlReader) table(file string, stage Stage, name string, sql []byte) *Table {
	sum := sha256.Sum256(sql)
	t := &Table{Stage: stage, Name: name, File: file, SHA256: hex.EncodeToString(sum[:]), Format: "parquet"}
	t.header(r, sql)
	query, errs := ParseQuery(string(sql))
	for _, e := range errs {
		r.problems = append(r.problems, e.problem(file))
	}
	t.Query = query
	return t
}

func (e *sqlError) problem(file string) gold.Problem {
	return gold.Problem{File: file, Line: e.line, Column: e.column, Code: gold.CodeBuildSQL, Detail: e.detail, DidYouMean: e.near}
}

// ParseQuery reads the one statement of a file of SQL, and finds the tables and parameters that it reads.
func ParseQuery(sql string) (Query, []*sqlError) {
	tokens, e := tokenize(sql)
	if e != nil {
		return Query{}, []*sqlError{e}
	}
	q := Query{FirstLine: 1}
	r := &queryReader{sql: sql, tokens: tokens, query: &q}
	r.statement()
	if len(r.errors) > 0 {
		return Query{}, r.errors
	}
	e = q.emit(sql, r.tokens)
	if e != nil {
		return Query{}, []*sqlError{e}
	}
	return q, nil
}

// Unordered is the query without its ORDER BY, for what doesn't depend on the order of its rows.
func (q *Query) Unordered() string {
	if q.Order == 0 {
		return q.Text
	}
	return q.Text[:q.Order]
}

// emit sets the query's text: the tokens with the white space between them, in which comments are spaces, and the line breaks of all.
// References then are places in it.
func (q *Query) emit(sql string, tokens []token) *sqlError {
	var b strings.Builder
	q.FirstLine = tokens[0].line
	at := tokens[0].start
	next := 0 // of the references: the first whose end isn't written yet
	depth := 0
	for i, t := range tokens {
		writeGap(&b, sql[at:t.start])
		start := b.Len()
		switch {
		case t.sign("([{"):
			depth++
		case t.sign(")]}"):
			depth--
		case depth > 0:
		case t.is("order") && i+1 < len(tokens) && tokens[i+1].is("by"):
			q.Order = start
		case t.is("limit", "offset", "fetch"):
			q.Order = 0
		}
		b.WriteString(sql[t.start:t.end])
		at = t.end
		if next == len(q.References) {
			continue
		}
		ref := &q.References[next]
		if ref.Start == t.start {
			ref.Start = start
		}
		if ref.End == t.end { // a place of sql, which is not before the one in the text
			ref.End = b.Len()
			next++
		}
	}
	q.Text = b.String()
	for i, line := range strings.Split(q.Text, "\n") {
		plain := strings.TrimSpace(line)
		if strings.HasPrefix(plain, ".") || strings.HasPrefix(plain, "#") || strings.HasPrefix(plain, "!") || plain == "/" || strings.EqualFold(plain, "go") {
			return &sqlError{line: q.FirstLine + i, column: 1, detail: "the line begins as a command of DuckDB's shell does: put it behind the line before, or write the character of a text by chr()"}
		}
	}
	return nil
}

// writeGap writes what stands between two tokens: line breaks, and spaces that aren't before one.
func writeGap(b *strings.Builder, gap string) {
	spaces := 0
	for i := range len(gap) {
		switch gap[i] {
		case '\n':
			b.WriteByte('\n')
			spaces = 0
		case '\r':
		default:
			spaces++
		}
	}
	b.WriteString(strings.Repeat(" ", spaces))
	if len(gap) > 0 && spaces == 0 && !strings.Contains(gap, "\n") {
		b.WriteByte(' ')
	}
}
