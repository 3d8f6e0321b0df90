package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"goldserve/builder"
	"goldserve/builder/landing"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake/s3"
)

// modelOfBuild says which model a build is of. What a store has doesn't matter to it.
const modelOfBuild = "model whose SQL to run (default: the only one in --models, else " + defaultModel + ")"

// buildRequest is what the flags of a build ask for.
type buildRequest struct {
	bronze, silver, gold string
	set, choose          []string
	full, plan, restate  bool
	model                *contract.Model   // as load found it, for the next builder
	sound                *contract.Model   // the model of the last builder; nil: it is unwritten
	unwritten            bool              // the model has no contracts yet, as load found
	folders              gold.BuildFolders // of the model, as load found them
}

// load loads the model, whose folders the stages are in.
func (r *buildRequest) load(c *config, log *slog.Logger) (err error) {
	if r.model, r.unwritten, err = c.buildModel(log); err != nil {
		return err
	}
	if r.model.Build == nil {
		return usagef("the model %s has no build: in its model.yaml, so there is nothing to build its gold from: see docs/build.md", r.model.Name)
	}
	r.folders = r.model.Build.Folders
	return nil
}

// flags adds the flags of commands that build.
func (r *buildRequest) flags(a *app, cmd *cobra.Command) {
	flags := cmd.Flags()
	a.config.modelSettings.flags(flags)
	flags.Lookup("model").Usage = modelOfBuild
	a.setting(flags, "lake").Usage = "lake with bronze, silver and gold: a folder or s3://BUCKET/PREFIX (default: lake)"
	flags.StringVar(&r.bronze, "bronze", "", "folder, or s3://BUCKET/PREFIX, of the raw files (default: bronze in the lake)")
	flags.StringVar(&r.silver, "silver", "", "folder, or s3://BUCKET/PREFIX, of the cleaned tables (default: silver in the lake)")
	flags.StringVar(&r.gold, "gold", "", "folder, or s3://BUCKET/PREFIX, of the gold tables (default: gold in the lake)")
	flags.StringArrayVar(&r.set, "set", nil, "set a parameter of the model's build: NAME=VALUE (repeatable)")
	flags.StringSliceVar(&r.choose, "select", nil, "build only these tables: NAME, silver.* or bronze; +NAME adds the tables it depends on, NAME+ those that depend on it")
	flags.BoolVar(&r.full, "full", false, "build every table, even if it is up to date")
	flags.BoolVar(&r.restate, "restate", false, restateUsage)
	a.engineFlags(flags)
	a.writtenFlags(flags)
	a.setting(flags, "hmac-key-file")
}

// stagesOf returns where the stages of a model's lake are, bronze where it is given.
func stagesOf(bronze string, m *contract.Model) *buildRequest {
	r := &buildRequest{bronze: bronze}
	if m.Build != nil {
		r.folders = m.Build.Folders
	}
	return r
}

func (r *buildRequest) options() builder.Options {
	return builder.Options{Select: r.choose, Full: r.full, Restate: r.restate}
}

// stage returns where a stage of the lake lies.
func (r *buildRequest) stage(c *config, stage builder.Stage) string {
	given := map[builder.Stage]string{builder.Bronze: r.bronze, builder.Silver: r.silver, builder.Gold: r.gold}[stage]
	if given != "" {
		return given
	}
	return below(r.root(c), r.folder(stage))
}

// folder returns what the folder of a stage is called.
func (r *buildRequest) folder(stage builder.Stage) string {
	called := map[builder.Stage]string{builder.Bronze: r.folders.Bronze, builder.Silver: r.folders.Silver, builder.Gold: r.folders.Gold}
	return cmp.Or(called[stage], string(stage))
}

// root returns the folder around the stages: where a configuration names the gold that is published, it is the folder around that.
func (r *buildRequest) root(c *config) string {
	switch {
	case c.Lake == "":
		return cmp.Or(r.folders.Lake, "lake")
	case path.Base(filepath.ToSlash(c.Lake)) == r.folder(builder.Gold):
		return above(c.Lake)
	default:
		return c.Lake
	}
}

