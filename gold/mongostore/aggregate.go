package mongostore

import (
	"context"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// Aggregate implements gold.Reader.
//
// The server groups where its measures are exact: counts, extremes, sums of integers and decimals, one field's distinct
// values. For the others (sums of doubles, averages, medians, quantiles, measures and groups with conditions, bins, looked-up fields) it sends
// the columns that they need, and gold/measure computes them, with the same bits as any other store.
func (s *Store) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	if err := measure.CheckAggregation(&a); err != nil {
		return nil, err
	}
	if exactAtServer(&a) {
		return s.aggregateOnServer(ctx, &a)
	}
	return s.aggregateInProcess(ctx, &a)
}

func exactAtServer(a *gold.Aggregation) bool {
	distinct, sums := "", false
	for _, m := range a.Measures {
		if m.Where != "" || m.Join != nil {
			return false
		}
		switch m.Func {
		case gold.Count, gold.Min, gold.Max:
		case gold.Sum:
			f := a.Version.Dataset.Field(m.Field)
			if f.Kind == gold.Double || f.Kind == gold.WideDecimal { // whose sums may have more digits than Decimal128
				return false
			}
			sums = sums || f.Kind.Overflows()
		case gold.CountDistinct:
			if distinct != "" && distinct != m.Field {
				return false
			}
			distinct = m.Field
		case gold.Avg, gold.Median, gold.Quantile, gold.First, gold.Last:
			return false
		}
	}
	// A sum that overflows is an error even in a group that a limit leaves out. With distinct values sums are made in
	// two steps, and a partial one could overflow where the whole doesn't.
	if sums && (distinct != "" || a.Limit > 0) || len(a.Having) > 0 {
		return false
	}
	return !slices.ContainsFunc(a.Group, func(g gold.Group) bool { return g.Join != nil || g.Age != nil || len(g.Bins) > 0 || !cutsAtServer(g) })
}

// cutsAtServer reports whether the server cuts time as measure.Periods does. It has time zones of its own: those of another
// edition of the database, and with rules for fewer years. Of fiscal years it has none.
func cutsAtServer(g gold.Group) bool {
	return g.Calendar.Timezone == "" && g.Calendar.FiscalYearStart == 0
}

// aggregateOnServer runs an aggregation as $group. Its columns are c0, c1 …: what people call them may not be a name for
// MongoDB.
func (s *Store) aggregateOnServer(ctx context.Context, a *gold.Aggregation) (gold.Rows, error) {
	f, err := s.where(ctx, a.Version, a.Where)
	if err != nil {
		return nil, err
	}
	fields := a.OutFields()
	names := make([]string, len(fields))
	byName := make(map[string]string, len(fields))
	for i, field := range fields {
		names[i] = "c" + strconv.Itoa(i)
		byName[field.Name] = names[i]
	}
	pipeline := append(f.match(), groupStages(a, names)...)
	if sort := groupSort(a); len(sort) > 0 {
		for _, term := range sort {
			if _, ok := byName[term.Field]; !ok {
				return nil, gold.Invalidf(gold.Problem{Parameter: "sort", Code: gold.CodeInvalidParameter}, "the answer has no column %s", term.Field)
			}
		}
		pipeline = append(pipeline, bson.D{{Key: "$sort", Value: sortDocument(sort, func(name string) string { return byName[name] })}})
	}
	if a.Limit > 0 {
		pipeline = append(pipeline, bson.D{{Key: "$limit", Value: a.Limit}})
	}
	r := &rows{s: s, version: a.Version, filtered: len(a.Where) > 0, lone: len(a.Group) == 0, decoder: newDecoder(fields, names)}
	r.decoder.sums = make([]*gold.Measure, len(fields))
	for i := range a.Measures {
		if m := &a.Measures[i]; m.Func == gold.Sum && a.Version.Dataset.Field(m.Field).Kind.Overflows() {
			r.decoder.sums[len(a.Group)+i] = &a.Measures[i]
		}
	}
	return r, r.open(ctx, aggregateCommand(collectionOf(a.Version.Location), pipeline))
}

// groupSort returns the order of an answer, completed by its groups.
func groupSort(a *gold.Aggregation) []gold.Sort {
	sort := slices.Clone(a.Sort)
	for _, g := range a.Group {
		if !slices.ContainsFunc(sort, func(s gold.Sort) bool { return s.Field == g.Name() }) {
			sort = append(sort, gold.Sort{Field: g.Name()})
		}
	}
	return sort
}

