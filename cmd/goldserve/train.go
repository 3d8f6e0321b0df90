package main

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/scoring"
	"goldserve/scoring/train"
)

// trainRequest is what the flags of train ask for.
type trainRequest struct {
	target, folder, release string
	seed                    uint64
}

func (a *app) train() *cobra.Command {
	var ask trainRequest
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a regression that predicts a field",
		Long: `train fits a logistic or ridge regression to the rows of a dataset of the current release, or of another one, and writes
an ONNX file that includes the preprocessing, and a card: features and their ranges, metrics on the held-out fifth of the
rows, the release, and reference rows with their predictions. The targets are declared under targets: in model.yaml.

The same release and seed give the same bytes.

With --mlflow, the training is logged to an MLflow server, with both files. If that fails, they stay, and the exit code is 5.

To score with it, write it into the model's folder and name it under score: in a contract: see docs/scoring.md.

Exit codes: 2 unknown target or release, or rows that can't be learned from, 3 nothing published yet, 4 store unreachable.`,
		Example: `  goldserve train --target returned
  goldserve train --target basket --seed 7 --artifacts ./models/market/artifacts
  goldserve train --target returned --release 12 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.footprint(cmd.Context(), "train", func(ctx context.Context) error { return a.runTrain(ctx, ask) })
		},
	}
	a.config.storeSettings.flags(cmd.Flags())
	a.config.modelSettings.flags(cmd.Flags())
	a.config.footprintSettings.flags(cmd.Flags())
	a.config.mlflowSettings.flags(cmd.Flags())
	cmd.Flags().StringVar(&ask.target, "target", "", "target under targets: in model.yaml (default: the only one)")
	cmd.Flags().StringVar(&ask.folder, "artifacts", "artifacts", "output folder of the ONNX file and its card")
	cmd.Flags().StringVar(&ask.release, "release", "", "number of the release to learn from (default: the current one)")
	a.setting(cmd.Flags(), "json").Usage = "print the card, and the names of the files, as JSON"
	cmd.Flags().Uint64Var(&ask.seed, "seed", 1, "seed of the split into training and test rows")
	return cmd
}

func (a *app) runTrain(ctx context.Context, ask trainRequest) error {
	s, err := a.openStored(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	t, err := targetNamed(s.model, ask.target)
	if err != nil {
		return err
	}
	selector := gold.Selector{Model: s.model.Name}
	if ask.release != "" {
		if selector.Number, err = releaseNumber("train --release", ask.release); err != nil {
			return err
		}
	}
	release, err := s.Resolve(ctx, selector)
	if err != nil {
		return err
	}
	version := release.Version(t.Dataset)
	if version == nil {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "release %d has no dataset %s, which target %s is learned from: publish it", release.Number, t.Dataset, t.Name)
	}
	rows, err := learnedRows(ctx, s, version, t)
	if err != nil {
		return err
	}
	begin := time.Now()
	result, err := train.Train(rows.data, train.Options{
		Task: train.Task(t.Task), Target: t.Name, Seed: ask.seed,
		Data: gold.CardData{Model: s.model.Name, Release: release.Number, Dataset: t.Dataset, Version: version.ID},
	})
	if err != nil {
		return usagef("target %s: %w", t.Name, err)
	}
	if err := a.writeTrained(ask.folder, result, rows.left); err != nil {
		return err
	}
	return a.trackTrained(ctx, ask.folder, begin, result)
}

// targetNamed returns what is to be trained.
func targetNamed(m *contract.Model, name string) (*gold.Target, error) {
	var names []string
	for i := range m.Targets {
		if t := &m.Targets[i]; t.Name == name || name == "" && len(m.Targets) == 1 {
			return t, nil
		}
		names = append(names, m.Targets[i].Name)
	}
	switch {
	case len(names) == 0:
		return nil, usagef("model %s declares nothing to train: add targets to its model.yaml", m.Name)
	case name == "":
		return nil, usagef("model %s has several targets: give --target with one of %s", m.Name, list(names))
	default:
		return nil, usagef("model %s has no target %q: expected %s", m.Name, name, list(names))
	}
}

// trainingRows are the rows of a version, in the order of its key.
type trainingRows struct {
	data train.Data
	left int // rows without a value of the target, which are left out
}

func learnedRows(ctx context.Context, reader gold.Reader, version *gold.Version, t *gold.Target) (*trainingRows, error) {
	for _, name := range append([]string{t.Field}, t.Features...) {
		if f := version.Dataset.Field(name); f == nil || !f.Kind.Learnable() {
			return nil, usagef("target %s: dataset %s has no field %s to learn from, as it was published: publish it again", t.Name, t.Dataset, name)
		}
	}
	rows := &trainingRows{}
	for _, name := range t.Features {
		f := train.Feature{Name: name}
		if version.Dataset.Field(name).Kind == gold.Text {
			f.Texts = []string{}
		}
		rows.data.Features = append(rows.data.Features, f)
	}
	answer, err := reader.Rows(ctx, gold.Query{
		Version: version, Fields: append([]string{t.Field}, t.Features...), Sort: version.Dataset.TotalSort(nil),
	})
	if err != nil {
		return nil, err
	}
	_, err = gold.EachBatch(ctx, answer, func(b *gold.Batch) error { rows.add(b); return nil })
	return rows, err
}

// add appends the rows of a batch, whose first field is the target.
func (r *trainingRows) add(b *gold.Batch) {
	for i := range b.Rows {
		if b.Columns[0].IsNull(i) {
			r.left++
			continue
		}
		r.data.Target = append(r.data.Target, numberAt(b, 0, i))
		for k := range r.data.Features {
			if f := &r.data.Features[k]; f.Texts != nil {
				f.Texts = append(f.Texts, string(b.Columns[k+1].Text(i)))
			} else {
				f.Numbers = append(f.Numbers, numberAt(b, k+1, i))
			}
		}
	}
}

// numberAt returns a number, or NaN for null.
func numberAt(b *gold.Batch, column, i int) float64 {
	if c := &b.Columns[column]; !c.IsNull(i) {
		return c.Real(i, b.Fields[column].Scale)
	}
	return math.NaN()
}

// trainedFiles returns where a model and its card lie.
func trainedFiles(folder string, c *gold.Card) (model, meta string) {
	model = filepath.Join(folder, c.Task+"_model.onnx")
	return model, scoring.CardName(model)
}

// trained is what train --json prints.
type trained struct {
	File     string     `json:"file"`
	CardFile string     `json:"card_file"`
	LeftOut  int        `json:"left_out"` // rows without a value of the target
	Card     *gold.Card `json:"card"`     // without its reference rows
}

// writeTrained writes the model and its card, both or neither, and says what they are.
func (a *app) writeTrained(folder string, r *train.Result, left int) error {
	card, err := train.Marshal(&r.Card)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil { // #nosec G301 -- like any folder that the user creates: the umask decides
		return usagef("--artifacts: %w", err)
	}
	model, meta := trainedFiles(folder, &r.Card)
	var files []whole
	for _, f := range []whole{{model, r.File}, {meta, card}} {
		if old, err := os.ReadFile(f.name); err != nil || !slices.Equal(old, f.data) { // #nosec G304 -- the user names it
			files = append(files, f)
		}
	}
	if err := writeWhole(files...); err != nil {
		return err
	}
	return a.showTrained(model, meta, r, left)
}

// showTrained prints what was trained.
func (a *app) showTrained(model, meta string, r *train.Result, left int) error {
	if a.config.JSON {
		shown := r.Card
		shown.Reference = nil
		return a.printJSON(trained{File: model, CardFile: meta, LeftOut: left, Card: &shown})
	}
	a.printf("%s: %d rows of release %d to train on, %d to test", r.Card.Target, r.Card.TrainRows, r.Card.Data.Release, r.Card.TestRows)
	if left > 0 {
		a.printf("; %d without a value of the target are left out", left)
	}
	a.printf("\n")
	defined := 0
	for _, name := range train.Measures(train.Task(r.Card.Task)) {
		if defined == len(r.Card.Metrics) || r.Card.Metrics[defined].Name != name {
			a.printf("%-9s undefined: the test rows have one value of the target\n", name)
			continue
		}
		m := r.Card.Metrics[defined]
		a.printf("%-9s %.4f  (95%% of resamples: %.4f to %.4f)\n", m.Name, m.Value, m.Low, m.High)
		defined++
	}
	a.printf("%s\n%s\n", model, meta)
	return nil
}
