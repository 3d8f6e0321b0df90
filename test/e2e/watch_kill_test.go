//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// TestAKilledWatcherOfABucket follows a bucket that a writer changes object by object, over a network that fails, is killed, and
// cut off from the bucket, at random moments: each release is whole, of one generation of all files, and the newest generation
// is current in the end without anybody's help but what starts the program again.
func TestAKilledWatcherOfABucket(t *testing.T) {
	t.Parallel()
	rounds := int(knob(t, "GOLDSERVE_TEST_ROUNDS", 4))
	all := makeLakes(t, 5)
	eachStore(t, func(t *testing.T, p place) {
		if p.db != "" && rounds < 10 {
			rounds = 2 // the store makes no difference to the lake
		}
		seed := seeded(t)
		w := startWatched(t, p, all, seed)
		for i := range rounds {
			w.round(i)
			if t.Failed() {
				t.Fatalf("in round %d of %d\n%s", i+1, rounds, &w.run.stdout)
			}
		}
		w.run.signal(syscall.SIGTERM)
		if code := w.run.exit(t, patience); code != exitDone {
			t.Errorf("exit %d\n%s", code, &w.run.stderr)
		}
		w.readers.stop()
		w.eye.sound(t)
		t.Logf("%d rounds with %d kills and %d cuts, %d answers to readers; the slowest generation was current after %v",
			rounds, w.kills, w.cuts, w.readers.answers, w.slowest.Round(time.Millisecond))
	})
}

// watched is a bucket with its writer, and a publisher that follows it.
type watched struct {
	*campaign

	bucket   *fixture.Bucket
	source   *knownLakes // the folders that the writer writes generations from
	manifest string      // names the files of the newest generation that is whole
	args     []string
	run      *running
	down     atomic.Bool // the network

	kills, cuts int
	slowest     time.Duration // from the end of a generation's writing until it is current
}

func startWatched(t *testing.T, p place, all *knownLakes, seed uint64) *watched {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 8))
	w := &watched{bucket: fixture.Buckets(t)[0], source: all, manifest: filepath.Join(t.TempDir(), "manifest.json")}
	w.campaign = startCampaign(t, p, all, random, 1)
	w.args = append([]string{
		"publish", "--json", "--watch", "200ms", "--lake", w.bucket.Location("live"), "--store", p.store, "--manifest", w.manifest,
		"--s3-endpoint", faulty(t, w.bucket.Endpoint, seed, &w.down), "--scratch-dir", t.TempDir(),
	}, brief...)
	w.args = append(w.args, retention...)
	w.bucket.PutFolder(t, "live", all.folders[0])
	w.write(0)
	w.follow()
	w.slowest = w.await(0)
	return w
}

// follow starts the publisher.
func (w *watched) follow() {
	cmd := exec.Command(program, w.args...) // #nosec G204 -- the tests' own program
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+w.bucket.Key, "AWS_SECRET_ACCESS_KEY="+w.bucket.Secret)
	w.run = launchCommand(w.t, cmd)
}

// write writes a generation: its objects in any order, then the manifest, which names it.
func (w *watched) write(lake int) {
	w.t.Helper()
	files := []string{"fact_achats.parquet", "ca_monthly.parquet", "ca_country.parquet"} // in which generations differ
	for _, i := range w.random.Perm(len(files)) {
		content, err := os.ReadFile(filepath.Join(w.source.folders[lake], files[i]))
		if err != nil {
			w.t.Fatal(err)
		}
		w.bucket.Put(w.t, "live/"+files[i], content)
		time.Sleep(w.any(150 * time.Millisecond))
	}
	made := w.manifest + ".new"
	mustCLI(w.t, "manifest", "--lake", w.source.folders[lake], "-o", made)
	if err := os.Rename(made, w.manifest); err != nil {
		w.t.Fatal(err)
	}
}

// any returns a time up to a most.
func (w *watched) any(most time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(most)))
}

// round writes a generation while the publisher is killed or cut off, and waits until it is current.
func (w *watched) round(i int) {
	w.t.Helper()
	w.readers.advance()
	lake := w.other()
	moment, began := w.any(w.slowest), time.Now()
	hurt := make(chan struct{})
	kill, cut, silence := i%2 == 0, i%3 != 0, w.any(time.Second)
	go func() {
		defer close(hurt)
		w.run.over(moment)
		if cut {
			w.down.Store(true)
			time.Sleep(silence)
		}
		if kill {
			w.run.kill()
		}
		w.down.Store(false)
	}()
	w.write(lake)
	<-hurt
	if cut {
		w.cuts++
	}
	if kill {
		w.kills++
		w.follow()
	}
	took := w.await(lake)
	w.t.Logf("round %d: generation %d is current %v after its first object was written; killed %v, cut off %v, after %v", i+1, lake,
		time.Since(began).Round(time.Millisecond), kill, cut, moment.Round(time.Millisecond))
	w.slowest = max(w.slowest, took)
}

// await waits until a generation is current, and checks that every release is of one.
func (w *watched) await(lake int) time.Duration {
	w.t.Helper()
	began := time.Now()
	waitFor(w.t, "generation "+strconv.Itoa(lake), func() bool {
		now := w.look()
		if now.state.Current != nil && w.lakes.of(now.state.Current) < 0 {
			w.t.Errorf("release %d is of no generation", now.number())
		}
		if w.run.over(time.Millisecond) {
			w.t.Fatalf("publish --watch ended by itself: %d\n%s", w.run.code(), &w.run.stderr)
		}
		return w.t.Failed() || now.state.Current != nil && w.lakes.of(now.state.Current) == lake
	})
	releases, err := w.eye.store.Releases(w.t.Context(), gold.ReleaseQuery{Model: defaultModel})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range releases {
		if !r.Pruned && w.lakes.of(&r) < 0 {
			w.t.Errorf("release %d is of no generation", r.Number)
		}
	}
	return time.Since(began)
}
