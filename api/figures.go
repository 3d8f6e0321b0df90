package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// Bounds of one aggregate.
const (
	maxGroups  = 8
	maxFigures = 32
	maxEdges   = 100
)

// figure is one column of an aggregate's answer that isn't a group: a measure, or a metric of the contract.
type figure struct {
	name    string
	measure gold.Measure // of the store's answer; not of a ratio
	metric  *gold.Metric // nil: a measure
}

// ratio reports whether the figure is computed from other measures of its group.
func (f *figure) ratio() bool { return f.metric != nil && f.metric.Measure == nil }

// namePattern is what a column may be called, as contracts name fields; "__" is in none.
var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// splitTerms splits a list at the commas that are in no parentheses.
func splitTerms(text string) ([]string, error) {
	var terms []string
	depth, start := 0, 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				terms, start = append(terms, text[start:i]), i+1
			}
		}
		if depth < 0 || depth > 1 {
			break
		}
	}
	if depth != 0 {
		return nil, errors.New("the parentheses don't match")
	}
	return append(terms, text[start:]), nil
}

// terms takes a list of terms, each of which may be named before a colon, and calls read with each.
func (p *params) terms(parameter string, limit int, read func(name, term string)) (given bool) {
	text, given := p.take(parameter)
	if !given {
		return false
	}
	terms, err := splitTerms(text)
	if err == nil && len(terms) > limit {
		err = fmt.Errorf("%d terms, %d are the limit", len(terms), limit)
	}
	if err != nil {
		p.problem(parameter, problemInvalidValue, "%v", err)
		return true
	}
	for _, term := range terms {
		name, body, named := strings.Cut(term, ":")
		if !named {
			name, body = "", term
		} else if !namePattern.MatchString(name) || strings.Contains(name, "__") {
			p.problem(parameter, problemInvalidValue, "%s: expected a name of a letter, then at most 62 letters, digits and single underscores, before the colon", term)
			continue
		}
		read(name, body)
	}
	return true
}

// readGroups reads group_by=pays,date_achat.month,montant.bins(0,5,10), each of them with a name before a colon or none.
// lost are the names of columns that can't be made.
func readGroups(p *params, s *scope) (groups []gold.Group, lost []string) {
	p.terms("group_by", maxGroups, func(name, term string) {
		made := len(groups)
		defer func() {
			if len(groups) == made {
				lost = append(lost, cmp.Or(name, strings.ReplaceAll(term, ".", "_")))
			}
		}()
		field, by, cut := strings.Cut(term, ".")
		r := s.find(field)
		switch {
		case r == nil:
			names := groupable(s)
			p.suggest("group_by", problemInvalidValue, gold.Nearest(field, names), "%s can't be grouped by %q, only by %s, those of dates by a grain (.month) and numbers by .bins(0,10)", s.version.Dataset.Name, field, list(names))
			return
		case r.field.Mask != gold.MaskNone:
			p.problem("group_by", problemInvalidValue, "%s is masked and can't be grouped by", field)
			return
		}
		g := gold.Group{Field: field, As: name, Via: r.via}
		if cut && !p.grouping(&g, r.field, by) {
			return
		}
		if err := measure.CheckGroup(r.owner.Fields, g); err != nil {
			p.problem("group_by", problemInvalidValue, "%v", err)
			return
		}
		groups = append(groups, g)
	})
	return groups, lost
}

func groupable(s *scope) []string {
	var names []string
	for _, r := range s.fields {
		if r.field.Mask == gold.MaskNone {
			names = append(names, r.name)
		}
	}
	return names
}

