package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
)

// kpiQuery asks for the key figures of a model.
type kpiQuery struct {
	catalog    *releaseCatalog
	kpis       []kpi
	compare    string         // "previous", "year" or ""
	comparison *kpiComparison // nil: they are compared with nothing
}

// kpi is one key figure: a metric of a version, or why there is none.
type kpi struct {
	name    string
	version *gold.Version // nil: no dataset of the release has the metric
	metric  *gold.Metric
	scope   *scope
	where   []gold.Predicate
	reason  string // why it is unavailable under the question's filters; "": it is available
}

// keyFigures finds the metrics of /kpis among the datasets of the release.
func (c *releaseCatalog) keyFigures() []kpi {
	kpis := make([]kpi, len(c.metrics))
	for i, name := range c.metrics {
		kpis[i].name = name
		for _, v := range c.versions {
			if m := v.Dataset.Metric(name); m != nil {
				kpis[i].version, kpis[i].metric, kpis[i].scope = v, m, c.narrow(v)
				break
			}
		}
		if kpis[i].version == nil {
			kpis[i].reason = "no dataset of this release has it"
		}
	}
	return kpis
}

func (k *kpi) refuse(reason string) {
	if k.reason == "" {
		k.reason = reason
	}
}

// ready returns an error where there are no figures yet.
func (q *kpiQuery) ready() error {
	c := q.catalog
	if facts := c.byName[c.facts]; facts != nil && facts.Rows == 0 {
		return empty(&facts.Dataset)
	}
	if c.release == nil {
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", c.title())
	}
	return nil
}

// keyFiguresOf answers with one row of a model's key figures, in its order: a column each; with a comparison then those
// of the earlier time, then the changes. Unfiltered figures come from the release; one whose dataset can't take a filter
// is null, and what is said has why.
func (e *engine) keyFiguresOf(ctx context.Context, q *kpiQuery) (*openAnswer, error) {
	a := &openAnswer{limit: everything}
	now, err := e.keyValues(ctx, q.kpis, &a.said)
	if err != nil {
		return nil, err
	}
	values := now
	fields := kpiFields(q.kpis, now, "")
	if q.comparison != nil {
		previous, changes, err := e.compareKPIs(ctx, q.comparison, q.kpis, now, &a.said)
		if err != nil {
			return nil, err
		}
		values = slices.Concat(now, previous, changes)
		fields = append(fields, kpiFields(q.kpis, previous, previousSuffix)...)
		for i := range q.kpis {
			fields = append(fields, gold.Field{Name: q.kpis[i].name + changeSuffix, Kind: gold.Double, Nullable: true})
		}
	}
	e.kpiHints(ctx, q.kpis, now, &a.said)
	row := gold.NewBatch(fields, 1)
	row.AppendRow(values...)
	answeredBy := a.answeredBy
	a.fields, a.rows = fields, &given{batch: row, stats: gold.Stats{AnsweredBy: answeredBy}}
	return a, nil
}

// recorded returns the key figures of all facts, which the release's record has, null where it hasn't.
func (c *releaseCatalog) recorded() (kpis []kpi, fields []gold.Field, values []gold.Value) {
	kpis = c.keyFigures()
	values = make([]gold.Value, len(kpis))
	for i := range kpis {
		if k := &kpis[i]; k.version != nil {
			values[i] = k.value(k.version.Measures)
		}
	}
	return kpis, kpiFields(kpis, values, ""), values
}

// kpiFields returns the columns of figures, with the precision of the metric, else of the field that it keeps the unit of.
func kpiFields(kpis []kpi, values []gold.Value, suffix string) []gold.Field {
	fields := make([]gold.Field, len(kpis))
	for i := range kpis {
		k := &kpis[i]
		f := gold.Field{Name: k.name + suffix, Kind: values[i].Kind(), Nullable: true}
		if f.Kind == gold.Null {
			f.Kind = gold.Double
		}
		if k.version != nil {
			if m := k.metric.Measure; m != nil && m.Field != "" {
				switch m.Func {
				case gold.Sum, gold.Min, gold.Max:
					of := k.version.Dataset.Field(m.Field)
					f.Scale, f.MultipleOf, f.Single = of.Scale, of.MultipleOf, of.Single && m.Func != gold.Sum
				default:
				}
			}
			f.MultipleOf = cmp.Or(k.metric.MultipleOf, f.MultipleOf)
		}
		fields[i] = f
	}
	return fields
}

// keyValues computes the figures, null for those that are unavailable.
func (e *engine) keyValues(ctx context.Context, kpis []kpi, to *said) ([]gold.Value, error) {
	known := map[figureKey]map[string]gold.Value{}
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		k := &kpis[i]
		if k.reason != "" {
			to.unavailable = append(to.unavailable, unavailable{k.name, k.reason})
			continue
		}
		key := figureKey{k.version, len(k.where) > 0}
		if known[key] == nil {
			figures, stats, err := e.figures(ctx, k)
			if err != nil {
				return nil, err
			}
			known[key], to.took = figures, to.took+stats.Duration
			to.answeredBy = cmp.Or(to.answeredBy, stats.AnsweredBy)
		}
		values[i] = k.value(known[key])
	}
	return values, nil
}

// kpiHints names, for a dataset of which filters leave nothing, the nearest values that exist.
func (e *engine) kpiHints(ctx context.Context, kpis []kpi, values []gold.Value, to *said) {
	first := slices.IndexFunc(kpis, func(k kpi) bool { return len(k.where) > 0 && k.reason == "" })
	if first < 0 {
		return
	}
	for i := range kpis {
		if kpis[i].version == kpis[first].version && len(kpis[i].where) > 0 && !values[i].IsNull() && values[i].Number() != 0 {
			return
		}
	}
	e.hint(ctx, to, kpis[first].scope.catalog, kpis[first].version, kpis[first].where)
}

// figureKey names the measures that several figures share: the filtered metrics of a dataset have the same filters.
type figureKey struct {
	version  *gold.Version
	filtered bool
}

// figures returns the measures of a metric's dataset. They are asked for together, so that the figures of a dataset are
// one aggregation.
func (e *engine) figures(ctx context.Context, k *kpi) (map[string]gold.Value, gold.Stats, error) {
	return e.measure(ctx, k.scope.catalog, k.version, k.where, k.version.Dataset.Measures())
}

// measure returns measures by canonical text: unfiltered those of the release where it has all, else the store's.
func (e *engine) measure(ctx context.Context, c *releaseCatalog, v *gold.Version, where []gold.Predicate, measures []gold.Measure) (map[string]gold.Value, gold.Stats, error) {
	recorded := func(m gold.Measure) bool { _, ok := v.Measures[m.String()]; return ok }
	if len(where) == 0 && !slices.ContainsFunc(measures, func(m gold.Measure) bool { return !recorded(m) }) {
		return v.Measures, gold.Stats{}, nil
	}
	values := map[string]gold.Value{}
	stats, err := eachBatch(ctx, func() (gold.Rows, error) {
		return e.aggregate(ctx, c, gold.Aggregation{Version: v, Where: where, Measures: measures})
	}, func(b *gold.Batch) error {
		for i, m := range measures {
			values[m.String()] = b.Columns[i].Value(0)
		}
		return nil
	})
	if err != nil {
		return nil, stats, fmt.Errorf("compute figures of %s: %w", v.Dataset.Name, err)
	}
	return values, stats, nil
}

// value evaluates the figure from the measures of its dataset.
func (k *kpi) value(known map[string]gold.Value) gold.Value {
	return k.version.Dataset.Figure(k.metric, func(m gold.Measure) gold.Value { return known[m.String()] })
}
