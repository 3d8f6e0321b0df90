//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkSnapshots asks the built program, which keeps no answers, for answers from column snapshots of the UCI lake, by
// wrk with one thread and eight connections: each request is another question, so that none waits for another's answer.
// In turn it asks datapress the same, where GOLDSERVE_TEST_DATAPRESS names a Python that has it, and for the rows of a
// client a bare net/http handler that writes the bytes of such an answer, which is what an answer costs at least. Medians
// of the turns. Nobody reads the logs, which would take a part of the machine that is measured.
func BenchmarkSnapshots(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed (apt-get install wrk)")
	}
	p := sqlitePlace(b)
	publishLake(b, p, realLake(b))
	served := startSilent(b, p, "GOLDSERVE_CACHE_SIZE=0")
	awaitMemory(b, served.url)
	peer := startDatapress(b, realLake(b))
	const facts = "/datasets/fact_achats/"
	for _, c := range []struct {
		name, question, dataset, body string
		bare                          string // the path of an answer
	}{
		// The filter, which all rows pass, keeps derived datasets from answering.
		{
			name:     "group-by-country",
			question: `"` + facts + `aggregate?group_by=pays&measures=sum(montant)&montant__lt=" .. (100000 + n)`,
			dataset:  "fact_achats", body: `'{"group_by":["pays"],"aggregations":[{"col":"montant","op":"sum"}],"page_size":100}'`,
		},
		{
			name:     "group-by-country-derived",
			question: `"` + facts + `aggregate?group_by=pays&measures=sum(montant)&limit=" .. (50 + n % 900)`,
		},
		{
			name:     "top-100-scores",
			question: `"/scores?limit=100&sort=-expected_value_12m&prob_reachat_12m__lte=" .. (1 + n)`,
			dataset:  "client_scores", body: `'{"order_by":[{"col":"expected_value_12m","dir":"desc"}],"page_size":100}'`,
		},
		{
			name:     "rows-of-a-client",
			question: `"` + facts + `rows?limit=50&id_client=" .. clients[n % #clients + 1]`,
			dataset:  "fact_achats", body: `'{"predicates":[{"col":"id_client","op":"eq","val":' .. clients[n % #clients + 1] .. '}],"page_size":50}'`,
			bare: facts + "rows?limit=50&id_client=12347",
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			clients := clientsOfFifty(b, served.url)
			script := askScript(b, clients, "'GET', "+c.question)
			ours, others := &side{peer: served, script: script}, map[string]*side{}
			if peer.url != "" && c.dataset != "" {
				others["datapress"] = &side{peer: peer, script: askScript(b, clients, fmt.Sprintf(
					"'POST', '/api/v1/datasets/%s/query', {['Content-Type'] = 'application/json'}, %s", c.dataset, c.body))}
			}
			if c.bare != "" {
				others["bare"] = &side{peer: server{bare(b, fetchAnswer(b, served.url+c.bare, ""), true), os.Getpid()}, script: script}
			}
			for b.Loop() {
				ours.turn(b)
				for _, other := range others {
					other.turn(b)
				}
			}
			b.ReportMetric(middle(slices.Clone(ours.rates)), "requests/s")
			b.ReportMetric(middle(ours.costs), "cpu-µs/request")
			for name, other := range others {
				ratios := make([]float64, len(ours.rates))
				for i, rate := range ours.rates {
					ratios[i] = rate / other.rates[i]
				}
				b.ReportMetric(middle(ratios), "x-"+name)
				b.ReportMetric(middle(other.costs), "cpu-µs/request-"+name)
			}
		})
	}
}

// server is a process that serves.
type server struct {
	url string
	pid int
}

// side is a server that is asked by a script of wrk, and what was measured of it in each turn.
type side struct {
	peer         server
	script       string
	rates, costs []float64 // requests a second, microseconds of processor time a request
}

func (m *side) turn(b *testing.B) {
	before := processorTimeOf(b, m.peer.pid)
	rate := loadScript(b, m.peer.url, m.script)
	m.rates = append(m.rates, rate)
	m.costs = append(m.costs, (processorTimeOf(b, m.peer.pid)-before).Seconds()*1e6/(rate*loadSeconds))
}

// startSilent serves a store by the built program, whose log is nobody's, until the benchmark's end.
func startSilent(b *testing.B, p place, environment ...string) server {
	b.Helper()
	address := freeAddress(b)
	cmd := exec.CommandContext(context.Background(), program, "serve", "--store", p.store, "--listen", address, "--log", "json", "--drain", "10ms")
	cmd.Env = append(os.Environ(), environment...)
	return server{startAt(b, cmd, "http://"+address, "/livez"), cmd.Process.Pid}
}

