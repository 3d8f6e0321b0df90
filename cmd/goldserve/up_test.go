package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// sheet is a table of a test's lake: its columns, and rows with a value or nil for each.
type sheet struct {
	columns []string
	rows    [][]any
}

// write writes the sheet as a Parquet file, at once.
func (s *sheet) write(t *testing.T, name string) {
	t.Helper()
	group := parquet.Group{}
	for at, column := range s.columns {
		node := parquet.String()
		for _, row := range s.rows {
			switch row[at].(type) {
			case int64:
				node = parquet.Int(64)
			case float64:
				node = parquet.Leaf(parquet.DoubleType)
			}
		}
		group[column] = parquet.Optional(node)
	}
	sorted := slices.Sorted(slices.Values(s.columns)) // as a group orders its columns
	var out bytes.Buffer
	w := parquet.NewWriter(&out, parquet.NewSchema("sheet", group))
	for _, values := range s.rows {
		row := make(parquet.Row, len(sorted))
		for k, column := range sorted {
			if v := values[slices.Index(s.columns, column)]; v == nil {
				row[k] = parquet.NullValue().Level(0, 0, k)
			} else {
				row[k] = parquet.ValueOf(v).Level(0, 1, k)
			}
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// sum adds up the numbers of a column; ok is false where it holds none.
func (s *sheet) sum(column string) (total float64, ok bool) {
	at := slices.Index(s.columns, column)
	for _, row := range s.rows {
		switch v := row[at].(type) {
		case int64:
			total, ok = total+float64(v), true
		case float64:
			total, ok = total+v, true
		case string:
			return 0, false
		}
	}
	return total, ok
}

// newSheet makes a table that looks like a shop's.
func newSheet(random *rand.Rand, rows int) *sheet {
	s := &sheet{columns: []string{"id", "amount", "pieces", "city", "note"}}
	for range rows {
		s.append(random)
	}
	return s
}

func (s *sheet) append(random *rand.Rand) {
	row := make([]any, len(s.columns))
	for at, column := range s.columns {
		switch column {
		case "id":
			row[at] = int64(len(s.rows)*10 + 1)
		case "amount":
			row[at] = float64(random.IntN(10000)) / 4
		case "city":
			row[at] = []string{"Rome", "Oslo", "Lima"}[random.IntN(3)]
		case "note":
			row[at] = strings.Repeat("ab ", random.IntN(40)) + fmt.Sprint(random.IntN(1000))
		default:
			row[at] = int64(random.IntN(50))
		}
		for _, other := range s.rows { // of the kind that the column has by now
			switch n, whole := row[at].(int64); other[at].(type) {
			case string:
				row[at] = fmt.Sprint(row[at])
			case float64:
				if whole {
					row[at] = float64(n)
				}
			default:
				continue
			}
			break
		}
	}
	s.rows = append(s.rows, row)
}

// edits are what people do to a table, and what of the guesses that breaks.
var edits = map[string]func(s *sheet, random *rand.Rand){
	"more rows": func(s *sheet, random *rand.Rand) {
		for range 1 + random.IntN(30) {
			s.append(random)
		}
	},
	"fewer rows": func(s *sheet, random *rand.Rand) { s.rows = s.rows[:1+random.IntN(len(s.rows))] },
	"a row twice": func(s *sheet, random *rand.Rand) {
		s.rows = append(s.rows, slices.Clone(s.rows[random.IntN(len(s.rows))]))
	},
	"a value less": func(s *sheet, random *rand.Rand) {
		s.rows[random.IntN(len(s.rows))][random.IntN(len(s.columns))] = nil
	},
	"another value": func(s *sheet, random *rand.Rand) {
		if at := slices.Index(s.columns, "city"); at >= 0 {
			s.rows[random.IntN(len(s.rows))][at] = fmt.Sprint("City ", random.IntN(1000))
		}
	},
	"a column more": func(s *sheet, random *rand.Rand) {
		s.columns = append(s.columns, fmt.Sprint("more_", len(s.columns), "_", random.IntN(1000)))
		for i := range s.rows {
			s.rows[i] = append(s.rows[i], int64(i%7))
		}
	},
	"a column less": func(s *sheet, random *rand.Rand) {
		if len(s.columns) < 3 {
			return
		}
		at := random.IntN(len(s.columns))
		s.columns = slices.Delete(s.columns, at, at+1)
		for i := range s.rows {
			s.rows[i] = slices.Delete(s.rows[i], at, at+1)
		}
	},
	"fractions": func(s *sheet, _ *rand.Rand) {
		s.convert("pieces", func(v any) any {
			n, ok := v.(int64)
			if !ok {
				return v
			}
			return float64(n) + 0.5
		})
	},
	"texts": func(s *sheet, _ *rand.Rand) { s.convert("pieces", func(v any) any { return fmt.Sprint(v) }) },
	"addresses": func(s *sheet, random *rand.Rand) {
		s.convert("note", func(any) any { return fmt.Sprintf("a%d@example.org", random.IntN(1000)) })
	},
	"other columns first": func(s *sheet, _ *rand.Rand) {
		slices.Reverse(s.columns)
		for _, row := range s.rows {
			slices.Reverse(row)
		}
	},
}

// convert changes all values of a column.
func (s *sheet) convert(column string, value func(any) any) {
	at := slices.Index(s.columns, column)
	if at < 0 {
		return
	}
	for _, row := range s.rows {
		if row[at] != nil {
			row[at] = value(row[at])
		}
	}
}

// startUp runs goldserve up and returns its address and its screen. The test's end stops it.
func startUp(t *testing.T, args ...string) (base string, out *lines) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out = &lines{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"up", "--listen", "127.0.0.1:0", "--poll", "15ms"}, args...), out, out)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitDone {
			t.Errorf("up: exit %d\n%s", code, out)
		}
	})
	address := regexp.MustCompile(`http://[^/\s]+`)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text := out.String(); strings.Contains(text, "goldserve init") {
			return address.FindString(text), out
		}
	}
	t.Fatalf("up does not serve:\n%s", out)
	return "", nil
}

