package mongostore

import (
	"context"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// paths returns where the fields of a dataset lie: a key of one field, or the position, is asked for by _id, which has an
// index.
func paths(d *gold.Dataset) func(field string) string {
	total := d.TotalSort(nil)
	if len(total) != 1 {
		return func(field string) string { return field }
	}
	id := total[0].Field
	return func(field string) string {
		if field == id {
			return "_id"
		}
		return field
	}
}

// filter collects the conditions of a query: what a find can say, and stages for what it can't.
type filter struct {
	conditions bson.A
	stages     bson.A
}

// lookups are the stages that join rows of dimensions with too many matching keys for a command, as fields that conditions
// look at.
type lookups struct {
	stages bson.A
	names  []string // of the fields
	before int      // fields that the query's other predicates joined
	bytes  int      // of the lists of keys that the query's predicates carry
}

func (f *filter) add(c bson.D) { f.conditions = append(f.conditions, c) }

// document returns the conditions as one filter.
func (f *filter) document() bson.D {
	switch len(f.conditions) {
	case 0:
		return bson.D{}
	case 1:
		return f.conditions[0].(bson.D)
	default:
		return bson.D{{Key: "$and", Value: f.conditions}}
	}
}

// match returns the stages of a pipeline that keep the rows of the filter.
func (f *filter) match() bson.A {
	if len(f.conditions) == 0 {
		return f.stages
	}
	return append(bson.A{bson.D{{Key: "$match", Value: f.document()}}}, f.stages...)
}

// where turns predicates on a version into a filter. Those on looked-up fields read the dimension's keys first.
func (s *Store) where(ctx context.Context, v *gold.Version, predicates []gold.Predicate) (*filter, error) {
	f, joined, bytes := &filter{}, 0, 0
	for _, p := range predicates {
		l := &lookups{before: joined, bytes: bytes}
		c, err := s.predicate(ctx, l, v, p)
		if err != nil {
			return nil, err
		}
		bytes = l.bytes
		if joined += len(l.names); len(l.names) == 0 {
			f.add(c)
			continue
		}
		f.stages = append(append(f.stages, l.stages...), stage("$match", c), stage("$unset", l.names))
	}
	if prefix := within(v); prefix != nil {
		f.add(prefix)
	}
	// A composite key that is given whole is found by _id.
	if values := wholeKey(&v.Dataset, predicates); values != nil {
		f.add(bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: compositeKey(v.Dataset.KeyFields(), values)}}}})
	}
	return f, nil
}

// predicate returns a predicate on a version as a condition, and adds the lookups that it needs.
func (s *Store) predicate(ctx context.Context, l *lookups, v *gold.Version, p gold.Predicate) (bson.D, error) {
	if p.Any != nil {
		return s.alternatives(ctx, l, v, p.Any)
	}
	if p.Join != nil {
		return s.joined(ctx, l, v, p)
	}
	field, err := fieldOf(&v.Dataset, p.Field)
	if err != nil {
		return nil, err
	}
	return condition(paths(&v.Dataset)(p.Field), field, p)
}

// alternatives returns the condition that one of several holds.
func (s *Store) alternatives(ctx context.Context, l *lookups, v *gold.Version, alternatives [][]gold.Predicate) (bson.D, error) {
	if len(alternatives) == 0 {
		return nothing(), nil
	}
	of := make(bson.A, len(alternatives))
	for i, predicates := range alternatives {
		f := &filter{}
		for _, p := range predicates {
			c, err := s.predicate(ctx, l, v, p)
			if err != nil {
				return nil, err
			}
			f.add(c)
		}
		of[i] = f.document()
	}
	return bson.D{{Key: "$or", Value: of}}, nil
}

// wholeKey returns the values that predicates give to all fields of a composite key, or nil.
func wholeKey(d *gold.Dataset, predicates []gold.Predicate) []gold.Value {
	if len(d.Key) < 2 {
		return nil
	}
	values := make([]gold.Value, len(d.Key))
	for i, k := range d.Key {
		for _, p := range predicates {
			if p.Field == k && p.Op == gold.Eq && p.Join == nil {
				values[i] = p.Values[0]
			}
		}
		if values[i].IsNull() {
			return nil
		}
	}
	return values
}

// fieldOf returns a field that a query names, or the position; the edge has checked it.
func fieldOf(d *gold.Dataset, name string) (*gold.Field, error) {
	if f := d.Column(name); f != nil {
		return f, nil
	}
	return nil, gold.Invalidf(gold.Problem{Parameter: name, Code: gold.CodeInvalidParameter, DidYouMean: gold.Nearest(name, d.FieldNames())},
		"dataset %s has no field %s", d.Name, name)
}

