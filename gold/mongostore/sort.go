package mongostore

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// sortDocument returns an order. Null is the smallest BSON value that a field holds.
func sortDocument(sort []gold.Sort, path func(string) string) bson.D {
	d := make(bson.D, len(sort))
	for i, s := range sort {
		d[i] = bson.E{Key: path(s.Field), Value: direction(s)}
	}
	return d
}

// keyset returns the condition of the rows behind the one with these values of sort: for some term they are beyond it,
// and equal in all terms before. It is written out for nulls, which no comparison matches.
func keyset(v *gold.Version, sort []gold.Sort, values []gold.Value) (bson.D, error) {
	path := paths(&v.Dataset)
	var equal bson.D
	var alternatives bson.A
	for i, term := range sort {
		field, err := fieldOf(&v.Dataset, term.Field)
		if err != nil {
			return nil, err
		}
		name := path(term.Field)
		for _, beyond := range beyond(name, field, term.Desc, values[i]) {
			alternatives = append(alternatives, append(slices.Clip(equal), beyond))
		}
		equal = append(equal, bson.E{Key: name, Value: bson.D{{Key: "$eq", Value: bsonValue(values[i], field.Scale)}}})
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
func beyond(path string, f *gold.Field, desc bool, v gold.Value) []bson.E {
	is := func(op string, value any) bson.E { return bson.E{Key: path, Value: bson.D{{Key: op, Value: value}}} }
	switch {
	case v.IsNull() && desc:
		return nil
	case v.IsNull():
		return []bson.E{is("$ne", nil)}
	case !desc:
		return []bson.E{is("$gt", bsonValue(v, f.Scale))}
	case f.Nullable:
		return []bson.E{is("$lt", bsonValue(v, f.Scale)), is("$eq", nil)}
	default:
		return []bson.E{is("$lt", bsonValue(v, f.Scale))}
	}
}

func direction(s gold.Sort) int32 {
	if s.Desc {
		return -1
	}
	return 1
}
