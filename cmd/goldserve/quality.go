package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"goldserve/gold"
)

// judged is the event with the results of the rules, of a release or of a lake.
type judged struct {
	Kept    int               `json:"kept"`
	Rules   int               `json:"rules"`
	Results []gold.RuleResult `json:"results"`
}

func judge(results []gold.RuleResult) judged {
	j := judged{Rules: len(results), Results: append([]gold.RuleResult{}, results...)}
	for _, r := range results {
		if r.Passed {
			j.Kept++
		}
	}
	return j
}

// printQuality prints a table of the broken rules, and how many rules hold. where ends that line.
func (a *app) printQuality(model string, j judged, where string) error {
	if j.Kept < j.Rules {
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		text := []byte("DATASET\tRULE\tSEVERITY\tROWS\tEXAMPLES\n")
		for _, r := range j.Results {
			if !r.Passed {
				text = fmt.Appendf(text, "%s\t%s\t%s\t%d\t%s\n", r.Dataset, r.Rule, r.Severity, r.Failing, strings.Join(r.Examples, "; "))
			}
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	a.printf("%s: %d of %d rules hold%s\n", model, j.Kept, j.Rules, where)
	return nil
}
