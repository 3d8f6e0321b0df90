package parquet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// matchColumns finds the dataset's fields among a file's columns and the values of its partition. It returns every
// problem, but for optional fields that are not there.
func matchColumns(f *File, d *gold.Dataset, optional []string, partition []content.Partition, in *fileColumns) ([]column, []gold.Problem) {
	m := matching{fileColumns: in, dataset: d, partition: partition, names: in.names()}
	var problems []gold.Problem
	columns := make([]column, len(d.Fields))
	for i, field := range d.Fields {
		key := slices.Contains(d.Key, field.Name)
		columns[i] = column{field: field, key: key, nullable: field.Nullable && !key}
		p := m.match(&columns[i])
		if p != nil {
			p.File, p.Field, p.PhysicalName = f.name, field.Name, field.PhysicalName
			if p.Code == gold.CodeSchemaMissing && slices.Contains(optional, field.Name) {
				columns[i].lacking, columns[i].constant = p, &gold.Value{}
				continue
			}
			problems = append(problems, *p)
		}
	}
	return columns, problems
}

// matching finds the fields of a dataset in one file.
type matching struct {
	*fileColumns
	dataset   *gold.Dataset
	partition []content.Partition
	names     []string // of the schema's top
}

// match finds the column of a field.
func (m *matching) match(c *column) *gold.Problem {
	name := c.field.Column()
	for _, p := range m.partition {
		if p.Name == name && (!p.Fallback || !m.has(name)) {
			if at := slices.Index(m.names, name); at >= 0 {
				c.inFile = &column{field: c.field, nullable: true}
				c.inFile.lieAt(&m.top[at], m.fileColumns)
			}
			return c.setConstant(p)
		}
	}
	found := m.find(name)
	if len(found) == 0 {
		return &gold.Problem{
			Code:       gold.CodeSchemaMissing,
			Detail:     fmt.Sprintf("the %s has no such column: it has %s", m.owner(), gold.Listed(m.names)),
			DidYouMean: gold.Nearest(name, m.candidates()),
		}
	}
	if alike := m.alike(&c.field); len(alike) > 1 {
		return &gold.Problem{
			Code: gold.CodeSchemaDuplicate,
			Detail: fmt.Sprintf("the %s has %d columns whose names differ in case at most (%s): keep one of them",
				m.owner(), len(alike), strings.Join(gold.Quoted(alike), ", ")),
		}
	}
	at := found[0]
	switch {
	case len(found) > 1:
		return &gold.Problem{Code: gold.CodeSchemaDuplicate, Detail: fmt.Sprintf("the %s has %d columns of that name: keep one of them", m.owner(), len(found))}
	case at.listed:
		return &gold.Problem{Code: gold.CodeSchemaType, Detail: "it lies in a list or a map, and has many values in a row: the contract expects one"}
	}
	c.lieAt(&at, m.fileColumns)
	switch {
	case c.absent:
		return &gold.Problem{Code: gold.CodeSchemaMissing, Detail: "the file was written before the table had the column"}
	case !c.readable():
		p := &gold.Problem{
			Code:   gold.CodeSchemaType,
			Detail: fmt.Sprintf("it holds %s, and the contract expects %s", at.words(), expectedWords(c.field)),
		}
		if c.field.Kind == gold.Text && bytesConversion(at.meaning, at.element.Type.V) != nil {
			p.Detail += ": " + bytesAdvice
		}
		if c.refused != "" {
			p.Detail = fmt.Sprintf("it holds %s with %s within, which JSON text has no form for", at.words(), c.refused)
		}
		if advice := at.meaning.advice; advice != "" {
			p.Detail += ": " + advice
		}
		if within := m.within(name); !at.element.Type.Valid && len(within) > 0 {
			p.Detail += fmt.Sprintf(": name a column within it by physicalName, such as %s", gold.Quoted(within[:1])[0])
		}
		return p
	}
	return nil
}

// has reports whether the file itself has a column.
func (m *matching) has(name string) bool {
	found := m.find(name)
	return len(found) > 0 && (!found[0].element.Type.Valid || m.placed(found[0].leaf, found[0].path).leaf != absent)
}

