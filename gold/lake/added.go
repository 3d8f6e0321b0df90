package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"goldserve/gold"
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
	parts := make([]gold.Part, len(t.files))
	for i, f := range t.files {
		parts[i] = gold.Part{Token: t.token(f, now), Content: contents[i] + layout}
	}
	return parts, nil
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

// Added returns the places of the parts that others don't have; false where those have some besides.
func Added(parts, others []gold.Part) (places []int, ok bool) {
	left := map[string]int{}
	for _, p := range others {
		left[p.Content]++
	}
	common := 0
	for i, p := range parts {
		if left[p.Content] > 0 {
			left[p.Content]--
			common++
		} else {
			places = append(places, i)
		}
	}
	return places, common == len(others)
}

// RowsOf returns the number of rows of the files in some places.
func (t *Table) RowsOf(places []int) int64 {
	rows := int64(0)
	for _, i := range places {
		rows += t.files[i].rows()
	}
	return rows
}
