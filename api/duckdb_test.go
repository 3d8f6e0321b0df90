//go:build e2e

package api_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"goldserve/api"
	"goldserve/gold/storetest"
)

const duckDB = `
import importlib.metadata, sys, duckdb
httpfs = next(f.locate() for f in importlib.metadata.files("duckdb-extension-httpfs") if f.name == "httpfs.duckdb_extension")
duck = duckdb.connect()
duck.load_extension(str(httpfs))
print(duck.execute("SELECT count(*), sum(client - 9007199254740993) FROM '" + sys.argv[1] + "'").fetchone())
`

func TestDuckDBReadsAProjection(t *testing.T) {
	python := storetest.Python(t)
	s := newConfigured(t, api.Config{Reader: manyPurchases(), CacheDir: t.TempDir()})
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Handler().ServeHTTP(&counting{w, &sent}, r)
	}))
	defer server.Close()
	r := &remote{t: t, url: server.URL + "/datasets/achats/rows.parquet"}
	_, whole := r.ask(http.MethodGet)
	sent.Store(0)
	out, err := exec.CommandContext(t.Context(), python, "-c", duckDB, r.url).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "(50000, 75000)" {
		t.Fatalf("%s: %v", out, err)
	}
	if n := sent.Load(); n == 0 || n > int64(len(whole))/2 {
		t.Errorf("one column took %d of %d bytes", n, len(whole))
	}
}

// counting counts the bytes of bodies.
type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counting) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return c.ResponseWriter.Write(p)
}
