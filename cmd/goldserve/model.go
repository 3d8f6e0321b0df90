package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
	"goldserve/gold/infer"
	"goldserve/models"
)

// defaultModel is published and served where no model is named and there is not only one other.
const defaultModel = "retail"

// loadSound loads the shipped models and those of the folder that --models names, with the overrides of goldserve.yaml.
// A model of the folder replaces a shipped one of the same name. Models with problems are returned separately.
func (c *config) loadSound() ([]*contract.Model, []*contract.Broken, error) {
	systems := []fs.FS{models.FS}
	if c.Models != "" {
		own, err := os.ReadDir(c.Models)
		if err != nil {
			return nil, nil, usagef("%s: %w: expected a folder that holds one folder for each model", c.origin("models"), err)
		}
		if err := c.checkModels(own); err != nil {
			return nil, nil, err
		}
		systems = []fs.FS{os.DirFS(c.Models)}
		shipped := without{models.FS, own}
		if left, err := shipped.ReadDir("."); err == nil && len(left) > 0 {
			systems = append(systems, shipped)
		}
	}
	all, broken, err := contract.LoadAll(c.overlays, systems...)
	if e, ok := errors.AsType[*gold.Error](err); ok && slices.ContainsFunc(e.Problems, c.laid) {
		return nil, nil, usageError{err}
	}
	return all, broken, err
}

// checkModels checks that the folder --models holds a model.
func (c *config) checkModels(entries []fs.DirEntry) error {
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(c.Models, e.Name(), infer.ModelPath)); err == nil {
			return nil
		}
	}
	p := gold.Problem{File: c.Models, Code: gold.CodeContractInvalid, Detail: "no folder in it has a model.yaml: expected MODEL/model.yaml"}
	if _, err := os.Stat(filepath.Join(c.Models, infer.ModelPath)); err == nil {
		p.Detail = "the folder is itself a model: --models names the folder around it"
		p.DidYouMean = "--models " + shellWord(filepath.Dir(filepath.Clean(c.Models)))
	}
	return gold.InvalidAll([]gold.Problem{p})
}

// problemsOf returns one error of all problems of models.
func problemsOf(broken []*contract.Broken) error {
	if len(broken) == 1 {
		return broken[0].Err
	}
	all := *broken[0].Err
	all.Problems = nil
	for _, b := range broken {
		all.Problems = append(all.Problems, b.Err.Problems...)
	}
	all.Message = fmt.Sprintf("%d problems in the contracts of %d models, the first: %s", len(all.Problems), len(broken), all.Problems[0])
	return &all
}

// logBroken logs which models have problems, and the outcome.
func logBroken(log *slog.Logger, broken []*contract.Broken, outcome string) {
	for _, b := range broken {
		for _, p := range b.Err.Problems {
			log.Error("model has a problem", "model", cmp.Or(b.Name, b.Dir), "problem", p.String(), "outcome", outcome)
		}
	}
}

// laid reports whether a problem is in goldserve.yaml rather than in a model.
func (c *config) laid(p gold.Problem) bool { return c.overlays.File != "" && p.File == c.overlays.File }

// without is a file system that hides some entries of its root.
type without struct {
	embed.FS
	entries []fs.DirEntry
}

// ReadDir skips the hidden entries.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := w.FS.ReadDir(name)
	if err != nil || name != "." {
		return all, err
	}
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool {
		return slices.ContainsFunc(w.entries, func(hidden fs.DirEntry) bool { return hidden.Name() == e.Name() })
	}), nil
}

// chosenModel returns the model that --model names, or the only one there is. Problems of other models are logged; log may be nil.
func (c *config) chosenModel(log *slog.Logger) (*contract.Model, error) {
	all, broken, err := c.loadSound()
	if err != nil {
		return nil, err
	}
	m, err := c.choose(all, broken)
	if err == nil && log != nil {
		noteReversible(log, m)
		logBroken(log, broken, "it is left out")
	}
	return m, err
}

// buildModel returns the model that a build is of: it may lack contracts, as they are written from the gold that is built. From then on
// it is the model of the command, so that what is built is what is published.
func (c *config) buildModel(log *slog.Logger) (m *contract.Model, unwritten bool, err error) {
	all, broken, err := c.loadSound()
	if err != nil {
		return nil, false, err
	}
	if c.Model == "" {
		if c.Model, err = c.onlyModel(nil); err != nil {
			return nil, false, err
		}
	}
	for _, b := range broken {
		if b.Name == c.Model && b.Unwritten != nil {
			noteReversible(log, b.Unwritten)
			return b.Unwritten, true, nil
		}
		b.Err = b.OfBuild
	}
	m, err = c.choose(all, broken)
	if err == nil {
		noteReversible(log, m)
		logBroken(log, broken, "it is left out")
	}
	return m, false, err
}

// modelOptions returns the flags that name the model again, for a command to run next.
func (c *config) modelOptions() string {
	var b strings.Builder
	if c.Models != "" && c.origins["models"] == "--models" {
		b.WriteString(" --models " + shellWord(c.Models))
	}
	if c.Model != "" && (c.origins["model"] == "--model" || c.Model != defaultModel) {
		b.WriteString(" --model " + c.Model)
	}
	return b.String()
}

