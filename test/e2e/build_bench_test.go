//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkUnchangedRun runs a lake of 10,000 raw files in which nothing changed, beside looking once at each of the files. A run in more
// than half a second fails.
func BenchmarkUnchangedRun(b *testing.B) {
	s := newBuilt(b, rand.New(rand.NewPCG(1, 2)))
	args := s.many(10_000)
	least, looking := time.Hour, time.Hour
	var processor time.Duration
	for b.Loop() {
		began := time.Now()
		cmd := exec.CommandContext(b.Context(), program, args...)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		least = min(least, time.Since(began))
		processor += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		began = time.Now()
		entries, err := os.ReadDir(filepath.Join(s.lake, "bronze", "bills"))
		for _, e := range entries {
			if _, failed := e.Info(); failed != nil {
				b.Fatal(failed)
			}
		}
		if err != nil || len(entries) != 10_000 {
			b.Fatal(len(entries), err)
		}
		looking = min(looking, time.Since(began))
	}
	b.ReportMetric(least.Seconds(), "s-least")
	b.ReportMetric(processor.Seconds()/float64(b.N), "s-processor")
	b.ReportMetric(looking.Seconds(), "s-look-at-each")
	if least > 500*time.Millisecond {
		b.Errorf("%v: more than half a second", least)
	}
}