// startAt starts a server and returns its URL once a path of it can be read.
func startAt(b *testing.B, cmd *exec.Cmd, url, path string) string {
	b.Helper()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := http.Client{Timeout: time.Second}
	waitFor(b, "an answer at "+url, func() bool {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return url
}

// askScript writes a script of wrk whose requests are made of arguments of wrk.format, in which n grows.
func askScript(b *testing.B, clients []string, format string) string {
	b.Helper()
	script := filepath.Join(b.TempDir(), "ask.lua")
	lua := fmt.Sprintf("local clients = {%s}\nlocal n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format(%s)\nend\n", strings.Join(clients, ","), format)
	if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
		b.Fatal(err)
	}
	return script
}

// startDatapress serves a lake by datapress; without a URL where it is not there.
func startDatapress(b *testing.B, lake string) server {
	b.Helper()
	python := os.Getenv("GOLDSERVE_TEST_DATAPRESS")
	if python == "" {
		b.Log("without its peer: GOLDSERVE_TEST_DATAPRESS names no Python that has datap-rs")
		return server{}
	}
	address := freeAddress(b)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), python, "testdata/datapress.py", lake, port) // #nosec G204 -- a benchmark's own Python
	return server{startAt(b, cmd, "http://"+address, "/api/v1/datasets/client_scores/schema"), cmd.Process.Pid}
}

// BenchmarkTenMillionFacts asks the built program for groups of two fields of ten million facts that no derived dataset
// answers, under filters, one request after the other.
func BenchmarkTenMillionFacts(b *testing.B) {
	lake := filepath.Join(b.TempDir(), "gold")
	if err := os.CopyFS(lake, os.DirFS(realLake(b))); err != nil {
		b.Fatal(err)
	}
	repeatFacts(b, filepath.Join(lake, "fact_achats.parquet"), figureRows)
	p := sqlitePlace(b)
	publishMeasured(b, p, lake, factsWithoutCollection(b), defaultModel)
	cmd, served := startServing(b, program, nil, p, "GOLDSERVE_CACHE_SIZE=0")
	defer stopServing(b, cmd)
	awaitMemory(b, served)
	for _, c := range []struct{ name, query string }{
		{"half-a-year-by-country-and-month", "group_by=pays,mois&measures=sum(montant),avg(montant)&date_achat__gte=2011-03-01&date_achat__lt=2011-09-01"},
		{"a-word-by-country-and-week", "group_by=pays,date_achat.week&measures=sum(montant),avg(montant)&produit__contains=bag"},
		{"large-amounts-by-country-and-month", "group_by=pays,mois&measures=sum(montant),avg(montant)&montant__gte=20"},
		{"most-amounts-by-country-and-month", "group_by=pays,mois&measures=sum(montant),avg(montant)&montant__gte=2"},
		{"a-product-in-two-countries-by-week", "group_by=pays,date_achat.week&measures=sum(montant),count_distinct(id_client)&pays__in=France,Germany&produit=Mini+Paint+Set+Vintage"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			before := processorTimeOf(b, cmd.Process.Pid)
			for b.Loop() {
				start := time.Now()
				if status, body := get(b, served, "/datasets/fact_achats/aggregate?"+c.query); status != http.StatusOK {
					b.Fatalf("%d %s", status, body)
				}
				took = append(took, time.Since(start))
			}
			b.ReportMetric(median(took).Seconds()*1000, "ms-p50")
			b.ReportMetric((processorTimeOf(b, cmd.Process.Pid)-before).Seconds()*1000/float64(len(took)), "cpu-ms/request")
		})
	}
}

// clientsOfFifty returns the numbers of clients that have at least fifty facts.
func clientsOfFifty(b *testing.B, served string) []string {
	b.Helper()
	var answer struct {
		Data []struct {
			Client int64 `json:"id_client"`
		}
	}
	status, body := get(b, served, "/datasets/fact_achats/aggregate?group_by=id_client&measures=count()&limit=1000&count__gte=50")
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data) < 100 {
		b.Fatalf("%d: %d clients, %v", status, len(answer.Data), err)
	}
	var clients []string
	for _, row := range answer.Data {
		clients = append(clients, strconv.FormatInt(row.Client, 10))
	}
	return clients
}

// loadSeconds is how long a turn of loadScript takes.
const loadSeconds = 2

// loadScript returns the requests a second that a server answers to a script's questions.
func loadScript(b *testing.B, served, script string) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c8", fmt.Sprintf("-d%ds", loadSeconds), "-s", script, served).Output()
	found := requestsPerSecond.FindSubmatch(out)
	if err != nil || found == nil || strings.Contains(string(out), "Non-2xx") {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// processorTimeOf returns the processor time that a process has used.
func processorTimeOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	var ticks int64
	for _, field := range strings.Fields(rest)[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	const tick = 10 * time.Millisecond
	return time.Duration(ticks) * tick
}
