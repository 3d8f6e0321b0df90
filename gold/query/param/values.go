package param

import (
	"fmt"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// ValuesParameters are the parameters of the values of a field besides filters.
var ValuesParameters = []string{"q", "limit", "or", "and", "not", "explain", "release", "as_of", "format", "dialect"}

// defaultValuesLimit is the number of values of /values/{field} without limit=.
const defaultValuesLimit = 100

// ValuesLimit returns how many values an answer has where nothing says so.
func ValuesLimit(d *gold.Dataset) int64 { return min(defaultValuesLimit, MaxLimit(d)) }

// Values reads a question for the values of a field of a version, in a format.
func (p *Set) Values(c *query.Catalog, v *gold.Version, f format.Format, field string) (*query.ValuesQuery, error) {
	s, column, err := p.aboutField(c, v, f, field)
	if err != nil {
		return nil, err
	}
	q := readValues(p, s, column, boundOf(&v.Dataset, f, ValuesLimit(&v.Dataset)), f)
	return finish(p, q, ValuesParameters)
}

// aboutField returns the scope of a question about one field in a format, and the field's column.
func (p *Set) aboutField(c *query.Catalog, v *gold.Version, f format.Format, field string) (*query.Scope, *query.Column, error) {
	p.readExplain(f)
	s := c.Narrow(v)
	column, err := valuesField(s, field)
	return s, column, err
}

// valuesField returns the column of a field whose values can be listed, which may be looked up.
func valuesField(s *query.Scope, name string) (*query.Column, error) {
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
	return nil, query.Unknown(gold.CodeUnknownField, fmt.Sprintf("%s has no field %s whose values can be listed", s.Version.Dataset.Name, name), nearestField(name, names))
}

// Listable reports whether the values of a field can be listed: its contract lets it be compared with one.
func Listable(f *gold.Field) bool { return allows(f, gold.Eq) || allows(f, gold.In) }

// readValues takes the parameters of the values of a column. In files limit=0 means all values.
func readValues(p *Set, s *query.Scope, column *query.Column, b query.Bound, f format.Format) *query.ValuesQuery {
	least := int64(0)
	if f == format.JSON {
		least = 1
	}
	q := &query.ValuesQuery{Scope: s, Field: column, Bound: p.limit(b, least)}
	if text, given := p.Take("q"); given {
		n := utf8.RuneCountInString(text)
		switch {
		case column.Field.Kind != gold.Text:
			p.Problem("q", gold.CodeInvalidValue, "%s is no text: q searches texts", column.Name)
		case n == 0 || n > maxSearch:
			p.Problem("q", gold.CodeInvalidValue, "expected a text of 1 to %d characters", maxSearch)
		default:
			q.Text = query.Fold(text)
		}
	}
	q.Where = predicatesOf(p.filters(s, ValuesParameters), query.OfRows)
	return q
}
