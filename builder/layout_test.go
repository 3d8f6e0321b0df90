package builder_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/landing"
	"goldserve/builder/place"
	"goldserve/gold"
	"goldserve/gold/lake/dir"
)

// stream is a lake of orders, one raw file for each slice.
type stream struct{ *shop }

func newStream(t *testing.T) *stream {
	t.Helper()
	s := &stream{newShop(t)}
	s.build = &gold.Build{
		Sources: []gold.RawSource{{Name: "orders", Files: []string{"orders*.csv"}, Columns: []gold.RawColumn{
			{Name: "id", Kind: gold.RawWhole}, {Name: "total", Kind: gold.RawMoney}, {Name: "note", Kind: gold.RawText},
		}}},
		Retention: gold.BuildRetention{Gold: 10 * time.Second},
	}
	must(t, os.RemoveAll(filepath.Join(s.folder, "bronze")))
	s.sql = map[string]string{
		"silver/orders_clean.sql": "-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}.csv\n" +
			"SELECT o._slice, o.id, o.total, o.note FROM (SELECT b.*, row_number() OVER (PARTITION BY b.id ORDER BY b._slice DESC NULLS LAST, b._line DESC) AS nth\n" +
			"FROM bronze.orders b) o WHERE o.nth = 1 ORDER BY o._slice NULLS FIRST, o.id",
		"gold/sales.sql": "-- goldserve:\n--   format: csv\n--   file: sales/sales_{ts}.csv\n" +
			"SELECT sum(o.total) AS total, count(*) AS n FROM silver.orders_clean o",
		"gold/list.sql": "-- goldserve: {format: json}\nSELECT o.id FROM silver.orders_clean o ORDER BY o.id",
	}
	return s
}

func (s *stream) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.folder, "bronze", name)
	must(s.t, os.MkdirAll(filepath.Dir(file), 0o750))
	must(s.t, os.WriteFile(file, []byte(text), 0o600))
}

func (s *stream) run(t *testing.T, o builder.Options) (*builder.Report, error) {
	t.Helper()
	bronze, err := dir.Open(filepath.Join(s.folder, "bronze"))
	must(t, err)
	t.Cleanup(func() { _ = bronze.Close() })
	b := s.builder()
	at := func(name string) builder.Place {
		p, err := place.NewFolder(filepath.Join(s.folder, name))
		must(t, err)
		t.Cleanup(func() { _ = p.Close() })
		return p
	}
	b.Lander = landing.New(landing.Config{
		Bronze: bronze, Path: filepath.Join(s.folder, "bronze"), Folder: filepath.Join(s.folder, "_landed"), Raw: at("bronze"), Carried: at("_carried"),
	})
	return b.Run(t.Context(), o, builder.Progress{})
}

// tables returns the text files of silver and gold, with what they hold.
func (s *stream) tables(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name := range s.files() {
		if stage, _, _ := strings.Cut(name, "/"); (stage == "silver" || stage == "gold") && !strings.HasPrefix(filepath.Base(name), "_") {
			text, err := os.ReadFile(filepath.Join(s.folder, name))
			must(t, err)
			found[name] = string(text)
		}
	}
	return found
}

