//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// TestBuildsAndReleasesSideBySide builds a lake again and again while it is followed, kills some of the builds at random moments, and
// begins some while another one runs: each release is of one build, the lake is whole or says that it isn't, and the next build makes it
// good.
func TestBuildsAndReleasesSideBySide(t *testing.T) {
	t.Parallel()
	rounds := int(knob(t, "GOLDSERVE_TEST_BUILDS", 8))
	eachStore(t, func(t *testing.T, p place) {
		s := newBuilt(t, rand.New(rand.NewPCG(seeded(t), 17)))
		s.bills(1)
		took := s.build()
		follow := launch(t, s.args("publish", "--watch", "50ms", "--allow-shrink", "--store", p.store, "--lake", filepath.Join(s.lake, "gold"))...)
		kills, held := 0, 0
		for n := 2; n <= rounds; n++ {
			s.bills(n)
			switch s.random.IntN(4) {
			case 0:
				run := launch(t, s.args("build", "--lake", s.lake)...)
				if !run.over(time.Duration(s.random.Int64N(int64(took)))) {
					run.kill()
					kills++
				}
				s.wholeOrBuilding(n)
			case 1:
				held += s.together()
			}
			s.build()
			if s.wholeOrBuilding(n) {
				t.Fatalf("round %d: a build that is done left %s", n, gold.BuildingFile)
			}
			time.Sleep(time.Duration(s.random.IntN(300)) * time.Millisecond)
		}
		store := openPlace(t, p)
		waitFor(t, "the last build", func() bool {
			if follow.over(time.Millisecond) {
				t.Fatalf("publish --watch ended by itself: %d\n%s", follow.code(), &follow.stderr)
			}
			r, err := store.Resolve(t.Context(), gold.Selector{Model: "stall"})
			return err == nil && r.Version("sales").Rows == int64(rounds)
		})
		releases, err := store.Releases(t.Context(), gold.ReleaseQuery{Model: "stall"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range releases {
			if r.Summary != nil {
				continue // it was pruned
			}
			for _, v := range r.Versions {
				if v.Rows != r.Versions[0].Rows || r.Lineage == nil || *r.Lineage.Tables[len(r.Lineage.Tables)-1].Rows != v.Rows {
					t.Errorf("release %d is of several builds: %s has %d rows, %s %d; of %+v", r.Number, v.Dataset.Name, v.Rows, r.Versions[0].Dataset.Name, r.Versions[0].Rows, r.Lineage)
				}
			}
		}
		follow.signal(syscall.SIGTERM)
		if code := follow.exit(t, patience); code != exitDone {
			t.Errorf("exit %d\n%s", code, &follow.stderr)
		}
		t.Logf("%d builds, %d of them killed, %d met another; %d releases; one build takes %v", rounds, kills, held, len(releases), took.Round(time.Millisecond))
	})
}

// TestABuildThatHasNoRoom leaves the lake as it was, wherever its writes fail, and what the follower serves too.
func TestABuildThatHasNoRoom(t *testing.T) {
	t.Parallel()
	s := newBuilt(t, rand.New(rand.NewPCG(seeded(t), 18)))
	s.bills(5)
	s.build()
	before := s.files()
	s.bills(20000)
	for _, kilobytes := range []int{0, 1, 8, 64} {
		line := fmt.Sprintf("ulimit -f %d; exec \"$@\"", kilobytes) // the largest file that it may write
		cmd := exec.Command("bash", append([]string{"-c", line, "bash", program}, s.args("build", "--lake", s.lake)...)...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Fatalf("a build wrote its files in %d kB", kilobytes)
		}
		if after := s.files(); after != before {
			t.Errorf("%d kB: the gold was\n%s, and is\n%s after\n%s", kilobytes, before, after, out)
		}
	}
	s.build()
	if s.wholeOrBuilding(0) || s.files() == before {
		t.Error("the build after them made nothing")
	}
}

// built is a lake of one raw table, and a model that makes three tables of it, with as many rows each.
type built struct {
	t            testing.TB
	random       *rand.Rand
	lake, models string
	duckdb       string
}

func newBuilt(t testing.TB, random *rand.Rand) *built {
	t.Helper()
	s := &built{t: t, random: random, lake: t.TempDir(), models: t.TempDir(), duckdb: storetest.DuckDB(t)}
	texts := map[string]string{
		"model.yaml":           "name: stall\ntitle: {en: Stall}\nbuild:\n  sources:\n    bills: {columns: {id: whole, amount: number}}\n",
		"sql/silver/bills.sql": "SELECT b.id, b.amount FROM bronze.bills b ORDER BY b.id\n",
	}
	for _, name := range []string{"sales", "returns", "stock"} {
		texts["contracts/"+name+".odcs.yaml"] = "apiVersion: v3.1.0\nkind: DataContract\nid: stall." + name + "\nversion: 1.0.0\nstatus: active\nschema:\n  - name: " + name +
			"\n    properties:\n      - {name: id, logicalType: integer, required: true, primaryKey: true}\n      - {name: amount, logicalType: number, required: true}\n"
		texts["sql/gold/"+name+".sql"] = "SELECT b.id, b.amount FROM silver.bills b ORDER BY b.id\n"
	}
	for name, text := range texts {
		s.write(filepath.Join(s.models, "stall", filepath.FromSlash(name)), text)
	}
	return s
}

func (s *built) write(name, text string) {
	s.t.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err = errors.Join(err, os.WriteFile(name+".new", []byte(text), 0o600), os.Rename(name+".new", name)); err != nil {
		s.t.Fatal(err)
	}
}

// bills writes n raw rows.
func (s *built) bills(n int) {
	var b strings.Builder
	b.WriteString("id,amount\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d\n", i, n)
	}
	s.write(filepath.Join(s.lake, "bronze", "bills.csv"), b.String())
}

// args returns the arguments of a command of the model.
func (s *built) args(command string, more ...string) []string {
	args := append([]string{command, "--models", s.models, "--model", "stall"}, more...)
	if command != "publish" {
		args = append(args, "--duckdb", s.duckdb)
	}
	return args
}

// build builds the lake.
func (s *built) build() time.Duration {
	s.t.Helper()
	began := time.Now()
	mustCLI(s.t, s.args("build", "--lake", s.lake)...)
	return time.Since(began)
}

// together begins two builds at once, and returns how many found the other one at work.
func (s *built) together() (held int) {
	s.t.Helper()
	one, other := launch(s.t, s.args("build", "--lake", s.lake)...), launch(s.t, s.args("build", "--lake", s.lake)...)
	for _, run := range []*running{one, other} {
		switch code := run.exit(s.t, patience); {
		case code == exitUnavailable && strings.Contains(run.stderr.String(), "is being built by "):
			held++
		case code != exitDone:
			s.t.Errorf("exit %d\n%s", code, &run.stderr)
		}
	}
	if held > 1 {
		s.t.Error("each of two builds waits for the other")
	}
	return held
}

// wholeOrBuilding fails where the gold is neither as its build lists it nor says that a build is at work, and returns whether it says so.
func (s *built) wholeOrBuilding(round int) bool {
	s.t.Helper()
	folder := filepath.Join(s.lake, "gold")
	if _, err := os.Stat(filepath.Join(folder, gold.BuildingFile)); err == nil {
		return true
	}
	data, err := os.ReadFile(filepath.Join(folder, gold.BuiltFile))
	var record gold.BuildRecord
	if err = errors.Join(err, json.Unmarshal(data, &record)); err != nil {
		s.t.Fatal(err)
	}
	for _, table := range record.Tables {
		for _, f := range table.Files {
			content, err := os.ReadFile(filepath.Join(s.lake, table.Stage, filepath.FromSlash(f.Path)))
			if sum := sha256.Sum256(content); err != nil || hex.EncodeToString(sum[:]) != f.SHA256 {
				s.t.Errorf("round %d: %s/%s is not as the build made it: %v", round, table.Stage, f.Path, err)
			}
		}
	}
	return false
}

// files lists what the lake's gold and silver hold.
func (s *built) files() string {
	s.t.Helper()
	var b strings.Builder
	for _, stage := range []string{"gold", "silver", "quarantine"} {
		err := filepath.WalkDir(filepath.Join(s.lake, stage), func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || e.Name() == "_build.lock" { // which names who held it last
				if errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				return err
			}
			content, err := os.ReadFile(name)
			fmt.Fprintf(&b, "%s %x\n", name, sha256.Sum256(content))
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return b.String()
}

// many writes so many raw files and runs them, and returns the arguments of runs that find nothing changed.
func (s *built) many(files int) []string {
	for i := range files {
		s.write(filepath.Join(s.lake, "bronze", "bills", fmt.Sprintf("%05d.csv", i)), fmt.Sprintf("id,amount\n%d,%d\n", i, i))
	}
	old := time.Now().Add(-time.Minute) // what was just written may be written again without a trace
	err := filepath.WalkDir(filepath.Join(s.lake, "bronze"), func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(name, old, old))
	})
	if err != nil {
		s.t.Fatal(err)
	}
	args := s.args("run", "--lake", s.lake, "--store", sqlitePlace(s.t).store)
	began := time.Now()
	if out := mustCLI(s.t, args...); !strings.Contains(out, "release 1") {
		s.t.Fatal(out)
	}
	s.t.Logf("the first run of %d files took %v", files, time.Since(began).Round(time.Millisecond))
	time.Sleep(2 * time.Second) // as for the gold that was written
	mustCLI(s.t, args...)
	return args
}

// TestARunOfAnUnchangedLakeIsShort: where nothing changed, a lake of many files is built and published within half a second.
func TestARunOfAnUnchangedLakeIsShort(t *testing.T) {
	files := int(knob(t, "GOLDSERVE_TEST_FILES", 1000))
	args := newBuilt(t, rand.New(rand.NewPCG(seeded(t), 19))).many(files)
	least := time.Hour
	for range 5 {
		began := time.Now()
		out := mustCLI(t, args...)
		least = min(least, time.Since(began))
		if !strings.Contains(out, "nothing to do") {
			t.Fatal(out)
		}
	}
	t.Logf("a run without changes took %v", least.Round(time.Millisecond))
	if least > 500*time.Millisecond {
		t.Errorf("%v: more than half a second", least)
	}
}

// TestTenThousandRawFilesAreBuiltInTheDefaultMemory: the engine doesn't hold something of each file.
func TestTenThousandRawFilesAreBuiltInTheDefaultMemory(t *testing.T) {
	newBuilt(t, rand.New(rand.NewPCG(seeded(t), 19))).many(10_000)
}

// TestARunFollowsTheRawFiles: what is new is built and published, and no build that fails ends it.
func TestARunFollowsTheRawFiles(t *testing.T) {
	t.Parallel()
	s := newBuilt(t, rand.New(rand.NewPCG(seeded(t), 20)))
	p := sqlitePlace(t)
	s.bills(3)
	run := launch(t, s.args("run", "--watch", "50ms", "--allow-shrink", "--lake", s.lake, "--store", p.store)...)
	var store gold.Store
	current := func(rows int) {
		t.Helper()
		waitFor(t, fmt.Sprint(rows, " rows"), func() bool {
			if run.over(time.Millisecond) {
				t.Fatalf("it ended by itself: %d\n%s", run.code(), &run.stderr)
			}
			if _, err := os.Stat(strings.TrimPrefix(p.store, "sqlite:")); store == nil && err == nil {
				store = openPlace(t, p)
			}
			if store == nil {
				return false
			}
			r, err := store.Resolve(t.Context(), gold.Selector{Model: "stall"})
			return err == nil && r.Version("stock").Rows == int64(rows)
		})
	}
	current(3)
	s.write(filepath.Join(s.lake, "bronze", "bills.csv"), "id,price\n1,2\n")
	waitFor(t, "the failure", func() bool { return strings.Contains(run.stdout.String(), "not published, and the last release stays") })
	time.Sleep(500 * time.Millisecond)
	if out := run.stdout.String(); strings.Count(out, "not published") != 1 || !strings.Contains(out, "amount") {
		t.Errorf("a raw file without a column:\n%s", out)
	}
	s.bills(7)
	current(7)
	if err := os.Remove(filepath.Join(s.lake, "gold", "stock.parquet")); err != nil { // which the next turn builds again
		t.Fatal(err)
	}
	waitFor(t, "the table that was removed", func() bool {
		_, err := os.Stat(filepath.Join(s.lake, "gold", "stock.parquet"))
		return err == nil
	})
	run.signal(syscall.SIGTERM)
	if code := run.exit(t, patience); code != exitDone {
		t.Errorf("exit %d\n%s", code, &run.stderr)
	}
}
