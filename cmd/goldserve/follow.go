package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/infer"
	"goldserve/gold/lake"
	"goldserve/publisher"
	"goldserve/watch"
)

// following is one run of publish --watch.
type following struct {
	*app
	ask    *publishRequest
	log    *slog.Logger
	child  *child       // nil: nobody supervises this process
	before *rebuilding  // what is built before each publish; nil: nothing
	seen   string       // the state of the lake at the last look
	memory infer.Memory // from one inference to the next
	told   *infer.Model // the last inference: what it leaves out is told
	said   bool         // something was said of a release
	fails  bool         // the last thing that was said is a failure
}

// checkWatch returns the error of options that only make sense for a single run.
func (r *publishRequest) checkWatch() error {
	if err := checkEvery(r.watch); err != nil {
		return err
	}
	var with []string
	for name, given := range map[string]bool{
		"--dry-run": r.dryRun, "--again": r.again, "--rehash": r.rehash, "--reload": len(r.reload) > 0, "--as-of": r.asOf != "",
	} {
		if given {
			with = append(with, name)
		}
	}
	if len(with) > 0 {
		return usagef("%s is for a single publish, and --watch makes one after the other: run goldserve publish without --watch, even while another follows the lake", list(slices.Sorted(slices.Values(with))))
	}
	return nil
}

// followedBIEvery is --bi-every where nothing says otherwise: a lake that is followed may change every few seconds.
const followedBIEvery = time.Minute

// settleRaw is how long raw files must stay the same before they are built.
const settleRaw = time.Second

// leastWatch is the shortest time between two looks.
const leastWatch = 10 * time.Millisecond

// checkEvery returns the error of a --watch that looks too often.
func checkEvery(every time.Duration) error {
	if every < leastWatch {
		return usagef("--watch is %s: expected a duration of at least %s, such as 5s", every, leastWatch)
	}
	return nil
}

func (a *app) runFollow(ctx context.Context, ask *publishRequest) error {
	if err := ask.checkWatch(); err != nil {
		return err
	}
	ctx, child, err := a.supervised(ctx)
	if err != nil {
		return err
	}
	return a.follow(ctx, &following{app: a, ask: ask, log: a.logger(), child: child})
}

// follow follows the lake that the configuration names, until the context ends.
func (a *app) follow(ctx context.Context, f *following) error {
	ask, log, child := f.ask, f.log, f.child
	a.progress = func(e publisher.Event) {
		logEvent(log, e)
		if a.config.JSON {
			_ = a.printEvent(stageEvent(e)) // a closed standard output doesn't end the following
		}
	}
	if a.config.origins["bi-every"] == "" {
		a.config.BIEvery = followedBIEvery
	}
	location, _, err := a.config.lakeLocation()
	if err != nil {
		return err
	}
	if ask.infer {
		if err := a.settleInferred(location); err != nil {
			return err
		}
	}
	defer func() {
		if a.followed != nil {
			closeLogged(log, "lake", a.followed)
		}
	}()
	log.Info("following", "lake", location, "every", ask.watch)
	settle := time.Duration(0)
	if f.before != nil { // raw files may come at each look
		settle = settleRaw
	}
	w := watch.Follower{
		Settle: settle,
		Look:   f.look, Publish: f.publish, Failed: f.failed, Over: f.over, Every: ask.watch, MinInterval: a.config.MinInterval,
		Turned: func(w *gold.Watching) {
			w.Model, w.Lake = a.config.Model, a.config.lakeName(location)
			if child != nil {
				child.turned(w)
			}
		},
	}
	w.Follow(ctx)
	log.Info("no longer following", "lake", location)
	return nil
}

