//go:build e2e

package publisher_test

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/mongostore"
	"goldserve/gold/storetest"
)

// openMongoDB returns what opens a store in a database of this test's own.
func openMongoDB(t testing.TB) func() gold.Store {
	t.Helper()
	server, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	server.Path = "/append_" + strings.ToLower(rand.Text()[:8])
	return func() gold.Store {
		store, err := mongostore.Open(t.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
}

func TestWhatIsAppendedIsWhatLoadingAllFilesGivesInMongoDB(t *testing.T) {
	store := openMongoDB(t)()
	t.Cleanup(func() { _ = store.Close() })
	testAppends(t, store, 20)
}

func TestAPublisherThatDiesWhileItAppendsLeavesWholeReleasesInMongoDB(t *testing.T) {
	testDeaths(t, openMongoDB(t), 2)
}

func TestScoredPartsAreAppendedInMongoDB(t *testing.T) {
	store := openMongoDB(t)()
	t.Cleanup(func() { _ = store.Close() })
	testScoredParts(t, store)
}
