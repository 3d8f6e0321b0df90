package main

import (
	"time"

	"goldserve/gold"
	"goldserve/gold/infer"
	"goldserve/publisher"
)

// published is the last event of publish --json.
type published struct {
	Event      publisher.Outcome `json:"event"`
	Model      string            `json:"model"`
	Release    int64             `json:"release,omitempty"`
	AsOf       time.Time         `json:"as_of,omitzero"`
	Outcome    publisher.Outcome `json:"outcome"`
	Rows       int64             `json:"rows"`                 // loaded
	TotalRows  int64             `json:"total_rows,omitempty"` // of the release
	Seconds    float64           `json:"seconds"`
	RowsPerSec float64           `json:"rows_per_second"`
	Loaded     []string          `json:"loaded"`
	Unchanged  []string          `json:"unchanged"`
	Kept       []string          `json:"kept"` // no file, or derived from one that is missing: --partial
	Refreshed  []string          `json:"refreshed"`
	RefreshDue time.Time         `json:"refresh_due,omitzero"`      // of BI collections that are left behind until then: --bi-every
	Integrity  string            `json:"integrity,omitempty"`       // of the release: verified or unverified
	Unreached  string            `json:"unreached,omitempty"`       // of the release: the lake whose fallback was published
	Changed    []string          `json:"changed_guesses,omitempty"` // of --infer: what the release before guessed and no longer holds
	Found      []foundDataset    `json:"found,omitempty"`           // of --infer
	LookFirst  []string          `json:"look_first,omitempty"`      // of --infer: which guesses to look at first
	LeftOut    []string          `json:"left_out,omitempty"`        // of --infer: which files and columns, and why; of --watch: those that were not before
	Plan       *publisher.Plan   `json:"plan,omitempty"`            // of --dry-run
}

// foundDataset says of one dataset what was inferred.
type foundDataset struct {
	Dataset string `json:"dataset"`
	Summary string `json:"summary"`
}

// resultOf describes a publish that was made. told is the inference whose omissions were told; nil: none.
func resultOf(made *madeRelease, told *infer.Model) published {
	r := made.done
	out := published{
		Model: made.name, Rows: r.Rows, Seconds: r.Duration.Seconds(), Loaded: nonNil(r.Loaded),
		Unchanged: nonNil(r.Reused), Kept: nonNil(r.Kept), Refreshed: nonNil(r.Refreshed), Event: r.Outcome, Outcome: r.Outcome, Plan: r.Plan,
		RefreshDue: r.RefreshDue,
	}
	if out.Seconds > 0 {
		out.RowsPerSec = float64(r.Rows) / out.Seconds
	}
	if r.Release != nil {
		out.Changed = changedGuesses(r)
		out.Release, out.AsOf, out.Integrity, out.Unreached = r.Release.Number, r.Release.AsOf, r.Release.Integrity, r.Release.Unreached
		out.TotalRows = rowsOf(r.Release)
	}
	if made.found != nil {
		for _, d := range made.found.Datasets {
			out.Found = append(out.Found, foundDataset{d.Name, d.Summary()})
		}
		out.LookFirst, out.LeftOut = made.found.LookFirst(), made.found.NewOmissions(told)
	}
	return out
}

// printPublished prints the result.
func (a *app) printPublished(made *madeRelease, told *infer.Model) error {
	model, r, out := made.name, made.done, resultOf(made, told)
	if a.config.JSON {
		return a.printEvent(out)
	}
	kept := ""
	if len(r.Kept) > 0 {
		kept = "; kept without a file: " + list(r.Kept)
	}
	switch out.Outcome {
	case publisher.Unchanged:
		a.printf("%s release %d: nothing to do, %s unchanged%s (%.1f s)\n", model, out.Release, gold.Counted(len(r.Reused), "dataset"), kept, out.Seconds)
	case publisher.Planned:
		a.printf("%s: %s; to load: %s; unchanged: %s%s\n", model, intent(r.Plan), list(r.Loaded), list(r.Reused), kept)
	case publisher.Refreshed:
		a.printf("%s release %d: BI collections refreshed: %s (%.1f s)\n", model, out.Release, list(r.Refreshed), out.Seconds)
	default:
		a.printf("%s release %d: %s in %.1f s (%.0f rows/s); loaded: %s; unchanged: %s%s\n",
			model, out.Release, gold.Counted(out.Rows, "row"), out.Seconds, out.RowsPerSec, list(r.Loaded), list(r.Reused), kept)
	}
	if !r.RefreshDue.IsZero() {
		a.printf("  the BI database is refreshed from %s on, by the next publish\n", r.RefreshDue.Format(time.TimeOnly))
	}
	for _, text := range out.Changed {
		a.printf("  changed guess: %s\n", text)
	}
	if r.Plan != nil {
		a.printf("%s", planText(r.Plan))
	}
	return nil
}

func rowsOf(r *gold.Release) (rows int64) {
	for i := range r.Versions {
		rows += r.Versions[i].Rows
	}
	return rows
}
