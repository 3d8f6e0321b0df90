package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/stream/parts"
)

// Windows makes gold of landed files, window by window.
type Windows struct {
	Folder string // of the landed files
	Topic  string
	State  string // the stream's own folder
	Gold   string // the folder of the gold
	Tables []Table
	Landed string // where a window's landed files lie for its build, below the folder that Build is given
	// Build builds the raw files below a folder, and returns the Parquet file of each table.
	Build func(ctx context.Context, folder string) (map[string]string, error)

	journal   *journal
	keys      *parts.Keys
	published int // the last window whose rows are in a release
	broken    bool
}

// Table is a table of gold that windows add to.
type Table struct {
	Name string
	Key  []string // columns of its files
}

// successFile says that a folder of parts is whole: each part is, as it appears by a rename.
const successFile = "_SUCCESS"

// partsFolder is where the parts of a table lie.
func (w *Windows) partsFolder(table string) string { return filepath.Join(w.Gold, table+".parquet") }

// Open reads the windows that there are, and the keys of their rows.
func (w *Windows) Open() (err error) {
	if len(w.Tables) > parts.MostTables {
		return gold.Errorf(gold.Invalid, gold.CodeStreamConflict, "the model has %d tables of gold: a stream is for at most %d", len(w.Tables), parts.MostTables)
	}
	if _, err := os.Stat(filepath.Join(w.Gold, gold.BuiltFile)); err == nil {
		return gold.Errorf(gold.Conflict, gold.CodeStreamConflict, "%s was built from all raw files at once (%s): give the stream a lake of its own", filepath.ToSlash(w.Gold), gold.BuiltFile)
	}
	if err := os.MkdirAll(w.State, 0o777); err != nil { //nolint:gosec // what the umask allows, as for all files of the lake
		return failed(err, "%s can't be made", w.State)
	}
	if w.journal, err = openJournal(w.State); err != nil {
		return err
	}
	if err := w.place(); err != nil {
		return err
	}
	if err := w.tidy(); err != nil {
		return err
	}
	w.keys = parts.NewKeys()
	for i, t := range w.Tables {
		if err := w.openTable(i, t); err != nil {
			return err
		}
	}
	if w.journal.begun() == nil {
		return w.settled()
	}
	return nil
}

// Close closes the journal.
func (w *Windows) Close() error {
	if w.journal == nil {
		return nil
	}
	return w.journal.file.Close()
}

// Empty reports whether no window was made yet.
func (w *Windows) Empty() bool { return w.journal.last() == 0 }

// Published says that the rows of all windows are in a release.
func (w *Windows) Published() { w.published = w.journal.last() }

// Memory returns how many keys are known, and the memory that they take.
func (w *Windows) Memory() (keys, bytes int64) { return w.keys.Len(), w.keys.Bytes() }

// openTable compares the parts of a table with the journal, and reads their keys.
func (w *Windows) openTable(number int, t Table) error {
	folder := w.partsFolder(t.Name)
	err := os.MkdirAll(folder, 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, successFile), nil, 0o644) //nolint:gosec // the same
	}
	if err != nil {
		return failed(err, "%s can't be made", folder)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return failed(err, "%s can't be listed", folder)
	}
	there := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "_") {
			there[e.Name()] = true
		}
	}
	for _, e := range w.journal.entries {
		if _, known := e.Rows[t.Name]; e.Done && !known {
			return w.damaged("window %d has no %s, which the model has by now", e.Window, t.Name)
		}
	}
	for _, p := range w.journal.parts[t.Name] {
		if !there[p.name] {
			return w.damaged("%s/%s is missing", t.Name+".parquet", p.name)
		}
		rows, err := w.keys.Read(filepath.Join(folder, p.name), number, t.Key)
		if err != nil {
			return w.damaged("%v", err)
		}
		if rows != p.rows {
			return w.damaged("%s/%s has %d rows, and was written with %d", t.Name+".parquet", p.name, rows, p.rows)
		}
		delete(there, p.name)
	}
	if e := w.journal.begun(); e != nil { // it is made again
		if there[partName(e.Window)] {
			if err := os.Remove(filepath.Join(folder, partName(e.Window))); err != nil {
				return failed(err, "a part of %s can't be removed", t.Name)
			}
		}
		delete(there, partName(e.Window))
	}
	if len(there) > 0 {
		return w.damaged("the stream did not write %s/%s", t.Name+".parquet", slices.Sorted(maps.Keys(there))[0])
	}
	return nil
}

func (w *Windows) damaged(format string, args ...any) error {
	return gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "the gold in %s is not as the stream wrote it: %s. Restore it; or remove the gold and %s, so that the stream makes the gold of all landed files again",
		filepath.ToSlash(w.Gold), fmt.Sprintf(format, args...), filepath.ToSlash(filepath.Join(w.State, journalFile)))
}

