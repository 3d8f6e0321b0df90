//go:build e2e

package publisher_test

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"goldserve/gold/mongostore"
	"goldserve/gold/storetest"
)

func TestARefusedPublishLeavesNothingBehindInMongoDB(t *testing.T) {
	server, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	server.Path = "/refused_" + strings.ToLower(rand.Text()[:8])
	store, err := mongostore.Open(t.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	testRefusals(t, store, func() int64 { return 0 })
}
