//go:build e2e

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestVerifyCountsTheBIDatabase(t *testing.T) {
	t.Parallel()
	p := mongoPlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	bi := mongoClient(t).Database(p.db)
	if _, err := bi.Collection("gold_monthly").DeleteOne(t.Context(), bson.D{}); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := cli(t, "verify", "--store", p.store)
	if code != exitFailed || !strings.Contains(stderr, "gold_monthly") || strings.Contains(stderr, "--reload") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if err := bi.Collection("gold_monthly").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := publishLake(t, p, filepath.Join(sample, "gold")); r.Outcome != "refreshed" {
		t.Errorf("publish after the drop: %+v", r)
	}
	mustCLI(t, "verify", "--store", p.store)
}
