package landing

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	places "goldserve/builder/place"
	"goldserve/gold"
)

func TestFindsTheFilesOfSources(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{
		"orders.csv", "orders_20251113T103500.csv", "orders_items_20251113.csv", "orders_items.csv", "orders/b.jsonl", "orders/a.csv.gz", "orders/notes.txt", "orders/_x.csv",
		"orders_old.parquet/part-00000.parquet", "orders_old.parquet/_SUCCESS", "orderstale.csv", "in/x_1.dat", "in/deep/x_2.dat", "orders.md",
	} {
		b.write(name, name)
	}
	x := source("x")
	x.Files, x.Reading = []string{"in/x_*.dat", "in/*/x_*.dat"}, gold.Reading{Format: gold.CSV}
	found, err := b.lander.Find(t.Context(), []gold.RawSource{source("orders"), source("orders_items"), x})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"orders.csv", "orders/a.csv.gz", "orders/b.jsonl", "orders_20251113T103500.csv", "orders_old.parquet/part-00000.parquet"},
		{"orders_items.csv", "orders_items_20251113.csv"},
		{"in/deep/x_2.dat", "in/x_1.dat"},
	}
	for i := range found {
		var names []string
		for _, f := range found[i].Files {
			names = append(names, f.Name)
		}
		if diff := cmp.Diff(want[i], names); diff != "" {
			t.Errorf("%s: %s", found[i].Source.Name, diff)
		}
	}
	// printf %s orders.csv | sha256sum
	if got := found[0].Files[0].SHA256; got != "0eb8b631122e627dff688fd995a8fa4bcbc9d913c4af241f3fc2a1d76a3d7ff0" {
		t.Errorf("orders.csv has the hash %s", got)
	}
	if got := found[0].Files[3].Slice; got != "2025-11-13T10:35:00Z" {
		t.Errorf("slice %q", got)
	}
}

func TestNamesWithLineBreaksAreFound(t *testing.T) {
	b := newBench(t)
	b.write("orders_a\nb.csv", "id\n1\n")
	found, err := b.lander.Find(t.Context(), []gold.RawSource{source("orders")})
	if err != nil || len(found[0].Files) != 1 {
		t.Errorf("%+v %v", found, err)
	}
}

func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	b := newBench(t)
	s := source("orders", "id whole", "name text")
	b.write("orders.csv", "id,name\n1,a\n")
	b.write("orders_2.csv", "id,name\n2,b\n")
	_, first, landed, err := b.land(s)
	if err != nil || landed.Written != 2 || landed.Rows != 2 {
		t.Fatal(landed, err)
	}
	clear(b.read)
	_, again, landed, err := b.land(s)
	if err != nil || len(b.read) > 0 || landed.Written != 0 || again[0].ID != first[0].ID {
		t.Fatal(b.read, landed, err)
	}
	b.write("orders_2.csv", "id,name\n3,b\n")
	sources, changed, landed, err := b.land(s)
	if err != nil || b.read["orders.csv"] > 0 || landed.Written != 1 || changed[0].ID == first[0].ID {
		t.Fatal(b.read, landed, err)
	}
	if diff := cmp.Diff([]string{"orders.csv|1|a|2|∅", "orders_2.csv|3|b|2|∅"}, b.rows(&sources[0])); diff != "" {
		t.Error(diff)
	}
	// What was landed of the earlier file goes; what was removed comes again.
	if err := b.lander.Tidy(t.Context(), changed); err != nil || len(b.landedFiles()) != 4 {
		t.Error(b.landedFiles(), err)
	}
	if err := os.RemoveAll(b.lander.config.Folder); err != nil {
		t.Fatal(err)
	}
	if _, same, landed, err := b.land(s); err != nil || landed.Written != 2 || same[0].ID != changed[0].ID {
		t.Error(landed, err)
	}
}