// grouping reads what stands after the point of a group: a grain or bins.
func (p *params) grouping(g *gold.Group, f *gold.Field, text string) bool {
	edges, bins := strings.CutPrefix(text, "bins(")
	edges, closed := strings.CutSuffix(edges, ")")
	if bins && closed {
		items := strings.Split(edges, ",")
		if len(items) > maxEdges {
			p.problem("group_by", problemInvalidValue, "%s: %d edges, %d are the limit", g.Field, len(items), maxEdges)
			return false
		}
		for _, item := range items {
			// Edges of integers and decimals are doubles too.
			edge := gold.Field{Kind: gold.Double, Single: f.Single}
			v, err := edge.Parse(item)
			if err != nil {
				p.problem("group_by", problemInvalidValue, "%s: an edge of bins: %v", g.Field, err)
				return false
			}
			g.Bins = append(g.Bins, v.Double())
		}
		g.Single = f.Single
		return true
	}
	if text == "" || g.Grain.UnmarshalText([]byte(text)) != nil {
		words := []string{"day", "week", "month", "year", "bins(0,10)"}
		nearest := gold.Nearest(text, words)
		if nearest != "" {
			nearest = g.Field + "." + nearest
		}
		p.suggest("group_by", problemInvalidValue, nearest, "%s.%s: expected one of %s after the point", g.Field, text, list(words))
		return false
	}
	return true
}

// readFigures reads measures=ca:sum(montant),count(),total_ca. Without the parameter it is count(). lost are the names of
// columns that can't be made.
func readFigures(p *params, s *scope) (figures []figure, lost []string) {
	given := p.terms("measures", maxFigures, func(name, term string) {
		f := figure{name: name}
		ok := false
		if strings.Contains(term, "(") {
			f.measure, ok = p.measure(s, term)
		} else {
			f.measure, f.metric, ok = p.metric(s, term)
		}
		if !ok {
			lost = append(lost, cmp.Or(name, f.measure.Name(), term))
			return
		}
		switch {
		case name != "":
		case f.metric != nil:
			f.name = f.metric.Name
		default:
			f.name = f.measure.Name()
		}
		f.measure.As = f.name
		figures = append(figures, f)
	})
	if !given {
		figures = []figure{{name: gold.Count.String(), measure: gold.Measure{Func: gold.Count, As: gold.Count.String()}}}
	}
	return figures, lost
}

// measure reads a measure of the dataset's own fields.
func (p *params) measure(s *scope, term string) (gold.Measure, bool) {
	d := &s.version.Dataset
	m, err := gold.ParseMeasure(term)
	if err != nil {
		word, _, _ := strings.Cut(term, "(")
		var words []string
		for f := gold.Count; f <= gold.Median; f++ {
			words = append(words, f.String())
		}
		p.suggest("measures", problemInvalidValue, gold.Nearest(word, slices.DeleteFunc(words, func(w string) bool { return w == word })), "%s: %v", term, err)
		return m, false
	}
	if m.Func == gold.Count {
		return m, true
	}
	f := d.Field(m.Field)
	switch r := s.find(m.Field); {
	case f == nil && r != nil:
		p.problem("measures", problemInvalidValue, "%s: %s is borrowed from %s: it can be filtered and grouped by, not measured", term, m.Field, r.owner.Name)
	case f == nil:
		names := d.FieldNames()
		p.suggest("measures", problemInvalidValue, gold.Nearest(m.Field, names), "%s: %s has no field %s, only %s", term, d.Name, m.Field, list(names))
	case f.Mask != gold.MaskNone:
		p.problem("measures", problemInvalidValue, "%s: %s is masked and can't be measured", term, m.Field)
	default:
		err := measure.CheckMeasure(d.Fields, m)
		if err != nil {
			p.problem("measures", problemInvalidValue, "%v", err)
		}
		return m, err == nil
	}
	return m, false
}

// metric finds a metric of the dataset's contract.
func (p *params) metric(s *scope, name string) (gold.Measure, *gold.Metric, bool) {
	d := &s.version.Dataset
	metric := d.Metric(name)
	switch {
	case metric == nil:
		var names []string
		for _, m := range d.Metrics {
			names = append(names, m.Name)
		}
		p.suggest("measures", problemInvalidValue, gold.Nearest(name, names), "expected measures such as sum(field) or count(), or metrics of %s%s, not %q", d.Name, among(names), name)
	case unfiltered(d, metric):
		p.problem("measures", problemInvalidValue, "%s is always of the whole dataset and has no groups", name)
	case metric.Measure == nil:
		return gold.Measure{}, metric, true
	default:
		return *metric.Measure, metric, true
	}
	return gold.Measure{}, nil, false
}

