package quality

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// Blocked reports whether a rule of severity error failed.
func Blocked(results []gold.RuleResult) bool { return slices.ContainsFunc(results, blocks) }

func blocks(r gold.RuleResult) bool { return !r.Passed && r.Severity == gold.SeverityError }

// Refusal returns Invalid quality_failed with a problem for each blocking result. Call it only if Blocked: otherwise it
// returns a nil *gold.Error, which is not a nil error. file is the dataset's source in the lake; empty for a derived
// dataset.
func Refusal(dataset, file string, results []gold.RuleResult) *gold.Error {
	e := &gold.Error{Kind: gold.Invalid, Code: gold.CodeQualityFailed}
	var lines []string
	for _, r := range results {
		if !blocks(r) {
			continue
		}
		p := gold.Problem{File: file, Code: gold.CodeQualityFailed, Detail: "rule " + r.Rule + " failed: " + finding(r)}
		if file == "" {
			p.Detail = "dataset " + dataset + ": " + p.Detail
		}
		e.Problems = append(e.Problems, p)
		lines = append(lines, p.String())
	}
	if len(lines) == 0 {
		return nil
	}
	e.Message = fmt.Sprintf("dataset %s breaks %s of its contract: correct the rows, or the contract\n%s",
		dataset, count(int64(len(lines)), "rule"), strings.Join(lines, "\n"))
	return e
}

// finding describes a result: how many rows and which, or the sentence about the whole dataset.
func finding(r gold.RuleResult) string {
	examples := strings.Join(r.Examples, "; ")
	switch {
	case r.Failing == 0 && examples != "":
		return examples
	case examples == "":
		return count(r.Failing, "row")
	case r.Failing > int64(len(r.Examples)):
		return count(r.Failing, "row") + ", such as " + examples
	default:
		return count(r.Failing, "row") + ": " + examples
	}
}
