package query

import (
	"context"
	"slices"

	"goldserve/gold"
)

// partials finds the periods of an answer that the data don't cover to their end.
type partials struct {
	last map[int][]gold.Value // by group: the period that the data end in, of weeks by its first day and by its name
	ages []agedGroup
	seen []string
}

func (p *partials) see(b *gold.Batch, row int) {
	for group, last := range p.last {
		if v := b.Columns[group].Value(row); slices.Contains(last, v) && !slices.Contains(p.seen, v.Text()) {
			p.seen = append(p.seen, v.Text())
		}
	}
	for i := range p.ages {
		if text, partial := p.ages[i].unfinished(b, row); partial && !slices.Contains(p.seen, text) {
			p.seen = append(p.seen, text)
		}
	}
}

// partialPeriods returns which period of each time group is partial, where one is.
func (e *Engine) partialPeriods(ctx context.Context, q *AggregateQuery, to *Metadata) (*partials, error) {
	found := &partials{last: map[int][]gold.Value{}}
	for _, g := range q.TimeGroups() {
		if g.unit == gold.DayPeriod || g.unit == gold.HourPeriod {
			continue // the last day with data counts as whole
		}
		data, err := e.coverage(ctx, q.Scope.Catalog, g.Line, to)
		if err != nil {
			return nil, err
		}
		if data == nil {
			continue
		}
		if clock := g.Line.clock(); clock.endOf(data.Last, g.unit) > clock.endOf(data.Last, gold.DayPeriod) {
			day, named := clock.valueOf(data.Last, g.unit, gold.Value{}), clock.valueOf(data.Last, g.unit, gold.NewText("W"))
			found.last[g.Group] = []gold.Value{day, named}
		}
	}
	return found, e.partialAges(ctx, q, found, to)
}