func TestALandedFileThatIsDamagedIsLandedAnew(t *testing.T) {
	for name, fetch := range map[string]bool{"orders.csv": false, "orders.parquet": true} {
		b := newBench(t)
		b.lander.config.Fetch = fetch
		if fetch {
			b.parquet(name, []gold.Field{{Name: "id", Kind: gold.Int}}, []gold.Value{gold.NewInt(1)})
		} else {
			b.write(name, "id\n1\n")
		}
		s := source("orders", "id whole")
		sources, _, _, err := b.land(s)
		if err != nil {
			t.Fatal(err)
		}
		landed := sources[0].Files[0].Path
		whole, err := os.ReadFile(landed)
		if err != nil {
			t.Fatal(err)
		}
		long := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(landed, long, long); err != nil {
			t.Fatal(err)
		}
		if _, _, again, err := b.land(s); err != nil || again.Written != 0 {
			t.Errorf("%s with another time: %+v %v", name, again, err)
		}
		for what, damaged := range map[string][]byte{"a changed byte": slices.Concat(whole[:9], []byte{whole[9] ^ 1}, whole[10:]), "half of it": whole[:len(whole)/2], "nothing": {}} {
			if err := os.WriteFile(landed, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(landed, long, long); err != nil {
				t.Fatal(err)
			}
			_, _, again, err := b.land(s)
			now, failed := os.ReadFile(landed)
			if err != nil || failed != nil || again.Written != 1 || !bytes.Equal(now, whole) {
				t.Errorf("%s: %s: %+v %v %v", name, what, again, err, failed)
			}
		}
		clear(b.read)
		if _, _, again, err := b.land(s); err != nil || again.Written != 0 || len(b.read) > 0 {
			t.Errorf("%s: %+v, read %v %v", name, again, b.read, err)
		}
	}
}

func TestEqualFilesAreLandedBoth(t *testing.T) {
	b := newBench(t)
	b.write("orders.csv", "id\n1\n")
	b.write("orders_2.csv", "id\n1\n")
	sources, _, landed, err := b.land(source("orders", "id whole"))
	if err != nil || landed.Written != 2 || sources[0].Files[0].Path == sources[0].Files[1].Path {
		t.Error(sources, landed, err)
	}
}

func TestFilesThatWereJustWrittenAreHashedAgain(t *testing.T) {
	b := newBench(t)
	b.lander.now = time.Now
	b.write("orders.csv", "id\n1\n")
	for want := range 2 {
		if _, err := b.lander.Find(t.Context(), []gold.RawSource{source("orders", "id whole")}); err != nil || b.read["orders.csv"] != want+1 {
			t.Fatal(b.read, err)
		}
	}
}

func TestAFileThatChangedMeanwhileEndsTheBuild(t *testing.T) {
	b := newBench(t)
	b.write("orders.csv", "id\n1\n")
	found, err := b.lander.Find(t.Context(), []gold.RawSource{source("orders", "id whole")})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.lander.Unchanged(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	b.write("orders.csv", "id\n2\n")
	if err := b.lander.Unchanged(t.Context(), found); gold.CodeOf(err) != gold.CodeSourceChanged {
		t.Error(err)
	}
	if _, err := b.lander.Land(t.Context(), found, nil); gold.CodeOf(err) != gold.CodeSourceChanged {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(b.root, "bronze", "orders.csv")); err != nil {
		t.Fatal(err)
	}
	if err := b.lander.Unchanged(t.Context(), found); gold.CodeOf(err) != gold.CodeSourceChanged {
		t.Error(err)
	}
}

var people = []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "nom", Kind: gold.Text, Nullable: true}, {Name: "spent", Kind: gold.Decimal, Scale: 2}, {Name: "at", Kind: gold.Time}}

func person(id int64, nom string) []gold.Value {
	return []gold.Value{gold.NewInt(id), gold.NewText(nom), gold.NewIntegral(gold.Decimal, 110), gold.NewTime(1_700_000_000_000)}
}

func TestParquetFilesGoAsTheyAre(t *testing.T) {
	b := newBench(t)
	b.parquet("people.parquet", people, person(1, "Ann"))
	b.parquet("people/part-1.parquet", people[:3], person(2, "Bob")[:3])
	s := source("people", "id whole", "nom text", "spent money")
	sources, _, landed, err := b.land(s)
	if err != nil || landed.Written != 0 {
		t.Fatal(landed, err)
	}
	bronze := filepath.Join(b.root, "bronze")
	want := builder.Source{
		Name: "people", Columns: []builder.Column{{Name: "id", Kind: gold.RawWhole, Stored: builder.StoredWhole}, {Name: "nom", Kind: gold.RawText, Stored: builder.StoredText}, {Name: "spent", Kind: gold.RawMoney, Stored: builder.StoredDecimal}},
		Files: []builder.File{{Path: filepath.Join(bronze, "people.parquet"), Name: "people.parquet"}, {Path: filepath.Join(bronze, "people/part-1.parquet"), Name: "people/part-1.parquet"}},
	}
	if diff := cmp.Diff(want, sources[0]); diff != "" {
		t.Error(diff)
	}
	clear(b.read)
	if _, _, _, err := b.land(s); err != nil || len(b.read) > 0 {
		t.Errorf("footers are read again: %v, %v", b.read, err)
	}
	// A text file among them has all of them landed.
	b.write("people_3.csv", "id,nom,spent\n3,Carl,1.5\n")
	sources, _, _, err = b.land(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"people.parquet|1|Ann|1.10|1|∅", "people/part-1.parquet|2|Bob|1.10|1|∅", "people_3.csv|3|Carl|1.5|2|∅"}, b.rows(&sources[0])); diff != "" {
		t.Error(diff)
	}
}

