package parquet

// nested is a column of lists, maps or structs, whose rows become JSON text. How such values lie in several leaves is told in
// https://parquet.apache.org/docs/file-format/nestedencoding/.
type nested struct {
	root   *node
	leaves []place // in the order of the schema
}

// node is one of a nested column's schema elements.
type node struct {
	kind    nodeKind
	name    []byte // as JSON, with its colon: of a struct's field
	present int    // the definition level from which it is not null
	// Of a list or a map: the repetition level of its items but for the first, and the definition level from which it has
	// some. Of others 0.
	repeats, filled int
	children        []*node // of a struct its fields, of a list its item, of a map key and value
	from, to        int     // its leaves among the column's
	write           jsonValue
}

type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode
	mapNode
	absentNode // of a table's column that the file does not have: null in all rows
)
