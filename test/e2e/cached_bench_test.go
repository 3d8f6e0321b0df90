//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkCached requests cached answers from the built program, alternating with a bare net/http handler that writes
// the same bytes, headers included, and one that writes the same body with only its content type: by wrk, a second at a
// time, one thread, eight connections. It prints the medians of the requests per second and of the ratios of each turn.
func BenchmarkCached(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed (apt-get install wrk)")
	}
	p := sqlitePlace(b)
	publishLake(b, p, realLake(b))
	cmd, served := startServing(b, program, nil, p)
	defer stopServing(b, cmd)
	for _, c := range []struct {
		name, path  string
		notModified bool
	}{{"monthly", "/monthly", false}, {"scores", scoresPath, false}, {"not-modified", "/monthly", true}} {
		b.Run(c.name, func(b *testing.B) {
			header := ""
			if c.notModified {
				header = "If-None-Match: " + tagAt(b, served+c.path)
			}
			response := fetchAnswer(b, served+c.path, header)
			same, plain := bare(b, response, true), bare(b, response, false)
			var keeps, toSame, toPlain []float64
			for b.Loop() {
				kept := load(b, served+c.path, header)
				keeps = append(keeps, kept)
				toSame = append(toSame, kept/load(b, same, header))
				toPlain = append(toPlain, kept/load(b, plain, header))
			}
			b.ReportMetric(middle(keeps), "requests/s")
			b.ReportMetric(middle(toSame), "x-same-bytes")
			b.ReportMetric(middle(toPlain), "x-body-alone")
		})
	}
}

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// keptAnswer is an answer as it came.
type keptAnswer struct {
	status int
	header http.Header
	body   []byte
}

func fetchAnswer(b *testing.B, url, header string) keptAnswer {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity") // as wrk asks
	if name, value, given := strings.Cut(header, ": "); given {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	return keptAnswer{response.StatusCode, response.Header, body}
}

func tagAt(b *testing.B, url string) string { return fetchAnswer(b, url, "").header.Get("ETag") }

// bare serves an answer from memory, with all of its headers or with what a body needs.
func bare(b *testing.B, f keptAnswer, headers bool) (url string) {
	b.Helper()
	kept := http.Header{}
	for name, values := range f.header {
		if name != "Date" && (headers || name == "Content-Type" || name == "Content-Length") {
			kept[name] = values
		}
	}
	var config net.ListenConfig
	l, err := config.Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second, // as serve has it
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), kept)
			w.WriteHeader(f.status)
			_, _ = w.Write(f.body)
		}),
	}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { _ = server.Close() })
	return "http://" + l.Addr().String() + "/"
}

var requestsPerSecond = regexp.MustCompile(`Requests/sec:\s*([0-9.]+)`)

// load returns the requests a second that a server answers.
func load(b *testing.B, url, header string) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
	defer cancel()
	args := []string{"-t1", "-c8", "-d1s"}
	if header != "" {
		args = append(args, "-H", header)
	}
	out, err := exec.CommandContext(ctx, "wrk", append(args, url)...).Output() // #nosec G204 -- a benchmark's own URLs
	found := requestsPerSecond.FindSubmatch(out)
	if err != nil || found == nil || strings.Contains(string(out), "Non-2xx") && header == "" {
		b.Fatal(fmt.Errorf("wrk %s: %w\n%s", url, err, out))
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
