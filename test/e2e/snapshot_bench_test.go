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
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkSnapshots asks the built program, which keeps no answers, for answers from column snapshots of the UCI lake, by
// wrk with one thread and eight connections: each request is another question, so that none waits for another's answer.
// In turn it asks datapress the same, where GOLDSERVE_TEST_DATAPRESS names a Python that has it. Medians.
func BenchmarkSnapshots(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed (apt-get install wrk)")
	}
	p := sqlitePlace(b)
	publishLake(b, p, realLake(b))
	cmd, served := startServing(b, program, nil, p, "GOLDSERVE_CACHE_SIZE=0")
	defer stopServing(b, cmd)
	awaitMemory(b, served)
	peer := startDatapress(b, realLake(b))
	const facts = "/datasets/fact_achats/"
	for _, c := range []struct{ name, question, dataset, body string }{
		// The filter, which all rows pass, keeps derived datasets from answering.
		{
			"group-by-country", `"` + facts + `aggregate?group_by=pays&measures=sum(montant)&montant__lt=" .. (100000 + n)`,
			"fact_achats", `'{"group_by":["pays"],"aggregations":[{"col":"montant","op":"sum"}],"page_size":100}'`,
		},
		{"group-by-country-derived", `"` + facts + `aggregate?group_by=pays&measures=sum(montant)&limit=" .. (50 + n % 900)`, "", ""},
		{
			"top-100-scores", `"/scores?limit=100&sort=-expected_value_12m&prob_reachat_12m__lte=" .. (1 + n)`,
			"client_scores", `'{"order_by":[{"col":"expected_value_12m","dir":"desc"}],"page_size":100}'`,
		},
		{
			"rows-of-a-client", `"` + facts + `rows?limit=50&id_client=" .. clients[n % #clients + 1]`,
			"fact_achats", `'{"predicates":[{"col":"id_client","op":"eq","val":' .. clients[n % #clients + 1] .. '}],"page_size":50}'`,
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			clients := clientsOfFifty(b, served)
			ours := askScript(b, clients, "'GET', "+c.question)
			theirs := askScript(b, clients, fmt.Sprintf("'POST', '/api/v1/datasets/%s/query', {['Content-Type'] = 'application/json'}, %s", c.dataset, c.body))
			var ratios []float64
			var rates []float64
			before, requests := processorTimeOf(b, cmd.Process.Pid), 0.0
			for b.Loop() {
				rate := loadScript(b, served, ours)
				rates, requests = append(rates, rate), requests+rate*loadSeconds
				if peer != "" && c.dataset != "" {
					ratios = append(ratios, rate/loadScript(b, peer, theirs))
				}
			}
			b.ReportMetric(middle(rates), "requests/s")
			b.ReportMetric((processorTimeOf(b, cmd.Process.Pid)-before).Seconds()*1e6/requests, "cpu-µs/request")
			if len(ratios) > 0 {
				b.ReportMetric(middle(ratios), "x-datapress")
			}
		})
	}
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

// startDatapress serves a lake by datapress and returns its URL; "" where it is not there.
func startDatapress(b *testing.B, lake string) string {
	b.Helper()
	python := os.Getenv("GOLDSERVE_TEST_DATAPRESS")
	if python == "" {
		b.Log("without its peer: GOLDSERVE_TEST_DATAPRESS names no Python that has datap-rs")
		return ""
	}
	var config net.ListenConfig
	l, err := config.Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), python, "testdata/datapress.py", lake, strconv.Itoa(port)) // #nosec G204 -- a benchmark's own Python
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	waitFor(b, func() bool {
		client := http.Client{Timeout: time.Second}
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url+"/api/v1/datasets/client_scores/schema", nil)
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
