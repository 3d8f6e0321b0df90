package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"goldserve/gold/storetest"
)

// TestTheDemoShowsEveryShippedModel: built from raw files where there is an engine, else from its sample, which it says.
func TestTheDemoShowsEveryShippedModel(t *testing.T) {
	for name, engine := range map[string]string{"built": storetest.DuckDB(t), "sample": "/nonexistent"} {
		t.Setenv("GOLDSERVE_DUCKDB", engine)
		for _, model := range shipped() {
			t.Run(name+" "+model, func(t *testing.T) {
				base, out := startDemo(t, model)
				if got := strings.Contains(out.String(), "can't be built"); got != (name == "sample" && model != defaultModel) {
					t.Errorf("it says that the sample is shown: %t\n%s", got, out)
				}
				var index struct {
					Models []struct {
						Name    string
						Release int
					}
				}
				if err := fetchJSON(t, base+"/", &index); err != nil || len(index.Models) != 1 || index.Models[0].Name != model || index.Models[0].Release != 1 {
					t.Errorf("models %+v, %v", index.Models, err)
				}
				if r, err := http.Get(base + "/kpis"); err != nil || r.StatusCode != http.StatusOK {
					t.Errorf("/kpis: %+v %v", r, err)
				} else if err := r.Body.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// startDemo runs goldserve demo and returns its address and its screen. The test's end stops it.
func startDemo(t *testing.T, model string) (base string, out *lines) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out = &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--model", model, "--listen", "127.0.0.1:0", "--drain", "0s", "--poll", "15ms"}, out, out)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitDone {
			t.Errorf("demo: exit %d\n%s", code, out)
		}
	})
	address := regexp.MustCompile(`in a browser: (http://[^/\s]+)`)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if found := address.FindStringSubmatch(out.String()); found != nil {
			return found[1], out
		}
	}
	t.Fatalf("demo does not serve:\n%s", out)
	return "", nil
}
