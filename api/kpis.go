package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/format"
)

var kpiParameters = []string{"compare", "describe", "release", "as_of", "format"}

// kpi is one figure of /kpis: a metric of a version, or why there is none.
type kpi struct {
	name    string
	version *gold.Version // nil: no dataset of the release has the metric
	metric  *gold.Metric
	scope   *scope
	filters []filter
	reason  string // why it is unavailable under the request's filters; "": it is available
}

// handleKPIs answers /kpis: a flat object of the model's metrics, in its order. Unfiltered figures come from the
// release; a metric whose dataset can't take a filter is null, and meta.unavailable says why.
//
//	@ID			kpis
//	@Summary	The model's key figures
//	@Description	A flat object of figures. A figure whose dataset can't take a filter is null, and meta.unavailable says why.
//	@Tags		figures
//	@Produce	json
//	@Success	200	{object}	map[string]any	"the figures"
//	@Router		/kpis [get]
func (s *Server) handleKPIs(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	c := req.catalog
	if len(c.kpis) == 0 {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "%s has no key figures", c.title())
	}
	describe := req.params.word("describe", "true", "false") == "true"
	compare := req.params.word("compare", "previous", "year")
	kpis := c.keyFigures()
	readKPIFilters(req.params, kpis)
	compared := readKPIComparison(req.params, c, kpis, compare)
	if err := req.params.err(append(slices.Clone(kpiParameters), kpiFilterNames(kpis)...)...); err != nil {
		return err
	}
	if facts := c.byName[c.facts]; facts != nil && facts.Rows == 0 {
		return empty(&facts.Dataset)
	}
	if c.release == nil {
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "%s has no release yet", c.title())
	}
	p := &plan{req: req, compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
		return s.readKPIs(ctx, kpis, compared, describe, dst)
	}}
	p.of.text("kpis", compare)
	p.of.bool(describe)
	for i := range kpis {
		p.of.text(kpis[i].name, kpis[i].reason)
		p.of.predicates(predicatesOf(kpis[i].filters, ofRows))
	}
	return s.answer(w, r, p)
}

// readKPIs appends the figures, with those of the comparison where there is one.
func (s *Server) readKPIs(ctx context.Context, kpis []kpi, compared *kpiComparison, describe bool, dst []byte) ([]byte, *meta, error) {
	m := &meta{}
	body := &object{b: append(dst, '{')}
	now, err := s.keyValues(ctx, kpis, m)
	if err != nil {
		return nil, nil, err
	}
	appendKPIs(body, kpis, now)
	if compared != nil {
		if err := s.compareKPIs(ctx, body, compared, kpis, now, m); err != nil {
			return nil, nil, err
		}
	}
	s.kpiHints(ctx, kpis, now, m)
	if describe {
		if m.describe, err = describeKPIs(kpis); err != nil {
			return nil, nil, err
		}
	}
	return append(body.b, ",\n"...), m, nil
}

