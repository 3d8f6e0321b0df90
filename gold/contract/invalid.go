package contract

import (
	"cmp"
	"fmt"
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// invalid returns the problems of contracts and of the overlays' file as one Invalid error, by file and line, or nil where
// there are none.
func invalid(r *yaml.Report, overlays string) *gold.Error {
	if len(r.Problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.Problems, func(a, b gold.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	// A mistake that several checks find is reported once.
	seen := map[gold.Problem]bool{}
	problems := slices.DeleteFunc(slices.Clone(r.Problems), func(p gold.Problem) bool {
		again := seen[p]
		seen[p] = true
		return again
	})
	e := &gold.Error{Kind: gold.Invalid, Code: gold.CodeContractInvalid, Problems: problems}
	if e.Message = problems[0].String(); len(problems) > 1 {
		e.Message = fmt.Sprintf("%d problems in %s, the first: %s", len(problems), filesOf(problems, overlays), e.Message)
	}
	return e
}

// filesOf names the files that have problems.
func filesOf(problems []gold.Problem, overlays string) string {
	laid := func(p gold.Problem) bool { return overlays != "" && p.File == overlays }
	own := func(p gold.Problem) bool { return !laid(p) }
	switch {
	case !slices.ContainsFunc(problems, laid):
		return "the contracts"
	case !slices.ContainsFunc(problems, own):
		return overlays
	default:
		return "the contracts and " + overlays
	}
}
