package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// exportFlags are the options of export.
type exportFlags struct {
	training       bool
	asOf, label    string
	horizon        int64
	format, output string
}

func (a *app) export() *cobra.Command {
	f := &exportFlags{}
	cmd := &cobra.Command{
		Use:   "export --training",
		Short: "Export a training set: features as of a month's end, with a later month's label",
		Long: `export writes one row for each key that the model's features had at the end of a month (--as-of), with the label of the month
--horizon months later. trainingSet: in model.yaml declares the feature datasets and the labels.

Everything is read from the current release: its snapshots hold each month as it was then. Anything that could leak the label is refused:
features made from the label's raw table, according to the release's lineage, and dates after --as-of.

The format is CSV, unless --format or the suffix of --output names another. The file is written completely or not at all.

Exit codes: 2 invalid options, 3 a leak, unknown dates or nothing published yet, 4 store unreachable.`,
		Example: "  goldserve export --training --as-of 2024-03-31 --label left --horizon 1 -o training.parquet",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runExport(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.BoolVar(&f.training, "training", false, "export a training set (required)")
	flags.StringVar(&f.asOf, "as-of", "", "month's end of the feature snapshots, such as 2024-03-31")
	flags.StringVar(&f.label, "label", "", "name of the label under trainingSet: in model.yaml")
	flags.Int64Var(&f.horizon, "horizon", 1, "number of months from --as-of to the label's month (at least 1)")
	flags.StringVar(&f.format, "format", "", "csv, parquet, or another format of query (default: the suffix of --output, else csv)")
	flags.StringVarP(&f.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

// form returns the format of the file.
func (f *exportFlags) form() (format.Format, error) {
	name := f.format
	if name == "" {
		name = strings.TrimPrefix(filepath.Ext(f.output), ".")
	}
	if name == "" {
		return format.CSV, nil
	}
	form, known := format.Parse(name)
	if !known {
		return form, usagef("the format is %q: expected csv or parquet", name)
	}
	return form, nil
}

// check returns the label, and the dates of features and label.
func (f *exportFlags) check(t *gold.TrainingSet, model string) (label *gold.TrainingLabel, at, later gold.Value, err error) {
	switch {
	case !f.training:
		return nil, at, later, usagef("export needs --training: other rows are for query and its --output")
	case t == nil:
		return nil, at, later, usagef("the model %s declares no trainingSet: in its model.yaml: see docs/training.md", model)
	case f.horizon < 1 || f.horizon > 1200:
		return nil, at, later, usagef("--horizon is %d: expected 1 to 1200 months, as a label of the features' own month would be known with them", f.horizon)
	}
	if label = t.Label(f.label); label == nil {
		names := make([]string, len(t.Labels))
		for i := range t.Labels {
			names[i] = t.Labels[i].Name
		}
		return nil, at, later, usagef("--label is %q: expected one of %s", f.label, strings.Join(names, ", "))
	}
	if at, later, err = gold.TrainingWindow(f.asOf, f.horizon); err != nil {
		return nil, at, later, usagef("--as-of: %w", err)
	}
	return label, at, later, nil
}

func (a *app) runExport(ctx context.Context, f *exportFlags) error {
	log := a.logger()
	form, err := f.form()
	if err != nil {
		return err
	}
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	m, err := a.storedModel(ctx, store)
	if err != nil {
		return err
	}
	label, at, later, err := f.check(m.TrainingSet, m.Name)
	if err != nil {
		return err
	}
	catalog, err := query.NewEngine(store, log).Catalog(ctx, &m.Model, gold.Selector{Model: m.Name})
	if err != nil {
		return err
	}
	set := &trainingSet{reader: store, training: m.TrainingSet, label: label, at: at, later: later, catalog: catalog}
	if err := set.check(ctx); err != nil {
		return err
	}
	if err := a.write(f.output, func(out io.Writer) error { return set.writeTo(ctx, out, form) }); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.stderr, "%s: features as of %s, %s of %s, from release %d\n", gold.Counted(set.rows, "row"), at, label.Name, later, catalog.Release.Number)
	return nil
}
