package builder

import (
	"bytes"
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// headerLine begins the settings of a table in the leading comment of its file.
const headerLine = "goldserve:"

// headerOf returns the YAML of the leading comment as a text with the same lines and columns as the file, nil if there is none.
func headerOf(sql []byte) []byte {
	var out bytes.Buffer
	found := false
	for line := range bytes.Lines(sql) {
		comment, ok := bytes.CutPrefix(bytes.TrimRight(line, "\r\n"), []byte("--"))
		if !ok {
			break
		}
		if bytes.HasPrefix(bytes.TrimSpace(comment), []byte(headerLine)) {
			found = true
		}
		if found && len(bytes.TrimSpace(comment)) > 0 {
			out.WriteString("  ")
			out.Write(comment)
		}
		out.WriteByte('\n')
	}
	if !found {
		return nil
	}
	return out.Bytes()
}

// The words of a header.
var (
	materializedWords = []string{"file", "temporary", "view"}
	tableFormats      = []string{"parquet", "csv", "jsonl", "json"}
)

// header reads the settings of the table.
func (t *Table) header(r *sqlReader, sql []byte) {
	text := headerOf(sql)
	if text == nil {
		return
	}
	report := &yaml.Report{}
	defer func() {
		for _, p := range report.Problems {
			p.Code = gold.CodeBuildSQL
			r.problems = append(r.problems, p)
		}
	}()
	f := &yaml.File{Name: t.File, Report: report}
	root := f.Parse(text)
	if root == nil {
		return
	}
	top := f.Object(root, "the header")
	settings := top.Take("goldserve")
	top.Done()
	if settings == nil {
		return
	}
	o := f.Object(settings, "goldserve")
	if n := o.Take("materialized"); n != nil {
		word, _ := f.Word(n, "goldserve: materialized", materializedWords)
		t.Temporary, t.View = word != "file" && word != "", word == "view"
	}
	formats := o.Take("format")
	if formats != nil {
		t.formats(f, formats)
	}
	if n := o.Take("verbatim"); n != nil && f.Boolean(n, "goldserve: verbatim") {
		t.verbatim(f, n)
	}
	if n := o.Take("partitionBy"); n != nil {
		for _, item := range f.Words(n, "goldserve: partitionBy") {
			t.PartitionBy = append(t.PartitionBy, item.Text)
		}
	}
	if n := o.Take("file"); n != nil {
		t.pathOf(f, n)
	}
	if n := o.Take("quarantine"); n != nil {
		t.quarantine(r, f, n)
	}
	if o.Done(); len(t.Copies) > 0 && (t.Stage == Generate || t.Temporary || t.Path != "" || len(t.PartitionBy) > 0) {
		f.Add(formats, "goldserve: format: several formats are for tables of silver and gold that are not temporary, partitioned or named by slices")
	}
}

// formats reads the formats of a table. If there are several, Parquet is the table's own, as it keeps the types for those that read it.
func (t *Table) formats(f *yaml.File, n *yaml.Node) {
	const what = "goldserve: format"
	var all []*Table
	for _, item := range f.Words(n, what) {
		word, ok := f.Word(item, what, tableFormats)
		if !ok {
			return
		}
		one := &Table{Stage: t.Stage, Name: t.Name, File: t.File, Format: word}
		if one.Array = word == "json"; one.Array {
			one.Format = "jsonl" // to the engine
		}
		if slices.ContainsFunc(all, func(other *Table) bool { return other.Format == one.Format }) {
			f.Add(item, "%s: %s is there already, or json beside jsonl: expected one of them", what, word)
			return
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return
	}
	at := max(0, slices.IndexFunc(all, func(c *Table) bool { return c.Format == "parquet" }))
	t.Format, t.Array = all[at].Format, all[at].Array
	if len(all) > 1 {
		t.Copies = slices.Delete(all, at, at+1)
	}
}

// verbatim reads that the query's only column has the lines of the file.
func (t *Table) verbatim(f *yaml.File, n *yaml.Node) {
	switch {
	case t.Stage != Generate:
		f.Add(n, "goldserve: verbatim is for tables of generate")
	case t.Array || t.Format == "parquet" || len(t.Copies) > 0:
		f.Add(n, "goldserve: verbatim: expected csv or jsonl as the format")
	default:
		t.Verbatim, t.Format = t.Format, "jsonl" // to the engine
	}
}

// quarantine reads which rows of the table are rejected.
func (t *Table) quarantine(r *sqlReader, f *yaml.File, n *yaml.Node) {
	const what = "goldserve: quarantine"
	q := &Quarantine{Column: "reason"}
	o := f.Object(n, what)
	if at := o.Take("column"); at != nil {
		q.Column, _ = f.Identifier(at, what+": column")
	}
	if at := o.Need("source"); at != nil {
		name, ok := f.Text(at, what+": source")
		if q.Source = name; ok && r.build.Source(name) == nil {
			f.AddNear(at, name, sourceNames(r.build), "%s: source: the model has no source %s", what, yaml.Quote(name))
		}
	}
	if at := o.Need("reasons"); at != nil {
		for _, item := range f.Words(at, what+": reasons") {
			switch {
			case !yaml.IsIdentifier(item.Text):
				f.Add(item, "%s: reasons: %s can't be a name: expected %s", what, yaml.Quote(item.Text), yaml.IdentifierWords)
			case slices.Contains(q.Reasons, item.Text):
				f.Add(item, "%s: reasons: %s is repeated", what, item.Text)
			default:
				q.Reasons = append(q.Reasons, item.Text)
			}
		}
	}
	o.Done()
	if t.Stage != Silver {
		f.Add(n, "%s is for tables of silver", what)
	}
	if t.Temporary {
		f.Add(n, "%s: a temporary table leaves no files, and so no rejected rows either", what)
	}
	t.Quarantine = q
}

func sourceNames(b *gold.Build) []string {
	names := make([]string, len(b.Sources))
	for i := range b.Sources {
		names[i] = b.Sources[i].Name
	}
	return names
}
