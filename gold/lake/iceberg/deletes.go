package iceberg

import (
	"context"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
	"goldserve/gold/lake/vector"
)

// maxDeletes is how many bytes the deletes of a snapshot may take in memory.
const maxDeletes = 512 << 20

// Deletes finds the deleted rows of a snapshot's files. It holds the delete files that it read, and belongs to one goroutine.
type Deletes struct {
	*Snapshot
	vectors   map[string][]*entry // by the name of the file whose rows they delete
	positions map[string][]*entry // by partition, or the name of the file that they say they are of
	sets      map[string][]*equalitySet
	read      map[*entry]map[string]*roaring.Bitmap // positions, by the name of the file
	held      int64
}

// everywhere is the partition of deletes whose spec has none: they are of all files.
const everywhere = ""

// ofFile begins the keys of deletes that name the file that they are of. No partition's key begins so.
const ofFile = "\xff\xff"

// NewDeletes returns the deletes of the snapshot.
func (s *Snapshot) NewDeletes() *Deletes {
	d := &Deletes{Snapshot: s, vectors: map[string][]*entry{}, positions: map[string][]*entry{}, sets: map[string][]*equalitySet{}, read: map[*entry]map[string]*roaring.Bitmap{}}
	for i := range s.deletes {
		e := &s.deletes[i]
		switch {
		case e.content == contentEqualities:
			d.addEqualities(e)
		case isFormat(e.format, "puffin"):
			name, _ := s.table.name(e.referenced) // one outside is of no file
			d.vectors[name] = append(d.vectors[name], e)
		case e.referenced != "":
			name, _ := s.table.name(e.referenced)
			d.positions[ofFile+name] = append(d.positions[ofFile+name], e)
		default:
			d.positions[e.partition.key] = append(d.positions[e.partition.key], e)
		}
	}
	return d
}

// Of returns the numbers, from 0, of the deleted rows of a file, which is open, in their smallest form; nil: there are none. Other
// calls may return the same set, which must not be changed.
func (d *Deletes) Of(ctx context.Context, f *File, in content.Input) (*roaring.Bitmap, error) {
	rows, err := d.vectorOf(ctx, f)
	if err != nil {
		return nil, err
	}
	if rows == nil { // a vector has what older position deletes of the file had
		for _, e := range slices.Concat(d.positions[f.partition.key], d.positions[ofFile+f.Name]) {
			if f.sequence > e.sequence {
				continue
			}
			of, err := d.positionsIn(ctx, e)
			if err != nil {
				return nil, err
			}
			rows = union(rows, of[f.Name])
		}
	}
	equal, err := d.equalRows(ctx, f, in)
	if err != nil {
		return nil, err
	}
	rows = union(rows, equal)
	if rows != nil && !rows.IsEmpty() && int64(rows.Maximum()) >= f.Rows {
		return nil, invalid(f.Name, gold.CodeRowCount, "the deletes of the Iceberg table list its row %d, and it has %d rows", int64(rows.Maximum())+1, f.Rows)
	}
	return rows, nil
}

// union returns all rows of two sets, neither of which changes.
func union(a, b *roaring.Bitmap) *roaring.Bitmap {
	switch {
	case a == nil || a.IsEmpty():
		return b
	case b == nil || b.IsEmpty():
		return a
	}
	both := roaring.Or(a, b)
	both.RunOptimize()
	return both
}

