package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/mlflow"
	"goldserve/scoring"
	"goldserve/scoring/train"
)

// Runs of builds, publishes and trainings, as MLflow gets them.

// mostValues is of how many values of a field a run has metrics.
const mostValues = 1000

func text(key string, value any) mlflow.Text { return mlflow.Text{Key: key, Value: fmt.Sprint(value)} }

func jsonArtifact(name string, v any) mlflow.Artifact {
	body, _ := json.MarshalIndent(v, "", "  ") // of plain values
	return mlflow.Artifact{Path: name, Body: append(body, '\n')}
}

// trackBuild logs a build that built something.
func (a *app) trackBuild(ctx context.Context, log *slog.Logger, b *builder.Builder, report *builder.Report, at string) error {
	if len(report.Built) == 0 {
		return nil
	}
	return a.track(ctx, log, "the build is done", func(context.Context) ([]mlflow.Run, error) {
		end := time.Now()
		run := mlflow.Run{
			Name: "build", Begin: end.Add(-time.Duration(report.Seconds * float64(time.Second))), End: end,
			Params:  []mlflow.Text{text("build", report.Build), text("engine", report.Engine.Name+" "+report.Engine.Number), text("tables", len(report.Built))},
			Metrics: []mlflow.Metric{{Name: "seconds", Value: report.Seconds}},
		}
		if report.Usage.Processor > 0 {
			run.Metrics = append(run.Metrics, mlflow.Metric{Name: "engine_processor_seconds", Value: report.Usage.Processor.Seconds()}, mlflow.Metric{Name: "engine_peak_memory_mb", Value: float64(report.Usage.Memory) / 1e6})
		}
		for _, name := range slices.Sorted(maps.Keys(b.Set)) {
			run.Params = append(run.Params, text("set."+name, b.Set[name]))
		}
		out := struct {
			buildResult
			Built []builtEvent `json:"built"`
		}{buildResult: resultOfBuild("built", report.Plan, withoutCredentials(at))}
		out.Build, out.Seconds = report.Build, report.Seconds
		for i := range report.Built {
			t := &report.Built[i]
			out.Built = append(out.Built, builtEvent{"table", t.Table.FullName(), "", t.Rows, t.Rejected, t.Seconds})
			if !t.Table.View {
				run.Metrics = append(run.Metrics, mlflow.Metric{Name: "rows/" + t.Table.FullName(), Value: float64(t.Rows)})
			}
			for _, reason := range slices.Sorted(maps.Keys(t.Rejected)) {
				run.Metrics = append(run.Metrics, mlflow.Metric{Name: "rejected/" + t.Table.FullName() + "/" + reason, Value: float64(t.Rejected[reason])})
			}
		}
		run.Artifacts = []mlflow.Artifact{jsonArtifact("build_report.json", out)}
		return []mlflow.Run{run}, nil
	})
}

// trackRelease logs the release that is current after a publish, unless it is logged already, with the runs that its model declares. err is
// the publish's, with which the error of logging is joined.
func (a *app) trackRelease(ctx context.Context, log *slog.Logger, ask *publishRequest, reader gold.Reader, made *madeRelease, err error) error {
	if ask.dryRun || made.done == nil || made.done.Release == nil || !stays(err) {
		return err
	}
	release := made.done.Release
	return errors.Join(err, a.track(ctx, log, fmt.Sprintf("release %d is served", release.Number), func(ctx context.Context) ([]mlflow.Run, error) {
		key := fmt.Sprintf("%s/%d/%d", release.Model, release.Number, release.PublishedAt.UnixMilli())
		runs := []mlflow.Run{runOfRelease(release, key)}
		if made.model == nil {
			return runs, nil
		}
		for i := range made.model.Tracked {
			declared := &made.model.Tracked[i]
			run := mlflow.Run{Name: declared.Name, Key: key + "/" + declared.Name, Begin: runs[0].Begin, End: runs[0].End, Params: []mlflow.Text{text("release", release.Number), text("as_of", release.AsOf.Format(time.RFC3339)), text("dataset", declared.Dataset)}}
			run.Fill = func(ctx context.Context, run *mlflow.Run) error {
				return measureRun(ctx, reader, release, declared, made.model, run)
			}
			runs = append(runs, run)
		}
		return runs, nil
	}))
}

