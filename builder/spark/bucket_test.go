//go:build e2e

package spark

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// bucketLake is a retail lake in a bucket, and the program that builds it on Spark.
type bucketLake struct {
	*lake
	bucket  *fixture.Bucket
	program string
	there   string // as Spark calls the bucket
}

func newBucketLake(t *testing.T) *bucketLake {
	t.Helper()
	if os.Getenv("GOLDSERVE_TEST_SPARK_S3A") == "" {
		t.Skip("needs a Spark server that reads buckets: make test-spark-s3")
	}
	b := &bucketLake{lake: newLake(t), bucket: fixture.Buckets(t)[0], program: filepath.Join(t.TempDir(), "goldserve")}
	b.bucket.Environment(t)
	b.there = "s3a://" + b.bucket.Name
	// #nosec G204 -- the tests' own program
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", b.program, "goldserve/cmd/goldserve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data := filepath.Join(storetest.Shared(t), "data", "retail")
	from := "FROM '" + data + "/bronze/achats.parquet'"
	b.sql("COPY (" + from + " LIMIT 50000) TO 'LAKE/bronze/a [1] é%20+.parquet'; COPY (" + from + " OFFSET 50000) TO 'LAKE/bronze/b=2.parquet'")
	b.bucket.PutFolder(t, "lake/bronze/achats", b.path("bronze"))
	clients, err := os.ReadFile(filepath.Join(data, "bronze", "clients.csv"))
	if err != nil {
		t.Fatal(err)
	}
	b.bucket.Put(t, "lake/bronze/clients.csv", clients)
	return b
}

// build builds with the program, and returns all that it printed.
func (b *bucketLake) build(args ...string) (out string, err error) {
	b.t.Helper()
	var said bytes.Buffer
	cmd := b.command(&said, args...)
	err = cmd.Run()
	if strings.Contains(said.String(), b.bucket.Secret) {
		b.t.Errorf("the secret is printed: %s", &said)
	}
	return said.String(), err
}

func (b *bucketLake) command(said io.Writer, args ...string) *exec.Cmd {
	all := append([]string{
		"build", "--model", "retail", "--lake", b.bucket.Location("lake"), "--s3-endpoint", b.bucket.Endpoint, "--engine", "spark", "--spark", storetest.Spark(b.t),
		"--spark-path", b.bucket.Location("") + "=" + b.there, "--set", "now=2026-11-30T00:00:00Z",
	}, args...)
	cmd := exec.CommandContext(b.t.Context(), b.program, all...) // #nosec G204 -- the tests' own program
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+b.folder)
	return cmd
}

func (b *bucketLake) read(key string) []byte {
	b.t.Helper()
	o, err := b.bucket.Client.GetObject(b.t.Context(), b.bucket.Name, key, minio.GetObjectOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	content, err := io.ReadAll(o)
	if err != nil {
		b.t.Fatal(key, err)
	}
	return content
}

// check compares the lake with its record, and with the reference.
func (b *bucketLake) check(what string) {
	b.t.Helper()
	want := []string{"lake/gold/_build.json", "lake/gold/_lineage.json", "lake/silver_report.json", "lake/_scratch/kept"}
	var record gold.BuildRecord
	text := b.read("lake/gold/_build.json")
	if err := json.Unmarshal(text, &record); err != nil {
		b.t.Fatal(err)
	}
	if bytes.Contains(text, []byte(b.bucket.Secret)) {
		b.t.Errorf("%s: the record has the secret", what)
	}
	folder := b.t.TempDir()
	file := func(stage string, f gold.BuildFile) {
		key := "lake/" + stage + "/" + f.Path
		content := b.read(key)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(content)) != f.Bytes {
			b.t.Errorf("%s: %s is not what the record says", what, key)
		}
		want = append(want, key)
		if mark := key[:strings.LastIndexByte(key, '/')] + "/_SUCCESS"; !slices.Contains(want, mark) {
			want = append(want, mark)
		}
		to := filepath.Join(folder, stage, f.Path)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, table := range record.Tables {
		for _, f := range table.Files {
			file(table.Stage, f)
		}
		for _, f := range table.Quarantine {
			file("quarantine", f)
		}
	}
	got := slices.DeleteFunc(b.bucket.Keys(b.t, "lake/"), func(key string) bool {
		return strings.HasPrefix(key, "lake/bronze/") || strings.HasPrefix(key, "lake/_landed/clients/")
	})
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("%s: the lake has\n%s\nexpected\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if landed := b.bucket.Keys(b.t, "lake/_landed/"); len(landed) != 1 {
		b.t.Errorf("%s: landed are %v", what, landed)
	}
	// #nosec G204 -- the tests' own Python
	out, err := exec.CommandContext(b.t.Context(), storetest.Python(b.t), "testdata/equal.py", filepath.Join(folder, "gold"), filepath.Join(storetest.Shared(b.t), "data", "retail", "gold")).CombinedOutput()
	if err != nil || len(out) > 0 {
		b.t.Errorf("%s: %v\n%s", what, err, out)
	}
}

// Spark reads the raw Parquet files where they lie in the bucket, and writes there; the tables are those of the reference.
func TestALakeInABucketThatSparkReadsItself(t *testing.T) {
	b := newBucketLake(t)
	b.bucket.Put(t, "lake/_scratch/kept", nil)
	b.bucket.Put(t, "lake/_scratch/build-1/gold/left.parquet/part-0", nil) // of a build that was killed
	before := b.bucket.Keys(t, "")
	there := b.there
	b.there = "s3a://no-bucket-of-ours"
	out, err := b.build()
	if want := " can't use the lake's storage: "; err == nil || !strings.Contains(out, want) || !strings.Contains(out, "spark.hadoop.fs.s3a") {
		t.Errorf("a bucket that is not there: %v\n%s\nexpected %s", err, out, want)
	}
	if left := b.bucket.Keys(t, "lake/gold/"); len(left) > 0 {
		t.Errorf("a build that failed left %v; before there were %v", left, before)
	}
	b.there = there
	for _, step := range []struct{ what, set, want string }{
		{"all", "horizon_days=365", "15 tables built"},
		{"again", "horizon_days=365", "up to date"},
		{"another horizon", "horizon_days=90", "8 tables built, 5 up to date"}, // the others are read where they lie
		{"the first horizon", "horizon_days=365", "8 tables built, 5 up to date"},
	} {
		if out, err = b.build("--set", step.set); err != nil || !strings.Contains(out, step.want) {
			t.Fatalf("%s: %v\n%s", step.what, err, out)
		}
		if step.set == "horizon_days=365" {
			b.check(step.what)
		}
	}
}

// A raw file that is replaced while Spark reads ends the build, and the lake is as it was.
func TestARawFileInABucketThatIsReplacedMeanwhile(t *testing.T) {
	b := newBucketLake(t)
	var said bytes.Buffer
	cmd := b.command(&said)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Minute); len(b.bucket.Keys(t, "lake/_scratch/")) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("Spark writes nothing")
		}
	}
	key := "lake/bronze/achats/b=2.parquet"
	b.bucket.Put(t, key, append(b.read(key), 0))
	if err := cmd.Wait(); err == nil || !strings.Contains(said.String(), "achats/b=2.parquet") || !strings.Contains(said.String(), "replaced or written to") {
		t.Errorf("%v\n%s", err, &said)
	}
	left := slices.DeleteFunc(b.bucket.Keys(t, "lake/"), func(key string) bool {
		return strings.HasPrefix(key, "lake/bronze/") || strings.HasPrefix(key, "lake/_landed/")
	})
	if len(left) > 0 {
		t.Errorf("left %v", left)
	}
}