// servesLake compares what is served with the lake: rows and sums of every table.
func servesLake(t *testing.T, base string, lake map[string]*sheet) error {
	t.Helper()
	var datasets struct {
		Data []struct {
			Name     string
			Rows     int
			Inferred bool
		}
	}
	if err := fetchJSON(t, base+"/datasets", &datasets); err != nil {
		return err
	}
	if len(datasets.Data) != len(lake) {
		return fmt.Errorf("%d datasets, want %d", len(datasets.Data), len(lake))
	}
	for _, d := range datasets.Data {
		s := lake[d.Name]
		if s == nil || d.Rows != len(s.rows) || !d.Inferred {
			return fmt.Errorf("%+v, want %v", d, s)
		}
		for _, column := range s.columns {
			want, ok := s.sum(column)
			if !ok {
				continue
			}
			var answer struct {
				Data []struct{ Total float64 }
			}
			if err := fetchJSON(t, base+"/datasets/"+d.Name+"/aggregate?measures=total:sum("+column+")", &answer); err != nil {
				return err
			}
			if len(answer.Data) != 1 || math.Abs(answer.Data[0].Total-want) > 1e-9*math.Max(1, math.Abs(want)) {
				return fmt.Errorf("the sum of %s.%s is %v, want %v", d.Name, column, answer.Data, want)
			}
		}
	}
	return nil
}

func fetchJSON(t *testing.T, url string, to any) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", url, response.StatusCode, body)
	}
	return json.Unmarshal(body, to)
}

// TestUpFollowsALakeThroughFiftyEdits: whatever is done to the files, what is served becomes what they hold, by no one's help.
func TestUpFollowsALakeThroughFiftyEdits(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(15, seed))
	folder := filepath.Join(t.TempDir(), "market", "gold")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	lake := map[string]*sheet{"sales": newSheet(random, 120), "returns": newSheet(random, 60)}
	file := func(name string) string { return filepath.Join(folder, name+".parquet") }
	for name, s := range lake {
		s.write(t, file(name))
	}
	base, out := startUp(t, folder, "--store", "sqlite:"+filepath.Join(t.TempDir(), "up.db"))
	if text := out.String(); !strings.Contains(text, "market: 2 datasets in "+folder) {
		t.Errorf("the screen:\n%s", text)
	}
	var did []string
	names := []string{"a file more", "a file less", "half a file"}
	for name := range edits {
		names = append(names, name)
	}
	slices.Sort(names)
	for n := range 50 {
		tables := make([]string, 0, len(lake))
		for name := range lake {
			tables = append(tables, name)
		}
		slices.Sort(tables)
		table, edit := tables[random.IntN(len(tables))], names[random.IntN(len(names))]
		switch {
		case edit == "a file more":
			table = fmt.Sprint("table", n)
			lake[table] = newSheet(random, random.IntN(40))
			lake[table].write(t, file(table))
		case edit == "a file less" && len(lake) > 1:
			delete(lake, table)
			if err := os.Remove(file(table)); err != nil {
				t.Fatal(err)
			}
		case edit == "half a file": // what was served stays, until the file is whole
			whole, err := os.ReadFile(file(table))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file(table), whole[:len(whole)/2], 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			if err := servesLake(t, base, lake); err != nil {
				t.Errorf("beside half a file: %v", err)
			}
			lake[table].write(t, file(table))
		case edits[edit] != nil && len(lake[table].rows) > 0:
			edits[edit](lake[table], random)
			lake[table].write(t, file(table))
		}
		did = append(did, table+": "+edit)
		var err error
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if err = servesLake(t, base, lake); err == nil || time.Now().After(end) {
				break
			}
		}
		if err != nil {
			t.Fatalf("after %s: %v\n%s", strings.Join(did, "; "), err, out)
		}
	}
	if testing.Verbose() {
		t.Log(out.String())
	}
}

