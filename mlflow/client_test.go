package mlflow

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// server is an MLflow server that is strict: it knows the requests of the REST interface, and refuses any other.
type server struct {
	t           *testing.T
	experiments map[string]string // ids by name
	runs        []map[string]any
	files       map[string]string
	authorized  string // the header that it wants; empty: any
	fail        string // METHOD PATH that is answered with status
	status      int
	store       string // what artifact_uri begins with
}

func newServer(t *testing.T) (*server, *Client) {
	t.Helper()
	s := &server{t: t, experiments: map[string]string{}, files: map[string]string{}, store: "mlflow-artifacts:"}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	c, err := Open(h.URL, Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // of a test's request
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error_code":%q,"message":"no such thing: hunter2"}`, code) // the client sees what is missing
	}
	var in map[string]any
	if r.Header.Get("Content-Type") == "application/json" && json.Unmarshal(body, &in) != nil {
		refuse(400, "BAD_REQUEST")
		return
	}
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) } // the same
	path := strings.TrimPrefix(r.URL.Path, "/api/2.0/")
	at := r.Method + " " + path
	switch {
	case s.authorized != "" && r.Header.Get("Authorization") != s.authorized:
		w.WriteHeader(401)
	case s.fail != "" && strings.HasPrefix(at, s.fail):
		refuse(s.status, "INTERNAL_ERROR")
	case at == "GET mlflow/experiments/get-by-name":
		id, ok := s.experiments[r.URL.Query().Get("experiment_name")]
		if !ok {
			refuse(404, "RESOURCE_DOES_NOT_EXIST")
			return
		}
		stage := "active"
		if id == "deleted" {
			stage = id
		}
		answer(map[string]any{"experiment": map[string]string{"experiment_id": id, "lifecycle_stage": stage}})
	case at == "POST mlflow/experiments/create":
		name, _ := in["name"].(string)
		if s.experiments[name] != "" || name == "" {
			refuse(400, "RESOURCE_ALREADY_EXISTS")
			return
		}
		s.experiments[name] = fmt.Sprint(len(s.experiments) + 1)
		answer(map[string]string{"experiment_id": s.experiments[name]})
	case at == "POST mlflow/runs/create":
		id := fmt.Sprintf("run%d", len(s.runs))
		in["status"], in["params"], in["tags"], in["metrics"] = "RUNNING", []any{}, []any{}, []any{}
		s.runs = append(s.runs, in)
		answer(map[string]any{"run": map[string]any{"info": map[string]string{"run_id": id, "artifact_uri": s.store + "/1/" + id + "/artifacts"}}})
	case at == "POST mlflow/runs/log-batch":
		run := s.run(in["run_id"])
		for key, most := range map[string]int{"params": 100, "tags": 100, "metrics": 1000} {
			list, ok := in[key].([]any)
			if !ok || len(list) > most {
				refuse(400, "INVALID_PARAMETER_VALUE")
				return
			}
			for _, item := range list {
				if v, _ := item.(map[string]any)["value"].(string); len([]rune(v)) > 6000 {
					refuse(400, "INVALID_PARAMETER_VALUE")
					return
				}
			}
			run[key] = append(run[key].([]any), list...)
		}
		answer(map[string]any{})
	case at == "POST mlflow/runs/update":
		run := s.run(in["run_id"])
		run["status"], run["end_time"] = in["status"], in["end_time"]
		answer(map[string]any{})
	case at == "POST mlflow/runs/search":
		found := []any{}
		for i, run := range s.runs {
			for _, tag := range run["tags"].([]any) {
				t := tag.(map[string]any)
				if run["status"] == "FINISHED" && in["filter"] == fmt.Sprintf("tags.`%s` = '%s' and attributes.status = 'FINISHED'", t["key"], t["value"]) {
					found = append(found, map[string]any{"info": map[string]string{"run_id": fmt.Sprintf("run%d", i)}})
				}
			}
		}
		answer(map[string]any{"runs": found})
	case strings.HasPrefix(at, "PUT mlflow-artifacts/artifacts/"):
		s.files[strings.TrimPrefix(path, "mlflow-artifacts/artifacts/")] = string(body)
		answer(map[string]any{})
	default:
		s.t.Errorf("%s is no request of MLflow's", at)
		w.WriteHeader(404)
	}
}

func (s *server) run(id any) map[string]any {
	for i := range s.runs {
		if fmt.Sprintf("run%d", i) == id {
			return s.runs[i]
		}
	}
	s.t.Errorf("no run %v", id)
	return map[string]any{"params": []any{}, "tags": []any{}, "metrics": []any{}}
}

