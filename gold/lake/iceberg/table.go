package iceberg

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// Table is the state of a table that a metadata file tells.
type Table struct {
	source   object.Source
	folder   string // in the lake
	file     string // the metadata's
	metadata *metadata
	places   *object.Places
	location string // the table's folder where it was written, with a slash
}

func newTable(source object.Source, folder, file string, m *metadata) *Table {
	t := &Table{source: source, folder: folder, file: file, metadata: m, places: object.PlacesOf(source, folder)}
	t.location = strings.TrimRight(normal(m.Location), "/") + "/"
	return t
}

// Folder returns the name of the table's folder in the lake; outside of it, its absolute path.
func (t *Table) Folder() string { return t.folder }

// Location returns where the table was written.
func (t *Table) Location() string { return strings.TrimSuffix(t.location, "/") }

// From returns the table, read from another source under the same names.
func (t *Table) From(source object.Source) *Table {
	from := *t
	from.source, from.places = source, object.PlacesOf(source, t.folder)
	return &from
}

// normal returns a path in one form of several.
func normal(written string) string { return strings.TrimPrefix(object.Absolute(written), "./") }

// name returns the name in the lake of a file that the metadata names. Where the table was moved, its recorded location stands for
// where it lies now.
func (t *Table) name(written string) (string, error) {
	if below, ok := strings.CutPrefix(normal(written), t.location); ok && t.location != "/" {
		if name, fine := object.Inside(below); fine && !strings.ContainsAny(below, "\x00\\") {
			return object.Below(t.folder, name), nil
		}
	} else if object.IsAbsolute(written) {
		name, inside, err := t.places.Within(written)
		if err == nil && inside {
			return object.Join(t.folder, name), nil
		}
	}
	return "", invalid(t.file, gold.CodeFileUnsupported, "the metadata of the Iceberg table names the file %q, which lies outside the table's folder (recorded as %q), "+
		"and in none of the lake roots: write the table's rows into one whose files lie in its folder, or add the folder of the files to the lake roots", object.Shown(written), object.Shown(t.metadata.Location))
}

// gone returns the error of a file that the metadata names and that is not there.
func (t *Table) gone(name string) error {
	return object.Refused(name, "the Iceberg table "+t.folder+" needs the file, and it is not there: it was not copied with the metadata, or its snapshot has expired: "+
		"restore it, or name a newer snapshot", nil)
}

// At names a snapshot of a table: by its id, by a time (the newest that is not later), or by a tag or a branch. None: the newest.
type At struct {
	Snapshot  string
	Timestamp time.Time
	Ref       string
}

// Equal reports whether two names are of the same snapshot.
func (at At) Equal(other At) bool {
	return at.Snapshot == other.Snapshot && at.Ref == other.Ref && at.Timestamp.Equal(other.Timestamp)
}