// choose returns the model of those that were loaded that --model names.
func (c *config) choose(all []*contract.Model, broken []*contract.Broken) (*contract.Model, error) {
	name := c.Model
	if name == "" {
		var err error
		if name, err = c.onlyModel(nil); err != nil {
			return nil, err
		}
	}
	for _, b := range broken {
		if cmp.Or(b.Name, b.Dir) == name {
			return nil, b.Err
		}
	}
	m := named(all, name)
	if m == nil {
		return nil, usagef("%s is %q: expected one of %s", c.origin("model"), name, strings.Join(names(all), ", "))
	}
	return m, nil
}

// onlyModel returns the model that is meant where none is named: the only one there is, of those that the store has a release
// of and those of the user's own folder. Where there are none, or the shipped one is among several, it is that.
func (c *config) onlyModel(published []string) (string, error) {
	there := slices.Clone(published)
	if c.Models != "" {
		all, broken, err := contract.LoadAll(contract.Overlays{}, os.DirFS(c.Models))
		if err == nil { // else who loads them says what is wrong
			there = append(there, names(all)...)
		}
		for _, b := range broken {
			there = append(there, cmp.Or(b.Name, b.Dir))
		}
	}
	slices.Sort(there)
	there = slices.Compact(there)
	switch {
	case len(there) == 0 || slices.Contains(there, defaultModel):
		return defaultModel, nil
	case len(there) == 1:
		return there[0], nil
	default:
		return "", usagef("there are several models: give --model with one of %s", strings.Join(there, ", "))
	}
}

// modelsIn returns the models that a store has a release of; none where it can't be read, which the command itself finds.
func modelsIn(ctx context.Context, store gold.Store) []string {
	lister, ok := store.(gold.Lister)
	if !ok {
		return nil
	}
	list, err := lister.Models(ctx)
	if err != nil {
		return nil
	}
	return list
}

// settleModel sets the model that commands work on, where none is named.
func (a *app) settleModel(ctx context.Context, store gold.Store) (err error) {
	if a.config.Model == "" {
		a.config.Model, err = a.config.onlyModel(modelsIn(ctx, store))
	}
	return err
}

// settleBefore is settleModel for commands that need the model before they open the store.
func (a *app) settleBefore(ctx context.Context, log *slog.Logger) error {
	if a.config.Model != "" || a.config.Models == "" {
		return nil
	}
	store, err := a.openStore(ctx, log, true) // settles it
	if err != nil {
		return err
	}
	return store.Close()
}

// unloaded is a model that the store has and no folder: it is served as it was published.
func unloaded(name, dir string) *contract.Model {
	return &contract.Model{Model: gold.Model{Name: name, Title: map[string]string{"en": name}}, Dir: dir}
}

// storedModel returns the model to read from a store: its contracts need not be there.
func (a *app) storedModel(ctx context.Context, store gold.Store) (*contract.Model, error) {
	m, err := a.config.chosenModel(nil)
	if _, usage := errors.AsType[usageError](err); usage && slices.Contains(modelsIn(ctx, store), a.config.Model) {
		return unloaded(a.config.Model, ""), nil
	}
	return m, err
}

// stored is a store that a command reads, and the model to read from it. Only errors are logged.
type stored struct {
	gold.Store
	model *contract.Model
	log   *slog.Logger
}

// openStored opens an existing store to read from it; close closes it.
func (a *app) openStored(ctx context.Context) (*stored, error) {
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return nil, err
	}
	s := &stored{Store: store, log: log}
	if s.model, err = a.storedModel(ctx, store); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stored) close() { closeLogged(s.log, "store", s.Store) }

func named(all []*contract.Model, name string) *contract.Model {
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func names(all []*contract.Model) []string {
	list := make([]string, len(all))
	for i, m := range all {
		list[i] = m.Name
	}
	return list
}

// dashboards returns the dashboard layouts of models, by name.
func dashboards(all []*contract.Model) map[string]dashboard.Layout {
	layouts := map[string]dashboard.Layout{}
	for _, m := range all {
		layouts[m.Name] = m.Dashboard
	}
	return layouts
}

// unlisted names the shipped models, which a server lists once they have a release.
func unlisted(all []*contract.Model) (names []string) {
	for _, m := range all {
		if isShipped(m) {
			names = append(names, m.Name)
		}
	}
	return names
}

// isShipped reports whether a model is one of the program's own.
func isShipped(m *contract.Model) bool {
	switch m.Files.(type) {
	case embed.FS, without:
		return true
	}
	return false
}

// readsIt reports whether a model that was not asked for reads a lake that has so many of its sources: a shipped one does if it has more
// than half of them, as any lake may have a file such as orders.csv.
func readsIt(m *contract.Model, found int) bool {
	sources := 0
	for i := range m.Contracts {
		if m.Contracts[i].Source != "" {
			sources++
		}
	}
	return found > 0 && (!isShipped(m) || 2*found > sources)
}

// compiled returns the models as the API needs them.
func compiled(all []*contract.Model) []gold.Model {
	list := make([]gold.Model, len(all))
	for i, m := range all {
		list[i] = m.Model
	}
	return list
}

// servedModels returns the models that a server serves. Models with problems are logged and included by name only:
// their releases contain the contracts that they were published with, so they can still be served.
func (c *config) servedModels(log *slog.Logger) ([]*contract.Model, error) {
	all, broken, err := c.loadSound()
	if err != nil {
		return nil, err
	}
	noteReversible(log, all...)
	logBroken(log, broken, "it is served as it was published")
	for _, b := range broken {
		if b.Name != "" && named(all, b.Name) == nil {
			all = append(all, unloaded(b.Name, b.Dir))
		}
	}
	return all, nil
}
