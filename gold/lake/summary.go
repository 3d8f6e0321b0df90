package lake

import (
	"context"

	"goldserve/gold"
)

// summary is what stays of what a file says about itself where a table has very many files: enough to know its rows, not to
// read them.
type summary struct {
	rows      int64
	groups    []int64 // their rows
	lacks     map[string]*gold.Problem
	overrules map[string]bool // fields
	columns   map[string]bool // of the file, which the partition overrules
	deleted   string
}

var _ opened = (*summary)(nil)

// summarize returns the summary of a file of a dataset.
func summarize(f *file, d *gold.Dataset) *summary {
	s := &summary{rows: f.content.Rows()}
	for g := range f.content.Groups() {
		s.groups = append(s.groups, f.content.GroupRows(g))
	}
	for i := range d.Fields {
		name := d.Fields[i].Name
		if p := f.content.Lacks(name); p != nil {
			put(&s.lacks, name, p)
		}
		if len(f.partition) > 0 && f.content.Overrules(name) {
			put(&s.overrules, name, true)
		}
	}
	for _, p := range f.partition {
		if f.content.OverrulesColumn(p.Name) {
			put(&s.columns, p.Name, true)
		}
	}
	if d, ok := f.content.(interface{ deletedRows() string }); ok {
		s.deleted = d.deletedRows()
	}
	return s
}

// put makes the map with its first entry: most have none.
func put[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = value
}

func (s *summary) Rows() int64                      { return s.rows }
func (s *summary) Groups() int                      { return len(s.groups) }
func (s *summary) GroupRows(group int) int64        { return s.groups[group] }
func (s *summary) Lacks(field string) *gold.Problem { return s.lacks[field] }
func (s *summary) Overrules(field string) bool      { return s.overrules[field] }
func (s *summary) OverrulesColumn(name string) bool { return s.columns[name] }
func (s *summary) deletedRows() string              { return s.deleted }

// current is the file that a worker reads, and what it says about itself: read again where only its summary stayed.
type current struct {
	file    *file
	content opened
}

// of returns what a file says about itself.
func (c *current) of(ctx context.Context, t *Table, f *file, open *pinned) (opened, error) {
	if _, short := f.content.(*summary); !short {
		return f.content, nil
	}
	if c.file == f {
		return c.content, nil
	}
	content, err := t.format.open(ctx, f.name(), open, &t.dataset, t.spared, f.partition)
	if err == nil {
		c.file, c.content = f, content
	}
	return content, err
}
