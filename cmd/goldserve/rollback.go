package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) rollback() *cobra.Command {
	var number int64
	cmd := &cobra.Command{
		Use:   "rollback RELEASE",
		Short: "Make an earlier release current again",
		Long: `rollback makes an earlier release current again, for all datasets at once, and withdraws the releases above it.
Withdrawn releases still answer ?release=N. Publishing their content again is refused unless publish --again is given.`,
		Example: `  goldserve rollback 3
  goldserve rollback 3 --store mongodb://127.0.0.1:27017/gold_serving`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("rollback takes one release number, as goldserve releases lists them")
			}
			var err error
			number, err = releaseNumber("rollback", args[0])
			return err
		},
		RunE: a.evented(func(ctx context.Context) error { return a.runRollback(ctx, number) }),

		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.completeReleases(cmd, args, false)
		},
	}
	a.config.storeSettings.flags(cmd.Flags())
	a.config.modelSettings.flags(cmd.Flags())
	a.config.publishSettings.flags(cmd.Flags())
	a.config.mirrorSettings.flags(cmd.Flags())
	a.setting(cmd.Flags(), "json").Usage = eventsUsage
	return cmd
}

// rolledBack is the last event of rollback --json.
type rolledBack struct {
	Event   string    `json:"event"`
	Model   string    `json:"model"`
	Release int64     `json:"release"`
	AsOf    time.Time `json:"as_of"`
}

func (a *app) runRollback(ctx context.Context, number int64) error {
	log, endProgress := a.startProgress(a.config.JSON)
	defer endProgress()
	store, err := a.openExisting(ctx, log, false)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	p, err := a.publisher(log, store)
	if err != nil {
		return err
	}
	release, err := p.Rollback(ctx, a.config.Model, number)
	endProgress()
	if err != nil {
		return err
	}
	if a.config.JSON {
		return a.printEvent(rolledBack{"rolled_back", release.Model, release.Number, release.AsOf})
	}
	a.printf("%s release %d is current (as of %s)\n", release.Model, release.Number, release.AsOf.UTC().Format(time.RFC3339))
	return nil
}
