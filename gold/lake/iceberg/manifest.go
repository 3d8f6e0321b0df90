package iceberg

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Ids of the fields of manifest lists and manifests, as the specification gives them.
const (
	idManifestPath, idManifestLength, idManifestSpec, idManifestContent = 500, 501, 502, 517
	idManifestSequence, idManifestKey                                   = 515, 519

	idStatus, idSequence, idDataFile                         = 0, 3, 2
	idContent, idPath, idFormat, idPartition, idRows, idSize = 134, 100, 101, 102, 103, 104
	idKeyMetadata, idEqualityIDs                             = 131, 135
	idReferenced, idContentOffset, idContentSize             = 143, 144, 145
)

// Limits of what a snapshot is made of.
const (
	maxManifests  = 1_000_000
	maxFiles      = 2_000_000
	maxHeld       = 1 << 30 // bytes of what manifests say about files
	maxEqualities = 256     // columns that equality deletes compare
	perFile       = 160     // about what a file, or a partition, takes besides its texts
	perValue      = 64      // about what a value of a partition takes besides its text
)

// manifestJSON is an entry of a manifest list.
type manifestEntry struct {
	name     string // in the lake
	spec     int
	deletes  bool
	sequence int64
	own      bool // the entries' sequence numbers are known without the list: it is of version 1
}

// Kinds of content.
const (
	contentData = iota
	contentPositions
	contentEqualities
)

// entry is a live file of a manifest: of rows, or of deletes.
type entry struct {
	File
	content    int
	format     string
	keyed      bool // it is encrypted
	equality   []int64
	referenced string // the file whose rows are deleted, as it is written; empty: several
	offset     int64  // of a deletion vector in its file
	length     int64  // of it; -1: it is none
}

// partition is the values of a partition, by the ids of its fields.
type partition struct {
	spec   int
	values map[int]any
	key    string // of the spec and the values
}

// manifests reads the manifest list of a snapshot.
func (t *Table) manifests(ctx context.Context, s *snapshotJSON) ([]manifestEntry, error) {
	if s.KeyID != "" {
		return nil, t.metadata.encrypted(t.file)
	}
	var all []manifestEntry
	if s.ManifestList == "" {
		for _, written := range s.Manifests {
			name, err := t.name(written)
			if err != nil {
				return nil, err
			}
			all = append(all, manifestEntry{name: name, spec: -1, own: true})
		}
		return all, nil
	}
	list, err := t.name(s.ManifestList)
	if err != nil {
		return nil, err
	}
	met := map[string]bool{}
	held := &counter{most: maxHeld}
	begin := func(f *avroFile) error { return needs(f.schema, idManifestPath) }
	err = t.readAvro(ctx, list, begin, func(r *avroReader, schema *avroType) error {
		var m manifestEntry
		var written string
		keyed := false
		r.record(schema, func(f *avroField) {
			switch f.id {
			case idManifestPath:
				written = r.text(f.typ)
			case idManifestSpec:
				m.spec = int(first(r.long(f.typ)))
			case idManifestContent:
				m.deletes = first(r.long(f.typ)) != contentData
			case idManifestSequence:
				m.sequence = first(r.long(f.typ))
			case idManifestKey:
				keyed = r.present(f.typ)
			default:
				r.skip(f.typ)
			}
		})
		switch {
		case r.err != nil:
			return r.err
		case keyed:
			return t.metadata.encrypted(list)
		case len(all) == maxManifests || !held.add(int64(perFile+2*len(written))):
			return invalid(list, gold.CodeFileUnsupported, "the snapshot of the Iceberg table has more than %d manifests, or their names take more than %d bytes: compact them (rewrite_manifests)", maxManifests, maxHeld)
		}
		if m.name, err = t.name(written); err != nil {
			return err
		}
		if met[m.name] || m.name == list {
			return invalid(list, gold.CodeFileInvalid, "the manifest list of the Iceberg table names the manifest %s twice, or itself: its files would count twice", m.name)
		}
		met[m.name] = true
		all = append(all, m)
		return nil
	})
	return all, err
}

func first(v int64, _ bool) int64 { return v }

// needs returns an error where records lack a field.
func needs(schema *avroType, ids ...int) error {
	for _, id := range ids {
		if schema.kind != avroRecord || !slices.ContainsFunc(schema.fields, func(f avroField) bool { return f.id == id }) {
			return fmt.Errorf("its records have no field of the id %d", id)
		}
	}
	return nil
}

