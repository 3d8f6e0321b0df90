package builder_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// put writes a file of the lake.
func (s *shop) put(name, text string) {
	s.t.Helper()
	name = filepath.Join(s.folder, name)
	must(s.t, os.MkdirAll(filepath.Dir(name), 0o750))
	must(s.t, os.WriteFile(name, []byte(text), 0o600))
}

// TestARecordIsNotTrusted: what _build.json says removes no file but those of its own tables.
func TestARecordIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := "silver.clients silver.achats gold.totals gold.ca gold.clients"
	s.expect("at first", all)
	out := filepath.Join(filepath.Dir(s.folder), "victim")
	file := func(path string) []gold.BuildFile { return []gold.BuildFile{{Path: path}} }
	for what, table := range map[string]gold.BuiltTable{
		"outside":        {Stage: "gold", Name: "zz", Files: file("../../victim")},
		"raw":            {Stage: "silver", Name: "zz", Files: file("../bronze/clients.parquet")},
		"quarantine":     {Stage: "silver", Name: "zz", Quarantine: file("../../victim")},
		"another's":      {Stage: "gold", Name: "zz", Files: file("ours.parquet")},
		"no stage":       {Stage: "bronze", Name: "clients", Files: file("clients.parquet")},
		"the name":       {Stage: "gold", Name: "..", Files: file("../bronze")},
		"no path":        {Stage: "gold", Name: "zz", Files: file("")},
		"the folder":     {Stage: "gold", Name: "zz", Files: file(".")},
		"no single form": {Stage: "gold", Name: "zz", Files: file("zz/../ca.parquet")},
		"the record":     {Stage: "gold", Name: "_build", Files: file("_build.json")},
		"backslashes":    {Stage: "gold", Name: "zz", Files: file(`zz\..\..\..\victim`)},
	} {
		s.put("../victim", "x")
		s.put("gold/ours.parquet", "x")
		r := s.record()
		r.Tables = append(r.Tables, table)
		text, err := json.Marshal(r)
		must(t, err)
		s.put("gold/"+gold.BuiltFile, string(text))
		if _, err := gold.ParseBuildRecord(text); err == nil {
			t.Errorf("%s: the record is taken", what)
		}
		ran, err := s.run(builder.Options{})
		if err != nil || strings.Join(ran, " ") != all {
			t.Errorf("%s: ran %v: %v", what, ran, err)
		}
		for _, name := range []string{out, filepath.Join(s.folder, "bronze/clients.parquet"), filepath.Join(s.folder, "gold/ours.parquet")} {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	must(t, os.Remove(out))
}

// TestBuildsRemoveOnlyTheirOwnScratch: what others keep in the folder stays.
func TestBuildsRemoveOnlyTheirOwnScratch(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, name := range []string{"mine.txt", "build-notes/x", "build-1", "fetched2/x"} {
		s.put("_scratch/"+name, "x")
	}
	s.put("_scratch/build-123/gold/half.parquet", "x") // of a build that was broken off
	before := s.files()
	delete(before, "_scratch/build-123/gold/half.parquet")
	if _, err := s.run(builder.Options{Select: []string{"gold.clients"}}); err != nil {
		t.Fatal(err)
	}
	after := s.files()
	maps.DeleteFunc(after, func(name, _ string) bool { return !strings.HasPrefix(name, "_scratch/") })
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

// TestFilesThatNoBuildMadeAreNotReplaced: such as those of another program, or made by hand under the names of tables.
func TestFilesThatNoBuildMadeAreNotReplaced(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.put("gold/ca.parquet", "mine")
	s.put("quarantine/achats.parquet", "mine")
	before := s.files()
	_, err := s.run(builder.Options{})
	if gold.CodeOf(err) != gold.CodeBuildFailed || !strings.Contains(err.Error(), s.folder+"/quarantine/achats.parquet, "+s.folder+"/gold/ca.parquet: move them away") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, s.files()); diff != "" {
		t.Errorf("the lake changed: %s", diff)
	}
	must(t, os.Remove(filepath.Join(s.folder, "quarantine/achats.parquet")))
	must(t, os.Remove(filepath.Join(s.folder, "gold/ca.parquet")))
	s.expect("without them", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	s.sql["gold/more.sql"] = "SELECT c.id FROM silver.clients c"
	s.put("gold/more.parquet", "mine")
	if _, err := s.run(builder.Options{}); err == nil || !strings.Contains(err.Error(), "gold/more.parquet: move them away") {
		t.Errorf("a new table: %v", err)
	}
}
