package columnar

import (
	"path/filepath"
	"testing"
	"time"

	"goldserve/gold"
)

// shop is the model of these tests.
const shop = "shop"

// sales is a dataset that is accelerated; it looks up the country of its client, who is optional.
func sales() gold.Dataset {
	d := gold.Dataset{
		Model: shop, Name: "sales", Key: []string{"id"}, MaxLimit: 1000, Accelerate: true,
		Lookups: []gold.Lookup{{Dataset: "clients", On: "client", Key: "client", Fields: []string{"country"}}},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int, Filters: []gold.Op{gold.Eq}},
			{Name: "client", Kind: gold.Int, Nullable: true, Filters: []gold.Op{gold.Eq}},
			{Name: "amount", Kind: gold.Double, Nullable: true},
			{Name: "product", Kind: gold.Text, Nullable: true},
			{Name: "at", Kind: gold.Time},
		},
	}
	d.DefaultSort = d.TotalSort(nil)
	return d
}

func clients() gold.Dataset {
	d := gold.Dataset{Model: shop, Name: "clients", Key: []string{"client"}, MaxLimit: 1000, Fields: []gold.Field{
		{Name: "client", Kind: gold.Int}, {Name: "country", Kind: gold.Text, Nullable: true},
	}}
	d.DefaultSort = d.TotalSort(nil)
	return d
}

// saleRows returns n sales; those of another seed have other amounts.
func saleRows(n, seed int) *gold.Batch {
	b := gold.NewBatch(sales().Fields, n)
	for i := range n {
		row := []gold.Value{
			gold.NewInt(int64(10 * i)), gold.NewInt(int64(i % 5 * 2)), gold.NewDouble(float64(i%11*seed) / 10),
			gold.NewText([]string{"Tray", "Mug", "tea set"}[i%3]), gold.NewTime(int64(i) * 90_000_000),
		}
		if i%7 == 0 {
			row[1], row[2], row[3] = gold.Value{}, gold.Value{}, gold.Value{}
		}
		b.AppendRow(row...)
	}
	return b
}

// clientRows returns the clients 0, 2 and 4; 2 has no country, and 6 and 8 are no clients.
func clientRows() *gold.Batch {
	b := gold.NewBatch(clients().Fields, 3)
	b.AppendRow(gold.NewInt(0), gold.NewText("France"))
	b.AppendRow(gold.NewInt(2), gold.Value{})
	b.AppendRow(gold.NewInt(4), gold.NewText("Italie"))
	return b
}

// version is what is published of a dataset.
type version struct {
	gold.Dataset
	id      string
	rows    *gold.Batch
	replace bool
}

// publish makes versions the current release of the shop; those that are there already are shared.
func publish(t testing.TB, s gold.Store, versions ...version) *gold.Release {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lease, err := s.Acquire(t.Context(), shop, "test", time.Minute)
	check(err)
	state, err := s.State(t.Context(), shop)
	check(err)
	r := &gold.Release{Model: shop, AsOf: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)}
	for _, v := range versions {
		if sealed := sealedVersion(state, v.id); sealed != nil && !v.replace {
			r.Versions = append(r.Versions, *sealed)
			continue
		}
		loader, err := s.Load(t.Context(), gold.Load{Lease: *lease, Dataset: v.Dataset, ID: v.id, Replace: v.replace})
		check(err)
		check(loader.Append(t.Context(), v.rows))
		sealed, err := loader.Seal(t.Context(), gold.Version{Rows: int64(v.rows.Rows)})
		check(err)
		r.Versions = append(r.Versions, *sealed)
	}
	publication := gold.Publication{Lease: *lease, Release: r}
	if state.Current != nil {
		publication.From = state.Current.Number
	}
	r, err = s.Publish(t.Context(), publication)
	check(err)
	err = s.Release(t.Context(), *lease, &gold.Attempt{Outcome: "published"})
	check(err)
	return r
}

func sealedVersion(state *gold.State, id string) *gold.Version {
	for i := range state.Sealed {
		if state.Sealed[i].ID == id {
			return &state.Sealed[i]
		}
	}
	return nil
}

// id makes the id of a version, which is as long as a hash.
func id(name string) string { return (name + "000000000000000000000000")[:24] }

func newStore(t testing.TB) gold.Store {
	t.Helper()
	s := openSQLite(t, filepath.Join(t.TempDir(), "gold.db"))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// current asks a reader for the shop's current release.
func current(t testing.TB, r gold.Reader) *gold.Release {
	t.Helper()
	release, err := r.Resolve(t.Context(), gold.Selector{Model: shop})
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// until waits for a condition, which poll looks for.
func until(t testing.TB, what string, poll func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !poll(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 30 s: not %s", what)
		}
	}
}