// keyFigures finds the metrics of /kpis among the datasets of the release.
func (c *catalog) keyFigures() []kpi {
	kpis := make([]kpi, len(c.kpis))
	for i, name := range c.kpis {
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

// readKPIFilters gives each filter to the metrics whose dataset can take it. A filter that none can take is a problem.
func readKPIFilters(p *params, kpis []kpi) {
	for left := range p.rest {
		name, _, has := strings.Cut(left.name, "__")
		known, taken := false, false
		var first *params // the problems of the first dataset that has the field and can't take the filter
		for i := range kpis {
			k := &kpis[i]
			if k.version == nil || k.metric.Unfiltered {
				continue
			}
			if k.scope.find(name) == nil || !has && slices.Contains(parameterNames, name) {
				k.refuse(fmt.Sprintf("%s has no field %s", k.version.Dataset.Name, name))
				continue
			}
			known = true
			own := &params{}
			own.add(left)
			filters := own.filters(k.scope, nil)
			k.filters = append(k.filters, filters...)
			if err := published(lenders(predicatesOf(filters, ofRows))...); err != nil {
				k.refuse(err.Error())
			}
			switch {
			case len(own.problems) == 0:
				taken = true
			case first == nil:
				first = own
				fallthrough
			default:
				k.refuse(own.problems[0].Detail)
			}
		}
		switch {
		case !known:
			p.unknown(left.name, "field or parameter", append(slices.Clone(kpiParameters), kpiFilterNames(kpis)...))
		case !taken && first != nil:
			p.problems = append(p.problems, first.problems...)
		}
	}
}

func (k *kpi) refuse(reason string) {
	if k.reason == "" {
		k.reason = reason
	}
}

func kpiFilterNames(kpis []kpi) []string {
	var names []string
	for _, k := range kpis {
		if k.version == nil {
			continue
		}
		for _, name := range k.scope.filterNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// keyValues computes the figures, null for those that are unavailable.
func (s *Server) keyValues(ctx context.Context, kpis []kpi, m *meta) ([]gold.Value, error) {
	known := map[figureKey]map[string]gold.Value{}
	values := make([]gold.Value, len(kpis))
	for i := range kpis {
		k := &kpis[i]
		if k.reason != "" {
			m.unavailable = append(m.unavailable, pair{k.name, k.reason})
			continue
		}
		key := figureKey{k.version, len(k.filters) > 0}
		if known[key] == nil {
			figures, stats, err := s.figures(ctx, k)
			if err != nil {
				return nil, err
			}
			known[key], m.query = figures, m.query+stats.Duration
			m.answeredBy = cmp.Or(m.answeredBy, stats.AnsweredBy)
		}
		values[i] = k.value(known[key])
	}
	return values, nil
}

// appendKPIs appends a member for each figure.
func appendKPIs(o *object, kpis []kpi, values []gold.Value) {
	for i := range kpis {
		o.name(kpis[i].name)
		o.b = kpis[i].append(o.b, values[i])
	}
}

// kpiHints names, for a dataset of which filters leave nothing, the nearest values that exist.
func (s *Server) kpiHints(ctx context.Context, kpis []kpi, values []gold.Value, m *meta) {
	first := slices.IndexFunc(kpis, func(k kpi) bool { return len(k.filters) > 0 && k.reason == "" })
	if first < 0 {
		return
	}
	for i := range kpis {
		if kpis[i].version == kpis[first].version && len(kpis[i].filters) > 0 && !values[i].IsNull() && values[i].Number() != 0 {
			return
		}
	}
	hints, took := s.hints(ctx, kpis[first].scope.catalog, kpis[first].version, predicatesOf(kpis[first].filters, ofRows))
	m.hints, m.query = hints, m.query+took
}

// figureKey names the measures that several figures share: the filtered metrics of a dataset have the same filters.
type figureKey struct {
	version  *gold.Version
	filtered bool
}

// figures returns the measures of a metric's dataset. They are asked for together, so that the figures of a dataset are
// one aggregation.
func (s *Server) figures(ctx context.Context, k *kpi) (map[string]gold.Value, gold.Stats, error) {
	return s.measure(ctx, k.scope.catalog, k.version, predicatesOf(k.filters, ofRows), k.version.Dataset.Measures())
}

// measure returns measures by canonical text: unfiltered those of the release where it has all, else the store's.
func (s *Server) measure(ctx context.Context, c *catalog, v *gold.Version, where []gold.Predicate, measures []gold.Measure) (map[string]gold.Value, gold.Stats, error) {
	recorded := func(m gold.Measure) bool { _, ok := v.Measures[m.String()]; return ok }
	if len(where) == 0 && !slices.ContainsFunc(measures, func(m gold.Measure) bool { return !recorded(m) }) {
		return v.Measures, gold.Stats{}, nil
	}
	values := map[string]gold.Value{}
	stats, err := eachBatch(ctx, func() (gold.Rows, error) {
		return s.aggregate(ctx, c, gold.Aggregation{Version: v, Where: where, Measures: measures})
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

// append appends a value of the figure, with the precision of the metric, else of the field that it keeps the unit of.
func (k *kpi) append(dst []byte, value gold.Value) []byte {
	if k.version == nil {
		return append(dst, "null"...)
	}
	var shown gold.Field
	if m := k.metric.Measure; m != nil && m.Field != "" {
		switch m.Func {
		case gold.Sum, gold.Min, gold.Max:
			f := k.version.Dataset.Field(m.Field)
			shown = gold.Field{Scale: f.Scale, MultipleOf: f.MultipleOf, Single: f.Single && m.Func != gold.Sum}
		default:
		}
	}
	shown.MultipleOf = cmp.Or(k.metric.MultipleOf, shown.MultipleOf)
	return format.AppendValue(dst, value, &shown)
}

// describeKPIs returns labels, units and formats by metric, in the order of the figures.
func describeKPIs(kpis []kpi) (json.RawMessage, error) {
	o := &object{b: []byte{'{'}}
	for _, k := range kpis {
		if k.metric == nil {
			continue
		}
		doc, err := json.Marshal(struct {
			Dataset string `json:"dataset"`
			gold.Doc
		}{k.version.Dataset.Name, k.metric.Doc})
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", k.name, err)
		}
		o.raw(k.name, doc)
	}
	return append(o.b, '}'), nil
}
