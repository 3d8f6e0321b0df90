package main

import (
	"fmt"
	"log/slog"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// restateUsage is the usage of --restate.
const restateUsage = "rewrite frozen history: accept raw files that changed after they were built or published"

// restateOnce is the mistake of rewriting history again and again.
const restateOnce = "--restate is for a single run: with --watch history would never be frozen"

// missed returns the error of a build that left slices of raw files out, nil if it took all.
func missed(p *builder.Plan) error {
	names, problems := p.LeftOut()
	if len(problems) == 0 {
		return nil
	}
	left := strings.Join(names, ", ") + " and later are left out of the gold, which holds what came before"
	if len(problems) == 1 {
		return &gold.Error{Kind: gold.Invalid, Code: gold.CodeExpectationFailed, Problems: problems, Message: left + ": " + problems[0].String()}
	}
	return &gold.Error{Kind: gold.Invalid, Code: gold.CodeExpectationFailed, Problems: problems, Message: fmt.Sprintf("%s, for %d problems", left, len(problems))}
}

// logNotBuilt logs a failure to build, of a command that goes on.
func logNotBuilt(log *slog.Logger, err error) {
	problem := strings.ReplaceAll(messageOf(err), "\n", "; ")
	if gold.CodeOf(err) == gold.CodeExpectationFailed {
		log.Error("raw files left out", "code", gold.CodeOf(err), "problem", problem)
		return
	}
	log.Error("not built, and the lake is as it was", "code", gold.CodeOf(err), "problem", problem)
}

// warnings prints what expectations of severity warning found.
func (a *app) warnings(p *builder.Plan) {
	for i := range p.Findings {
		f := &p.Findings[i]
		if f.Severity != gold.FindingWarning {
			continue
		}
		for _, problem := range f.Problems() {
			a.printf("warning: %s\n", problem)
		}
	}
}
