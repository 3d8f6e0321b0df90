package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Table is the source of one dataset: one file, the parts of a folder, or a version of a table. It is listed, and opened and
// checked by Open. Its rows are numbered from 1 through all files, in the order of their names.
type Table struct {
	dataset  gold.Dataset // with all optional fields
	optional []string     // the names of those
	spared   []string     // the fields that a part may lack: those, and what may be null where there are several parts
	present  gold.Dataset // without the optional fields that no file has
	lake     *Lake
	from     object.Source // that has the files
	spec     Spec
	source   string
	kind     gold.SourceKind
	format   format
	version  version  // nil: plain files
	parts    []part   // as they were listed; files are those that are open
	others   []string // files of other kinds beside them
	files    []*file
	rows     int64
	bytes    int64

	opening sync.Mutex // guards what follows
	checked bool       // Open is done
	later   bool       // its files are opened once they are needed: see ready
	opened  bool       // they are
}

func newTable(l *Lake, s Spec, found *listing) *Table {
	t := &Table{dataset: s.Dataset, present: s.Dataset, lake: l, from: found.from, spec: s, source: found.name, kind: found.kind, format: found.format, version: found.version, parts: found.parts, others: found.others}
	if t.from == nil {
		t.from = l.source
	}
	if t.version != nil {
		t.format = versionFiles{version: t.version}
	}
	t.dataset.Fields = slices.Concat(s.Dataset.Fields, s.Optional)
	for _, f := range s.Optional {
		t.optional = append(t.optional, f.Name)
	}
	t.spared = slices.Clone(t.optional)
	if len(found.parts) > 1 {
		for _, f := range s.Dataset.Fields {
			if f.Nullable && !slices.Contains(s.Dataset.Key, f.Name) {
				t.spared = append(t.spared, f.Name)
			}
		}
	}
	t.bytes = t.listedBytes()
	return t
}

// listedBytes returns the size of all files as they were listed.
func (t *Table) listedBytes() (bytes int64) {
	if t.version != nil {
		bytes = t.version.size()
	}
	for _, p := range t.parts {
		bytes += p.info.Size
	}
	return bytes
}

// Open opens the files and checks them, unless that is done: their footers and schema, the number of records of text files. It
// types no row. A Delta table whose log has the rows of its files is checked by the log alone.
//
// It returns the errors of Lake.Table, but for those of what is not there.
func (t *Table) Open(ctx context.Context) error {
	t.opening.Lock()
	defer t.opening.Unlock()
	return t.check(ctx)
}

// check is Open with the lock held. After an error, nothing is open.
func (t *Table) check(ctx context.Context) error {
	if t.checked {
		return nil
	}
	if err := t.open(ctx); err != nil {
		err = t.verdict(ctx, err)
		_ = t.Close() // nothing was written
		t.files = nil
		return err
	}
	t.checked = true
	return nil
}

// maxOpen is how many files of a table stay open; those of a table with more are opened each time, and must be the same.
const maxOpen = 256

// open opens and checks all parts, or those of a table with versions later, where its metadata says how many rows they have.
func (t *Table) open(ctx context.Context) error {
	var err error
	if t.version != nil && t.spec.Manifest != nil {
		if t.parts, err = t.version.parts(); err != nil {
			return err
		}
	}
	if err := t.verify(ctx); err != nil {
		return err
	}
	if t.version != nil {
		if problems := t.version.schema().Check(t.source, &t.dataset, t.optional); len(problems) > 0 {
			return gold.InvalidAll(problems)
		}
		if rows, bytes, known := t.version.totals(); known && t.spec.Manifest == nil {
			t.rows, t.bytes, t.later = rows, bytes, true
			t.choosePresent() // of the log alone
			return nil
		}
		if t.parts == nil {
			if t.parts, err = t.version.parts(); err != nil {
				return err
			}
		}
	}
	t.rows, t.bytes, err = t.openParts(ctx)
	return err
}

