package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
func (s *scope) filterNames() []string {
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
	where     []gold.Predicate
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
			p.unknown(left.name, "field or parameter", append(slices.Clone(known), s.filterNames()...))
			continue
		}
		if !has {
			suffix = "eq"
		}
		if where := p.filter(r, left, suffix); len(where) > 0 {
			filters = append(filters, filter{left.name, r, where})
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

// filter turns one parameter into predicates, or adds its problem.
func (p *params) filter(r *reach, given pair, suffix string) []gold.Predicate {
	f := r.field
	op, ok := suffixes[suffix]
	allowed := allowedSuffixes(f)
	switch {
	case f.Mask != gold.MaskNone:
		p.problem(given.name, problemNotFilterable, "%s is masked and can't be filtered", f.Name)
		return nil
	case len(allowed) == 0:
		p.problem(given.name, problemNotFilterable, "%s can't be filtered: its contract allows no operator", f.Name)
		return nil
	case !ok || !allows(f, op):
		nearest := gold.Nearest(suffix, allowed)
		if nearest != "" {
			nearest = f.Name + "__" + nearest
		}
		p.suggest(given.name, problemInvalidOperator, nearest, "%s can't be compared by %s, only by %s", f.Name, suffix, list(allowed))
		return nil
	}
	where, err := predicates(r.owner, f, op, given.value)
	for i := range where {
		where[i].Via = r.via
	}
	if err != nil {
		problem := gold.Problem{Parameter: given.name, Code: problemInvalidValue, Detail: err.Error()}
		if bad, ok := errors.AsType[*notValid](err); ok {
			problem.DidYouMean = bad.nearest
		}
		p.problems = append(p.problems, problem)
		return nil
	}
	return where
}

// predicates types the text of a comparison.
func predicates(d *gold.Dataset, f *gold.Field, op gold.Op, text string) ([]gold.Predicate, error) {
	switch op {
	case gold.IsNull:
		switch text {
		case "true":
			return []gold.Predicate{{Field: f.Name, Op: gold.IsNull}}, nil
		case "false":
			return []gold.Predicate{{Field: f.Name, Op: gold.NotNull}}, nil
		}
		return nil, fmt.Errorf("expected true or false")
	case gold.Contains, gold.StartsWith:
		if n := utf8.RuneCountInString(text); n == 0 || n > maxSearch {
			return nil, fmt.Errorf("expected a text of 1 to %d characters", maxSearch)
		}
		return []gold.Predicate{{Field: f.Name, Op: op, Values: []gold.Value{gold.NewText(text)}}}, nil
	case gold.In, gold.NotIn:
		return listPredicate(d, f, op, text)
	default:
		return onePredicate(d, f, op, text)
	}
}

// onePredicate types a comparison with one value, which may be a period of a Date or Time.
func onePredicate(d *gold.Dataset, f *gold.Field, op gold.Op, text string) ([]gold.Predicate, error) {
	if f.Kind == gold.Date || f.Kind == gold.Time {
		span, err := parsePeriod(f.Kind, text)
		switch {
		case err != nil:
			return nil, err
		case op == gold.Ne && span.whole():
			return periodsPredicate(f, gold.NotIn, []period{span})
		}
		return span.predicates(f.Name, op), nil
	}
	v, err := parseFilterValue(d, f, op, text)
	if err != nil {
		return nil, err
	}
	return []gold.Predicate{{Field: f.Name, Op: op, Values: []gold.Value{v}}}, nil
}

// listPredicate types the items of in and nin. Those of a Date or Time may be periods.
func listPredicate(d *gold.Dataset, f *gold.Field, op gold.Op, text string) ([]gold.Predicate, error) {
	items, err := splitList(text)
	if err != nil {
		return nil, err
	}
	in := gold.Predicate{Field: f.Name, Op: op}
	var periods []period
	for i, item := range items {
		var v gold.Value
		var span period
		if f.Kind == gold.Date || f.Kind == gold.Time {
			span, err = parsePeriod(f.Kind, item)
		} else {
			v, err = parseFilterValue(d, f, op, item)
		}
		if err != nil {
			if len(items) > 1 {
				return nil, itemError(i, err)
			}
			return nil, err
		}
		in.Values, periods = append(in.Values, v), append(periods, span)
	}
	if f.Kind == gold.Date || f.Kind == gold.Time {
		return periodsPredicate(f, op, periods)
	}
	return []gold.Predicate{in}, nil
}

// itemError says which item of a list is wrong.
func itemError(i int, err error) error {
	if bad, ok := errors.AsType[*notValid](err); ok {
		return bad
	}
	return fmt.Errorf("item %d: %w", i+1, err)
}

// notValid is a value outside of the closed list of a field's contract.
type notValid struct {
	text    string
	valid   []string
	nearest string
}

func (e *notValid) Error() string { return fmt.Sprintf("%s is none of %s", e.text, list(e.valid)) }

// parseFilterValue types one value. An equality with a text that the contract rules out is an error with the nearest
// valid one: no row can have it.
func parseFilterValue(d *gold.Dataset, f *gold.Field, op gold.Op, text string) (gold.Value, error) {
	v, err := gold.ParseValue(f.Kind, f.Scale, text)
	if err != nil || f.Kind != gold.Text {
		return v, err
	}
	switch op {
	case gold.Eq, gold.Ne, gold.In, gold.NotIn:
		valid := validValues(d, f.Name)
		if valid != nil && !slices.Contains(valid, text) {
			return v, &notValid{text, valid, gold.Nearest(text, valid)}
		}
	default:
	}
	return v, nil
}

// validValues returns the closed list of a field's values, sorted: what a rule that blocks publishing allows. nil: open.
func validValues(d *gold.Dataset, field string) []string {
	for _, r := range d.Rules {
		if r.Metric == "invalidValues" && r.Field == field && len(r.Valid) > 0 && r.Severity == gold.SeverityError &&
			r.Operator == "mustBe" && len(r.Values) == 1 && r.Values[0] == 0 {
			return slices.Sorted(slices.Values(r.Valid))
		}
	}
	return nil
}

// splitList splits a,b at its commas; an item that starts with a quote is quoted as in CSV, a quote within doubled.
func splitList(text string) ([]string, error) {
	var items []string
	for {
		if !strings.HasPrefix(text, `"`) {
			item, rest, more := strings.Cut(text, ",")
			items = append(items, item)
			if !more {
				return items, nil
			}
			text = rest
			continue
		}
		item, rest, ok := cutQuoted(text[1:])
		if !ok {
			return nil, fmt.Errorf(`item %d starts with a quote: expected it to end with one, quotes within doubled, as in "Letter ""R"""`, len(items)+1)
		}
		items = append(items, item)
		if rest == "" {
			return items, nil
		}
		text = rest[1:]
	}
}

// joinList is the inverse of splitList.
func joinList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		if quoted[i] = item; strings.Contains(item, ",") || strings.HasPrefix(item, `"`) {
			quoted[i] = `"` + strings.ReplaceAll(item, `"`, `""`) + `"`
		}
	}
	return strings.Join(quoted, ",")
}

// cutQuoted reads up to the closing quote, which must end the text or stand before a comma.
func cutQuoted(text string) (item, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		if strings.HasPrefix(after, `"`) {
			b.WriteByte('"')
			text = after[1:]
			continue
		}
		return b.String(), after, after == "" || after[0] == ','
	}
}