func TestFilesOfOtherWidthsAreUneven(t *testing.T) {
	b := newBench(t)
	b.parquet("p.parquet", []gold.Field{{Name: "d", Kind: gold.Decimal, Scale: 2}}, []gold.Value{gold.NewIntegral(gold.Decimal, 110)})
	b.parquet("p_2.parquet", []gold.Field{{Name: "d", Kind: gold.Decimal, Scale: 4}}, []gold.Value{gold.NewIntegral(gold.Decimal, 110)})
	sources, _, _, err := b.land(source("p", "d money"))
	if err != nil || !sources[0].Uneven {
		t.Error(sources, err)
	}
}

// No name, address or key lies in anything that landing makes, or says.
func TestPersonalDataAreMaskedBeforeAnythingElseSeesThem(t *testing.T) {
	b := newBench(t)
	columns := []string{"id whole", "nom text first_letter", "email text hmac", "phone text null"}
	secret := []string{"Dupo", "Duponteau", "Xylandre", "duponteau@", "example.org", "0612345678", string(key)}
	b.write("a.csv", "id,nom,email,phone\n1, Duponteau,Duponteau@Example.org ,0612345678\n2,,  ,\nXylandre,Duponteau\n3,\"Duponteau\"x,a@example.org,1\n4,Xylandre\xff,é,é\n5,é,é,é\n")
	b.write("b.jsonl", "{\"id\": 1, \"nom\": \"Xylandre\", \"email\": \"duponteau@example.org\", \"phone\": \"0612345678\"}\nDuponteau\n")
	fields := []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "nom", Kind: gold.Text}, {Name: "email", Kind: gold.Text}, {Name: "phone", Kind: gold.Text}}
	b.parquet("c.parquet", fields, []gold.Value{gold.NewInt(7), gold.NewText("Xylandre"), gold.NewText("Duponteau@example.org"), gold.NewText("0612345678")})
	// Python: hmac.new(key, b"v1|shop.NAME|email|duponteau@example.org", "sha256").hexdigest()[:32]
	want := map[string][]string{
		"a": {"a.csv|1|D|e3fa7a5eab0aeb2cd6ac2aa0df97a869|∅|2|∅", "a.csv|2|∅|∅|∅|3|∅", "a.csv|∅|∅|∅|∅|4|field_count", "a.csv|∅|∅|∅|∅|5|quotes", "a.csv|∅|∅|∅|∅|6|encoding", "a.csv|5|é|03a891d19eedcf0effea37fab151452c|∅|7|∅"},
		"b": {"b.jsonl|1|X|b08288da292d6f133980701530d33ce9|∅|1|∅", "b.jsonl|∅|∅|∅|∅|2|not_json"},
		"c": {"c.parquet|7|X|dbaae6edeb93f2821e6d685ca1bb7c1a|∅|1|∅"},
	}
	var said bytes.Buffer
	for name, rows := range want {
		sources, found, landed, err := b.land(source(name, columns...))
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(rows, b.rows(&sources[0])); diff != "" {
			t.Error(diff)
		}
		fmt.Fprint(&said, found, landed, sources)
	}
	_, _, _, err := b.land(source("a", append(slices.Clone(columns), "missing text hmac")...))
	fmt.Fprint(&said, err)
	b.write("d.csv", "id,nom,email,phone\n1,Duponteau,\x00\n")
	_, _, _, err = b.land(source("d", columns...))
	fmt.Fprintf(&said, "%+v", err)
	if err == nil {
		t.Error("a zero byte is taken")
	}
	for name, text := range map[string]string{
		"e.csv": "Duponteau,Xylandre\n1,2\n", "f.jsonl": "{\"Duponteau\": 1}\n", "g.parquet": "Duponteau,Xylandre and more, Duponteau\n", "h.json": "[Duponteau", "i.csv": "\"Xylandre\xff\",Duponteau\n",
		"j.csv": "\"Xylandre\"Duponteau\n",
	} {
		b.write(name, text)
		_, _, _, err := b.land(source(name[:1], columns[1:]...))
		if err == nil {
			t.Errorf("%s is taken", name)
		}
		fmt.Fprintf(&said, "%+v", err)
		t.Log(err)
	}
	for _, name := range b.landedFiles() {
		content, err := os.ReadFile(filepath.Join(b.lander.config.Folder, name))
		if err != nil {
			t.Fatal(err)
		}
		said.WriteString(name)
		said.Write(content)
	}
	for _, s := range secret {
		if strings.Contains(strings.ToLower(said.String()), strings.ToLower(s)) {
			t.Errorf("%q is in what was landed or said", s)
		}
	}
}

