package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"goldserve/gold"
	"goldserve/publisher"
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

// printQuality prints a table of the broken rules, and how many rules hold in how many datasets.
func (a *app) printQuality(model string, j judged, of publisher.Judged) error {
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
	derived := ""
	if of.Derived > 0 {
		derived = fmt.Sprintf(", %d of them derived", of.Derived)
	}
	held := fmt.Sprintf("%d of %d rules hold", j.Kept, j.Rules)
	if j.Rules == 0 {
		held = "no rules"
	}
	a.printf("%s: %s in %s%s\n", model, held, gold.Counted(of.Datasets, "dataset"), derived)
	return nil
}
