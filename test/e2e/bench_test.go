//go:build e2e

package e2e

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"
)

const (
	// manyRows is the size of the facts that BenchmarkPublishFacts publishes.
	manyRows = 4_000_000
	// publishMemory and restMemory are what a publish may hold at its peak, and serve when nothing happens, in bytes.
	publishMemory = 300e6
	restMemory    = 60e6
)

// eachStoreBenchmark is eachStore for benchmarks.
func eachStoreBenchmark(b *testing.B, bench func(b *testing.B, p place)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, sqlitePlace(b)) })
	b.Run("mongodb", func(b *testing.B) { bench(b, mongoPlace(b)) })
}

// BenchmarkPublishFacts publishes millions of purchases with the built program, files to served release: first without
// an index (inserted, counted, sealed), then with its one index, which loads nothing again. Beside it, where there is
// MongoDB, the driver inserts documents that are already encoded.
func BenchmarkPublishFacts(b *testing.B) {
	lake := b.TempDir()
	template := repeatFacts(b, filepath.Join(lake, "fact_achats.parquet"), manyRows)
	plain, indexed := benchModel(b, false), benchModel(b, true)
	for _, store := range []struct {
		name  string
		fresh func(testing.TB) place
	}{{"sqlite", sqlitePlace}, {"mongodb", mongoPlace}} {
		b.Run(store.name, func(b *testing.B) {
			var loads, indexes, ceilings, cpu, serverCPU, ceilingCPU []time.Duration
			var peak int64
			for b.Loop() {
				p := store.fresh(b)
				before := mongodCPU(b, p)
				load := publishMeasured(b, p, lake, plain, "bench")
				if load.Rows != manyRows {
					b.Fatalf("%d rows were loaded", load.Rows)
				}
				loads, cpu, serverCPU = append(loads, seconds(load.Seconds)), append(cpu, load.cpu), append(serverCPU, mongodCPU(b, p)-before)
				index := publishMeasured(b, p, lake, indexed, "bench")
				if index.Rows != 0 {
					b.Fatalf("%d rows were loaded for an index", index.Rows)
				}
				indexes, peak = append(indexes, seconds(index.Seconds)), max(peak, load.peak, index.peak)
				if p.db != "" {
					before := mongodCPU(b, p)
					ceilings = append(ceilings, insertEncoded(b, p.db, template))
					ceilingCPU = append(ceilingCPU, mongodCPU(b, p)-before)
				}
			}
			rate := func(d time.Duration) float64 { return manyRows / d.Seconds() }
			b.ReportMetric(rate(median(loads)), "rows/s")
			b.ReportMetric(median(indexes).Seconds(), "s-index")
			b.ReportMetric(rate(median(loads)+median(indexes)), "rows/s-indexed")
			b.ReportMetric(median(cpu).Seconds(), "s-cpu")
			b.ReportMetric(float64(peak)/1e6, "MB-peak")
			if len(ceilings) > 0 {
				b.ReportMetric(rate(median(ceilings)), "rows/s-ceiling")
				b.ReportMetric(median(serverCPU).Seconds(), "s-cpu-server")
				b.ReportMetric(median(ceilingCPU).Seconds(), "s-cpu-server-ceiling")
			}
			if peak > publishMemory {
				b.Errorf("the publisher held %d MB, more than %d", peak/1e6, int(publishMemory/1e6))
			}
		})
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// repeatFacts writes so many of the real facts, again and again under new numbers, and returns some of them.
func repeatFacts(b *testing.B, path string, count int) []purchase {
	b.Helper()
	rows, err := parquet.ReadFile[purchase](filepath.Join(realLake(b), "fact_achats.parquet"))
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := parquet.NewGenericWriter[purchase](f, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(1<<20))
	for first := 0; first < count; first += len(rows) {
		for i := range rows {
			rows[i].ID = int64(first + i + 1)
		}
		if _, err := w.Write(rows[:min(len(rows), count-first)]); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return slices.Clone(rows[:4_000])
}

// benchModel copies the benchmark's model, with the index of its facts or without.
func benchModel(b *testing.B, index bool) string {
	b.Helper()
	folder := filepath.Join(b.TempDir(), "bench")
	if err := os.CopyFS(folder, os.DirFS("testdata/bench")); err != nil {
		b.Fatal(err)
	}
	if !index {
		contract := filepath.Join(folder, "contracts", "fact_achats.odcs.yaml")
		text, err := os.ReadFile(contract)
		if err != nil {
			b.Fatal(err)
		}
		without := regexp.MustCompile(`(?m)^ +indexes: .*\n`).ReplaceAll(text, nil)
		if len(without) == len(text) {
			b.Fatal("the contract has no index")
		}
		if err := os.WriteFile(contract, without, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return filepath.Dir(folder)
}

// measured is a publish by the built program: what it said, the most memory that it held in bytes, and its processor
// time, which other programs on the machine disturb least.
type measured struct {
	published
	peak int64
	cpu  time.Duration
}

// publishMeasured publishes a model of a folder of models.
func publishMeasured(b *testing.B, p place, lake, models, model string, more ...string) measured {
	b.Helper()
	args := append([]string{"publish", "--json", "--models", models, "--model", model, "--lake", lake, "--store", p.store}, more...)
	cmd := exec.CommandContext(b.Context(), program, args...) // #nosec G204 -- the tests' own program
	var out, errs lines
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	// The kernel's own record of an ended process also holds what its parent had when it was started.
	var m measured
	for {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("publish: %v\n%s", err, errs.String())
			}
			lastEvent(b, out.String(), &m.published)
			m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return m
		case <-time.After(20 * time.Millisecond):
			if held, err := memory(cmd.Process.Pid, "VmHWM"); err == nil {
				m.peak = max(m.peak, held)
			}
		}
	}
}

// mongodCPU returns the processor time that the MongoDB server of a place has used so far, 0 for SQLite.
func mongodCPU(b *testing.B, p place) time.Duration {
	b.Helper()
	if p.db == "" {
		return 0
	}
	var status struct {
		Info struct {
			User   int64 `bson:"user_time_us"`
			System int64 `bson:"system_time_us"`
		} `bson:"extra_info"`
	}
	if err := mongoClient(b).Database("admin").RunCommand(b.Context(), bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
		b.Fatal(err)
	}
	return time.Duration(status.Info.User+status.Info.System) * time.Microsecond
}

// memory returns a figure of a process's memory in bytes: VmRSS, now, or VmHWM, the most so far.
func memory(pid int, figure string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, figure+":"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, figure)
}

// insertEncoded inserts as many documents as BenchmarkPublishFacts publishes rows into a collection without indexes,
// and returns how long that took: commands of 4,000 that differ in their numbers alone, eight at a time, each written
// to a majority's journal, as the publisher's are.
func insertEncoded(b *testing.B, db string, rows []purchase) time.Duration {
	b.Helper()
	database := mongoClient(b).Database(db)
	start := time.Now()
	var g errgroup.Group
	const writers = 8
	next := make(chan int)
	for range writers {
		command, numbers := insertCommand(b, rows)
		g.Go(func() error {
			for first := range next {
				for i, number := range numbers {
					binary.LittleEndian.PutUint64(number, uint64(first+i))
				}
				if err := database.RunCommand(b.Context(), command).Err(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for first := 0; first < manyRows; first += len(rows) {
		next <- first
	}
	close(next)
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	if err := database.Collection("ceiling").Drop(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// insertCommand returns an insert command and the bytes of its documents' _id in it.
func insertCommand(b *testing.B, rows []purchase) (command bson.Raw, numbers [][]byte) {
	b.Helper()
	var documents bson.A
	for _, r := range rows {
		documents = append(documents, bson.D{
			{Key: "_id", Value: r.ID},
			{Key: "id_achat", Value: r.ID},
			{Key: "id_client", Value: r.Client},
			{Key: "date_achat", Value: r.Date},
			{Key: "montant", Value: r.Amount},
			{Key: "produit", Value: r.Product},
			{Key: "pays", Value: r.Country},
			{Key: "jour", Value: r.Day},
			{Key: "mois", Value: r.Month},
			{Key: "annee", Value: r.Year},
		})
	}
	command, err := bson.Marshal(bson.D{
		{Key: "insert", Value: "ceiling"},
		{Key: "ordered", Value: false},
		{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}, {Key: "j", Value: true}}},
		{Key: "documents", Value: documents},
	})
	if err != nil {
		b.Fatal(err)
	}
	written, err := command.Lookup("documents").Array().Values()
	if err != nil {
		b.Fatal(err)
	}
	for _, document := range written {
		numbers = append(numbers, document.Document().Lookup("_id").Value)
	}
	return command, numbers
}

// scoresPath is a page that benchmarks ask for.
const scoresPath = "/scores?limit=100"

// BenchmarkServeAtRest measures the memory of the built program that has answered every kind of question about the
// real lake and has had nothing to do for a while, without column snapshots, whose bytes are a setting.
func BenchmarkServeAtRest(b *testing.B) {
	eachStoreBenchmark(b, func(b *testing.B, p place) {
		publishLake(b, p, realLake(b))
		for b.Loop() {
			cmd, url := startServing(b, program, nil, p, "GOLDSERVE_ACCELERATE_MEMORY=0")
			for range 5 {
				for _, path := range questions {
					if status, body := get(b, url, path); status >= http.StatusInternalServerError {
						b.Fatalf("GET %s: %d %s", path, status, body)
					}
				}
			}
			time.Sleep(5 * time.Second)
			figures := map[string]int64{"VmRSS": 0, "RssAnon": 0, "VmHWM": 0}
			for name := range figures {
				var err error
				if figures[name], err = memory(cmd.Process.Pid, name); err != nil {
					b.Fatal(err)
				}
			}
			stopServing(b, cmd)
			b.ReportMetric(float64(figures["VmRSS"])/1e6, "MB-at-rest")
			b.ReportMetric(float64(figures["RssAnon"])/1e6, "MB-of-its-own")
			b.ReportMetric(float64(figures["VmHWM"])/1e6, "MB-peak")
			if rest := figures["VmRSS"]; rest > restMemory {
				b.Errorf("serve holds %d MB at rest, %d or more", rest/1e6, int(restMemory/1e6))
			}
		}
	})
}
