package parquet

import (
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// Schema is the columns of a table whose format says them apart from its files, which may have them under other names, or not
// yet. What a file has besides is none of the table's.
type Schema struct {
	Columns []SchemaColumn
	ByID    bool // columns are found in files by their field ids; else by their stored names
	// Names give the columns of files without field ids theirs; nil: such files are refused.
	Names []NamedColumn
}

// NamedColumn gives a column of a file its field id by its name there, which may be one of several.
type NamedColumn struct {
	ID     int32
	Names  []string
	Fields []NamedColumn // within it: of a list "element", of a map "key" and "value"
}

// SchemaColumn is a column, or one within a struct.
type SchemaColumn struct {
	Name, Stored string // in the table, and in its files
	ID           int32  // the field id in its files
	Nullable     bool
	Partition    bool // no file has it: its value is the same in all rows of one
	Type         Type
}

// Type is what a column holds.
type Type struct {
	Kind             TypeKind
	Precision, Scale int            // of Decimals
	Fields           []SchemaColumn // of Structs
	Item, Key        *Type          // of Lists and Maps, whose values are the items
}

// TypeKind is a kind of values.
type TypeKind uint8

// The kinds of values that tables have.
const (
	Booleans TypeKind = iota + 1
	Integers          // of 32 bits or fewer
	LongIntegers
	Floats
	Doubles
	Decimals
	Texts
	Bytes
	Dates
	Clocks // times of day
	UUIDs
	Instants      // timestamps in UTC
	LocalInstants // timestamps without a zone
	Structs
	Lists
	Maps
)

// Check returns what is wrong with a dataset's fields for the table, but for optional fields that it lacks. table names it.
// Partition columns are typed by the contract where their values are read.
func (s *Schema) Check(table string, d *gold.Dataset, optional []string) []gold.Problem {
	left := *d
	left.Fields = nil
	for _, f := range d.Fields {
		if c := s.column(f.Column()); c == nil || !c.Partition {
			left.Fields = append(left.Fields, f)
		}
	}
	_, problems := matchColumns(&File{name: table}, &left, optional, nil, s.own())
	return problems
}

// Has reports whether the table has the column that a field names, or the struct that it is within.
func (s *Schema) Has(field *gold.Field) bool {
	name := field.Column()
	if c := s.column(name); c != nil {
		return true
	}
	m := matching{fileColumns: s.own()}
	m.names = m.fileColumns.names()
	return len(m.find(name)) > 0
}

func (s *Schema) column(name string) *SchemaColumn {
	for i := range s.Columns {
		if s.Columns[i].Name == name {
			return &s.Columns[i]
		}
	}
	return nil
}

// Fields returns the table's columns as a contract without loss would hold them.
func (s *Schema) Fields() []content.Column { return columnsOf(s.own()) }

// Valid returns an error where the table has more columns, or deeper ones, than files may have.
func (s *Schema) Valid() error {
	_, _, err := topColumns(s.elements())
	return err
}

// own returns the columns as a file of the table would have them.
func (s *Schema) own() *fileColumns {
	fc := &fileColumns{schema: s.elements(), table: true}
	fc.top, _, _ = topColumns(fc.schema) // see Valid
	for i := range fc.top {
		fc.top[i].meaning = fc.meaningOf(fc.top[i].element, fc.top[i].path)
	}
	return fc
}

func (s *Schema) elements() []format.SchemaElement {
	schema := []format.SchemaElement{{Name: "table", NumChildren: thrift.New(int32(len(s.Columns)))}}
	for i := range s.Columns {
		schema = appendColumn(schema, &s.Columns[i])
	}
	return schema
}

func appendColumn(schema []format.SchemaElement, c *SchemaColumn) []format.SchemaElement {
	return appendElement(schema, c.Name, c.Nullable, &c.Type)
}

// appendElement appends values of a type to a schema, as a group with what lies within or as a leaf.
func appendElement(schema []format.SchemaElement, name string, nullable bool, t *Type) []format.SchemaElement {
	e := format.SchemaElement{Name: name, RepetitionType: thrift.New(format.Required)}
	if nullable {
		e.RepetitionType = thrift.New(format.Optional)
	}
	switch t.Kind {
	case Structs:
		e.NumChildren = thrift.New(int32(len(t.Fields)))
		schema = append(schema, e)
		for i := range t.Fields {
			schema = appendColumn(schema, &t.Fields[i])
		}
		return schema
	case Lists:
		e.NumChildren, e.LogicalType.Value = thrift.New(int32(1)), &format.ListType{}
		return appendElement(append(schema, e, repeated("list", 1)), "element", true, t.Item)
	case Maps:
		e.NumChildren, e.LogicalType.Value = thrift.New(int32(1)), &format.MapType{}
		schema = appendElement(append(schema, e, repeated("key_value", 2)), "key", false, t.Key)
		return appendElement(schema, "value", true, t.Item)
	default:
		e.Type, e.LogicalType.Value = thrift.New(t.physical()), t.logical()
		if t.Kind == Decimals || t.Kind == UUIDs {
			e.TypeLength = thrift.New(int32(16))
		}
		return append(schema, e)
	}
}

func repeated(name string, children int32) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(children)}
}

// physical returns how a leaf's values are stored.
func (t *Type) physical() format.Type {
	switch t.Kind {
	case Booleans:
		return format.Boolean
	case Integers, Dates:
		return format.Int32
	case LongIntegers, Clocks, Instants, LocalInstants:
		return format.Int64
	case Floats:
		return format.Float
	case Doubles:
		return format.Double
	case Decimals, UUIDs:
		return format.FixedLenByteArray
	default:
		return format.ByteArray
	}
}

// logical returns what a leaf's values mean, nil where their physical type says all.
func (t *Type) logical() format.LogicalTypeValue {
	micros := format.TimeUnit{Value: &format.MicroSeconds{}}
	switch t.Kind {
	case Decimals:
		return &format.DecimalType{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Texts:
		return &format.StringType{}
	case Dates:
		return &format.DateType{}
	case Clocks:
		return &format.TimeType{Unit: micros}
	case UUIDs:
		return &format.UUIDType{}
	case Instants:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	case LocalInstants:
		return &format.TimestampType{Unit: micros}
	default:
		return nil
	}
}
