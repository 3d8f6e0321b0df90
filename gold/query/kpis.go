package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// KeyFigures finds the metrics of /kpis among the datasets of the release.
func (c *Catalog) KeyFigures() []KPI {
	kpis := make([]KPI, len(c.KPIs))
	for i, name := range c.KPIs {
		kpis[i].Name = name
		for _, v := range c.Versions {
			if m := v.Dataset.Metric(name); m != nil {
				kpis[i].Version, kpis[i].Metric, kpis[i].Scope = v, m, c.Narrow(v)
				if name := kpis[i].Scope.Lacks(m); name != "" {
					kpis[i].Refuse(fmt.Sprintf("it needs %s, which this release can't look up", name))
				}
				break
			}
		}
		if kpis[i].Version == nil {
			kpis[i].Reason = "no dataset of this release has it"
		}
	}
	return kpis
}

// Refuse makes a figure unavailable; the first reason stays.
func (k *KPI) Refuse(reason string) {
	if k.Reason == "" {
		k.Reason = reason
	}
}

// Ready returns an error if there are no figures yet.
func (q *KPIQuery) Ready() error {
	c := q.Catalog
	if facts := c.ByName[c.Facts]; facts != nil && facts.Rows == 0 {
		return empty(&facts.Dataset)
	}
	if c.Release == nil {
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", c.Title())
	}
	return nil
}

// KPIs answers with one row of a model's key figures, in its order: a column each; with a comparison then those
// of the earlier time, then the changes. Unfiltered figures come from the release; one whose dataset can't take a filter
// is null, and Unavailable says why.
func (e *Engine) KPIs(ctx context.Context, q *KPIQuery) (*Answer, error) {
	a := &Answer{limit: Everything}
	now, err := e.keyValues(ctx, q.KPIs, &a.Metadata)
	if err != nil {
		return nil, err
	}
	values := now
	fields := kpiFields(q.KPIs, now, "")
	if q.Comparison != nil {
		previous, changes, err := e.compareKPIs(ctx, q.Comparison, q.KPIs, now, &a.Metadata)
		if err != nil {
			return nil, err
		}
		values = slices.Concat(now, previous, changes)
		fields = append(fields, kpiFields(q.KPIs, previous, PreviousSuffix)...)
		for i := range q.KPIs {
			fields = append(fields, gold.Field{Name: q.KPIs[i].Name + ChangeSuffix, Kind: gold.Double, Nullable: true})
		}
	}
	e.kpiHints(ctx, q.KPIs, now, &a.Metadata)
	row := gold.NewBatch(fields, 1)
	row.AppendRow(values...)
	answeredBy := a.AnsweredBy
	a.Fields, a.rows = fields, gold.RowsOf(row, gold.Stats{AnsweredBy: answeredBy}, nil)
	return a, nil
}

// Recorded returns the key figures of all facts, which the release's record has, null where it hasn't.
func (c *Catalog) Recorded() (kpis []KPI, fields []gold.Field, values []gold.Value) {
	kpis = c.KeyFigures()
	values = make([]gold.Value, len(kpis))
	for i := range kpis {
		if k := &kpis[i]; k.Version != nil {
			if _, mixed := k.MixedUnits(); mixed != "" {
				continue
			}
			values[i] = k.value(k.Version.Measures)
		}
	}
	return kpis, kpiFields(kpis, values, ""), values
}

// kpiFields returns the columns of figures, with the precision of the metric, else of the field that it keeps the unit of.
func kpiFields(kpis []KPI, values []gold.Value, suffix string) []gold.Field {
	fields := make([]gold.Field, len(kpis))
	for i := range kpis {
		k := &kpis[i]
		f := gold.Field{Name: k.Name + suffix, Kind: values[i].Kind(), Nullable: true}
		if f.Kind == gold.Null {
			f.Kind = gold.Double
		}
		if k.Version != nil {
			if m := k.Metric.Measure; m != nil && m.Field != "" {
				switch m.Func {
				case gold.Sum, gold.Min, gold.Max:
					of := k.Version.Dataset.Measured(m.Field)
					f.Scale, f.MultipleOf, f.Single = of.Scale, of.MultipleOf, of.Single && m.Func != gold.Sum
				default:
				}
			}
			f.MultipleOf = cmp.Or(k.Metric.MultipleOf, f.MultipleOf)
		}
		fields[i] = f
	}
	return fields
}

// keyValues computes the figures, null for those that are unavailable.
func (e *Engine) keyValues(ctx context.Context, kpis []KPI, to *Metadata) ([]gold.Value, error) {
	known := map[measuresKey]map[string]gold.Value{}
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		k := &kpis[i]
		if k.Reason != "" {
			to.Unavailable = append(to.Unavailable, Unavailable{k.Name, k.Reason})
			continue
		}
		key := measuresKey{k.Version, len(k.Where) > 0}
		if known[key] == nil {
			measures, stats, err := e.measure(ctx, to, k.Scope.Catalog, k.Version, k.Where, measuresFor(k.Version, kpis))
			if err != nil {
				return nil, err
			}
			known[key], to.Took = measures, to.Took+stats.Duration
			to.AnsweredBy = cmp.Or(to.AnsweredBy, stats.AnsweredBy)
		}
		values[i] = k.value(known[key])
	}
	return values, nil
}

// kpiHints adds hints if the filters leave no rows of a dataset.
func (e *Engine) kpiHints(ctx context.Context, kpis []KPI, values []gold.Value, to *Metadata) {
	first := slices.IndexFunc(kpis, func(k KPI) bool { return len(k.Where) > 0 && k.Reason == "" })
	if first < 0 {
		return
	}
	for i := range kpis {
		if kpis[i].Version == kpis[first].Version && len(kpis[i].Where) > 0 && !values[i].IsNull() && values[i].Number() != 0 {
			return
		}
	}
	e.hint(ctx, to, kpis[first].Scope.Catalog, kpis[first].Version, kpis[first].Where)
}
