package text

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// column is where a field of the dataset finds its values.
type column struct {
	field    gold.Field
	key      bool
	nullable bool
	at       int           // of the file's columns; -1: it has a constant
	constant *gold.Value   // of all rows
	coerced  string        // the text of a constant that became null since it does not fit
	lacking  *gold.Problem // the file does not have it, and it is optional
	inFile   int           // the file's column whose values the constant overrules; -1: there is none
}

// schema is the columns of a file.
type schema struct {
	named
	delimiter byte     // of CSV; 0: of JSON
	names     []string // of the columns that the file has
	columns   []column // of the dataset's fields, in their order
}

// match finds the dataset's fields among the file's columns and the values of its partition. It returns every problem, but
// for optional fields that are not there. The columns of an empty file, which has no names, are as they should be.
func (f *schema) match(d *gold.Dataset, optional []string, partition []content.Partition, empty bool) []gold.Problem {
	var problems []gold.Problem
	f.columns = make([]column, len(d.Fields))
	for i, field := range d.Fields {
		key := slices.Contains(d.Key, field.Name)
		c := &f.columns[i]
		*c = column{field: field, key: key, nullable: field.Nullable && !key, at: -1, inFile: -1}
		p := f.matchColumn(c, d, partition)
		if p != nil && p.Code == gold.CodeSchemaMissing && empty {
			p, c.constant = nil, &gold.Value{}
		}
		if p == nil {
			continue
		}
		p.File, p.Field, p.PhysicalName = string(f.named), field.Name, field.PhysicalName
		if p.Code == gold.CodeSchemaMissing && slices.Contains(optional, field.Name) {
			c.lacking, c.constant = p, &gold.Value{}
			continue
		}
		problems = append(problems, *p)
	}
	return problems
}

func (f *schema) matchColumn(c *column, d *gold.Dataset, partition []content.Partition) *gold.Problem {
	name := c.field.Column()
	at := slices.Index(f.names, name)
	for _, p := range partition {
		if p.Name == name {
			c.inFile = at
			var problem *gold.Problem
			c.constant, c.coerced, problem = p.Constant(c.field, c.nullable)
			return problem
		}
	}
	switch alike := f.alike(&c.field, d); {
	case at < 0:
		return &gold.Problem{
			Code:       gold.CodeSchemaMissing,
			Detail:     f.missing(),
			DidYouMean: gold.Nearest(name, f.names),
		}
	case slices.Contains(f.names[at+1:], name):
		return &gold.Problem{Code: gold.CodeSchemaDuplicate, Detail: "the file has more than one column of that name: keep one of them"}
	case len(alike) > 1:
		return &gold.Problem{
			Code: gold.CodeSchemaDuplicate,
			Detail: fmt.Sprintf("the file has %d columns whose names differ in case at most (%s): keep one of them",
				len(alike), strings.Join(gold.Quoted(alike), ", ")),
		}
	}
	c.at = at
	return nil
}

// missing says what columns the file has. One whose name looks like several may have been read with another delimiter than the
// file's.
func (f *schema) missing() string {
	if len(f.names) == 1 && f.delimiter != 0 {
		for _, other := range []string{";", "\t", "|", ","} {
			if other[0] != f.delimiter && strings.Contains(f.names[0], other) {
				return fmt.Sprintf("the file has no such column: its header is one column, %s: is the delimiter %q? Declare it in the contract's source: {csv: …, delimiter: %q}",
					quoteStart([]byte(f.names[0])), other, other)
			}
		}
	}
	return "the file has no such column: it has " + gold.Listed(f.names)
}

// alike returns the columns that are named as the field's but for case, those that another field names left out. A contract
// that gives a column's own name means that one.
func (f *schema) alike(field *gold.Field, d *gold.Dataset) []string {
	name := field.Column()
	named := func(n string) bool {
		return n != name && (field.PhysicalName != "" || slices.ContainsFunc(d.Fields, func(o gold.Field) bool { return o.Column() == n }))
	}
	var alike []string
	for _, n := range f.names {
		if len(n) == len(name) && strings.EqualFold(n, name) && !named(n) {
			alike = append(alike, n)
		}
	}
	return alike
}

// Lacks returns the problem that the file does not have an optional field; nil: it has it, or the field is not optional.
func (f *schema) Lacks(field string) *gold.Problem {
	for i := range f.columns {
		if f.columns[i].field.Name == field {
			return f.columns[i].lacking
		}
	}
	return nil
}

// Overrules reports whether the partition gives the values of a field that is one of the file's columns too.
func (f *schema) Overrules(field string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile >= 0 && c.field.Name == field })
}

// OverrulesColumn is Overrules for a column by the name that the partition gives it.
func (f *schema) OverrulesColumn(name string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.inFile >= 0 && c.field.Column() == name })
}
