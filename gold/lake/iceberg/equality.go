package iceberg

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// equalitySet is the equality deletes of a partition that compare the same columns: what they delete, with the newest sequence
// number that deletes it.
type equalitySet struct {
	ids     []int64 // of the columns
	files   []*entry
	columns *keyColumns // nil: it was not read yet
	newest  map[string]int64
}

// keyColumns are the columns that deletes compare.
type keyColumns struct {
	schema *parquet.Schema
	fields gold.Dataset
	named  []string // as the table's schema has them, empty where it has no longer
}

func (d *Deletes) addEqualities(e *entry) {
	where := d.where(&e.File)
	at := slices.IndexFunc(d.sets[where], func(s *equalitySet) bool { return slices.Equal(s.ids, e.equality) })
	if at < 0 {
		at = len(d.sets[where])
		d.sets[where] = append(d.sets[where], &equalitySet{ids: e.equality})
	}
	d.sets[where][at].files = append(d.sets[where][at].files, e)
}

// equalRows returns the rows of a file that equality deletes delete: those of its partition, and those of all, that are newer.
func (d *Deletes) equalRows(ctx context.Context, f *File, in content.Input) (*roaring.Bitmap, error) {
	sets := d.sets[everywhere]
	if !d.bare[f.partition.spec] {
		sets = slices.Concat(sets, d.sets[f.partition.key])
	}
	var rows *roaring.Bitmap
	for _, s := range sets {
		if !slices.ContainsFunc(s.files, func(e *entry) bool { return e.sequence > f.sequence }) {
			continue
		}
		if err := d.load(ctx, s); err != nil {
			return nil, err
		}
		equal, err := d.equalTo(ctx, s, f, in)
		if err != nil {
			return nil, err
		}
		rows = union(rows, equal)
	}
	return rows, nil
}

// load reads the files of a set.
func (d *Deletes) load(ctx context.Context, s *equalitySet) (err error) {
	if s.columns != nil {
		return nil
	}
	if s.columns, err = d.keyColumns(s.ids); err != nil {
		return err
	}
	s.newest = map[string]int64{}
	for _, e := range s.files {
		if err := d.loadFile(ctx, s, e); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deletes) loadFile(ctx context.Context, s *equalitySet, e *entry) error {
	in, err := d.open(ctx, e)
	if err != nil {
		return err
	}
	defer in.Close()
	var key []byte
	total := int64(0)
	err = scan(ctx, s.columns.schema, e.Name, in, &s.columns.fields, nil, func(f *parquet.File, b *gold.Batch, _ int64) error {
		for _, field := range s.columns.fields.Fields {
			if f.Lacks(field.Name) != nil {
				return invalid(e.Name, gold.CodeFileInvalid, "it deletes rows of the Iceberg table by equality, and lacks a column that its manifest says it has (equality_ids %d)", s.ids)
			}
		}
		total += int64(b.Rows)
		for i := range b.Rows {
			for c := range b.Columns {
				if b.Columns[c].Kind == gold.Double && b.Columns[c].IsNull(i) {
					return invalid(e.Name, gold.CodeFileUnsupported, "it deletes rows of the Iceberg table by a floating-point column that is null or NaN, which goldserve does not tell apart: compact the table (rewrite_data_files)")
				}
			}
			key = appendKey(key[:0], b, i)
			known, met := s.newest[string(key)]
			if !met {
				if err := d.hold(int64(len(key)) + 64); err != nil {
					return err
				}
			}
			if !met || known < e.sequence {
				s.newest[string(key)] = e.sequence
			}
		}
		return nil
	})
	if err == nil && total != e.Rows {
		err = invalid(e.Name, gold.CodeRowCount, "it has %d rows, and the manifest of the Iceberg table says %d: it is not the file that was added", total, e.Rows)
	}
	return err
}

// equalTo returns the rows of a file that a set deletes.
func (d *Deletes) equalTo(ctx context.Context, s *equalitySet, f *File, in content.Input) (*roaring.Bitmap, error) {
	if f.Rows > math.MaxUint32 {
		return nil, invalid(f.Name, gold.CodeFileUnsupported, "it has %d rows, and some of them may be deleted: compact the table (rewrite_data_files)", f.Rows)
	}
	values, err := d.Constants(f)
	if err != nil {
		return nil, err
	}
	var constants []content.Partition
	for k, name := range s.columns.named {
		for _, v := range values {
			if v.Name == name {
				v.Name = s.columns.fields.Fields[k].Column()
				constants = append(constants, v)
				break
			}
		}
	}
	rows := roaring.New()
	var key []byte
	err = scan(ctx, s.columns.schema, f.Name, in, &s.columns.fields, constants, func(_ *parquet.File, b *gold.Batch, first int64) error {
		for i := range b.Rows {
			key = appendKey(key[:0], b, i)
			if s.newest[string(key)] > f.sequence {
				rows.Add(uint32(first - 1 + int64(i)))
			}
		}
		return nil
	})
	rows.RunOptimize()
	return rows, err
}

// keyColumns returns the columns of some ids, which the table may no longer have.
func (d *Deletes) keyColumns(ids []int64) (*keyColumns, error) {
	k := &keyColumns{schema: &parquet.Schema{ByID: true, Names: d.Schema.Names}, fields: gold.Dataset{Name: "deletes"}}
	for i, id := range ids {
		leading := d.table.schemaWith(d.Schema, int(id))
		if leading == nil {
			return nil, invalid(d.table.folder, gold.CodeFileInvalid, "rows of the Iceberg table are deleted by the column with the id %d, which no schema of it has", id)
		}
		column, _ := columnOf(d.Schema.Columns, int(id), "")
		k.named = append(k.named, column)
		name := fmt.Sprintf("k%d", i)
		k.schema.Columns = append(k.schema.Columns, narrowed(leading, name))
		found := (&parquet.Schema{Columns: k.schema.Columns[i:]}).Fields()
		if len(found) != 1 || found[0].Refused != "" || found[0].JSON {
			return nil, invalid(d.table.folder, gold.CodeFileUnsupported, "rows of the Iceberg table are deleted by the column %q, whose type goldserve does not compare: compact the table (rewrite_data_files)",
				object.Shorten(leading[len(leading)-1].Name))
		}
		field := found[0].Field
		field.Name, field.PhysicalName = name, found[0].Name
		k.fields.Fields = append(k.fields.Fields, field)
	}
	return k, nil
}

// narrowed returns the first of some columns under another name, with nothing in it but the rest of them.
func narrowed(leading []parquet.SchemaColumn, name string) parquet.SchemaColumn {
	c := leading[0]
	c.Name, c.Nullable = name, true
	if len(leading) > 1 {
		c.Type.Fields = []parquet.SchemaColumn{narrowed(leading[1:], "v")}
	}
	return c
}

// appendKey appends the values of a row in a form in which different ones differ.
func appendKey(key []byte, b *gold.Batch, row int) []byte {
	for i := range b.Columns {
		switch c := &b.Columns[i]; {
		case c.IsNull(row):
			key = append(key, 0)
		case c.Kind == gold.Double:
			key = binary.BigEndian.AppendUint64(append(key, 1), math.Float64bits(c.Floats[row]+0)) // -0 is 0
		case c.Kind.InBytes():
			text := c.Text(row)
			key = append(binary.AppendUvarint(append(key, 2), uint64(len(text))), text...)
		default:
			key = binary.BigEndian.AppendUint64(append(key, 3), uint64(c.Ints[row]))
		}
	}
	return key
}
