package stream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// lakeOfWindows is a lake with two tables: events by id, and shops by shop.
type lakeOfWindows struct {
	*testing.T
	folder string
	next   int64
	fail   string // when the build of a window fails: before, half
}

type eventRow struct {
	ID   int64  `parquet:"id"`
	Shop string `parquet:"shop"`
}

func (l *lakeOfWindows) open() (*Windows, error) {
	w := &Windows{
		Folder: filepath.Join(l.folder, "bronze", "events"), Topic: "events", State: filepath.Join(l.folder, "_stream"), Gold: filepath.Join(l.folder, "gold"),
		Tables: []Table{{"events", []string{"id"}}, {"shops", []string{"shop"}}}, Landed: "bronze/events", Build: l.build,
	}
	return w, w.Open()
}

func (l *lakeOfWindows) mustOpen() *Windows {
	l.Helper()
	w, err := l.open()
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = w.Close() })
	return w
}

// build makes the tables of a window.
func (l *lakeOfWindows) build(_ context.Context, folder string) (map[string]string, error) {
	if l.fail == "build" {
		return nil, errors.New("killed before the build")
	}
	files, err := filepath.Glob(filepath.Join(folder, "bronze", "events", "*"))
	if err != nil {
		return nil, err
	}
	var rows, shops []eventRow
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r eventRow
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				return nil, err
			}
			rows = append(rows, r)
			if !slices.ContainsFunc(shops, func(s eventRow) bool { return s.Shop == r.Shop }) {
				shops = append(shops, r)
			}
		}
		_ = f.Close()
	}
	built := map[string]string{"events": filepath.Join(folder, "events.parquet"), "shops": filepath.Join(folder, "shops.parquet")}
	if err := parquet.WriteFile(built["events"], rows); err != nil {
		return nil, err
	}
	if l.fail == "put" { // the events are put, and the shops aren't
		return built, nil
	}
	return built, parquet.WriteFile(built["shops"], shops)
}

// land lands messages.
func (l *lakeOfWindows) land(ids ...int64) []Span {
	l.Helper()
	var text strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&text, "{\"id\":%d,\"shop\":\"shop %d\"}\n", id, id%3)
	}
	s := Span{"events", 1, 0, l.next, l.next + max(int64(len(ids)), 1) - 1}
	l.next = s.Last + 1
	folder := filepath.Join(l.folder, "bronze", "events")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		l.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, s.Name()), []byte(text.String()), 0o600); err != nil {
		l.Fatal(err)
	}
	return []Span{s}
}

// gold returns the ids of a table, part by part.
func (l *lakeOfWindows) gold(table string) (ids []int64, names []string) {
	l.Helper()
	files, err := filepath.Glob(filepath.Join(l.folder, "gold", table+".parquet", "w*"))
	if err != nil {
		l.Fatal(err)
	}
	for _, f := range files {
		rows, err := parquet.ReadFile[eventRow](f)
		if err != nil {
			l.Fatal(err)
		}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		names = append(names, filepath.Base(f))
	}
	return ids, names
}

func (l *lakeOfWindows) want(table string, ids []int64, names ...string) {
	l.Helper()
	if got, files := l.gold(table); !slices.Equal(got, ids) || names != nil && !slices.Equal(files, names) {
		l.Errorf("%s has %v in %v, want %v in %v", table, got, files, ids, names)
	}
}

func TestWindowsAddWhatIsNew(t *testing.T) {
	l := &lakeOfWindows{T: t, folder: t.TempDir()}
	w := l.mustOpen()
	if made, err := w.Make(t.Context(), nil); err != nil || made.Window != 0 {
		t.Fatal(made, err)
	}
	for i, ids := range [][]int64{{1, 2}, {2, 3, 3}, {1}, {}, {4}} {
		made, err := w.Make(t.Context(), l.land(ids...))
		if err != nil || made.Window != i+1 {
			t.Fatal(made, err)
		}
		if want := []int64{0, 2, 1, 0, 0}[i]; made.Duplicates["events"] != want {
			t.Errorf("window %d had %d duplicates", made.Window, made.Duplicates["events"])
		}
	}
	l.want("events", []int64{1, 2, 3, 4}, "w00000001.parquet", "w00000002.parquet", "w00000005.parquet")
	l.want("shops", []int64{1, 2, 3}, "w00000001.parquet", "w00000002.parquet")

	again := l.mustOpen() // which knows the keys
	if made, err := again.Make(t.Context(), l.land(3, 4, 5)); err != nil || made.Duplicates["events"] != 2 || made.Rows["shops"] != 0 {
		t.Fatal(made, err)
	}
	l.want("events", []int64{1, 2, 3, 4, 5})
	if keys, bytes := again.Memory(); keys != 8 || bytes == 0 {
		t.Error(keys, bytes)
	}
}

