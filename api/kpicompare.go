package api

import (
	"context"
	"fmt"

	"goldserve/gold"
	"goldserve/gold/format"
)

// kpiComparison is how /kpis is compared with an earlier time: the figures of the dataset that the model's asOf names,
// over the span that filters give or the last complete month, with the span before or that of a year before.
type kpiComparison struct {
	compare string
	line    *timeline
	asked   asked
	rest    []filter // without those by time
}

// readKPIComparison resolves compare=, nil for none.
func readKPIComparison(p *params, c *catalog, kpis []kpi, compare string) *kpiComparison {
	if compare == "" {
		return nil
	}
	for i := range kpis {
		k := &kpis[i]
		if k.version == nil || k.metric.Unfiltered {
			continue
		}
		if line := c.axis(k.version); line != nil {
			compared := &kpiComparison{compare: compare, line: line}
			compared.asked, compared.rest = line.split(p, k.filters)
			return compared
		}
	}
	p.problem("compare", problemInvalidValue, "compare needs a time, and none of the figures has one (the model's asOf names no field of theirs): leave compare out")
	return nil
}

// compareKPIs appends the members previous and change. They are null for figures of other datasets, which lie in no
// time, and where the data don't cover the earlier span.
func (s *Server) compareKPIs(ctx context.Context, body *object, c *kpiComparison, kpis []kpi, now []gold.Value, m *meta) error {
	previous, changes := make([]gold.Value, len(kpis)), make([]gold.Value, len(kpis))
	data, err := s.extent(ctx, c.line, m)
	if err != nil {
		return err
	}
	if data != nil {
		spans, covered := c.spans(*data)
		if spans.before.first >= gold.MinTime {
			m.compared = spans
		}
		if covered && published(lenders(predicatesOf(c.rest, ofRows))...) == nil {
			if previous, err = s.valuesIn(ctx, c, spans.before, kpis, m); err != nil {
				return err
			}
			if !c.asked.given() {
				if now, err = s.valuesIn(ctx, c, spans.now, kpis, m); err != nil {
					return err
				}
			}
		}
	}
	for i := range kpis {
		changes[i] = change(now[i], previous[i])
	}
	body.name("previous")
	inner := &object{b: append(body.b, '{')}
	appendKPIs(inner, kpis, previous)
	body.b = append(inner.b, '}')
	body.name("change")
	inner = &object{b: append(body.b, '{')}
	for i := range kpis {
		inner.name(kpis[i].name)
		inner.b = format.AppendValue(inner.b, changes[i], &gold.Field{})
	}
	body.b = append(inner.b, '}')
	return nil
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
func (s *Server) valuesIn(ctx context.Context, c *kpiComparison, in span, kpis []kpi, m *meta) ([]gold.Value, error) {
	where := append(predicatesOf(c.rest, ofRows), c.line.where(in)...)
	known, stats, err := s.measure(ctx, c.line.catalog, c.line.owner, where, c.line.owner.Dataset.Measures())
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	m.query += stats.Duration
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		if k := &kpis[i]; k.version == c.line.owner && !k.metric.Unfiltered && k.reason == "" {
			values[i] = k.value(known)
		}
	}
	return values, nil
}
