package api

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// Limits of pages where a contract has none of its own, and of /datasets/{dataset}/rows where the request has none.
const (
	defaultMaxLimit  = 10_000
	defaultRowsLimit = 100
)

var rowsParameters = []string{"limit", "sort", "fields", "count", "cursor", "release", "as_of", "format", "dialect"}

var rowParameters = []string{"fields", "release", "as_of", "format"}

// maxLimit returns the largest page of a dataset.
func maxLimit(d *gold.Dataset) int64 {
	if d.MaxLimit > 0 {
		return d.MaxLimit
	}
	return defaultMaxLimit
}

// rowsLimit returns how many rows a page has where nothing says so.
func rowsLimit(d *gold.Dataset) int64 { return min(defaultRowsLimit, maxLimit(d)) }

// endpointLimit returns how many rows a page of a dataset's own endpoint has where nothing says so.
func endpointLimit(d *gold.Dataset) int64 {
	if d.DefaultLimit > 0 {
		return min(d.DefaultLimit, maxLimit(d))
	}
	return maxLimit(d)
}

// readRowsQuery takes the parameters of a page.
func readRowsQuery(p *params, s *scope, b bound) *rowsQuery {
	d := &s.version.Dataset
	q := &rowsQuery{scope: s, bound: b, exact: p.word("count", "exact") == "exact"}
	if limit, given := p.int("limit", 0, q.most); given {
		q.limit, q.asked = limit, true
	}
	q.sort = readSort(p, d)
	q.fields = readFields(p, s)
	filters := p.filters(s, rowsParameters)
	q.where, q.origin = predicatesOf(filters, ofRows), predicatesOf(filters, ofOrigin)
	if len(q.origin) > 0 {
		p.notComputable(s, filters)
	}
	return q
}

// readSort reads sort=-a,b or sort=a:desc,b:asc, and completes it with the key.
func readSort(p *params, d *gold.Dataset) []gold.Sort {
	text, given := p.take("sort")
	if !given {
		return d.TotalSort(d.DefaultSort)
	}
	var terms []gold.Sort
	for term := range strings.SplitSeq(text, ",") {
		s, ok := parseSortTerm(term)
		f := d.Field(s.Field)
		switch {
		case !ok:
			p.problem("sort", problemInvalidValue, "expected field, -field, field:asc or field:desc, separated by commas")
		case f == nil || !f.Sortable || f.Mask != gold.MaskNone:
			names := sortable(d)
			p.suggest("sort", problemInvalidValue, gold.Nearest(s.Field, names), "%s can't be sorted by %s, only by %s", d.Name, s.Field, list(names))
		case slices.ContainsFunc(terms, func(t gold.Sort) bool { return t.Field == s.Field }):
			p.problem("sort", problemInvalidValue, "%s is named twice", s.Field)
		default:
			terms = append(terms, s)
		}
	}
	return d.TotalSort(terms)
}

func parseSortTerm(term string) (gold.Sort, bool) {
	field, direction, has := strings.Cut(term, ":")
	if !has {
		return gold.ParseSort(term), strings.TrimPrefix(term, "-") != ""
	}
	ok := field != "" && !strings.HasPrefix(field, "-") && (direction == "asc" || direction == "desc")
	return gold.Sort{Field: field, Desc: direction == "desc"}, ok
}

func sortable(d *gold.Dataset) []string {
	var names []string
	for _, f := range d.Fields {
		if f.Sortable && f.Mask == gold.MaskNone {
			names = append(names, f.Name)
		}
	}
	return names
}

// readFields reads fields=a,b: the answer has them in this order. They may be borrowed.
func readFields(p *params, s *scope) []string {
	d, names := &s.version.Dataset, s.shown()
	text, given := p.take("fields")
	if !given {
		return nil
	}
	var fields []string
	for name := range strings.SplitSeq(text, ",") {
		switch {
		case name == "":
			p.problem("fields", problemInvalidValue, "expected names of fields separated by commas")
		case !slices.Contains(names, name):
			p.suggest("fields", problemInvalidValue, gold.Nearest(name, names), "%s has no field %s, only %s", d.Name, name, list(names))
		case slices.Contains(fields, name):
			p.problem("fields", problemInvalidValue, "%s is named twice", name)
		default:
			fields = append(fields, name)
		}
	}
	return fields
}

// readKey types the key in a path: the text itself where the key is one field, else its fields joined by commas,
// quoted as in CSV.
func readKey(p *params, d *gold.Dataset, text string) []gold.Predicate {
	items := []string{text}
	if len(d.Key) > 1 {
		var err error
		if items, err = splitList(text); err == nil && len(items) != len(d.Key) {
			err = fmt.Errorf("expected %d values separated by commas: %s", len(d.Key), list(d.Key))
		}
		if err != nil {
			p.problem("key", problemInvalidValue, "%v", err)
			return nil
		}
	}
	var where []gold.Predicate
	for i, f := range d.KeyFields() {
		v, err := gold.ParseValue(f.Kind, f.Scale, items[i])
		if err != nil {
			p.problem("key", problemInvalidValue, "%s: %v", f.Name, err)
			continue
		}
		where = append(where, gold.Predicate{Field: f.Name, Op: gold.Eq, Values: []gold.Value{v}})
	}
	return where
}
