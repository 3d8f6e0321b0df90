package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) prune() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Drop releases that nobody needs any more",
		Long: `prune drops what a publish that died left behind, and the rows of releases past their retention: the newest --keep
releases stay, and the last one of each of --keep-months months by its as_of. It has two steps: a release is marked
first and answers 410 from then on; its rows are dropped by a run at least --grace later. The current release, and
versions that a kept release shares, always stay. Every publish ends with the same.`,
		Example: `  goldserve prune --dry-run
  goldserve prune --keep 3 --keep-months 6`,
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
	flags.Int("keep", 10, "newest releases to keep")
	flags.Int("keep-months", 12, "months whose last release is kept besides")
	flags.Duration("grace", 15*time.Minute, "between marking a release as pruned and dropping its rows")
}

// droppable is the last event of prune --json.
type droppable struct {
	Event   string   `json:"event"`
	Model   string   `json:"model"`
	DryRun  bool     `json:"dry_run"`
	Orphans []string `json:"orphans"`
	Marked  []int64  `json:"marked"`
	Dropped []int64  `json:"dropped"`
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
			event, a.config.Model, a.config.DryRun, append([]string{}, report.Orphans...), append([]int64{}, report.Marked...), append([]int64{}, report.Dropped...),
		})
	}
	verb := ""
	if a.config.DryRun {
		verb = "would be "
	}
	a.printf("%s: %d orphans %sdropped, releases %v %smarked, releases %v %sdropped\n",
		a.config.Model, len(report.Orphans), verb, report.Marked, verb, report.Dropped, verb)
	return nil
}
