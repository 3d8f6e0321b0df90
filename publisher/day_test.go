package publisher_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/publisher"
)

// daily is how many releases of a day a lake has that is published every five seconds.
const daily = 17_280

// longDay is how many releases a day has in the tests: what GOLDSERVE_DAY says, else some.
func longDay() int {
	n, err := strconv.Atoi(os.Getenv("GOLDSERVE_DAY"))
	if err != nil {
		return 180
	}
	return n
}

// TestADayOfReleases publishes a small lake that changes every five seconds, in a time of its own that runs faster, with the
// retention of a lake that is followed: a publish takes no longer in the end than in the beginning, and the store takes no
// more than twice what its versions do.
func TestADayOfReleases(t *testing.T) {
	m := openMarket(t)
	path := filepath.Join(t.TempDir(), "day.db")
	store, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m.store = store
	day{
		releases: longDay(), step: 25 * time.Millisecond,
		size: func(ctx context.Context) (total, versions int64, err error) {
			for _, suffix := range []string{"", "-wal"} {
				if info, err := os.Stat(path + suffix); err == nil {
					total += info.Size()
				}
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				return 0, 0, err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			err = db.QueryRowContext(ctx, `SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE 'stall__%'`).Scan(&versions)
			return total, versions, err
		},
	}.run(t, m)
}

// day is a day of releases.
type day struct {
	releases int
	step     time.Duration                                            // the five seconds between two of them
	size     func(context.Context) (total, versions int64, err error) // bytes of the store, and of the rows in it
}

func (d day) run(t *testing.T, m *market) {
	t.Helper()
	texts := stall()
	model := stallModel(t, texts)
	length := time.Duration(d.releases) * d.step
	p := publisher.New(publisher.Config{
		Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test", BIEvery: length / (24 * 60),
		Retention: &publisher.Retention{Keep: 10, Months: 12, For: length, Every: length / 24, Grace: length / 96},
	})
	m.write(t, "returns", 5000, func([]sale) {})
	took := make([]time.Duration, 0, d.releases)
	part := max(d.releases/17, 1)
	for n := range d.releases {
		started := time.Now()
		m.write(t, "sales", 500, func(rows []sale) { rows[n%500].Amount = float64(n) + 0.5 })
		began := time.Now()
		report, err := p.Publish(t.Context(), publisher.Request{Model: model, Lake: m.source, Hold: true})
		if err != nil || report.Outcome != publisher.Published {
			t.Fatalf("publish %d: %+v, %v", n, report, err)
		}
		took = append(took, time.Since(began))
		if rest := d.step - time.Since(started); rest > 0 {
			time.Sleep(rest)
		}
		if (n+1)%part == 0 {
			total, versions, err := d.size(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("after %d releases: %d bytes, of which %d are rows; a publish takes %s", n+1, total, versions, median(took[len(took)-part:]))
			if n >= d.releases/2 && total > 2*versions {
				t.Errorf("after %d releases the store takes %d bytes, and the rows in it %d: expected at most twice that", n+1, total, versions)
			}
		}
	}
	first, last := median(took[part/4:part/4+part]), median(took[len(took)-part:])
	// What a busy machine adds, a thousand publishes even out.
	if t.Logf("the first publishes take %s, the last %s", first, last); d.releases >= daily && last > first*13/10 {
		t.Errorf("the first publishes take %s, the last %s: expected at most 1.3 times that", first, last)
	}
	kept, err := m.store.Releases(t.Context(), gold.ReleaseQuery{Model: "stall", Kept: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) < 10 || len(kept) > 10+25+1 {
		t.Errorf("%d releases are kept, expected the newest 10 and one of each of 24 hours", len(kept))
	}
	oldest, err := m.store.Releases(t.Context(), gold.ReleaseQuery{Model: "stall", Before: 10})
	if err != nil || len(oldest) != 9 || oldest[4].Summary == nil || oldest[4].Summarize().Rows == 0 {
		t.Errorf("of the oldest releases %+v remains (%v), expected their numbers", oldest, err)
	}
}

func median(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)/2]
}