// find returns the columns of a name: those at the top of the schema, and else those that its dots lead to, through structs.
func (m *matching) find(name string) []fileColumn {
	var found []fileColumn
	for i, n := range m.names {
		if n == name {
			found = append(found, m.top[i])
		}
	}
	if len(found) > 0 || !strings.Contains(name, ".") {
		return found
	}
	m.walk(func(path []string) bool { return strings.HasPrefix(name+".", strings.Join(path, ".")+".") }, func(c fileColumn) {
		if strings.Join(c.path, ".") != name {
			return
		}
		// Names within structs may have dots, too: the longer ones come first.
		order := 1
		if len(found) > 0 {
			order = slices.Compare(c.path, found[0].path)
		}
		switch {
		case order > 0:
			found = []fileColumn{c}
		case order == 0:
			found = append(found, c)
		}
	})
	return found
}

// walk calls fn for each column of the schema and each within structs that enter lets it see. A path belongs to enter until
// it returns.
func (m *matching) walk(enter func(path []string) bool, fn func(fileColumn)) {
	type group struct {
		left   int32 // elements still to come
		depth  int
		listed bool
		closed bool
	}
	var path []string
	groups := []group{{left: m.schema[0].NumChildren.V}}
	leaf := 0
	for i := 1; i < len(m.schema); i++ {
		for groups[len(groups)-1].left <= 0 {
			groups = groups[:len(groups)-1]
		}
		in := &groups[len(groups)-1]
		in.left--
		e := &m.schema[i]
		path = append(path[:len(groups)-1], e.Name)
		within := group{e.NumChildren.V, in.depth + levelOf(e), in.listed || e.RepetitionType.V == format.Repeated, in.closed || !enter(path)}
		if !within.closed {
			fn(fileColumn{e, i, m.meaningOf(e, path), leaf, slices.Clone(path), within.depth, in.listed})
		}
		if e.Type.Valid {
			leaf++
		} else {
			groups = append(groups, within)
		}
	}
}

// mostCandidates bounds the names that are offered in the place of a wrong one.
const mostCandidates = 1000

// candidates returns the names that a field may have meant.
func (m *matching) candidates() []string {
	names := m.within("")
	for _, p := range m.partition {
		names = append(names, p.Name)
	}
	return names
}

// within returns the names of the columns that hold single values, those within a struct alone where its name is given.
func (m *matching) within(group string) []string {
	var names []string
	m.walk(func([]string) bool { return len(names) < mostCandidates }, func(c fileColumn) {
		name := strings.Join(c.path, ".")
		if c.element.Type.Valid && !c.listed && c.element.RepetitionType.V != format.Repeated && (group == "" || strings.HasPrefix(name, group+".")) {
			names = append(names, name)
		}
	})
	return names
}

// alike returns the columns at the schema's top that are named as the field's but for case, those that another field names
// left out. A contract that gives a column's name of its own means that one.
func (m *matching) alike(field *gold.Field) []string {
	name := field.Column()
	var alike []string
	named := func(n string) bool {
		return n != name && (field.PhysicalName != "" || slices.ContainsFunc(m.dataset.Fields, func(f gold.Field) bool { return f.Column() == n }))
	}
	for _, n := range m.names {
		if strings.EqualFold(n, name) && !named(n) {
			alike = append(alike, n)
		}
	}
	return alike
}

// levelOf returns how many definition levels an element adds.
func levelOf(e *format.SchemaElement) int {
	if e.RepetitionType.V == format.Optional {
		return 1
	}
	return 0
}

// lieAt notes where the column lies, and how its values become the field's; it isn't readable where they can't.
func (c *column) lieAt(at *fileColumn, in *fileColumns) {
	e := at.element
	stored := in.placed(at.leaf, at.path)
	c.place = place{leaf: stored.leaf, path: stored.path, depth: at.depth, physical: e.Type.V, size: int(e.TypeLength.V)}
	switch {
	case e.Type.Valid && stored.leaf == absent:
		c.absent = true
	case e.Type.Valid && e.RepetitionType.V != format.Repeated:
		m := at.meaning
		if stored.basis != unspecified {
			m.basis = stored.basis
		}
		c.convert = conversionOf(c.field, e.Type.V, m)
	case c.field.Kind == gold.Text && c.field.Cast == nil:
		if c.nested, c.refused = in.nestedAt(at); c.nested != nil {
			c.absent = c.nested.root.kind == absentNode
		}
	}
}

// readable reports whether the column's values become the field's.
func (c *column) readable() bool { return c.convert != nil || c.nested != nil }