// vectorOf returns the deletion vector of a file; nil: it has none.
func (d *Deletes) vectorOf(ctx context.Context, f *File) (*roaring.Bitmap, error) {
	at := slices.IndexFunc(d.vectors[f.Name], func(e *entry) bool { return e.sequence >= f.sequence })
	if at < 0 {
		return nil, nil //nolint:nilnil // as said above
	}
	if len(d.vectors[f.Name]) > 1 {
		return nil, invalid(f.Name, gold.CodeFileInvalid, "the snapshot %s of the Iceberg table has %d deletion vectors of the file: expected one at most", d.ID, len(d.vectors[f.Name]))
	}
	e := d.vectors[f.Name][at]
	in, err := d.open(ctx, e)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := isPuffin(ctx, e.Name, in); err != nil {
		return nil, err
	}
	if e.length < vector.Frame || e.length > vector.MaxBytes || e.offset > in.Size()-e.length {
		return nil, invalid(e.Name, gold.CodeFileInvalid, "it has %d bytes, and the manifest says that a deletion vector of %d lies in it at %d", in.Size(), e.length, e.offset)
	}
	data := make([]byte, e.length)
	if err := in.ReadAt(ctx, data, e.offset); err != nil {
		return nil, err
	}
	plain, err := vector.Unframe(data, "the manifest")
	if err != nil {
		return nil, invalid(e.Name, gold.CodeFileInvalid, "the deletion vector at %d %v", e.offset, err)
	}
	rows, err := vector.Decode(plain)
	if err != nil {
		return nil, invalid(e.Name, gold.CodeFileInvalid, "the deletion vector at %d can't be read: %v", e.offset, err)
	}
	if n := int64(rows.GetCardinality()); n != e.Rows {
		return nil, invalid(e.Name, gold.CodeFileInvalid, "the deletion vector at %d lists %d rows, and the manifest says %d", e.offset, n, e.Rows)
	}
	return rows, nil
}

// puffinMagic is at both ends of a Puffin file (https://iceberg.apache.org/puffin-spec/).
const puffinMagic = "PFA1"

// isPuffin returns an error where a file is none.
func isPuffin(ctx context.Context, name string, in *object.Input) error {
	const least = 4 + 4 + 4 + 4 + 4 // magics, and an empty footer
	for _, off := range []int64{0, in.Size() - 4} {
		var magic [4]byte
		if in.Size() < least {
			break
		}
		if err := in.ReadAt(ctx, magic[:], off); err != nil {
			return err
		}
		if string(magic[:]) != puffinMagic {
			return invalid(name, gold.CodeFileInvalid, "the manifest of the Iceberg table says that it is a Puffin file with deletion vectors, and it has %q at %d, not %q", magic, off, puffinMagic)
		}
	}
	return nil
}

// open opens a file of deletes.
func (d *Deletes) open(ctx context.Context, e *entry) (*object.Input, error) {
	in, err := object.OpenInput(ctx, d.table.source, object.Info{Name: e.Name})
	if object.Absent(err) || gold.CodeOf(err) == gold.CodeSourceChanged {
		return nil, d.table.gone(e.Name)
	}
	return in, err
}

// hold counts what is held of deletes.
func (d *Deletes) hold(bytes int64) error {
	if d.held += bytes; d.held > maxDeletes {
		return d.tooMany()
	}
	return nil
}

func (d *Deletes) tooMany() error {
	return invalid(d.table.folder, gold.CodeFileUnsupported, "the deletes of the snapshot %s of the Iceberg table take more than %d bytes: compact the table (rewrite_data_files)", d.ID, maxDeletes)
}

// scan reads columns of a file, all of its rows, and returns how many it has.
func scan(ctx context.Context, s *parquet.Schema, name string, in content.Input, ds *gold.Dataset, constants []content.Partition, fn func(f *parquet.File, b *gold.Batch, first int64) error) error {
	f, err := parquet.OpenOf(ctx, s, name, in, ds, constants)
	if err != nil {
		return err
	}
	chosen := make([]int, len(ds.Fields))
	for i := range chosen {
		chosen[i] = i
	}
	const batch = 4096
	r := parquet.NewReader(ds, chosen, batch)
	defer r.Close()
	if f.Groups() == 0 {
		return nil
	}
	for g := range f.Groups() {
		if err := r.Read(ctx, f, in, g, func(b *gold.Batch, first int64) error { return fn(f, b, first) }); err != nil {
			return err
		}
	}
	if lossy := r.Lossy(); len(lossy) > 0 {
		return invalid(name, gold.CodeFileUnsupported, "rows of the Iceberg table are deleted by values with more digits than goldserve keeps (finer times than milliseconds): compact the table (rewrite_data_files)")
	}
	return nil
}

