package builder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// stale returns the names of the tables that the record calls stale, with the build that made them.
func (s *shop) stale() map[string]string {
	stale := map[string]string{}
	for _, t := range s.record().Tables {
		if t.Stale != "" {
			stale[t.FullName()] = t.Stale
		}
	}
	return stale
}

// told returns the names of the tables that _lineage.json has an event of.
func (s *shop) told() string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.folder, "gold", gold.LineageFile))
	must(s.t, err)
	var events []struct{ Job struct{ Name string } }
	must(s.t, json.Unmarshal(data, &events))
	names := make([]string, len(events))
	for i := range events {
		names[i] = events[i].Job.Name
	}
	return strings.Join(names, " ")
}

// TestASelectionLeavesStaleTables: what a build left though what it is made of changed is recorded as what it was made of.
func TestASelectionLeavesStaleTables(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := "silver.clients silver.achats gold.totals gold.ca gold.clients"
	s.expect("at first", all)
	first := s.record()
	s.raw("clients.parquet", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cid')) t(id, nom)")
	_, err := s.run(builder.Options{Select: []string{"gold.clients"}})
	must(t, err)
	s.check("a selection")
	want := map[string]string{"silver.achats": first.Build, "gold.totals": first.Build, "gold.ca": first.Build}
	if diff := cmp.Diff(want, s.stale()); diff != "" {
		t.Errorf("stale: -want +got\n%s", diff)
	}
	second := s.record()
	origin := []gold.BuildOrigin{{Build: first.Build, Engine: first.Engine, Parameters: first.Parameters, Sources: first.Sources}}
	if diff := cmp.Diff(origin, second.Earlier); diff != "" {
		t.Errorf("the builds of stale tables: -want +got\n%s", diff)
	}
	if second.Sources[0].ID == first.Sources[0].ID || second.Build == first.Build {
		t.Error("the record of the selected build is that of the first")
	}
	if got := s.told(); got != "silver.clients gold.clients" {
		t.Errorf("lineage tells of %s", got)
	}
	s.raw("clients.parquet", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bea'), (3, 'Cid')) t(id, nom)")
	_, err = s.run(builder.Options{Select: []string{"silver.clients"}})
	must(t, err)
	want["gold.clients"] = second.Build
	if diff := cmp.Diff(want, s.stale()); diff != "" || len(s.record().Earlier) != 2 {
		t.Errorf("%d earlier builds, stale: -want +got\n%s", len(s.record().Earlier), diff)
	}
	s.expect("the rest", "silver.achats gold.totals gold.ca gold.clients")
	if len(s.stale()) > 0 || s.record().Earlier != nil || s.told() != all {
		t.Errorf("the rest: stale are %v, of %v; lineage tells of %s", s.stale(), s.record().Earlier, s.told())
	}
	s.set = map[string]string{"most": "15.0000"}
	_, err = s.run(builder.Options{Select: []string{"gold.clients"}, Full: true})
	must(t, err)
	if len(s.stale()) != 3 || s.record().Earlier[0].Parameters[0].Value != "10000.0000" {
		t.Errorf("another parameter: stale are %v, of %v", s.stale(), s.record().Earlier)
	}
	s.set = nil
	s.expect("the parameter as it was", "")
	if len(s.stale()) > 0 || s.record().Parameters[0].Value != "10000.0000" || s.told() != all {
		t.Errorf("the parameter as it was: stale are %v, parameters %v; lineage tells of %s", s.stale(), s.record().Parameters, s.told())
	}
}

// TestAStaleTableSaysWhatChanged: since the build that made it, though what it reads was built since.
func TestAStaleTableSaysWhatChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	s.set = map[string]string{"most": "15.0000"}
	_, err := s.run(builder.Options{Select: []string{"gold.clients"}, Full: true})
	must(t, err)
	was := "the parameter most changed: 15.0000, was 10000.0000"
	if diff := cmp.Diff(map[string]string{"silver.achats": was, "gold.totals": "gold.ca reads it", "gold.ca": "silver.achats changed"}, s.why(builder.Options{})); diff != "" {
		t.Errorf("another parameter: -want +got\n%s", diff)
	}
	_, err = s.run(builder.Options{Select: []string{"silver.achats"}})
	must(t, err)
	if diff := cmp.Diff(map[string]string{"gold.totals": "gold.ca reads it", "gold.ca": was}, s.why(builder.Options{})); diff != "" {
		t.Errorf("another parameter, of what it reads: -want +got\n%s", diff)
	}
	_, err = s.run(builder.Options{})
	must(t, err)
	s.sql["silver/clients.sql"] += " DESC"
	_, err = s.run(builder.Options{Select: []string{"silver.clients"}})
	must(t, err)
	if got := s.why(builder.Options{})["gold.clients"]; got != "silver.clients changed" {
		t.Errorf("other SQL of what it reads: got %q", got)
	}
}

// TestASelectionAfterABrokenOffBuildMendsAll: what a build had replaced when it ended is made good though it isn't selected.
func TestASelectionAfterABrokenOffBuildMendsAll(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	s.raw("achats_2.parquet", "SELECT 7 id, 1 client, 1::DECIMAL(18,4) montant")
	b, count := s.builder(), 0
	ends := func(p builder.Place) builder.Place { return ending{p, &count, 4} }
	b.Lake.Root, b.Lake.Silver, b.Lake.Quarantine, b.Lake.Gold = ends(b.Lake.Root), ends(b.Lake.Silver), ends(b.Lake.Quarantine), ends(b.Lake.Gold)
	if _, err := b.Run(t.Context(), builder.Options{Full: true}, builder.Progress{}); err == nil {
		t.Fatal("the build was not broken off")
	}
	for _, words := range []string{"gold.clients", "bronze"} {
		if words == "bronze" {
			must(t, os.WriteFile(filepath.Join(s.folder, "gold", "ca.parquet"), []byte("junk"), 0o600))
			must(t, os.WriteFile(filepath.Join(s.folder, "gold", gold.BuildingFile), nil, 0o600))
		}
		if _, err := s.run(builder.Options{Select: []string{words}}); err != nil {
			t.Fatal(err)
		}
		s.check(words)
		if got := s.rows("gold/ca.parquet"); got != "Ann,16.0\nBob,7.0" {
			t.Errorf("%s: got %q", words, got)
		}
	}
}

// TestOneModelBuildsALake: the tables of a model are neither removed nor replaced by a build of another one.
func TestOneModelBuildsALake(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	before := s.files()
	s.model = "stall"
	delete(s.sql, "gold/ca.sql")
	_, err := s.run(builder.Options{})
	if gold.CodeOf(err) != gold.CodeBuildConflict || !strings.Contains(err.Error(), "holds the gold of the model shop, and a build of stall would remove its tables") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, s.files()); diff != "" {
		t.Errorf("the lake changed:\n%s", diff)
	}
}

// TestPartsOfBrokenOffBuildsGo: a part that no record lists is removed, and the marks and parts of the table stay.
func TestPartsOfBrokenOffBuildsGo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sql["gold/clients.sql"] = "-- goldserve: {partitionBy: [nom]}\nSELECT c.id, c.nom FROM silver.clients c ORDER BY c.id"
	s.expect("at first", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	left := func(name string) {
		t.Helper()
		name = filepath.Join(s.folder, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(name), 0o750))
		must(t, os.WriteFile(name, []byte("PAR1"), 0o600))
	}
	left("gold/clients/nom=Zoe/part-00000.parquet")
	left("gold/clients/nom=Ann/part-00001.parquet")
	left("gold/" + gold.BuildingFile)
	s.expect("after a broken-off build", "")
	if _, err := os.Stat(filepath.Join(s.folder, "gold", "clients", "nom=Zoe")); err == nil {
		t.Error("the folder of the part is still there")
	}
	left("gold/clients/nom=Zoe/part-00000.parquet")
	s.raw("clients.parquet", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bea')) t(id, nom)")
	s.expect("another build", "silver.clients silver.achats gold.totals gold.ca gold.clients")
}
