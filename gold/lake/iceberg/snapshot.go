package iceberg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/parquet"
)

// Snapshot is one state of a table.
type Snapshot struct {
	ID         string // empty: the table has none yet
	Committed  time.Time
	Partitions []string // the names of the partition fields of today's spec
	Schema     *parquet.Schema
	Files      []File // by name
	Deletes    bool   // some of their rows may be deleted
	Identity   string // names the snapshot, the table and its schema: what has the same identity has the same rows

	table    *Table
	deletes  []entry
	defaults []content.Partition
	fields   map[int][]identityField // by spec
	bare     map[int]bool            // specs without partitions
}

// File is a data file of a snapshot.
type File struct {
	Name string // in the lake
	Rows int64  // deleted ones included
	Size int64  // in bytes

	written   string // its path as the metadata has it
	sequence  int64
	partition *partition
}

// counter counts what several goroutines hold.
type counter struct {
	held, files atomic.Int64
	most        int64
}

func (c *counter) add(n int64) bool { return c.hold(n) && c.files.Add(1) <= maxFiles }

func (c *counter) hold(n int64) bool { return c.held.Add(n) <= c.most }

func isFormat(format, name string) bool { return strings.EqualFold(format, name) }

// Identify returns what Snapshot.Identity will be, and the id of the snapshot, without reading manifests.
func (t *Table) Identify(at At) (identity, id string, err error) {
	s, schema, err := t.choose(at)
	if err != nil {
		return "", "", err
	}
	identity, id = t.identity(s, schema)
	return identity, id, nil
}

// identity is made of what tells one snapshot of one table from any other, and its schema from others.
func (t *Table) identity(s *snapshotJSON, schema *schemaJSON) (identity, id string) {
	m := t.metadata
	var manifests []string // a table that was made anew may have the ids of the one before
	if s != nil {
		id, manifests = string(s.ID), append([]string{s.ManifestList}, s.Manifests...)
	}
	// A struct of texts and numbers is always JSON.
	text, _ := json.Marshal([]any{m.UUID, m.Location, id, manifests, schema, m.property(nameMapping), m.Spec, m.Specs})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), id
}

// Snapshot reads a snapshot: which files it has, of which rows are deleted, and its columns.
//
// It returns Invalid source_unreadable where there is no such snapshot, file_invalid where its metadata is damaged, row_count
// where it contradicts itself, file_unsupported for what is not implemented, and errors of the source as they are.
func (t *Table) Snapshot(ctx context.Context, at At) (*Snapshot, error) {
	chosen, schema, err := t.choose(at)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{table: t, fields: map[int][]identityField{}, bare: map[int]bool{}}
	s.Identity, s.ID = t.identity(chosen, schema)
	if s.Schema, err = t.schemaOf(schema); err != nil {
		return nil, err
	}
	if s.defaults, err = defaults(schema, s.Schema); err != nil {
		return nil, invalid(t.file, gold.CodeFileUnsupported, "the schema %d of the Iceberg table: %v", schema.ID, err)
	}
	s.Partitions = t.partitions()
	if chosen == nil {
		return s, nil
	}
	s.Committed = time.UnixMilli(chosen.Time)
	manifests, err := t.manifests(ctx, chosen)
	if err != nil {
		return nil, err
	}
	entries, err := t.entries(ctx, manifests, max(t.metadata.Sequence, chosen.Sequence))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		if err := s.specOf(&e.File); err != nil {
			return nil, err
		}
		if e.content == contentData {
			s.Files = append(s.Files, e.File)
		} else {
			s.deletes = append(s.deletes, *e)
		}
	}
	s.Deletes = len(s.deletes) > 0
	return s, s.check(chosen)
}

// specOf takes note of a file's partition spec.
func (s *Snapshot) specOf(f *File) error {
	if f.partition == nil {
		f.partition = &partition{}
	}
	id := f.partition.spec
	if _, known := s.fields[id]; known {
		return nil
	}
	m := s.table.metadata
	spec := m.spec(id)
	if id < 0 && (len(m.Specs) < 2) { // of a snapshot that names its manifests itself, as early versions did
		if spec = m.spec(0); len(m.Specs) == 1 {
			spec = &m.Specs[0]
		}
	}
	if spec == nil {
		return invalid(s.table.file, gold.CodeFileInvalid, "a manifest of the Iceberg table has the partition spec %d, which its metadata lacks", id)
	}
	s.fields[id] = identities(spec, s.Schema)
	s.bare[id] = !slices.ContainsFunc(spec.Fields, func(f specFieldJSON) bool { return f.Transform != "void" })
	return nil
}

// check sorts the files, each of which must be there once, and compares them with the snapshot's summary.
func (s *Snapshot) check(chosen *snapshotJSON) error {
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	rows := int64(0)
	for i := range s.Files {
		if i > 0 && s.Files[i].Name == s.Files[i-1].Name {
			return invalid(s.Files[i].Name, gold.CodeFileInvalid, "the snapshot %s of the Iceberg table has the file twice: its rows would count twice", s.ID)
		}
		rows += s.Files[i].Rows
	}
	if told := chosen.total("total-records"); told >= 0 && told != rows {
		return invalid(s.table.folder, gold.CodeRowCount, "the snapshot %s of the Iceberg table says that its files have %d rows (total-records), and its manifests have files with %d: "+
			"files were lost, or its writer counted wrong: rewrite the table's files (rewrite_data_files)", s.ID, told, rows)
	}
	return nil
}

// Constants returns the values that all rows of a file have whose columns it may lack: those of its partition, else defaults.
func (s *Snapshot) Constants(f *File) ([]content.Partition, error) {
	values, err := constants(s.fields[f.partition.spec], f.partition)
	if err != nil {
		return nil, invalid(f.Name, gold.CodeFileInvalid, "%v", err)
	}
	return append(values, s.defaults...), nil
}

// Find returns the file of a name in the lake.
func (s *Snapshot) Find(name string) *File {
	i, _ := slices.BinarySearchFunc(s.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	return &s.Files[i]
}

// Gone returns the error of a file that the metadata names and that is not there.
func (s *Snapshot) Gone(name string) error { return s.table.gone(name) }

// partitions returns the names of the fields of the spec that new files get.
func (t *Table) partitions() (names []string) {
	if spec := t.metadata.spec(t.metadata.SpecID); spec != nil {
		for _, f := range spec.Fields {
			if f.Transform != "void" {
				names = append(names, f.Name)
			}
		}
	}
	return names
}
