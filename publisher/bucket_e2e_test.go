//go:build e2e

package publisher_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold/lake"
	"goldserve/gold/lake/s3"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// openS3 opens what lies in a bucket below a prefix, by way of an endpoint, until the test's end.
func openS3(t *testing.T, bucket *fixture.Bucket, endpoint, prefix string) *lake.Lake {
	t.Helper()
	b, err := s3.New(s3.Config{Location: bucket.Location(prefix), Endpoint: endpoint, ScratchDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := lake.New(b)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestAnUnchangedBucketCostsAListing: of 200 files and a Delta table, the objects that are asked for are those of its log.
func TestAnUnchangedBucketCostsAListing(t *testing.T) {
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		put := writer(func(name string, content []byte) { bucket.Put(t, "gold/"+name, content) })
		put.writeKinds(t, 50)
		for i := range 200 {
			put(fmt.Sprintf("days_%d.csv", i), csvOf(10, 10*i))
		}
		front := fixture.NewFront(t, bucket.Endpoint)
		store := newStore(t)
		before := 0
		publish := func(outcome publisher.Outcome) []string {
			t.Helper()
			p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
			// Another process knows nothing but what the store has.
			report, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, kindsModel()), Lake: openS3(t, bucket, front.URL, "gold")})
			if err != nil || report.Outcome != outcome {
				t.Fatalf("%+v, %v, want %s", report, err, outcome)
			}
			asked := front.Requests()[before:]
			before += len(asked)
			return asked
		}
		first := publish(publisher.Published)
		asked := publish(publisher.Unchanged)
		listings := func(request string) bool { return strings.Contains(request, "list-type=2") }
		logs := func(request string) bool { return strings.Contains(request, "_delta_log/") }
		objects := slices.DeleteFunc(slices.Clone(asked), listings)
		if slices.ContainsFunc(objects, func(request string) bool { return !logs(request) }) || len(objects) > 1 || len(asked)-len(objects) != 1 {
			t.Errorf("an unchanged bucket was asked %q, one of 207 objects %d times before", asked, len(first))
		}
	}
}

// TestAReleaseOfABucketIsOfOneGeneration: see TestAReleaseIsOfOneGeneration. Its files come one by one, and listings of real servers
// are taken between them.
func TestAReleaseOfABucketIsOfOneGeneration(t *testing.T) {
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		g := &generations{
			writer:  func(name string, content []byte) { bucket.Put(t, "gold/"+name, content) },
			remove:  func(name string) { bucket.Remove(t, "gold/"+name) },
			between: func() {},
		}
		g.follow(t, pinnedModel(t, "ready: {file: _COMMITTED}\n"), func() *lake.Lake { return openS3(t, bucket, bucket.Endpoint, "gold") }, "_COMMITTED", 8, func() { time.Sleep(time.Duration(rand.IntN(250)) * time.Millisecond) })

		bucket.Remove(t, "gold/_COMMITTED")
		r := pinnedModel(t, "settle: 1s\n")
		again := &generations{writer: func(name string, content []byte) { bucket.Put(t, "settled/"+name, content) }, between: func() {}}
		again.follow(t, r, func() *lake.Lake { return openS3(t, bucket, bucket.Endpoint, "settled") }, "", 2, func() { time.Sleep(1500 * time.Millisecond) })
	}
}
