package infer

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRunningAgainAddsAndNeverChanges(t *testing.T) {
	lakeFolder := t.TempDir()
	type before struct {
		ID   int64  `parquet:"id"`
		City string `parquet:"city"`
	}
	type after struct {
		ID    int64  `parquet:"id"`
		City  string `parquet:"city"`
		Email string `parquet:"email"`
		Größe int64  `parquet:"größe in cm"`
	}
	writeRows(t, lakeFolder, "guests", []before{{1, "Rome"}, {2, "Oslo"}, {3, "Rome"}})
	folder := fstest.MapFS{}
	updated(t, mustInfer(t, lakeFolder), folder)
	const name = "contracts/guests.odcs.yaml"
	for _, newline := range []string{"\n", "\r\n"} {
		mine := string(folder[name].Data)
		mine = strings.Replace(mine, "name: city,", "name: city, businessName: Town,", 1) + "    # that is all\n"
		mine = strings.ReplaceAll(mine, "\n", newline)
		own := fstest.MapFS{"model.yaml": folder["model.yaml"], name: {Data: []byte(mine), Mode: 0o600}}
		writeRows(t, lakeFolder, "guests", []after{{1, "Rome", "a@example.org", 170}, {2, "Oslo", "b@example.org", 180}})
		writeRows(t, lakeFolder, "rooms", []before{{7, "blue"}})
		paths, notes := updated(t, mustInfer(t, lakeFolder), own)
		if want := []string{name, "contracts/rooms.odcs.yaml"}; !slices.Equal(paths, want) || len(notes) > 0 {
			t.Errorf("wrote %v, notes %q", paths, notes)
		}
		got := string(own[name].Data)
		start, end, ok := strings.Cut(mine, "    # that is all")
		if !ok || !strings.HasPrefix(got, start) || !strings.HasSuffix(got, "    # that is all"+end) {
			t.Errorf("what a person wrote was changed:\n%s", got)
		}
		d := compiled(t, own).Dataset("guests")
		if want := []string{"id", "city", "grosse_in_cm"}; !slices.Equal(d.FieldNames(), want) {
			t.Errorf("fields %v", d.FieldNames())
		}
		if f := d.Field("grosse_in_cm"); f == nil || f.PhysicalName != "größe in cm" {
			t.Errorf("field %+v", f)
		}
		if strings.Count(got, "\n") != strings.Count(got, newline) {
			t.Errorf("mixed ends of lines: %q", got)
		}
		if paths, _ := updated(t, mustInfer(t, lakeFolder), own); len(paths) > 0 {
			t.Errorf("a third run wrote %v", paths)
		}
		writeRows(t, lakeFolder, "guests", []before{{1, "Rome"}})
		if _, notes := updated(t, mustInfer(t, lakeFolder), own); len(notes) != 2 || !strings.Contains(notes[0], "no column email") {
			t.Errorf("notes on columns that are gone: %q", notes)
		}
		if err := os.Remove(filepath.Join(lakeFolder, "rooms.parquet")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAContractThatIsNotWrittenLineByLineIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	writeRows(t, folder, "visits", visits(5))
	for about, text := range map[string]string{
		"a list in one line": "schema: [{name: visits, properties: [{name: shop}, {name: day}]}]\n",
		"no YAML":            "schema: [\n",
		"another's file":     "schema:\n  - name: other\n    properties:\n      - name: shop\n",
	} {
		own := fstest.MapFS{"contracts/visits.odcs.yaml": {Data: []byte(text)}, "model.yaml": {}}
		paths, notes := updated(t, mustInfer(t, folder), own)
		if len(paths) > 0 || len(notes) == 0 {
			t.Errorf("%s: wrote %v, notes %q", about, paths, notes)
		}
	}
}

func TestANewContractRefersOnlyToWhatAPersonLeft(t *testing.T) {
	m := mustInfer(t, sample)
	for about, edit := range map[string]func(string) string{
		"nothing changed": func(text string) string { return text },
		"a field is gone": func(text string) string {
			return regexp.MustCompile(`(?m)^      - .name: segment_label,.*\n(         .*\n)*`).ReplaceAllString(strings.ReplaceAll(text, ", segment_label]", "]"), "")
		},
		"personal now": func(text string) string {
			return strings.ReplaceAll(text, "name: montant,", "name: montant, classification: pii,")
		},
		"renamed": func(text string) string { return strings.ReplaceAll(text, "client_scores", "scores") },
	} {
		all := fstest.MapFS{}
		updated(t, m, all)
		for _, left := range []string{"dim_clients", "client_scores", "fact_achats"} {
			own := fstest.MapFS{}
			text := edit(string(all["contracts/"+left+".odcs.yaml"].Data))
			text = regexp.MustCompile(`(?m)^    relationships:.*\n(?:      .*\n)+|^    customProperties:\n(?:      .*\n)+`).ReplaceAllString(text, "")
			own["contracts/"+left+".odcs.yaml"] = &fstest.MapFile{Data: []byte(text), Mode: 0o600}
			paths, notes := updated(t, m, own)
			if len(paths) < 8 {
				t.Errorf("%s: wrote %v, notes %q", about, paths, notes)
			}
			compiled(t, own)
		}
	}
}

func TestFieldsAreAddedWhereverAPersonPutTheList(t *testing.T) {
	const head = "apiVersion: v3.1.0\nkind: DataContract\nid: visits\nversion: 1.0.0\nstatus: active\nschema:\n"
	const fields = "{name: shop, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n" +
		"- {name: day, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 2,\n   description: A day}"
	indented := func(by string) string { return by + "- " + strings.ReplaceAll(fields, "\n", "\n"+by) }
	folder := t.TempDir()
	writeRows(t, folder, "visits", visits(5))
	m := mustInfer(t, folder)
	for about, text := range map[string]string{
		"at the end, without an end of line": head + "  - name: visits\n    properties:\n" + indented("      "),
		"below its key":                      head + "- name: visits\n  properties:\n" + indented("  ") + "\n",
		"in the middle": head + "  - name: visits\n    properties:\n" + indented("      ") +
			"\n\n    # Of all rows.\n    quality:\n      - {id: rows, type: library, metric: rowCount, mustBeGreaterThan: 0}\n# end\n",
		"as maps over several lines": head + "  - name: visits\n    properties:\n" + indented("      ") +
			"\n      - name: note\n        logicalType: string # free\n        description: |\n          # no comment\n\n          of the shop\n\n    description: x\n",
	} {
		own := fstest.MapFS{"contracts/visits.odcs.yaml": {Data: []byte(text), Mode: 0o600}, "model.yaml": {Data: []byte("name: shop\ntitle: Shop\n"), Mode: 0o600}}
		paths, notes := updated(t, m, own)
		if len(paths) != 1 || len(notes) > 0 {
			t.Errorf("%s: wrote %v, notes %q", about, paths, notes)
		}
		d := compiled(t, own).Dataset("visits")
		want := []string{"day", "note", "share", "shop", "visits"}
		if got := slices.Sorted(slices.Values(d.FieldNames())); !slices.Equal(got, want) {
			t.Errorf("%s: fields %v", about, got)
		}
		kept := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		var left []string // the person's lines, in their order
		for line := range strings.SplitSeq(string(own["contracts/visits.odcs.yaml"].Data), "\n") {
			if len(left) < len(kept) && line == kept[len(left)] {
				left = append(left, line)
			}
		}
		if len(left) != len(kept) {
			t.Errorf("%s: a person's line was changed:\n%s", about, own["contracts/visits.odcs.yaml"].Data)
		}
	}
}

// TestModelFilesThatAreThereGetTheFacts: a model that had only its SQL gets what it lacks, and a person's lines stay.
func TestModelFilesThatAreThereGetTheFacts(t *testing.T) {
	m := mustInfer(t, "../../models/retail/sample/gold")
	const own = "name: shop # mine\ntitle: Shop\n"
	for about, c := range map[string]struct{ before, added, note string }{
		"none of them":               {own, "asOf facts kpis", ""},
		"no end of line":             {strings.TrimSpace(own), "asOf facts kpis", ""},
		"lines of Windows":           {strings.ReplaceAll(own, "\n", "\r\n"), "asOf facts kpis", ""},
		"asOf":                       {own + "asOf: fact_achats.date_achat\n", "facts kpis", ""},
		"other facts":                {own + "asOf: fact_achats.date_achat\nfacts: client_scores\n", "", ""},
		"where nothing can be added": {"{name: shop, title: Shop}\n", "", "add these yourself:\n# The as_of of a release is the last value of this field.\nasOf: fact_achats.date_achat\n"},
	} {
		folder := fstest.MapFS{modelFile: {Data: []byte(c.before), Mode: 0o600}}
		updates, notes, err := m.Updates(folder)
		if err != nil {
			t.Fatal(err)
		}
		added := ""
		for _, u := range updates {
			folder[u.Path] = &fstest.MapFile{Data: u.Content, Mode: 0o600}
			if u.Path == modelFile {
				added = strings.Join(u.Added, " ")
			}
		}
		after := string(folder[modelFile].Data)
		if added != c.added || !strings.HasPrefix(after, c.before) || strings.Contains(c.before, "\r") && strings.Contains(strings.ReplaceAll(after, "\r\n", ""), "\n") {
			t.Errorf("%s: %s added to %s", about, added, after)
		}
		if text := strings.Join(notes, "\n"); c.note == "" && len(notes) > 0 || !strings.Contains(text, c.note) {
			t.Errorf("%s: notes %q", about, notes)
		}
		if loaded := compiled(t, folder); c.added != "" && (loaded.Facts != "fact_achats" || len(loaded.KPIs) == 0 || folder[LayoutFile] == nil) {
			t.Errorf("%s: facts %s, kpis %v", about, loaded.Facts, loaded.KPIs)
		}
		if paths, _ := updated(t, m, folder); len(paths) > 0 {
			t.Errorf("%s: once more it wrote %v", about, paths)
		}
	}
}