func TestHMACNeedsAKey(t *testing.T) {
	b := newBench(t)
	b.lander.config.HMACKey = key[:31]
	b.write("a.csv", "email\nx\n")
	if _, _, _, err := b.land(source("a", "email text hmac")); gold.CodeOf(err) != gold.CodeContractInvalid {
		t.Error(err)
	}
}

func TestTheTreatmentIsPartOfWhatIsLanded(t *testing.T) {
	b := newBench(t)
	b.write("a.csv", "x,y\nNA,2\n")
	ids := map[string]string{}
	for what, s := range map[string]gold.RawSource{
		"as it is": source("a", "x text"), "masked by a plain hash": source("a", "x text sha256_truncated"), "another column": source("a", "x text", "y text"), "masked": source("a", "x text hmac"), "masked otherwise": source("a", "x text first_letter"),
		"NA is null": {Name: "a", Files: []string{"a.csv"}, Reading: gold.Reading{Null: []string{"NA"}}, Columns: []gold.RawColumn{{Name: "x", Kind: gold.RawText}}},
	} {
		sources, found, landed, err := b.land(s)
		if err != nil || landed.Written != 1 {
			t.Fatal(what, landed, err)
		}
		if other, ok := ids[found[0].ID]; ok {
			t.Errorf("%s has the identity of %s", what, other)
		}
		ids[found[0].ID] = what
		if what == "NA is null" && b.rows(&sources[0])[0] != "a.csv|∅|2|∅" {
			t.Error(b.rows(&sources[0]))
		}
	}
	b.lander.config.HMACKey = bytes.Repeat([]byte("x"), 32)
	if _, found, landed, err := b.land(source("a", "x text hmac")); err != nil || landed.Written != 1 || ids[found[0].ID] != "" {
		t.Error("another key gives the same", landed, err)
	}
}

func TestProblemsOfSources(t *testing.T) {
	whole := gold.Field{Name: "id", Kind: gold.Int}
	for _, c := range []struct {
		what  string
		write func(b *bench)
		of    gold.RawSource
		code  gold.Code
		says  []string
	}{
		{"no file", func(b *bench) { b.write("order.csv", "id\n1\n") }, source("orders", "id whole"), gold.CodeBuildSourceMissing, []string{"orders", "order.csv"}},
		{"a file of another format", func(b *bench) { b.write("orders.xlsx", "x") }, source("orders", "id whole"), gold.CodeBuildSourceMissing, []string{"orders.xlsx", "can't be read"}},
		{"a missing column of CSV", func(b *bench) { b.write("o.csv", "idd,x\n1,2\n") }, source("o", "id whole"), gold.CodeBuildSchema, []string{"o.csv", "id", "idd"}},
		{"of JSON", func(b *bench) { b.write("o.jsonl", "{\"idd\": 1}\n"); b.write("o_2.jsonl", "") }, source("o", "id whole"), gold.CodeBuildSchema, []string{"o.jsonl", "id", "idd"}},
		{"of Parquet", func(b *bench) { b.parquet("o.parquet", people, person(1, "x")) }, source("o", "idd whole"), gold.CodeBuildSchema, []string{"o.parquet", "idd", "did you mean id?"}},
		{"two files that disagree", func(b *bench) {
			b.parquet("o.parquet", []gold.Field{whole}, []gold.Value{gold.NewInt(1)})
			b.parquet("o_2.parquet", []gold.Field{{Name: "id", Kind: gold.Text}}, []gold.Value{gold.NewText("1")})
		}, source("o", "id whole"), gold.CodeBuildSchema, []string{"o.parquet", "o_2.parquet", "id", "text", "whole"}},
		{"a type that a kind can't be read from", func(b *bench) { b.parquet("o.parquet", people, person(1, "x")) }, source("o", "at whole"), gold.CodeBuildSchema, []string{"o.parquet", "at", "whole", "timestamps"}},
		{"no row in any file", func(b *bench) { b.write("o.csv", "id\n"); b.write("o_2.csv", "id\n") }, source("o", "id whole"), gold.CodeBuildSchema, []string{"2 files", "o.csv"}},
		{"no Parquet", func(b *bench) { b.write("o.parquet", "PAR1 and no more") }, source("o", "id whole"), gold.CodeFileInvalid, []string{"o.parquet"}},
		{"an empty file", func(b *bench) { b.write("o.csv", "") }, source("o", "id whole"), gold.CodeFileInvalid, []string{"o.csv"}},
	} {
		b := newBench(t)
		c.write(b)
		_, _, _, err := b.land(c.of)
		if gold.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for _, words := range c.says {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %q isn't in %v", c.what, words, err)
			}
		}
	}
}

