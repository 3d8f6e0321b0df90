//go:build e2e

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// sampleBuckets are buckets that hold the sample, one in each server of the tests.
func sampleBuckets(t *testing.T) []*fixture.Bucket {
	buckets := fixture.Buckets(t)
	for _, b := range buckets {
		b.PutFolder(t, "gold", filepath.Join(sample, "gold"))
	}
	return buckets
}

// TestPublishFromABucketIsPublishFromAFolder: the same versions, by their ids, and nothing to do after the folder.
func TestPublishFromABucketIsPublishFromAFolder(t *testing.T) {
	for _, bucket := range sampleBuckets(t) {
		bucket.Environment(t)
		p, q := sqlitePlace(t), sqlitePlace(t)
		lake := []string{"--s3-endpoint", bucket.Endpoint, "--scratch-dir", filepath.Join(t.TempDir(), "scratch")}
		first := publishLake(t, p, bucket.Location("gold/"), lake...)
		if first.Event != "published" || first.Unreached != "" {
			t.Fatalf("%+v", first)
		}
		publishSample(t, q)
		if got, want := versionIDs(t, p), versionIDs(t, q); got != want {
			t.Errorf("the versions from the bucket are\n%s\nfrom the folder\n%s", got, want)
		}
		if again := publishLake(t, p, bucket.Location("gold"), lake...); again.Event != "unchanged" {
			t.Errorf("%+v", again)
		}
		if other := publishLake(t, q, bucket.Location("gold"), lake...); other.Event != "unchanged" {
			t.Errorf("after the folder: %+v", other)
		}
		for _, line := range [][]string{{"check"}, {"manifest"}, {"sources"}} {
			out := mustCLI(t, append(append(line, "--lake", bucket.Location("gold")), lake...)...)
			if line[0] == "manifest" && !strings.Contains(out, "\"path\": \"monthly.parquet\"") && !strings.Contains(out, ".parquet") {
				t.Errorf("the manifest: %s", out)
			}
			if line[0] == "sources" && !strings.Contains(strings.Join(strings.Fields(out), " "), "fact_achats.parquet parquet 1 520 kB 22403 20") {
				t.Errorf("the sources: %s", out)
			}
		}
		folder := t.TempDir()
		out := mustCLI(t, append([]string{"init", bucket.Location("gold"), "--model", "shop", "--models", folder}, lake...)...)
		if want := "Next: goldserve publish --lake " + bucket.Location("gold") + " --s3-endpoint " + bucket.Endpoint + " --models"; !strings.Contains(out, want) {
			t.Errorf("init prints %s\nwant %s", out, want)
		}
	}
}

// TestABucketThatHoldsNoFileOfTheModelSaysWhatItHolds: as a folder does.
func TestABucketThatHoldsNoFileOfTheModelSaysWhatItHolds(t *testing.T) {
	bucket := sampleBuckets(t)[0]
	bucket.Environment(t)
	bucket.Put(t, "own/orders.csv", []byte("id\n1\n"))
	lake := []string{"--s3-endpoint", bucket.Endpoint, "--scratch-dir", filepath.Join(t.TempDir(), "scratch"), "--lake"}
	for prefix, want := range map[string]string{
		"own": "Its files are not those of model retail. To serve them without contracts, run goldserve up " + bucket.Location("own") + " --s3-endpoint " + bucket.Endpoint + ";",
		"":    "The folder gold in it holds files of model retail: give --lake " + bucket.Location("gold") + ".",
	} {
		if code, _, stderr := cli(t, append(append([]string{"check"}, lake...), bucket.Location(prefix))...); code != exitRefused || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d\n%s\nwant %s", prefix, code, stderr, want)
		}
	}
}

// versionIDs are the ids of the current release's versions.
func versionIDs(t *testing.T, p place) string {
	t.Helper()
	store := openPlace(t, p)
	r, err := store.Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err != nil {
		t.Fatal(err)
	}
	var ids strings.Builder
	for i := range r.Versions {
		ids.WriteString(r.Versions[i].Dataset.Name + " " + r.Versions[i].ID + "\n")
	}
	return ids.String()
}

// TestABucketsFilesAreReadOnce: what is hashed and what is decoded is one download, and a look at a bucket is one listing.
func TestABucketsFilesAreReadOnce(t *testing.T) {
	bucket := sampleBuckets(t)[0]
	bucket.Environment(t)
	front, asked := watched(t, bucket.Endpoint)
	publishLake(t, sqlitePlace(t), bucket.Location("gold"), "--s3-endpoint", front)
	fetched := map[string]int{}
	for line := range strings.Lines(asked.String()) {
		if path, _, listing := strings.Cut(strings.TrimSpace(line), "?"); !listing {
			fetched[path]++
		}
	}
	for path, times := range fetched {
		// Files of the sample are read by one range; the facts by their begin, their end, and what lies between.
		if times > 1 && (times != 3 || !strings.HasSuffix(path, "/fact_achats.parquet")) {
			t.Errorf("%d requests for %s", times, path)
		}
	}
	if len(fetched) == 0 {
		t.Errorf("nothing was asked for:\n%s", asked)
	}
}

