package parquet

import "github.com/parquet-go/parquet-go/format"

// fileColumn is a column that lies in a file.
type fileColumn struct {
	element *format.SchemaElement
	index   int      // of the element in the schema
	meaning meaning  // of a leaf
	leaf    int      // of the element, or the first within it
	path    []string // from the schema's root
	depth   int      // how many of the path may be null
	listed  bool     // it lies in a list or a map
}

// fileColumns are the columns of a file, by which fields are found.
type fileColumns struct {
	schema []format.SchemaElement
	top    []fileColumn       // the children of the schema's root
	other  map[string]meaning // of leaves that the schema does not know, by pathKey
	stored []storedLeaf       // where the schema's leaves lie in the file, of a schema that is a table's; nil: in their order
	table  bool               // no file's columns, but a table's
}

// storedLeaf is where a leaf of a table's schema lies in a file.
type storedLeaf struct {
	leaf int      // absent: the file does not have it
	path []string // from the root of the file's own schema
	// basis says whose clock its timestamps are of, as the table's schema has it; unspecified: the file says.
	basis timeBasis
}

const absent = -1

// placed returns where a leaf lies in the file.
func (fc *fileColumns) placed(leaf int, path []string) storedLeaf {
	switch {
	case fc.stored == nil:
		return storedLeaf{leaf: leaf, path: path}
	case leaf >= len(fc.stored): // of a group without leaves
		return storedLeaf{leaf: absent}
	}
	return fc.stored[leaf]
}

// owner names whose columns they are.
func (fc *fileColumns) owner() string {
	if fc.table {
		return "table"
	}
	return "file"
}

// meaningOf returns the meaning of a leaf at a path, as the file's own metadata has it, or else its schema.
func (fc *fileColumns) meaningOf(e *format.SchemaElement, path []string) meaning {
	if !e.Type.Valid {
		return meaning{}
	}
	own := meaningOf(e)
	if len(fc.other) == 0 || e.Type.V != format.Int64 {
		return own
	}
	other, known := fc.other[pathKey(path)]
	switch {
	case !known:
	case own.kind == clocks && other.kind == durations: // as fastparquet writes them
		other.digits = own.digits
		return other
	case own.kind == plainValues || own.kind == integers && !own.unsigned:
		return other
	}
	return own
}

// names returns the names of the schema's top.
func (fc *fileColumns) names() []string {
	names := make([]string, len(fc.top))
	for i, c := range fc.top {
		names[i] = c.element.Name
	}
	return names
}

// words names what the column holds.
func (c *fileColumn) words() string {
	if c.element.Type.Valid && c.element.RepetitionType.V != format.Repeated && c.meaning.word != "" {
		return c.meaning.word
	}
	return typeWords(c.element)
}
