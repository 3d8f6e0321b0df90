package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/infer"
	"goldserve/gold/lake"
	"goldserve/publisher"
)

// inferring publishes models whose contracts are inferred from a lake.
type inferring struct {
	lake      *lake.Lake
	reader    gold.Reader
	publisher *publisher.Publisher
	model     string
}

// most tries of a lake that changes while it is inferred and published.
const maxInferences = 4

// inferredRelease is what became of a lake, as far as it came.
type inferredRelease struct {
	found *infer.Model
	model *contract.Model
	done  *publisher.Report
}

// publish infers the contracts of the lake, beginning with those of the current release, and publishes them.
func (i *inferring) publish(ctx context.Context, request publisher.Request) (*inferredRelease, error) {
	for try := 1; ; try++ {
		before, err := i.lake.State(ctx)
		if err != nil {
			return &inferredRelease{}, err
		}
		made := &inferredRelease{}
		err = i.once(ctx, request, made)
		if err == nil || ctx.Err() != nil || try == maxInferences {
			return made, err
		}
		if after, stateErr := i.lake.State(ctx); stateErr != nil || after == before {
			return made, err
		}
	}
}

func (i *inferring) once(ctx context.Context, request publisher.Request, made *inferredRelease) error {
	earlier, err := earlierOf(ctx, i.reader, i.model)
	if err != nil {
		return err
	}
	made.found, err = infer.Infer(ctx, i.lake, infer.Options{Name: i.model, NoSuccessFile: request.NoSuccessFile, Earlier: earlier})
	if err != nil {
		return err
	}
	next, err := made.found.Next(earlier)
	switch {
	case err != nil:
		return err
	case next == nil:
		return gold.Errorf(gold.Invalid, gold.CodeSourceMissing, "%s holds no Parquet file that a contract can be written for%s", i.lake.Path(), leftOut(made.found))
	}
	made.model = next.Model
	request.Lake, request.Model, request.Inferred = i.lake, next.Model, next.Inferred
	request.AllowBreaking = true // a guess that no longer holds is told, and refuses nothing
	made.done, err = i.publisher.Publish(ctx, request)
	return err
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
		return nil, gold.Errorf(gold.Invalid, gold.CodeContractsWritten,
			"release %d of model %s has contracts that were written: those that are inferred from the files never replace them; publish the model with its contracts, or give what is inferred another name",
			r.Number, model)
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
	if path, err := filepath.Abs(folder); err == nil {
		folder = path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/root"
	}
	return infer.ModelName(filepath.ToSlash(folder), filepath.ToSlash(home))
}

// ownStore returns the store of a lake in the user's cache folder, as --store names it.
func ownStore(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("find the folder %s: %w", folder, err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	hash := sha256.Sum256([]byte(path))
	return "sqlite:" + filepath.Join(cacheFolder(), "lakes", hex.EncodeToString(hash[:8])+".db"), nil
}
