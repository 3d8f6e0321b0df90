package builder

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// fileSlice returns the slice in the name of a table's file, as 20251113T103500; false: the name isn't one that the table's path gives.
func (t *Table) fileSlice(name string) (string, bool) {
	word := newestWord
	if t.Sliced() {
		word = sliceWord
	}
	before, after, ok := strings.Cut(t.Path, word)
	if !ok {
		return "", false
	}
	rest, begins := strings.CutPrefix(name, before)
	slice, ends := strings.CutSuffix(rest, after)
	_, err := time.Parse(SliceName, slice)
	return slice, begins && ends && err == nil
}

// past returns the files of earlier builds that stay beside a table's: those named by slices that aren't too old.
func (p *Plan) past(t *Table, was *gold.BuiltTable, now []gold.BuildFile, age time.Duration) (past []gold.BuildFile) {
	if was == nil || t.Path == "" || t.Sliced() {
		return nil
	}
	oldest := ""
	if newest, err := time.Parse(time.RFC3339, p.newest(t)); age > 0 && err == nil {
		oldest = newest.Add(-age).Format(SliceName)
	}
	for _, f := range slices.Concat(was.Past, was.Files) {
		slice, ok := t.fileSlice(f.Path)
		if ok && slice >= oldest && !slices.ContainsFunc(now, func(n gold.BuildFile) bool { return n.Path == f.Path }) {
			past = append(past, f)
		}
	}
	return past
}

// listings are the files of places, each listed once.
type listings map[string]map[string]Entry

// many is how many files of a table are cheaper looked for in a listing than one by one.
const many = 4

// of returns the files of a folder of a place.
func (l listings) of(ctx context.Context, place Place, folder string) (map[string]Entry, error) {
	if found, ok := l[key(place, folder)]; ok {
		return found, nil
	}
	found, err := place.List(ctx, folder)
	if err == nil {
		l[key(place, folder)] = found
	}
	return found, err
}

// commonFolder returns the folder that all files lie in, at whichever depth.
func commonFolder(files []gold.BuildFile) string {
	folder, _, found := strings.Cut(files[0].Path, "/")
	for _, f := range files {
		if !found || !strings.HasPrefix(f.Path, folder+"/") {
			return "."
		}
	}
	return path.Clean(folder)
}