// TestPartsOfManyWindowsBecomeFew, of those that are published, whatever a crash leaves of it.
func TestPartsOfManyWindowsBecomeFew(t *testing.T) {
	l := &lakeOfWindows{T: t, folder: t.TempDir()}
	w := l.mustOpen()
	var ids []int64
	window := func(published bool) error {
		ids = append(ids, int64(len(ids)))
		_, err := w.Make(t.Context(), l.land(ids[len(ids)-1]))
		if err == nil && published {
			w.Published()
		}
		return err
	}
	must := func(windows int, published bool) {
		t.Helper()
		for range windows {
			if err := window(published); err != nil {
				t.Fatal(err)
			}
		}
	}
	part := func(name string) string { return filepath.Join(l.folder, "gold", "events.parquet", name) }
	must(12, false)
	if _, names := l.gold("events"); len(names) != 12 {
		t.Errorf("parts that aren't published were merged: %v", names)
	}
	must(1, true)
	must(1, true)
	l.want("events", ids, "w00000001.parquet", "w00000002.parquet", "w00000003.parquet", "w00000004-00000013.parquet", "w00000014.parquet")
	l.want("shops", []int64{0, 1, 2})

	// A window that finds its merged parts in the way ends the stream: the next start completes it.
	must(8, true)
	blocked := part("w00000014-00000023.parquet")
	if err := os.MkdirAll(filepath.Join(blocked, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	must(1, true)
	if err := window(true); err == nil || !strings.Contains(err.Error(), "w00000014-00000023.parquet") {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(l.folder, "gold", gold.BuildingFile)); err != nil {
		t.Error("others would publish rows twice:", err)
	}
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(l.folder, "_stream", "merged-events-w00000014-00000023.parquet")
	if err := os.Rename(aside, aside+".lost"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.open(); err == nil || !strings.Contains(err.Error(), "the part w00000014-00000023.parquet of events can't be put") {
		t.Error(err)
	}
	l.want("events", ids) // none was removed
	if err := os.Rename(aside+".lost", aside); err != nil {
		t.Fatal(err)
	}
	w = l.mustOpen()
	l.want("events", ids, "w00000001.parquet", "w00000002.parquet", "w00000003.parquet", "w00000004-00000013.parquet", "w00000014-00000023.parquet", "w00000024.parquet")

	// So it does where parts were not removed any more.
	left, err := os.ReadFile(part("w00000024.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(part("w00000020.parquet"), left, 0o600); err != nil {
		t.Fatal(err)
	}
	unmerged := filepath.Join(l.folder, "_stream", "merged-events-w00000001-00000010.parquet")
	if err := os.WriteFile(unmerged, left, 0o600); err != nil {
		t.Fatal(err)
	}
	w = l.mustOpen()
	for _, name := range []string{part("w00000020.parquet"), unmerged} {
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}

	must(1, true)
	must(100, true)
	_, names := l.gold("events")
	if want := "w00000004-00000103.parquet"; len(names) > 15 || !slices.Contains(names, want) {
		t.Errorf("%v, without %s", names, want)
	}
	w = l.mustOpen()
	l.want("events", ids)
	if made, err := w.Make(t.Context(), l.land(ids...)); err != nil || made.Rows["events"] != 0 {
		t.Error(made, err)
	}
	var last gold.Merged
	text, err := os.ReadFile(part(gold.MergedFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || len(last.Of) != 10 || len(lines) != 14 { // the one that found its place taken twice
		t.Errorf("%d lines, the last one of %d parts: %v", len(lines), len(last.Of), err)
	}
	found := false
	for _, name := range names {
		data, err := os.ReadFile(part(name))
		found = found || err == nil && fmt.Sprintf("%x", sha256.Sum256(data)) == last.SHA256
	}
	if !found {
		t.Error("no part has the hash of what was merged last")
	}
}

func TestPartsOfManyRowsAreLeft(t *testing.T) {
	var all []part
	add := func(rows int64) {
		all = append(all, part{name: partName(len(all) + 1), last: len(all) + 1, rows: rows})
	}
	for range 15 {
		add(mostMergedRows)
	}
	for range 9 {
		add(mostMergedRows / 20)
	}
	if of := due(all, len(all)); of != nil {
		t.Errorf("%v", namesOf(of))
	}
	add(mostMergedRows / 20)
	if of := due(all, len(all)); len(of) != mergedParts || of[0].name != partName(16) {
		t.Errorf("%v", namesOf(of))
	}
	if of := due(all, len(all)-1); of != nil {
		t.Errorf("%v", namesOf(of))
	}
}

func TestAWindowThatWasBrokenOffIsMadeAgain(t *testing.T) {
	for _, at := range []string{"build", "put"} {
		t.Run(at, func(t *testing.T) {
			l := &lakeOfWindows{T: t, folder: t.TempDir()}
			w := l.mustOpen()
			if _, err := w.Make(t.Context(), l.land(1, 2)); err != nil {
				t.Fatal(err)
			}
			l.fail = at
			if _, err := w.Make(t.Context(), l.land(2, 3)); err == nil {
				t.Fatal("the window was made")
			}
			building := filepath.Join(l.folder, "gold", gold.BuildingFile)
			if _, err := os.Stat(building); at == "put" && err != nil {
				t.Error("others would publish half a window:", err)
			}
			if _, err := w.Make(t.Context(), l.land(9)); err == nil {
				t.Fatal("it goes on with keys that it can't be sure of")
			}
			l.fail = ""
			w = l.mustOpen()
			l.land(7)
			made, err := w.Make(t.Context(), nil)
			if err != nil || made.Window != 3 || made.Rows["events"] != 3 {
				t.Fatal(made, err)
			}
			l.want("events", []int64{1, 2, 3, 9, 7}, "w00000001.parquet", "w00000002.parquet", "w00000003.parquet")
			l.want("shops", []int64{1, 2, 3})
			if _, err := os.Stat(building); !os.IsNotExist(err) {
				t.Error("the gold is still being built:", err)
			}
		})
	}
}

func TestALineOfTheJournalThatWasCutOffNeverCounted(t *testing.T) {
	l := &lakeOfWindows{T: t, folder: t.TempDir()}
	w := l.mustOpen()
	for _, id := range []int64{1, 2} {
		if _, err := w.Make(t.Context(), l.land(id)); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(l.folder, "_stream", journalFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(text); cut += 7 {
		if err := os.WriteFile(name, text[:len(text)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := l.open()
		if err != nil { // whole windows are missing from it, and their parts are there
			if gold.CodeOf(err) != gold.CodeStreamDamaged {
				t.Fatal(cut, err)
			}
			continue
		}
		if _, err := w.Make(t.Context(), nil); err != nil {
			t.Fatal(cut, err)
		}
		_ = w.Close()
		l.want("events", []int64{1, 2})
	}
}

func TestGoldThatIsNotAsItWasWrittenIsRefused(t *testing.T) {
	part := func(l *lakeOfWindows) string {
		return filepath.Join(l.folder, "gold", "events.parquet", "w00000001.parquet")
	}
	for says, damage := range map[string]func(*lakeOfWindows) error{
		"events.parquet/w00000001.parquet is missing": func(l *lakeOfWindows) error { return os.Remove(part(l)) },
		"has 1 rows, and was written with 2":          func(l *lakeOfWindows) error { return parquet.WriteFile(part(l), []eventRow{{ID: 1}}) },
		"the stream did not write events.parquet/mine.parquet": func(l *lakeOfWindows) error {
			return os.WriteFile(filepath.Join(filepath.Dir(part(l)), "mine.parquet"), nil, 0o600)
		},
		"was built from all raw files at once": func(l *lakeOfWindows) error {
			return os.WriteFile(filepath.Join(l.folder, "gold", gold.BuiltFile), nil, 0o600)
		},
		"windows.jsonl, line 1: not as the stream wrote it": func(l *lakeOfWindows) error {
			return os.WriteFile(filepath.Join(l.folder, "_stream", journalFile), []byte("{}\n"), 0o600)
		},
		"windows.jsonl, line 3: not as the stream wrote it": func(l *lakeOfWindows) error {
			f, err := os.OpenFile(filepath.Join(l.folder, "_stream", journalFile), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString(`{"window":2,"done":true,"rows":{"events":0,"shops":0},"merged":{"events":["w00000001.parquet","../../x"]}}` + "\n")
				err = errors.Join(err, f.Close())
			}
			return err
		},
		"w00000001.parquet: invalid magic footer": func(l *lakeOfWindows) error {
			return os.WriteFile(part(l), []byte("PAR1 and then something else"), 0o600)
		},
	} {
		l := &lakeOfWindows{T: t, folder: t.TempDir()}
		w := l.mustOpen()
		if _, err := w.Make(t.Context(), l.land(1, 2)); err != nil {
			t.Fatal(err)
		}
		if err := damage(l); err != nil {
			t.Fatal(err)
		}
		if _, err := l.open(); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(string(gold.CodeOf(err)), "stream_") {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestATableThatTheModelHasLaterIsNotMadeOfLaterWindowsAlone: the gold is made again, of all landed files.
func TestATableThatTheModelHasLaterIsNotMadeOfLaterWindowsAlone(t *testing.T) {
	l := &lakeOfWindows{T: t, folder: t.TempDir()}
	w := l.mustOpen()
	w.Tables = w.Tables[:1] // of a model that has no shops yet
	if _, err := w.Make(t.Context(), l.land(1, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.open(); gold.CodeOf(err) != gold.CodeStreamDamaged || !strings.Contains(err.Error(), "window 1 has no shops, which the model has by now") {
		t.Error(err)
	}
}

func TestALandedFileThatNoGoldWasMadeOfMustBeThere(t *testing.T) {
	l := &lakeOfWindows{T: t, folder: t.TempDir()}
	w := l.mustOpen()
	landed := l.land(1)
	if err := os.Remove(filepath.Join(w.Folder, landed[0].Name())); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Make(t.Context(), landed); gold.CodeOf(err) != gold.CodeStreamDamaged {
		t.Fatal(err)
	}
}
