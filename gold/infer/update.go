package infer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// LayoutFile is the path of the page's layout in a model's folder.
const LayoutFile = "dashboard.yaml"

// ModelPath is the path of the model's own file in its folder.
const ModelPath = "model.yaml"

// The other files of a model.
const (
	modelFile      = ModelPath
	contractFolder = "contracts"
	contractSuffix = ".odcs.yaml"
)

// File returns the path of the dataset's contract in the model's folder.
func (d *Dataset) File() string { return path.Join(contractFolder, d.Name+contractSuffix) }

// Update is one file to write into a model's folder.
type Update struct {
	Path    string // below the folder
	Content []byte
	New     bool
	Added   []string // the fields that an existing contract gets, or the keys that model.yaml does
}

// Updates compares the model with the files of its folder: a new model has all files; later on, a new dataset gets a contract, and
// a new column a field after the last one of its contract. All other text stays as it is. notes says what a person
// should know of the rest: columns that are gone, contracts that can't be read.
func (m *Model) Updates(folder fs.FS) (updates []Update, notes []string, err error) {
	written, notes, err := readWritten(folder)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range m.Datasets {
		at := slices.IndexFunc(written, func(w *writtenContract) bool { return w.source == d.Source })
		if at < 0 {
			at = slices.IndexFunc(written, func(w *writtenContract) bool { return strings.EqualFold(w.dataset, d.Name) })
		}
		d.written, d.missing = nil, ""
		_, err := fs.Stat(folder, d.File())
		switch {
		case at >= 0:
			d.written = written[at]
		case err == nil:
			d.missing = d.File() + " is there already, and describes something else than " + d.Name + ": no contract was written"
		}
	}
	for _, d := range m.Datasets {
		switch {
		case d.written != nil:
			update, more := d.written.extend(d)
			notes = append(notes, more...)
			if update != nil {
				updates = append(updates, *update)
			}
		case d.missing != "":
			notes = append(notes, d.missing)
		default:
			updates = append(updates, Update{Path: d.File(), Content: m.Contract(d), New: true})
		}
	}
	was, err := fs.ReadFile(folder, modelFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(updates)+len(written) > 0:
		updates = append(updates, Update{Path: modelFile, Content: m.ModelFile(), New: true})
	case err == nil && len(written) == 0 && len(updates) > 0: // a model that had only its SQL
		update, note := m.withFacts(was, updates)
		updates = append(updates, update)
		if note != "" {
			notes = append(notes, note)
		}
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return updates, notes, nil
	default:
		return nil, nil, err
	}
	if _, err := fs.Stat(folder, LayoutFile); errors.Is(err, fs.ErrNotExist) && len(written) == 0 {
		updates = m.addLayout(updates)
	}
	return slices.DeleteFunc(updates, func(u Update) bool { return !u.New && len(u.Added) == 0 }), notes, nil
}

// withFacts returns model.yaml with the keys of the facts that it lacks, at its end, or unchanged. The note has the lines that a person must
// add, where the model with them at the end would not be one.
func (m *Model) withFacts(was []byte, contracts []Update) (Update, string) {
	same := Update{Path: modelFile, Content: was}
	root := (&yaml.File{Name: modelFile, Report: &yaml.Report{}}).Parse(bytes.ReplaceAll(was, []byte("\r\n"), []byte("\n")))
	if root == nil {
		return same, ""
	}
	facts := root.Value("facts")
	added, text := same, ""
	for _, k := range m.factKeys() {
		if root.Value(k.key) != nil || k.key == "kpis" && facts != nil && facts.Text != m.Facts.Name {
			continue
		}
		text += k.text
		added.Added = append(added.Added, k.key)
	}
	if text == "" {
		return same, ""
	}
	newline := "\n"
	if bytes.Contains(was, []byte("\r\n")) {
		newline = "\r\n"
	}
	whole := string(was)
	if !strings.HasSuffix(whole, "\n") {
		whole += newline
	}
	added.Content = []byte(whole + strings.ReplaceAll(text, "\n", newline))
	if _, err := Compile(textsOf(append(slices.Clone(contracts), added))); err != nil {
		if _, err := Compile(textsOf(append(slices.Clone(contracts), same))); err == nil {
			return same, modelFile + ": add these yourself:\n" + strings.TrimSuffix(text, "\n")
		}
		return same, ""
	}
	return added, ""
}

// writtenContract is a contract that is there already.
type writtenContract struct {
	path            string
	text            []byte
	dataset, source string // source is empty for a derived dataset
	properties      *yaml.Node
}

// readWritten reads the contracts of a model's folder, none where there is no folder.
func readWritten(folder fs.FS) (contracts []*writtenContract, notes []string, err error) {
	entries, err := fs.ReadDir(folder, contractFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), contractSuffix) {
			continue
		}
		name := path.Join(contractFolder, e.Name())
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, nil, err
		}
		w := &writtenContract{path: name, text: text}
		if !w.read() {
			notes = append(notes, name+" can't be read as a contract, and is left as it is")
			w.dataset = strings.TrimSuffix(e.Name(), contractSuffix)
			w.source = w.dataset
		}
		contracts = append(contracts, w)
	}
	return contracts, notes, nil
}

