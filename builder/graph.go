package builder

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// FullName is the table's name with its stage: silver.clients.
func (t *Table) FullName() string { return string(t.Stage) + "." + t.Name }

// FullName is the name of the table that is read, with its stage.
func (r *Reference) FullName() string { return string(r.Stage) + "." + r.Name }

// readable says which stages the SQL of a stage may read.
var readable = map[Stage][]Stage{
	Generate: {Generate},
	Silver:   {Bronze, Silver},
	Gold:     {Bronze, Silver, Gold},
}

// check looks for tables and parameters that there aren't.
func (r *sqlReader) check() {
	known := make([]string, 0, len(r.tables)+len(r.build.Sources))
	for i := range r.build.Sources {
		known = append(known, string(Bronze)+"."+r.build.Sources[i].Name)
	}
	for _, t := range r.tables {
		known = append(known, t.FullName())
	}
	for _, t := range r.tables {
		parameters := r.parameters(t.Stage)
		for i := range t.Query.References {
			ref := &t.Query.References[i]
			column := 1 + ref.Start - (strings.LastIndexByte(t.Query.Text[:ref.Start], '\n') + 1)
			switch {
			case !slices.Contains(known, ref.FullName()):
				r.wrong(t.File, ref.Line, column, gold.Nearest(ref.FullName(), known), "there is no table %s", ref.FullName())
			case !slices.Contains(readable[t.Stage], ref.Stage):
				r.wrong(t.File, ref.Line, column, "", "a table of %s can't read %s: expected a table of %s", t.Stage, ref.FullName(), stageList(readable[t.Stage]))
			}
		}
		for _, call := range t.Query.Calls {
			if p := call.Parameter; !slices.Contains(parameters, p) {
				what := "build"
				if t.Stage == Generate {
					what = "build: generate"
				}
				r.wrong(t.File, call.Line, call.Column, gold.Nearest(p, parameters), "the query reads %s%s(), and the model's %s has no parameter %s", parameterPrefix, p, what, p)
			}
		}
		if q := t.Quarantine; q != nil && !r.reads(t, string(Bronze)+"."+q.Source, map[*Table]bool{}) {
			r.wrong(t.File, t.Query.FirstLine, 1, "", "the quarantine keeps the rejected rows of bronze.%s, which the query doesn't read", q.Source)
		}
	}
}

// reads reports whether a table reads another one, itself or through others. seen are those that were asked before.
func (r *sqlReader) reads(t *Table, name string, seen map[*Table]bool) bool {
	seen[t] = true
	return slices.ContainsFunc(t.Query.References, func(ref Reference) bool {
		return ref.FullName() == name || slices.ContainsFunc(r.tables, func(other *Table) bool {
			return other.FullName() == ref.FullName() && !seen[other] && r.reads(other, name, seen)
		})
	})
}

// parameters returns the names of the parameters that the SQL of a stage may read.
func (r *sqlReader) parameters(stage Stage) []string {
	of := r.build.Parameters
	if stage == Generate {
		of = r.build.Generate
	}
	names := make([]string, len(of))
	for i := range of {
		names[i] = of[i].Name
	}
	return names
}

func stageList(stages []Stage) string {
	names := make([]string, len(stages))
	for i, s := range stages {
		names[i] = string(s)
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// ordered returns the tables, each after those that it reads: by stage and name where that leaves a choice. A circle is an error.
func ordered(tables []*Table) ([]*Table, error) {
	byName := map[string]*Table{}
	for _, t := range tables {
		byName[t.FullName()] = t
	}
	var out, open []*Table
	done := map[*Table]bool{}
	var visit func(t *Table) error
	visit = func(t *Table) error {
		if done[t] {
			return nil
		}
		if i := slices.Index(open, t); i >= 0 {
			return circle(open[i:])
		}
		open = append(open, t)
		for i := range t.Query.References {
			if other := byName[t.Query.References[i].FullName()]; other != nil {
				if err := visit(other); err != nil {
					return err
				}
			}
		}
		open = open[:len(open)-1]
		done[t] = true
		out = append(out, t)
		return nil
	}
	for _, stage := range sqlStages {
		for _, t := range tables {
			if t.Stage == stage {
				if err := visit(t); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// circle returns the error of tables each of which reads the next, and the last the first.
func circle(tables []*Table) error {
	problems := make([]gold.Problem, len(tables))
	for i, t := range tables {
		next := tables[(i+1)%len(tables)]
		at := slices.IndexFunc(t.Query.References, func(ref Reference) bool { return ref.FullName() == next.FullName() })
		detail := fmt.Sprintf("%s reads %s", t.FullName(), next.FullName())
		if len(tables) == 1 {
			detail = t.FullName() + " reads itself"
		} else if i == len(tables)-1 {
			detail += ": tables can't depend on each other in a cycle"
		}
		ref := t.Query.References[at]
		column := 1 + ref.Start - (strings.LastIndexByte(t.Query.Text[:ref.Start], '\n') + 1)
		problems[i] = gold.Problem{File: t.File, Line: ref.Line, Column: column, Code: gold.CodeBuildCycle, Detail: detail}
	}
	return gold.InvalidAll(problems)
}