// openParts opens and checks all parts, and returns the number of their rows and bytes. Problems of their schemas are returned
// together, of a few parts at most.
func (t *Table) openParts(ctx context.Context) (rows, bytes int64, err error) {
	const mostProblems = 50
	if t.version == nil && len(t.parts) > maxParts {
		return 0, 0, errManyParts(t.source, len(t.parts))
	}
	var problems []gold.Problem
	for i, p := range t.parts {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if err := t.openPart(ctx, i); err != nil {
			return 0, 0, err
		}
		f := t.files[i]
		f.partition, f.before = p.partition, rows
		wrong, err := f.check(ctx, t.format, &t.dataset, t.spared)
		switch {
		case err != nil:
			return 0, 0, err
		case wrong != nil:
			problems = append(problems, wrong...)
		case t.spec.Manifest != nil:
			if p := t.spec.Manifest.rows(f); p != nil {
				return 0, 0, integrityError("the lake differs from the manifest", []gold.Problem{*p})
			}
		}
		if len(problems) > mostProblems {
			break
		}
		rows += f.rows()
		bytes += f.info.Size
		if len(t.parts) > maxOpen {
			if err := f.unpin(); err != nil {
				return 0, 0, err
			}
			if _, counted := t.format.(textFiles); f.content != nil && !counted { // those would be counted anew
				f.content = summarize(f, &t.dataset)
			}
		}
	}
	if problems = append(problems, t.choosePresent()...); len(problems) > 0 {
		return 0, 0, gold.InvalidAll(problems)
	}
	return rows, bytes, nil
}

// choosePresent drops the optional fields that no file has. What may be null is null in the files that lack it, as in those
// that were written before the column was added; that all lack it is a problem, and so is a required field that some lack.
func (t *Table) choosePresent() []gold.Problem {
	var problems []gold.Problem
	absent := func(field gold.Field) bool {
		if t.version != nil {
			problems = append(problems, t.lackedByFiles(&field)...)
			return slices.Contains(t.optional, field.Name) && !t.version.schema().Has(&field)
		}
		if !slices.Contains(t.spared, field.Name) {
			return false
		}
		var lacking []gold.Problem
		sound := 0
		for _, f := range t.files {
			if f.content == nil {
				continue // its schema is wrong anyway
			}
			sound++
			if p := f.content.Lacks(field.Name); p != nil {
				lacking = append(lacking, *p)
			}
		}
		switch all := len(lacking) == sound; {
		case all && slices.Contains(t.optional, field.Name):
			return true
		case all || !field.Nullable:
			problems = append(problems, lacking...)
		}
		return false
	}
	present := slices.DeleteFunc(slices.Clone(t.dataset.Fields), absent)
	if len(t.files) == 0 || !t.later { // else they are known, and may be in use
		t.present.Fields = present
	}
	return problems
}

// openPart opens a part, unless it is open from being compared with a manifest; then it must be the same.
func (t *Table) openPart(ctx context.Context, i int) error {
	if i < len(t.files) && t.files[i].open != nil {
		return nil
	}
	if i == len(t.files) {
		f, err := openFile(ctx, t.from, t.parts[i].info)
		if t.version != nil && gold.CodeOf(err) == gold.CodeSourceChanged {
			return t.version.gone(t.parts[i].info.Name)
		}
		if err != nil {
			return err
		}
		t.files = append(t.files, f)
		return nil
	}
	known := t.files[i]
	open, err := t.from.Open(ctx, known.info)
	if err != nil {
		return err
	}
	known.open = open
	return nil
}

// verify compares the bytes of all parts with the manifest, before anything of them is decoded.
func (t *Table) verify(ctx context.Context) error {
	if t.spec.Manifest == nil {
		return nil
	}
	var problems []gold.Problem
	for i := range t.parts {
		if err := t.openPart(ctx, i); err != nil {
			return err
		}
		f := t.files[i]
		problem, err := t.spec.Manifest.differs(ctx, f)
		if err != nil {
			return err
		}
		if problem != nil {
			problems = append(problems, *problem)
		}
		if len(t.parts) > maxOpen {
			if err := f.unpin(); err != nil {
				return err
			}
		}
	}
	if len(problems) > 0 {
		return integrityError("the lake differs from the manifest", problems)
	}
	return nil
}

// File returns the name of the source in the lake: a file's, or the folder's of its parts.
func (t *Table) File() string { return t.source }

// Others returns the names of the files of other kinds in a folder of parts, which are left alone.
func (t *Table) Others() []string { return t.others }

// Rows returns the number of rows that the files declare, once the table is open.
func (t *Table) Rows() int64 { return t.rows }

// Bytes returns the size of all files.
func (t *Table) Bytes() int64 { return t.bytes }

// Dataset returns the dataset that is read, once the table is open: the one asked for, and the optional fields that the files have.
func (t *Table) Dataset() *gold.Dataset { return &t.present }

// Overruled returns the names of the fields whose values folders give although a file has a column of that name, once the table
// is open: see Report.
func (t *Table) Overruled() []string {
	var names []string
	for _, name := range t.present.FieldNames() {
		if slices.ContainsFunc(t.files, func(f *file) bool { return f.content.Overrules(name) }) {
			names = append(names, name)
		}
	}
	return names
}

