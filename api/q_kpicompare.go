package api

import (
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// kpiComparison is how key figures are compared with an earlier time: the figures of the dataset that the model's asOf
// names, over the span that filters give or the last complete month, with the span before or that of a year before.
type kpiComparison struct {
	compare string
	line    *timeline
	asked   asked
	rest    []gold.Predicate // without those by time
}

// compareKPIs returns the figures of an earlier time and the relative changes since. They are null for figures of other
// datasets, which lie in no time, and where the data don't cover the earlier span.
func (e *engine) compareKPIs(ctx context.Context, c *kpiComparison, kpis []kpi, now []gold.Value, to *said) (previous, changes []gold.Value, err error) {
	previous, changes = make([]gold.Value, len(kpis)), make([]gold.Value, len(kpis))
	data, err := e.extent(ctx, c.line, to)
	if err != nil {
		return nil, nil, err
	}
	if data != nil {
		spans, covered := c.spans(*data)
		if spans.before.first >= gold.MinTime {
			to.compared = spans
		}
		if covered && published(lenders(c.rest)...) == nil {
			if previous, err = e.valuesIn(ctx, c, spans.before, kpis, to); err != nil {
				return nil, nil, err
			}
			if !c.asked.given() {
				if now, err = e.valuesIn(ctx, c, spans.now, kpis, to); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	for i := range kpis {
		changes[i] = change(now[i], previous[i])
	}
	return previous, changes, nil
}

// spans returns what is compared, and whether the data cover both.
func (c *kpiComparison) spans(data span) (*comparedSpans, bool) {
	now := lastCompleteMonth(data)
	whole := now
	if c.asked.given() {
		whole, now = c.asked.closed(data)
	}
	if now.first > now.last {
		now = whole
	}
	before := stepOf(c.compare, whole).of(now)
	return &comparedSpans{now, before}, before.first >= data.first && now.last <= endOf(data.last, gold.DayPeriod)
}

// valuesIn returns the figures of the comparison's dataset in a span of time, null for all others.
func (e *engine) valuesIn(ctx context.Context, c *kpiComparison, in span, kpis []kpi, to *said) ([]gold.Value, error) {
	where := append(slices.Clone(c.rest), c.line.where(in)...)
	known, stats, err := e.measure(ctx, c.line.catalog, c.line.owner, where, c.line.owner.Dataset.Measures())
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	to.took += stats.Duration
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		if k := &kpis[i]; k.version == c.line.owner && !k.metric.Unfiltered && k.reason == "" {
			values[i] = k.value(known)
		}
	}
	return values, nil
}
