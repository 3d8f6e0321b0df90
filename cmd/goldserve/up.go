package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/publisher"
)

func (a *app) up() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up [LAKE]",
		Short: "Serve any folder or bucket of tables at once, and follow its changes",
		Long: `up looks at every Parquet, CSV and JSON file, folder of parts, and Delta or Iceberg table in a lake, infers the contracts,
publishes them and serves the API and the dashboard on this machine. It prints what it found, what it guessed and what to look at first. As
files change, it publishes them again: names stay, new columns and files are added, and guesses that no longer hold are
reported.

Personal data is dropped before anything is stored. The store is a file of its own in your cache folder, unless --store is
given; stores that variables or goldserve.yaml name are left alone. The model is named after the first folder that tells what
the data is about. A model that was published with written contracts is never changed.

To keep the contracts as files and refine them, run goldserve init: it writes what is served.`,
		Example: `  goldserve up ./gold
  goldserve up s3://lake/gold --s3-endpoint http://127.0.0.1:9000
  goldserve up s3://lake/gold --s3-endpoint http://127.0.0.1:9000 --fallback ./gold
  goldserve up ./gold --listen 127.0.0.1:9000
  goldserve up ./gold --model shop --store sqlite:./shop.db`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runUp(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	a.lakeFlags(flags)
	for name, usage := range map[string]string{
		"store":           "mongodb://… or sqlite:PATH (default: a file for this lake in your cache folder)",
		"model":           "name of the model (default: the first folder of the lake's path that tells what the data is about)",
		"no-success-file": "accept folders of part files without _SUCCESS (default true)",
		"listen":          "address on this machine to listen on (default 127.0.0.1:8080, or the next free port)",
		"poll":            "how often the lake, and the release, are looked at (a bucket: default 5s)",
		"memory":          "",
		"fallback":        "",
		"min-interval":    "",
		"watch-memory":    "memory limit of the process that reads the lake, at least 128MiB (default: half of the machine or container)",
		"watch-timeout":   "",
	} {
		if f := a.setting(flags, name); usage != "" {
			f.Usage = usage
		}
	}
	return cmd
}

// settleUp completes the settings of up: a store of its own, the model's name, this machine only.
func (a *app) settleUp(args []string) (folder string, err error) {
	c := &a.config
	if err := c.takeLake(args); err != nil {
		return "", err
	}
	if folder, _, err = c.lakeLocation(); err != nil {
		return "", err
	}
	if err := c.settleOwnStore(folder); err != nil {
		return "", err
	}
	if err := a.settleInferred(folder); err != nil {
		return "", err
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err == nil && !loopback(host) {
		return "", usagef("%s is %s, and up serves this machine only: give --listen 127.0.0.1:PORT, or publish with contracts and serve", c.origin("listen"), c.Listen)
	}
	c.AdminListen = ""
	if c.origins["no-success-file"] == "" {
		c.NoSuccessFile = true // the folder is quiet before it is read
	}
	if c.origins["log-level"] == "" {
		c.LogLevel = "warn"
	}
	return folder, nil
}

func (a *app) runUp(ctx context.Context, args []string) error {
	folder, err := a.settleUp(args)
	if err != nil {
		return err
	}
	log, endProgress := a.startProgress(false)
	defer endProgress()
	if err := a.makeOwnFolder(); err != nil {
		return err
	}
	u := &upRun{app: a, log: log, folder: folder, first: make(chan upResult, 1), progress: a.progress}
	_, _ = fmt.Fprintf(a.stderr, "Looking at the files of %s\n", folder) // which takes a while where they are large
	process := u.process()
	stop := process.follow(ctx)
	defer stop()
	var first upResult
	select {
	case <-ctx.Done():
		return ctx.Err()
	case first = <-u.first:
	}
	endProgress()
	reader, err := a.open(ctx, log, true, false)
	if err != nil {
		return errors.Join(first.err, err)
	}
	defer closeLogged(log, "store", reader)
	model, err := u.served(ctx, reader, first.err)
	if err != nil {
		return err
	}
	listener, err := a.listenNext(ctx)
	if err != nil {
		return err
	}
	a.config.DefaultModel = a.config.Model
	a.watching = process.watching
	u.printUp(a.config.scheme()+"://"+listener.Addr().String(), model, first)
	return a.serveHTTP(ctx, log, listener, reader, []*contract.Model{{Model: gold.Model{Name: model.Name, Title: model.Title, AsOf: model.AsOf}}}) // the releases have its contracts
}

// makeOwnFolder makes the folder of a store in the user's cache folder.
func (a *app) makeOwnFolder() error {
	if a.config.storeNamed() {
		return nil
	}
	path, err := a.config.sqlitePath()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "the folder of the store can't be made: give --store sqlite:PATH: %w", err)
	}
	return nil
}

// upRun is one run of up.
type upRun struct {
	*app
	log      *slog.Logger
	folder   string
	first    chan upResult         // what came of the first publish
	progress func(publisher.Event) // of the first publish
	begun    bool                  // the first publish is over
	told     string                // the last failure
}

