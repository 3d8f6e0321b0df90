package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"goldserve/gold"
	"goldserve/gold/infer"
	"goldserve/gold/lake"
	"goldserve/gold/lake/s3"
	"goldserve/gold/yaml"
	"goldserve/publisher"
)

// inferring publishes models whose contracts are inferred from a lake.
type inferring struct {
	lake      *lake.Lake
	reader    gold.Reader
	publisher *publisher.Publisher
	model     string
	memory    *infer.Memory // from one publish to the next; nil: there is none
}

// most tries of a lake that changes while it is inferred and published.
const maxInferences = 4

// publish infers the contracts of the lake, beginning with those of the current release, and publishes them.
func (i *inferring) publish(ctx context.Context, request publisher.Request) (*madeRelease, error) {
	for try := 1; ; try++ {
		before, err := i.lake.State(ctx)
		if err != nil {
			return &madeRelease{name: i.model}, err
		}
		made := &madeRelease{name: i.model}
		err = i.once(ctx, request, made)
		if err == nil || ctx.Err() != nil || try == maxInferences {
			return made, err
		}
		if after, stateErr := i.lake.State(ctx); stateErr != nil || after == before {
			return made, err
		}
	}
}

func (i *inferring) once(ctx context.Context, request publisher.Request, made *madeRelease) error {
	earlier, err := earlierOf(ctx, i.reader, i.model)
	if err != nil {
		return err
	}
	made.found, err = infer.Infer(ctx, i.lake, infer.Options{Name: i.model, NoSuccessFile: request.NoSuccessFile, Earlier: earlier, Memory: i.memory})
	if err != nil {
		return err
	}
	next, err := made.found.Next(earlier)
	switch {
	case err != nil:
		return err
	case next == nil:
		return gold.Errorf(gold.Invalid, gold.CodeSourceMissing, "%s holds no Parquet, CSV or JSON file that a contract can be written for%s", i.lake.Path(), leftOut(made.found))
	}
	made.model = next.Model
	if err := knownDatasets(next.Model, request.Reload); err != nil {
		return err
	}
	request.Lake, request.Model, request.Inferred = i.lake, next.Model, next.Inferred
	request.AllowBreaking = true // a guess that no longer holds is told, and refuses nothing
	made.done, err = i.publisher.Publish(ctx, request)
	return err
}

// publishInferred is publish --infer.
func (a *app) publishInferred(ctx context.Context, log *slog.Logger, ask *publishRequest, memory *infer.Memory) (*madeRelease, error) {
	made := &madeRelease{}
	if ask.partial {
		return made, usagef("--partial keeps datasets of written contracts, and --infer takes the files as they are: leave one out")
	}
	request, err := a.lakeOf(ctx, log, ask.lakeRequest, gold.Calendar{})
	if err != nil {
		return made, err
	}
	defer a.closeLake(log, request.Lake)
	ask.complete(request)
	location, _, err := a.config.lakeLocation()
	if err != nil {
		return made, err
	}
	if err := a.settleInferred(location); err != nil {
		return made, err
	}
	made.name = a.config.Model
	store, p, err := a.openPublisher(ctx, log, ask)
	if err != nil {
		return made, err
	}
	defer closeLogged(log, "store", store)
	i := inferring{lake: request.Lake, reader: store, publisher: p, model: a.config.Model, memory: memory}
	made, err = i.publish(ctx, *request)
	return made, a.trackRelease(ctx, log, ask, store, made, err)
}

// log warns of what an inference leaves out, told being the one whose omissions were told, and of guesses that no longer hold.
func (m *madeRelease) log(log *slog.Logger, told *infer.Model) {
	for _, text := range changedGuesses(m.done) {
		log.Warn("a guess no longer holds", "model", m.name, "release", m.done.Release.Number, "guess", text)
	}
	if m.found == nil {
		return
	}
	for _, text := range m.found.NewOmissions(told) {
		log.Warn("left out", "model", m.name, "what", text)
	}
}

// settleInferred names the model of a lake, where none is named.
func (a *app) settleInferred(folder string) error {
	c := &a.config
	if c.Model == "" {
		c.Model = modelOf(folder)
	}
	return c.checkModelName()
}

// checkModelName returns the error of a name that no model can have.
func (c *config) checkModelName() error {
	if !yaml.IsIdentifier(c.Model) {
		return usagef("%s is %q: expected a letter, then at most 62 letters, digits and single underscores", c.origin("model"), c.Model)
	}
	return nil
}

// printFound prints the datasets that were found.
func (a *app) printFound(found []foundDataset) {
	width := 0
	for _, d := range found {
		width = max(width, len(d.Dataset))
	}
	for _, d := range found {
		a.printf("  %-*s  %s\n", width, d.Dataset, d.Summary)
	}
}

// printLook prints which guesses to look at first.
func (a *app) printLook(look []string) {
	if len(look) > 0 {
		a.printf("\nThese are guesses. Look at first:\n")
	}
	for _, l := range look {
		a.printf("  %s\n", l)
	}
}

// leftOut says why sources were left out, in the end of a sentence.
func leftOut(m *infer.Model) string {
	var texts []string
	for _, l := range m.LeftOut {
		texts = append(texts, l.Name+": "+l.Reason)
	}
	if len(texts) == 0 {
		return ""
	}
	return ": " + strings.Join(texts, "; ")
}

// earlierOf returns what the current release of a model was inferred as, nil where there is no release. A release whose contracts a
// person wrote is an error.
func earlierOf(ctx context.Context, store gold.Reader, model string) (*infer.Earlier, error) {
	r, err := store.Resolve(ctx, gold.Selector{Model: model})
	switch {
	case gold.KindOf(err) == gold.Empty:
		return nil, nil
	case err != nil:
		return nil, err
	case r.Inferred == nil:
		return nil, publisher.ContractsWrittenError(r)
	}
	return infer.NewEarlier(r)
}

// changedGuesses are the guesses of the release before that no longer hold in one that was just published.
func changedGuesses(done *publisher.Report) []string {
	if done == nil || done.Outcome != publisher.Published || done.Release.Inferred == nil {
		return nil
	}
	return done.Release.Inferred.Changes
}

// modelOf names the model of a lake, where no model is named.
func modelOf(folder string) string {
	if s3.IsLocation(folder) {
		_, path, _ := strings.Cut(folder, "://")
		return infer.ModelName("/"+path, "/")
	}
	if path, err := filepath.Abs(folder); err == nil {
		folder = path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/root"
	}
	return infer.ModelName(filepath.ToSlash(folder), filepath.ToSlash(home))
}

// storeNamed reports whether the command line names the store.
func (c *config) storeNamed() bool { return c.origins["store"] == "--store" }

// settleOwnStore makes a lake's own store the one to use, unless the command line names another.
func (c *config) settleOwnStore(folder string) (err error) {
	if c.storeNamed() {
		return nil
	}
	c.database, c.ReleasesDB = "", ""
	c.Store, err = c.ownStore(folder)
	return err
}

// ownStore returns the store of a lake in the user's cache folder, as --store names it.
func (c *config) ownStore(folder string) (string, error) {
	full, err := c.fullLocation(folder)
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(full))
	return "sqlite:" + filepath.Join(cacheFolder(), "lakes", hex.EncodeToString(hash[:8])+".db"), nil
}
