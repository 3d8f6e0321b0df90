package lake

import (
	"context"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Patterns returns the sources of the tables whose files a build named by the newest slice, such as sales/sales_{ts}.csv, as its
// record says. The record of a build that can't be read names none: who reads the lake is told of it by Build.
func (l *Lake) Patterns(ctx context.Context) ([]string, error) {
	var found []string
	for _, folder := range []string{".", goldStage} {
		data, _, err := object.Small(ctx, l.source, path.Join(folder, gold.BuiltFile), gold.MostBuildRecord)
		if gold.KindOf(err) == gold.Unavailable {
			return nil, err
		}
		if data == nil || err != nil {
			continue
		}
		record, err := gold.ParseBuildRecord(data)
		if err != nil {
			continue
		}
		for _, t := range record.Tables {
			source := path.Join(folder, t.Path)
			if t.Stage == goldStage && t.Path != "" && len(t.Files) == 1 && pattern(source).MatchString(path.Join(folder, t.Files[0].Path)) {
				found = append(found, source)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// NameOf returns what a source is called but for the time that a pattern has in its place: sales/sales of sales/sales_{ts}.csv.
func NameOf(source string) string {
	before, _, found := strings.Cut(source, "_"+timestamp)
	if !found {
		return source
	}
	return before
}