// entries reads manifests side by side, and returns their live files in the manifests' order.
func (t *Table) entries(ctx context.Context, manifests []manifestEntry, most int64) ([]entry, error) {
	const atOnce = 8
	read := make([][]entry, len(manifests))
	held := &counter{most: maxHeld}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range manifests {
		if within.Err() != nil {
			break
		}
		g.Go(func() (err error) {
			read[i], err = t.manifest(within, &manifests[i], most, held)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(read...), ctx.Err()
}

// manifest reads the live files of one manifest.
func (t *Table) manifest(ctx context.Context, m *manifestEntry, most int64, held *counter) (all []entry, err error) {
	known := &partitions{byKey: map[string]*partition{}, spec: m.spec}
	begin := func(f *avroFile) error {
		if id, err := strconv.Atoi(f.header["partition-spec-id"]); err == nil && m.own {
			m.spec, known.spec = id, id
		}
		return needs(f.schema, idDataFile)
	}
	err = t.readAvro(ctx, m.name, begin, func(r *avroReader, schema *avroType) error {
		e := entry{length: -1}
		status, sequence, told := int64(-1), int64(0), false
		r.record(schema, func(f *avroField) {
			switch f.id {
			case idStatus:
				status = first(r.long(f.typ)) // it is the only field without an id but for its own, which is 0
			case idSequence:
				sequence, told = r.long(f.typ)
			case idDataFile:
				r.record(f.typ, func(f *avroField) { e.take(r, f, known) })
			default:
				r.skip(f.typ)
			}
		})
		if r.err != nil {
			return r.err
		}
		if !held.hold(known.fresh) {
			return tooMuch(m.name)
		}
		if known.fresh = 0; status == 2 { // deleted
			return nil
		}
		if status != 0 && status != 1 {
			return fmt.Errorf("an entry has the status %d: expected 0 to 2", status)
		}
		switch {
		case told:
			e.sequence = sequence
		case status == 1:
			e.sequence = m.sequence // it is inherited by what the manifest's commit added
		case !m.own && m.sequence > 0:
			return fmt.Errorf("the entry of %s was there before the manifest was, and has no sequence number", object.Shown(e.written))
		}
		if e.sequence < 0 || e.sequence > most {
			return fmt.Errorf("the entry of %s has the sequence number %d, and the newest of the table is %d", object.Shown(e.written), e.sequence, most)
		}
		if e.Name, err = t.name(e.written); err != nil {
			return err
		}
		if err := t.acceptable(&e, m); err != nil {
			return err
		}
		if !held.add(int64(perFile + 2*len(e.written) + len(e.referenced) + 8*len(e.equality))) {
			return tooMuch(m.name)
		}
		all = append(all, e)
		return nil
	})
	return all, err
}

func tooMuch(manifest string) error {
	return invalid(manifest, gold.CodeFileUnsupported, "what the manifests of the Iceberg table say about its files takes more than %d bytes, or they have more than %d files: compact the table (rewrite_data_files)",
		maxHeld, maxFiles)
}

// take reads a field of a file's record.
func (e *entry) take(r *avroReader, f *avroField, known *partitions) {
	switch f.id {
	case idContent:
		e.content = int(first(r.long(f.typ)))
	case idPath:
		e.written = r.text(f.typ)
	case idFormat:
		e.format = r.text(f.typ)
	case idPartition:
		e.partition = known.read(r, f.typ)
	case idRows:
		e.Rows = first(r.long(f.typ))
	case idSize:
		e.Size = first(r.long(f.typ))
	case idKeyMetadata:
		e.keyed = r.present(f.typ)
	case idEqualityIDs:
		e.equality = r.longs(f.typ)
	case idReferenced:
		e.referenced = r.text(f.typ)
	case idContentOffset:
		e.offset, _ = r.long(f.typ)
	case idContentSize:
		if n, told := r.long(f.typ); told {
			e.length = n
		}
	default:
		r.skip(f.typ)
	}
}

// partitions are those of a manifest, of which equal ones are kept once.
type partitions struct {
	byKey map[string]*partition
	spec  int
	fresh int64 // bytes of those that were not counted yet
}

// read reads a partition.
func (all *partitions) read(r *avroReader, typ *avroType) *partition {
	p := &partition{spec: all.spec, values: map[int]any{}}
	key := binary.AppendVarint(nil, int64(all.spec))
	r.record(typ, func(f *avroField) {
		v := r.value(f.typ)
		p.values[f.id] = v
		key = binary.AppendVarint(key, int64(f.id))
		switch v := v.(type) {
		case nil:
			key = append(key, 'n')
		case bool:
			key = fmt.Appendf(key, "b%t", v)
		case int64:
			key = binary.AppendVarint(append(key, 'i'), v)
		case float64:
			key = binary.BigEndian.AppendUint64(append(key, 'f'), math.Float64bits(v))
		case string:
			key = append(binary.AppendVarint(append(key, 't'), int64(len(v))), v...)
		case []byte:
			key = append(binary.AppendVarint(append(key, 't'), int64(len(v))), v...)
		}
	})
	p.key = string(key)
	if other := all.byKey[p.key]; other != nil {
		return other
	}
	all.byKey[p.key] = p
	all.fresh += int64(perFile + 2*len(key) + perValue*len(p.values))
	return p
}

// acceptable returns the error of a file that can't be read.
func (t *Table) acceptable(e *entry, m *manifestEntry) error {
	shown := object.Shown(e.written)
	advice := ": write the table's rows into one of Parquet files"
	switch {
	case e.keyed:
		return t.metadata.encrypted(e.Name)
	case e.content < contentData || e.content > contentEqualities || (e.content != contentData) != m.deletes && !m.own:
		return fmt.Errorf("the entry of %s has the content %d, which a manifest of its kind does not hold", shown, e.content)
	case e.Rows < 0 || e.Size < 0 || e.Rows > 1<<40 || e.Size > 1<<50:
		return fmt.Errorf("the entry of %s says that it has %d rows in %d bytes", shown, e.Rows, e.Size)
	case e.content == contentPositions && isFormat(e.format, "puffin"):
		if e.referenced == "" || e.length < 0 || e.offset < 0 {
			return fmt.Errorf("the deletion vector in %s says neither whose rows it deletes nor where it lies", shown)
		}
	case !isFormat(e.format, "parquet"):
		return invalid(e.Name, gold.CodeFileUnsupported, "it is a file of the format %q of an Iceberg table, and goldserve reads Parquet%s", object.Shorten(e.format), advice)
	case e.content == contentEqualities && len(e.equality) == 0:
		return fmt.Errorf("the equality deletes in %s say no columns", shown)
	case len(e.equality) > maxEqualities:
		return invalid(e.Name, gold.CodeFileUnsupported, "it deletes rows of an Iceberg table by %d columns, and at most %d are compared: compact the table (rewrite_data_files)", len(e.equality), maxEqualities)
	}
	return nil
}