// groupStages returns the stages that group and name the columns. With distinct values the rows are first grouped by
// the groups and the value, then by the groups.
func groupStages(a *gold.Aggregation, names []string) bson.A {
	path := paths(&a.Version.Dataset)
	key, again := bson.D{}, bson.D{}
	flat := bson.D{{Key: "_id", Value: 0}}
	for i, g := range a.Group {
		key = append(key, bson.E{Key: names[i], Value: groupExpression(g, path(g.Field))})
		again = append(again, bson.E{Key: names[i], Value: "$_id." + names[i]})
		flat = append(flat, bson.E{Key: names[i], Value: "$_id." + names[i]})
	}
	distinct := ""
	first, second := bson.D{}, bson.D{}
	for i, m := range a.Measures {
		name := names[len(a.Group)+i]
		flat = append(flat, bson.E{Key: name, Value: 1})
		if m.Func == gold.CountDistinct {
			distinct = "$" + path(m.Field)
			second = append(second, bson.E{Key: name, Value: bson.D{{Key: "$sum", Value: bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$ne", Value: bson.A{"$_id.distinct", nil}}}, 1, 0}}}}}})
			continue
		}
		op, value, merge := "$sum", any(1), "$sum"
		if m.Func != gold.Count {
			op, value = "$"+m.Func.String(), "$"+path(m.Field)
			merge = op
		}
		first = append(first, bson.E{Key: name, Value: bson.D{{Key: op, Value: value}}})
		second = append(second, bson.E{Key: name, Value: bson.D{{Key: merge, Value: "$" + name}}})
	}
	if distinct == "" {
		return bson.A{stage("$group", withID(key, first)), stage("$project", flat)}
	}
	key = append(key, bson.E{Key: "distinct", Value: distinct})
	return bson.A{stage("$group", withID(key, first)), stage("$group", withID(again, second)), stage("$project", flat)}
}

// withID returns the specification of a $group; no key at all is one group.
func withID(key, accumulators bson.D) bson.D {
	var id any
	if len(key) > 0 {
		id = key
	}
	return append(bson.D{{Key: "_id", Value: id}}, accumulators...)
}

// grainFormats are the texts of the grains, of the week its first day.
var grainFormats = map[gold.Grain]string{gold.Day: "%Y-%m-%d", gold.Week: "%Y-%m-%d", gold.Month: "%Y-%m", gold.Year: "%Y", gold.Quarter: "%Y-Q"}

// groupExpression returns the value of a group; a null date has the null grain.
func groupExpression(g gold.Group, path string) any {
	value := any("$" + path)
	switch g.Grain {
	case gold.GrainNone:
		return value
	case gold.Hour:
		return stage("$dateTrunc", bson.D{{Key: "date", Value: value}, {Key: "unit", Value: "hour"}})
	case gold.Week:
		value = stage("$dateTrunc", bson.D{{Key: "date", Value: value}, {Key: "unit", Value: "week"}, {Key: "startOfWeek", Value: g.Calendar.WeekStart.String()}})
	default:
	}
	text := stage("$dateToString", bson.D{{Key: "date", Value: value}, {Key: "format", Value: grainFormats[g.Grain]}})
	if g.Grain == gold.Quarter { // $concat with a null is null
		quarter := stage("$toString", stage("$toInt", stage("$ceil", stage("$divide", bson.A{stage("$month", value), 3}))))
		return stage("$concat", bson.A{text, quarter})
	}
	return text
}

// aggregateInProcess streams the columns that an aggregation needs into measure.Groups.
func (s *Store) aggregateInProcess(ctx context.Context, a *gold.Aggregation) (rows gold.Rows, err error) {
	working, answering := gold.AccountsOf(ctx), gold.ShareOf(ctx).Account()
	defer working.Close()
	defer func() {
		if err != nil {
			answering.Close()
		}
	}()
	in, err := s.inputs(ctx, a, working.Open())
	if err != nil {
		return nil, err
	}
	groups, err := measure.NewGroups(in.fields, in.groups, in.measures, s.memory)
	if err != nil {
		return nil, err
	}
	groups.Charge(working.Open())
	source, err := s.Rows(ctx, gold.Query{Version: a.Version, Fields: in.names, Where: a.Where})
	if err != nil {
		return nil, err
	}
	read, err := gold.EachBatch(ctx, source, func(b *gold.Batch) error { return groups.Add(in.batch(b)) })
	if err != nil {
		return nil, err
	}
	limit := a.Limit
	if len(a.Having) > 0 {
		limit = 0
	}
	// Figures of all groups are worked out to be sorted, in columns of eight bytes a value or some more.
	if err := answering.Set(int64(groups.Len()) * int64(len(a.OutFields())) * 2 * valueBytes); err != nil {
		return nil, err
	}
	answer, err := groups.Batch(a.Sort, limit)
	if err != nil {
		return nil, err
	}
	// The columns carry the names that the question gave them.
	answer.Fields = a.OutFields()
	if len(a.Having) > 0 {
		if answer, err = having(answer, a); err != nil {
			return nil, err
		}
	}
	if err := answering.Set(int64(answer.Rows) * int64(len(answer.Fields)) * valueBytes); err != nil {
		return nil, err
	}
	return gold.RowsOf(answer, gold.Stats{Duration: in.took + read.Duration}, answering.Close), nil
}

// valueBytes is what a value of an answer takes, texts included, roughly.
const valueBytes = 16
