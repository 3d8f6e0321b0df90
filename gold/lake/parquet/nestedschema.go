package parquet

import (
	"slices"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold/lake/content"
)

// nestedAt returns the nested column at an element of the schema, or in words what can't be written as JSON in it.
func (fc *fileColumns) nestedAt(at *fileColumn) (*nested, string) {
	b := nestedBuilder{fileColumns: fc, at: at.index, leaf: at.leaf, nested: &nested{}}
	// The structs around it may be null.
	depth := at.depth - levelOf(at.element)
	b.nested.root = b.element(slices.Clone(at.path[:len(at.path)-1]), slices.Clone(at.path[:len(at.path)-1]), depth, 0)
	if b.refused != "" {
		return nil, b.refused
	}
	return b.nested, ""
}

// nestedBuilder walks the elements of the schema in their order.
type nestedBuilder struct {
	*fileColumns
	at, leaf int // the next ones
	nested   *nested
	refused  string // what can't be written
}

// element reads the next element: path leads to it in the schema, and known in the file's metadata; depth and repeats are
// the levels of what is around it.
func (b *nestedBuilder) element(path, known []string, depth, repeats int) *node {
	e := &b.schema[b.at]
	b.at++
	path, known = append(slices.Clip(path), e.Name), append(slices.Clip(known), e.Name)
	switch e.RepetitionType.V {
	case format.Repeated: // a list without a group of its own
		return b.list(depth, repeats, func(depth, repeats int) *node { return b.content(e, path, append(known, itemPath), depth, repeats) })
	case format.Optional:
		depth++
	default:
	}
	return b.content(e, path, known, depth, repeats)
}

// content reads an element whose own repetition is in the levels already, and those within it.
func (b *nestedBuilder) content(e *format.SchemaElement, path, known []string, depth, repeats int) *node {
	switch {
	case e.Type.Valid:
		return b.value(e, path, known, depth, repeats)
	case isList(e) && b.holdsRepeated(e):
		return b.annotatedList(e, path, known, depth, repeats)
	case isMap(e) && b.holdsRepeated(e) && b.schema[b.at].NumChildren.V == 2:
		return b.annotatedMap(path, known, depth, repeats)
	case isMap(e) && b.holdsRepeated(e): // keys alone
		return b.annotatedList(e, path, known, depth, repeats)
	case isVariant(e):
		b.refuse("variants")
	}
	n := &node{kind: structNode, present: depth, from: len(b.nested.leaves)}
	for range e.NumChildren.V {
		name := append(content.AppendJSONText(nil, []byte(b.schema[b.at].Name)), ':')
		child := b.element(path, known, depth, repeats)
		child.name = name
		n.children = append(n.children, child)
	}
	switch n.to = len(b.nested.leaves); {
	case n.to > n.from:
	case len(n.children) > 0: // the file has none of them, so that nothing tells where the struct itself is null
		n.kind = absentNode
	default:
		b.refuse("groups without columns")
	}
	return n
}

func (b *nestedBuilder) value(e *format.SchemaElement, path, known []string, depth, repeats int) *node {
	stored := b.placed(b.leaf, path)
	b.leaf++
	if stored.leaf == absent {
		return &node{kind: absentNode, present: depth, from: len(b.nested.leaves), to: len(b.nested.leaves)}
	}
	m := b.meaningOf(e, known)
	n := &node{kind: leafNode, present: depth, from: len(b.nested.leaves), to: len(b.nested.leaves) + 1, write: jsonValueOf(m, e.Type.V)}
	if n.write == nil {
		at := fileColumn{element: e, meaning: m}
		b.refuse(at.words())
	}
	b.nested.leaves = append(b.nested.leaves, place{stored.leaf, stored.path, depth, repeats, e.Type.V, int(e.TypeLength.V)})
	return n
}

func (b *nestedBuilder) refuse(what string) {
	if b.refused == "" {
		b.refused = what
	}
}

// list returns the list of what item reads.
func (b *nestedBuilder) list(depth, repeats int, item func(depth, repeats int) *node) *node {
	n := &node{kind: listNode, present: depth, repeats: repeats + 1, filled: depth + 1, from: len(b.nested.leaves)}
	n.children = []*node{item(depth+1, repeats+1)}
	if n.to = len(b.nested.leaves); n.to == n.from {
		b.refuse("lists of which the file has no column")
	}
	return n
}

// annotatedList reads a group that is a list: what it repeats is the item, or a group around the item. The rules are those of
// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists.
func (b *nestedBuilder) annotatedList(group *format.SchemaElement, path, known []string, depth, repeats int) *node {
	e := &b.schema[b.at]
	b.at++
	path, known = append(slices.Clip(path), e.Name), append(slices.Clip(known), itemPath)
	return b.list(depth, repeats, func(depth, repeats int) *node {
		if isItem(group, e) || b.schema[b.at].RepetitionType.V == format.Repeated {
			return b.content(e, path, known, depth, repeats)
		}
		inner := &b.schema[b.at]
		b.at++
		if inner.RepetitionType.V == format.Optional {
			depth++
		}
		return b.content(inner, append(slices.Clip(path), inner.Name), known, depth, repeats)
	})
}

// isItem reports whether what a list's group repeats is the list's item, and not a group around it.
func isItem(group, repeated *format.SchemaElement) bool {
	return repeated.Type.Valid || repeated.NumChildren.V != 1 || isList(repeated) || isMap(repeated) ||
		repeated.Name == "array" || repeated.Name == group.Name+"_tuple"
}

// annotatedMap reads a group that repeats a key and a value.
func (b *nestedBuilder) annotatedMap(path, known []string, depth, repeats int) *node {
	e := &b.schema[b.at]
	b.at++
	path, known = append(slices.Clip(path), e.Name), append(slices.Clip(known), itemPath)
	n := b.list(depth, repeats, func(depth, repeats int) *node { return b.mapPart(path, known, keyPath, depth, repeats) })
	n.kind = mapNode
	n.children = append(n.children, b.mapPart(path, known, valuePath, depth+1, repeats+1))
	n.to = len(b.nested.leaves)
	return n
}

// mapPart reads a map's key or value.
func (b *nestedBuilder) mapPart(path, known []string, name string, depth, repeats int) *node {
	e := &b.schema[b.at]
	if e.RepetitionType.V == format.Repeated {
		return b.element(path, known, depth, repeats)
	}
	b.at++
	if e.RepetitionType.V == format.Optional {
		depth++
	}
	return b.content(e, append(slices.Clip(path), e.Name), append(slices.Clip(known), name), depth, repeats)
}

// holdsRepeated reports whether a group holds one element, the next one, which is repeated.
func (b *nestedBuilder) holdsRepeated(e *format.SchemaElement) bool {
	return e.NumChildren.V == 1 && b.schema[b.at].RepetitionType.V == format.Repeated
}
