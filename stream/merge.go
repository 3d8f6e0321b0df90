package stream

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/stream/parts"
)

const (
	mergedParts    = 10        // that become one
	mostMergedRows = 1_000_000 // of it
	mostNoted      = 300       // merged parts that a gold.MergedFile tells of, the newest
)

// part is a file of a table of gold: the rows of a window, or those of some parts that were merged.
type part struct {
	name   string
	last   int // window whose rows it has
	merges int // how often they were merged
	rows   int64
}

func partName(window int) string { return fmt.Sprintf("w%08d.parquet", window) }

// mergedName is the name of the part that has the rows of others: w00000001-00000010.parquet.
func mergedName(of []string) string {
	const first, last = len("w00000001"), len("00000001.parquet")
	end := of[len(of)-1]
	return of[0][:first] + "-" + end[len(end)-last:]
}

// merged returns the part that others become.
func merged(of []part) part {
	last := of[len(of)-1]
	one := part{name: mergedName(namesOf(of)), last: last.last, merges: last.merges + 1}
	for _, p := range of {
		one.rows += p.rows
	}
	return one
}

func namesOf(all []part) []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.name
	}
	return names
}

// due returns the parts that are merged next, nil: none are. Small parts become few, as they are merged with those that were merged as often;
// only published ones are, so that what a publish finds new is that alone.
func due(all []part, published int) []part {
	for end := len(all); end > 0; {
		begin := end
		for begin > 0 && all[begin-1].merges == all[end-1].merges {
			begin--
		}
		run := all[begin:end]
		for len(run) > 0 && run[len(run)-1].last > published {
			run = run[:len(run)-1]
		}
		if len(run) >= mergedParts {
			run = run[len(run)-mergedParts:]
			if merged(run).rows <= mostMergedRows {
				return run
			}
		}
		end = begin
	}
	return nil
}

// merge writes parts that a window made due into one of each table, aside, and returns their names by table.
func (w *Windows) merge(rows map[string]int64) (map[string][]string, error) {
	all := map[string][]string{}
	for _, t := range w.Tables {
		if rows[t.Name] == 0 {
			continue
		}
		of := due(w.journal.parts[t.Name], w.published)
		if of == nil {
			continue
		}
		one, names := merged(of), namesOf(of)
		n, err := parts.Merge(pathsIn(w.partsFolder(t.Name), names), w.aside(t.Name, one.name))
		switch {
		case err != nil:
			return nil, failed(err, "the parts %s to %s of %s can't be merged", names[0], names[len(names)-1], t.Name)
		case n == 0: // the model has other columns by now
		case n != one.rows:
			return nil, w.damaged("the parts %s to %s of %s have %d rows, and were written with %d", names[0], names[len(names)-1], t.Name, n, one.rows)
		default:
			all[t.Name] = names
		}
	}
	if len(all) > 0 {
		if err := syncFolder(w.State); err != nil {
			return nil, failed(err, "%s can't be written", w.State)
		}
	}
	return all, nil
}

func pathsIn(folder string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(folder, name)
	}
	return paths
}

// aside is where a merged part is until the journal has it.
func (w *Windows) aside(table, name string) string {
	return filepath.Join(w.State, asidePrefix+table+"-"+name)
}

const asidePrefix = "merged-"

// tidy removes merged parts that the journal never had.
func (w *Windows) tidy() error {
	entries, err := os.ReadDir(w.State)
	if err != nil {
		return failed(err, "%s can't be listed", w.State)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), asidePrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(w.State, e.Name())); err != nil {
			return failed(err, "%s can't be removed", e.Name())
		}
	}
	return nil
}

// place puts the merged parts that the journal's last line tells of in place of the others. It may have been broken off before.
func (w *Windows) place() error {
	if len(w.journal.entries) == 0 {
		return nil
	}
	all := w.journal.entries[len(w.journal.entries)-1].Merged
	for _, table := range slices.Sorted(maps.Keys(all)) {
		folder, name := w.partsFolder(table), mergedName(all[table])
		aside, one := w.aside(table, name), filepath.Join(folder, name)
		_, err := os.Stat(aside)
		if err == nil {
			if err = note(folder, aside, all[table]); err == nil {
				err = os.Rename(aside, one)
			}
			if err == nil {
				err = syncFolder(folder)
			}
		} else if _, put := os.Stat(one); put == nil {
			err = nil
		}
		if err != nil { // the others stay
			return failed(err, "the part %s of %s can't be put", name, table)
		}
		for _, old := range pathsIn(folder, all[table]) {
			if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
				return failed(err, "a part of %s can't be removed", table)
			}
		}
		if err := syncFolder(folder); err != nil { // later windows take them for gone
			return failed(err, "a part of %s can't be removed", table)
		}
	}
	return nil
}

// note tells publishers which parts a merged one was made of.
func note(folder, one string, of []string) error {
	m := gold.Merged{}
	for _, name := range append(pathsIn(folder, of), one) {
		sum, err := sumOf(name)
		if err != nil {
			return err
		}
		m.Of = append(m.Of, sum)
	}
	m.SHA256, m.Of = m.Of[len(of)], m.Of[:len(of)]
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	name := filepath.Join(folder, gold.MergedFile)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	lines := slices.Collect(bytes.Lines(text))
	lines = lines[max(len(lines)-mostNoted+1, 0):]
	return writeWhole(name, slices.Concat(bytes.Join(lines, nil), line, []byte("\n")))
}

// sumOf returns the SHA-256 of a file.
func sumOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
