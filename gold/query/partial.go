package query

import (
	"context"
	"slices"

	"goldserve/gold"
)

// partials finds the periods of an answer that the data don't cover to their end.
type partials struct {
	last map[int]lastPeriod // by group
	ages []agedGroup
	seen []string
}

// lastPeriod is the period that the data end in.
type lastPeriod struct {
	unit  gold.PeriodUnit
	at    int64
	clock clock
}

func (p *partials) see(b *gold.Batch, row int) {
	for group, last := range p.last {
		if v := b.Columns[group].Value(row); !v.IsNull() && v == last.clock.valueOf(last.at, last.unit, v) && !slices.Contains(p.seen, v.Text()) {
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
	found := &partials{last: map[int]lastPeriod{}}
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
			found.last[g.Group] = lastPeriod{g.unit, data.Last, clock}
		}
	}
	return found, e.partialAges(ctx, q, found, to)
}
