package builder

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
)

// Selection is which tables a build is about. The zero value is all of them.
type Selection struct {
	tables  map[string]bool // by full name; nil: all
	seen    map[string]bool // how far add has come
	sources []string        // that are landed whether or not a table reads them; nil: those that are read
}

// Has reports whether a table is selected.
func (s *Selection) Has(t *Table) bool { return s.tables == nil || s.tables[t.FullName()] }

// Select reads a selection: names, each with a stage or without, in which * stands for anything: silver.*, ca_*. + before a name adds all
// that the table is made of, + after it all that is made of the table. bronze selects sources, which are landed and nothing more.
func Select(words []string, tables []*Table, sources []string) (Selection, error) {
	if len(words) == 0 {
		return Selection{}, nil
	}
	s := Selection{tables: map[string]bool{}, seen: map[string]bool{}}
	var problems []gold.Problem
	for _, word := range words {
		name, up := strings.CutPrefix(word, "+")
		name, down := strings.CutSuffix(name, "+")
		found := false
		for _, t := range tables {
			if matches(name, t.Stage, t.Name) {
				found = true
				s.add(t, tables, up, down)
			}
		}
		for _, source := range sources {
			if !matches(name, Bronze, source) {
				continue
			}
			found = true
			s.sources = append(s.sources, source)
			for _, t := range tables {
				if down && slices.Contains(t.inputs(), string(Bronze)+"."+source) {
					s.add(t, tables, false, true)
				}
			}
		}
		if !found {
			problems = append(problems, gold.Problem{
				Parameter: word, Code: gold.CodeUsage, DidYouMean: gold.Nearest(name, selectable(tables, sources)),
				Detail: "no table of the model's SQL has this name: expected NAME, gold.NAME, silver.* or bronze, with + after it for the tables that depend on it",
			})
		}
	}
	if problems != nil {
		return Selection{}, gold.InvalidAll(problems)
	}
	return s, nil
}

// matches reports whether a word of a selection names a table.
func matches(word string, stage Stage, name string) bool {
	if word == string(stage) {
		return true
	}
	for _, candidate := range []string{name, string(stage) + "." + name} {
		if ok, err := path.Match(word, candidate); err == nil && ok {
			return true
		}
	}
	return false
}

func selectable(tables []*Table, sources []string) []string {
	names := []string{string(Bronze), string(Silver), string(Gold)}
	for _, t := range tables {
		names = append(names, t.Name, t.FullName())
	}
	for _, s := range sources {
		names = append(names, string(Bronze)+"."+s)
	}
	return names
}

// add selects a table, and those that it is made of or that are made of it.
func (s *Selection) add(t *Table, tables []*Table, up, down bool) {
	s.tables[t.FullName()] = true
	step := fmt.Sprint(t.FullName(), up, down)
	if s.seen[step] {
		return
	}
	s.seen[step] = true
	for _, other := range tables {
		if up && other != t && slices.Contains(t.inputs(), other.FullName()) {
			s.add(other, tables, true, false)
		}
		if down && other != t && slices.Contains(other.inputs(), t.FullName()) {
			s.add(other, tables, false, true)
		}
	}
}