// Fingerprint returns the canonical text of the table's content: a line for each file, sorted, with the SHA-256 of its
// bytes, the values of its Hive partitions and, of a text file, how it is read, but not its name. It opens the table.
func (t *Table) Fingerprint(ctx context.Context) (string, error) {
	sums, err := t.contents(ctx)
	if err != nil {
		return "", err
	}
	if layout := t.layout(); layout != "" {
		sums = append(sums, layout)
	}
	slices.Sort(sums)
	return strings.Join(sums, "\n"), nil
}

// racy is how soon after a write another one could leave the same time of modification, on file systems whose times are
// coarse.
const racy = 2 * time.Second

// Token names the versions of the table's files, without any of them being opened: where two tables of one lake have the same
// token, and are read as the same fields, they have the same Fingerprint. Empty where that is not sure: the lake can't tell, or a
// file was written within two seconds before now, when the bytes are about to be read.
func (t *Table) Token(now time.Time) string {
	sum := sha256.New()
	if t.version != nil { // its versions are written once
		_, _ = fmt.Fprintf(sum, "%q %q %q", t.source, t.version.identity(), t.layout())
		if name := t.spec.Reading.FileColumn; name != "" {
			_, _ = fmt.Fprintf(sum, " file %q", name)
		}
		return hex.EncodeToString(sum.Sum(nil))
	}
	for i := range t.parts {
		p := &t.parts[i]
		if p.info.Token == "" || !p.info.Modified.IsZero() && now.Sub(p.info.Modified) < racy {
			return ""
		}
		// A hash takes every write. That a folder's values count before the file's own column began with this form of the text.
		_, _ = fmt.Fprintf(sum, "listed %q %q%s", p.info.Name, p.info.Token, t.format.reading(p.info.Name))
		for _, v := range p.partition {
			_, _ = fmt.Fprintf(sum, " %q", v.Name)
		}
		_, _ = sum.Write([]byte{'\n'})
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Unchanged returns Unavailable source_changed where the source, as it was at the lake's last Look, is no longer made of the
// files that were listed and opened: one was written to, replaced or removed, or one more lies there. Called after Read and Fingerprint, it tells that both saw
// the same bytes. It reads none.
func (t *Table) Unchanged(ctx context.Context) error {
	if t.version != nil {
		return t.versionUnchanged(ctx)
	}
	found, err := t.lake.list(ctx, t.spec)
	switch {
	case gold.CodeOf(err) == gold.CodeSourceMissing:
		return object.Changed(t.source, "it was removed")
	case gold.KindOf(err) == gold.Invalid:
		return object.Changed(t.source, "it was laid out anew")
	case err != nil:
		return err
	case found.name != t.source:
		return object.Changed(t.source, "it was laid out anew")
	}
	now := found.parts
	if name := firstWithout(t.parts, now); name != "" {
		return object.Changed(name, "it was removed")
	}
	if name := firstWithout(now, t.parts); name != "" {
		return object.Changed(name, "it was added")
	}
	for i := range now {
		switch {
		case i < len(t.files) && now[i].info.Token == "": // the listing could not tell
			err = t.files[i].look(ctx)
		case i < len(t.files):
			err = t.files[i].is(ctx, now[i].info.Token)
		case t.parts[i].info.Token != now[i].info.Token:
			err = object.Changed(now[i].info.Name, "it was replaced or written to")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// firstWithout returns the first name of some parts that others, listed in the same order, do not have; empty: they have all.
func firstWithout(parts, others []part) string {
	at := 0
	for _, p := range parts {
		n := slices.IndexFunc(others[at:], func(o part) bool { return o.info.Name == p.info.Name })
		if n < 0 {
			return p.info.Name
		}
		at += n + 1
	}
	return ""
}

// verdict returns what an error in a table's content is: of files that changed meanwhile it tells nothing, whichever of their
// versions was read, and the change is the error.
func (t *Table) verdict(ctx context.Context, err error) error {
	if gold.KindOf(err) != gold.Invalid {
		return err
	}
	if t.lake.Look(ctx) != nil {
		return err
	}
	if changed := t.Unchanged(ctx); gold.CodeOf(changed) == gold.CodeSourceChanged {
		return changed
	}
	return err
}

// Close closes the files.
func (t *Table) Close() error {
	var errs []error
	for _, f := range t.files {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}
