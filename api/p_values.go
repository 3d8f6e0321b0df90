package api

import (
	"fmt"
	"unicode/utf8"

	"goldserve/gold"
)

var valuesParameters = []string{"q", "limit", "release", "as_of", "format", "dialect"}

// defaultValuesLimit is the number of values of /values/{field} where the request has no limit.
const defaultValuesLimit = 100

// valuesLimit returns how many values an answer has where nothing says so.
func valuesLimit(d *gold.Dataset) int64 { return min(defaultValuesLimit, maxLimit(d)) }

// valuesField returns the field of a name whose values can be listed, of the dataset or borrowed.
func valuesField(s *scope, name string) (*reach, error) {
	var names []string
	for i := range s.fields {
		f := &s.fields[i]
		if !listable(f.field) {
			continue
		}
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return nil, unknown(codeUnknownField, fmt.Sprintf("%s has no field %s whose values can be listed", s.version.Dataset.Name, name), gold.Nearest(name, names))
}

// listable reports whether the values of a field can be listed: its contract lets it be compared with one.
func listable(f *gold.Field) bool { return allows(f, gold.Eq) || allows(f, gold.In) }

// readValuesQuery takes the parameters of the values of a field; least is the smallest limit.
func readValuesQuery(p *params, s *scope, f *reach, b bound, least int64) *valuesQuery {
	q := &valuesQuery{scope: s, field: f, bound: b}
	if limit, given := p.int("limit", least, q.most); given {
		q.limit, q.asked = limit, true
	}
	if text, given := p.take("q"); given {
		n := utf8.RuneCountInString(text)
		switch {
		case f.field.Kind != gold.Text:
			p.problem("q", problemInvalidValue, "%s is no text: q searches texts", f.name)
		case n == 0 || n > maxSearch:
			p.problem("q", problemInvalidValue, "expected a text of 1 to %d characters", maxSearch)
		default:
			q.text = fold(text)
		}
	}
	q.where = predicatesOf(p.filters(s, valuesParameters), ofRows)
	return q
}