// Ids and names of the columns of position deletes.
const (
	idDeletedPath, idDeletedRow     = 2147483546, 2147483545
	nameDeletedPath, nameDeletedRow = "file_path", "pos"
)

var (
	positionSchema = &parquet.Schema{
		ByID: true,
		Columns: []parquet.SchemaColumn{
			{Name: nameDeletedPath, ID: idDeletedPath, Type: parquet.Type{Kind: parquet.Texts}},
			{Name: nameDeletedRow, ID: idDeletedRow, Type: parquet.Type{Kind: parquet.LongIntegers}},
		},
		Names: []parquet.NamedColumn{{ID: idDeletedPath, Names: []string{nameDeletedPath}}, {ID: idDeletedRow, Names: []string{nameDeletedRow}}},
	}
	positionFields = gold.Dataset{Name: "deletes", Fields: []gold.Field{{Name: nameDeletedPath, Kind: gold.Text}, {Name: nameDeletedRow, Kind: gold.Int}}}
)

// positionsIn reads a file of position deletes.
func (d *Deletes) positionsIn(ctx context.Context, e *entry) (map[string]*roaring.Bitmap, error) {
	if known := d.read[e]; known != nil {
		return known, nil
	}
	in, err := d.open(ctx, e)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	found := map[string]*roaring.Bitmap{}
	var last string
	var rows *roaring.Bitmap
	total := int64(0)
	ds := positionFields
	err = scan(ctx, positionSchema, e.Name, in, &ds, nil, func(f *parquet.File, b *gold.Batch, _ int64) error {
		if f.Lacks(nameDeletedPath) != nil || f.Lacks(nameDeletedRow) != nil {
			return invalid(e.Name, gold.CodeFileInvalid, "it lists deleted rows for the Iceberg table, and lacks the column %s or %s", nameDeletedPath, nameDeletedRow)
		}
		before := total
		if total += int64(b.Rows); before>>20 != total>>20 { // not only once all are held
			if _, err := d.sizeOf(found); err != nil {
				return err
			}
		}
		for i := range b.Rows {
			if written := b.Columns[0].Text(i); rows == nil || string(written) != last {
				last = string(written)
				name, err := d.table.name(last)
				if err != nil {
					name = "" // of no file of the snapshot
				}
				if rows = found[name]; rows == nil {
					rows = roaring.New()
					found[name] = rows
					if err := d.hold(int64(perFile + len(name))); err != nil {
						return err
					}
				}
			}
			row := b.Columns[1].Ints[i]
			if row < 0 || row >= 1<<32 {
				return invalid(e.Name, gold.CodeFileInvalid, "it lists the deleted row %d of %s, which no file has", row, object.Shown(last))
			}
			rows.Add(uint32(row))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if total != e.Rows {
		return nil, invalid(e.Name, gold.CodeRowCount, "it lists %d deleted rows, and the manifest of the Iceberg table says %d: it is not the file that was added", total, e.Rows)
	}
	for _, rows := range found {
		rows.RunOptimize()
	}
	size, err := d.sizeOf(found)
	if err != nil {
		return nil, err
	}
	d.read[e] = found
	return found, d.hold(size)
}

// sizeOf returns how many bytes positions take, or an error where they are more than may be held.
func (d *Deletes) sizeOf(found map[string]*roaring.Bitmap) (size int64, err error) {
	for _, rows := range found {
		size += int64(rows.GetSizeInBytes())
	}
	if size > maxDeletes-d.held {
		err = d.tooMany()
	}
	return size, err
}

// where returns the partition that deletes are of.
func (s *Snapshot) where(f *File) string {
	if s.bare[f.partition.spec] {
		return everywhere
	}
	return strings.Clone(f.partition.key)
}
