package lake

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/delta"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// DeltaVersion names a version of a Delta table.
type DeltaVersion = delta.At

// deltaTable is a Delta table at a version: its log tells the files, their rows and their columns.
type deltaTable struct {
	*delta.Snapshot
	folder string
	at     DeltaVersion
}

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
		return nil, l.notThatTable(ctx, s, "a Delta table", "holds no folder "+delta.LogFolder)
	case folder == "":
		return nil, nil //nolint:nilnil // as said above
	}
	at := DeltaVersion{Version: s.Reading.Version, Timestamp: s.Reading.Timestamp}
	snapshot, err := l.snapshot(ctx, l.metadata(s), folder, at)
	if err != nil {
		return nil, err
	}
	return &listing{name: folder, kind: gold.DeltaTable, version: &deltaTable{snapshot, folder, at}}, nil
}

// parts returns the files of the table, which take far more memory than their snapshot.
func (d *deltaTable) parts() ([]part, error) {
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
		parts[i] = part{object.Info{Name: name}, values}
	}
	return parts, nil
}

// snapshot reads a version of a table, unless its log is as it was when that was read before from the lake itself.
func (l *Lake) snapshot(ctx context.Context, source object.Source, folder string, at DeltaVersion) (*delta.Snapshot, error) {
	log, err := delta.List(ctx, source, folder)
	if err != nil {
		return nil, err
	}
	if source != l.source {
		return log.Snapshot(ctx, at)
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
		put(&l.snapshots, folder, keptSnapshot{state, at, snapshot})
	}
	return snapshot, nil
}

// keptSnapshot is a snapshot with the state of the log that it was read from.
type keptSnapshot struct {
	state    string
	at       DeltaVersion
	snapshot *delta.Snapshot
}

// unchanged compares the version that the table was opened at with what its name stands for now.
func (d *deltaTable) unchanged(ctx context.Context, source object.Source) error {
	now, replaced, err := d.Now(ctx, source, d.at)
	switch {
	case gold.KindOf(err) == gold.Invalid:
		return object.Changed(d.folder, "its log was laid out anew")
	case err != nil:
		return err
	case now != d.Version:
		return object.Changed(d.folder, fmt.Sprintf("version %d of the Delta table followed version %d", now, d.Version))
	case replaced:
		return object.Changed(d.folder, fmt.Sprintf("another Delta table took its place, whose version is %d too", now))
	}
	return nil
}

// totals returns the number of rows and bytes of all files, false where the log does not say.
func (d *deltaTable) totals() (rows, bytes int64, known bool) {
	for i := range d.Files {
		f := &d.Files[i]
		left := f.Rows
		if f.Vector != nil {
			left -= f.Vector.Cardinality
		}
		const most = 1 << 40 // of one file: sums stay far below what a number holds
		if f.Rows < 0 || f.Rows > most || left < 0 || left > f.Rows || f.Size < 0 || f.Size > 2*most {
			return 0, 0, false
		}
		rows += left
		bytes += f.Size
	}
	return rows, bytes, true
}

// gone returns the error of a file that the log names and that is not there.
func (d *deltaTable) gone(name string) error {
	return object.Refused(name, fmt.Sprintf("version %d of the Delta table %s needs the file, and it is not there: VACUUM may have removed it, or it was not copied with the log: "+
		"restore it, or name a newer version", d.Version, d.folder), nil)
}

// of returns the file of a name in the lake.
func (d *deltaTable) of(name string) *delta.File {
	files := d.Files // sorted by their paths, to which the folder belongs unless they are absolute
	i, _ := slices.BinarySearchFunc(files, strings.TrimPrefix(name, d.folder+"/"), func(f delta.File, name string) int { return strings.Compare(f.Path, name) })
	return &files[i]
}

func (d *deltaTable) schema() *parquet.Schema { return d.Schema }

func (d *deltaTable) identity() string { return d.Identity }

func (d *deltaTable) mapping() string { return d.Mapping }

func (d *deltaTable) ledger() string { return "the log of the Delta table" }

func (d *deltaTable) folderOfLog() string { return delta.LogFolder }

func (d *deltaTable) format() gold.Format { return gold.Delta }

func (d *deltaTable) number() string { return strconv.FormatInt(d.Version, 10) }

func (d *deltaTable) committed() time.Time { return d.Committed() }

func (d *deltaTable) partitions() (names []string) {
	for _, i := range d.Partitions {
		names = append(names, d.Schema.Columns[i].Name)
	}
	return names
}

func (d *deltaTable) files() int { return len(d.Files) }

func (d *deltaTable) size() (bytes int64) {
	for i := range d.Files {
		bytes += max(0, d.Files[i].Size)
	}
	return bytes
}

func (d *deltaTable) rowsOf(name string) int64 { return d.of(name).Rows }

func (d *deltaTable) deleted(ctx context.Context, name string, _ content.Input) (*roaring.Bitmap, error) {
	return d.Deleted(ctx, d.of(name))
}
