package main

import (
	"context"
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

// adHoc are questions that no derived dataset answers, as scripts of wrk: each request asks for something else, so that
// neither of the two answers from what it has kept. %d and %s stand for a number that grows and a client of the lake.
var adHoc = []struct{ name, path, peer, body string }{
	{
		"groups", "/datasets/fact_achats/aggregate?group_by=pays&measures=ca:sum(montant),count()&montant__gte=-%d",
		"fact_achats", `{"group_by":["pays"],"aggregations":[{"col":"montant","op":"sum","alias":"ca"},{"op":"count"}],"page_size":100}`,
	},
	{
		"top", "/scores?sort=-expected_value_12m&limit=100&expected_value_12m__gte=-%d",
		"client_scores", `{"order_by":[{"col":"expected_value_12m","dir":"desc"}],"page_size":100}`,
	},
	{
		"lookup", "/datasets/fact_achats/rows?id_client=%s&limit=50",
		"fact_achats", `{"predicates":[{"col":"id_client","op":"eq","val":%s}],"page_size":50}`,
	},
}

// BenchmarkAdHoc asks the built program, which keeps no answers, by wrk, a second at a time, one thread, eight
// connections; and in turn datapress, where GOLDSERVE_TEST_DATAPRESS names a Python that has it. Medians.
func BenchmarkAdHoc(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed (apt-get install wrk)")
	}
	p := sqlitePlace(b)
	publishLake(b, p, realLake(b))
	cmd, served := startServing(b, program, nil, p, "GOLDSERVE_CACHE_SIZE=0")
	defer stopServing(b, cmd)
	peer := startDatapress(b, realLake(b))
	_, ids := get(b, served, "/datasets/client_scores/rows.csv?fields=id_client&limit=2000")
	clients := strings.Fields(string(ids))[1:] // under their header
	for _, q := range adHoc {
		b.Run(q.name, func(b *testing.B) {
			waitFor(b, func() bool {
				path := strings.NewReplacer("%d", "1", "%s", clients[0]).Replace(q.path)
				return strings.Contains(fetchAnswer(b, served+path, "").header.Get("Server-Timing"), "in memory")
			})
			ours, theirs := script(b, http.MethodGet, q.path, "", clients), script(b, http.MethodPost, "/api/v1/datasets/"+q.peer+"/query", q.body, clients)
			var rates, ratios []float64
			for b.Loop() {
				rate := load(b, served, "", "-s", ours)
				rates = append(rates, rate)
				if peer != "" {
					ratios = append(ratios, rate/load(b, peer, "", "-s", theirs))
				}
			}
			b.ReportMetric(middle(rates), "requests/s")
			if peer != "" {
				b.ReportMetric(middle(ratios), "x-datapress")
			}
		})
	}
}

// script writes a script of wrk, and returns its path.
func script(b *testing.B, method, path, body string, clients []string) string {
	b.Helper()
	text := fmt.Sprintf(`local n, clients = 0, {%s}
local headers = {["Content-Type"] = "application/json"}
local function filled(text)
  return (text:gsub("%%%%d", n):gsub("%%%%s", clients[n %% #clients + 1]))
end
function request()
  n = n + 1
  return wrk.format(%q, filled(%q), headers, filled(%q))
end
`, strings.Join(clients, ","), method, path, body)
	file := filepath.Join(b.TempDir(), "script.lua")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
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
