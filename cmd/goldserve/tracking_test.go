package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/mlflow"
)

// A server that fails leaves the release served: the result is printed, and the exit code is that of a mirror that is behind.
func TestAFailingMLflowUndoesNothing(t *testing.T) {
	lake, err := filepath.Abs(filepath.Join(sample, "gold"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer failing.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	args := []string{"publish", "--lake", lake, "--store", "sqlite:x.db"}
	for i, address := range []string{failing.URL, strings.Replace(gone.URL, "://", "://ada:hunter2@", 1)} {
		code, stdout, stderr := cli(t, append(slices.Clone(args), "--mlflow", address)...)
		if code != exitFailed || !strings.Contains(stdout, "retail release 1") || !strings.Contains(stderr, "release 1 is served, but MLflow at http://127.0.0.1:") || strings.Contains(stderr+stdout, "hunter2") {
			t.Errorf("%d: exit %d\n%s%s", i, code, stdout, stderr)
		}
	}
	code, stdout, _ := cli(t, append(slices.Clone(args), "--json", "--mlflow", failing.URL)...)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var last failureEvent
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != exitFailed || last.Code != gold.CodeMLflowBehind || !strings.Contains(stdout, `"event":"unchanged"`) {
		t.Errorf("exit %d: %s", code, stdout)
	}
	t.Setenv("MLFLOW_TRACKING_URI", failing.URL)
	if code, _, stderr := cli(t, args...); code != exitFailed || !strings.Contains(stderr, "MLflow") {
		t.Errorf("MLFLOW_TRACKING_URI: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, append(slices.Clone(args), "--mlflow", "none")...); code != exitDone {
		t.Errorf("none: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, append(slices.Clone(args), "--dry-run")...); code != exitDone || strings.Contains(stderr, "MLflow") {
		t.Errorf("a dry run: exit %d %s", code, stderr)
	}
	t.Setenv("MLFLOW_TRACKING_URI", "file:./mlruns") // of another program
	if code, _, stderr := cli(t, args...); code != exitDone {
		t.Errorf("a folder: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, append(slices.Clone(args), "--mlflow", "ftp://ada:hunter2@host")...); code != exitUsage || !strings.Contains(stderr, "--mlflow: expected the URL") || strings.Contains(stderr, "hunter2") {
		t.Errorf("no URL: exit %d %s", code, stderr)
	}
}

// What a model declares is measured, with the numbers that its datasets have, whichever MLflow gets them.
func TestRunsThatAModelDeclares(t *testing.T) {
	place := sqlitePlace(t)
	publishSample(t, place)
	store := openPlace(t, place)
	release, err := store.Resolve(t.Context(), gold.Selector{Model: "retail"})
	if err != nil {
		t.Fatal(err)
	}
	models := soundModels(t, &config{})
	model := named(models, "retail")
	measured := map[string]map[string]float64{}
	for i := range model.Tracked {
		run := mlflow.Run{}
		if err := measureRun(t.Context(), store, release, &model.Tracked[i], model, &run); err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for _, m := range run.Metrics {
			values[m.Name] = m.Value
		}
		measured[model.Tracked[i].Name] = values
	}
	for name, want := range declaredBySample {
		run, metric, _ := strings.Cut(name, ": ")
		if got, ok := measured[run][metric]; !ok || !cmp.Equal(got, want, cmp.Comparer(func(x, y float64) bool { return x-y < 1e-9*(1+y) && y-x < 1e-9*(1+x) })) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	run := runOfRelease(release, "k")
	if run.Name != "publish" || len(run.Artifacts) != 2 || len(run.Metrics) != len(release.Versions)+4 {
		t.Errorf("%+v", run)
	}
}

// A real server shows the runs of a publish and of a training, once.
func TestMLflowShowsReleases(t *testing.T) {
	address := os.Getenv("GOLDSERVE_TEST_MLFLOW")
	if address == "" {
		t.Skip("GOLDSERVE_TEST_MLFLOW names no server: make test-mlflow starts one")
	}
	lake, err := filepath.Abs(filepath.Join(sample, "gold"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	args := []string{"publish", "--lake", lake, "--store", "sqlite:x.db", "--mlflow", address, "--mlflow-experiment", "releases " + filepath.Base(filepath.Dir(t.TempDir()))}
	code, _, stderr := cli(t, args...)
	for _, run := range []string{"publish", "predictor", "advisor"} {
		if code != exitDone || !strings.Contains(stderr, `msg="logged to MLflow" run=`+run) {
			t.Errorf("exit %d: %s is not logged:\n%s", code, run, stderr)
		}
	}
	if code, _, stderr = cli(t, args...); code != exitDone || strings.Contains(stderr, "logged to MLflow") {
		t.Errorf("exit %d: logged again:\n%s", code, stderr)
	}

	// So does it those of trainings, one for each file.
	store := []string{"--model", "orders", "--store", "sqlite:orders.db"}
	mustCLI(t, append([]string{"publish", "--lake", filepath.Join(lake, "../../../orders/sample/gold")}, store...)...)
	trained := append([]string{"train", "--target", "returned", "--artifacts", "artifacts"}, append(store, args[len(args)-4:]...)...)
	if code, _, stderr = cli(t, trained...); code != exitDone || !strings.Contains(stderr, `msg="logged to MLflow" run=train`) {
		t.Errorf("exit %d: train is not logged:\n%s", code, stderr)
	}
	if code, _, stderr = cli(t, trained...); code != exitDone || strings.Contains(stderr, "logged to MLflow") {
		t.Errorf("exit %d: the same file is logged again:\n%s", code, stderr)
	}
}

// declaredBySample is computed by pandas from models/retail/sample/gold: means, medians and sums of client_scores, rows of segment_summary.
var declaredBySample = map[string]float64{
	"predictor: clients":                 1487.0,
	"predictor: prob_reachat_12m_mean":   0.2615138932972458,
	"predictor: prob_reachat_12m_median": 0.24999565040628385,
	"predictor: prob_reachat_12m_max":    0.9958333333333333,
	"predictor: expected_value_12m":      2119338.3584408956,
	"predictor: value_at_risk_12m":       984029.2709130893,
	"advisor: clients/VIP":               141.0,
	"advisor: ca_12m/VIP":                1274909.46,
	"advisor: expected_value_12m/VIP":    1141406.7102017244,
	"advisor: recency_med/VIP":           6.0,
}
