package lake

import (
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// mostKept is how many files a snapshot may have that is kept for the next look at the lake.
const mostKept = 100_000

// listTable lists the files of a version of the table that a source names; nil: there is none, and the contract does not say that
// it is one.
func (l *Lake) listTable(ctx context.Context, s Spec) (*listing, error) {
	if s.Reading.Format != gold.Iceberg {
		if found, err := l.listDelta(ctx, s); err != nil || found != nil || s.Reading.Format == gold.Delta {
			return found, err
		}
	}
	return l.listIceberg(ctx, s)
}

// notThatTable returns the error of a source that the contract says is a table, and is none.
func (l *Lake) notThatTable(ctx context.Context, s Spec, what, lacks string) error {
	if _, err := l.source.Stat(ctx, s.stem()); object.Absent(err) {
		return l.missing(ctx, s.stem())
	} else if err != nil {
		return err
	}
	return object.Refused(s.stem(), "it is not "+what+", though the contract says so: it "+lacks, nil)
}

// ready opens the table, and the files that were left for later. What needs more of them than the metadata says calls it first.
func (t *Table) ready(ctx context.Context) (err error) {
	t.opening.Lock()
	defer t.opening.Unlock()
	if err = t.check(ctx); err != nil || !t.later || t.opened {
		return err
	}
	if t.parts == nil {
		if t.parts, err = t.version.parts(); err != nil {
			return err
		}
	}
	if _, _, err := t.openParts(ctx); err != nil {
		return t.verdict(ctx, err)
	}
	t.opened = true
	return nil
}

// versionUnchanged is Unchanged of a table with versions. Data files are never written again, but for those that are open it is seen.
func (t *Table) versionUnchanged(ctx context.Context) error {
	if err := t.version.unchanged(ctx, t.from); err != nil {
		return err
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

// lackedByFiles returns the problems of files of a table with versions that were written before it had a required field's column, and
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
	if t.version == nil {
		return ""
	}
	return layoutOf(t.version, t.dataset.Fields)
}
