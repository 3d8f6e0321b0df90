package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/publisher"
)

func (a *app) prune() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Drop expired releases",
		Long: `prune drops what a publish that died left behind, and the rows of releases past their retention: the newest --keep
releases stay, and the last one of each of --keep-months months by its as_of. It has two steps: a release is marked
first and answers 410 from then on; its rows are dropped by a run at least --grace later. The current release, and
versions that a kept release shares, always stay. Every publish ends with the same.

Zero is a number: --keep 0 --keep-months 0 keeps the current release alone, and --grace 0s drops the rows at once, also
under those who read them. The report says which releases' rows are still there.`,
		Example: `  goldserve prune --dry-run
  goldserve prune --keep 3 --keep-months 6
  goldserve prune --keep 0 --keep-months 0 --grace 0s`,
		Args: cobra.NoArgs,
		RunE: a.evented(a.runPrune),
	}
	flags := cmd.Flags()
	storeFlags(flags)
	modelFlags(flags)
	retentionFlags(flags)
	flags.Bool("dry-run", false, "say what would be dropped, and drop nothing")
	flags.Bool("json", false, "print events, one JSON object a line; the last one is the result, or failed")
	flags.Duration("lease-ttl", 10*time.Second, "how long a publisher that died keeps others out (MongoDB)")
	return cmd
}

func retentionFlags(flags *pflag.FlagSet) {
	d := publisher.DefaultRetention
	flags.Int("keep", d.Keep, "newest releases to keep (0: none but the current one)")
	flags.Int("keep-months", d.Months, "months whose last release is kept besides (0: none)")
	flags.Duration("grace", d.Grace, "between marking a release as pruned and dropping its rows (0s: at once)")
}

// droppable is the last event of prune --json.
type droppable struct {
	Event   string   `json:"event"`
	Model   string   `json:"model"`
	DryRun  bool     `json:"dry_run"`
	Orphans []string `json:"orphans"`
	Marked  []int64  `json:"marked"`
	Dropped []int64  `json:"dropped"`
	Waiting []int64  `json:"waiting"` // marked, and their rows are still there
	Shared  []string `json:"shared"`  // datasets of dropped releases whose rows stay, as another release has them
}

func (a *app) runPrune(ctx context.Context) error {
	log := a.logger()
	store, err := a.openExisting(ctx, log, false)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	p, err := a.publisher(log, store)
	if err != nil {
		return err
	}
	report, err := p.Prune(ctx, a.config.Model, a.config.DryRun)
	if err != nil {
		return err
	}
	if a.config.JSON {
		event := "pruned"
		if a.config.DryRun {
			event = "planned"
		}
		return a.printEvent(droppable{
			Event: event, Model: a.config.Model, DryRun: a.config.DryRun, Orphans: nonNil(report.Orphans), Marked: nonNil(report.Marked),
			Dropped: nonNil(report.Dropped), Waiting: nonNil(report.Waiting), Shared: nonNil(report.Shared),
		})
	}
	verb := ""
	if a.config.DryRun {
		verb = "would be "
	}
	a.printf("%s: %d orphans %sdropped, releases %v %smarked, releases %v %sdropped\n",
		a.config.Model, len(report.Orphans), verb, report.Marked, verb, report.Dropped, verb)
	if len(report.Waiting) > 0 {
		a.printf("The rows of releases %v are not gone: a run drops them once they have been marked for %s.\n", report.Waiting, a.config.Grace)
	}
	if len(report.Shared) > 0 {
		a.printf("The rows of %s are not gone: a release that is kept has the same ones.\n", list(report.Shared))
	}
	return nil
}
