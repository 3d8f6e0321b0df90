package lake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/catalog"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/iceberg"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// icebergTable is an Iceberg table at a snapshot: its manifests tell the files, their rows and their columns.
type icebergTable struct {
	*iceberg.Snapshot
	folder  string
	at      iceberg.At
	named   string // in a catalog; empty: it is found by its folder
	asks    *catalog.Catalog
	mu      sync.Mutex
	deletes *iceberg.Deletes
}

// icebergAt returns the snapshot that a contract names.
func icebergAt(r gold.Reading) iceberg.At {
	return iceberg.At{Snapshot: r.Snapshot, Timestamp: r.Timestamp, Ref: r.Ref}
}

// icebergFolder returns the folder of the Iceberg table that a source names, with or without the extension; empty: there is none.
func (l *Lake) icebergFolder(ctx context.Context, s Spec) (string, error) {
	for _, folder := range slices.Compact([]string{strings.TrimSuffix(s.stem(), extension), s.parquetFile()}) {
		info, err := l.source.Stat(ctx, folder)
		switch {
		case object.Absent(err) || gold.KindOf(err) == gold.Invalid:
			continue
		case err != nil:
			return "", err
		case !info.Folder:
			continue
		}
		if holds, err := iceberg.Holds(ctx, l.source, folder); holds || err != nil {
			return folder, err
		}
	}
	return "", nil
}

// listIceberg lists the files of a snapshot of the Iceberg table that a source names; nil: there is none, and the contract does not
// say that it is one.
func (l *Lake) listIceberg(ctx context.Context, s Spec) (*listing, error) {
	if l.catalog != nil && s.Reading.Format == gold.Iceberg && isInCatalog(s.stem()) {
		return l.listCatalog(ctx, s)
	}
	folder, err := l.icebergFolder(ctx, s)
	switch {
	case err != nil:
		return nil, err
	case folder == "" && s.Reading.Format == gold.Iceberg:
		return nil, l.notThatTable(ctx, s, "an Iceberg table", "holds no folder "+iceberg.MetadataFolder+" with metadata")
	case folder == "":
		return nil, nil //nolint:nilnil // as said above
	}
	at := icebergAt(s.Reading)
	snapshot, err := l.icebergSnapshot(ctx, l.metadata(s), folder, at)
	if err != nil {
		return nil, err
	}
	return &listing{name: folder, kind: gold.IcebergTable, version: &icebergTable{Snapshot: snapshot, folder: folder, at: at, deletes: snapshot.NewDeletes()}}, nil
}

// icebergSnapshot reads a snapshot of a table, unless its metadata files are as they were when it was read before from the lake
// itself.
func (l *Lake) icebergSnapshot(ctx context.Context, source object.Source, folder string, at iceberg.At) (*iceberg.Snapshot, error) {
	listed, err := iceberg.List(ctx, source, folder)
	if err != nil {
		return nil, err
	}
	if source != l.source {
		table, err := listed.Table(ctx)
		if err != nil {
			return nil, err
		}
		return table.Snapshot(ctx, at)
	}
	state := listed.State()
	l.mu.Lock()
	kept, ok := l.iceberg[folder]
	l.mu.Unlock()
	if ok && state != "" && kept.state == state && kept.at.Equal(at) {
		return kept.snapshot, nil
	}
	table, err := listed.Table(ctx)
	if err != nil {
		return nil, err
	}
	if identity, _, err := table.Identify(at); err != nil || !ok || identity != kept.snapshot.Identity { // else no manifest changed
		if kept.snapshot, err = table.Snapshot(ctx, at); err != nil {
			return nil, err
		}
	}
	l.keepIceberg(folder, keptIceberg{state: state, at: at, snapshot: kept.snapshot})
	return kept.snapshot, nil
}

// isInCatalog reports whether the name of an Iceberg table is one of a catalog: NAMESPACE.TABLE.
func isInCatalog(name string) bool {
	return strings.Contains(name, ".") && !strings.Contains(name, "/")
}

