package publisher

import (
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/storetest"
	"goldserve/models"
	"goldserve/test/fixture"
)

var update = flag.Bool("update", false, "write testdata/stored.txt anew")

// digesting takes the digest of the rows as they are stored, BI fields included.
type digesting struct {
	job    *job
	storer *storer
	digest gold.Digest
}

func (d *digesting) columns() []string { return d.job.dataset.FieldNames() }

func (d *digesting) add(_ int, b *gold.Batch, _ int64) error {
	stored := d.storer.store(b, 0)
	d.digest.Add(stored, len(stored.Columns))
	return nil
}

// digests returns those of all datasets that a lake has files of, by name.
func digests(t *testing.T, m *contract.Model, source *lake.Lake) map[string]string {
	t.Helper()
	p := New(Config{Logger: slog.New(slog.DiscardHandler), HMACKey: []byte("0123456789abcdef0123456789abcdef"), Workers: 1})
	in, err := p.open(t.Context(), Request{Model: m, Lake: source, Partial: true, NoSuccessFile: true}, nil)
	defer in.close()
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(in.unstored())
	found := map[string]string{}
	for _, it := range r.jobs {
		if it.absent != nil || slices.ContainsFunc(it.reads(), func(of *input) bool { return found[of.name()] == "" }) {
			continue
		}
		if err := r.deriveLookingUp(t.Context(), it); err != nil {
			t.Fatal(err)
		}
		d := &digesting{job: it, storer: newStorer(it.dataset, p.config.HMACKey)}
		if err := r.stream(t.Context(), it, d); err != nil {
			t.Fatal(err)
		}
		if err := readOnce(t, r, it); err != nil {
			t.Fatal(err)
		}
		found[it.name()] = fmt.Sprintf("%d rows %s", d.digest.Rows(), d.digest.String())
	}
	return found
}

// TestOtherStoredRowsNeedAnotherStorageFormat holds the rows that each writer's files become in a store: a change of code
// that stores others must increment storageFormat, or versions of old rows would be reused.
func TestOtherStoredRowsNeedAnotherStorageFormat(t *testing.T) {
	const golden = "testdata/stored.txt"
	all, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	retail := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })]
	lines := []string{fmt.Sprintf("format %d", storageFormat)}
	add := func(writer string, found map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(found)) {
			lines = append(lines, writer+"/"+name+" "+found[name])
		}
	}
	for _, writer := range []string{"duckdb", "pandas", "polars", "pyarrow-v2", "spark", "spark-hive"} {
		add(writer, digests(t, retail, fixture.OpenLake(t, filepath.Join(storetest.Shared(t), "data/writers", writer))))
	}
	add("keys", digests(t, modelOf(t, keysModel), keysLake(t)))
	add("scored", map[string]string{"sales": digests(t, modelOf(t, scoredKeysModel()), keysLake(t))["sales"]})
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("stored rows are others. Where code changed them, increment storageFormat; then run the test with -update (-want +got):\n%s", diff)
	}
}

// modelOf compiles a model that must be sound.
func modelOf(t *testing.T, texts map[string]string) *contract.Model {
	t.Helper()
	m := compile(texts)
	if m == nil {
		t.Fatal("the model is not sound")
	}
	return m
}