func whole(key string) Run {
	at := time.UnixMilli(1_700_000_000_000)
	return Run{
		Name: "publish", Key: key, Begin: at.Add(-time.Second), End: at, Params: []Text{{"release", "3"}, {"release", "4"}, {"set.max:amount", strings.Repeat("é", 7000)}},
		Metrics: []Metric{{"rows/orders", 12}, {"none", math.NaN()}, {"endless", math.Inf(1)}}, Artifacts: []Artifact{{"models/a.onnx", []byte("onnx")}},
	}
}

func TestRunsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	s, c := newServer(t)
	for want := range 2 { // the second time it is there
		id, err := c.Experiment(t.Context(), "retail")
		if err != nil || id != "1" || len(s.experiments) != 1 {
			t.Fatalf("%d: experiment %s, %v", want, id, err)
		}
	}
	id, logged, err := c.Log(t.Context(), "1", whole("retail/3/publish"))
	if err != nil || !logged || id != "run0" {
		t.Fatal(id, logged, err)
	}
	run := s.runs[0]
	if run["status"] != "FINISHED" || run["run_name"] != "publish" || run["start_time"] != 1_699_999_999_000. || run["end_time"] != 1_700_000_000_000. {
		t.Errorf("%v", run)
	}
	params, metrics := run["params"].([]any), run["metrics"].([]any)
	if len(params) != 2 || params[0].(map[string]any)["value"] != "3" || params[1].(map[string]any)["key"] != "set.max_amount" || len(metrics) != 1 || metrics[0].(map[string]any)["key"] != "rows/orders" {
		t.Errorf("%v %v", params, metrics)
	}
	if s.files["1/run0/artifacts/models/a.onnx"] != "onnx" {
		t.Errorf("%v", s.files)
	}
	if id, logged, err = c.Log(t.Context(), "1", whole("retail/3/publish")); err != nil || logged || id != "run0" || len(s.runs) != 1 {
		t.Errorf("the same again: %s %v %v", id, logged, err)
	}
	if _, logged, err = c.Log(t.Context(), "1", whole("")); err != nil || !logged || len(s.runs) != 2 {
		t.Errorf("without a key: %v %v", logged, err)
	}
	many := whole("many")
	for i := range 2500 {
		many.Params, many.Metrics, many.Tags = append(many.Params, Text{fmt.Sprint("p", i), "v"}), append(many.Metrics, Metric{fmt.Sprint("m", i), 1}), append(many.Tags, Text{fmt.Sprint("t", i), "v"})
	}
	if _, _, err := c.Log(t.Context(), "1", many); err != nil || len(s.runs[2]["metrics"].([]any)) != 2501 || len(s.runs[2]["params"].([]any)) != 2502 {
		t.Errorf("%v", err)
	}
}

func TestARunThatIsNotWholeIsLoggedAnew(t *testing.T) {
	t.Parallel()
	for _, fail := range []string{"POST mlflow/runs/log-batch", "PUT mlflow-artifacts", "POST mlflow/runs/create", "POST mlflow/runs/search"} {
		s, c := newServer(t)
		s.fail, s.status = fail, 500
		if _, logged, err := c.Log(t.Context(), "1", whole("k")); err == nil || logged || !strings.Contains(err.Error(), "it answered 500: INTERNAL_ERROR no such thing") {
			t.Errorf("%s: %v", fail, err)
		}
		for _, run := range s.runs {
			if run["status"] != "FAILED" {
				t.Errorf("%s: %v", fail, run)
			}
		}
		s.fail = ""
		if _, logged, err := c.Log(t.Context(), "1", whole("k")); err != nil || !logged {
			t.Errorf("%s, again: %v", fail, err)
		}
	}
	s, c := newServer(t)
	s.store = "s3://bucket"
	if _, _, err := c.Log(t.Context(), "1", whole("k")); err == nil || !strings.Contains(err.Error(), "artifacts destination") || s.runs[0]["status"] != "FAILED" {
		t.Errorf("artifacts elsewhere: %v", err)
	}
	s, c = newServer(t)
	s.experiments["gone"] = "deleted"
	if _, err := c.Experiment(t.Context(), "gone"); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("%v", err)
	}
}

