//go:build e2e

package builder_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/lake/s3"
	"goldserve/test/fixture"
)

// elsewhere is DuckDB that writes into a bucket, as an engine on another machine does.
type elsewhere struct {
	builder.Engine
	bucket  *fixture.Bucket
	t       *testing.T
	written string // where it wrote
	loses   string // a file that it tells of, and does not write
}

func (e *elsewhere) Run(ctx context.Context, p *builder.Program, told func(builder.Built)) (builder.Usage, error) {
	there := strings.TrimPrefix(p.Scratch, "s3://"+e.bucket.Name+"/")
	e.written = there
	own := *p
	own.Scratch = e.t.TempDir()
	usage, err := e.Engine.Run(ctx, &own, told)
	walked := filepath.WalkDir(own.Scratch, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(own.Scratch, path)
		content, err := os.ReadFile(path)
		if filepath.ToSlash(name) != e.loses {
			e.bucket.Put(e.t, there+"/"+filepath.ToSlash(name), content)
		}
		return err
	})
	if walked != nil {
		e.t.Error(walked)
	}
	e.bucket.Put(e.t, there+"/gold/", nil) // stands for a folder, as Hadoop leaves some
	return usage, err
}

// An engine elsewhere writes into the bucket, from where the tables go to their places; nothing of it stays, nor of builds that were killed.
func TestAnEngineElsewhereWritesIntoAWorkspace(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	here := newShop(t)
	here.expect("in a folder", "silver.clients silver.achats gold.totals gold.ca gold.clients")

	s := newShop(t)
	engine := &elsewhere{Engine: s.engine, bucket: bucket, t: t}
	s.engine = engine
	buckets := place.NewBuckets(func(location string) s3.Config { return s3.Config{Location: location, Endpoint: bucket.Endpoint} }, filepath.Join(s.folder, "_scratch", "fetched"))
	buckets.ReadDirectly()
	at := func(prefix string) *place.Bucket {
		b, err := buckets.At(bucket.Location(prefix))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	}
	lake := s.builder().Lake // gold is in a folder
	lake.Root, lake.Silver, lake.Quarantine, lake.Workspace = at("lake"), at("lake/silver"), at("lake/quarantine"), at("lake/_scratch")
	build := func(o builder.Options) (*builder.Report, error) {
		b := s.builder()
		b.Lake = lake
		return b.Run(t.Context(), o, builder.Progress{})
	}
	for _, left := range []string{"build-1/gold/ca.parquet/part-0", "build-1/gold/ca.parquet/", "build-1/gold/", "build-1/", "build-12x/kept", "kept"} {
		bucket.Put(t, "lake/_scratch/"+left, nil)
	}
	others := []string{"lake/_scratch/build-12x/kept", "lake/_scratch/kept"}

	engine.loses = "silver/achats.parquet"
	_, err := build(builder.Options{})
	if err == nil || gold.CodeOf(err) != gold.CodeBuildFailed || !strings.Contains(err.Error(), "/silver/achats.parquet, which the engine wrote, is not there: ") {
		t.Errorf("a file that is lost: %v", err)
	}
	if got := bucket.Keys(t, "lake/"); !slices.Equal(got, others) {
		t.Errorf("a build that failed left %v", got)
	}

	engine.loses = ""
	report, err := build(builder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(engine.written, "lake/_scratch/build-") || report.Build != here.record().Build {
		t.Errorf("wrote to %s; build %s, expected %s", engine.written, report.Build, here.record().Build)
	}
	if diff := cmp.Diff(here.record().Tables, s.record().Tables, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Token" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	want := append(others, "lake/quarantine/achats.parquet", "lake/silver/achats.parquet", "lake/silver/clients.parquet", "lake/silver_report.json")
	slices.Sort(want)
	if diff := cmp.Diff(want, bucket.Keys(t, "lake/")); diff != "" {
		t.Error(diff)
	}
	if report, err = build(builder.Options{}); err != nil || len(report.Built) > 0 {
		t.Errorf("built again: %+v, %v", report, err)
	}
}
