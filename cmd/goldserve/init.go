package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold/contract"
	"goldserve/gold/dbt"
	"goldserve/gold/infer"
)

// writtenModels is the folder that init writes to unless --models names another.
const writtenModels = "models"

func (a *app) initiate() *cobra.Command {
	target := ""
	cmd := &cobra.Command{
		Use:   "init [LAKE] --model NAME",
		Short: "Write a model's contracts from the files of a lake, or from a dbt project",
		Long: `init looks at every Parquet, CSV and JSON file, folder of parts, and Delta or Iceberg table in a lake and writes a
model: contracts/ with one contract for each dataset, model.yaml, and dashboard.yaml, the layout of its page. It guesses kinds, required fields,
keys, closed lists, personal data, the facts and their time, and relationships, and prints which guesses to look at first.
Keys, lists and relationships hold for every row that the files have now. Rules that are guessed are warnings. Personal data
is dropped before anything is stored, until you say otherwise.

If goldserve up serves the lake, init writes the contracts that it serves, so that publishing them into the same store loads
nothing. If up or publish --infer was given a store, name it with --store.

--dbt names the target folder of a dbt project. What its manifest.json says is written as it is: descriptions, and what tests
say (not_null, unique, accepted_values, relationships, ranges), as an error where a test's severity is error. Without a lake,
the contracts are of the project's tables, with the columns and types of its catalog.json.

Run it again after the lake has changed: new datasets get contracts, and new columns get fields at the end of theirs. What
you wrote stays as it is.

The model's folder is written below --models, by default the folder models.`,
		Example: `  goldserve init ./gold --model shop
  goldserve init --lake ./gold --model shop --models ./models
  goldserve init ./gold --model shop --dbt ./target
  goldserve init --model shop --dbt ./target
  goldserve publish --lake ./gold --models ./models --model shop`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runInit(cmd.Context(), args, target) },
	}
	flags := cmd.Flags()
	a.config.modelSettings.flags(flags)
	flags.Lookup("model").Usage = "name of the model to write (required)"
	a.lakeFlags(flags)
	a.setting(flags, "no-success-file")
	flags.StringVar(&target, "dbt", "", "target folder of a dbt project, with its manifest.json (and catalog.json)")
	a.setting(flags, "store").Usage = "store of a release with inferred contracts, which are written as they are (default: that of goldserve up for the lake)"
	return cmd
}

func (a *app) runInit(ctx context.Context, args []string, target string) error {
	if err := a.config.takeLake(args); err != nil {
		return err
	}
	name := a.config.Model
	if a.config.origins["model"] == "" {
		return usagef("--model is missing: name the model to write, such as --model shop")
	}
	if err := a.config.checkModelName(); err != nil {
		return err
	}
	if a.config.Models == "" {
		a.config.Models = writtenModels
	}
	folder := filepath.Join(a.config.Models, name)
	m, from, served, err := a.inferred(ctx, name, folder, target)
	if err != nil {
		return err
	}
	updates, notes, err := m.Updates(os.DirFS(folder))
	if err != nil {
		return usagef("%s: %w", folder, err)
	}
	if served != nil {
		updates, notes = served.updates(updates)
	}
	for _, u := range updates {
		if err := write(folder, u); err != nil {
			return usagef("%w", err)
		}
	}
	a.printInit(m, folder, updates, notes)
	if _, err := os.Stat(filepath.Join(folder, "model.yaml")); err != nil {
		return usagef("%s holds %s that a contract can be written for", from.name, from.wanted)
	}
	if err := a.checkWritten(name); err != nil {
		return err
	}
	a.printf("Next: goldserve publish --lake %s%s --models %s --model %s%s\n", shellWord(from.lake), a.config.lakeOptions(), shellWord(a.config.Models), name, served.options(ctx, a))
	return nil
}

// origin is what init looks at.
type origin struct {
	name   string // of the folder
	wanted string // what it should hold
	lake   string // to publish from
}

