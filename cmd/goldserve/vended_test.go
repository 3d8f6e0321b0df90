//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"goldserve/gold/lake/catalog"
	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// vendor is a catalog of pyiceberg, whose table lies in a bucket.
type vendor struct {
	*storetest.Catalog
	prefix string // of locations that it gives credentials for
}

// startVendor starts the catalog of a table in a bucket.
func startVendor(t *testing.T, bucket *fixture.Bucket, warehouse string) *vendor {
	t.Helper()
	settings, err := json.Marshal(map[string]any{"properties": map[string]string{
		"warehouse": warehouse, "s3.endpoint": bucket.Endpoint, "s3.access-key-id": bucket.Key, "s3.secret-access-key": bucket.Secret, "s3.region": "us-east-1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return &vendor{storetest.StartCatalog(t, t.TempDir(), string(settings)), strings.Replace(warehouse, "s3:", "s3a:", 1) + "/n/"}
}

// vend has the catalog give the credentials of a user for what lies at an endpoint.
func (v *vendor) vend(t *testing.T, user, secret, endpoint string) {
	t.Helper()
	v.Tell(t, fmt.Sprintf(`{"config":{"s3.endpoint":%q,"client.region":"us-east-1","s3.path-style-access":"true"},"storage-credentials":[{"prefix":"s3://","config":{"s3.access-key-id":"nobody","s3.secret-access-key":"canary-of-nobody"}},{"prefix":%q,"config":{"s3.access-key-id":%q,"s3.secret-access-key":%q}}]}`,
		endpoint, v.prefix, user, secret))
}

// addUser adds a user to a versitygw of the test's own, who may read what lies below a prefix of a bucket alone.
func addUser(t *testing.T, bucket *fixture.Bucket, user, prefix string) {
	t.Helper()
	// #nosec G204 -- the tests' own program
	out, err := exec.CommandContext(t.Context(), storetest.Versitygw(t), "admin", "--access", bucket.Key, "--secret", bucket.Secret, "--endpoint-url", bucket.Endpoint,
		"create-user", "--access", user, "--secret", "canary-of-"+user, "--role", "user").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": [%q]}, "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::%s"]},
		{"Effect": "Allow", "Principal": {"AWS": [%q]}, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%s/%s*"]}]}`, user, bucket.Name, user, bucket.Name, prefix)
	if err := bucket.Client.SetBucketPolicy(t.Context(), bucket.Name, policy); err != nil {
		t.Fatal(err)
	}
}

// TestACatalogsCredentialsReadItsTableAlone: the lake's own never do, nor do they read the lake, and neither goes to another server.
func TestACatalogsCredentialsReadItsTableAlone(t *testing.T) {
	const root, secret = "goldserve-tests", "canary-of-the-tests"
	address := fixture.Versitygw(t, t.TempDir(), root, secret, []string{"--iam-dir", t.TempDir()}, nil)
	server := "http://" + root + ":" + secret + "@" + address
	own, other := fixture.BucketAt(t, server, nil), fixture.BucketAt(t, server, nil)
	addUser(t, own, "lakes", "")
	addUser(t, other, "tables", "wh/n/sales/")
	own.Environment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "lakes")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-of-lakes")
	t.Setenv(catalog.KeyVariable, "me:canary")
	own.Put(t, "gold/readme.txt", []byte("x"))
	v := startVendor(t, other, other.Location("wh"))

	var mu sync.Mutex
	var asked []string // KEY BUCKET/…
	front := fixture.NewFront(t, own.Endpoint)
	keys := regexp.MustCompile(`Credential=([^/]*)/`)
	front.Before = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		mu.Lock()
		defer mu.Unlock()
		if m := keys.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
			asked = append(asked, m[1]+" "+strings.TrimPrefix(r.URL.String(), "/"))
		}
		return false
	}
	took := func() []string {
		mu.Lock()
		defer mu.Unlock()
		last := asked
		asked = nil
		return last
	}
	elsewhere := fixture.NewFront(t, own.Endpoint)

	p := sqlitePlace(t)
	models := madeModel(t, "sales", "source: {iceberg: n.sales}, metrics: {rows: count()}", "name: id, logicalType: integer")
	line := func(roots string) []string {
		args := []string{
			"publish", "--json", "--lake", own.Location("gold"), "--store", p.store, "--models", models, "--s3-endpoint", front.URL, "--scratch-dir", filepath.Join(t.TempDir(), "s"),
			"--catalog", v.Address, "--catalog-warehouse", "house", "--log-level", "debug",
		}
		if roots != "" {
			args = append(args, "--lake-roots", roots)
		}
		return args
	}
	publish := func(roots string, want int, words ...string) {
		t.Helper()
		code, out, errs := cli(t, line(roots)...)
		for _, w := range words {
			if code != want || !strings.Contains(out+errs, w) {
				t.Errorf("exit %d, want %d with %q\n%s%s", code, want, w, out, errs)
			}
		}
		if strings.Contains(out+errs, "canary") {
			t.Errorf("a secret is told\n%s%s", out, errs)
		}
	}
	v.vend(t, "tables", "canary-of-tables", front.URL)
	publish("", exitRefused, "which is not in the lake", "lakeRoots")
	publish(other.Location("else"), exitRefused, "which is not in the lake")
	for _, request := range took() {
		if !strings.HasPrefix(request, "lakes "+own.Name) {
			t.Errorf("asked: %s", request)
		}
	}
	publish(other.Location("wh"), exitDone, `"published"`)
	first := took()
	if !slices.ContainsFunc(first, func(r string) bool { return strings.HasPrefix(r, "tables "+other.Name+"/wh/n/sales/data/") }) {
		t.Errorf("asked: %q", first)
	}
	for _, request := range first {
		user, where, _ := strings.Cut(request, " ")
		if (user == "lakes") != strings.HasPrefix(where, own.Name) || (user == "tables") != strings.HasPrefix(where, other.Name) {
			t.Errorf("asked: %s", request)
		}
	}
	v.vend(t, "tables", "canary-of-tables", front.URL)
	publish(other.Location("wh/n/sales"), exitDone, `"unchanged"`)
	for _, request := range took() {
		if strings.Contains(request, "/data/") {
			t.Errorf("an unchanged table was asked %s", request)
		}
	}
	v.Tell(t, "more")
	publish(other.Location("wh"), exitDone, `"total_rows":20`)
	served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
	for _, path := range []string{"/datasets/sales", "/releases/current"} {
		if _, body := get(t, served.URL, path); !strings.Contains(string(body), " of "+other.Location("wh/n/sales")+`"`) || strings.Contains(string(body), "canary") {
			t.Errorf("%s: %s", path, body)
		}
	}

	v.Tell(t, "more")
	v.vend(t, "tables", "canary-of-tables", elsewhere.URL)
	publish(other.Location("wh"), exitRefused, "for the server "+elsewhere.URL, "name "+elsewhere.URL+" as the S3 endpoint")
	v.vend(t, "tables", "canary-of-nobody", front.URL)
	publish(other.Location("wh"), exitUnavailable, "does not accept the credentials that the catalog gave for the table")
	v.Tell(t, `{"config":{}}`)
	publish(other.Location("wh"), exitRefused, "gives no credentials for it")

	// In a lake that has its folder, the table is still read with its own.
	t.Setenv("AWS_ACCESS_KEY_ID", root)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	v.vend(t, "tables", "canary-of-tables", front.URL)
	took()
	out := mustCLI(t, "manifest", "--lake", other.Location("wh"), "--models", models, "--s3-endpoint", front.URL, "--scratch-dir", t.TempDir(), "--catalog", v.Address, "--catalog-warehouse", "house")
	if !strings.Contains(out, `"path": "n/sales/data/`) && !strings.Contains(out, `"path":"n/sales/data/`) {
		t.Errorf("the manifest: %s", out)
	}
	for _, request := range took() {
		if user, where, _ := strings.Cut(request, " "); strings.Contains(where, "/n/sales/") && user != "tables" {
			t.Errorf("asked: %s", request)
		}
	}
	if requests := elsewhere.Requests(); len(requests) > 0 {
		t.Errorf("another server was asked %q", requests)
	}
	file, err := os.ReadFile(strings.TrimPrefix(p.store, "sqlite:"))
	if err != nil || strings.Contains(string(file), "canary") || strings.Contains(string(file), "s3.access-key-id") {
		t.Errorf("the store has a secret, or %v", err)
	}
}