func (a *app) build() *cobra.Command {
	var ask buildRequest
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "build [LAKE]",
		Short: "Build a lake's gold from raw files with a model's SQL",
		Long: `build reads the raw files in the lake's folder bronze, runs the model's SQL (sql/silver and sql/gold) and writes the tables to the
folders silver and gold. Rows that silver rejects go to the folder quarantine, and are counted by reason in silver_report.json.

A table is built if something it depends on changed (raw files, SQL, parameters, the engine's version), or if its files are missing
from the lake or were changed there. --plan shows which tables would be built, and why. --full builds every table.

The lake's files are replaced together, once every table is computed: if the build fails before that, the lake stays as it was.
While files are being replaced, gold has a file _building, and goldserve publish waits; then _build.json lists what gold holds.
Only one build of a lake runs at a time.

The SQL runs in DuckDB, a program that goldserve starts (--duckdb names it), or on a Spark Connect server (--engine spark). Running a
model's SQL means running its author's code on the lake.

--watch lists the raw files at this interval, and builds what changed, until it is stopped. Each failure is reported once.`,
		Example: `  goldserve build --lake ./lake
  goldserve build --lake ./lake --plan
  goldserve build --lake ./lake --select 'silver.*+'
  goldserve build --lake ./lake --set horizon_days=90 --set now=2025-01-31T00:00:00Z
  goldserve build --lake ./lake --watch 5s
  goldserve build --lake s3://lake --s3-endpoint http://127.0.0.1:9000`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.eventedLake(func(ctx context.Context) error {
			if ask.plan {
				return a.runBuild(ctx, &ask, every)
			}
			return a.footprint(ctx, phaseBuild, func(ctx context.Context) error { return a.runBuild(ctx, &ask, every) })
		}),
	}
	ask.flags(a, cmd)
	flags := cmd.Flags()
	flags.BoolVar(&ask.plan, "plan", false, "show which tables would be built, and why, and build nothing")
	flags.DurationVar(&every, "watch", 0, "look for changes this often, such as 5s, and build what changed, until stopped")
	a.config.footprintSettings.flags(flags)
	a.config.mlflowSettings.flags(flags)
	a.setting(flags, "json").Usage = eventsUsage
	return cmd
}

func (a *app) runBuild(ctx context.Context, ask *buildRequest, every time.Duration) error {
	log := a.logger()
	b, closeAll, err := a.openBuilder(ctx, log, ask)
	if err != nil {
		return err
	}
	defer closeAll()
	switch {
	case ask.plan:
		return a.showBuildPlan(ctx, b, ask)
	case every != 0:
		return a.watchBuild(ctx, log, b, ask, every)
	}
	report, err := b.Run(ctx, ask.options(), a.buildProgress())
	if err != nil {
		return flagged(err)
	}
	at := ask.stage(&a.config, builder.Gold)
	behind := a.trackBuild(ctx, log, b, report, at)
	if err := a.printBuilt(report, at); err != nil || a.config.JSON || len(report.Built) == 0 {
		return errors.Join(err, missed(report.Plan), behind)
	}
	a.printf("Next: goldserve %s\n", ask.next(&a.config, at))
	return errors.Join(missed(report.Plan), behind)
}

// next is the command that follows a build: the first contracts are written from what was built, which is published then.
func (r *buildRequest) next(c *config, at string) string {
	if r.unwritten {
		return fmt.Sprintf("init %s --model %s --models %s%s", shellWord(at), c.Model, shellWord(c.Models), c.lakeOptions())
	}
	return fmt.Sprintf("publish --lake %s%s%s", shellWord(at), c.modelOptions(), c.lakeOptions())
}

// flagged returns the error of a selection as the command line's.
func flagged(err error) error {
	if gold.CodeOf(err) == gold.CodeUsage {
		return usageError{err}
	}
	return err
}

// openBuilder returns what builds the lake, and what closes it.
func (a *app) openBuilder(ctx context.Context, log *slog.Logger, ask *buildRequest) (*builder.Builder, func(), error) {
	c := &a.config
	if ask.model == nil {
		if err := ask.load(c, log); err != nil {
			return nil, nil, err
		}
	}
	m := ask.model
	ask.model, ask.sound = nil, nil // it is loaded anew for the builder after this one
	if !ask.unwritten {
		ask.sound = m
	}
	b := &builder.Builder{Model: m.Name, Build: m.Build}
	var err error
	if b.Tables, err = builder.ReadSQL(m.Files, m.Dir, m.Build); err != nil {
		return nil, nil, err
	}
	if b.Set, err = m.Build.Set(ask.set); err != nil {
		return nil, nil, usageError{err}
	}
	if b.Engine, err = a.openEngine(); err != nil {
		return nil, nil, err
	}
	closers := []func(){func() { closeLogged(log, "engine", b.Engine) }}
	closeAll := func() {
		for _, f := range closers {
			f()
		}
	}
	err = a.openPlaces(ctx, log, ask, m, b, func(name string, c interface{ Close() error }) {
		closers = append(closers, func() { closeLogged(log, name, c) })
	})
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	a.noteUncontracted(log, m, b.Tables, ask.stage(c, builder.Gold))
	return b, closeAll, nil
}

