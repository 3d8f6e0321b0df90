package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold"
)

func (a *app) prune() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Drop expired releases",
		Long: `prune drops expired releases and whatever a crashed publish left behind. Every publish ends with the same step.

Retention keeps the current release, the newest --keep releases, and, by as_of, the last release of each of the newest
--keep-months months that have one. With --keep-for 24h, it also keeps the last release published in each hour of the last
24. With --keep-bytes 50GB, the oldest of all these expire until the others take at most that in the store, each version
counted once; the current release always stays.

Other releases expire in two steps: prune first marks them as pruned, and they answer 410 from then on; a run at least
--grace later drops their rows. Rows that a kept release shares stay.

Zero means zero: --keep 0 --keep-months 0 keeps only the current release, and --grace 0s drops rows at once, even while
they are being read. The report says why each release expired, and lists those whose rows are still in the store.`,
		Example: `  goldserve prune --dry-run
  goldserve prune --keep 3 --keep-months 6
  goldserve prune --keep-for 24h --keep-bytes 50GB
  goldserve prune --keep 0 --keep-months 0 --grace 0s`,
		Args: cobra.NoArgs,
		RunE: a.evented(func(ctx context.Context) error { return a.runPrune(ctx, dryRun) }),
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	a.config.retentionSettings.flags(flags)
	flags.BoolVar(&dryRun, "dry-run", false, "show what would be dropped, and drop nothing")
	a.setting(flags, "json").Usage = eventsUsage
	a.setting(flags, "lease-ttl")
	return cmd
}

// pruneResult is the last event of prune --json.
type pruneResult struct {
	Event   string           `json:"event"`
	Model   string           `json:"model"`
	DryRun  bool             `json:"dry_run"`
	Orphans []string         `json:"orphans"`
	Marked  []int64          `json:"marked"`
	Why     map[int64]string `json:"why"` // the marked ones expired
	Dropped []int64          `json:"dropped"`
	Waiting []int64          `json:"waiting"` // marked, and their rows are still there
	Shared  []string         `json:"shared"`  // datasets of dropped releases whose rows stay, as another release has them
}

func (a *app) runPrune(ctx context.Context, dryRun bool) error {
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
	report, err := p.Prune(ctx, a.config.Model, dryRun)
	if err != nil {
		return err
	}
	if a.config.JSON {
		event := "pruned"
		if dryRun {
			event = "planned"
		}
		if report.Why == nil {
			report.Why = map[int64]string{}
		}
		return a.printEvent(pruneResult{
			Event: event, Model: a.config.Model, DryRun: dryRun, Orphans: nonNil(report.Orphans), Marked: nonNil(report.Marked), Why: report.Why,
			Dropped: nonNil(report.Dropped), Waiting: nonNil(report.Waiting), Shared: nonNil(report.Shared),
		})
	}
	verb := ""
	if dryRun {
		verb = "would be "
	}
	var done []string
	if n := len(report.Orphans); n > 0 {
		done = append(done, fmt.Sprintf("%s of runs that were broken off %sdropped", gold.Counted(n, "version"), verb))
	}
	if len(report.Marked) > 0 {
		done = append(done, fmt.Sprintf("releases %v %smarked", report.Marked, verb))
	}
	if len(report.Dropped) > 0 {
		done = append(done, fmt.Sprintf("releases %v %sdropped", report.Dropped, verb))
	}
	if len(done) == 0 {
		done = append(done, "nothing "+verb+"dropped: no release has expired")
	}
	a.printf("%s: %s\n", a.config.Model, strings.Join(done, ", "))
	for _, number := range report.Marked {
		a.printf("  release %d expired: %s\n", number, report.Why[number])
	}
	if len(report.Waiting) > 0 {
		a.printf("The rows of releases %v are not gone: a run drops them once they have been marked for %s.\n", report.Waiting, a.config.Grace)
	}
	if len(report.Shared) > 0 {
		a.printf("The rows of %s are not gone: a release that is kept has the same ones.\n", list(report.Shared))
	}
	return nil
}
