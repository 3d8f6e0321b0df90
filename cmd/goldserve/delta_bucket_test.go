//go:build e2e

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// TestADeltaTableInABucket is the same versions as in a folder, and follows a commit that names its file by a URL, as some writers
// do. A file in another bucket is refused.
func TestADeltaTableInABucket(t *testing.T) {
	from := filepath.Join(storetest.Shared(t), "data", "field", "delta-overwritten", "lake")
	models := madeModel(t, "sales", "metrics: {revenue: sum(amount)}", "name: order_id, logicalType: string, required: true, primaryKey: true", "name: amount, logicalType: number")
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		bucket.PutFolder(t, "gold", from)
		p, q := sqlitePlace(t), sqlitePlace(t)
		lake := []string{"--models", models, "--s3-endpoint", bucket.Endpoint, "--scratch-dir", filepath.Join(t.TempDir(), "scratch")}
		publishLake(t, p, bucket.Location("gold"), lake...)
		publishLake(t, q, from, "--models", models)
		if got, want := versionIDs(t, p), versionIDs(t, q); got != want {
			t.Errorf("the versions from the bucket are\n%s\nfrom the folder\n%s", got, want)
		}
		if again := publishLake(t, p, bucket.Location("gold"), lake...); again.Event != "unchanged" {
			t.Errorf("%+v", again)
		}
		within := strings.Replace(bucket.Location("gold"), "s3://", "s3a://", 1) + "/sales.parquet/"
		commit := func(version int, text string) {
			bucket.Put(t, fmt.Sprintf("gold/sales.parquet/_delta_log/%020d.json", version), []byte(text))
		}
		commit(2, strings.ReplaceAll(restored, `"path":"`, `"path":"`+within))
		if next := publishLake(t, p, bucket.Location("gold"), lake...); next.Release != 2 {
			t.Errorf("%+v", next)
		}
		commit(3, strings.ReplaceAll(restored, `"path":"`, `"path":"s3://another/gold/sales.parquet/`))
		code, _, stderr := cli(t, append([]string{"publish", "--lake", bucket.Location("gold"), "--store", p.store}, lake...)...)
		if code != exitRefused || !strings.Contains(stderr, "lies outside the table's folder") {
			t.Errorf("exit %d: %s", code, stderr)
		}
	}
}
