package builder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// aging is a stream to which slices of 5 s come, and beside it the same one whose files all stay.
type aging struct {
	t          *testing.T
	kept, aged *stream
	slices     int
}

func newAging(t *testing.T) *aging {
	t.Helper()
	a := &aging{t: t, kept: newStream(t), aged: newStream(t)}
	for _, s := range []*stream{a.kept, a.aged} {
		s.build.Retention.Gold = 0
		s.sql["gold/sales.sql"] = "SELECT sum(o.total) AS total, count(*) AS n FROM silver.orders_clean o"
		s.sql["gold/raw.sql"] = "SELECT o.id, o.note, o._file, o._slice, o._line FROM bronze.orders o ORDER BY o._file, o._line"
		s.sql["silver/orders_clean.sql"] = "-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}.csv\n--   quarantine: {source: orders, reasons: [duplicate]}\n" +
			"SELECT o._slice, o.id, o.total, o.note, o._file, o._line, CASE WHEN o.nth > 1 THEN 'duplicate' END AS reason\n" +
			"FROM (SELECT b.*, row_number() OVER (PARTITION BY b.id ORDER BY b._slice DESC NULLS LAST, b._line DESC) AS nth FROM bronze.orders b) o ORDER BY o._slice NULLS FIRST, o.id"
	}
	a.aged.build.Retention.Bronze, a.aged.build.Retention.Silver = time.Minute, 2*time.Minute
	return a
}

// come writes the next slices: each with two new orders, and one that was there 30 slices ago.
func (a *aging) come(n int) {
	a.t.Helper()
	for range n {
		i := a.slices
		a.slices++
		at := time.Date(2025, 11, 13, 10, 0, 5*i, 0, time.UTC)
		a.write("orders_"+at.Format(builder.SliceName)+".csv", fmt.Sprintf("id,total,note\n%d,%d.5,new\n%d,1,\"a, b\"\n%d,%d,late\n", 2*i, i, 2*i+1, max(2*i-60, 0), i))
	}
}

func (a *aging) write(name, text string) {
	a.t.Helper()
	for _, s := range []*stream{a.kept, a.aged} {
		s.write(name, text)
	}
}

