package main

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/models"
)

// defaultModel is served under the bare URLs and published where no other is named.
const defaultModel = "retail"

// loadModels loads the shipped models and those of the folder that --models names, with what goldserve.yaml lays over
// them; in the folder a model of the same name takes a shipped one's place.
func (c *config) loadModels() ([]*contract.Model, error) {
	systems := []fs.FS{models.FS}
	if c.Models != "" {
		own, err := os.ReadDir(c.Models)
		if err != nil {
			return nil, usagef("%s: %w: expected a folder that holds one folder for each model", c.origin("models"), err)
		}
		systems = []fs.FS{os.DirFS(c.Models)}
		shipped := without{models.FS, own}
		if left, err := shipped.ReadDir("."); err == nil && len(left) > 0 {
			systems = append(systems, shipped)
		}
	}
	all, err := contract.LoadAll(c.overlays, systems...)
	if e, ok := errors.AsType[*gold.Error](err); ok && slices.ContainsFunc(e.Problems, c.laid) {
		return nil, usageError{err}
	}
	return all, err
}

// laid reports whether a problem is of goldserve.yaml rather than of a model.
func (c *config) laid(p gold.Problem) bool { return c.overlays.File != "" && p.File == c.overlays.File }

// without is a file system without some entries of its root.
type without struct {
	embed.FS
	entries []fs.DirEntry
}

// ReadDir hides the entries.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := w.FS.ReadDir(name)
	if err != nil || name != "." {
		return all, err
	}
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool {
		return slices.ContainsFunc(w.entries, func(hidden fs.DirEntry) bool { return hidden.Name() == e.Name() })
	}), nil
}

// chosenModel returns the model that --model names.
func (c *config) chosenModel() (*contract.Model, error) {
	all, err := c.loadModels()
	if err != nil {
		return nil, err
	}
	name := c.Model
	if name == "" {
		name = defaultModel
	}
	if m := named(all, name); m != nil {
		return m, nil
	}
	return nil, usagef("%s is %q: expected one of %s", c.origin("model"), name, strings.Join(names(all), ", "))
}

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

// compiled returns what the API needs of models.
func compiled(all []*contract.Model) []gold.Model {
	list := make([]gold.Model, len(all))
	for i, m := range all {
		list[i] = m.Model
	}
	return list
}

// modelFlags adds the flags that name models.
func modelFlags(flags *pflag.FlagSet) {
	flags.String("models", "", "folder of your own models, beside the shipped ones")
	flags.String("model", defaultModel, "the model to work on")
}