// upResult is what came of a publish: out, or an error.
type upResult struct {
	out *published
	err error
}

// process returns the process that infers, publishes and follows.
func (u *upRun) process() *lakeProcess {
	c := &u.config
	return &lakeProcess{
		app: u.app, log: u.log, every: c.lakePoll(), args: []string{"--infer", "--allow-shrink", "--mirror", noMirror, "--mlflow", noMLflow}, result: u.result, stage: u.stage,
		given: map[string]string{
			"lake": u.folder, "store": c.Store, "model": c.Model, "log-level": c.LogLevel, "no-success-file": strconv.FormatBool(c.NoSuccessFile),
		},
	}
}

func (u *upRun) stage(e publisher.Event) {
	if !u.begun && u.progress != nil {
		u.progress(e)
	}
}

// result tells what came of a publish: of the first one to who waits for it, of the others on the screen.
func (u *upRun) result(out *published, err error) {
	switch {
	case !u.begun:
		u.begun = true
		if err != nil {
			u.told = messageOf(err)
		}
		u.first <- upResult{out, err}
	case err != nil:
		if text := messageOf(err); text != u.told { // as the process before this one may have told
			u.told = text
			u.printf("%s  not published, and the last release is still served: %s\n", time.Now().Format(time.TimeOnly), text)
		}
	default:
		if u.told != "" && out.Outcome == publisher.Unchanged {
			u.printf("%s  the failure is over: the last release has what is in the lake\n", time.Now().Format(time.TimeOnly))
		}
		u.told = ""
		u.again(out)
	}
}

// served returns the model that is served: as it was published now, or by an earlier run where the lake can't be published; that
// is why's error where there was none.
func (u *upRun) served(ctx context.Context, reader gold.Reader, why error) (*contract.Model, error) {
	if gold.CodeOf(why) == gold.CodeContractsWritten {
		return nil, why
	}
	earlier, err := earlierOf(ctx, reader, u.config.Model)
	switch {
	case err == nil && earlier != nil:
		return earlier.Model, nil
	case why != nil:
		return nil, why
	case err == nil:
		err = gold.Errorf(gold.Unavailable, gold.CodeNoRelease, "the release of model %s is gone", u.config.Model)
	}
	return nil, err
}

// again tells what came of a publish after the lake has changed.
func (u *upRun) again(out *published) {
	at := time.Now().Format(time.TimeOnly)
	for _, text := range out.LeftOut {
		u.printf("%s  %s\n", at, text)
		u.log.Info("left out", "model", u.config.Model, "what", text)
	}
	if out.Outcome != publisher.Unchanged {
		of := ""
		if out.Unreached != "" {
			of = " of " + u.place(out)
		}
		u.printf("%s  release %d%s: %s; loaded: %s\n", at, out.Release, of, gold.Counted(out.TotalRows, "row"), list(out.Loaded))
		u.tellChanges(out)
	}
}

// place names what was published: the lake, or its fallback.
func (u *upRun) place(out *published) string {
	if out.Unreached == "" {
		return u.folder
	}
	return fmt.Sprintf("%s, the fallback for %s, which can't be reached", u.config.Fallback, out.Unreached)
}

// tellChanges tells which guesses no longer hold.
func (u *upRun) tellChanges(out *published) {
	for _, text := range out.Changed {
		u.printf("          %s\n", text)
		u.log.Info("a guess no longer holds", "model", u.config.Model, "release", out.Release, "guess", text)
	}
}

// printUp prints what is served and where, and what was guessed.
func (u *upRun) printUp(base string, model *contract.Model, first upResult) {
	name, out := u.config.Model, first.out
	if out == nil {
		u.printf("%s: %s is not published, and the last release is served: %s\n", name, u.folder, messageOf(first.err))
	} else {
		u.printf("%s: %s in %s, release %d\n", name, gold.Counted(len(out.Found), "dataset"), u.place(out), out.Release)
		u.printFound(out.Found)
	}
	show := cmp.Or(model.Facts, model.Datasets[0].Name)
	u.printf("\nOpen:\n  %s/      the dashboard\n  %s/docs  the API\n  curl '%s/datasets/%s/rows?limit=3'\n", base, base, base, show)
	if len(model.KPIs) > 0 {
		u.printf("  curl %s/kpis\n", base)
	}
	if out != nil {
		u.printLook(out.LookFirst)
	}
	store := ""
	if u.config.storeNamed() {
		store = " --store " + shellWord(u.config.storeName())
	}
	u.printf("\nThe lake is followed: files that change are published again. Ctrl-C ends it.\n")
	u.printf("To keep the guesses as contracts and correct them: goldserve init %s%s --model %s%s\n\n", shellWord(u.folder), u.config.lakeOptions(), name, store)
	if out != nil {
		u.tellChanges(out)
	}
}
