package param

import (
	"fmt"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/query"
)

// ValuesParameters are the parameters of the values of a field, filters apart.
var ValuesParameters = []string{"q", "limit", "explain", "release", "as_of", "format", "dialect"}

// defaultValuesLimit is the number of values of /values/{field} where the request has no limit.
const defaultValuesLimit = 100

// ValuesLimit returns how many values an answer has where nothing says so.
func ValuesLimit(d *gold.Dataset) int64 { return min(defaultValuesLimit, MaxLimit(d)) }

// ValuesField returns the field of a name whose values can be listed, of the dataset or looked up.
func ValuesField(s *query.Scope, name string) (*query.Column, error) {
	var names []string
	for i := range s.Columns {
		f := &s.Columns[i]
		if !Listable(f.Field) {
			continue
		}
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return nil, query.Unknown(gold.CodeUnknownField, fmt.Sprintf("%s has no field %s whose values can be listed", s.Version.Dataset.Name, name), gold.Nearest(name, names))
}

// Listable reports whether the values of a field can be listed: its contract lets it be compared with one.
func Listable(f *gold.Field) bool { return allows(f, gold.Eq) || allows(f, gold.In) }

// ReadValues takes the parameters of the values of a field; least is the smallest limit.
func ReadValues(p *Set, s *query.Scope, f *query.Column, b query.Bound, least int64) *query.ValuesQuery {
	q := &query.ValuesQuery{Scope: s, Field: f, Bound: b}
	if limit, given := p.Int("limit", least, q.Most); given {
		q.Limit, q.Asked = limit, true
	}
	if text, given := p.Take("q"); given {
		n := utf8.RuneCountInString(text)
		switch {
		case f.Field.Kind != gold.Text:
			p.Problem("q", gold.CodeInvalidValue, "%s is no text: q searches texts", f.Name)
		case n == 0 || n > maxSearch:
			p.Problem("q", gold.CodeInvalidValue, "expected a text of 1 to %d characters", maxSearch)
		default:
			q.Text = query.Fold(text)
		}
	}
	q.Where = predicatesOf(p.filters(s, ValuesParameters), query.OfRows)
	return q
}
