package param

import (
	"errors"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/query"
)

// maxSearch bounds the text of contains and startswith, in characters.
const maxSearch = 64

// allows reports whether a contract lets a field be compared by an operator.
func allows(f *gold.Field, op gold.Op) bool {
	if f.Mask != gold.MaskNone {
		return false
	}
	switch row := op.Row(); {
	case row.Search:
		return f.Search && row.Takes(f.Kind)
	case row.Arity == gold.NoValue:
		return slices.Contains(f.Filters, gold.IsNull) || slices.Contains(f.Filters, gold.NotNull)
	default:
		return slices.Contains(f.Filters, op)
	}
}

// AllowedOps returns the operators that a field may be compared by in parameters.
func AllowedOps(f *gold.Field) []gold.Op {
	var ops []gold.Op
	for _, o := range gold.Operators() {
		if o.Spelled && allows(f, o.Op) {
			ops = append(ops, o.Op)
		}
	}
	return ops
}

// AllowedSuffixes returns the operators that a field may be compared by, as parameters spell them.
func AllowedSuffixes(f *gold.Field) []string {
	var names []string
	for _, op := range AllowedOps(f) {
		names = append(names, op.String())
	}
	return names
}

// FilterNames returns the names of filters, for suggestions: bare names, except of fields that have a parameter's name.
func FilterNames(s *query.Scope) []string {
	var names []string
	for i := range s.Columns {
		f := s.Columns[i].Field
		switch name := s.Columns[i].Name; {
		case !allows(f, gold.Eq):
			for _, suffix := range AllowedSuffixes(f) {
				names = append(names, name+"__"+suffix)
			}
		case slices.Contains(ParameterNames, name):
			names = append(names, name+"__eq")
		default:
			names = append(names, name)
		}
	}
	return names
}

// filter is a condition that a parameter makes, on columns of one level.
type filter struct {
	parameter string
	level     query.Level
	columns   []*query.Column
	condition
}

// names lists the columns of a filter.
func (f *filter) names() string {
	var names []string
	for _, c := range f.columns {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return query.List(names)
}

// predicatesOf returns the predicates of the filters of one level.
func predicatesOf(filters []filter, at query.Level) []gold.Predicate {
	var where []gold.Predicate
	for _, f := range filters {
		if f.level == at {
			where = append(where, f.where...)
		}
	}
	return where
}

// filters turns every parameter that is left into filters. known are the route's other parameters.
func (p *Set) filters(s *query.Scope, known []string) []filter {
	var filters []filter
	for left := range p.rest {
		if slices.Contains(Connectives, left.Name) {
			filters = append(filters, p.connected(s, left, known)...)
		} else if f, ok := p.compared(s, left, known); ok {
			filters = append(filters, f)
		}
	}
	p.namesakes(s)
	return filters
}

// compared turns a comparison of a column into a filter, or adds its problem.
func (p *Set) compared(s *query.Scope, given Pair, known []string) (f filter, ok bool) {
	name, suffix, has := strings.Cut(given.Name, "__")
	if !has && slices.Contains(ParameterNames, name) {
		p.misplaced(s, name, known)
		return f, false
	}
	column := s.Find(name)
	if column == nil {
		p.unknown(given.Name, "field or parameter", append(slices.Clone(known), FilterNames(s)...))
		return f, false
	}
	if !has {
		suffix = "eq"
	}
	made := p.filter(column, given, suffix)
	return filter{given.Name, column.Level, []*query.Column{column}, made}, len(made.where) > 0
}

// namesakes suggests name__eq for a parameter that can't be used, if a field has its name.
func (p *Set) namesakes(s *query.Scope) {
	for i := range p.Problems {
		q := &p.Problems[i]
		if q.DidYouMean != "" || !slices.Contains(ParameterNames, q.Parameter) {
			continue
		}
		if c := s.Find(q.Parameter); c != nil && allows(c.Field, gold.Eq) {
			q.DidYouMean = q.Parameter + "__eq"
		}
	}
}

// misplaced adds the problem of a parameter that this route doesn't take; a field may have its name.
func (p *Set) misplaced(s *query.Scope, name string, known []string) {
	if c := s.Find(name); c != nil && allows(c.Field, gold.Eq) {
		p.suggest(name, gold.CodeUnknownParameter, name+"__eq", "%s is a parameter's name: the field %s is filtered by %s__eq", name, name, name)
		return
	}
	p.suggest(name, gold.CodeUnknownParameter, nearestParameter(name, known), "unknown parameter %s", name)
}

// filter turns one parameter into a condition, or adds its problem.
func (p *Set) filter(column *query.Column, given Pair, suffix string) (none condition) {
	f := column.Field
	op, ok := gold.SpelledOp(suffix)
	if !ok || !allows(f, op) {
		p.notAllowed(column, given, suffix)
		return none
	}
	made, err := comparandOf(column).condition(op, given.Value)
	for i := range made.where {
		made.where[i].Join = column.Join
	}
	if err != nil {
		p.invalid(given.Name, err)
		return none
	}
	return made
}

// invalid adds the problem of a value.
func (p *Set) invalid(parameter string, err error) {
	problem := gold.Problem{Parameter: parameter, Code: gold.CodeInvalidValue, Detail: err.Error()}
	if bad, ok := errors.AsType[*notValid](err); ok {
		problem.DidYouMean = bad.nearest
	}
	p.Problems = append(p.Problems, problem)
}

// notAllowed adds the problem of a filter that the contract of its field doesn't allow.
func (p *Set) notAllowed(column *query.Column, given Pair, suffix string) {
	f, name := column.Field, column.Name
	switch allowed := AllowedSuffixes(f); {
	case f.Mask != gold.MaskNone:
		p.Problem(given.Name, gold.CodeNotFilterable, "%s is masked and can't be filtered", name)
	case len(allowed) == 0:
		p.Problem(given.Name, gold.CodeNotFilterable, "%s can't be filtered: its contract allows no operator", name)
	default:
		nearest := gold.Nearest(suffix, allowed)
		if nearest != "" {
			nearest = name + "__" + nearest
		}
		p.suggest(given.Name, gold.CodeInvalidOperator, nearest, "%s can't be compared by %s, only by %s", name, suffix, query.List(allowed))
	}
}

// notComputable adds the problem of each filter that recomputed rows can't take: one by a field that they look up, unless
// the origin's rows can look it up too.
func (p *Set) notComputable(q *query.RowsQuery, filters []filter) {
	for _, f := range filters {
		if f.level == query.OfRows && !q.Derivation().Filters(f.where) {
			p.Problem(f.parameter, gold.CodeNotFilterable, "%s can't be filtered together with %s", f.names(), cause(q, ""))
		}
	}
}

// notSorted adds the problem of an order by a field that recomputed rows would look up.
func (p *Set) notSorted(q *query.RowsQuery) {
	for _, term := range q.Sort {
		if c := q.Scope.Find(term.Field); c != nil && c.Join != nil {
			p.Problem("sort", gold.CodeInvalidValue, "%s is looked up: rows can't be sorted by it together with %s", term.Field, cause(q, "filters by "))
		}
	}
}

// cause says what rows are recomputed for.
func cause(q *query.RowsQuery, filters string) string {
	if len(q.Origin) == 0 {
		return "previous"
	}
	return filters + "fields of " + q.Scope.Derivation.Origin.Dataset.Name
}
