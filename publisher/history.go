package publisher

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// changedHistory returns which raw files of slices whose history is frozen aren't those that a release was made of, as its lineage lists
// them, and of which of its sources nothing is said, as no build made the lake (nil).
func changedHistory(r *gold.Release, declared *gold.Build, build *lake.Build) (problems []gold.Problem) {
	if r == nil || r.Lineage == nil || declared == nil {
		return nil
	}
	taken := fmt.Sprintf("published in release %d", r.Number)
	for i := range r.Lineage.Tables {
		t := &r.Lineage.Tables[i]
		name, raw := strings.CutPrefix(t.Name, gold.RawStage)
		source := declared.Source(name)
		if !raw || source == nil || source.Slice == nil || !source.Slice.Frozen {
			continue
		}
		if build == nil {
			problems = append(problems, gold.Problem{File: gold.BuiltFile, Code: gold.CodeSnapshotChanged, Detail: fmt.Sprintf(
				"the lake lacks it, so that nothing says whether the raw files of %s, whose history is frozen, are those that were %s: publish a lake that goldserve built", name, taken)})
			continue
		}
		at := slices.IndexFunc(build.Sources, func(s gold.BuiltSource) bool { return s.Name == name })
		if at >= 0 { // else the model's SQL no longer reads it
			problems = append(problems, source.HistoryChanges(t.Listed, build.Sources[at].RawFiles(), taken, len(t.Listed) == t.Files)...)
		}
	}
	return problems
}
