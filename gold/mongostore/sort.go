package mongostore

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// sorting is the order of a query: the path of each term, and the stages that give looked-up ones theirs.
type sorting struct {
	terms  []sortTerm
	stages bson.A
	names  []string // of the fields that the stages add
}

type sortTerm struct {
	path  string
	field gold.Field
	desc  bool
}

func sortingOf(q *gold.Query) (*sorting, error) {
	o := &sorting{terms: make([]sortTerm, len(q.Sort))}
	path := paths(&q.Version.Dataset)
	for i, s := range q.Sort {
		f, err := fieldOf(q.Version.Owner(s.Join), s.Field)
		if err != nil {
			return nil, err
		}
		o.terms[i] = sortTerm{path: path(s.Field), field: *f, desc: s.Desc}
		if s.Join != nil {
			o.terms[i].field.Nullable = true
			if o.terms[i].path, err = o.lookUp(q.Version, s); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}

// lookUp adds the stages that look up a term's field, and returns the path that they give it. A field that isn't there is
// null to $sort and to conditions, as it is to people.
func (o *sorting) lookUp(v *gold.Version, s gold.Sort) (string, error) {
	as, d := "_sort"+strconv.Itoa(len(o.names)), &v.Dataset
	o.names = append(o.names, as)
	under := ""
	for join := s.Join; join != nil; join = join.Next {
		if _, err := fieldOf(d, join.On); err != nil {
			return "", err
		}
		local := under + paths(d)(join.On)
		d, under = &join.Version.Dataset, as+"."
		if _, err := fieldOf(d, join.Key); err != nil {
			return "", err
		}
		from := bson.D{
			{Key: "from", Value: collectionOf(join.Version.Location)},
			{Key: "localField", Value: local},
			{Key: "foreignField", Value: paths(d)(join.Key)},
		}
		if prefix := within(join.Version); prefix != nil {
			from = append(from, bson.E{Key: "pipeline", Value: bson.A{stage("$match", prefix)}})
		}
		o.stages = append(o.stages,
			stage("$lookup", append(from, bson.E{Key: "as", Value: as})),
			stage("$set", bson.D{{Key: as, Value: bson.D{{Key: "$first", Value: "$" + as}}}}))
	}
	return under + paths(d)(s.Field), nil
}

// document returns the order. Null is the smallest BSON value that a field holds.
func (o *sorting) document() bson.D {
	d := make(bson.D, len(o.terms))
	for i, term := range o.terms {
		d[i] = bson.E{Key: term.path, Value: direction(term.desc)}
	}
	return d
}

// sortDocument returns an order of columns.
func sortDocument(sort []gold.Sort, path func(string) string) bson.D {
	d := make(bson.D, len(sort))
	for i, s := range sort {
		d[i] = bson.E{Key: path(s.Field), Value: direction(s.Desc)}
	}
	return d
}

// keyset returns the condition of the rows behind the one with these values of the order: for some term they are beyond it,
// and equal in all terms before. It is written out for nulls, which no comparison matches.
func (o *sorting) keyset(values []gold.Value) (bson.D, error) {
	if len(values) != len(o.terms) {
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "a page after %d values in an order of %d terms", len(values), len(o.terms))
	}
	var equal bson.D
	var alternatives bson.A
	for i := range o.terms {
		term := &o.terms[i]
		for _, beyond := range term.beyond(values[i]) {
			alternatives = append(alternatives, append(slices.Clip(equal), beyond))
		}
		equal = append(equal, bson.E{Key: term.path, Value: bson.D{{Key: "$eq", Value: bsonValue(values[i], &term.field)}}})
	}
	switch len(alternatives) {
	case 0:
		return nothing(), nil
	case 1:
		return alternatives[0].(bson.D), nil
	default:
		return bson.D{{Key: "$or", Value: alternatives}}, nil
	}
}

// beyond returns the alternatives of lying behind a value in one term of an order.
func (t *sortTerm) beyond(v gold.Value) []bson.E {
	is := func(op string, value any) bson.E { return bson.E{Key: t.path, Value: bson.D{{Key: op, Value: value}}} }
	switch {
	case v.IsNull() && t.desc:
		return nil
	case v.IsNull():
		return []bson.E{is("$ne", nil)}
	case !t.desc:
		return []bson.E{is("$gt", bsonValue(v, &t.field))}
	case t.field.Nullable:
		return []bson.E{is("$lt", bsonValue(v, &t.field)), is("$eq", nil)}
	default:
		return []bson.E{is("$lt", bsonValue(v, &t.field))}
	}
}

func direction(desc bool) int32 {
	if desc {
		return -1
	}
	return 1
}
