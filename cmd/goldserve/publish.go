package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/infer"
	"goldserve/publisher"
)

func (a *app) publish() *cobra.Command {
	var ask publishRequest
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Publish the gold files of a lake as a new release",
		Long: `publish checks the gold files of a lake against the model's contracts and loads them into the store as one release:
either all datasets become current together, or none does. Unchanged files are not loaded again. If nothing changed,
nothing is written.

The publish is refused if
  - a file is missing. With --partial, its dataset and those derived from it keep the rows, contracts and quality results
    of the current release;
  - a dataset would become empty or lose at least half of its rows, unless --allow-shrink is given;
  - a field of the BI database would change its type, unless --allow-breaking is given;
  - a rollback withdrew the same content, unless --again is given;
  - a raw file of frozen history isn't as it was in the current release, unless --restate is given;
  - a file differs from the manifest: manifest.json in the lake, or the one that --manifest names. The release is then recorded as integrity: verified,
    otherwise as unverified.

A lake in a bucket, s3://BUCKET/PREFIX, is read with the credentials that other tools use: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, the profile of AWS_PROFILE, or the role of the machine. With --fallback FOLDER, the folder is published
if the server can't be reached; the log and the release say so.

--infer publishes a lake without contracts: they are inferred from the files, beginning with those of the current release,
and guesses that no longer hold are reported. A model that was published with written contracts is refused. Without --model,
the model is named after the first folder of the lake's path that tells what the data is about.

With --mirror, the release is also copied into tables of a SQL database (see goldserve mirror). If that fails, the release is
served all the same: the result is printed, then mirror_behind, and the exit code is 5. The next publish tries again.

With --mlflow, each release is logged to an MLflow server, with the runs that model.yaml declares under mlflow. A failure is
handled in the same way: mlflow_behind, exit code 5 (see docs/mlflow.md).

--watch follows the lake: it lists the lake this often, and publishes what changed once two looks in a row find the same. It
ends only on a signal, with exit code 0. Each failure is reported once, and the last release stays: a refused file is tried
again once it changes, an unreachable lake or store with exponential backoff. See docs/watch.md.

--dry-run writes nothing and reads no rows. For each dataset it shows whether the rows would be kept, reused, loaded or
derived, and why (the file changed, the contract changed, …), the number of rows before and after, and the fields and BI
collections that would change. With --json, the last event has all of this as plan.

On a terminal, progress bars are shown. --json prints events, one JSON object per line:
  {"event":"loading","dataset":"sales","rows":4096,"of":22403,"seconds":0.1}
The event judged has the results of the rules. The last event is the result (published, refreshed, unchanged or planned),
or failed with code, message, problems and exit_code.`,
		Example: `  goldserve publish --lake ./gold
  goldserve publish --lake ./gold --store mongodb://127.0.0.1:27017/gold_serving
  goldserve publish --lake s3://lake/gold --s3-endpoint http://127.0.0.1:9000 --fallback ./gold
  goldserve publish --lake ./gold --infer --model shop
  goldserve publish --lake ./gold --mirror postgres://bi@127.0.0.1:5432/bi
  goldserve publish --lake ./gold --watch 5s
  goldserve publish --dry-run
  goldserve publish --partial --allow-shrink
  goldserve publish --manifest manifest.json
  goldserve publish --json | tail -n 1`,
		Args: cobra.NoArgs,
		RunE: a.evented(func(ctx context.Context) error {
			if ask.dryRun {
				return a.runPublish(ctx, &ask)
			}
			return a.footprint(ctx, phasePublish, func(ctx context.Context) error { return a.runPublish(ctx, &ask) })
		}),
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	a.config.lakeSettings.flags(flags)
	ask.flags(flags)
	a.setting(flags, "memory")
	a.config.retentionSettings.flags(flags)
	a.config.publishSettings.flags(flags)
	a.config.mirrorSettings.flags(flags)
	a.config.footprintSettings.flags(flags)
	a.config.mlflowSettings.flags(flags)
	a.setting(flags, "min-interval")
	a.setting(flags, "json").Usage = eventsUsage
	return cmd
}

func (a *app) runPublish(ctx context.Context, ask *publishRequest) error {
	if ask.watch != 0 && ask.restate {
		return usagef(restateOnce)
	}
	if ask.watch != 0 {
		return a.runFollow(ctx, ask)
	}
	log, endProgress := a.startProgress(a.config.JSON)
	defer endProgress()
	made, err := a.publishLake(ctx, log, ask, nil)
	endProgress()
	made.log(log, nil)
	if err == nil && made.found != nil && made.done.Outcome == publisher.Published && !a.config.JSON {
		out := resultOf(made, nil)
		a.printFound(out.Found)
		a.printLook(out.LookFirst)
	}
	return a.printPublish(made, err)
}

// madeRelease is what became of a lake, as far as it came.
type madeRelease struct {
	name  string          // of the model
	model *contract.Model // nil: it is not known yet
	found *infer.Model    // what was inferred; nil: contracts are written
	done  *publisher.Report
}

