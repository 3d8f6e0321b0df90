//go:build e2e

package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"goldserve/gold/storetest"
)

// TestLakesOfOtherKindsHaveTheGoldenAnswers: those that an independent computation gave of the same rows in Parquet files. That
// each kind has the same rows in each store is what test/lakes looks at.
func TestLakesOfOtherKindsHaveTheGoldenAnswers(t *testing.T) {
	t.Parallel()
	written := t.TempDir()
	cmd := exec.CommandContext(t.Context(), storetest.Python(t), filepath.Join("..", "..", "test", "lakes", "kinds.py"), written, "delta,csv", filepath.Join(sample, "gold"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	questions := questionsOf(t, sample)
	eachStore(t, func(t *testing.T, p place) {
		kind := map[string]string{"sqlite": "delta", "mongodb": "csv"}[filepath.Base(t.Name())]
		publishLake(t, p, filepath.Join(written, "0", kind))
		server := served(t, p)
		for path, file := range expectedAnswers(t, sample) {
			checkAnswer(t, server.URL, path, file)
		}
		for _, q := range questions {
			checkQuestion(t, server.URL, q)
		}
	})
}