// look returns the state of the lake, and of the files of this machine that say how it is published.
func (f *following) look(ctx context.Context) (state string, err error) {
	defer func() { f.seen = state }()
	state, err = f.lakeState(ctx)
	if f.before != nil && (err == nil || gold.CodeOf(err) == gold.CodeLakeNotFound) { // which is to be built
		var raw string
		raw, err = f.before.state(ctx)
		state = raw + " " + state
	}
	if err != nil || f.config.Models == "" && f.config.Manifest == "" {
		return state, err
	}
	if f.config.Models != "" {
		models, err := lake.Open(ctx, f.config.Models)
		if err != nil {
			return "", usagef("%s: %w", f.config.origin("models"), err)
		}
		defer closeLogged(f.log, "models", models)
		of, err := models.State(ctx)
		if err != nil {
			return "", err
		}
		state += " " + of
	}
	if f.config.Manifest != "" {
		if info, err := os.Stat(f.config.Manifest); err == nil { // else the publish says what is wrong
			state += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return state, nil
}

// lakeState lists the lake. A folder is opened each time, since another one may have taken its place; a bucket once.
func (f *following) lakeState(ctx context.Context) (string, error) {
	l, unreached, err := f.openLake(ctx, f.log)
	if err != nil {
		return "", err
	}
	if f.config.inBucket() && unreached == "" {
		f.followed = l
	}
	defer f.closeLake(f.log, l)
	state, err := l.State(ctx)
	return strings.TrimLeft(unreached+" "+state, " "), err
}

// publish publishes the lake, and prints what came of it.
func (f *following) publish(ctx context.Context) (watch.Done, error) {
	if f.child != nil {
		if err := f.child.begin(ctx, f, f.seen); err != nil {
			return watch.Done{}, err
		}
	}
	if f.before != nil {
		if _, err := f.before.build(ctx); err != nil {
			return watch.Done{}, err
		}
	}
	made, err := f.publishLake(ctx, f.log, f.ask, &f.memory)
	if f.child == nil { // else who supervises this process tells it
		made.log(f.log, f.told)
	}
	done := made.done
	if done == nil || done.Release == nil {
		return watch.Done{}, err
	}
	// With an error too, the release is current: it is the BI database that does not show it.
	if printErr := f.print(made); printErr != nil {
		f.log.Error("the result can't be printed", "error", printErr)
	}
	if made.found != nil {
		f.told = made.found
	}
	return watch.Done{Released: done.Release.PublishedAt, Again: done.RefreshDue}, err
}

// print prints a line for a release: that there is nothing to do only at first and after a failure, which is over then, and of the
// rules only those that are broken.
func (f *following) print(made *madeRelease) error {
	done := made.done
	unchanged := done.Outcome == publisher.Unchanged
	if unchanged && f.said && !f.fails && !f.config.JSON {
		return nil
	}
	f.said, f.fails = true, false
	if done.Quality != nil {
		if j := judge(done.Quality); f.config.JSON || j.Kept < j.Rules {
			if err := f.printJudged(made.name, j, done.Judged); err != nil {
				return err
			}
		}
	}
	if !f.config.JSON {
		f.printf("%s  ", time.Now().Format(time.TimeOnly))
	}
	return f.printPublished(made, f.told)
}

// over says that a failure is over, unless a line for a release has shown it.
func (f *following) over() {
	if f.fails && !f.config.JSON {
		f.printf("%s  the failure is over: the last release has what is in the lake\n", time.Now().Format(time.TimeOnly))
	}
	f.fails = false
}

// failed prints a look or a publish that failed, and what to do.
func (f *following) failed(err error) {
	f.fails = true
	help := f.advice(f.cmd, err)
	if f.config.JSON {
		_ = f.printEvent(failure(err, help...)) // a closed standard output doesn't end the following
		return
	}
	f.printf("%s  not published, and the last release stays: %s\n", time.Now().Format(time.TimeOnly), messageOf(err))
	for _, line := range help {
		f.printf("          %s\n", line)
	}
}

// unlessBusy returns a Conflict while another publisher is at work, before anything is read for a publish that would meet it.
func unlessBusy(ctx context.Context, store gold.Store, model string) error {
	state, err := store.State(ctx, model)
	if err != nil || state.Lease == nil || !state.Lease.Until.After(state.Now) {
		return err
	}
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict, "another publisher of model %s is at work (%s)", model, state.Lease.Holder)
}
