package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// builtEvent is the event of a table that was built.
type builtEvent struct {
	Event    string           `json:"event"`
	Table    string           `json:"table"`
	Why      string           `json:"why"`
	Rows     int64            `json:"rows"`
	Rejected map[string]int64 `json:"rejected,omitempty"`
	Seconds  float64          `json:"seconds"`
}

// landedEvent is the event of a source whose files were read.
type landedEvent struct {
	Event   string  `json:"event"`
	Source  string  `json:"source"`
	Files   int     `json:"files"`
	Written int     `json:"written"`
	Rows    int64   `json:"rows"`
	Broken  int64   `json:"broken"`
	Seconds float64 `json:"seconds"`
}

// buildResult is the last event of a build, and of a plan.
type buildResult struct {
	Event   string        `json:"event"` // built, unchanged, planned
	Build   string        `json:"build,omitempty"`
	Engine  string        `json:"engine"`
	Gold    string        `json:"gold"`
	Tables  []tableResult `json:"tables"`
	Removed []string      `json:"removed"`
	// Findings are where the raw files are not as the model expects them.
	Findings []gold.Finding `json:"findings,omitempty"`
	Seconds  float64        `json:"seconds,omitempty"`
	// RawRemoved are raw files that are older than the model's retention.
	RawRemoved []rawRemoved `json:"raw_removed,omitempty"`
}

// rawRemoved are raw files of a source that were removed; their rows stay.
type rawRemoved struct {
	Source string   `json:"source"`
	Files  []string `json:"files"`
}

// tableResult is a table of a buildResult.
type tableResult struct {
	Table     string   `json:"table"`
	Runs      bool     `json:"runs"`
	Why       string   `json:"why,omitempty"`
	Temporary bool     `json:"temporary,omitempty"`
	Reads     []string `json:"reads"`
	SQL       string   `json:"sql"`
}

// buildProgress tells of each source and table once it is done.
func (a *app) buildProgress() builder.Progress {
	why := map[string]string{}
	return builder.Progress{
		Planned: func(p *builder.Plan) {
			for _, t := range p.Tables {
				why[t.Table.FullName()] = t.Why
			}
		},
		Landed: func(l builder.Landed) {
			switch {
			case a.config.JSON:
				_ = a.printEvent(landedEvent{"landed", l.Source, l.Files, l.Written, l.Rows, l.Broken, l.Seconds}) // a closed standard output doesn't end a build
			case l.Written > 0:
				broken := ""
				if l.Broken > 0 {
					broken = fmt.Sprintf(", %d broken", l.Broken)
				}
				a.printf("%-24s %10d rows%s, %s newly landed  %.1f s\n", "bronze."+l.Source, l.Rows, broken, gold.Counted(l.Written, "file"), l.Seconds)
			}
		},
		Built: func(b builder.Built) {
			name := b.Table.FullName()
			if a.config.JSON {
				_ = a.printEvent(builtEvent{"table", name, why[name], b.Rows, b.Rejected, b.Seconds}) // the same
				return
			}
			if b.Table.View { // its rows are computed where it is read
				a.printf("%-24s %15s  %.1f s  (%s)\n", name, "view", b.Seconds, why[name])
				return
			}
			a.printf("%-24s %10d rows%s  %.1f s  (%s)\n", name, b.Rows, rejected(b), b.Seconds, why[name])
		},
	}
}

// rejected says how many rows were rejected for what.
func rejected(b builder.Built) string {
	if b.Table.Quarantine == nil {
		return ""
	}
	var sum int64
	for n := range maps.Values(b.Rejected) {
		sum += n
	}
	return fmt.Sprintf(", %d of %d rejected", sum, b.RowsIn)
}