// sourceOf returns the path that a contract's source names, as it stands or under its format.
func sourceOf(n *yaml.Node) string {
	for _, format := range []gold.Format{gold.CSV, gold.NDJSON, gold.JSON, gold.Parquet, gold.Delta, gold.Iceberg} {
		if path := n.Value(string(format)); path != nil {
			return path.Text
		}
	}
	return n.Text
}

// read finds the dataset, its source and its fields in the contract, and reports whether they are there.
func (w *writtenContract) read() bool {
	root := (&yaml.File{Name: w.path, Report: &yaml.Report{}}).Parse(bytes.ReplaceAll(w.text, []byte("\r\n"), []byte("\n")))
	if root == nil {
		return false
	}
	schema := root.Value("schema")
	if schema == nil || len(schema.Items) == 0 {
		return false
	}
	object := schema.Items[0]
	name := object.Value("name")
	if name == nil || name.Text == "" {
		return false
	}
	w.dataset, w.source, w.properties = name.Text, name.Text, object.Value("properties")
	if custom := object.Value("customProperties"); custom != nil {
		for _, item := range custom.Items {
			if value := item.Value("value"); value != nil {
				if source := value.Value("source"); source != nil {
					w.source = sourceOf(source)
				}
				if value.Value("derive") != nil {
					w.source = ""
				}
			}
		}
	}
	return w.properties != nil && len(w.properties.Items) > 0
}

// has reports whether the contract is still one of the dataset under its name, with a field that anything may refer to.
func (w *writtenContract) has(d *Dataset, f *Field) bool {
	return w.properties != nil && w.dataset == d.Name && slices.ContainsFunc(w.properties.Items, func(p *yaml.Node) bool {
		name, class := p.Value("name"), p.Value("classification")
		return name != nil && name.Text == f.Name && (class == nil || !strings.EqualFold(class.Text, "pii"))
	})
}

// columns returns the columns of the contract's fields.
func (w *writtenContract) columns() []string {
	var names []string
	for _, p := range w.properties.Items {
		for _, key := range []string{"physicalName", "name"} {
			if n := p.Value(key); n != nil {
				names = append(names, n.Text)
				break
			}
		}
	}
	return names
}

// extend returns the contract with the fields that it lacks, nil where it has all.
func (w *writtenContract) extend(d *Dataset) (*Update, []string) {
	if w.properties == nil || w.source == "" {
		return nil, nil
	}
	var notes []string
	known := w.columns()
	for _, column := range known {
		if d.column(column) == nil && !slices.ContainsFunc(d.LeftOut, func(l LeftOut) bool { return l.Name == column }) {
			notes = append(notes, fmt.Sprintf("%s: the files have no column %s: remove its field, or write it again", w.path, quoted(column)))
		}
	}
	var missing []*Field
	for _, f := range d.Fields {
		if !slices.ContainsFunc(known, func(c string) bool { return c == f.Column() }) {
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return nil, notes
	}
	text, ok := w.withFields(d, missing)
	if !ok {
		var lines strings.Builder
		for _, f := range missing {
			lines.WriteString("\n" + strings.TrimRight(w.newProperty(d, f, missing, "  "), "\n"))
		}
		return nil, append(notes, fmt.Sprintf("%s: its properties are not a list of one line or more each: add these yourself:%s", w.path, lines.String()))
	}
	return &Update{Path: w.path, Content: text, Added: names(missing)}, notes
}

// newProperty is property for a field that is added to a contract with some others: it is not part of the key, and its unit is in
// a field that the contract has then.
func (w *writtenContract) newProperty(d *Dataset, f *Field, others []*Field, indent string) string {
	without, field := *d, *f
	without.Key = nil
	if unit := d.Field(f.Doc.UnitField); unit != nil && !w.has(d, unit) && !slices.Contains(others, unit) {
		field.Doc.UnitField = ""
	}
	return without.property(&field, indent)
}

// withFields returns the contract's text with fields after the last one. ok is false where the list of fields is not written
// line by line, or where the result would not say the same and the fields.
func (w *writtenContract) withFields(d *Dataset, fields []*Field) (text []byte, ok bool) {
	lines := strings.SplitAfter(string(w.text), "\n")
	at := w.properties.Items[len(w.properties.Items)-1].Line - 1
	if at < 0 || at >= len(lines) {
		return nil, false
	}
	indent := indentOf(lines[at])
	if !strings.HasPrefix(strings.TrimLeft(lines[at], " "), "- ") {
		return nil, false
	}
	end := at + 1
	for i := at + 1; i < len(lines); i++ {
		if bare := strings.TrimSpace(lines[i]); bare == "" || bare[0] == '#' && indentOf(lines[i]) <= indent {
			continue
		}
		if indentOf(lines[i]) <= indent {
			break
		}
		end = i + 1
	}
	newline := "\n"
	if strings.HasSuffix(lines[at], "\r\n") {
		newline = "\r\n"
	}
	var out bytes.Buffer
	out.WriteString(strings.Join(lines[:end], ""))
	if out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteString(newline)
	}
	for _, f := range fields {
		out.WriteString(strings.ReplaceAll(w.newProperty(d, f, fields, strings.Repeat(" ", indent)), "\n", newline))
	}
	out.WriteString(strings.Join(lines[end:], ""))
	after := &writtenContract{path: w.path, text: out.Bytes()}
	sound := after.read() && slices.Equal(after.columns(), append(w.columns(), columnsOf(fields)...))
	return out.Bytes(), sound
}