// unfiltered reports whether a metric, or a part of it, is always of the whole dataset.
func unfiltered(d *gold.Dataset, metric *gold.Metric) bool {
	return metric != nil && (metric.Unfiltered || slices.ContainsFunc(metric.Over, func(name string) bool { return unfiltered(d, d.Metric(name)) }))
}

func among(names []string) string {
	if len(names) == 0 {
		return ", which has none"
	}
	return " (" + list(names) + ")"
}

// aggregation returns the store's part of a query, without having, sort and limit, and where each measure stands in its
// answer. What only ratios need comes last, under names that no parameter can give.
func (q *aggregateQuery) aggregation(v *gold.Version) (a gold.Aggregation, at map[string]int) {
	a = gold.Aggregation{Version: v, Where: predicatesOf(q.filters, ofRows), Group: q.groups}
	at = map[string]int{}
	add := func(m gold.Measure) {
		if _, there := at[m.String()]; !there || m.As != "" {
			if m.As == "" {
				m.As = "_" + m.String()
			}
			at[m.String()] = len(a.Group) + len(a.Measures)
			a.Measures = append(a.Measures, m)
		}
	}
	for i := range q.figures {
		if f := &q.figures[i]; !f.ratio() {
			add(f.measure)
		}
	}
	for i := range q.figures {
		if f := &q.figures[i]; f.ratio() {
			for _, m := range parts(&v.Dataset, f.metric) {
				add(m)
			}
		}
	}
	return a, at
}

// parts returns the measures that a metric is computed from.
func parts(d *gold.Dataset, metric *gold.Metric) []gold.Measure {
	if metric == nil {
		return nil
	}
	if metric.Measure != nil {
		return []gold.Measure{{Func: metric.Measure.Func, Field: metric.Measure.Field}}
	}
	var measures []gold.Measure
	for _, name := range metric.Over {
		measures = append(measures, parts(d, d.Metric(name))...)
	}
	return measures
}

// fields returns the columns of the answer: groups, then figures.
func (q *aggregateQuery) fields(v *gold.Version) []gold.Field {
	a, _ := q.aggregation(v)
	stored := a.OutFields()
	fields := slices.Clone(stored[:len(q.groups)])
	next := len(q.groups)
	for i := range q.figures {
		f := &q.figures[i]
		field := gold.Field{Name: f.name, Kind: gold.Double, Nullable: true}
		if !f.ratio() {
			field = stored[next]
			next++
		}
		if f.metric != nil && f.metric.MultipleOf > 0 {
			field.MultipleOf = f.metric.MultipleOf
		}
		fields = append(fields, field)
	}
	return fields
}

// groups answers a query with at most limit groups after a place, nil for the start.
func (s *Server) groups(ctx context.Context, sc *scope, q *aggregateQuery, after []gold.Value, limit int64) (gold.Rows, error) {
	v := sc.version
	a, at := q.aggregation(v)
	fields := q.fields(v)
	figured := &figured{dataset: &v.Dataset, query: q, at: at, fields: fields}
	var err error
	if q.here() {
		if figured.Rows, err = s.aggregate(ctx, sc.catalog, a); err != nil {
			return nil, err
		}
		all, err := chooseGroups(ctx, q, fields, figured)
		return q.resume(all, fields, after, limit), err
	}
	a.Having, a.Sort = q.having, q.sort
	if after == nil {
		a.Limit = limit
	}
	if figured.Rows, err = s.aggregate(ctx, sc.catalog, a); err != nil {
		return nil, err
	}
	return q.resume(figured, fields, after, limit), nil
}