func resultOfBuild(event string, p *builder.Plan, at string) buildResult {
	out := buildResult{Event: event, Engine: p.Engine.Name + " " + p.Engine.Number, Gold: at, Tables: []tableResult{}, Removed: nonNil(p.Removed), Findings: p.Findings}
	for _, t := range p.Tables {
		out.Tables = append(out.Tables, tableResult{t.Table.FullName(), t.Runs, t.Why, t.Table.Temporary, nonNil(t.Reads), t.Table.File})
	}
	return out
}

// printBuilt prints what a build did.
func (a *app) printBuilt(report *builder.Report, at string) error {
	event := "unchanged"
	if len(report.Built) > 0 || len(report.Removed) > 0 {
		event = "built"
	}
	if a.config.JSON {
		out := resultOfBuild(event, report.Plan, at)
		out.Build, out.Seconds = report.Build, report.Seconds
		for _, of := range report.Carried {
			gone := rawRemoved{Source: of.Source}
			for _, f := range of.Files {
				gone.Files = append(gone.Files, f.Name)
			}
			out.RawRemoved = append(out.RawRemoved, gone)
		}
		return a.printEvent(out)
	}
	if event == "unchanged" {
		kept := "up to date"
		if selection := keptWords(report.Tables); strings.Contains(selection, "not selected") {
			kept = strings.TrimPrefix(selection, ", ")
		}
		a.printf("%s: %s, in %.2f s\n", at, kept, report.Seconds)
		return nil
	}
	done := gold.Counted(len(report.Built), "table") + " built" + keptWords(report.Tables)
	if len(report.Removed) > 0 {
		done += ", " + list(report.Removed) + " removed"
	}
	a.warnings(report.Plan)
	for _, of := range report.Carried {
		a.printf("%-24s %s removed from bronze by the model's retention; the rows are kept\n", "bronze."+of.Source, gold.Counted(int64(len(of.Files)), "raw file"))
	}
	a.printf("%s: %s, in %.1f s with %s %s\n", at, done, report.Seconds, report.Engine.Name, report.Engine.Number)
	return nil
}

// keptWords says how many tables stay as they are, and how many of those that aren't selected are out of date.
func keptWords(tables []builder.Planned) string {
	var fresh, left, stale int
	for _, t := range tables {
		switch {
		case t.Runs || t.Table.Temporary:
		case t.Chosen:
			fresh++
		case t.Stale:
			left++
			stale++
		default:
			left++
		}
	}
	words := ""
	if fresh > 0 {
		words = fmt.Sprintf(", %d up to date", fresh)
	}
	switch {
	case stale > 0:
		words += fmt.Sprintf(", %d not selected (%d out of date)", left, stale)
	case left > 0:
		words += fmt.Sprintf(", %d not selected", left)
	}
	return words
}

// showBuildPlan prints the tables with what they read, and which would be built and why.
func (a *app) showBuildPlan(ctx context.Context, b *builder.Builder, ask *buildRequest) error {
	p, err := b.Plan(ctx, ask.options())
	if err != nil {
		return flagged(err)
	}
	at := ask.stage(&a.config, builder.Gold)
	if a.config.JSON {
		return a.printEvent(resultOfBuild("planned", p, at))
	}
	runs := 0
	for _, t := range p.Tables {
		what := "up to date"
		switch {
		case t.Runs:
			what = "build: " + t.Why
			runs++
		case t.Table.Temporary:
			what = "temporary: nothing reads it now"
		case !t.Chosen:
			what = "not selected"
			if t.Stale {
				what += ", and out of date"
			}
		}
		a.printf("%-24s %s\n", t.Table.FullName(), what)
		if len(t.Reads) > 0 {
			a.printf("%-24s   reads %s\n", "", strings.Join(t.Reads, ", "))
		}
	}
	if len(p.Removed) > 0 {
		a.printf("%s: no longer in the model, to be removed\n", list(p.Removed))
	}
	a.printf("%s of %d to build with %s %s; nothing was changed\n", gold.Counted(runs, "table"), len(p.Tables), p.Engine.Name, p.Engine.Number)
	return nil
}