// watched stands before a server and notes the URLs of requests.
func watched(t *testing.T, server string) (address string, asked *fixture.Lines) {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = p.In.Host // which is signed
	}}
	asked = &fixture.Lines{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = asked.Write([]byte(r.URL.String() + "\n"))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL, asked
}

// TestUpFollowsABucket: what is written into it is published, and each look is one listing.
func TestUpFollowsABucket(t *testing.T) {
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		random := rand.New(rand.NewPCG(1, 2))
		lake, folder := map[string]*sheet{}, t.TempDir()
		write := func(name string) {
			t.Helper()
			lake[name].write(t, filepath.Join(folder, name+".parquet"))
			content, err := os.ReadFile(filepath.Join(folder, name+".parquet"))
			if err != nil {
				t.Fatal(err)
			}
			bucket.Put(t, "shop/"+name+".parquet", content)
		}
		lake["sales"] = newSheet(random, 30)
		write("sales")
		front, asked := watched(t, bucket.Endpoint)
		base, out := startUp(t, bucket.Location("shop"), "--s3-endpoint", front)
		for _, words := range []string{"shop: 1 dataset in " + bucket.Location("shop"), "goldserve init " + bucket.Location("shop") + " --s3-endpoint " + front + " --model shop"} {
			if !strings.Contains(out.String(), words) {
				t.Errorf("up prints\n%s\nwant %q", out, words)
			}
		}
		served := func() bool { return servesLake(t, base, lake) == nil }
		fixture.WaitFor(t, "the first state", served)
		lake["cities"] = newSheet(random, 5)
		write("cities")
		fixture.WaitFor(t, "a new file", served)
		lake["sales"] = newSheet(random, 40)
		write("sales")
		fixture.WaitFor(t, "a file that changed", served)
		bucket.Remove(t, "shop/cities.parquet")
		delete(lake, "cities")
		fixture.WaitFor(t, "a file that was removed", served)

		quiet := len(asked.String())
		fixture.WaitFor(t, "looks", func() bool { return strings.Count(asked.String()[quiet:], "\n") > 10 })
		for line := range strings.Lines(asked.String()[quiet:]) {
			if !strings.Contains(line, "list-type=2") {
				t.Errorf("a look at a lake that did not change asks for %s", line)
			}
		}
	}
}

// TestUpTellsOnceOfABucketThatIsLost and follows it again once it is back.
func TestUpTellsOnceOfABucketThatIsLost(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	random := rand.New(rand.NewPCG(1, 2))
	lake, folder := map[string]*sheet{"sales": newSheet(random, 30)}, t.TempDir()
	write := func() {
		t.Helper()
		lake["sales"].write(t, filepath.Join(folder, "sales.parquet"))
		bucket.PutFolder(t, "shop", folder)
	}
	write()
	to, err := url.Parse(bucket.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var lost atomic.Bool
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = p.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lost.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	base, out := startUp(t, bucket.Location("shop"), "--s3-endpoint", front.URL, "--store", sqlitePlace(t).store)
	lost.Store(true)
	told := func() int { return strings.Count(out.String(), "denies access") }
	fixture.WaitFor(t, "the lake's loss is told", func() bool { return told() > 0 })
	lake["sales"].append(random)
	write()
	lost.Store(false)
	fixture.WaitFor(t, "the lake is followed again", func() bool { return servesLake(t, base, lake) == nil })
	if told() != 1 || !strings.Contains(out.String(), "the last release is still served") {
		t.Errorf("%s", out)
	}
}

// TestABucketThatChangesAtEachRead ends in source_changed, and the release before stays.
func TestABucketThatChangesAtEachRead(t *testing.T) {
	for _, bucket := range sampleBuckets(t) {
		bucket.Environment(t)
		p := sqlitePlace(t)
		publishLake(t, p, bucket.Location("gold"), "--s3-endpoint", bucket.Endpoint)
		to, err := url.Parse(bucket.Endpoint)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(sample, "gold", "ca_country.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		var changes atomic.Int64
		proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
		}}
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/ca_country.parquet") { // whose ETag is another one by then
				bucket.Put(t, "gold/ca_country.parquet", fmt.Appendf(content, "%d", changes.Add(1)))
			}
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(front.Close)
		code, _, stderr := cli(t, "publish", "--lake", bucket.Location("gold"), "--s3-endpoint", front.URL, "--store", p.store)
		if code != exitUnavailable || !strings.Contains(stderr, "ca_country.parquet: it was replaced or written to since it was opened") {
			t.Errorf("exit %d, %s", code, stderr)
		}
		if n := changes.Load(); n < 4 || n > 8 {
			t.Errorf("it was read %d times, want once in each of four plans", n)
		}
		if out := mustCLI(t, "releases", "--store", p.store, "--json"); strings.Count(out, `"release"`) != 1 {
			t.Errorf("releases: %s", out)
		}
	}
}

