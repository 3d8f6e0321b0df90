package columnar

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"goldserve/gold"
)

// manyGroups is a dataset of which almost every row is a group: of integers, of texts, and of doubles.
func manyGroups(t *testing.T, rows int) (*Reader, *gold.Version) {
	t.Helper()
	v := &gold.Version{ID: "1", Location: "many", Rows: int64(rows), Dataset: gold.Dataset{
		Model: shop, Name: "many", Key: []string{"id"}, Accelerate: true,
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int}, {Name: "d", Kind: gold.Double, Nullable: true}, {Name: "s", Kind: gold.Text}, {Name: "far", Kind: gold.Int},
		},
	}}
	r, err := New(failing{}, Config{Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	builders := make([]*builder, len(v.Dataset.Fields))
	for i, f := range v.Dataset.Fields {
		builders[i] = newBuilder(f, false, rows)
	}
	random := rand.New(rand.NewPCG(3, 4))
	batch := gold.NewBatch(v.Dataset.Fields, batchRows)
	for row := 0; row < rows; {
		batch.Reset()
		for ; batch.Rows < batchRows && row < rows; row++ {
			d := gold.NewDouble(math.Round(random.NormFloat64()*1e5) / 100)
			if row%1000 == 0 {
				d = gold.Value{}
			}
			batch.AppendRow(gold.NewInt(int64(row/2)), d, gold.NewText(fmt.Sprintf("%x-%d", random.Int64N(1<<60), row/2)), gold.NewInt(random.Int64()-random.Int64()))
		}
		if err := add(builders, batch); err != nil {
			t.Fatal(err)
		}
	}
	r.keep(v, newSnapshot(builders, rows, grid{block: 1 << 13, chunk: 1 << 9, indexed: 1_000}))
	return r, v
}

// failing is a store that answers nothing.
type failing struct{ gold.Reader }

var errStore = errors.New("the store was asked")

func (failing) Aggregate(context.Context, gold.Aggregation) (gold.Rows, error) { return nil, errStore }

func (failing) Rows(context.Context, gold.Query) (gold.Rows, error) { return nil, errStore }

// greedy are questions of many groups and dear measures.
func greedy(v *gold.Version) map[string]gold.Aggregation {
	measures := []gold.Measure{
		{Func: gold.Sum, Field: "d", As: "sum"},
		{Func: gold.CountDistinct, Field: "s", As: "texts"},
		{Func: gold.Median, Field: "d", As: "median"},
		{Func: gold.Min, Field: "s", As: "first"},
		{Func: gold.Count, As: "rows"},
		{Func: gold.Avg, Field: "id", As: "mean"},
		{Func: gold.CountDistinct, Field: "d", As: "numbers"},
	}
	largest := []gold.Sort{{Field: "sum", Desc: true}}
	questions := map[string]gold.Aggregation{
		"the first by a measure":           {Group: []gold.Group{{Field: "s"}, {Field: "id"}}, Measures: measures, Sort: largest, Limit: 10},
		"the first by a group":             {Group: []gold.Group{{Field: "id"}}, Measures: measures, Sort: []gold.Sort{{Field: "id", Desc: true}}, Limit: 7},
		"of keys of several words":         {Group: []gold.Group{{Field: "d"}, {Field: "s"}, {Field: "far"}}, Measures: measures, Sort: largest, Limit: 10},
		"with a condition on a measure":    {Group: []gold.Group{{Field: "s"}}, Measures: measures, Having: []gold.Predicate{{Field: "sum", Op: gold.Lt, Values: []gold.Value{gold.NewDouble(-2500)}}}, Limit: 20},
		"of filtered rows":                 {Group: []gold.Group{{Field: "far"}}, Measures: measures, Where: []gold.Predicate{{Field: "d", Op: gold.Gt, Values: []gold.Value{gold.NewDouble(0)}}}, Sort: largest, Limit: 10},
		"of many, no order but the groups": {Group: []gold.Group{{Field: "far"}}, Measures: measures[:1], Limit: 3},
	}
	for name, a := range questions {
		a.Version = v
		questions[name] = a
	}
	return questions
}

// TestGroupsThatOutgrowTheirMemoryAreComputedInParts asks with so little memory that the groups don't fit at once; the
// answers are those of unbounded memory.
func TestGroupsThatOutgrowTheirMemoryAreComputedInParts(t *testing.T) {
	r, v := manyGroups(t, 60_000)
	for name, a := range greedy(v) {
		t.Run(name, func(t *testing.T) {
			want, err := readRows(func(ctx context.Context) (gold.Rows, error) { return r.Aggregate(ctx, a) })
			if err != nil || len(want) == 0 {
				t.Fatalf("%v, %d groups", err, len(want))
			}
			memory := gold.NewMemory(1 << 20)
			got, err := readRows(func(ctx context.Context) (gold.Rows, error) {
				return r.Aggregate(gold.WithShare(ctx, memory.Share()), a)
			})
			if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%v, %v, expected %v", err, got, want)
			}
			if held := memory.Held(); held != 0 {
				t.Errorf("%d bytes are held by nobody", held)
			}
		})
	}
}

