package parquet

import (
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// element is an element of a file's schema, with those within.
type element struct {
	*format.SchemaElement
	path     []string // from the schema's root
	leaf     int      // of the element, or the first within it
	children []*element
}

// elementsOf makes a tree of a schema that topColumns has checked.
func elementsOf(schema []format.SchemaElement) *element {
	at, leaf := 0, 0
	var next func(path []string) *element
	next = func(path []string) *element {
		e := &element{SchemaElement: &schema[at], path: path, leaf: leaf}
		at++
		if e.Type.Valid {
			leaf++
			return e
		}
		for range e.NumChildren.V {
			e.children = append(e.children, next(append(slices.Clip(path), schema[at].Name)))
		}
		return e
	}
	return next(nil)
}

// view is the columns of a file as a table has them: in the table's order, under its names, and no others.
type view struct {
	byID   bool
	schema []format.SchemaElement
	stored []storedLeaf
}

// of returns the columns of a file as the table has them. Columns that the file does not have are not among them; within a
// struct that it has, they are absent leaves.
func (s *Schema) of(f *File, schema []format.SchemaElement) (*fileColumns, error) {
	root := elementsOf(schema)
	if s.ByID && len(root.children) > 0 && !slices.ContainsFunc(schema, func(e format.SchemaElement) bool { return e.FieldID != 0 }) {
		if s.Names != nil {
			root = elementsOf(slices.Clone(schema)) // whose ids are set
			nameColumns(s.Names, root.children)
			return s.view(f, root)
		}
		return nil, f.invalid(gold.CodeFileUnsupported, "the table finds its columns by their field ids, and the file has none: write it with a writer that knows the table")
	}
	return s.view(f, root)
}

// nameColumns gives elements of a file their field ids by their names.
func nameColumns(names []NamedColumn, among []*element) {
	for _, e := range among {
		at := slices.IndexFunc(names, func(n NamedColumn) bool { return slices.Contains(n.Names, e.Name) })
		if at < 0 {
			continue
		}
		e.FieldID = names[at].ID
		switch within := e.children; {
		case isList(e.SchemaElement) && holdsOne(e) && !within[0].Type.Valid && !isItem(e.SchemaElement, within[0].SchemaElement):
			nameItem(names[at].Fields, "element", within[0].children[0])
		case isList(e.SchemaElement) && holdsOne(e):
			nameItem(names[at].Fields, "element", within[0])
		case isMap(e.SchemaElement) && holdsOne(e) && len(within[0].children) == 2:
			nameItem(names[at].Fields, "key", within[0].children[0])
			nameItem(names[at].Fields, "value", within[0].children[1])
		default:
			nameColumns(names[at].Fields, within)
		}
	}
}

// nameItem is nameColumns for what a list or a map repeats, whatever the file calls it.
func nameItem(names []NamedColumn, as string, item *element) {
	own := *item.SchemaElement
	own.Name = as
	nameColumns(names, []*element{{SchemaElement: &own, children: item.children}})
}

// view returns the columns of a file, whose elements they are, as the table has them.
func (s *Schema) view(f *File, root *element) (*fileColumns, error) {
	v := &view{byID: s.ByID, schema: []format.SchemaElement{{Name: root.Name}}, stored: []storedLeaf{}}
	n := int32(0)
	for i := range s.Columns {
		if c := &s.Columns[i]; !c.Partition {
			n += v.column(c, root.children)
		}
	}
	v.schema[0].NumChildren = thrift.New(n)
	top, _, err := topColumns(v.schema)
	if err != nil {
		return nil, f.invalid(gold.CodeFileUnsupported, "%v", err)
	}
	columns := &fileColumns{schema: v.schema, top: top, stored: v.stored}
	for i := range top {
		top[i].meaning = columns.meaningOf(top[i].element, top[i].path)
	}
	return columns, nil
}

// column appends a column as often as it is among the elements of a file, and returns how often: which one of several is meant
// nobody knows, and who asks for it is told so.
func (v *view) column(c *SchemaColumn, among []*element) (n int32) {
	for _, e := range among {
		if v.byID && e.FieldID == c.ID || !v.byID && e.Name == c.Stored {
			v.put(e, c.Name, &c.Type)
			n++
		}
	}
	return n
}

// put appends an element as a column of a type. Where the file has another type, it is appended as it is: its values tell
// what is wrong with it.
func (v *view) put(e *element, name string, t *Type) {
	own := *e.SchemaElement
	own.Name = name
	if t.Kind == Lists && e.RepetitionType.V == format.Repeated { // a list without a group of its own
		t = t.Item
	}
	switch {
	case t.Kind == Structs && !e.Type.Valid && !isList(e.SchemaElement) && !isMap(e.SchemaElement):
		at, n := len(v.schema), int32(0)
		v.schema = append(v.schema, own)
		for i := range t.Fields {
			found := v.column(&t.Fields[i], e.children)
			if found == 0 {
				v.absent(t.Fields[i].Name)
			}
			n += max(found, 1)
		}
		v.schema[at].NumChildren = thrift.New(n)
	case t.Kind == Lists && isList(e.SchemaElement) && holdsOne(e):
		v.schema = append(v.schema, own)
		v.list(e, t.Item)
	case t.Kind == Maps && isMap(e.SchemaElement) && holdsOne(e) && len(e.children[0].children) == 2:
		pair := e.children[0]
		v.schema = append(v.schema, own, *pair.SchemaElement)
		v.put(pair.children[0], pair.children[0].Name, t.Key)
		v.put(pair.children[1], pair.children[1].Name, t.Item)
	default:
		first, at := len(v.stored), len(v.schema)
		v.raw(e, name)
		if t.Kind == UUIDs && v.schema[at].LogicalType.Value == nil { // as bytes, where the writer has no such type
			v.schema[at].LogicalType.Value = t.logical()
		}
		if e.Type.Valid {
			v.stored[first].basis = t.basis()
		}
	}
}

// basis returns whose clock a table's timestamps are of.
func (t *Type) basis() timeBasis {
	switch t.Kind {
	case Instants:
		return utc
	case LocalInstants:
		return local
	default:
		return unspecified
	}
}

// holdsOne reports whether a group holds one element, which is repeated.
func holdsOne(e *element) bool {
	return len(e.children) == 1 && e.children[0].RepetitionType.V == format.Repeated
}

// list appends what a list's group repeats: the item, or a group around it.
func (v *view) list(group *element, item *Type) {
	e := group.children[0]
	switch {
	case e.Type.Valid:
		v.put(e, e.Name, item)
	case isItem(group.SchemaElement, e.SchemaElement) || len(e.children) == 1 && e.children[0].RepetitionType.V == format.Repeated:
		v.put(e, "array", item) // a name of items, however many of their columns are left
	default:
		v.schema = append(v.schema, *e.SchemaElement)
		v.put(e.children[0], e.children[0].Name, item)
	}
}

// raw appends an element and all within it.
func (v *view) raw(e *element, name string) {
	own := *e.SchemaElement
	own.Name = name
	v.schema = append(v.schema, own)
	if e.Type.Valid {
		v.stored = append(v.stored, storedLeaf{leaf: e.leaf, path: e.path})
	}
	for _, c := range e.children {
		v.raw(c, c.Name)
	}
}

// absent appends a column within a struct that the file does not have.
func (v *view) absent(name string) {
	v.schema = append(v.schema, format.SchemaElement{Name: name, Type: thrift.New(format.Int32), RepetitionType: thrift.New(format.Optional)})
	v.stored = append(v.stored, storedLeaf{leaf: absent})
}
