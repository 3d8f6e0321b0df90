package publisher_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/publisher"
)

// TestFilesOfOtherKindsAreAWarningOfTheRelease, of the folder as it is now, also where the rows are those of before.
func TestFilesOfOtherKindsAreAWarningOfTheRelease(t *testing.T) {
	m, texts := openMarket(t), stall()
	folder := m.makeFolder(t, "sales")
	stray := filepath.Join(folder, "README.txt")
	warnings := func(r *gold.Release) (found []gold.RuleResult) {
		for _, q := range r.Quality {
			if q.Severity == gold.SeverityWarning {
				found = append(found, q)
			}
		}
		return found
	}
	want := []gold.RuleResult{{
		Dataset: "sales", Rule: "other_files", Severity: gold.SeverityWarning, Failing: 1,
		Examples: []string{"the file sales.parquet/README.txt is left alone: its name is not that of a Parquet file"},
	}}
	for i, c := range []struct {
		change func() error
		want   []gold.RuleResult
	}{
		{func() error { return os.WriteFile(stray, []byte("hello"), 0o600) }, want},
		{func() error { return nil }, want},
		{func() error { return os.Remove(stray) }, nil},
		{func() error { return os.WriteFile(stray, []byte("hello"), 0o600) }, want},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		m.write(t, "returns", 11+i, func([]sale) {}) // so that there is something to publish
		report := m.publish(t, texts, publisher.Request{})
		if diff := cmp.Diff(c.want, warnings(report.Release)); diff != "" {
			t.Errorf("publish %d: %s", i, diff)
		}
		if v := report.Release.Version("sales"); v.Rows != 20 {
			t.Errorf("publish %d: %d rows of sales", i, v.Rows)
		}
	}
}

// TestAPublishThatChangesNothingWarnsOfFilesOfOtherKinds, in the words of the publish that did.
func TestAPublishThatChangesNothingWarnsOfFilesOfOtherKinds(t *testing.T) {
	m, texts := openMarket(t), stall()
	folder := m.makeFolder(t, "sales")
	request := publisher.Request{Model: stallModel(t, texts), Lake: m.source}
	var log bytes.Buffer
	published := func(want publisher.Outcome) string {
		t.Helper()
		log.Reset()
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		report, err := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(handler), Holder: "test"}).Publish(t.Context(), request)
		if err != nil || report.Outcome != want {
			t.Fatalf("%+v, %v, want %s", report, err, want)
		}
		return log.String()
	}
	published(publisher.Published)
	if got := published(publisher.Unchanged); got != "" {
		t.Errorf("without such files: %s", got)
	}
	if err := os.WriteFile(filepath.Join(folder, "README.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = `level=WARN msg="rule broken" dataset=sales rule=other_files rows=1 examples="[the file sales.parquet/README.txt is left alone: its name is not that of a Parquet file]"` + "\n"
	if got := published(publisher.Unchanged); got != want {
		t.Errorf("warned %q, want %q", got, want)
	}
	m.write(t, "returns", 11, func([]sale) {})
	if got := published(publisher.Published); got != want {
		t.Errorf("published, and warned %q, want %q", got, want)
	}
}

// makeFolder turns a dataset's file into a folder of one part.
func (m *market) makeFolder(t *testing.T, dataset string) string {
	t.Helper()
	folder := filepath.Join(m.folder, dataset+".parquet")
	if err := errors.Join(
		os.Rename(folder, folder+"_"),
		os.Mkdir(folder, 0o700),
		os.Rename(folder+"_", filepath.Join(folder, "part-0.parquet")),
		os.WriteFile(filepath.Join(folder, "_SUCCESS"), nil, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestAFolderOfNoPartsShrinks: it has no rows, which the guard against shrinking decides on, as for any other.
func TestAFolderOfNoPartsShrinks(t *testing.T) {
	m, texts := openMarket(t), stall()
	folder := m.makeFolder(t, "sales")
	m.publish(t, texts, publisher.Request{})
	if err := os.Remove(filepath.Join(folder, "part-0.parquet")); err != nil {
		t.Fatal(err)
	}
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	request := publisher.Request{Model: stallModel(t, texts), Lake: m.source}
	for _, request.Partial = range []bool{false, true} {
		_, err := p.Publish(t.Context(), request)
		if want := "sales.parquet: dataset sales would shrink from 20 rows to 0: correct the lake, or allow it if that is meant"; gold.CodeOf(err) != gold.CodeDatasetShrank || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	report := m.publish(t, texts, publisher.Request{AllowShrink: true})
	for _, dataset := range []string{"sales", "notes"} {
		if v := report.Release.Version(dataset); v.Rows != 0 {
			t.Errorf("%d rows of %s", v.Rows, dataset)
		}
	}
	if again := m.publish(t, texts, publisher.Request{}); again.Outcome != publisher.Unchanged {
		t.Errorf("once more: %s", again.Outcome)
	}
}