// build builds both, and compares them: gold and quarantine are the same, silver is but for old slices.
func (a *aging) build(what string, o builder.Options) *builder.Report {
	a.t.Helper()
	_, err := a.kept.run(a.t, o)
	must(a.t, err)
	r, err := a.aged.run(a.t, o)
	must(a.t, err)
	want, got := map[string]string{}, map[string]string{}
	for files, of := range map[*map[string]string]*stream{&want: a.kept, &got: a.aged} {
		for name := range of.files() {
			stage, _, _ := strings.Cut(name, "/")
			if (stage == "gold" || stage == "quarantine" || stage == "silver") && !strings.HasPrefix(filepath.Base(name), "_") {
				(*files)[name] = of.hash(name)
			}
		}
	}
	oldest := "silver/orders_clean_" + time.Date(2025, 11, 13, 10, 0, 5*(a.slices-1)-120, 0, time.UTC).Format(builder.SliceName) + ".csv"
	for name := range want {
		if strings.HasPrefix(name, "silver/") && name < oldest {
			delete(want, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Fatalf("%s: -all files stay +old ones are removed\n%s", what, diff)
	}
	return r
}

func (a *aging) raw() []string {
	a.t.Helper()
	names, err := filepath.Glob(filepath.Join(a.aged.folder, "bronze", "*"))
	must(a.t, err)
	return names
}

// TestRetentionChangesNoFigure: raw files and files of silver that are too old go, and gold is what it is where they stay, duplicates of
// removed rows included; whatever is removed of what builds keep.
func TestRetentionChangesNoFigure(t *testing.T) {
	t.Parallel()
	a := newAging(t)
	a.come(10)
	if r := a.build("few files", builder.Options{}); len(r.Carried) > 0 {
		t.Errorf("removed %+v", r.Carried)
	}
	a.come(140)
	first := a.raw()
	r := a.build("many files", builder.Options{})
	if len(r.Carried) != 1 || len(r.Carried[0].Files) < 40 || len(a.raw()) != 150-len(r.Carried[0].Files) {
		t.Fatalf("%d raw files are left, removed %+v", len(a.raw()), r.Carried)
	}
	if r := a.build("nothing new", builder.Options{}); len(r.Built) > 0 {
		t.Errorf("removed raw files had %d tables built", len(r.Built))
	}
	a.come(50)
	a.write("orders_20251113T100001.csv", "id,total,note\n3,999,came late\n") // older than all that was removed
	r = a.build("more files, and a late one", builder.Options{})
	record := a.aged.record()
	carried, now := record.Sources[0].Carried, 0
	for _, of := range r.Carried {
		now += len(of.Files)
	}
	if carried < 60 || len(record.Sources[0].Files) != 201 || carried+now+len(a.raw()) != 201 {
		t.Errorf("the record has %d of %d files that were removed; %d went now, %d lie there", carried, len(record.Sources[0].Files), now, len(a.raw()))
	}
	i := 0
	for ; record.Tables[i].Name != "orders_clean"; i++ {
	}
	if of := record.Tables[i]; of.Aged < 100 || len(of.Files) > 26 {
		t.Errorf("the record has %d files of silver, and %d that were removed", len(of.Files), of.Aged)
	}
	must(t, os.RemoveAll(filepath.Join(a.aged.folder, "_landed")))
	a.build("without _landed", builder.Options{Full: true})
	a.build("gold alone", builder.Options{Full: true, Select: []string{"gold"}})

	// A raw file that a build which was broken off did not remove, is not read twice, and goes.
	name := filepath.Base(first[0])
	text, err := os.ReadFile(filepath.Join(a.kept.folder, "bronze", name))
	must(t, err)
	a.aged.write(name, string(text))
	before := len(a.raw())
	a.come(1)
	a.build("a raw file that was left", builder.Options{})
	if _, err := os.Stat(first[0]); err == nil || len(a.raw()) > before {
		t.Errorf("%s is still there", name)
	}
}

func TestWhatRetentionRefuses(t *testing.T) {
	t.Parallel()
	a := newAging(t)
	a.come(120)
	first := filepath.Base(a.raw()[0])
	if r := a.build("all", builder.Options{}); len(r.Carried) == 0 {
		t.Fatal("nothing was removed")
	}
	refused := func(what, want string) {
		t.Helper()
		if _, err := a.aged.run(t, builder.Options{Full: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	a.aged.write(first, "id,total,note\n1,2,other\n")
	refused("another file of the same name", first+" came again with other bytes")
	must(t, os.Remove(filepath.Join(a.aged.folder, "bronze", first)))

	columns := a.aged.build.Sources[0].Columns
	a.aged.build.Sources[0].Columns = append([]gold.RawColumn{{Name: "more", Kind: gold.RawText, Optional: true}}, columns...)
	refused("another column", "the source orders is read differently than when raw files of it were removed")
	a.aged.build.Sources[0].Columns = columns

	a.aged.build.Sources[0].Expect = []gold.Expectation{{Rule: gold.ExpectNotNull, Columns: []string{"id"}}}
	refused("an expectation", "what it expects, or what another source expects of it, can't be checked")
	a.aged.build.Sources[0].Expect = nil

	bundles, err := filepath.Glob(filepath.Join(a.aged.folder, "_carried/orders/*.parquet"))
	must(t, err)
	must(t, os.RemoveAll(filepath.Join(a.aged.folder, "_landed")))
	must(t, os.WriteFile(bundles[0], []byte("PAR1"), 0o600))
	refused("a bundle that was changed", "is missing or was changed: restore it")
}

// TestSourcesThatOthersExpectAreKept: the raw files of a source whose values another one refers to are read for that, and stay.
func TestSourcesThatOthersExpectAreKept(t *testing.T) {
	t.Parallel()
	a := newAging(t)
	for _, s := range []*stream{a.kept, a.aged} {
		s.build.Sources = append(s.build.Sources, gold.RawSource{
			Name: "notes", Files: []string{"notes*.csv"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}},
			Expect: []gold.Expectation{{Rule: gold.ExpectReference, Columns: []string{"id"}, Source: "orders", Column: "id"}},
		})
		s.sql["gold/notes.sql"] = "SELECT n.id FROM bronze.notes n ORDER BY n.id"
	}
	a.write("notes.csv", "id\n0\n7\n")
	a.come(120)
	for range 2 {
		if r := a.build("referred to", builder.Options{Full: true}); len(r.Carried) > 0 || len(a.raw()) != 121 {
			t.Fatalf("%d raw files are left, those of %d sources were removed", len(a.raw()), len(r.Carried))
		}
	}
}

// TestASourceThatIsNotLandedWaits: of a source whose landed files are gone nothing is removed, and other sources are what they would be.
func TestASourceThatIsNotLandedWaits(t *testing.T) {
	t.Parallel()
	a := newAging(t)
	for _, s := range []*stream{a.kept, a.aged} {
		s.build.Sources = append(s.build.Sources, gold.RawSource{Name: "more", Files: []string{"more*.csv"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}}})
		s.sql["gold/more.sql"] = "SELECT n.id, n._file FROM bronze.more n ORDER BY n._file, n.id"
	}
	for i := range 120 {
		a.write("more_"+time.Date(2025, 11, 13, 10, 0, 5*i, 0, time.UTC).Format(builder.SliceName)+".csv", fmt.Sprintf("id\n%d\n", i))
	}
	a.come(120)
	age := a.aged.build.Retention.Bronze
	a.aged.build.Retention.Bronze = 0
	a.build("all stay", builder.Options{})
	a.aged.build.Retention.Bronze = age
	must(t, os.RemoveAll(filepath.Join(a.aged.folder, "_landed", "more")))
	a.write("orders_20251113T100001.csv", "id,total,note\n3,999,came late\n")
	r := a.build("the other source", builder.Options{Select: []string{"sales+", "raw"}})
	if len(r.Carried) != 1 || r.Carried[0].Source != "orders" {
		t.Errorf("files of %d sources were removed", len(r.Carried))
	}
	if names, err := filepath.Glob(filepath.Join(a.aged.folder, "_carried", "_carried.json")); err != nil || len(names) != 1 {
		t.Errorf("%v %v", names, err)
	}
}
