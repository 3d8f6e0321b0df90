package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// written tells what a store has written so far: any write at all changes it.
func written(t *testing.T, p place) any {
	t.Helper()
	if p.db == "" {
		data, err := os.ReadFile(strings.TrimPrefix(p.store, "sqlite:"))
		if err != nil {
			t.Fatal(err)
		}
		if wal, err := os.Stat(strings.TrimPrefix(p.store, "sqlite:") + "-wal"); err == nil && wal.Size() > 0 {
			t.Errorf("%d bytes lie in the write-ahead log", wal.Size())
		}
		return sha256.Sum256(data)
	}
	// The newest of its writes, sought from the newest of all: the oldest entries may vanish while they are read.
	ofOurs := bson.D{{Key: "$regex", Value: "^" + p.db}}
	var newest struct{ TS bson.Timestamp }
	if err := mongoClient(t).Database("local").Collection("oplog.rs").FindOne(t.Context(),
		bson.D{{Key: "$or", Value: bson.A{bson.D{{Key: "ns", Value: ofOurs}}, bson.D{{Key: "o.applyOps.ns", Value: ofOurs}}}}},
		options.FindOne().SetSort(bson.D{{Key: "$natural", Value: -1}})).Decode(&newest); err != nil {
		t.Fatal(err)
	}
	return newest.TS
}

func TestPublishingTheSameLakeTwiceWritesNothing(t *testing.T) {
	name, lake := "sample", sample
	if shared := goldens(t)["retail"]; shared != "" {
		name, lake = "retail", shared
	}
	lake = filepath.Join(lake, "gold")
	t.Run(name, func(t *testing.T) {
		eachStore(t, func(t *testing.T, p place) {
			if first := publishLake(t, p, lake); first.Outcome != "published" || first.Release != 1 || len(first.Loaded) != 16 {
				t.Fatalf("first publish: %+v", first)
			}
			before := written(t, p)
			second := publishLake(t, p, lake)
			if second.Outcome != "unchanged" || second.Release != 1 || second.Rows != 0 || len(second.Unchanged) != 16 {
				t.Errorf("second publish: %+v", second)
			}
			if after := written(t, p); after != before {
				t.Errorf("the second publish wrote to the store: %v, then %v", before, after)
			}
			status, body := get(t, served(t, p).URL, "/datasets/client_scores/quality")
			if status != 200 || !strings.Contains(string(body), `"rule":"rows"`) || strings.Contains(string(body), `"passed":false`) {
				t.Errorf("/datasets/client_scores/quality: %d %s", status, body)
			}
			if second.Seconds > 1 {
				t.Errorf("doing nothing took %.2f s", second.Seconds)
			}
		})
	})
}

func TestTouchingOneRowReloadsItsDatasetAndTheDerivedOnes(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		server := served(t, p)
		_, before := get(t, server.URL, "/kpis")
		changeFacts(t, lake, func(rows []purchase) []purchase {
			rows[7].Amount += 1000
			return rows
		})
		second := publishLake(t, p, lake)
		slices.Sort(second.Loaded)
		if want := []string{"clients_by_day", "clients_by_month", "daily", "distribution", "fact_achats", "products_by_month", "weekly"}; !slices.Equal(second.Loaded, want) || second.Release != 2 {
			t.Errorf("loaded %v as release %d, want %v as release 2", second.Loaded, second.Release, want)
		}
		if len(second.Unchanged) != 9 {
			t.Errorf("unchanged: %v", second.Unchanged)
		}
		was := decode(t, before).(map[string]any)["total_ca"].(json.Number)
		waitFor(t, "the new total", func() bool {
			_, body := get(t, server.URL, "/kpis")
			is, err := decode(t, body).(map[string]any)["total_ca"].(json.Number).Float64()
			old, _ := was.Float64()
			return err == nil && is > old+999
		})
	})
}

