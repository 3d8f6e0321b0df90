package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/s3"
)

// runRequest has the options of one run of run.
type runRequest struct {
	buildRequest
	publishRequest
}

// runs is the command run; run runs the program.
func (a *app) runs() *cobra.Command {
	var ask runRequest
	cmd := &cobra.Command{
		Use:   "run [LAKE]",
		Short: "Build a lake's gold from raw files, and publish it",
		Long: `run builds the gold, as build does, and then publishes it, as publish does. Each step skips what hasn't changed: for an unchanged lake,
run only lists the files.

If the build fails, nothing is published, and the current release stays. If the publish fails, the gold stays as it was built, and
the next run publishes it. A model that has no contracts yet is built and not published: goldserve init writes them.

--watch lists the raw files and the gold this often, until a signal ends it. Once a look and one a second later find the same
state, run builds and publishes what changed. Each failure is reported once: see docs/watch.md.`,
		Example: `  goldserve run --lake ./lake
  goldserve run --lake ./lake --watch 5s
  goldserve run --lake ./lake --store mongodb://127.0.0.1:27017/gold_serving --set horizon_days=90`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.eventedLake(func(ctx context.Context) error { return a.runRun(ctx, &ask) }),
	}
	flags := cmd.Flags()
	ask.buildRequest.flags(a, cmd)
	a.config.storeSettings.flags(flags)
	flags.BoolVar(&ask.allowBreaking, "allow-breaking", false, "let fields of the BI database change their type")
	flags.BoolVar(&ask.allowShrink, "allow-shrink", false, "let a dataset become empty or lose half of its rows or more")
	flags.DurationVar(&ask.watch, "watch", 0, "look for changes this often, such as 5s, and build and publish what changed, until a signal ends it")
	a.config.retentionSettings.flags(flags)
	a.config.publishSettings.flags(flags)
	a.config.mirrorSettings.flags(flags)
	a.config.footprintSettings.flags(flags)
	a.config.mlflowSettings.flags(flags)
	a.setting(flags, "no-success-file")
	a.setting(flags, "min-interval")
	a.setting(flags, "json").Usage = eventsUsage
	return cmd
}

func (a *app) runRun(ctx context.Context, ask *runRequest) error {
	ask.publishRequest.restate = ask.buildRequest.restate
	log := a.logger()
	if err := ask.load(&a.config, log); err != nil {
		return err
	}
	r := &rebuilding{app: a, ask: &ask.buildRequest, log: log, lake: a.config.Lake, bronze: ask.stage(&a.config, builder.Bronze), gold: ask.stage(&a.config, builder.Gold)}
	if ask.watch == 0 {
		var out error // of raw files that are left out, and of a build that MLflow or the footprint does not show
		built := false
		lost := a.footprint(ctx, phaseBuild, func(ctx context.Context) (err error) {
			out, err = r.build(ctx)
			built = err == nil
			return err
		})
		if !built {
			return lost
		}
		out = errors.Join(out, lost)
		if ask.unwritten && !a.config.JSON {
			a.printf("Next: goldserve %s\n", ask.next(&a.config, r.gold))
		}
		ask.publishRequest.model = ask.sound // what is built is what is published
		err := a.footprint(ctx, phasePublish, func(ctx context.Context) error { return a.runPublish(ctx, &ask.publishRequest) })
		return errors.Join(err, out)
	}
	if ask.buildRequest.restate {
		return usagef(restateOnce)
	}
	if err := ask.checkWatch(); err != nil {
		return err
	}
	if ask.full {
		return usagef("--full is for a single run: with --watch it would build everything each time")
	}
	a.config.Lake = r.gold
	r.quiet = true
	return a.footprint(ctx, "run", func(ctx context.Context) error {
		return a.follow(ctx, &following{app: a, ask: &ask.publishRequest, log: log, before: r})
	})
}

// rebuilding builds the gold that is published.
type rebuilding struct {
	*app
	ask          *buildRequest
	log          *slog.Logger
	lake         string // as the configuration names it
	bronze, gold string // where they lie
	quiet        bool   // of builds that have nothing to do, nothing is said
	told         string // what is left out, of which was said last
}

// build builds the lake, and leaves the configuration with its gold as the lake to publish. left is the error of raw files that the gold is
// without.
func (r *rebuilding) build(ctx context.Context) (left, err error) {
	r.config.Lake = r.lake
	defer func() { r.config.Lake = r.gold }()
	b, closeAll, err := r.openBuilder(ctx, r.log, r.ask)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	report, err := b.Run(ctx, r.ask.options(), r.buildProgress())
	if err != nil {
		return nil, flagged(err)
	}
	if r.quiet && len(report.Built)+len(report.Removed) == 0 {
		return r.tell(missed(report.Plan)), nil
	}
	behind := r.trackBuild(ctx, r.log, b, report, r.gold)
	if behind != nil && r.quiet {
		r.log.Warn("build not logged to MLflow", "error", behind)
	}
	return errors.Join(r.tell(missed(report.Plan)), behind), r.printBuilt(report, r.gold)
}

// tell logs once, of a run that goes on, that raw files are left out.
func (r *rebuilding) tell(left error) error {
	text := ""
	if left != nil {
		text = messageOf(left)
	}
	if r.quiet && text != r.told && left != nil {
		logNotBuilt(r.log, left)
	}
	r.told = text
	return left
}

// state returns a text that is another one once anything in the raw files is.
func (r *rebuilding) state(ctx context.Context) (string, error) {
	l, err := r.lakeAt(ctx, r.log, r.bronze)
	if gold.CodeOf(err) == gold.CodeLakeNotFound && !s3.IsLocation(r.bronze) {
		return "", noBronze(r.bronze)
	}
	if err != nil {
		return "", err
	}
	defer closeLogged(r.log, "bronze", l)
	return l.State(ctx)
}