// TestUpHasAStoreOfItsOwn: stores that variables name are left alone, and init finds what is served.
func TestUpHasAStoreOfItsOwn(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("GOLDSERVE_STORE", "mongodb://127.0.0.1:1/elsewhere")
	t.Setenv("MONGO_URI", "mongodb://127.0.0.1:1/elsewhere")
	folder := filepath.Join(t.TempDir(), "stand", "gold")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	lake := map[string]*sheet{"sales": newSheet(random, 30)}
	lake["sales"].write(t, filepath.Join(folder, "sales.parquet"))
	base, _ := startUp(t, folder)
	if err := servesLake(t, base, lake); err != nil {
		t.Error(err)
	}
	if stores, err := filepath.Glob(filepath.Join(cache, "goldserve", "lakes", "*.db")); err != nil || len(stores) != 1 {
		t.Errorf("stores in the cache folder: %v %v", stores, err)
	}
	whole, err := os.ReadFile(filepath.Join(folder, "sales.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "sales.parquet"), whole[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	again, out := startUp(t, folder)
	if text := out.String(); !strings.Contains(text, "is not published, and the last release is served: sales.parquet: it ends with") {
		t.Errorf("a start beside half a file:\n%s", text)
	}
	if err := servesLake(t, again, lake); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "sales.parquet"), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	models := filepath.Join(t.TempDir(), "models")
	if out := mustCLI(t, "init", folder, "--model", "stand", "--models", models); !strings.Contains(out, "--store sqlite:"+cache) {
		t.Errorf("init:\n%s", out)
	}
	code, _, stderr := cli(t, "up", folder, "--listen", "0.0.0.0:8080")
	if code != exitUsage || !strings.Contains(stderr, "up serves this machine only") {
		t.Errorf("beyond this machine: exit %d, %s", code, stderr)
	}
}

// TestUpTellsOfAFileThatCantBeReadOnce: a new file that is none is named once, all else is served on, and it is served once it is
// whole.
func TestUpTellsOfAFileThatCantBeReadOnce(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "stall", "gold")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	lake := map[string]*sheet{"sales": newSheet(random, 30)}
	lake["sales"].write(t, filepath.Join(folder, "sales.parquet"))
	base, out := startUp(t, folder, "--store", "sqlite:"+filepath.Join(t.TempDir(), "up.db"))
	wait := func(what string, reached func() bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !reached(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s:\n%s", what, out)
			}
		}
	}
	told := func() int { return strings.Count(out.String(), "prices is left out: prices.parquet: ") }
	served := func() bool { return servesLake(t, base, lake) == nil }

	if err := os.WriteFile(filepath.Join(folder, "prices.parquet"), []byte("no table at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	wait("the new file is not told", func() bool { return told() == 1 })
	lake["sales"].append(random)
	lake["sales"].write(t, filepath.Join(folder, "sales.parquet"))
	wait("sales are not served on", served)
	if n := told(); n != 1 {
		t.Errorf("the file is told %d times:\n%s", n, out)
	}
	lake["prices"] = newSheet(random, 5)
	lake["prices"].write(t, filepath.Join(folder, "prices.parquet"))
	wait("the whole file is not served", served)
	if n := told(); n != 1 {
		t.Errorf("the file is told %d times:\n%s", n, out)
	}
}
