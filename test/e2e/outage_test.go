//go:build e2e

package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestCachedAnswersOutliveTheStore takes the store away, as a moved file or a server that says nothing more, and brings it
// back: answers are marked as stale, then they aren't.
func TestCachedAnswersOutliveTheStore(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		p := sqlitePlace(t)
		path := strings.TrimPrefix(p.store, "sqlite:")
		move := func(from, to string) {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		checkOutage(t, p, p, func() { move(path, path+".away") }, func() { move(path+".away", path) })
	})
	t.Run("mongodb", func(t *testing.T) {
		p := mongoPlace(t)
		u, err := url.Parse(p.store)
		if err != nil {
			t.Fatal(err)
		}
		g := newGate(t, u.Host)
		u.Host = g.address
		u.RawQuery = "directConnection=true"
		checkOutage(t, p, place{store: u.String(), db: p.db}, g.shut, g.open)
	})
}

// checkOutage publishes into one place and serves it as another that can go away.
func checkOutage(t *testing.T, publish, serve place, away, back func()) {
	t.Helper()
	publishLake(t, publish, filepath.Join(sample, "gold"))
	server := served(t, serve, "--poll", "50ms", "--request-timeout", "3s")
	const kept = "/monthly"
	fresh := func() bool {
		status, body := get(t, server, kept)
		return status == http.StatusOK && !strings.Contains(string(body), `"stale":true`)
	}
	waitFor(t, "a fresh answer", fresh)
	away()
	waitFor(t, "an answer marked as stale", func() bool {
		status, body := get(t, server, kept)
		if status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", kept, status, body)
		}
		return strings.Contains(string(body), `"stale":true`)
	})
	if status, body := get(t, server, "/readyz"); status != http.StatusOK || !strings.Contains(string(body), `"degraded"`) {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, body := get(t, server, "/monthly?release=1"); status != http.StatusOK || strings.Contains(string(body), `"stale"`) {
		t.Errorf("an answer that names its release: %d %s", status, body)
	}
	back()
	waitFor(t, "a fresh answer again", fresh)
}

// TestAStoreThatVanishedIsNotANewOne removes what was published under a running server.
func TestAStoreThatVanishedIsNotANewOne(t *testing.T) {
	documented(t, "is removed or moved away while it is served", "503 store_unavailable 5")
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, filepath.Join(sample, "gold"))
		url := serveProgram(t, p.store, "--cache-size", "0", "--accelerate-memory", "0", "--stale-max", "0s", "--poll", "50ms")
		waitFor(t, "the list of releases", func() bool {
			a, err := retrieve(t.Context(), url+"/releases")
			return err == nil && a.status == http.StatusOK
		})
		if p.db == "" {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				if err := os.Remove(strings.TrimPrefix(p.store, "sqlite:") + suffix); err != nil && suffix == "" {
					t.Fatal(err)
				}
			}
		} else {
			for _, db := range []string{p.db, p.db + "_releases"} {
				if err := mongoClient(t).Database(db).Drop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		waitFor(t, "a server that is not ready", func() bool {
			a, err := retrieve(t.Context(), url+"/readyz")
			return err == nil && a.status != http.StatusOK
		})
		for _, path := range []string{
			"/releases", "/releases?limit=3", "/releases/1", "/releases/current", "/releases/2", "/monthly", "/monthly?as_of=2026-02-01", "/kpis", "/datasets",
			"/datasets/fact_achats/rows?limit=2", "/datasets/fact_achats/aggregate?measures=sum(montant)", "/datasets/fact_achats/quality",
		} {
			if got, err := retrieve(t.Context(), url+path); err != nil || got.problem() != "503 store_unavailable 5" {
				t.Errorf("%s: %s, %v\n%s", path, got.problem(), err, got.body)
			}
		}
		if got, err := retrieve(t.Context(), url+"/livez"); err != nil || got.status != http.StatusOK {
			t.Errorf("/livez: %d, %v", got.status, err)
		}
	})
}

// gate hands connections on to a server, until it is shut: then nothing comes through, and nobody is told.
type gate struct {
	address string
	mu      sync.RWMutex
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l := listenAt(t, "127.0.0.1:0")
	g := &gate{address: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			go g.pump(in, out)
			go g.pump(out, in)
		}
	}()
	return g
}

func (g *gate) pump(to, from net.Conn) {
	_, _ = io.Copy(passing{g, to}, from)
	_ = to.Close()
}

func (g *gate) shut() { g.mu.Lock() }
func (g *gate) open() { g.mu.Unlock() }

// passing writes while its gate is open.
type passing struct {
	gate *gate
	to   net.Conn
}

func (p passing) Write(b []byte) (int, error) {
	p.gate.mu.RLock()
	defer p.gate.mu.RUnlock()
	return p.to.Write(b)
}
