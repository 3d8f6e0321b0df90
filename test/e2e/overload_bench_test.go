//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkOverload asks the built program different questions, which it never keeps: first as many at once as it admits,
// which is its peak, then once, twice and five times as many a second, whether it answers or not. It prints the answers a
// second of each, and those for a second of the server's processor time, as parts of the peak's; how long admitted ones
// took, and refused ones in the server; and how soon an answer comes after the worst.
func BenchmarkOverload(b *testing.B) {
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		publishLake(b, p, realLake(b))
		cores := runtime.GOMAXPROCS(0)
		pages, aggregates := max(2, cores), max(2, cores)
		if p.db != "" {
			pages, aggregates = 8*cores, 2*cores
		}
		for _, c := range []struct {
			name, path string
			clients    int // at its peak
		}{
			{"pages", "/datasets/fact_achats/rows?limit=1000&date_achat__gte=2010-12-02T00:00:00.%03dZ&_=%d", pages},
			{"aggregates", "/datasets/fact_achats/aggregate?group_by=produit&measures=median(montant)&montant__gte=0.%03d&limit=10&_=%d", aggregates},
		} {
			b.Run(c.name, func(b *testing.B) {
				cmd, url := startServing(b, program, nil, p, "GOLDSERVE_CACHE_SIZE=0", "GOLDSERVE_ACCELERATE_MEMORY=0")
				defer stopServing(b, cmd)
				o := &overload{pid: cmd.Process.Pid, url: url, path: c.path, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2000}}}
				defer o.client.CloseIdleConnections()
				for b.Loop() {
					o.measure(b, c.clients)
				}
				if peak, err := memory(cmd.Process.Pid, "VmHWM"); err == nil {
					b.ReportMetric(float64(peak)/1e6, "MB-peak")
				}
			})
		}
	})
}

// overload is a load on one kind of question.
type overload struct {
	pid       int
	url, path string
	client    *http.Client
	asked     atomic.Int64
}

const overloadTime = 8 * time.Second

func (o *overload) measure(b *testing.B, clients int) {
	b.Helper()
	deadline, spent := time.Now().Add(overloadTime), o.processor(b)
	peak := &tally{}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for time.Now().Before(deadline) {
				o.ask(b, peak)
			}
		})
	}
	all.Wait()
	rate := float64(len(peak.answered)) / overloadTime.Seconds()
	frugal := float64(len(peak.answered)) / (o.processor(b) - spent)
	b.ReportMetric(rate, "peak/s")
	b.ReportMetric(frugal, "peak/processor-s")
	for _, times := range []int{1, 2, 5} {
		at, spent := &tally{}, o.processor(b)
		every := time.Duration(float64(time.Second) / (rate * float64(times)))
		start := time.Now()
		for i := 0; time.Since(start) < overloadTime; i++ {
			time.Sleep(time.Until(start.Add(time.Duration(i) * every)))
			all.Go(func() { o.ask(b, at) })
		}
		goodput := float64(at.until(start.Add(overloadTime))) / overloadTime.Seconds()
		all.Wait()
		name := fmt.Sprintf("-%dx", times)
		b.ReportMetric(goodput/rate, "of-peak"+name)
		b.ReportMetric(float64(len(at.answered))/(o.processor(b)-spent)/frugal, "of-peak/processor-s"+name)
		b.ReportMetric(at.quantile(at.answered, 0.99), "p99-ms"+name)
		if len(at.refused) > 0 {
			b.ReportMetric(at.quantile(at.refused, 0.5), "refused-p50-ms"+name)
			b.ReportMetric(at.quantile(at.refused, 0.99), "refused-p99-ms"+name)
		}
		b.Logf("%dx: %d answered, %d refused, %d otherwise", times, len(at.answered), len(at.refused), at.other)
	}
	after := &tally{}
	start := time.Now()
	for len(after.answered) == 0 {
		o.ask(b, after)
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "recovered-ms")
}

// processor returns the seconds that the server has had of the processors: what other programs take doesn't count.
func (o *overload) processor(b *testing.B) float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.pid))
	if err != nil {
		b.Fatal(err)
	}
	const user, system, ticks = 11, 12, 100 // fields after the name; ticks a second
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	var spent float64
	for _, i := range []int{user, system} {
		n, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			b.Fatal(err)
		}
		spent += n / ticks
	}
	return spent
}

// tally is what became of requests, with their times in milliseconds: of answers the client's, of refusals the server's.
type tally struct {
	mu                sync.Mutex
	answered, refused []float64
	ends              []time.Time
	other             int
}

var serverTotal = regexp.MustCompile(`total;dur=([0-9.]+)`)

// ask asks one question that was never asked before.
func (o *overload) ask(b *testing.B, t *tally) {
	n := o.asked.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+fmt.Sprintf(o.path, n%1000, n), nil)
	if err != nil {
		b.Error(err)
		return
	}
	start := time.Now()
	response, err := o.client.Do(request)
	if err != nil {
		b.Errorf("no answer: %v", err)
		return
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	took := float64(time.Since(start).Microseconds()) / 1000
	t.mu.Lock()
	defer t.mu.Unlock()
	switch total := serverTotal.FindStringSubmatch(response.Header.Get("Server-Timing")); {
	case response.StatusCode == http.StatusOK && err == nil:
		t.answered, t.ends = append(t.answered, took), append(t.ends, time.Now())
	case response.StatusCode == http.StatusServiceUnavailable && total != nil && response.Header.Get("Retry-After") != "" && bytes.Contains(body, []byte(`"overloaded"`)):
		in, _ := strconv.ParseFloat(total[1], 64)
		t.refused = append(t.refused, in)
	default:
		t.other++
		b.Logf("%d after %.0f ms: %.300s, %v", response.StatusCode, took, body, err)
	}
}

// until counts the answers that had come at a time.
func (t *tally) until(end time.Time) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.ends {
		if !e.After(end) {
			n++
		}
	}
	return n
}

func (t *tally) quantile(of []float64, q float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[int(q*float64(len(sorted)-1))]
}
