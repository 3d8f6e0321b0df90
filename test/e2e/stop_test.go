//go:build e2e

package e2e

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestAPublishThatIsStoppedSwitchesNothing(t *testing.T) {
	t.Parallel()
	all := makeLakes(t, 5)
	eachStore(t, func(t *testing.T, p place) {
		c := startCampaign(t, p, all, rand.New(rand.NewPCG(seeded(t), 3)), 1)
		c.whole(0, "the first publish")
		stopped := 0
		for lake := 1; lake < 5 && stopped == 0; lake++ {
			before := c.look()
			run := launch(t, c.publishing(lake)...)
			for !run.over(time.Millisecond) && c.eye.glimpse(t).sealed == before.sealed {
			}
			run.signal(syscall.SIGTERM)
			if run.code() == exitDone {
				continue // it was faster
			}
			stopped++
			now := c.look()
			if run.code() != exitUnavailable || !strings.Contains(run.stderr.String(), "interrupted") {
				t.Errorf("exit %d\n%s", run.code(), &run.stderr)
			}
			if now.number() != before.number() || now.state.Last != before.state.Last || now.state.Lease != nil {
				t.Errorf("release %d, then %d; lease %v", before.number(), now.number(), now.state.Lease)
			}
			c.whole(lake, "the run after a stop")
		}
		if stopped == 0 {
			t.Error("no publish was stopped while it loaded")
		}
		c.readers.stop()
	})
}

func TestAKilledServeAnswersAgainAtOnce(t *testing.T) {
	t.Parallel()
	all := makeLakes(t, 3)
	eachStore(t, func(t *testing.T, p place) {
		c := startCampaign(t, p, all, rand.New(rand.NewPCG(seeded(t), 4)), 0)
		c.eye = openEye(t, p)
		c.whole(0, "the first publish")
		server, url := launchServe(t, p, patient...)
		for i := range 3 {
			publishing := launch(t, c.publishing((i+1)%3, retention...)...)
			var killed atomic.Bool
			var clients sync.WaitGroup
			for n := range 8 {
				clients.Go(func() {
					for path := asked[n]; ; {
						a, err := askServer(url, path)
						if err != nil && killed.Load() {
							return
						}
						if err == nil && a.busy() {
							continue
						}
						if err != nil || a.status != http.StatusOK || all.match(path, &a) == 0 {
							t.Errorf("GET %s: %d %s, %v", path, a.status, a.body, err)
							return
						}
					}
				})
			}
			time.Sleep(time.Duration(c.random.IntN(500)) * time.Millisecond)
			killed.Store(true)
			server.kill()
			clients.Wait()
			server, url = launchServe(t, p, append(patient, "--listen", strings.TrimPrefix(url, "http://"))...)
			for _, path := range asked {
				if a, err := askServer(url, path); err != nil || a.status != http.StatusOK || all.match(path, &a) == 0 {
					t.Errorf("after the restart: GET %s: %d %s, %v", path, a.status, a.body, err)
				}
			}
			if code := publishing.code(); code != exitDone {
				t.Errorf("a publish while serve was killed: exit %d\n%s", code, &publishing.stderr)
			}
			c.eye.sound(t)
		}
		c.whole(2, "the run after the kills")
	})
}
