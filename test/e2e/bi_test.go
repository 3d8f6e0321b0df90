//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold"
)

func TestTheBIDatabaseHoldsTheMappingAndNothingElse(t *testing.T) {
	p := mongoPlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	checkBI(t, p)
}

// checkBI checks that the BI database holds the model's collections and gold_release, each field at the contract's
// type, each collection with the rows of the current release.
func checkBI(t *testing.T, p place) {
	t.Helper()
	db := connect(t, p.store).Database(p.db)
	got, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	model := retail(t)
	release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"gold_release"}
	for _, d := range model.Datasets {
		if d.Collection != "" {
			want = append(want, d.Collection)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) != 14 {
		t.Fatalf("collections %v, want %v", got, want)
	}
	for _, d := range model.Datasets {
		if d.Collection == "" {
			continue
		}
		checkCollection(t, db.Collection(d.Collection), &d, release.Version(d.Name).Rows)
	}
}

func checkCollection(t *testing.T, c *mongo.Collection, d *gold.Dataset, rows int64) {
	t.Helper()
	if n, err := c.CountDocuments(t.Context(), bson.D{}); err != nil || n != rows {
		t.Errorf("%s: %d documents, want %d, %v", c.Name(), n, rows, err)
	}
	synced := metabaseSync(t, c)
	bsonTypes := map[gold.Kind]string{
		gold.Bool: "bool", gold.Int: "long", gold.Double: "double", gold.Decimal: "decimal", gold.Text: "string", gold.Date: "date", gold.Time: "date",
	}
	for _, f := range d.Stored() {
		if got := synced[f.Name]; got != bsonTypes[f.Kind] {
			t.Errorf("%s.%s: Metabase sees %q, want %q", c.Name(), f.Name, got, bsonTypes[f.Kind])
		}
		delete(synced, f.Name)
	}
	delete(synced, "_id")
	if len(synced) > 0 {
		t.Errorf("%s has further fields: %v", c.Name(), synced)
	}
	// Every field in every document at one BSON type, null explicit.
	for _, f := range d.Stored() {
		types := bson.A{bsonTypes[f.Kind]}
		if f.Nullable {
			types = append(types, "null")
		}
		n, err := c.CountDocuments(t.Context(), bson.D{{Key: f.Name, Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$type", Value: types}}}}}})
		if err != nil || n > 0 {
			t.Errorf("%s.%s: %d documents of another type or without the field, %v", c.Name(), f.Name, n, err)
		}
	}
}

// metabaseSync is what Metabase's synchronisation asks of a collection: of the first and last 500 documents by _id,
// the commonest type of each field that isn't null; objects are unfolded, here one level, where there must be none.
func metabaseSync(t *testing.T, c *mongo.Collection) map[string]string {
	t.Helper()
	half := func(order int) bson.A {
		return bson.A{
			bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: order}}}},
			bson.D{{Key: "$limit", Value: 500}},
		}
	}
	pipeline := append(half(1),
		bson.D{{Key: "$unionWith", Value: bson.D{{Key: "coll", Value: c.Name()}, {Key: "pipeline", Value: half(-1)}}}},
		bson.D{{Key: "$project", Value: bson.D{{Key: "kvs", Value: bson.D{{Key: "$objectToArray", Value: "$$ROOT"}}}}}},
		bson.D{{Key: "$unwind", Value: "$kvs"}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{{Key: "k", Value: "$kvs.k"}, {Key: "t", Value: bson.D{{Key: "$type", Value: "$kvs.v"}}}}},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: bson.D{{Key: "$cond", Value: bson.A{
				bson.D{{Key: "$eq", Value: bson.A{"$kvs.v", nil}}}, 0, 1,
			}}}}}},
		}}},
		bson.D{{Key: "$sort", Value: bson.D{{Key: "n", Value: 1}}}},
	)
	cursor, err := c.Aggregate(t.Context(), pipeline)
	if err != nil {
		t.Fatal(err)
	}
	var found []struct {
		ID struct{ K, T string } `bson:"_id"`
		N  int64
	}
	if err := cursor.All(context.WithoutCancel(t.Context()), &found); err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, f := range found {
		if f.ID.T == "object" || f.ID.T == "array" {
			t.Errorf("%s.%s is not flat: %s", c.Name(), f.ID.K, f.ID.T)
		}
		types[f.ID.K] = f.ID.T // the commonest comes last
	}
	return types
}
