package text

import (
	"fmt"
	"strings"
)

// objects finds the values of columns in JSON objects: by their keys, and by dots within those that are objects themselves.
type objects struct {
	index   map[string]int  // of a column, by its name
	names   []string        // of the columns
	structs map[string]bool // the names of those that are objects, whose own columns are looked for
	lists   map[string]bool // the names of those that have lists
	wanted  int             // columns that are still looked for; below 0: all that there are
	fixed   bool            // no other columns are looked for

	order  []int // of the columns that the last object had, one after the other; -1: a key that is no column
	place  int
	cells  []cell
	memory []byte
}

// newObjects returns a finder that collects the names of all columns. Until it has those that are wanted, or ever if there are
// none, it does.
func newObjects(wanted []string) *objects {
	o := &objects{index: map[string]int{}, structs: map[string]bool{}, lists: map[string]bool{}, wanted: -1}
	if wanted == nil {
		return o
	}
	o.wanted = len(wanted)
	for _, name := range wanted {
		o.index[name] = -1
	}
	return o
}

// of returns a finder of these columns alone.
func (o *objects) of(names []string, wanted []string) *objects {
	only := &objects{index: map[string]int{}, structs: map[string]bool{}, names: names, fixed: true}
	for i, name := range names {
		only.index[name] = i
	}
	for _, name := range wanted {
		for at, r := range name {
			if r == '.' && o.structs[name[:at]] {
				only.structs[name[:at]] = true
			}
		}
	}
	only.cells = make([]cell, len(names))
	return only
}

// done reports whether all columns that are wanted were found.
func (o *objects) done() bool { return o.wanted == 0 }

// read reads a record, which is one object, and finds its columns' cells.
func (o *objects) read(record []byte) error {
	clear(o.cells)
	s := &scanner{text: record}
	if s.space(); s.at == len(record) || record[s.at] != '{' {
		return s.wrong("an object, such as {\"id\": 1}")
	}
	o.place = 0
	if err := o.object(s, "", 0); err != nil {
		return err
	}
	if s.space(); s.at < len(record) {
		return s.wrong("the end")
	}
	return nil
}

func (o *objects) object(s *scanner, prefix string, depth int) error {
	return s.object(depth, func(key []byte) error {
		at, err := o.column(prefix, key)
		if err != nil {
			return &recordError{s.at, err.Error()}
		}
		if s.space(); at >= 0 && s.at < len(s.text) && s.text[s.at] == '{' && (!o.fixed || o.structs[o.names[at]]) {
			o.structs[o.names[at]] = true
			start := s.at
			if err := o.object(s, o.names[at]+".", depth+1); err != nil {
				return err
			}
			o.set(at, cell{start: start, end: s.at, nested: true})
			return nil
		}
		c, err := s.value(depth + 1)
		if o.set(at, c); c.nested && at >= 0 && !o.fixed {
			o.lists[o.names[at]] = true
		}
		return err
	})
}

func (o *objects) set(at int, c cell) {
	if at >= 0 && at < len(o.cells) {
		o.cells[at] = c
	}
}

// column returns the place of a key's column, -1 for none. Objects mostly have the keys of the one before, in its order.
func (o *objects) column(prefix string, key []byte) (int, error) {
	defer func() { o.place++ }()
	if o.place < len(o.order) {
		if at := o.order[o.place]; at >= 0 && len(o.names[at]) == len(prefix)+len(key) && strings.HasPrefix(o.names[at], prefix) && o.names[at][len(prefix):] == string(key) {
			return at, nil
		}
	}
	o.memory = append(append(o.memory[:0], prefix...), key...)
	at, known := o.index[string(o.memory)]
	switch {
	case o.fixed && !known:
		at = -1
	case o.fixed:
	case !known || at < 0:
		if len(o.names) == maxColumns {
			return -1, fmt.Errorf("it has more than %d different keys", maxColumns)
		}
		if n := len(o.memory); n > maxName {
			return -1, fmt.Errorf("the name of a key has %d bytes, those of the objects that it lies in included: at most %d are allowed", n, maxName)
		}
		if at = len(o.names); known {
			o.wanted--
		}
		o.names = append(o.names, string(o.memory))
		o.index[o.names[at]] = at
	}
	if o.place < len(o.order) {
		o.order[o.place] = at
	} else if o.place == len(o.order) {
		o.order = append(o.order, at)
	}
	return at, nil
}