// listCatalog lists the files of a snapshot of the Iceberg table that a source names in the catalog.
func (l *Lake) listCatalog(ctx context.Context, s Spec) (*listing, error) {
	t := &icebergTable{at: icebergAt(s.Reading), named: s.stem(), asks: l.catalog}
	table, vended, err := t.told(ctx, l.source)
	if err != nil {
		return nil, err
	}
	t.folder = table.Folder()
	from := l.source
	var lent *vendedTable
	switch {
	case vended != nil && l.opener != nil:
		if lent, err = l.vended(t.named, table, vended); err != nil {
			return nil, err
		}
		from = lent.Mounted
	case object.IsAbsolute(t.folder):
		return nil, gold.Invalidf(gold.Problem{File: t.named, Code: gold.CodeFileUnsupported}, "the catalog says that the Iceberg table lies at %q, which is not in the lake %s, "+
			"and gives no credentials for it: name a folder or prefix above it as the lake, or let the catalog vend credentials", object.Shown(table.Location()), l.Path())
	}
	identity, _, err := table.Identify(t.at)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	kept, ok := l.iceberg[t.named]
	l.mu.Unlock()
	witnessed := s.recorder != nil || s.Manifest != nil
	if t.Snapshot = kept.snapshot; !ok || kept.state != identity || kept.lent != lent || witnessed {
		if lent != nil { // its files may be younger than the listing
			if err := lent.Look(ctx); err != nil {
				return nil, err
			}
		}
		if t.Snapshot, err = table.From(s.metadata(from)).Snapshot(ctx, t.at); err != nil {
			return nil, err
		}
		if !witnessed {
			l.keepIceberg(t.named, keptIceberg{identity, t.at, t.Snapshot, lent})
		}
	}
	t.deletes = t.NewDeletes()
	return &listing{name: t.folder, from: from, kind: gold.IcebergTable, version: t}, nil
}

// now returns the table as it is by now: as its catalog tells, or its folder.
func (t *icebergTable) now(ctx context.Context, source object.Source) (*iceberg.Table, error) {
	if t.named == "" {
		listed, err := iceberg.List(ctx, source, t.folder)
		if err != nil {
			return nil, err
		}
		return listed.Table(ctx)
	}
	table, _, err := t.told(ctx, source)
	return table, err
}

// told returns the table as its catalog tells it, with the credentials that it gives for it; nil: it gives none.
func (t *icebergTable) told(ctx context.Context, source object.Source) (*iceberg.Table, *catalog.Vended, error) {
	told, err := t.asks.Table(ctx, t.named)
	if err != nil {
		return nil, nil, err
	}
	table, err := iceberg.Located(source, t.named, told.File, told.Metadata)
	if err != nil {
		return nil, nil, err
	}
	return table, told.Vended(table.Location()), nil
}

func (l *Lake) keepIceberg(name string, kept keptIceberg) {
	if len(kept.snapshot.Files) > mostKept {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	put(&l.iceberg, name, kept)
}

// keptIceberg is a snapshot with the state of the metadata files that it was read from.
type keptIceberg struct {
	state    string
	at       iceberg.At
	snapshot *iceberg.Snapshot
	lent     *vendedTable // that it was read from; nil: the lake itself
}

func (t *icebergTable) format() gold.Format { return gold.Iceberg }

func (t *icebergTable) number() string { return t.ID }

func (t *icebergTable) committed() time.Time { return t.Committed }

func (t *icebergTable) partitions() []string { return t.Partitions }

func (t *icebergTable) files() int { return len(t.Files) }

func (t *icebergTable) size() (bytes int64) {
	for i := range t.Files {
		bytes += t.Files[i].Size
	}
	return bytes
}

func (t *icebergTable) folderOfLog() string { return iceberg.MetadataFolder }

func (t *icebergTable) schema() *parquet.Schema { return t.Schema }

func (t *icebergTable) identity() string { return t.Identity }

func (t *icebergTable) mapping() string { return "id" }

func (t *icebergTable) ledger() string { return "the manifest of the Iceberg table" }

func (t *icebergTable) rowsOf(name string) int64 { return t.Find(name).Rows }

func (t *icebergTable) deleted(ctx context.Context, name string, in content.Input) (*roaring.Bitmap, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.deletes.Of(ctx, t.Find(name), in)
}

func (t *icebergTable) gone(name string) error { return t.Gone(name) }

// parts returns the files of the snapshot.
func (t *icebergTable) parts() ([]part, error) {
	parts := make([]part, len(t.Files))
	for i := range parts {
		f := &t.Files[i]
		values, err := t.Constants(f)
		if err != nil {
			return nil, err
		}
		parts[i] = part{object.Info{Name: f.Name}, values}
	}
	return parts, nil
}

// totals returns the number of rows and bytes of all files, false where rows of them may be deleted.
func (t *icebergTable) totals() (rows, bytes int64, known bool) {
	for i := range t.Files {
		rows += t.Files[i].Rows
	}
	bytes = t.size()
	return rows, bytes, !t.Deletes && rows >= 0 && bytes >= 0
}

// unchanged compares the snapshot that the table was opened at with what its name stands for now.
func (t *icebergTable) unchanged(ctx context.Context, source object.Source) error {
	table, err := t.now(ctx, source)
	var identity, id string
	if err == nil {
		identity, id, err = table.Identify(t.at)
	}
	switch {
	case gold.KindOf(err) == gold.Invalid:
		return object.Changed(t.folder, "its metadata was laid out anew")
	case err != nil:
		return err
	case id != t.ID:
		return object.Changed(t.folder, fmt.Sprintf("the snapshot %s of the Iceberg table followed %s", id, t.ID))
	case identity != t.Identity:
		return object.Changed(t.folder, "the schema of the Iceberg table changed")
	}
	return nil
}
