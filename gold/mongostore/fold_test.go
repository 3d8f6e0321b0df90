//go:build e2e

package mongostore

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

func TestServerFoldsAsFoldDoes(t *testing.T) {
	s := newStore(t, Options{})
	ctx := t.Context()
	pairs := s.serving.Collection("pairs")
	var docs []any
	want := 0
	for _, r := range folding() {
		for _, other := range neighbours(r) {
			equal := gold.Fold(string(r)) == gold.Fold(string(other))
			docs = append(docs, bson.D{{Key: "text", Value: string(other)}, {Key: "pattern", Value: "^" + foldPattern(string(r)) + "$"}, {Key: "equal", Value: equal}, {Key: "rune", Value: r}})
			want++
		}
	}
	if _, err := pairs.InsertMany(ctx, docs); err != nil {
		t.Fatal(err)
	}
	match := bson.D{{Key: "$regexMatch", Value: bson.D{{Key: "input", Value: "$text"}, {Key: "regex", Value: "$pattern"}}}}
	cursor, err := pairs.Aggregate(ctx, bson.A{stage("$set", bson.D{{Key: "matches", Value: match}}), stage("$match", bson.D{{Key: "$expr", Value: bson.D{{Key: "$ne", Value: bson.A{"$matches", "$equal"}}}}})})
	var wrong []bson.M
	if err := all(context.Background(), cursor, err, &wrong); err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("%d of %d pairs are told apart wrongly, such as %v", len(wrong), want, wrong[0])
	}
}