func TestCredentialsGoToTheServerAndNowhereElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user  string // of the URL
		given Credentials
		wants string
	}{
		"of the URL":    {"ada:hunter2@", Credentials{User: "other", Password: "x"}, "Basic YWRhOmh1bnRlcjI="},
		"of variables":  {"", Credentials{User: "ada", Password: "hunter2"}, "Basic YWRhOmh1bnRlcjI="},
		"a token":       {"", Credentials{Token: "hunter2"}, "Bearer hunter2"},
		"a token first": {"", Credentials{User: "ada", Password: "x", Token: "hunter2"}, "Bearer hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{t: t, experiments: map[string]string{}, authorized: c.wants}
			h := httptest.NewServer(s)
			defer h.Close()
			client, err := Open(strings.Replace(h.URL, "://", "://"+c.user, 1), c.given)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Experiment(t.Context(), "m"); err != nil {
				t.Error(err)
			}
			s.fail, s.status = "GET", 500
			if _, err = client.Experiment(t.Context(), "m"); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(client.String(), "ada") {
				t.Errorf("%v", err)
			}
			s.authorized = "another"
			if _, err = client.Experiment(t.Context(), "m"); err == nil || !strings.Contains(err.Error(), "refuses the user or token") {
				t.Errorf("%v", err)
			}
			h.Close()
			if _, err = client.Experiment(t.Context(), "m"); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ada") {
				t.Errorf("%v", err)
			}
		})
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect is followed") }))
	defer elsewhere.Close()
	h := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusMovedPermanently))
	defer h.Close()
	c, err := Open(h.URL, Credentials{Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Experiment(t.Context(), "m"); err == nil || !strings.Contains(err.Error(), "leads elsewhere") {
		t.Errorf("%v", err)
	}
}

func TestServersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "file:./mlruns", "databricks", "http://", "127.0.0.1:5000", "ftp://ada:hunter2@host", "http://ada:hunter2@ho st"} {
		if _, err := Open(address, Credentials{}); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "http://127.0.0.1:5000") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for body, says := range map[string]string{"<html>": "is this an MLflow server?", "{}": "is this an MLflow server?", "[]": "is this an MLflow server?"} {
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		c, err := Open(h.URL, Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Experiment(t.Context(), "m"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", body, err)
		}
		h.Close()
	}
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	c, err := Open(silent.URL, Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Experiment(ctx, "m"); err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"rows/ca": "rows/ca", "a:b,c": "a_b_c", "/a": "_a", "a//b": "a__b", "..": "__", "a/../b": "a____b", "A relancer": "A relancer", "né": "n_"} {
		if got := Name(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A real server takes what the client sends, and gives it back.
func TestMLflowItself(t *testing.T) {
	address := os.Getenv("GOLDSERVE_TEST_MLFLOW")
	if address == "" {
		t.Skip("GOLDSERVE_TEST_MLFLOW names no server: make test-mlflow starts one")
	}
	c, err := Open(address, Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test %d", time.Now().UnixNano())
	experiment, err := c.Experiment(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Experiment(t.Context(), name); err != nil || again != experiment {
		t.Errorf("%s %v", again, err)
	}
	run := whole("k/1")
	for _, hard := range []string{"/a", "a//b", "..", "a/../b", "né", "x:y"} {
		run.Metrics = append(run.Metrics, Metric{hard, 1.5})
	}
	for i := range 1200 {
		run.Metrics = append(run.Metrics, Metric{fmt.Sprint("m/", i), float64(i)})
		if i < 150 {
			run.Params = append(run.Params, Text{fmt.Sprint("p", i), "v"})
		}
	}
	id, logged, err := c.Log(t.Context(), experiment, run)
	if err != nil || !logged {
		t.Fatal(id, err)
	}
	if again, logged, err := c.Log(t.Context(), experiment, run); err != nil || logged || again != id {
		t.Errorf("logged again: %s %v", again, err)
	}
	var got struct {
		Run struct {
			Info struct{ Status string }
			Data struct {
				Params, Tags []Text
				Metrics      []struct {
					Key   string
					Value float64
				}
			}
		}
	}
	if err := c.api(t.Context(), "GET", "runs/get", map[string][]string{"run_id": {id}}, nil, &got); err != nil {
		t.Fatal(err)
	}
	if got.Run.Info.Status != "FINISHED" || len(got.Run.Data.Params) != 152 || len(got.Run.Data.Metrics) != 1207 || !slices.Contains(got.Run.Data.Tags, Text{keyTag, "k/1"}) {
		t.Errorf("%s, %d parameters, %d metrics, tags %v", got.Run.Info.Status, len(got.Run.Data.Params), len(got.Run.Data.Metrics), got.Run.Data.Tags)
	}
	var files struct {
		Files []struct {
			Path string
			Size json.Number `json:"file_size"`
		}
	}
	if err := c.api(t.Context(), "GET", "artifacts/list", map[string][]string{"run_id": {id}, "path": {"models"}}, nil, &files); err != nil || len(files.Files) != 1 || files.Files[0].Path != "models/a.onnx" {
		t.Errorf("%+v %v", files, err)
	}
}
