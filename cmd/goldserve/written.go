package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/infer"
)

// servedContracts are the inferred contracts of a release, which init writes as they are.
type servedContracts struct {
	release *gold.Release
	earlier *infer.Earlier
	store   string // as --store names it
}

// servedContracts finds the inferred contracts that are served of a lake. It is nil where there are none, and where the model's
// folder has files already: then those are extended.
func (a *app) servedContracts(ctx context.Context, from, folder string) (*servedContracts, error) {
	if _, err := os.Stat(filepath.Join(folder, "model.yaml")); err == nil {
		return nil, nil
	}
	if err := a.config.settleOwnStore(from); err != nil {
		return nil, err
	}
	named := a.config.storeNamed()
	if !named {
		if _, err := os.Stat(strings.TrimPrefix(a.config.Store, "sqlite:")); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	store, err := a.open(ctx, a.logger(), true, false)
	if err != nil {
		return nil, err
	}
	defer closeLogged(a.logger(), "store", store)
	r, err := store.Resolve(ctx, gold.Selector{Model: a.config.Model})
	switch {
	case err == nil && r.Inferred != nil:
	case named && (err == nil || gold.KindOf(err) == gold.Empty):
		return nil, usagef("%s has no release of model %s with inferred contracts: leave --store out, or name another model", a.config.storeName(), a.config.Model)
	case err == nil || gold.KindOf(err) == gold.Empty:
		return nil, nil
	default:
		return nil, err
	}
	earlier, err := infer.NewEarlier(r)
	return &servedContracts{r, earlier, a.config.Store}, err
}

// begun is what an inference begins with.
func (s *servedContracts) begun() *infer.Earlier {
	if s == nil {
		return nil
	}
	return s.earlier
}

// updates returns the files of the release in place of those that the lake asks for now, and a note where it has changed since.
func (s *servedContracts) updates(now []infer.Update) (updates []infer.Update, notes []string) {
	var paths []string
	for path := range s.release.Inferred.Files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	changed := false
	for _, path := range paths {
		text := s.release.Inferred.Files[path]
		updates = append(updates, infer.Update{Path: path, Content: []byte(text), New: true})
		at := slices.IndexFunc(now, func(u infer.Update) bool { return u.Path == path })
		changed = changed || path != infer.LayoutFile && (at < 0 || string(now[at].Content) != text)
	}
	if changed {
		notes = append(notes, fmt.Sprintf("these are the contracts of release %d, and the lake has changed since: run init again to add what is new", s.release.Number))
	}
	return updates, notes
}

// options are those of publish that put the model into the store of the release.
func (s *servedContracts) options(ctx context.Context, a *app) string {
	if s == nil {
		return ""
	}
	text := " --store " + shellWord(withoutCredentials(s.store))
	for i := range s.release.Versions {
		if b := s.earlier.Source(s.release.Versions[i].Dataset.Name); a.unfinished(ctx, b) {
			return text + " --no-success-file"
		}
	}
	return text
}
