package query

import (
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// compareKPIs returns the figures of an earlier time and the relative changes since. They are null for figures of other
// datasets, which have no time, and if the data don't cover the earlier span.
func (e *Engine) compareKPIs(ctx context.Context, c *Comparison, kpis []KPI, now []gold.Value, to *Metadata) (previous, changes []gold.Value, err error) {
	previous, changes = make([]gold.Value, len(kpis)), make([]gold.Value, len(kpis))
	data, err := e.extent(ctx, c.Line, to)
	if err != nil {
		return nil, nil, err
	}
	if data != nil {
		spans, covered := c.spans(*data)
		if spans.Before.First >= gold.MinTime {
			to.Compared = spans
		}
		if covered && Published(LookedUp(c.Rest)...) == nil {
			if previous, err = e.valuesIn(ctx, c, spans.Before, kpis, to); err != nil {
				return nil, nil, err
			}
			if !c.Asked.Given() {
				if now, err = e.valuesIn(ctx, c, spans.Now, kpis, to); err != nil {
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

// spans returns the two spans of key figures, and whether the data cover both.
func (c *Comparison) spans(data Span) (*Compared, bool) {
	clock := c.Line.clock()
	now := clock.lastCompleteMonth(data)
	whole := now
	if c.Asked.Given() {
		whole, now = c.Asked.closed(clock, data)
	}
	if now.First > now.Last {
		now = whole
	}
	before := clock.stepOf(c.Compare, whole).of(now)
	return &Compared{now, before}, before.First >= data.First && now.Last <= clock.endOf(data.Last, gold.DayPeriod)
}

// valuesIn returns the figures of the comparison's dataset in a span of time, null for all others.
func (e *Engine) valuesIn(ctx context.Context, c *Comparison, in Span, kpis []KPI, to *Metadata) ([]gold.Value, error) {
	where := append(slices.Clone(c.Rest), c.Line.where(in)...)
	known, stats, err := e.measure(ctx, nil, c.Line.catalog, c.Line.owner, where, measuresFor(c.Line.owner, kpis))
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	to.Took += stats.Duration
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		if k := &kpis[i]; k.Version == c.Line.owner && !k.Metric.Unfiltered && k.Reason == "" {
			values[i] = k.value(known)
		}
	}
	return values, nil
}