func (q *aggregateQuery) resume(rows gold.Rows, fields []gold.Field, after []gold.Value, limit int64) gold.Rows {
	r := &resumed{rows: rows, after: after, limit: limit, fields: fields, pick: columnsOf(fields, fields)}
	for i := range q.groups {
		r.key = append(r.key, i)
	}
	return r
}

// here reports whether a ratio filters or sorts the groups: the store knows nothing of it.
func (q *aggregateQuery) here() bool {
	ratio := func(name string) bool {
		return slices.ContainsFunc(q.figures, func(f figure) bool { return f.ratio() && f.name == name })
	}
	return slices.ContainsFunc(q.having, func(p gold.Predicate) bool { return ratio(p.Field) }) ||
		slices.ContainsFunc(q.sort, func(s gold.Sort) bool { return ratio(s.Field) })
}

// chooseGroups filters and sorts all groups, which come in their own order. Bins are sorted by the places of their edges.
func chooseGroups(ctx context.Context, q *aggregateQuery, fields []gold.Field, groups gold.Rows) (gold.Rows, error) {
	wide := slices.Clone(fields)
	sort := slices.Clone(q.sort)
	places := map[int]map[string]int64{} // of the texts of bins, by group
	for i, g := range q.groups {
		at := slices.IndexFunc(sort, func(s gold.Sort) bool { return s.Field == g.Name() })
		if len(g.Bins) == 0 || at < 0 {
			continue
		}
		places[i] = map[string]int64{}
		for bin := range len(g.Bins) + 1 {
			places[i][measure.BinLabel(g.Bins, g.Single, bin)] = int64(bin)
		}
		sort[at].Field = "_" + g.Name()
		wide = append(wide, gold.Field{Name: sort[at].Field, Kind: gold.Int, Nullable: true})
	}
	v := &gold.Version{ID: "groups", Dataset: gold.Dataset{Name: "groups", Fields: wide}}
	t := measure.Table{Version: v}
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return groups, nil }, func(b *gold.Batch) error {
		for i := range b.Rows {
			row := b.Row(i, make([]gold.Value, 0, len(wide)))
			for g := range q.groups {
				switch {
				case places[g] == nil:
				case row[g].IsNull():
					row = append(row, gold.Value{})
				default:
					row = append(row, gold.NewInt(places[g][row[g].Text()]))
				}
			}
			t.Rows = append(t.Rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	chosen, err := measure.SelectRows(gold.Query{Version: v, Fields: names, Where: q.having, Sort: sort}, t)
	if err != nil {
		return nil, err
	}
	b := gold.NewBatch(fields, len(chosen))
	for _, row := range chosen {
		b.AppendRow(row...)
	}
	return &given{batch: b, stats: stats}, nil
}

// figured is an answer of groups with its ratios.
type figured struct {
	gold.Rows
	dataset *gold.Dataset
	query   *aggregateQuery
	at      map[string]int // column of a measure in the store's answer
	fields  []gold.Field
}

// Next returns the next groups: the columns of the answer.
func (f *figured) Next(ctx context.Context) (*gold.Batch, error) {
	b, err := f.Rows.Next(ctx)
	if err != nil {
		return nil, err
	}
	groups := len(f.query.groups)
	out := &gold.Batch{Fields: f.fields, Columns: slices.Clone(b.Columns[:groups]), Rows: b.Rows}
	next := groups
	for i := range f.query.figures {
		if fig := &f.query.figures[i]; fig.ratio() {
			out.Columns = append(out.Columns, f.ratios(b, fig.metric))
			continue
		}
		out.Columns = append(out.Columns, b.Columns[next])
		next++
	}
	return out, nil
}

func (f *figured) ratios(b *gold.Batch, metric *gold.Metric) gold.Column {
	c := gold.Column{Kind: gold.Double}
	for i := range b.Rows {
		c.Append(f.dataset.Figure(metric, func(m gold.Measure) gold.Value { return b.Columns[f.at[m.String()]].Value(i) }))
	}
	return c
}
