package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Several reports whether the source is one that may consist of any number of files: a folder of parts, a pattern of all
// files, a table of a format with versions.
func (t *Table) Several() bool { return t.kind != gold.OneFile && t.kind != gold.NewestOf }

// token names the version of a file with all that its rows follow from, besides the contract; empty: it may be written
// again without another one.
func (t *Table) token(f *file, now time.Time) string {
	if f.info.Token == "" || !f.info.Modified.IsZero() && now.Sub(f.info.Modified) < racy {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", f.name(), f.info.Token))
	return hex.EncodeToString(sum[:12])
}

// Remember tells the table what its files were found to hold at an earlier look, by what Parts returned then. Those that have the
// same token are not read again for Fingerprint and Parts.
func (t *Table) Remember(ctx context.Context, parts []gold.Part, now time.Time) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	sums := map[string]string{}
	for _, p := range parts {
		if len(p.Content) >= 2*sha256.Size {
			sums[p.Token] = p.Content[:2*sha256.Size]
		}
	}
	for _, f := range t.files {
		if token := t.token(f, now); token != "" && f.sum == "" {
			f.sum = sums[token]
		}
	}
	return nil
}

// Parts describes the table's files, in their order: tables whose files are the same, in any order, have the same rows under
// one contract. It reads those that Table opened, unless it was told what they hold.
func (t *Table) Parts(ctx context.Context, now time.Time) ([]gold.Part, error) {
	contents, err := t.contents(ctx)
	if err != nil {
		return nil, err
	}
	layout := t.layout()
	if layout != "" {
		layout = " " + layout
	}
	merged, err := t.merged(ctx)
	if err != nil {
		return nil, err
	}
	parts := make([]gold.Part, len(t.files))
	for i, f := range t.files {
		parts[i] = partOf(contents[i]+layout, merged)
		parts[i].Token = t.token(f, now)
	}
	return parts, nil
}

// mostMerges is how often rows may have been merged that are still known to be in a file.
const mostMerges = 8

// merged reads what the writer of a folder of parts says of those that it merged: for each, by the hash of its bytes, those of the others.
func (t *Table) merged(ctx context.Context) (map[string][]string, error) {
	if t.kind != gold.FolderOf {
		return nil, nil
	}
	name := path.Join(t.source, gold.MergedFile)
	data, _, err := object.Small(ctx, t.from, name, gold.MostMerged)
	if data == nil || err != nil {
		return nil, err
	}
	all, line := map[string][]string{}, int64(0)
	for text := range bytes.Lines(data) {
		line++
		var m gold.Merged
		if err := json.Unmarshal(text, &m); err != nil || len(m.SHA256) != 2*sha256.Size || len(m.Of) == 0 {
			return nil, gold.Invalidf(gold.Problem{File: name, Row: line, Code: gold.CodeSourceUnreadable},
				`expected {"sha256": "…", "of": ["…", …]}, the hash of a merged file and those of the files whose rows it has; without the file, merged files are loaded again`)
		}
		all[m.SHA256] = m.Of
	}
	return all, nil
}

// partOf returns the part of a content, with those that it was merged from.
func partOf(text string, merged map[string][]string) gold.Part {
	var of func(sum string, merges int) gold.Part
	rest := text[2*sha256.Size:]
	of = func(sum string, merges int) gold.Part {
		p := gold.Part{Content: sum + rest}
		if merges < mostMerges {
			for _, other := range merged[sum] {
				p.Of = append(p.Of, of(other, merges+1))
			}
		}
		return p
	}
	return of(text[:2*sha256.Size], 0)
}

// contents returns the text of each file's content: see Fingerprint.
func (t *Table) contents(ctx context.Context) ([]string, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	texts, err := hashAll(ctx, t.files)
	if err != nil {
		return nil, err
	}
	for i, f := range t.files {
		texts[i] += f.partitionText() + t.format.reading(f.name())
	}
	return texts, nil
}

// Added returns the places of the parts that others don't have; false where those have some besides. A part that was merged from some that
// others have is one of theirs. Where there is none they are empty, and not nil, which means all to Read.
func Added(parts, others []gold.Part) ([]int, bool) {
	left, places := map[string]int{}, []int{}
	for _, p := range others {
		left[p.Content]++
	}
	var taken []string
	var take func(p *gold.Part) bool
	take = func(p *gold.Part) bool {
		if left[p.Content] > 0 {
			left[p.Content]--
			taken = append(taken, p.Content)
			return true
		}
		before := len(taken)
		for i := range p.Of {
			if !take(&p.Of[i]) {
				for _, content := range taken[before:] {
					left[content]++
				}
				taken = taken[:before]
				return false
			}
		}
		return len(p.Of) > 0
	}
	for i := range parts {
		if !take(&parts[i]) {
			places = append(places, i)
		}
	}
	return places, len(taken) == len(others)
}

// RowsOf returns the number of rows of the files in some places.
func (t *Table) RowsOf(places []int) int64 {
	rows := int64(0)
	for _, i := range places {
		rows += t.files[i].rows()
	}
	return rows
}
