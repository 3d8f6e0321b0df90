package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"goldserve/gold"
)

// journalFile lists the windows, a line when one begins and one when its gold is in place.
const journalFile = "windows.jsonl"

// entry is a line of the journal.
type entry struct {
	Window int              `json:"window"`
	Files  []string         `json:"files,omitempty"` // that it is made of; of its first line
	Done   bool             `json:"done,omitempty"`
	Rows   map[string]int64 `json:"rows,omitempty"` // of its parts, by table
	// Merged are earlier parts, by table, that are one by now: those of some windows, in their order.
	Merged map[string][]string `json:"merged,omitempty"`
	At     time.Time           `json:"at"`
}

// journal is what the windows of a stream were made of.
type journal struct {
	file    *os.File
	entries []entry
	parts   map[string][]part // of each table, as the windows that are done left them
}

// openJournal reads the journal in a folder. A line that a crash cut off never counted, and is removed.
func openJournal(folder string) (*journal, error) {
	name := filepath.Join(folder, journalFile)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, failed(err, "%s can't be read", name)
	}
	j := &journal{parts: map[string][]part{}}
	whole := int64(0)
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || e.Window < 1 || !j.take(e) {
			return nil, gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s, line %d: not as the stream wrote it: restore the file", filepath.ToSlash(name), len(j.entries)+1)
		}
		whole += int64(len(line))
	}
	if j.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644); err == nil { //nolint:gosec // everybody may read it, as all files of the lake
		if err = j.file.Truncate(whole); err == nil {
			_, err = j.file.Seek(whole, 0)
		}
		err = errors.Join(err, syncFolder(folder))
	}
	if err != nil {
		return nil, failed(err, "%s can't be written", name)
	}
	return j, nil
}

// add writes a line, which outlasts a crash once add returns.
func (j *journal) add(e entry) error {
	e.At = time.Now().UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return failed(err, "the journal %s can't be written", j.file.Name())
	}
	j.take(e)
	return nil
}

// take takes a line in, unless it merges parts that are not there.
func (j *journal) take(e entry) bool {
	if e.Done {
		for table, rows := range e.Rows {
			if rows > 0 {
				j.parts[table] = append(j.parts[table], part{name: partName(e.Window), last: e.Window, rows: rows})
			}
		}
	}
	for table, names := range e.Merged {
		all := j.parts[table]
		begin := slices.IndexFunc(all, func(p part) bool { return len(names) > 0 && p.name == names[0] })
		if begin < 0 || begin+len(names) > len(all) || !slices.Equal(namesOf(all[begin:begin+len(names)]), names) {
			return false
		}
		j.parts[table] = slices.Replace(all, begin, begin+len(names), merged(all[begin:begin+len(names)]))
	}
	j.entries = append(j.entries, e)
	return true
}

// begun returns the window that was begun last and isn't done; nil: there is none.
func (j *journal) begun() *entry {
	if n := len(j.entries); n > 0 && !j.entries[n-1].Done {
		return &j.entries[n-1]
	}
	return nil
}

// last is the number of the last window; 0: there was none.
func (j *journal) last() int {
	if n := len(j.entries); n > 0 {
		return j.entries[n-1].Window
	}
	return 0
}

// taken returns the landed files that windows were made of.
func (j *journal) taken() map[string]bool {
	all := map[string]bool{}
	for _, e := range j.entries {
		for _, f := range e.Files {
			all[f] = true
		}
	}
	return all
}
