package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// Table is a dataset of a release, as a table.
type Table struct {
	Name    string // its dataset's collection
	Dataset string
	Comment string // for people, without the mark
	Columns []Column
	Key     []string // none: its rows have no key
	Mark    Mark

	version *gold.Version
	from    []int // the columns that the BI fields follow from, by their place behind the fields
}

// Column is a field, or a BI field as a nullable Date.
type Column struct {
	gold.Field
	Comment string
	Joined  bool // it is of the key, or at an end of a relationship
}

// Rows is the number of rows.
func (t *Table) Rows() int64 { return t.version.Rows }

// Column returns the column of a name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Relation says that a field holds values of the key of another dataset.
type Relation struct{ Dataset, Field, To, Key string }

// layout is part of every fingerprint. Any change of code that changes a mirrored table must increment it.
const layout = 1

// newTable describes the table of a version; relations are those of its dataset.
func newTable(v *gold.Version, relations []Relation) *Table {
	d := &v.Dataset
	t := &Table{Name: d.Collection, Dataset: d.Name, Comment: textOf(&d.Doc), Key: d.Key, version: v}
	for _, f := range d.Fields {
		joined := slices.Contains(d.Key, f.Name) || slices.Contains(d.Joins, f.Name) ||
			slices.ContainsFunc(relations, func(r Relation) bool { return r.Field == f.Name })
		t.Columns = append(t.Columns, Column{Field: f, Comment: textOf(&f.Doc), Joined: joined})
	}
	for _, b := range d.BI {
		for i, f := range d.Fields {
			if f.Name == b.From {
				t.from = append(t.from, i)
				t.Columns = append(t.Columns, Column{Field: gold.Field{Name: b.Name, Kind: gold.Date, Nullable: true}, Comment: "date of " + f.Name})
			}
		}
	}
	t.Mark = Mark{Model: d.Model, Dataset: d.Name, Fingerprint: t.fingerprint(relations)}
	return t
}

// textOf returns what a comment says: the description, else the label, and the unit.
func textOf(doc *gold.Doc) string {
	text := gold.PlainText(doc.Description)
	if text == "" {
		text = gold.PlainText(doc.Label)
	}
	if doc.Unit != "" && doc.Unit != "1" {
		text = strings.TrimLeft(text+" ("+doc.Unit+")", " ")
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
}

// fingerprint tells tables apart that differ in rows, columns, comments or relations.
func (t *Table) fingerprint(relations []Relation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "layout %d\nversion %s\nname %q key %q comment %q\n", layout, t.version.ID, t.Name, t.Key, t.Comment)
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "column %q %d %d %d %t %t %t %q\n", c.Name, c.Kind, c.Precision, c.Scale, c.Single, c.Nullable, c.Joined, c.Comment)
	}
	for _, r := range relations {
		fmt.Fprintf(&b, "relation %q\n", r)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// Mark is what the comment of a mirrored table ends with: whose rows it has. The zero Mark is that of no mirrored table.
type Mark struct {
	Model       string // empty: of gold_release, which has lines of every model
	Dataset     string
	Fingerprint string
}

// releaseMark is that of gold_release.
var releaseMark = Mark{Dataset: gold.ReleaseCollection, Fingerprint: "1"}

const markStart, markEnd = "[goldserve ", "]"

// String writes the mark as comments have it.
func (m Mark) String() string {
	return markStart + m.Model + "." + m.Dataset + " " + m.Fingerprint + markEnd
}

// Comment returns the comment of a table: the text, at most max bytes of it and the mark.
func (m Mark) Comment(text string, max int) string {
	mark := m.String()
	return strings.TrimLeft(Cut(text, max-len(mark)-1)+" "+mark, " ")
}

// ReleaseComment is the comment of gold_release.
func ReleaseComment() string {
	return releaseMark.Comment("Which release each table of the mirror shows.", 1<<10)
}

// ParseMark returns the mark that a comment ends with, zero for none.
func ParseMark(comment string) Mark {
	at := strings.LastIndex(comment, markStart)
	if at < 0 || !strings.HasSuffix(comment, markEnd) {
		return Mark{}
	}
	name, fingerprint, ok := strings.Cut(strings.TrimSuffix(comment[at+len(markStart):], markEnd), " ")
	model, dataset, dot := strings.Cut(name, ".")
	if !ok || !dot || dataset == "" {
		return Mark{}
	}
	return Mark{Model: model, Dataset: dataset, Fingerprint: fingerprint}
}

// Cut returns a text of at most max bytes, cut between characters.
func Cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && text[max]&0xC0 == 0x80 {
		max--
	}
	return text[:max]
}
