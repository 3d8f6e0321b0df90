package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/mlflow"
)

// mlflowSettings name an MLflow server, to which commands log what they did.
type mlflowSettings struct{ MLflow, MLflowExperiment string }

// noMLflow is the value of --mlflow for one run without the server that a variable or goldserve.yaml names.
const noMLflow = "none"

func (s *mlflowSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.MLflow, "mlflow", "", "URL of an MLflow server that logs the run, such as http://127.0.0.1:5001; "+noMLflow+": no server (default: MLFLOW_TRACKING_URI if it is a URL, else none)")
	flags.StringVar(&s.MLflowExperiment, "mlflow-experiment", "", "MLflow experiment of the runs (default: MLFLOW_EXPERIMENT_NAME, else the model's name)")
}

// completeMLflow sets what depends on the environment, and returns the problems of values.
func (c *config) completeMLflow() (problems []string) {
	if uri := os.Getenv("MLFLOW_TRACKING_URI"); c.MLflow == "" && (strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "https://")) {
		c.MLflow, c.origins["mlflow"] = uri, "MLFLOW_TRACKING_URI"
	}
	if name := os.Getenv("MLFLOW_EXPERIMENT_NAME"); c.MLflowExperiment == "" && name != "" {
		c.MLflowExperiment, c.origins["mlflow-experiment"] = name, "MLFLOW_EXPERIMENT_NAME"
	}
	if c.MLflow != "" && c.MLflow != noMLflow {
		if _, err := c.openMLflow(); err != nil {
			problems = append(problems, fmt.Sprintf("%s: %s", c.origin("mlflow"), err))
		}
	}
	return problems
}

func (c *config) openMLflow() (*mlflow.Client, error) {
	return mlflow.Open(c.MLflow, mlflow.Credentials{
		User: os.Getenv("MLFLOW_TRACKING_USERNAME"), Password: os.Getenv("MLFLOW_TRACKING_PASSWORD"), Token: os.Getenv("MLFLOW_TRACKING_TOKEN"),
	})
}

// trackTime limits how long a command waits for MLflow, all runs and artifacts together.
const trackTime = 2 * time.Minute

// track logs runs of what was done. A failure doesn't undo it: its error is Internal mlflow_behind. Without the setting it does nothing.
func (a *app) track(ctx context.Context, log *slog.Logger, done string, runs func(context.Context) ([]mlflow.Run, error)) error {
	c := &a.config
	if c.MLflow == "" || c.MLflow == noMLflow {
		return nil
	}
	client, err := c.openMLflow()
	if err != nil {
		return usagef("%s: %w", c.origin("mlflow"), err)
	}
	limited, cancel := context.WithTimeout(ctx, trackTime)
	defer cancel()
	err = a.logRuns(limited, log, client, runs)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("it took more than %s", trackTime)
	}
	return &gold.Error{Kind: gold.Internal, Code: gold.CodeMLflowBehind, Message: fmt.Sprintf("%s, but MLflow at %s does not show it: %s", done, client, err)}
}

func (a *app) logRuns(ctx context.Context, log *slog.Logger, client *mlflow.Client, runs func(context.Context) ([]mlflow.Run, error)) error {
	name := cmp.Or(a.config.MLflowExperiment, a.config.Model, "goldserve")
	experiment, err := client.Experiment(ctx, name)
	if err != nil {
		return err
	}
	all, err := runs(ctx)
	if err != nil {
		return err
	}
	for _, run := range all {
		run.Tags = append(run.Tags, mlflow.Text{Key: "mlflow.source.name", Value: "goldserve"}, mlflow.Text{Key: "mlflow.source.type", Value: "JOB"},
			mlflow.Text{Key: "goldserve.version", Value: programVersion()}, mlflow.Text{Key: "goldserve.model", Value: a.config.Model})
		id, logged, err := client.Log(ctx, experiment, run)
		if err != nil {
			return fmt.Errorf("run %s: %w", run.Name, err)
		}
		if logged {
			log.Info("logged to MLflow", "run", run.Name, "id", id, "experiment", name, "server", client.String())
		}
	}
	return nil
}

// stays reports whether an error leaves what was done as it is: what it made is there, and only something beside it does not show it.
func stays(err error) bool {
	code := gold.CodeOf(err)
	return err == nil || code == gold.CodeMirrorBehind || code == gold.CodeMLflowBehind
}
