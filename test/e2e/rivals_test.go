//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/publisher"
)

func TestRivalPublishers(t *testing.T) {
	t.Parallel()
	lasting := time.Duration(knob(t, "GOLDSERVE_TEST_RIVALRY", 5)) * time.Second
	all := makeLakes(t, 5)
	eachStore(t, func(t *testing.T, p place) {
		c := startCampaign(t, p, all, rand.New(rand.NewPCG(seeded(t), 2)), 2)
		c.whole(4, "the first publish")
		rivals := [2]*rival{{c: c, lakes: [2]int{0, 1}}, {c: c, lakes: [2]int{2, 3}}}
		var work sync.WaitGroup
		began := time.Now()
		for i, r := range rivals {
			work.Go(func() {
				// On a slow machine it goes on until both have published and one was refused.
				for !t.Failed() && (time.Since(began) < lasting || !met(rivals)) {
					r.publish(rivals[1-i])
				}
			})
		}
		work.Wait()
		c.whole(4, "the run after the rivals")
		contents := map[int64]int{}
		for _, r := range rivals {
			for number, lake := range r.published {
				if other, twice := contents[number]; twice {
					t.Errorf("release %d is that of lake %d and of lake %d", number, other, lake)
				}
				contents[number] = lake
			}
		}
		releases, err := openPlace(t, p).Releases(t.Context(), gold.ReleaseQuery{Model: defaultModel})
		if err != nil {
			t.Fatal(err)
		}
		for i := range releases {
			lake, known := contents[releases[i].Number]
			if known && all.of(&releases[i]) != lake {
				t.Errorf("release %d is of lake %d, and its publisher said %d", releases[i].Number, all.of(&releases[i]), lake)
			}
			if i > 0 && releases[i].Number != releases[i-1].Number-1 {
				t.Errorf("release %d comes before release %d", releases[i].Number, releases[i-1].Number)
			}
		}
		c.readers.hold(contents)
		c.eye.sound(t)
		if p.db != "" {
			checkBI(t, p)
		}
		c.readers.stop()
		t.Logf("%d releases in %v; refused: %d and %d; %d answers to readers of two servers",
			len(releases), time.Since(began).Round(time.Second), rivals[0].refused, rivals[1].refused, c.readers.answers)
	})
}

// met reports whether both rivals have published, and one was refused.
func met(rivals [2]*rival) bool {
	refused, both := 0, true
	for _, r := range rivals {
		r.mu.Lock()
		refused += r.refused
		both = both && len(r.published) > 0
		r.mu.Unlock()
	}
	return both && refused > 0
}

// rival publishes two lakes in turns.
type rival struct {
	c     *campaign
	lakes [2]int
	runs  int
	last  int64

	mu        sync.Mutex
	published map[int64]int // by release, the lake
	refused   int
	processes []int
}

// publish runs one publish. It succeeds, or says that the other one is at work.
func (r *rival) publish(other *rival) {
	lake := r.lakes[r.runs%2]
	r.runs++
	args := append([]string{"publish", "--again", "--allow-shrink", "--json", "--lake", r.c.lakes.folders[lake], "--store", r.c.p.store, "--lease-ttl", "2s", "--refresh-ttl", "5s"}, retention...)
	run := launch(r.c.t, args...)
	r.mu.Lock()
	r.processes = append(r.processes, run.cmd.Process.Pid)
	r.mu.Unlock()
	code := run.code()
	named := code != exitUnavailable || other.named(run.stderr.String())
	r.mu.Lock()
	defer r.mu.Unlock()
	switch code {
	case exitDone:
		var done published
		if err := json.Unmarshal(lastLine(run.stdout.String()), &done); err != nil {
			r.c.t.Errorf("%v in %s", err, &run.stdout)
		}
		if done.Outcome == publisher.Published && done.Release <= r.last {
			r.c.t.Errorf("release %d was published after release %d", done.Release, r.last)
		}
		if r.published == nil {
			r.published = map[int64]int{}
		}
		r.published[done.Release], r.last = lake, done.Release
	case exitUnavailable:
		r.refused++
		if !named {
			r.c.t.Errorf("the message does not say who holds the lease:\n%s", &run.stderr)
		}
	default:
		r.c.t.Errorf("a rival: exit %d\n%s", code, &run.stderr)
	}
}

// named reports whether a message names one of the rival's processes.
func (r *rival) named(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range r.processes {
		if strings.Contains(text, fmt.Sprintf("process %d", id)) {
			return true
		}
	}
	return false
}