func TestOneFileForEachSlice(t *testing.T) {
	t.Parallel()
	s := newStream(t)
	s.write("orders.csv", "id,total,note\n1,1.5,\"a \"\"b\"\"\nc\"\n")
	s.write("orders_20251113T103500.csv", "id,total,note\n2,2,x\n3,3,\n")
	s.write("orders_20251113T103505.csv", "id,total,note\n4,4,z\n")
	_, err := s.run(t, builder.Options{})
	must(t, err)
	want := map[string]string{
		"silver/orders_clean.csv":                 "id,total,note\n1,1.5000,\"a \"\"b\"\"\nc\"\n",
		"silver/orders_clean_20251113T103500.csv": "id,total,note\n2,2.0000,x\n3,3.0000,\n",
		"silver/orders_clean_20251113T103505.csv": "id,total,note\n4,4.0000,z\n",
		"gold/sales/sales_20251113T103505.csv":    "total,n\n10.5000,4\n",
		"gold/list.json":                          "[\n{\"id\":1},\n{\"id\":2},\n{\"id\":3},\n{\"id\":4}\n]\n",
	}
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	// A later slice replaces an order of an older one: that one's file changes, the others are left alone.
	before := s.stamp(t, "silver/orders_clean_20251113T103505.csv")
	s.write("orders_20251113T103510.csv", "id,total,note\n2,20,y\n")
	_, err = s.run(t, builder.Options{})
	must(t, err)
	want["silver/orders_clean_20251113T103500.csv"] = "id,total,note\n3,3.0000,\n"
	want["silver/orders_clean_20251113T103510.csv"] = "id,total,note\n2,20.0000,y\n"
	want["gold/sales/sales_20251113T103510.csv"] = "total,n\n28.5000,4\n"
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("a later slice: -want +got\n%s", diff)
	}
	if after := s.stamp(t, "silver/orders_clean_20251113T103505.csv"); !after.Equal(before) {
		t.Errorf("a file that is as it was was written again: at %s, was %s", after, before)
	}

	// Files of gold that are older than 10 s beside the newest slice go, and so does what no slice gives any more.
	must(t, os.Remove(filepath.Join(s.folder, "bronze/orders_20251113T103505.csv")))
	s.write("orders_20251113T103520.csv", "id,total,note\n9,1,\n")
	_, err = s.run(t, builder.Options{})
	must(t, err)
	delete(want, "silver/orders_clean_20251113T103505.csv")
	delete(want, "gold/sales/sales_20251113T103505.csv")
	want["silver/orders_clean_20251113T103520.csv"] = "id,total,note\n9,1.0000,\n"
	want["gold/sales/sales_20251113T103520.csv"] = "total,n\n25.5000,4\n"
	want["gold/list.json"] = "[\n{\"id\":1},\n{\"id\":2},\n{\"id\":3},\n{\"id\":9}\n]\n"
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("old files: -want +got\n%s", diff)
	}
	if r, err := s.run(t, builder.Options{}); err != nil || len(r.Built) > 0 {
		t.Errorf("nothing changed: %v, %v", r, err)
	}

	// A file that is missing or was changed is made again.
	must(t, os.Remove(filepath.Join(s.folder, "silver/orders_clean_20251113T103500.csv")))
	r, err := s.run(t, builder.Options{})
	must(t, err)
	if len(r.Built) == 0 || r.Tables[0].Why != "orders_clean_20251113T103500.csv is missing in the lake" {
		t.Errorf("a missing file: %+v", r.Tables[0])
	}
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("a missing file: -want +got\n%s", diff)
	}

	// A build that was broken off left a file of a slice.
	for _, name := range []string{"gold/_building", "silver/orders_clean_20251113T103530.csv", "silver/other_20251113T103530.csv"} {
		must(t, os.WriteFile(filepath.Join(s.folder, name), []byte("{}"), 0o600))
	}
	_, err = s.run(t, builder.Options{})
	must(t, err)
	want["silver/other_20251113T103530.csv"] = "{}"
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("after a build that was broken off: -want +got\n%s", diff)
	}
	names := []string{}
	for _, f := range s.record().Tables[slices.IndexFunc(s.record().Tables, func(t gold.BuiltTable) bool { return t.Name == "sales" })].Past {
		names = append(names, f.Path)
	}
	if diff := cmp.Diff([]string{"sales/sales_20251113T103510.csv"}, names); diff != "" {
		t.Errorf("past files: -want +got\n%s", diff)
	}
}