// runOfRelease is the run of a publish.
func runOfRelease(r *gold.Release, key string) mlflow.Run {
	run := mlflow.Run{
		Name: "publish", Key: key + "/publish", Begin: r.PublishedAt.Add(-time.Duration(r.Seconds * float64(time.Second))), End: r.PublishedAt,
		Params: []mlflow.Text{text("release", r.Number), text("as_of", r.AsOf.Format(time.RFC3339)), text("datasets", len(r.Versions)), text("integrity", r.Integrity)},
	}
	if l := r.Lineage; l != nil {
		run.Params = append(run.Params, text("build", l.Build), text("engine", l.Engine))
	}
	type version struct {
		Dataset string `json:"dataset"`
		ID      string `json:"id"`
		Rows    int64  `json:"rows"`
	}
	versions := make([]version, len(r.Versions))
	for i := range r.Versions {
		v := &r.Versions[i]
		versions[i] = version{v.Dataset.Name, v.ID, v.Rows}
		run.Metrics = append(run.Metrics, mlflow.Metric{Name: "rows/" + v.Dataset.Name, Value: float64(v.Rows)})
	}
	kept := 0
	for i := range r.Quality {
		if r.Quality[i].Passed {
			kept++
		}
	}
	run.Metrics = append(run.Metrics, mlflow.Metric{Name: "rows", Value: float64(rowsOf(r))}, mlflow.Metric{Name: "seconds", Value: r.Seconds},
		mlflow.Metric{Name: "rules", Value: float64(len(r.Quality))}, mlflow.Metric{Name: "rules_kept", Value: float64(kept)})
	run.Artifacts = []mlflow.Artifact{jsonArtifact("versions.json", versions), jsonArtifact("quality.json", nonNil(r.Quality))}
	return run
}

// measureRun adds what a declared run measures of the release, and the ONNX files that score its dataset.
func measureRun(ctx context.Context, reader gold.Reader, release *gold.Release, declared *gold.TrackedRun, model *contract.Model, run *mlflow.Run) error {
	version := release.Version(declared.Dataset)
	if version == nil {
		return fmt.Errorf("the release has no dataset %s", declared.Dataset)
	}
	run.Params = append(run.Params, text("version", version.ID), text("rows", version.Rows))
	question := gold.Aggregation{Version: version, Measures: declared.Metrics, Limit: mostValues}
	if declared.By != "" {
		run.Params = append(run.Params, text("by", declared.By))
		question.Group = []gold.Group{{Field: declared.By}}
	}
	answer, err := reader.Aggregate(ctx, question)
	if err != nil {
		return fmt.Errorf("measure %s: %w", declared.Dataset, err)
	}
	_, err = gold.EachBatch(ctx, answer, func(batch *gold.Batch) error {
		for i := range batch.Rows {
			suffix := ""
			if declared.By != "" {
				suffix = "/" + batch.Columns[0].Value(i).String()
			}
			for k := range declared.Metrics {
				run.Metrics = append(run.Metrics, mlflow.Metric{Name: declared.Metrics[k].As + suffix, Value: numberAt(batch, len(question.Group)+k, i)})
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("measure %s: %w", declared.Dataset, err)
	}
	run.Artifacts = append(run.Artifacts, scorers(model, version)...)
	return nil
}

// scorers are the ONNX files that scored a version, as the model's folder still has them, and their cards.
func scorers(model *contract.Model, version *gold.Version) (all []mlflow.Artifact) {
	for i := range version.Dataset.Scores {
		file := version.Dataset.Scores[i].Model
		for _, name := range []string{file, scoring.CardName(file)} {
			body, err := fs.ReadFile(model.Files, path.Join(model.Dir, name))
			if name == file && fmt.Sprintf("%x", sha256.Sum256(body)) != version.Dataset.Scores[i].SHA256 {
				break // another file lies there by now, and its card
			}
			if err == nil {
				all = append(all, mlflow.Artifact{Path: path.Base(name), Body: body})
			}
		}
	}
	return all
}

// trackTrained logs a training, unless the same file was logged before.
func (a *app) trackTrained(ctx context.Context, folder string, begin time.Time, r *train.Result) error {
	return a.track(ctx, a.logger(), fmt.Sprintf("target %s is trained, and its files are in %s", r.Card.Target, folder), func(context.Context) ([]mlflow.Run, error) {
		c := &r.Card
		card, err := train.Marshal(c)
		if err != nil {
			return nil, err
		}
		run := mlflow.Run{
			Name: "train", Key: "train/" + c.Target + "/" + c.SHA256, Begin: begin, End: time.Now(),
			Params: []mlflow.Text{
				text("target", c.Target), text("task", c.Task), text("seed", strconv.FormatUint(c.Seed, 10)), text("release", c.Data.Release), text("dataset", c.Data.Dataset),
				text("version", c.Data.Version), text("train_rows", c.TrainRows), text("test_rows", c.TestRows), text("sha256", c.SHA256),
			},
		}
		var features []string
		for i := range c.Features {
			features = append(features, c.Features[i].Name)
		}
		run.Params = append(run.Params, text("features", strings.Join(features, ", ")))
		for _, m := range c.Metrics {
			run.Metrics = append(run.Metrics, mlflow.Metric{Name: m.Name, Value: m.Value}, mlflow.Metric{Name: m.Name + "_low", Value: m.Low}, mlflow.Metric{Name: m.Name + "_high", Value: m.High})
		}
		model, meta := trainedFiles("", c)
		run.Artifacts = []mlflow.Artifact{{Path: filepath.ToSlash(model), Body: r.File}, {Path: filepath.ToSlash(meta), Body: card}}
		return []mlflow.Run{run}, nil
	})
}