func TestAKeyOfJSONMayBeMissingInAFile(t *testing.T) {
	b := newBench(t)
	b.write("o.jsonl", "{\"id\": 1}\n")
	b.write("o_2.jsonl", "{\"id\": 2, \"x\": 1.10}\n")
	sources, _, _, err := b.land(source("o", "id whole", "x text"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"o.jsonl|1|∅|1|∅", "o_2.jsonl|2|1.10|1|∅"}, b.rows(&sources[0])); diff != "" {
		t.Error(diff)
	}
}

func TestParquetFilesAreFetched(t *testing.T) {
	b := newBench(t)
	b.lander.config.Fetch = true
	b.parquet("people.parquet", people, person(1, "Ann"))
	sources, _, landed, err := b.land(source("people", "id whole"))
	if err != nil || landed.Written != 1 || sources[0].Files[0].Landed || sources[0].Columns[0].Stored != builder.StoredWhole {
		t.Fatal(sources, landed, err)
	}
	raw, _ := os.ReadFile(filepath.Join(b.root, "bronze", "people.parquet"))
	if copied, err := os.ReadFile(sources[0].Files[0].Path); err != nil || !bytes.Equal(raw, copied) {
		t.Error(err)
	}
}

// TestAPlanWritesNothing: files are found without anything being remembered of them.
func TestAPlanWritesNothing(t *testing.T) {
	b := newBench(t)
	b.write("c.csv", "id\n1\n")
	b.lander.config.ReadOnly = true
	source := gold.RawSource{Name: "c", Files: []string{"c.*"}, Columns: []gold.RawColumn{{Name: "id", Kind: gold.RawWhole}}}
	found, err := b.lander.Find(t.Context(), []gold.RawSource{source})
	if err != nil || len(found) != 1 || found[0].Files[0].SHA256 == "" {
		t.Errorf("found %+v: %v", found, err)
	}
	if _, err := os.Stat(b.lander.config.Folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there: %v", b.lander.config.Folder, err)
	}
}

// Landed files lie in another place for an engine elsewhere, and none of them on this machine.
func TestLandedFilesAreSharedWithAnEngineElsewhere(t *testing.T) {
	b := newBench(t)
	shared, err := places.NewFolder(filepath.Join(b.root, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shared.Close() }()
	b.lander.config.Shared = shared
	b.write("clients.csv", "id,email\n1,ann@example.com\n")
	b.write("achats.csv", "id\n1\n")
	clients, achats := source("clients", "id whole", "email text hmac"), source("achats", "id whole")
	var paths []string
	check := func(what string, written int) {
		t.Helper()
		found, raw, landed, err := b.land(clients, achats)
		if err != nil || landed.Written != written {
			t.Fatalf("%s: %+v, %v", what, landed, err)
		}
		paths = nil
		for _, s := range found {
			if path := s.Files[0].Path; !strings.HasPrefix(path, shared.String()+"/"+s.Name+"/") || !s.Files[0].Landed {
				t.Errorf("%s: %+v", what, s.Files[0])
			}
			if _, err := os.Stat(s.Files[0].Path); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			paths = append(paths, s.Files[0].Path)
		}
		here, err := filepath.Glob(filepath.Join(b.lander.config.Folder, "*", "*"))
		if err != nil || len(here) > 0 {
			t.Errorf("%s: on this machine lie %v, %v", what, here, err)
		}
		if err := b.lander.Tidy(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	check("at first", 1)
	check("again", 0)
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	check("one is lost", 1)
	stays := filepath.Join(shared.String(), "clients", "mine.parquet")
	if err := os.WriteFile(stays, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := paths[1]
	b.write("achats.csv", "id\n2\n")
	check("another", 1)
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not used any more: %v", err)
	}
	if _, err := os.Stat(stays); err != nil {
		t.Error(err)
	}
}