// A build of gold alone reads the files of silver as they lie there, and makes what a build of all does.
func TestGoldIsBuiltOfSilverAsItLies(t *testing.T) {
	t.Parallel()
	s := newStream(t)
	s.sql["gold/slices.sql"] = "SELECT o._slice, o.id, o.total, o.note FROM silver.orders_clean o ORDER BY o.id"
	s.write("orders.csv", "id,total,note\n1,1.5,\"a \"\"b\"\"\nc\"\n")
	s.write("orders_20251113T103500.csv", "id,total,note\n2,2,x\n3,3,\n")
	s.write("orders_20251113T103505.csv", "id,total,note\n4,,\"NULL\"\n")
	_, err := s.run(t, builder.Options{})
	must(t, err)
	want, slices := s.tables(t), s.hash("gold/slices.parquet")
	must(t, os.RemoveAll(filepath.Join(s.folder, "gold/sales")))
	for _, name := range []string{"slices.parquet", "list.json"} {
		must(t, os.Remove(filepath.Join(s.folder, "gold", name)))
	}
	r, err := s.run(t, builder.Options{Select: []string{"gold"}})
	must(t, err)
	names := []string{}
	for _, b := range r.Built {
		names = append(names, b.Table.FullName())
	}
	if diff := cmp.Diff([]string{"gold.list", "gold.sales", "gold.slices"}, names); diff != "" {
		t.Errorf("built: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(want, s.tables(t)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := s.hash("gold/slices.parquet"); got != slices {
		t.Error("slices.parquet has other bytes")
	}

	// What isn't up to date is built.
	s.write("orders_20251113T103510.csv", "id,total,note\n2,20,y\n")
	r, err = s.run(t, builder.Options{Select: []string{"gold"}})
	must(t, err)
	if len(r.Built) != 4 || r.Built[0].Table.FullName() != "silver.orders_clean" {
		t.Errorf("after a new slice: %+v", r.Built)
	}
}

func (s *stream) hash(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, name))
	must(s.t, err)
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

func (s *stream) stamp(t *testing.T, name string) time.Time {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.folder, name))
	must(t, err)
	return info.ModTime()
}

func TestWhatFilesOfSlicesNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql, want string }{
		{"the rows' order", "-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}.csv\nSELECT o._slice, o.id FROM bronze.orders o ORDER BY o.id", "begin the ORDER BY with it"},
		{"the column", "-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}.csv\nSELECT o.id, o._slice FROM bronze.orders o ORDER BY o.id", "needs _slice as its first column"},
		{"a time", "-- goldserve:\n--   format: jsonl\n--   file: orders_clean_{slice}.jsonl\nSELECT o.note AS _slice, o.id FROM bronze.orders o ORDER BY o.id", `", which is no time in whole seconds: expected`},
		{"Parquet", "-- goldserve:\n--   file: orders_clean_{slice}.parquet\nSELECT 1 AS x", "expected one of csv, jsonl and json as the format"},
		{"another name", "-- goldserve:\n--   format: csv\n--   file: all_{slice}.csv\nSELECT 1 AS x", "orders_clean_{slice}.csv"},
		{"another folder", "-- goldserve:\n--   format: csv\n--   file: ../orders_clean_{slice}.csv\nSELECT 1 AS x", "begins with the table's"},
		{"no slice", "-- goldserve:\n--   format: csv\n--   file: orders_clean.csv\nSELECT 1 AS x", "expected one of {slice}"},
		{"two of them", "-- goldserve:\n--   format: csv\n--   file: orders_clean_{slice}_{ts}.csv\nSELECT 1 AS x", "expected one of {slice}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStream(t)
			s.write("orders_20251113T103500.csv", "id,total,note\n2,2,x\n")
			s.write("orders_20251113T103505.csv", "id,total,note\n1,2,y\n3,1,x\n")
			s.sql = map[string]string{"silver/orders_clean.sql": c.sql, "gold/x.sql": "SELECT 1 AS one"}
			if c.name == "the rows' order" {
				s.write("orders_20251113T103500.csv", "id,total,note\n2,2,x\n4,1,y\n")
			}
			_, err := s.readSQL()
			if err == nil {
				_, err = s.run(t, builder.Options{})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if tables := s.tables(t); len(tables) > 0 {
				t.Errorf("the lake has %v", tables)
			}
		})
	}
}

func TestNoSliceForAFileNamedByOne(t *testing.T) {
	t.Parallel()
	s := newStream(t)
	s.write("orders.csv", "id,total,note\n2,2,x\n")
	if _, err := s.run(t, builder.Options{}); err == nil || !strings.Contains(err.Error(), "has a time in its name") {
		t.Errorf("got %v", err)
	}
}
