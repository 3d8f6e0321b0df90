package mlflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// Limits of a request to log a run, and of a value.
const (
	mostMetrics = 1000
	mostTexts   = 100
	mostValue   = 6000
)

// keyTag is the tag by which a run is found again.
const keyTag = "goldserve.key"

// Text is a parameter or a tag.
type Text struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Metric is a number of a run.
type Metric struct {
	Name  string
	Value float64
}

// Artifact is a file of a run.
type Artifact struct {
	Path string
	Body []byte
}

// Run is a run to log.
type Run struct {
	Name      string
	Key       string // what is logged once has the same key each time; empty: each Log logs it
	Begin     time.Time
	End       time.Time
	Params    []Text
	Tags      []Text
	Metrics   []Metric // those that are no numbers are left out
	Artifacts []Artifact
	// Fill adds what the run has besides, once it is known not to be logged yet; nil: nothing.
	Fill func(context.Context, *Run) error
}

// Experiment returns the id of an experiment, which is made where it is missing.
func (c *Client) Experiment(ctx context.Context, name string) (string, error) {
	id, err := c.experiment(ctx, name)
	if !is(err, "RESOURCE_DOES_NOT_EXIST") {
		return id, err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = c.api(ctx, http.MethodPost, "experiments/create", nil, map[string]string{"name": name}, &made)
	if is(err, "RESOURCE_ALREADY_EXISTS") { // another program was faster
		return c.experiment(ctx, name)
	}
	return made.ID, err
}

func (c *Client) experiment(ctx context.Context, name string) (string, error) {
	var found struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		}
	}
	err := c.api(ctx, http.MethodGet, "experiments/get-by-name", url.Values{"experiment_name": {name}}, nil, &found)
	if err == nil && found.Experiment.Stage == "deleted" {
		return "", fmt.Errorf("the experiment %s is deleted: restore it (mlflow experiments restore), or name another", name)
	}
	if err == nil && found.Experiment.ID == "" {
		return "", errors.New("experiments/get-by-name: the answer names no experiment: is this an MLflow server?")
	}
	return found.Experiment.ID, err
}

// Log logs a run, and returns its id. Where it can't be logged whole, what is there of it gets the status FAILED. It reports
// false where a whole run of the key is there already.
func (c *Client) Log(ctx context.Context, experiment string, run Run) (id string, logged bool, err error) {
	if run.Key != "" {
		if id, err = c.find(ctx, experiment, run.Key); err != nil || id != "" {
			return id, false, err
		}
		run.Tags = append(slices.Clone(run.Tags), Text{keyTag, run.Key})
	}
	if run.Fill != nil {
		if err = run.Fill(ctx, &run); err != nil {
			return "", false, err
		}
	}
	var made struct {
		Run struct {
			Info struct {
				ID        string `json:"run_id"`
				Artifacts string `json:"artifact_uri"`
			}
		}
	}
	err = c.api(ctx, http.MethodPost, "runs/create", nil, map[string]any{"experiment_id": experiment, "run_name": run.Name, "start_time": run.Begin.UnixMilli()}, &made)
	if id = made.Run.Info.ID; err == nil && id == "" {
		err = errors.New("runs/create: the answer names no run: is this an MLflow server?")
	}
	if err != nil {
		return "", false, err
	}
	status := "FINISHED"
	if err = c.fill(ctx, id, made.Run.Info.Artifacts, &run); err != nil {
		status = "FAILED"
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), requestTime)
		defer cancel()
	}
	ended := c.api(ctx, http.MethodPost, "runs/update", nil, map[string]any{"run_id": id, "status": status, "end_time": run.End.UnixMilli()}, nil)
	if err == nil {
		err = ended
	}
	return id, err == nil, err
}

// find returns the id of a whole run of a key; empty: there is none.
func (c *Client) find(ctx context.Context, experiment, key string) (string, error) {
	var found struct {
		Runs []struct {
			Info struct {
				ID string `json:"run_id"`
			}
		}
	}
	quoted := strings.NewReplacer("'", "", `\`, "").Replace(key)
	err := c.api(ctx, http.MethodPost, "runs/search", nil, map[string]any{
		"experiment_ids": []string{experiment}, "max_results": 1,
		"filter": "tags.`" + keyTag + "` = '" + quoted + "' and attributes.status = 'FINISHED'",
	}, &found)
	if err != nil || len(found.Runs) == 0 {
		return "", err
	}
	return found.Runs[0].Info.ID, nil
}

// fill logs what a run has.
func (c *Client) fill(ctx context.Context, id, store string, run *Run) error {
	type metric struct {
		Key       string  `json:"key"`
		Value     float64 `json:"value"`
		Timestamp int64   `json:"timestamp"`
		Step      int64   `json:"step"`
	}
	var metrics []metric
	for _, m := range run.Metrics {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			metrics = append(metrics, metric{Name(m.Name), m.Value, run.End.UnixMilli(), 0})
		}
	}
	params, tags := texts(run.Params, true), texts(run.Tags, false)
	for len(metrics)+len(params)+len(tags) > 0 {
		batch := map[string]any{"run_id": id}
		batch["params"], params = split(params, mostTexts)
		batch["tags"], tags = split(tags, mostTexts)
		batch["metrics"], metrics = split(metrics, mostMetrics-2*mostTexts)
		if err := c.api(ctx, http.MethodPost, "runs/log-batch", nil, batch, nil); err != nil {
			return err
		}
	}
	if len(run.Artifacts) == 0 {
		return nil
	}
	at, err := url.Parse(store)
	if err != nil || at.Scheme != "mlflow-artifacts" {
		return errors.New("the server's artifact store takes files only from MLflow's own clients: start the server with an artifacts destination")
	}
	for _, a := range run.Artifacts {
		if err := c.put(ctx, strings.Trim(at.Path, "/")+"/"+a.Path, a.Body); err != nil {
			return fmt.Errorf("artifact %s: %w", a.Path, err)
		}
	}
	return nil
}

// split returns the first n of a list, none of them null in JSON, and the others.
func split[T any](list []T, n int) (first, rest []T) {
	n = min(n, len(list))
	return append([]T{}, list[:n]...), list[n:]
}

// texts returns parameters or tags as the server takes them; the first of a name counts.
func texts(all []Text, names bool) (list []Text) {
	seen := map[string]bool{}
	for _, t := range all {
		if names {
			t.Key = Name(t.Key)
		}
		if seen[t.Key] {
			continue
		}
		seen[t.Key] = true
		if runes := []rune(t.Value); len(runes) > mostValue {
			t.Value = string(runes[:mostValue-1]) + "…"
		}
		list = append(list, t)
	}
	return list
}

// Name returns a name that parameters and metrics may have: of letters, digits, spaces and the characters _-./: others are replaced.
func Name(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("_-./ ", r):
			return r
		default:
			return '_'
		}
	}, text)
	if len(name) > 250 {
		name = name[:250]
	}
	if clean := path.Clean(name); clean != name || clean == "." || strings.HasPrefix(clean, "..") || strings.HasPrefix(clean, "/") {
		name = strings.NewReplacer("/", "_", ".", "_").Replace(name) // the server takes no name that isn't a path's shortest form
	}
	return name
}