// condition returns a predicate on a path as a filter. Null matches none but IsNull: the server's ordered comparisons
// are of one type, and its $ne and $nin are given null too.
func condition(path string, f *gold.Field, p gold.Predicate) (bson.D, error) {
	on := func(op string, value any) bson.D { return bson.D{{Key: path, Value: bson.D{{Key: op, Value: value}}}} }
	if err := p.Check(); err != nil {
		return nil, err
	}
	switch p.Op {
	case gold.In:
		return on("$in", list(p.Values, f)), nil
	case gold.NotIn:
		return on("$nin", append(list(p.Values, f), nil)), nil
	case gold.IsNull:
		return on("$eq", nil), nil
	case gold.NotNull:
		return on("$ne", nil), nil
	default:
	}
	value := p.Values[0]
	if value.IsNull() {
		return nothing(), nil
	}
	switch p.Op {
	case gold.Eq:
		return on("$eq", bsonValue(value, f)), nil
	case gold.Ne:
		return on("$nin", bson.A{bsonValue(value, f), nil}), nil
	case gold.Contains:
		return on("$regex", bson.Regex{Pattern: foldPattern(value.Text())}), nil
	case gold.StartsWith:
		return on("$regex", bson.Regex{Pattern: "^" + foldPattern(value.Text())}), nil
	case gold.NotContains, gold.NotStartsWith:
		opposite := p
		opposite.Op = p.Op.Row().Not
		c, err := condition(path, f, opposite)
		if err != nil {
			return nil, err
		}
		return bson.D{{Key: path, Value: bson.D{{Key: "$not", Value: c[0].Value}, {Key: "$ne", Value: nil}}}}, nil
	default:
		op, ok := comparisons[p.Op]
		if !ok {
			return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "%s: MongoDB is not told what %s is", p.Field, p.Op)
		}
		return on(op, bsonValue(value, f)), nil
	}
}

var comparisons = map[gold.Op]string{gold.Lt: "$lt", gold.Lte: "$lte", gold.Gt: "$gt", gold.Gte: "$gte"}

// nothing is the filter that no row passes.
func nothing() bson.D { return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}} }

// list returns values for $in: nulls equal nothing.
func list(values []gold.Value, f *gold.Field) bson.A {
	a := make(bson.A, 0, len(values)+1)
	for _, v := range values {
		if !v.IsNull() {
			a = append(a, bsonValue(v, f))
		}
	}
	return a
}

// joined returns the condition of a predicate on a field of another dataset. Where that field is null or has no row, only
// IsNull holds, so IsNull is the opposite of having a row whose field is not null.
func (s *Store) joined(ctx context.Context, l *lookups, v *gold.Version, p gold.Predicate) (bson.D, error) {
	via := p.Join
	on, err := fieldOf(&v.Dataset, via.On)
	if err != nil {
		return nil, err
	}
	own := p
	own.Join = via.Next
	if p.Op == gold.IsNull {
		own.Op = gold.NotNull
	}
	keys, bytes, complete, err := s.matchingKeys(ctx, via, on, own)
	if err != nil {
		return nil, err
	}
	path := paths(&v.Dataset)(on.Name)
	if l.bytes+bytes <= 2*matchingBytes && complete {
		l.bytes += bytes
		op := "$in"
		if p.Op == gold.IsNull {
			op = "$nin"
		}
		return bson.D{{Key: path, Value: bson.D{{Key: op, Value: keys}}}}, nil
	}
	theirs, err := s.where(ctx, via.Version, []gold.Predicate{own})
	if err != nil {
		return nil, err
	}
	as := "_via" + strconv.Itoa(l.before+len(l.names))
	op := "$ne"
	if p.Op == gold.IsNull {
		op = "$eq"
	}
	l.names = append(l.names, as)
	l.stages = append(l.stages, stage("$lookup", bson.D{
		{Key: "from", Value: collectionOf(via.Version.Location)},
		{Key: "localField", Value: path},
		{Key: "foreignField", Value: paths(&via.Version.Dataset)(via.Key)},
		{Key: "pipeline", Value: append(theirs.match(), bson.D{{Key: "$limit", Value: 1}}, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: 1}}}})},
		{Key: "as", Value: as},
	}))
	return bson.D{{Key: as, Value: bson.D{{Key: op, Value: bson.A{}}}}}, nil
}

