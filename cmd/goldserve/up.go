package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/infer"
	"goldserve/publisher"
	"goldserve/watch"
)

func (a *app) up() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up [LAKE]",
		Short: "Serve any folder or bucket of tables at once, and follow its changes",
		Long: `up looks at every Parquet, CSV and JSON file, folder of parts and Delta table in a lake, infers the contracts, publishes them
and serves the API and the dashboard on this machine. It prints what it found, what it guessed and what to look at first. As
files change, it publishes them again: names stay, new columns and files are added, and guesses that no longer hold are
reported.

Personal data is dropped before anything is stored. The store is a file of its own in your cache folder, unless --store is
given; stores that variables or goldserve.yaml name are left alone. The model is named after the first folder that tells what
the data is about. A model that was published with written contracts is never changed.

To keep the contracts as files and refine them, run goldserve init: it writes what is served.`,
		Example: `  goldserve up ./gold
  goldserve up s3://lake/gold --s3-endpoint http://127.0.0.1:9000
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
	if len(args) > 0 {
		c.Lake = args[0]
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
	source, err := a.lakeAt(ctx, log, folder)
	if err != nil {
		return err
	}
	defer closeLogged(log, "lake", source)
	store, err := a.openOwn(ctx, log)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	p, err := a.publisher(log, store)
	if err != nil {
		return err
	}
	u := &upRun{app: a, log: log, inferring: inferring{lake: source, reader: store, publisher: p, model: a.config.Model, memory: &infer.Memory{}}}
	_, _ = fmt.Fprintf(a.stderr, "Looking at the files of %s\n", folder) // which takes a while where they are large
	made, err := u.publish(ctx)
	endProgress()
	if err != nil {
		if made, err = u.last(ctx, err); err != nil {
			return err
		}
	}
	a.progress = nil // what follows is told in a line each
	if u.inferring.publisher, err = a.publisher(log, store); err != nil {
		return err
	}
	reader, err := a.open(ctx, log, true, false)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", reader)
	listener, err := a.listenNext(ctx)
	if err != nil {
		return err
	}
	a.config.DefaultModel = a.config.Model
	u.told = made.found
	u.printUp(a.config.scheme()+"://"+listener.Addr().String(), folder, made)
	following, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f := watch.Follower{Look: source.State, Publish: u.again, Failed: u.failed, Every: a.config.lakePoll()}
		f.Follow(following)
	}()
	m := &made.model.Model // the releases have its contracts
	err = a.serveHTTP(ctx, log, listener, reader, []*contract.Model{{Model: gold.Model{Name: m.Name, Title: m.Title, AsOf: m.AsOf}}})
	stop()
	<-ended
	return err
}

// openOwn opens the store for writing, and makes the folder of one in the user's cache folder.
func (a *app) openOwn(ctx context.Context, log *slog.Logger) (gold.Store, error) {
	if !a.config.storeNamed() {
		path, err := a.config.sqlitePath()
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "the folder of the store can't be made: give --store sqlite:PATH: %w", err)
		}
	}
	return a.open(ctx, log, false, false)
}

// upRun is one run of up.
type upRun struct {
	*app
	inferring
	log  *slog.Logger
	said string       // why the first publish failed
	told *infer.Model // the last inference: what it leaves out is told
}

// failed tells of a look or a publish that failed.
func (u *upRun) failed(err error) {
	u.printf("%s  not published, and the last release is still served: %s\n", time.Now().Format(time.TimeOnly), messageOf(err))
}

func (u *upRun) publish(ctx context.Context) (*madeRelease, error) {
	return u.inferring.publish(ctx, publisher.Request{NoSuccessFile: u.config.NoSuccessFile, AllowShrink: true})
}

// last returns what the last run published, which is served where the lake can't be published now, or why it can't.
func (u *upRun) last(ctx context.Context, why error) (*madeRelease, error) {
	if ctx.Err() != nil || gold.CodeOf(why) == gold.CodeContractsWritten {
		return nil, why
	}
	earlier, err := earlierOf(ctx, u.reader, u.model)
	if err != nil || earlier == nil {
		return nil, why
	}
	u.said = messageOf(why)
	return &madeRelease{model: earlier.Model}, nil
}

// again publishes the lake after it has changed, and tells what came of it.
func (u *upRun) again(ctx context.Context) (time.Time, error) {
	made, err := u.publish(ctx)
	at := time.Now().Format(time.TimeOnly)
	u.tellOmissions(at, made.found)
	if err != nil {
		return time.Time{}, err
	}
	if done := made.done; done.Outcome != publisher.Unchanged {
		u.printf("%s  release %d: %s; loaded: %s\n", at, done.Release.Number, gold.Counted(rowsOf(done.Release), "row"), list(done.Loaded))
		u.tellChanges(done)
	}
	return made.done.Release.PublishedAt, nil
}

// tellOmissions tells which files and columns are left out that were not before.
func (u *upRun) tellOmissions(at string, found *infer.Model) {
	if found == nil {
		return
	}
	for _, text := range found.NewOmissions(u.told) {
		u.printf("%s  %s\n", at, text)
		u.log.Info("left out", "model", u.model, "what", text)
	}
	u.told = found
}

// tellChanges tells which guesses no longer hold.
func (u *upRun) tellChanges(done *publisher.Report) {
	for _, text := range changedGuesses(done) {
		u.printf("          %s\n", text)
		u.log.Info("a guess no longer holds", "model", u.model, "release", done.Release.Number, "guess", text)
	}
}

// printUp prints what is served and where, and what was guessed.
func (u *upRun) printUp(base, folder string, made *madeRelease) {
	if made.done == nil {
		u.printf("%s: %s is not published, and the last release is served: %s\n", u.model, folder, u.said)
	} else {
		u.printf("%s: %s in %s, release %d\n", u.model, gold.Counted(len(made.found.Datasets), "dataset"), folder, made.done.Release.Number)
		u.printFound(made.found)
	}
	first := cmp.Or(made.model.Facts, made.model.Datasets[0].Name)
	u.printf("\nOpen:\n  %s/      the dashboard\n  %s/docs  the API\n  curl '%s/datasets/%s/rows?limit=3'\n", base, base, base, first)
	if len(made.model.KPIs) > 0 {
		u.printf("  curl %s/kpis\n", base)
	}
	if made.done != nil {
		u.printLook(made.found)
	}
	store := ""
	if u.config.storeNamed() {
		store = " --store " + shellWord(u.config.storeName())
	}
	u.printf("\nThe lake is followed: files that change are published again. Ctrl-C ends it.\n")
	u.printf("To keep the guesses as contracts and correct them: goldserve init %s%s --model %s%s\n\n", shellWord(folder), u.config.lakeOptions(), u.model, store)
	u.tellChanges(made.done)
}
