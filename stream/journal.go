package stream

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
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

// mergesParts reports whether what is merged has the names of parts.
func (e *entry) mergesParts() bool {
	for _, of := range e.Merged {
		if len(of) == 0 || slices.ContainsFunc(of, func(name string) bool { return !partNames.MatchString(name) }) {
			return false
		}
	}
	return true
}

// partNames are those of parts.
var partNames = regexp.MustCompile(`^w\d{8,}(-\d{8,})?\.parquet$`)

// journal is what the windows of a stream were made of.
type journal struct {
	file    *os.File
	entries []entry
}

// openJournal reads the journal in a folder. A line that a crash cut off never counted, and is removed.
func openJournal(folder string) (*journal, error) {
	name := filepath.Join(folder, journalFile)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, failed(err, "%s can't be read", name)
	}
	j := &journal{}
	whole := int64(0)
	for line := range bytes.Lines(text) {
		if line[len(line)-1] != '\n' {
			break
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || e.Window < 1 || !e.mergesParts() {
			return nil, gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s, line %d: not as the stream wrote it: restore the file", filepath.ToSlash(name), len(j.entries)+1)
		}
		j.entries = append(j.entries, e)
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
	j.entries = append(j.entries, e)
	return nil
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