// choose returns the snapshot that is asked for, nil for a table that has none yet, and the schema to read it by: today's, or
// that of a snapshot of the past.
func (t *Table) choose(at At) (*snapshotJSON, *schemaJSON, error) {
	m := t.metadata
	refused := func(text string, args ...any) error {
		return invalid(t.folder, gold.CodeSourceUnreadable, text, args...)
	}
	past := true
	id := string(m.SnapshotID)
	switch {
	case at.Snapshot != "":
		id = at.Snapshot
	case at.Ref != "":
		ref, ok := m.Refs[at.Ref]
		if !ok {
			var names []string
			for name := range m.Refs {
				names = append(names, name)
			}
			slices.Sort(names)
			p := gold.Problem{File: t.folder, Code: gold.CodeSourceUnreadable, DidYouMean: gold.Nearest(at.Ref, names)}
			return nil, nil, gold.Invalidf(p, "the Iceberg table has no tag or branch %q: it has %s", object.Shorten(at.Ref), gold.Listed(names))
		}
		id, past = string(ref.ID), ref.Type == "tag"
	case !at.Timestamp.IsZero():
		found := t.asOf(at.Timestamp)
		if found == "" {
			return nil, nil, refused("the Iceberg table has no snapshot as of %s: %s", at.Timestamp.UTC().Format(time.RFC3339), t.earliest())
		}
		id = found
	default:
		past = false
	}
	if id == "" || id == "-1" {
		schema, err := t.currentSchema()
		return nil, schema, err
	}
	i := slices.IndexFunc(m.Snapshots, func(s snapshotJSON) bool { return string(s.ID) == id })
	if i < 0 {
		return nil, nil, refused("the Iceberg table has no snapshot %s: its metadata has %s, the newest of which is %s", object.Shorten(id), gold.Counted(len(m.Snapshots), "snapshot"), m.SnapshotID)
	}
	s := &m.Snapshots[i]
	schema, err := t.currentSchema()
	if past && s.SchemaID != nil {
		if schema = m.schema(*s.SchemaID); schema == nil {
			err = invalid(t.file, gold.CodeFileInvalid, "the snapshot %s of the Iceberg table has the schema %d, which its metadata lacks", id, *s.SchemaID)
		}
	}
	return s, schema, err
}

func (t *Table) currentSchema() (*schemaJSON, error) {
	m := t.metadata
	switch {
	case m.SchemaID == nil && m.Schema != nil:
		return m.Schema, nil
	case m.SchemaID != nil && m.schema(*m.SchemaID) != nil:
		return m.schema(*m.SchemaID), nil
	}
	return nil, invalid(t.file, gold.CodeFileInvalid, "the metadata of the Iceberg table has no schema of its current-schema-id")
}

// asOf returns the id of the snapshot that was the current one at a time; empty: there was none.
func (t *Table) asOf(at time.Time) (id string) {
	for _, entry := range t.metadata.SnapshotLog { // in the order of its times
		if entry.Time <= at.UnixMilli() {
			id = string(entry.ID)
		}
	}
	if len(t.metadata.SnapshotLog) > 0 {
		return id
	}
	latest := int64(-1) // of metadata of version 1 without a log
	for _, s := range t.metadata.Snapshots {
		if s.Time <= at.UnixMilli() && s.Time > latest {
			id, latest = string(s.ID), s.Time
		}
	}
	return id
}

// earliest says in words when the table's first snapshot was made.
func (t *Table) earliest() string {
	m := t.metadata
	first, id := int64(-1), ""
	for _, entry := range m.SnapshotLog {
		if first < 0 || entry.Time < first {
			first, id = entry.Time, string(entry.ID)
		}
	}
	if first < 0 {
		return "its log of snapshots is empty: name one by its id"
	}
	return fmt.Sprintf("its log begins with the snapshot %s, of %s", id, time.UnixMilli(first).UTC().Format(time.RFC3339))
}

// schemaWith returns the newest schema that has a column of an id, and the columns that lead to it.
func (t *Table) schemaWith(current *parquet.Schema, id int) []parquet.SchemaColumn {
	if found := columnPath(current.Columns, id); found != nil {
		return found
	}
	for i := range slices.Backward(t.metadata.Schemas) {
		columns, err := columnsOf(t.metadata.Schemas[i].Fields, "", 0)
		if err != nil {
			continue
		}
		if found := columnPath(columns, id); found != nil {
			return found
		}
	}
	return nil
}

// columnPath returns the columns from the top to the one of an id, through structs.
func columnPath(columns []parquet.SchemaColumn, id int) []parquet.SchemaColumn {
	for i := range columns {
		if int(columns[i].ID) == id {
			return columns[i : i+1]
		}
		if columns[i].Type.Kind != parquet.Structs {
			continue
		}
		if below := columnPath(columns[i].Type.Fields, id); below != nil {
			return append([]parquet.SchemaColumn{columns[i]}, below...)
		}
	}
	return nil
}