// publishLake publishes the lake that the configuration names, once; the result is never nil. memory is that of inferences, nil
// for none.
func (a *app) publishLake(ctx context.Context, log *slog.Logger, ask *publishRequest, memory *infer.Memory) (*madeRelease, error) {
	if ask.infer {
		return a.publishInferred(ctx, log, ask, memory)
	}
	made := &madeRelease{}
	if err := a.settleBefore(ctx, log); err != nil {
		return made, err
	}
	request, err := a.request(ctx, log, ask.lakeRequest)
	if err != nil {
		return made, err
	}
	defer a.closeLake(log, request.Lake)
	made.model, made.name = request.Model, request.Model.Name
	ask.complete(request)
	if err := knownDatasets(request.Model, ask.reload); err != nil {
		return made, err
	}
	store, p, err := a.openPublisher(ctx, log, ask)
	if err != nil {
		return made, err
	}
	defer closeLogged(log, "store", store)
	made.done, err = p.Publish(ctx, *request)
	return made, a.trackRelease(ctx, log, ask, store, made, err)
}

// openPublisher opens the store and makes its publisher. One that follows the lake does not get in the way of another.
func (a *app) openPublisher(ctx context.Context, log *slog.Logger, ask *publishRequest) (gold.Store, *publisher.Publisher, error) {
	store, err := a.openStore(ctx, log, false)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.publisher(log, store)
	if err == nil && ask.watch != 0 {
		err = unlessBusy(ctx, store, a.config.Model)
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return store, p, nil
}

// complete adds the options of a run to its request.
func (r *publishRequest) complete(request *publisher.Request) {
	request.Rehash, request.Reload, request.Hold = r.rehash, r.reload, r.watch != 0
	request.DryRun, request.Again, request.AllowBreaking, request.AllowShrink, request.Restate = r.dryRun, r.again, r.allowBreaking, r.allowShrink, r.restate
}

// knownDatasets returns the error of a name in --reload that is no dataset of the model.
func knownDatasets(m *contract.Model, names []string) error {
	for _, name := range names {
		if m.Dataset(name) == nil {
			return noDataset(m, name)
		}
	}
	return nil
}

// printPublish prints the results of the rules, if they were evaluated, and the result, if there is one.
func (a *app) printPublish(made *madeRelease, err error) error {
	if done := made.done; done != nil && done.Quality != nil {
		if printErr := a.printJudged(made.name, judge(done.Quality), done.Judged); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	if !stays(err) {
		return err
	}
	return errors.Join(a.printPublished(made, nil), err) // a release that its mirror or MLflow does not show is served all the same
}

// printJudged prints the rules' results as an event or a table.
func (a *app) printJudged(model string, j judged, of publisher.Judged) error {
	if a.config.JSON {
		return a.printEvent(struct {
			Event string `json:"event"`
			judged
		}{"judged", j})
	}
	return a.printQuality(model, j, of)
}

// request opens the lake for the model that the configuration names.
func (a *app) request(ctx context.Context, log *slog.Logger, ask lakeRequest) (*publisher.Request, error) {
	model := ask.model
	if model == nil {
		var err error
		if model, err = a.config.chosenModel(log); err != nil {
			return nil, err
		}
	}
	request, err := a.lakeOf(ctx, log, ask, model.Calendar)
	if err == nil {
		request.Model = model
	}
	return request, err
}

// lakeOf opens the lake that the configuration names, for a model of this calendar.
func (a *app) lakeOf(ctx context.Context, log *slog.Logger, ask lakeRequest, calendar gold.Calendar) (*publisher.Request, error) {
	c := &a.config
	asOf, err := ask.instant(calendar)
	if err != nil {
		return nil, err
	}
	manifest, err := c.readManifest()
	if err != nil {
		return nil, err
	}
	source, unreached, err := a.openLake(ctx, log)
	if err != nil {
		return nil, err
	}
	return &publisher.Request{Lake: source, Unreached: unreached, AsOf: asOf, NoSuccessFile: c.NoSuccessFile, Partial: ask.partial, Manifest: manifest}, nil
}

// eventsUsage is the usage of --json in commands that report their progress.
const eventsUsage = "print events, one JSON object per line; the last one is the result, or failed"

// lakeList lists the default folders.
func lakeList() string { return strings.Join(lakes, ", ") }

// publisher makes the publisher that the configuration describes.
func (a *app) publisher(log *slog.Logger, store gold.Store) (*publisher.Publisher, error) {
	key, err := a.config.hmacKey()
	if err != nil {
		return nil, err
	}
	return publisher.New(publisher.Config{
		Store: store, Logger: log, Holder: holder(), TTL: a.config.LeaseTTL, Memory: int64(a.config.Memory), HMACKey: key,
		Version: programVersion(), Retention: a.config.retention(), BIEvery: a.config.BIEvery, Progress: a.progress, Mirror: a.mirroring(log, store),
	}), nil
}

func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// nonNil returns a list that JSON writes as [] where it is empty.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// closeLogged closes what a command opened; a failure is logged, but doesn't change the exit code.
func closeLogged(log *slog.Logger, what string, c interface{ Close() error }) {
	if err := c.Close(); err != nil {
		log.Warn("not closed cleanly", "what", what, "error", err)
	}
}
