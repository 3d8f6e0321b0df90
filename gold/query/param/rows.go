package param

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// defaultRowsLimit is the limit of pages of /datasets/{dataset}/rows if the request has none.
const defaultRowsLimit = 100

// RowsParameters are the parameters of rows besides filters; previous is one of rows of growth alone.
var RowsParameters = []string{"limit", "sort", "fields", "count", "previous", "or", "and", "not", "explain", "cursor", "release", "as_of", "format", "dialect"}

// RowParameters are the parameters of one row; previous is one of a row of growth alone.
var RowParameters = []string{"fields", "previous", "release", "as_of", "format"}

// parametersOf returns those of some parameters that questions for rows of a dataset have.
func parametersOf(d *gold.Dataset, parameters []string) []string {
	if d.Grown() {
		return parameters
	}
	return slices.DeleteFunc(slices.Clone(parameters), func(name string) bool { return name == "previous" })
}

// MaxLimit returns the largest page of a dataset.
func MaxLimit(d *gold.Dataset) int64 {
	if d.MaxLimit > 0 {
		return d.MaxLimit
	}
	return gold.DefaultMaxLimit
}

// RowsLimit returns how many rows a page of /datasets/{dataset}/rows has without limit=.
func RowsLimit(d *gold.Dataset) int64 { return min(defaultRowsLimit, MaxLimit(d)) }

// EndpointLimit returns how many rows a page of a dataset's own endpoint has without limit=.
func EndpointLimit(d *gold.Dataset) int64 {
	if d.DefaultLimit > 0 {
		return min(d.DefaultLimit, MaxLimit(d))
	}
	return MaxLimit(d)
}

// Rows reads a question for rows of a version, in a format. Without limit= a page has limit rows.
func (p *Set) Rows(c *query.Catalog, v *gold.Version, f format.Format, limit int64) (*query.RowsQuery, error) {
	p.readExplain(f)
	s, b := c.Wide(v), boundOf(&v.Dataset, f, limit)
	return readPaged(p, v.Dataset.Name, parametersOf(&v.Dataset, RowsParameters), func(p *Set) *query.RowsQuery { return readRows(p, s, b) })
}

// Row reads a question for the one row of a version with a key, which is written as in a path. NotFound not_found if rows
// have no key.
func (p *Set) Row(c *query.Catalog, v *gold.Version, key string) (*query.RowQuery, error) {
	d, s := &v.Dataset, c.Narrow(v)
	if d.Keyless() {
		return nil, gold.Errorf(gold.NotFound, gold.CodeNotFound, "dataset %s has no key, so that no row of it can be asked for alone: filter its rows by their fields", d.Name)
	}
	q := &query.RowQuery{Key: key, RowsQuery: query.RowsQuery{
		Scope: s, Where: readKey(p, d, key), Growth: p.growth(s), Sort: d.TotalSort(nil), Fields: readFields(p, s), Bound: query.Bound{Limit: 1, Most: 1},
	}}
	return finish(p, q, parametersOf(d, RowParameters))
}

// readRows takes the parameters of a page.
func readRows(p *Set, s *query.Scope, b query.Bound) *query.RowsQuery {
	d := &s.Version.Dataset
	q := &query.RowsQuery{Scope: s, Bound: p.limit(b, 0), Exact: p.word("count", "exact") == "exact"}
	q.Sort = d.TotalSort(d.DefaultSort)
	if terms, given := p.sort("field", d.Name, Sortable(s), func(string) bool { return false }); given {
		q.Sort = d.TotalSort(terms)
	}
	q.Fields = readFields(p, s)
	q.Growth = p.growth(s)
	filters := p.filters(s, parametersOf(d, RowsParameters))
	q.Where, q.Origin = predicatesOf(filters, query.OfRows), predicatesOf(filters, query.OfOrigin)
	if q.Derivation() != nil {
		p.notComputable(q, filters)
		p.notSorted(q)
	}
	return q
}