// Make makes gold of landed files; nil: of those that no window was made of, and first of a window that was broken off.
func (w *Windows) Make(ctx context.Context, landed []Span) (*Made, error) {
	if w.broken {
		return nil, gold.Errorf(gold.Internal, gold.CodeStreamFailed, "the last window failed: start the stream again")
	}
	all := &Made{Rows: map[string]int64{}, Duplicates: map[string]int64{}}
	if e := w.journal.begun(); e != nil {
		if err := w.window(ctx, e.Window, e.Files, all); err != nil {
			return nil, err
		}
	}
	if landed == nil {
		spans, err := landedIn(w.Folder, w.Topic)
		if err != nil {
			return nil, err
		}
		taken := w.journal.taken()
		landed = slices.DeleteFunc(spans, func(s Span) bool { return taken[s.Name()] })
	}
	if len(landed) == 0 {
		return all, nil
	}
	e := entry{Window: w.journal.last() + 1}
	for _, s := range landed {
		e.Files = append(e.Files, s.Name())
	}
	if err := w.journal.add(e); err != nil {
		return nil, err
	}
	return all, w.window(ctx, e.Window, e.Files, all)
}

// window makes a window of its files, which the journal has.
func (w *Windows) window(ctx context.Context, number int, files []string, made *Made) (err error) {
	defer func() { w.broken = w.broken || err != nil }()
	folder := filepath.Join(w.State, "window")
	some, err := w.lay(folder, files)
	if err != nil {
		return err
	}
	built := map[string]string{}
	if some {
		if built, err = w.Build(ctx, folder); err != nil {
			return err
		}
	}
	rows, err := w.put(number, built, made)
	if err != nil {
		return err
	}
	merged, err := w.merge(rows)
	if err != nil {
		return err
	}
	if err := w.journal.add(entry{Window: number, Done: true, Rows: rows, Merged: merged}); err != nil {
		return err
	}
	if err := w.place(); err != nil {
		return err
	}
	made.Window = number
	return errors.Join(w.settled(), os.RemoveAll(folder))
}

// lay lays the landed files out as the raw files of a lake of their own; some: there are any with messages.
func (w *Windows) lay(folder string, files []string) (some bool, err error) {
	if err := os.RemoveAll(folder); err != nil {
		return false, failed(err, "%s can't be removed", folder)
	}
	for _, name := range files {
		from := filepath.Join(w.Folder, name)
		info, err := os.Stat(from)
		if err != nil {
			return false, gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s is missing, and no gold was made of it yet: restore it", filepath.ToSlash(from))
		}
		if info.Size() == 0 { // all of its messages are dead letters
			continue
		}
		to := filepath.Join(folder, filepath.FromSlash(w.Landed), name)
		err = os.MkdirAll(filepath.Dir(to), 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
		if err == nil {
			err = os.Link(from, to)
		}
		if err != nil {
			return false, failed(err, "%s can't be linked", name)
		}
		some = true
	}
	return some, nil
}

// put puts the rows of a window beside those of earlier ones: those whose key no earlier one has. While it does, the gold says that it is
// being built.
func (w *Windows) put(number int, built map[string]string, made *Made) (rows map[string]int64, err error) {
	begun, err := json.Marshal(gold.Building{Build: fmt.Sprint("window ", number), Since: time.Now().UTC(), Engine: gold.BuildEngine{Name: "goldserve", Version: "stream"}})
	if err == nil {
		err = os.WriteFile(filepath.Join(w.Gold, gold.BuildingFile), append(begun, '\n'), 0o644) //nolint:gosec // everybody may read it
	}
	if err != nil {
		return nil, failed(err, "%s can't be written", gold.BuildingFile)
	}
	rows = map[string]int64{}
	for _, t := range w.Tables {
		rows[t.Name] = 0 // so that a table that the model has later is known to lack this window
	}
	for i, t := range w.Tables {
		from, ok := built[t.Name]
		if !ok {
			continue
		}
		aside := filepath.Join(w.State, "part.parquet")
		kept, dropped, err := w.keys.Take(from, aside, i, t.Key)
		if err != nil {
			return nil, failed(err, "the rows of %s can't be added", t.Name)
		}
		made.Duplicates[t.Name] += dropped
		if kept == 0 {
			continue
		}
		rows[t.Name] = kept
		made.Rows[t.Name] += kept
		err = os.Rename(aside, filepath.Join(w.partsFolder(t.Name), partName(number)))
		if err == nil {
			err = syncFolder(w.partsFolder(t.Name))
		}
		if err != nil {
			return nil, failed(err, "the part of %s can't be put", t.Name)
		}
	}
	return rows, nil
}

// settled says that no window is being put.
func (w *Windows) settled() error {
	if err := os.Remove(filepath.Join(w.Gold, gold.BuildingFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed(err, "%s can't be removed", gold.BuildingFile)
	}
	return nil
}
