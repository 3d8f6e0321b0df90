package lake

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/delta"
	"goldserve/gold/lake/object"
)

// deltaFolder returns the folder of the Delta table that a source names, with or without the extension; empty: there is none.
func (l *Lake) deltaFolder(ctx context.Context, s Spec) (string, error) {
	for _, folder := range slices.Compact([]string{strings.TrimSuffix(s.stem(), extension), s.parquetFile()}) {
		info, err := l.source.Stat(ctx, folder)
		if err == nil && !info.Folder {
			continue
		}
		if err == nil {
			info, err = l.source.Stat(ctx, path.Join(folder, delta.LogFolder))
		}
		switch {
		case object.Absent(err) || gold.KindOf(err) == gold.Invalid:
		case err != nil:
			return "", err
		case info.Folder:
			return folder, nil
		}
	}
	return "", nil
}

// listDelta lists the files of a version of the Delta table that a source names; nil: there is none, and the contract does not
// say that it is one.
func (l *Lake) listDelta(ctx context.Context, s Spec) (*listing, error) {
	folder, err := l.deltaFolder(ctx, s)
	switch {
	case err != nil:
		return nil, err
	case folder == "" && s.Reading.Format == gold.Delta:
		return nil, l.noDelta(ctx, s)
	case folder == "":
		return nil, nil //nolint:nilnil // as said above
	}
	at := DeltaVersion{Version: s.Reading.Version, Timestamp: s.Reading.Timestamp}
	snapshot, err := l.snapshot(ctx, folder, at)
	if err != nil {
		return nil, err
	}
	return &listing{name: folder, kind: gold.DeltaTable, delta: &deltaTable{snapshot, folder, at}, format: deltaFiles{snapshot: snapshot, source: l.source}}, nil
}

// parts returns the files of the table, which take far more memory than their snapshot.
func (d *deltaTable) parts(s Spec) []part {
	parts := make([]part, len(d.Files))
	known := map[*string][]content.Partition{} // by the place of equal values
	for i := range parts {
		f := &d.Files[i]
		name := d.Name(f)
		var values []content.Partition
		if len(f.Partition) > 0 {
			if values = known[&f.Partition[0]]; values == nil {
				values = d.PartitionOf(f)
				known[&f.Partition[0]] = values
			}
		}
		parts[i] = part{object.Info{Name: name}, s.named(name, values)}
	}
	return parts
}

// mostKept is how many files a snapshot may have that is kept for the next look at the lake.
const mostKept = 100_000

// snapshot reads a version of a table, unless its log is as it was when that was read before.
func (l *Lake) snapshot(ctx context.Context, folder string, at DeltaVersion) (*delta.Snapshot, error) {
	log, err := delta.List(ctx, l.source, folder)
	if err != nil {
		return nil, err
	}
	state := log.State()
	l.mu.Lock()
	kept, ok := l.snapshots[folder]
	l.mu.Unlock()
	if ok && state != "" && kept.state == state && kept.at.Equal(at) {
		return kept.snapshot, nil
	}
	snapshot, err := log.Snapshot(ctx, at)
	if err != nil {
		return nil, err
	}
	if len(snapshot.Files) <= mostKept {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.snapshots == nil {
			l.snapshots = map[string]keptSnapshot{}
		}
		l.snapshots[folder] = keptSnapshot{state, at, snapshot}
	}
	return snapshot, nil
}

// keptSnapshot is a snapshot with the state of the log that it was read from.
type keptSnapshot struct {
	state    string
	at       DeltaVersion
	snapshot *delta.Snapshot
}

// check returns what is wrong with the fields of a dataset for the table.
func (d *deltaTable) check(t *Table) []gold.Problem {
	return d.Schema.Check(t.source, &t.dataset, t.optional)
}

// unchanged compares the version that the table was opened at with what its name stands for now. Data files are never written
// again, but for those that are open it is seen.
func (d *deltaTable) unchanged(ctx context.Context, t *Table) error {
	now, err := delta.Now(ctx, t.lake.source, d.folder, d.at)
	switch {
	case gold.KindOf(err) == gold.Invalid:
		return object.Changed(t.source, "its log was laid out anew")
	case err != nil:
		return err
	case now != d.Version:
		return object.Changed(t.source, fmt.Sprintf("version %d of the Delta table followed version %d", now, d.Version))
	}
	for _, f := range t.files {
		if f.open == nil {
			continue
		}
		if err := f.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// noDelta returns the error of a source that the contract says is a Delta table, and is none.
func (l *Lake) noDelta(ctx context.Context, s Spec) error {
	if _, err := l.source.Stat(ctx, s.stem()); object.Absent(err) {
		return l.missing(ctx, s.stem())
	} else if err != nil {
		return err
	}
	return object.Refused(s.stem(), "it is not a Delta table, though the contract says so: it holds no folder "+delta.LogFolder, nil)
}

// deltaChanged returns when the newest commit or checkpoint of a table's log was written.
func (l *Lake) deltaChanged(ctx context.Context, folder string) (latest time.Time, err error) {
	entries, err := l.source.List(ctx, path.Join(folder, delta.LogFolder))
	for _, e := range entries {
		if e.Changed.After(latest) {
			latest = e.Changed
		}
	}
	return latest, err
}

// ready opens the table, and the files that were left for later. What needs more of them than the log says calls it first.
func (t *Table) ready(ctx context.Context) error {
	t.opening.Lock()
	defer t.opening.Unlock()
	if err := t.check(ctx); err != nil || !t.later || t.opened {
		return err
	}
	if t.parts == nil {
		t.parts = t.delta.parts(t.spec)
	}
	if _, _, err := t.openParts(ctx); err != nil {
		return t.verdict(ctx, err)
	}
	t.opened = true
	return nil
}

// lackedByFiles returns the problems of files of a Delta table that were written before it had a required field's column, and
// whose rows have null in it.
func (t *Table) lackedByFiles(field *gold.Field) []gold.Problem {
	if field.Nullable && !slices.Contains(t.dataset.Key, field.Name) || slices.Contains(t.optional, field.Name) {
		return nil
	}
	for _, f := range t.files {
		if f.rows() == 0 {
			continue
		}
		if p := f.content.Lacks(field.Name); p != nil {
			p.Code, p.Detail = gold.CodeValueNull, "the file was written before the table had the column, so that its rows have null there, and the contract requires a value: correct the table, or the contract"
			return []gold.Problem{*p}
		}
	}
	return nil
}

// layout tells how files have the columns of the table's fields, where they do not say so themselves; else empty.
func (t *Table) layout() string {
	if t.delta == nil {
		return ""
	}
	return t.delta.layout(t.dataset.Fields)
}