// TestQuestionsThatFitNowhereAreTheStores asks for more than the memory holds, however it is cut.
func TestQuestionsThatFitNowhereAreTheStores(t *testing.T) {
	r, v := manyGroups(t, 50_000)
	for name, ask := range map[string]func(ctx context.Context) (gold.Rows, error){
		"all groups": func(ctx context.Context) (gold.Rows, error) {
			return r.Aggregate(ctx, gold.Aggregation{Version: v, Group: []gold.Group{{Field: "far"}}, Measures: []gold.Measure{{Func: gold.Count}}})
		},
		"one median": func(ctx context.Context) (gold.Rows, error) {
			return r.Aggregate(ctx, gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Median, Field: "d"}}})
		},
		"all rows": func(ctx context.Context) (gold.Rows, error) {
			return r.Rows(ctx, gold.Query{Version: v, Sort: []gold.Sort{{Field: "d"}, {Field: "id"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			memory := gold.NewMemory(256 << 10)
			if _, err := readRows(func(ctx context.Context) (gold.Rows, error) { return ask(gold.WithShare(ctx, memory.Share())) }); !errors.Is(err, errStore) {
				t.Errorf("%v, expected %v", err, errStore)
			}
			other := memory.Share().Account()
			if err := other.Set(memory.Limit() + gold.Uncounted); err != nil {
				t.Fatal(err)
			}
			_, err := readRows(func(ctx context.Context) (gold.Rows, error) { return ask(gold.WithShare(ctx, memory.Share())) })
			if !errors.Is(err, gold.Crowded) && !errors.Is(err, errStore) {
				t.Errorf("%v beside others, expected %v", err, gold.Crowded)
			}
			other.Close()
			if held := memory.Held(); held != 0 {
				t.Errorf("%d bytes are held by nobody", held)
			}
		})
	}
	memory := gold.NewMemory(1 << 20)
	other := memory.Share().Account()
	if err := other.Set(memory.Limit() + gold.Uncounted); err != nil {
		t.Fatal(err)
	}
	a := gold.Aggregation{Version: v, Group: []gold.Group{{Field: "far"}}, Measures: []gold.Measure{{Func: gold.Count}}}
	if _, err := r.Aggregate(gold.WithShare(t.Context(), memory.Share()), a); !errors.Is(err, gold.Crowded) {
		t.Errorf("%v where others hold everything, expected %v", err, gold.Crowded)
	}
}

// TestManyGreedyQuestionsAtOnceAreRightOrRefused asks twelve at once in the memory of one.
func TestManyGreedyQuestionsAtOnceAreRightOrRefused(t *testing.T) {
	r, v := manyGroups(t, 20_000)
	questions := greedy(v)
	want := map[string][][]gold.Value{}
	for name, a := range questions {
		var err error
		if want[name], err = readRows(func(ctx context.Context) (gold.Rows, error) { return r.Aggregate(ctx, a) }); err != nil {
			t.Fatal(err)
		}
	}
	memory := gold.NewMemory(1 << 20)
	var all sync.WaitGroup
	var mu sync.Mutex
	right := 0
	for range 2 {
		for name, a := range questions {
			all.Go(func() {
				share := memory.Share()
				defer share.Release()
				got, err := readRows(func(ctx context.Context) (gold.Rows, error) { return r.Aggregate(gold.WithShare(ctx, share), a) })
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, gold.Crowded), errors.Is(err, errStore):
				case err != nil || !slices.EqualFunc(got, want[name], slices.Equal):
					t.Errorf("%s: %v, %v, expected %v", name, err, got, want[name])
				default:
					right++
				}
			})
		}
	}
	all.Wait()
	if right == 0 || memory.Held() != 0 {
		t.Errorf("%d answers, %d bytes are held by nobody", right, memory.Held())
	}
}

// TestWhatIsChargedIsWhatIsHeld compares what tables of groups say that they hold with what the heap grows by.
func TestWhatIsChargedIsWhatIsHeld(t *testing.T) {
	r, v := manyGroups(t, 200_000)
	s := r.snapshot(v)
	for _, m := range []gold.Measure{
		{Func: gold.Count},
		{Func: gold.Sum, Field: "d"},
		{Func: gold.Avg, Field: "d"},
		{Func: gold.Sum, Field: "id"},
		{Func: gold.Median, Field: "d"},
		{Func: gold.CountDistinct, Field: "s"},
		{Func: gold.CountDistinct, Field: "d"},
		{Func: gold.Min, Field: "s"},
		{Func: gold.Max, Field: "d"},
	} {
		t.Run(m.String(), func(t *testing.T) {
			a := &gold.Aggregation{Version: v, Group: []gold.Group{{Field: "far"}}, Measures: []gold.Measure{m}}
			terms, err := r.terms(s, a, gold.AccountsOf(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			measures, err := r.measures(s, a, gold.AccountsOf(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			before := heap()
			h, err := newHashed(nil, terms, measures, 0, 1, 0)
			if err == nil {
				err = (&selection{snapshot: s}).takeAll(t.Context(), h)
			}
			if err != nil {
				t.Fatal(err)
			}
			charged, _ := h.held()
			if really := heap() - before; charged < really*7/8 || charged > really*4/3 { // medians are charged for their sorting before
				t.Errorf("%d bytes are charged, %d are held", charged, really)
			}
			runtime.KeepAlive(h)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
