//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"goldserve/test/fixture"
)

// TestAKilledPublishFromABucket over a network that breaks connections, of a server that refuses for want of time: releases are
// whole, the next run mends what a kill left, and nothing stays in the scratch folder.
func TestAKilledPublishFromABucket(t *testing.T) {
	kills := int(knob(t, "GOLDSERVE_TEST_KILLS", 20)) / 4
	seed := seeded(t)
	bucket, scratch := fixture.Buckets(t)[0], t.TempDir()
	all := makeLakes(t, 5)
	for i, folder := range all.folders {
		prefix := fmt.Sprintf("lake%d", i)
		bucket.PutFolder(t, prefix, folder)
		all.folders[i] = bucket.Location(prefix)
	}
	bucket.Environment(t)
	t.Setenv("GOLDSERVE_S3_ENDPOINT", faulty(t, bucket.Endpoint, seed, new(atomic.Bool)))
	t.Setenv("GOLDSERVE_SCRATCH_DIR", scratch)
	p := sqlitePlace(t)
	c := startCampaign(t, p, all, rand.New(rand.NewPCG(seed, 5)), 1)
	c.whole(0, "the first publish")
	c.took[republish] = c.whole(1, "the second publish")
	for i := range kills {
		c.readers.advance()
		c.kill(c.draw(republish))
		if i%3 == 2 {
			c.readers.advance()
			c.heal()
		}
		if t.Failed() {
			t.Fatalf("at kill %d of %d", i+1, kills)
		}
	}
	c.readers.advance()
	c.heal()
	c.readers.stop()
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("the scratch folder holds %v, %v", left, err)
	}
	t.Logf("%d kills\n%s", kills, c.table())
}

// faulty stands before an S3 server, breaks off some answers, and refuses some requests; all of them while the network is down.
func faulty(t *testing.T, server string, seed uint64, down *atomic.Bool) (address string) {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 6))
	draw := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	proxy := &httputil.ReverseProxy{
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host // which is signed
		},
		ModifyResponse: func(r *http.Response) error {
			var body io.Reader = cutOff{r.Body, down}
			if draw(5) == 0 {
				body = io.MultiReader(io.LimitReader(body, int64(draw(200_000))), broken{})
			}
			r.Body = struct {
				io.Reader
				io.Closer
			}{body, r.Body}
			return nil
		},
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		if draw(10) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// cutOff is an answer that breaks off where the network is down.
type cutOff struct {
	io.Reader

	down *atomic.Bool
}

func (c cutOff) Read(p []byte) (int, error) {
	if c.down.Load() {
		return broken{}.Read(p)
	}
	return c.Reader.Read(p)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection broke") }
