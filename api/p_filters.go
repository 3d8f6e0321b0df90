package api

import (
	"errors"
	"slices"
	"strings"

	"goldserve/gold"
)

// suffixes are the operators as parameters spell them, after "__".
var suffixes = map[string]gold.Op{
	"eq": gold.Eq, "ne": gold.Ne, "in": gold.In, "nin": gold.NotIn,
	"gte": gold.Gte, "gt": gold.Gt, "lte": gold.Lte, "lt": gold.Lt,
	"isnull": gold.IsNull, "contains": gold.Contains, "startswith": gold.StartsWith,
}

var suffixNames = []string{"eq", "ne", "in", "nin", "gte", "gt", "lte", "lt", "isnull", "contains", "startswith"}

// maxSearch bounds the text of contains and startswith, in characters.
const maxSearch = 64

// allows reports whether a contract lets a field be compared so.
func allows(f *gold.Field, op gold.Op) bool {
	if f.Mask != gold.MaskNone {
		return false
	}
	switch op {
	case gold.Contains, gold.StartsWith:
		return f.Search && f.Kind == gold.Text
	case gold.IsNull, gold.NotNull:
		return slices.Contains(f.Filters, gold.IsNull) || slices.Contains(f.Filters, gold.NotNull)
	default:
		return slices.Contains(f.Filters, op)
	}
}

// allowedSuffixes returns what a field may be compared with, as parameters spell it.
func allowedSuffixes(f *gold.Field) []string {
	var names []string
	for _, name := range suffixNames {
		if allows(f, suffixes[name]) {
			names = append(names, name)
		}
	}
	return names
}

// filterNames returns the parameters that filter, for suggestions: bare names, but for fields that bear a parameter's
// name.
func filterNames(s *scope) []string {
	var names []string
	for i := range s.fields {
		f := s.fields[i].field
		switch name := s.fields[i].name; {
		case !allows(f, gold.Eq):
			for _, suffix := range allowedSuffixes(f) {
				names = append(names, name+"__"+suffix)
			}
		case slices.Contains(parameterNames, name):
			names = append(names, name+"__eq")
		default:
			names = append(names, name)
		}
	}
	return names
}

// filter is one parameter that filters: the field that it names, and what must hold of it.
type filter struct {
	parameter string
	reach     *reach
	condition
}

// predicatesOf returns the predicates of the filters of one level.
func predicatesOf(filters []filter, at level) []gold.Predicate {
	var where []gold.Predicate
	for _, f := range filters {
		if f.reach.level == at {
			where = append(where, f.where...)
		}
	}
	return where
}

// filters turns every parameter that is left into filters. known are the route's other parameters.
func (p *params) filters(s *scope, known []string) []filter {
	var filters []filter
	for left := range p.rest {
		name, suffix, has := strings.Cut(left.name, "__")
		if !has && slices.Contains(parameterNames, name) {
			p.misplaced(s, name, known)
			continue
		}
		r := s.find(name)
		if r == nil {
			p.unknown(left.name, "field or parameter", append(slices.Clone(known), filterNames(s)...))
			continue
		}
		if !has {
			suffix = "eq"
		}
		if made := p.filter(r, left, suffix); len(made.where) > 0 {
			filters = append(filters, filter{left.name, r, made})
		}
	}
	p.namesakes(s)
	return filters
}

// namesakes suggests name__eq where a parameter can't be used and a field bears its name.
func (p *params) namesakes(s *scope) {
	for i := range p.problems {
		q := &p.problems[i]
		if q.DidYouMean != "" || !slices.Contains(parameterNames, q.Parameter) {
			continue
		}
		if r := s.find(q.Parameter); r != nil && allows(r.field, gold.Eq) {
			q.DidYouMean = q.Parameter + "__eq"
		}
	}
}

// misplaced adds the problem of a parameter that this route doesn't take; a field may bear its name.
func (p *params) misplaced(s *scope, name string, known []string) {
	if r := s.find(name); r != nil && allows(r.field, gold.Eq) {
		p.suggest(name, problemUnknownParameter, name+"__eq", "%s is a parameter's name: the field %s is filtered by %s__eq", name, name, name)
		return
	}
	p.suggest(name, problemUnknownParameter, gold.Nearest(name, known), "%s is no parameter of this URL", name)
}

// filter turns one parameter into a condition, or adds its problem.
func (p *params) filter(r *reach, given pair, suffix string) (none condition) {
	f := r.field
	op, ok := suffixes[suffix]
	allowed := allowedSuffixes(f)
	switch {
	case f.Mask != gold.MaskNone:
		p.problem(given.name, problemNotFilterable, "%s is masked and can't be filtered", f.Name)
		return none
	case len(allowed) == 0:
		p.problem(given.name, problemNotFilterable, "%s can't be filtered: its contract allows no operator", f.Name)
		return none
	case !ok || !allows(f, op):
		nearest := gold.Nearest(suffix, allowed)
		if nearest != "" {
			nearest = f.Name + "__" + nearest
		}
		p.suggest(given.name, problemInvalidOperator, nearest, "%s can't be compared by %s, only by %s", f.Name, suffix, list(allowed))
		return none
	}
	made, err := comparandOf(r).condition(op, given.value)
	for i := range made.where {
		made.where[i].Via = r.via
	}
	if err != nil {
		problem := gold.Problem{Parameter: given.name, Code: problemInvalidValue, Detail: err.Error()}
		if bad, ok := errors.AsType[*notValid](err); ok {
			problem.DidYouMean = bad.nearest
		}
		p.problems = append(p.problems, problem)
		return none
	}
	return made
}

// notComputable adds the problem of each filter that rows which are computed again can't take: one by a field that they
// borrow, unless the origin's rows could borrow it too.
func (p *params) notComputable(s *scope, filters []filter) {
	for _, f := range filters {
		if f.reach.level == ofRows && f.reach.via != nil && !s.recipe.lends(f.reach.via) {
			p.problem(f.parameter, problemNotFilterable, "%s can't be filtered together with fields of %s", f.reach.name, s.recipe.origin.Dataset.Name)
		}
	}
}