// openPlaces sets where the builder reads and writes.
func (a *app) openPlaces(ctx context.Context, log *slog.Logger, ask *buildRequest, m *contract.Model, b *builder.Builder, opened func(string, interface{ Close() error })) error {
	c := &a.config
	root, bronze, silver := ask.root(c), ask.stage(c, builder.Bronze), ask.stage(c, builder.Silver)
	key, err := c.hmacKey()
	if err != nil {
		return err
	}
	lake, err := a.writtenLake(log, root)
	if err != nil {
		return err
	}
	at := func(location string) writtenPlace {
		p, failed := lake.at(location)
		if err = errors.Join(err, failed); failed == nil {
			opened(location, p)
		}
		return p
	}
	quarantine, goldAt := below(above(silver), "quarantine"), ask.stage(c, builder.Gold)
	stages := []stageAt{{"bronze", bronze}, {"silver", silver}, {"quarantine", quarantine}, {"gold", goldAt}}
	if err := lake.readDirectly(c, append(stages, stageAt{"the lake", root})); err != nil {
		return err
	}
	if err := checkApart(append(stages, lake.own()...)); err != nil {
		return err
	}
	whole, cleaned, final := at(root), at(silver), at(goldAt)
	b.Lake = builder.Lake{Root: whole, Silver: cleaned, Quarantine: at(quarantine), Gold: final}
	landed := landing.Config{Path: bronze, Folder: lake.landed, Model: m.Name, HMACKey: key, Fetch: s3.IsLocation(bronze) && !lake.direct, ReadOnly: ask.plan}
	landed.Raw, landed.Carried = at(bronze), at(below(root, "_carried"))
	if lake.shared != "" {
		landed.Shared = at(lake.shared)
		b.Lake.Workspace, _ = at(lake.workspace).(builder.Workspace) // a bucket is one
	}
	if err != nil {
		return err
	}
	b.Lake.Lock, b.Lake.Scratch = lockAll([]writtenPlace{whole, cleaned, final}), lake.scratch
	if _, err := os.Stat(bronze); !s3.IsLocation(bronze) && errors.Is(err, fs.ErrNotExist) {
		return noBronze(bronze)
	}
	raw, err := a.sourceAt(ctx, log, bronze)
	if err != nil {
		return err
	}
	opened("bronze", raw)
	if !s3.IsLocation(bronze) {
		if landed.Path, err = filepath.Abs(bronze); err != nil {
			return usagef("--bronze: %w", err)
		}
	}
	landed.Bronze = raw
	b.Lander = landing.New(landed)
	return nil
}

// noBronze is the error of a folder of raw files that isn't there.
func noBronze(folder string) error {
	return gold.Errorf(gold.Unavailable, gold.CodeLakeNotFound, "the folder %s does not exist: expected the raw files there", folder)
}

// watchBuild builds whenever something changed, until the context ends. A failure is reported once.
func (a *app) watchBuild(ctx context.Context, log *slog.Logger, b *builder.Builder, ask *buildRequest, every time.Duration) error {
	if err := checkEvery(every); err != nil {
		return err
	}
	if ask.full {
		return usagef("--full is for a single build: with --watch it would build everything each time")
	}
	if ask.restate {
		return usagef(restateOnce)
	}
	told := ""
	for ctx.Err() == nil {
		report, err := b.Run(ctx, ask.options(), a.buildProgress())
		if err == nil && (len(report.Built) > 0 || len(report.Removed) > 0) {
			_ = a.printBuilt(report, ask.stage(&a.config, builder.Gold)) // a closed standard output doesn't end the watching
			if behind := a.trackBuild(ctx, log, b, report, ask.stage(&a.config, builder.Gold)); behind != nil {
				log.Warn("build not logged to MLflow", "error", behind)
			}
		}
		if err == nil {
			err = missed(report.Plan)
		}
		switch {
		case ctx.Err() != nil: // it was stopped
		case err == nil:
			if told != "" && len(report.Built)+len(report.Removed) == 0 { // "up to date" says that a failure is over
				_ = a.printBuilt(report, ask.stage(&a.config, builder.Gold)) // the same
			}
			told = ""
		case exitCode(flagged(err)) == exitUsage:
			return flagged(err)
		case err.Error() != told:
			told = err.Error()
			logNotBuilt(log, err)
			if a.config.JSON {
				_ = a.printEvent(failure(err)) // the same
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
	return nil
}
