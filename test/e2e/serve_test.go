//go:build e2e

package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/gold/storetest"
)

// TestServeWaitsForItsStore starts serve before its server: something listens at the store's address only later.
func TestServeWaitsForItsStore(t *testing.T) {
	p := mongoPlace(t)
	publishLake(t, p, sample+"/gold")
	server, err := url.Parse(p.store)
	if err != nil {
		t.Fatal(err)
	}
	store, api := freeAddress(t), freeAddress(t)
	stopped, output := startServe(t, "--store", "mongodb://"+store+"/"+p.db+"?directConnection=true&serverSelectionTimeoutMS=300", "--listen", api, "--poll", "50ms")

	waitFor(t, "an answer without a store", func() bool { return answers(t, api, "/kpis", http.StatusServiceUnavailable) })
	if _, body := get(t, "http://"+api, "/kpis"); !strings.Contains(string(body), "store_unavailable") {
		t.Errorf("without a store: %s", body)
	}
	relay(t, store, server.Host)
	waitFor(t, "an answer once the store is there", func() bool { return answers(t, api, "/kpis", http.StatusOK) })
	if code := stopped(); code != exitDone {
		t.Errorf("exit %d\n%s", code, output)
	}
}

func TestServeEndsWhereItsUserIsRefused(t *testing.T) {
	u, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("nobody", "secret")
	u.Path = "/e2e_none"
	started := time.Now()
	code, _, stderr := cli(t, "serve", "--store", u.String(), "--listen", "127.0.0.1:0")
	if code != exitUnavailable || !strings.Contains(stderr, "refuses the user") || strings.Contains(stderr, "secret") {
		t.Errorf("exit %d after %s\n%s", code, time.Since(started), stderr)
	}
}

func TestAnswersNameNoPath(t *testing.T) {
	p := sqlitePlace(t)
	publishLake(t, p, sample+"/gold")
	server := served(t, p)
	if status, body := get(t, server, "/monthly"); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	path := strings.TrimPrefix(p.store, "sqlite:")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"/monthly?limit=3", "/kpis?pays=France", "/kpis?release=1", "/releases", "/readyz"} {
		if status, body := get(t, server, url); strings.Contains(string(body), path) {
			t.Errorf("GET %s: %d %s", url, status, body)
		}
	}
}

// startServe runs serve with the race detector; stop ends it by SIGTERM and returns its exit code.
func startServe(t *testing.T, args ...string) (stop func() int, output *lines) {
	t.Helper()
	p := launchProgram(t, withRaceDetector(t), append([]string{"serve", "--drain", "1ms"}, args...)...)
	return func() int {
		p.signal(syscall.SIGTERM)
		return p.code()
	}, &p.stderr
}

func listenAt(t *testing.T, address string) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// relay hands connections at one address on to another.
func relay(t *testing.T, from, to string) {
	t.Helper()
	l := listenAt(t, from)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			var dialer net.Dialer
			out, err := dialer.DialContext(context.Background(), "tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				}()
			}
		}
	}()
}

// answers reports whether an address answers a path with a status; nobody listening yet is no answer.
func answers(t testing.TB, address, path string, want int) bool {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == want
}