// matchingKeys returns the keys of the rows of a dimension that a predicate holds for, as the field that looks them up is
// stored, and their size; incomplete where they are too many for a command.
func (s *Store) matchingKeys(ctx context.Context, via *gold.Join, on *gold.Field, p gold.Predicate) (keys bson.A, bytes int, complete bool, err error) {
	rows, err := s.Rows(ctx, gold.Query{Version: via.Version, Fields: []string{via.Key}, Where: []gold.Predicate{p}, Limit: matchingKeys + 1})
	if err != nil {
		return nil, 0, false, err
	}
	keys = bson.A{}
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for i := range b.Rows {
			v := b.Columns[0].Value(i)
			keys = append(keys, bsonValue(v, on))
			bytes += len(v.Text()) + 24
		}
		return nil
	})
	return keys, bytes, len(keys) <= matchingKeys && bytes <= matchingBytes, err
}

// Rows implements gold.Reader.
func (s *Store) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	for _, name := range q.Fields {
		if _, err := fieldOf(&q.Version.Dataset, name); err != nil {
			return nil, err
		}
	}
	f, err := s.where(ctx, q.Version, q.Where)
	if err != nil {
		return nil, err
	}
	order, err := sortingOf(&q)
	if err != nil {
		return nil, err
	}
	if q.After != nil {
		c, err := order.keyset(q.After)
		switch {
		case err != nil:
			return nil, err
		case len(order.stages) > 0:
			order.stages = append(order.stages, stage("$match", c))
		default:
			f.add(c)
		}
	}
	if q.Since != nil {
		_, after := gold.SplitLocation(q.Since.Location)
		_, last := gold.SplitLocation(q.Version.Location)
		f.add(between(after, last))
	}
	r := &rows{
		s: s, version: q.Version,
		filtered: len(q.Where) > 0 || q.After != nil || q.Since != nil,
		decoder:  newDecoder(q.OutFields(), nil),
	}
	command := findCommand(&q, f, order)
	if len(f.stages)+len(order.stages) > 0 {
		command = pipelineCommand(&q, f, order)
	}
	return r, r.open(ctx, command)
}

// findCommand returns a query as a find. A page's batch is one larger than its limit, so that the server closes the
// cursor with it.
func findCommand(q *gold.Query, f *filter, o *sorting) bson.D {
	batch := int64(batchRows)
	command := bson.D{{Key: "find", Value: collectionOf(q.Version.Location)}, {Key: "filter", Value: f.document()}}
	if len(q.Sort) > 0 {
		command = append(command, bson.E{Key: "sort", Value: o.document()})
	}
	if p := projection(q); p != nil {
		command = append(command, bson.E{Key: "projection", Value: p})
	}
	if q.Since != nil {
		command = append(command, bson.E{Key: "hint", Value: segmentIndex})
	}
	if q.Limit > 0 {
		batch = min(batch, q.Limit+1)
		command = append(command, bson.E{Key: "limit", Value: q.Limit})
	}
	return append(command, bson.E{Key: "batchSize", Value: batch}, bson.E{Key: "allowDiskUse", Value: true}, majority())
}

// pipelineCommand returns a query that needs more than a find as an aggregate.
func pipelineCommand(q *gold.Query, f *filter, o *sorting) bson.D {
	pipeline := append(f.match(), o.stages...)
	if len(q.Sort) > 0 {
		pipeline = append(pipeline, stage("$sort", o.document()))
	}
	if q.Limit > 0 {
		pipeline = append(pipeline, stage("$limit", q.Limit))
	}
	if len(o.names) > 0 {
		pipeline = append(pipeline, stage("$unset", o.names))
	}
	if p := projection(q); p != nil {
		pipeline = append(pipeline, bson.D{{Key: "$project", Value: p}})
	}
	return aggregateCommand(collectionOf(q.Version.Location), pipeline)
}

func aggregateCommand(collection string, pipeline bson.A) bson.D {
	return bson.D{
		{Key: "aggregate", Value: collection},
		{Key: "pipeline", Value: pipeline},
		{Key: "cursor", Value: bson.D{{Key: "batchSize", Value: batchRows}}},
		{Key: "allowDiskUse", Value: true},
		majority(),
	}
}

func majority() bson.E {
	return bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}}
}

// projection returns the fields of a query, or nil where it asks for all: a whole document is the server's fastest
// answer, and the reader leaves out what nobody asked for.
func projection(q *gold.Query) bson.D {
	if len(q.Fields) == 0 || len(q.Fields) >= len(q.Version.Dataset.Fields) {
		return nil
	}
	p := bson.D{{Key: "_id", Value: 0}}
	for _, name := range q.Fields {
		if name == gold.PositionField {
			p[0].Value = 1
			continue
		}
		p = append(p, bson.E{Key: name, Value: 1})
	}
	return p
}