func TestARefusedLakeLeavesTheReleaseServing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(t *testing.T, lake string)
		want   []string
	}{
		"a missing file": {func(t *testing.T, lake string) {
			if err := os.Rename(filepath.Join(lake, "ca_monthly.parquet"), filepath.Join(lake, "ca_monthy.parquet")); err != nil {
				t.Fatal(err)
			}
		}, []string{"ca_monthly.parquet", "ca_monthy.parquet"}},
		"a duplicate key": {func(t *testing.T, lake string) {
			changeFacts(t, lake, func(rows []purchase) []purchase {
				rows[900].ID = rows[41].ID
				return rows
			})
		}, []string{"fact_achats.parquet", "id_achat", "row 901", "row 42"}},
		"a broken rule": {func(t *testing.T, lake string) {
			changeFacts(t, lake, func(rows []purchase) []purchase {
				rows[7].Amount = -5
				return rows
			})
		}, []string{"fact_achats.parquet", "rule", "row 8"}},
		"a truncated file": {func(t *testing.T, lake string) {
			if err := os.Truncate(filepath.Join(lake, "client_scores.parquet"), 5000); err != nil {
				t.Fatal(err)
			}
		}, []string{"client_scores.parquet"}},
		"a missing column": {func(t *testing.T, lake string) {
			type month struct {
				Month string  `parquet:"mois"`
				Sales float64 `parquet:"sales"`
			}
			if err := parquet.WriteFile(filepath.Join(lake, "ca_monthly.parquet"), []month{{"2024-01", 1}}); err != nil {
				t.Fatal(err)
			}
		}, []string{"ca_monthly.parquet", "column ca"}},
		"a mistyped column": {func(t *testing.T, lake string) {
			type month struct {
				Month string `parquet:"mois"`
				CA    string `parquet:"ca"`
			}
			if err := parquet.WriteFile(filepath.Join(lake, "ca_monthly.parquet"), []month{{"2024-01", "1"}}); err != nil {
				t.Fatal(err)
			}
		}, []string{"ca_monthly.parquet", "column ca"}},
	}
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				lake := copyLake(t)
				c.change(t, lake)
				code, stdout, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
				if code != exitRefused {
					t.Errorf("exit %d, want %d\n%s%s", code, exitRefused, stdout, stderr)
				}
				for _, word := range c.want {
					if !strings.Contains(stderr, word) {
						t.Errorf("the message does not name %q:\n%s", word, stderr)
					}
				}
				store := openPlace(t, p)
				if r, err := store.Resolve(t.Context(), gold.Selector{Model: defaultModel}); err != nil || r.Number != 1 {
					t.Errorf("after the refusal: release %v, %v", r, err)
				}
			})
		}
		// What the refused runs left behind is gone after the next good one.
		lake := copyLake(t)
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		publishLake(t, p, lake)
		state, err := openPlace(t, p).State(t.Context(), defaultModel)
		if err != nil || len(state.Orphans) != 0 {
			t.Errorf("orphans: %v, %v", state.Orphans, err)
		}
	})
}

func TestCheckNeedsNoStore(t *testing.T) {
	t.Parallel()
	lake := copyLake(t)
	if out := mustCLI(t, "check", "--lake", lake); !strings.Contains(out, "rules hold in 16 datasets, 7 of them derived") {
		t.Errorf("check: %s", out)
	}
	changeFacts(t, lake, func(rows []purchase) []purchase {
		rows[3].Amount, rows[9].ID = -1, rows[8].ID
		return rows
	})
	code, stdout, stderr := cli(t, "check", "--lake", lake)
	if code != exitRefused || !strings.Contains(stdout, "row 10") || !strings.Contains(stdout, "row 4") || !strings.Contains(stderr, "fact_achats.parquet") {
		t.Errorf("check: exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestRollbackAndAgain(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[:len(rows)-1] })
		publishLake(t, p, lake)
		if out := mustCLI(t, "rollback", "1", "--store", p.store); !strings.Contains(out, "release 1 is current") {
			t.Errorf("rollback: %s", out)
		}
		code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
		if code != exitRefused || !strings.Contains(stderr, "--again") {
			t.Errorf("publishing withdrawn content: exit %d\n%s", code, stderr)
		}
		if out := mustCLI(t, "releases", "--store", p.store); !strings.Contains(out, "withdrawn") {
			t.Errorf("releases: %s", out)
		}
		if r := publishLake(t, p, lake, "--again"); r.Release != 3 || len(r.Loaded) != 0 {
			t.Errorf("publish --again: %+v", r)
		}
		if code, _, stderr := cli(t, "rollback", "99", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "99") || !strings.Contains(stderr, "goldserve releases") {
			t.Errorf("rollback 99: exit %d\n%s", code, stderr)
		}
	})
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		before := written(t, p)
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		r := publishLake(t, p, lake, "--dry-run")
		if r.Outcome != "planned" || !slices.Contains(r.Loaded, "fact_achats") || slices.Contains(r.Loaded, "ca_monthly") {
			t.Errorf("dry run: %+v", r)
		}
		if after := written(t, p); after != before {
			t.Error("the dry run wrote to the store")
		}
	})
}

func TestTwoPublishersAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		store := openPlace(t, p)
		const ttl = 5 * time.Second
		lease, err := store.Acquire(t.Context(), defaultModel, "a colleague", ttl)
		if err != nil {
			t.Fatal(err)
		}
		working, stop := context.WithCancel(t.Context())
		renewing := make(chan error, 1)
		go func() {
			for {
				select {
				case <-working.Done():
					renewing <- nil
					return
				case <-time.After(ttl / 10):
				}
				if _, err := store.Renew(t.Context(), *lease, ttl); err != nil {
					renewing <- err
					return
				}
			}
		}()
		code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
		if code != exitUnavailable || !strings.Contains(stderr, "a colleague") || !strings.Contains(stderr, "goldserve status") {
			t.Errorf("a second publisher: exit %d\n%s", code, stderr)
		}
		stop()
		if err := <-renewing; err != nil {
			t.Fatal(err)
		}
		if err := store.Release(t.Context(), *lease, &gold.Attempt{Outcome: "test"}); err != nil {
			t.Fatal(err)
		}
		if r := publishLake(t, p, lake); r.Release != 2 {
			t.Errorf("after the colleague: %+v", r)
		}
	})
}