// TestTheFallbackOfABucket: the folder is published only where the server can't be reached; log and release say so.
func TestTheFallbackOfABucket(t *testing.T) {
	bucket := sampleBuckets(t)[0]
	bucket.Environment(t)
	folder := filepath.Join(sample, "gold")
	nobody := "http://" + fixture.FreeAddress(t)
	p := sqlitePlace(t)
	line := []string{"publish", "--lake", "s3://lake/gold", "--s3-endpoint", nobody, "--store", p.store}
	code, _, stderr := cli(t, line...)
	if code != exitUnavailable || !strings.Contains(stderr, "the server "+nobody+" can't be reached") || !strings.Contains(stderr, "--s3-endpoint the server") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	code, stdout, stderr := cli(t, append(line, "--fallback", folder, "--json")...)
	var done published
	lastEvent(t, stdout, &done)
	if code != exitDone || done.Unreached != "s3://lake/gold" || !strings.Contains(stderr, "its fallback is read") {
		t.Errorf("exit %d, %+v, %s", code, done, stderr)
	}
	if out := mustCLI(t, "releases", "--store", p.store); !strings.Contains(out, "of the fallback for s3://lake/gold") {
		t.Errorf("%s", out)
	}
	code, _, stderr = cli(t, append(line, "--fallback", filepath.Join(folder, "nowhere"))...)
	if code != exitUnavailable || !strings.Contains(stderr, "and its fallback can't be read either: the lake ") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	base, out := startUp(t, "s3://lake/gold", "--s3-endpoint", nobody, "--fallback", folder, "--poll", "50ms", "--log-level", "error", "--store", "sqlite:"+filepath.Join(t.TempDir(), "up.db"))
	var release struct{ Data struct{ Unreached string } }
	if err := fetchJSON(t, base+"/releases/1", &release); err != nil || release.Data.Unreached != "s3://lake/gold" {
		t.Errorf("up: %+v, %v\n%s", release, err, out)
	}
	if screen := out.String(); !strings.Contains(screen, "datasets in "+folder+", the fallback for s3://lake/gold, which can't be reached, release 1") {
		t.Errorf("up prints %s", screen)
	}
	// A server that refuses is reached.
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	code, _, stderr = cli(t, "publish", "--lake", bucket.Location("gold"), "--s3-endpoint", bucket.Endpoint, "--store", p.store, "--fallback", folder)
	if code != exitUnavailable || !strings.Contains(stderr, "does not accept the secret key") || strings.Contains(stderr, "canary") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

// TestNoSecretOfABucketIsTold whatever is wrong with how it is named.
func TestNoSecretOfABucketIsTold(t *testing.T) {
	fixture.NoAWS(t)
	for _, line := range [][]string{
		{"publish", "--lake", "s3://key:canary@lake/gold"},
		{"up", "s3://key:canary@lake/gold"},
		{"init", "s3://key:canary@lake/gold", "--model", "shop", "--models", t.TempDir()},
		{"publish", "--lake", "s3://lake/gold", "--s3-endpoint", "http://key:canary@127.0.0.1:1"},
		{"publish", "--lake", "s3://lake/gold", "--s3-endpoint", "127.0.0.1:1/canary"},
		{"publish", "--lake", "s3://lake/gold", "--fallback", "s3://key:canary@lake/gold"},
	} {
		code, stdout, stderr := cli(t, line...)
		if code != exitUsage || strings.Contains(stdout+stderr, "canary") {
			t.Errorf("%s: exit %d, %s%s", line, code, stdout, stderr)
		}
	}
	t.Setenv("GOLDSERVE_LAKE", "")
	t.Setenv("AWS_ENDPOINT_URL", "http://key:canary@127.0.0.1:1")
	code, stdout, stderr := cli(t, "publish", "--lake", "s3://lake/gold", "--store", sqlitePlace(t).store)
	if code != exitUsage || strings.Contains(stdout+stderr, "canary") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	t.Setenv("AWS_ENDPOINT_URL", "")
	if out := mustCLI(t, "config", "print", "--s3-endpoint", "http://127.0.0.1:9000", "--lake", "s3://lake/gold"); !strings.Contains(out, "s3://lake/gold") {
		t.Errorf("%s", out)
	}
}

// TestALakeThatIsInABucketAndUnfinished is told with what to do.
func TestALakeThatIsInABucketAndUnfinished(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	part, err := os.ReadFile(filepath.Join(sample, "gold", "ca_country.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	bucket.PutFolder(t, "gold", filepath.Join(sample, "gold"))
	bucket.Remove(t, "gold/ca_country.parquet")
	bucket.Put(t, "gold/ca_country.parquet/part-0.parquet", part)
	line := []string{"check", "--lake", bucket.Location("gold"), "--s3-endpoint", bucket.Endpoint}
	code, _, stderr := cli(t, line...)
	if code != exitRefused || !strings.Contains(stderr, "--no-success-file accepts the folder without it") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	mustCLI(t, append(line, "--no-success-file")...)
}