func columnsOf(fields []*Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Column()
	}
	return list
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// Summary says in one line what was guessed of a dataset.
func (d *Dataset) Summary() string {
	parts := []string{grouped(d.Rows) + " rows"}
	if d.unread {
		parts[0] = fmt.Sprintf("%d fields", len(d.Fields))
	}
	switch len(d.Key) {
	case 0:
		parts = append(parts, "no key")
	default:
		parts = append(parts, "key "+strings.Join(names(d.Key), " + "))
	}
	if d.Time != nil {
		parts = append(parts, "time "+d.Time.Name)
	}
	if d.Rollup != nil {
		parts = append(parts, "an aggregate of "+d.Rollup.Of)
	}
	for _, r := range d.Relations {
		parts = append(parts, r.Field.Name+" → "+r.To.Name)
	}
	return strings.Join(parts, ", ")
}

// LookFirst says which guesses a person should look at first: personal data, keys of several fields, and what was left out.
func (m *Model) LookFirst() []string {
	var list []string
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			if f.Personal != "" {
				list = append(list, fmt.Sprintf("%s.%s looks like %s: it is dropped before anything is stored", d.Name, f.Name, f.Personal))
			}
		}
	}
	for _, d := range m.Datasets {
		if len(d.Key) == 0 && d.unread {
			list = append(list, d.Name+" has no key: no test says that a column is unique and never null")
		}
		if len(d.Key) == 0 && d.Rows > 0 {
			list = append(list, fmt.Sprintf("%s has no key: no column, and no two or three of them, are unique and never null", d.Name))
		}
		if len(d.Key) > 1 && !d.keyStated {
			list = append(list, fmt.Sprintf("%s: is the key really %s?", d.Name, strings.Join(names(d.Key), " + ")))
		}
		for _, doubt := range d.Doubts {
			list = append(list, d.Name+": "+doubt)
		}
		for _, remark := range d.remarks {
			list = append(list, d.Name+": "+remark)
		}
		for _, c := range d.LeftOut {
			list = append(list, c.of(d))
		}
		list = append(list, d.lookAtUnits()...)
	}
	if m.Facts != nil {
		var sums []string
		for _, f := range m.Facts.Fields {
			if f.Additive {
				sums = append(sums, f.Name)
			}
		}
		list = append(list, fmt.Sprintf("%s are the facts, over %s: %s add up?", m.Facts.Name, m.Facts.Time.Name, doThey(sums)))
	}
	list = append(list, m.notes...)
	for _, l := range m.LeftOut {
		list = append(list, l.of(nil))
	}
	return list
}

// doThey begins a question about some things: "does amount", "do amount and pieces".
func doThey(names []string) string {
	if len(names) == 1 {
		return "does " + names[0]
	}
	last := len(names) - 1
	return "do " + strings.Join(names[:last], ", ") + " and " + names[last]
}

// of says that a column of a dataset is left out, or a source where there is none.
func (l LeftOut) of(d *Dataset) string {
	if d == nil {
		return fmt.Sprintf("%s is left out: %s", quoted(l.Name), l.Reason)
	}
	return fmt.Sprintf("%s: the column %s is left out: %s", d.Name, quoted(l.Name), l.Reason)
}

// NewOmissions returns which sources and columns are left out, and why, that were not in another inference of the lake, which may
// be nil.
func (m *Model) NewOmissions(before *Model) []string {
	var list []string
	tell := func(d *Dataset, now, before []LeftOut) {
		for _, l := range now {
			if !slices.ContainsFunc(before, func(b LeftOut) bool { return b.Name == l.Name }) {
				list = append(list, l.of(d))
			}
		}
	}
	if before == nil {
		before = &Model{}
	}
	for _, d := range m.Datasets {
		tell(d, d.LeftOut, before.columnsLeftOut(d.Source))
	}
	tell(nil, m.LeftOut, before.LeftOut)
	return list
}

// columnsLeftOut returns the columns of a source that are left out.
func (m *Model) columnsLeftOut(source string) []LeftOut {
	for _, d := range m.Datasets {
		if d.Source == source {
			return d.LeftOut
		}
	}
	return nil
}