// growth reads previous=, what rows of growth are compared with; nil: as they are stored.
func (p *Set) growth(s *query.Scope) *gold.DeriveGrowth {
	if !s.Version.Dataset.Grown() {
		return nil
	}
	word := p.word("previous", query.PreviousPeriod, query.PreviousPresent)
	if word == "" {
		return nil
	}
	growth, err := s.Growth(word)
	if err != nil {
		p.Problem("previous", gold.CodeInvalidValue, "%v", err)
	}
	return growth
}

// sort reads sort=-a,b or sort=a:desc,b:asc, the terms of which are names of what is sorted. Lost names are skipped. word
// is what messages call a name: field or column.
func (p *Set) sort(word, what string, names []string, lost func(name string) bool) (terms []gold.Sort, given bool) {
	text, given := p.Take("sort")
	if !given {
		return nil, false
	}
	for term := range strings.SplitSeq(text, ",") {
		s, ok := parseSortTerm(term)
		switch {
		case !ok:
			p.Problem("sort", gold.CodeInvalidValue, "expected %[1]s, -%[1]s, %[1]s:asc or %[1]s:desc, separated by commas", word)
		case lost(s.Field):
		case len(names) == 0:
			p.Problem("sort", gold.CodeInvalidValue, "%s can't be sorted: its contract lets no %s be sorted by", what, word)
		case !slices.Contains(names, s.Field):
			p.suggest("sort", gold.CodeInvalidValue, nearestField(s.Field, names), "%s can't be sorted by %s, only by %s", what, s.Field, query.List(names))
		case slices.ContainsFunc(terms, func(t gold.Sort) bool { return t.Field == s.Field }):
			p.Problem("sort", gold.CodeInvalidValue, "%s is named twice", s.Field)
		default:
			terms = append(terms, s)
		}
	}
	return terms, true
}

func parseSortTerm(term string) (gold.Sort, bool) {
	field, direction, has := strings.Cut(term, ":")
	if !has {
		return gold.ParseSort(term), strings.TrimPrefix(term, "-") != ""
	}
	ok := field != "" && !strings.HasPrefix(field, "-") && (direction == "asc" || direction == "desc")
	return gold.Sort{Field: field, Desc: direction == "desc"}, ok
}

// Sortable returns the fields that rows can be sorted by: own ones, and such that they look up.
func Sortable(s *query.Scope) []string {
	var names []string
	for _, c := range s.Columns {
		if c.Level == query.OfRows && c.Field.Sortable && c.Field.Mask == gold.MaskNone {
			names = append(names, c.Name)
		}
	}
	return names
}

// readFields reads fields=a,b: the columns of the answer, in this order. They may be looked up.
func readFields(p *Set, s *query.Scope) []string {
	text, given := p.Take("fields")
	if !given {
		return nil
	}
	d, names := &s.Version.Dataset, s.Shown()
	var fields []string
	for name := range strings.SplitSeq(text, ",") {
		switch {
		case name == "":
			p.Problem("fields", gold.CodeInvalidValue, "expected names of fields separated by commas")
		case !slices.Contains(names, name):
			p.suggest("fields", gold.CodeInvalidValue, nearestField(name, names), "%s has no field %s, only %s", d.Name, name, query.List(names))
		case slices.Contains(fields, name):
			p.Problem("fields", gold.CodeInvalidValue, "%s is named twice", name)
		default:
			fields = append(fields, name)
		}
	}
	return fields
}

// readKey types the key of a path: of one field the text itself, else the fields joined by commas and quoted as in CSV.
func readKey(p *Set, d *gold.Dataset, text string) []gold.Predicate {
	items := []string{text}
	if len(d.Key) > 1 {
		var err error
		if items, err = splitList(text); err == nil && len(items) != len(d.Key) {
			err = fmt.Errorf("expected %d values separated by commas: %s", len(d.Key), query.List(d.Key))
		}
		if err != nil {
			p.Problem("key", gold.CodeInvalidValue, "%v", err)
			return nil
		}
	}
	var where []gold.Predicate
	for i, f := range d.KeyFields() {
		v, err := gold.ParseValue(f.Kind, f.Scale, items[i])
		if err != nil {
			p.Problem("key", gold.CodeInvalidValue, "%s: %v", f.Name, err)
			continue
		}
		where = append(where, gold.Predicate{Field: f.Name, Op: gold.Eq, Values: []gold.Value{v}})
	}
	return where
}