// inferred makes the model that init writes: of a lake's files, with the contracts that up serves of it, if any, or with what a
// dbt project says, or of a dbt project alone.
func (a *app) inferred(ctx context.Context, name, folder, target string) (*infer.Model, origin, *servedContracts, error) {
	var project *dbt.Project
	if target != "" {
		var err error
		if project, err = readProject(target); err != nil {
			return nil, origin{}, nil, err
		}
		if a.config.Lake == "" {
			return infer.FromProject(project, name), origin{target, "no table whose columns have types", "FOLDER"}, nil, nil
		}
	}
	from, _, err := a.config.lakeLocation()
	if err != nil {
		return nil, origin{}, nil, err
	}
	l, err := a.lakeAt(ctx, a.logger(), from)
	if err != nil {
		return nil, origin{}, nil, err
	}
	defer closeLogged(a.logger(), "lake", l)
	var before *servedContracts
	if project == nil { // otherwise the contracts are others than those that are served
		if before, err = a.servedContracts(ctx, from, folder); err != nil {
			return nil, origin{}, nil, err
		}
	}
	m, err := infer.Infer(ctx, l, infer.Options{
		Name: name, NoSuccessFile: a.config.NoSuccessFile || before != nil, Earlier: before.begun(), Project: project, Stated: infer.ReadStated(os.DirFS(folder)),
	})
	return m, origin{from, "no Parquet, CSV or JSON file", from}, before, err
}

// readProject reads the files of a dbt project, whose target folder, or the manifest in it, is named.
func readProject(target string) (*dbt.Project, error) {
	if filepath.Base(target) == dbt.ManifestFile {
		target = filepath.Dir(target)
	}
	p, err := dbt.Read(os.DirFS(target))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s has no %s: name the target folder of a dbt project, after a dbt command such as dbt compile", target, dbt.ManifestFile)
	}
	return p, err
}

// write writes a file of a model. One that is there is replaced at once, so that nothing of it is lost half way.
func write(folder string, u infer.Update) error {
	name := filepath.Join(folder, filepath.FromSlash(u.Path))
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	if u.New {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(u.Content)
		return errors.Join(err, f.Close())
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	beside := name + ".new"
	if err = os.WriteFile(beside, u.Content, info.Mode().Perm()); err == nil {
		err = os.Rename(beside, name)
	}
	if err != nil {
		_ = os.Remove(beside) // half of it may be there
	}
	return err
}

// printInit tells what was written, and what to look at first.
func (a *app) printInit(m *infer.Model, folder string, updates []infer.Update, notes []string) {
	summaries := map[string]string{}
	for _, d := range m.Datasets {
		summaries[d.File()] = d.Summary()
	}
	for _, u := range updates {
		line := path.Join(filepath.ToSlash(folder), u.Path)
		switch {
		case !u.New && u.Path == infer.ModelPath:
			line += ": new keys " + strings.Join(u.Added, ", ")
		case !u.New:
			line += fmt.Sprintf(": new fields %s", strings.Join(u.Added, ", "))
		case u.Path == infer.LayoutFile:
			line += ": the page's layout"
		case summaries[u.Path] != "":
			line += ": " + summaries[u.Path]
		}
		a.printf("%s\n", line)
	}
	if len(updates) == 0 {
		a.printf("Nothing to write in %s\n", folder)
	}
	if look := append(notes, m.LookFirst()...); len(look) > 0 {
		a.printf("Look at first:\n")
		for _, l := range look {
			a.printf("  %s\n", l)
		}
	}
}

// checkWritten returns the problems that the model has, once it is written.
func (a *app) checkWritten(name string) error {
	_, broken, err := a.config.loadSound()
	if err != nil {
		return err
	}
	for _, b := range broken {
		if cmp.Or(b.Name, b.Dir) == name {
			return problemsOf([]*contract.Broken{b})
		}
	}
	return nil
}
