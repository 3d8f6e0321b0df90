package infer

import (
	"bytes"
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold/lake"
	"goldserve/gold/lake/object/objecttest"
)

// asking is a lake in memory that tells how much of each of its files was read.
type asking struct {
	*objecttest.Bucket
	mu   sync.Mutex
	read map[string]int
}

func newAsking(t *testing.T, folder string) *asking {
	a := &asking{Bucket: objecttest.BucketOf(t, folder), read: map[string]int{}}
	a.OnRead = func(_ context.Context, name string, _ int, p []byte, _ int64) (int, bool, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.read[name] += len(p)
		return 0, false, nil
	}
	return a
}

// infer returns the contracts, and how many bytes of each file were read for them.
func (a *asking) infer(t *testing.T, memory *Memory) (map[string]string, map[string]int) {
	t.Helper()
	a.read = map[string]int{}
	m, err := Infer(t.Context(), lake.New(a), Options{Name: "shop", Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	files, err := m.written()
	if err != nil {
		t.Fatal(err)
	}
	return files, a.read
}

// TestOnlyChangedFilesAreReadAgain: with a memory, the contracts are those that all rows give, and of files that are unchanged no
// more than the footers is read.
func TestOnlyChangedFilesAreReadAgain(t *testing.T) {
	a := newAsking(t, sample)
	var memory Memory
	first, whole := a.infer(t, &memory)
	again, footers := a.infer(t, &memory)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the contracts of unchanged files differ:\n%s", diff)
	}
	for name, bytes := range footers {
		if bytes >= whole[name]*2/3 {
			t.Errorf("%s: %d bytes are read again of %d", name, bytes, whole[name])
		}
	}

	rows, err := parquet.Read[country](bytes.NewReader(a.Content("ca_country.parquet")), int64(len(a.Content("ca_country.parquet"))))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	a.Put("ca_country.parquet", fileOf(t, rows))
	again, read := a.infer(t, &memory)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the contracts of the same rows differ:\n%s", diff)
	}
	for name, bytes := range read {
		if name != "ca_country.parquet" && bytes > footers[name] {
			t.Errorf("%s: %d bytes are read, and its footer takes %d", name, bytes, footers[name])
		}
	}
	changed := read["ca_country.parquet"]
	if _, read = a.infer(t, &memory); read["ca_country.parquet"] >= changed {
		t.Errorf("the changed file is read whole once more: %d bytes, and %d before", read["ca_country.parquet"], changed)
	}
}

type country struct {
	Pays string  `parquet:"pays"`
	CA   float64 `parquet:"ca"`
}

func fileOf[T any](t *testing.T, rows []T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := parquet.Write(&out, rows); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestAMemoryChangesNoContract: whatever happens to the files, an inference with a memory finds what one without finds.
func TestAMemoryChangesNoContract(t *testing.T) {
	a := newAsking(t, sample)
	kept := func(name string) []byte { return bytes.Clone(a.Content(name + ".parquet")) }
	facts, clients, monthly := kept("fact_achats"), kept("dim_clients"), kept("ca_monthly")
	var memory Memory
	for n, edit := range []func(){
		func() {},
		func() { a.Put("ca_country.parquet", fileOf(t, []country{{"France", 1}, {"France", 2}})) }, // no key, no aggregate
		func() { a.Remove("dim_clients.parquet") },                                                 // no relationship
		func() { a.Put("ca_monthly.parquet", facts) },                                              // the same rows twice
		func() { a.Put("fact_achats.parquet", clients) },                                           // other columns by a known name
		func() { a.Put("dim_clients.parquet", clients); a.Put("ca_monthly.parquet", monthly) },
		func() { a.Put("fact_achats.parquet", facts) },
		func() { a.Put("ca_product.parquet", []byte("no table")) },
		func() {
			a.Put("ca_product.parquet", fileOf(t, []struct {
				Product string  `parquet:"product"`
				Part    float64 `parquet:"part"`
			}{{"A", math.Inf(1)}, {"B", 2}})) // a column that no field holds
		},
		func() {},
	} {
		edit()
		with, _ := a.infer(t, &memory)
		without, _ := a.infer(t, nil)
		if diff := cmp.Diff(without, with); diff != "" {
			t.Errorf("after edit %d:\n%s", n, diff)
		}
	}
}
