package param

import (
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// readExplain takes explain=. Only a format with meta has room for it.
func (p *Set) readExplain(f format.Format) {
	p.Explain = p.flag("explain")
	if p.Explain && f != format.JSON {
		p.Problem("explain", gold.CodeInvalidValue, "%s holds the rows alone: leave explain out, or ask for json", f)
	}
}

// Dialect takes dialect=, which says how CSV is written.
func (p *Set) Dialect(f format.Format) (d format.Dialect, given bool) {
	name, given := p.Take("dialect")
	if !given {
		return d, false
	}
	d, ok := format.ParseDialect(name)
	switch {
	case !ok:
		names := format.DialectNames()
		p.suggest("dialect", gold.CodeInvalidValue, gold.Nearest(name, names), "%s is none of %s", name, query.List(names))
	case f != format.CSV:
		p.Problem("dialect", gold.CodeInvalidValue, "it is of format=csv, and this is %s", f)
	}
	return d, true
}

// boundOf returns how many rows an answer about a dataset may have: without a limit a page of JSON, all rows of a file.
func boundOf(d *gold.Dataset, f format.Format, ofPages int64) query.Bound {
	b := query.Bound{Most: query.Everything, Sheet: f == format.XLSX}
	switch most := f.MaxRows(); {
	case f == format.JSON:
		b.Limit, b.Most = ofPages, MaxLimit(d)
	case most > 0:
		b.Most = most
	}
	return b
}

// limit returns a bound with the limit of limit=, which is at least least.
func (p *Set) limit(b query.Bound, least int64) query.Bound {
	if limit, given := p.Int("limit", least, b.Most); given {
		b.Limit, b.Asked = limit, true
	}
	return b
}

// refuseTotals adds a problem if totals= is asked of a format that has no room for them.
func (p *Set) refuseTotals(q *query.AggregateQuery, f format.Format) {
	if q.Totals && f != format.JSON {
		p.Problem("totals", gold.CodeInvalidValue, "%s holds the groups alone: leave totals out, or ask for json", f)
	}
}
