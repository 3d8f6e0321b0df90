package train_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/scoring/onnx"
	"goldserve/scoring/train"
)

// expectation is what testdata/expected.py wrote, by scikit-learn.
type expectation struct {
	Columns        map[string][]any
	Train, Test    []int
	Classification trained
	Regression     trained
}

type trained struct {
	Target, Scores []float64
	Metrics        map[string]float64
}

func mustExpect(t testing.TB) (expectation, train.Data) {
	t.Helper()
	var e expectation
	data, err := os.ReadFile("testdata/expected.json")
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	var d train.Data
	for _, name := range []string{"price", "country", "quantity", "days", "channel"} {
		f := train.Feature{Name: name}
		for _, v := range e.Columns[name] {
			switch v := v.(type) {
			case string:
				f.Texts = append(f.Texts, v)
			case float64:
				f.Numbers = append(f.Numbers, v)
			default:
				f.Numbers = append(f.Numbers, math.NaN())
			}
		}
		d.Features = append(d.Features, f)
	}
	return e, d
}

func (e *expectation) of(task train.Task) trained {
	if task == train.Regression {
		return e.Regression
	}
	return e.Classification
}

func mustTrain(t testing.TB, e expectation, d train.Data, task train.Task) *train.Result {
	t.Helper()
	d.Target = e.of(task).Target
	r, err := train.Train(d, train.Options{Task: task, Target: "y", Seed: 3, Split: &train.Split{Train: e.Train, Test: e.Test}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var tasks = []train.Task{train.Classification, train.Regression}

// scores evaluates the file for rows of the data.
func scores(t testing.TB, file []byte, d train.Data, rows []int) []float64 {
	t.Helper()
	m, err := onnx.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	var in []*onnx.Tensor
	for _, want := range m.Inputs() {
		for _, f := range d.Features {
			if f.Name != want.Name {
				continue
			}
			x := &onnx.Tensor{}
			x.Reset(want.Type, len(rows), 1)
			for i, r := range rows {
				if f.Texts != nil {
					x.Texts[i] = f.Texts[r]
				} else {
					x.Floats[i] = float64(float32(f.Numbers[r]))
				}
			}
			in = append(in, x)
		}
	}
	out, err := m.NewSession().Run(in)
	if err != nil {
		t.Fatal(err)
	}
	last := out[len(out)-1]
	var list []float64
	for i := range rows {
		list = append(list, last.Floats[(i+1)*last.Dims[1]-1])
	}
	return list
}

func TestScoresAndMetricsAreThoseOfScikitLearn(t *testing.T) {
	e, d := mustExpect(t)
	for _, task := range tasks {
		t.Run(string(task), func(t *testing.T) {
			r, want := mustTrain(t, e, d, task), e.of(task)
			worst := 0.0
			for i, s := range scores(t, r.File, d, e.Test) {
				worst = max(worst, math.Abs(s-want.Scores[i])/scaleOf(want.Scores))
			}
			t.Logf("largest difference of a score: %.1e", worst)
			if worst > 1e-6 {
				t.Errorf("scores differ by %g", worst)
			}
			if len(r.Card.Metrics) != len(want.Metrics) {
				t.Errorf("metrics %v, expected %v", r.Card.Metrics, want.Metrics)
			}
			for _, m := range r.Card.Metrics {
				if x, ok := want.Metrics[m.Name]; !ok || math.Abs(m.Value-x) > 1e-6*max(1, math.Abs(x)) {
					t.Errorf("%s: %v, scikit-learn says %v", m.Name, m.Value, x)
				}
				if m.Low >= m.Value || m.High <= m.Value || m.High-m.Low > 0.3*max(1, m.Value) {
					t.Errorf("%s: %v has the bounds %v and %v", m.Name, m.Value, m.Low, m.High)
				}
			}
		})
	}
}

// scaleOf is the largest score, at least 1: a float32 sum of large parts is no more exact where they cancel out.
func scaleOf(scores []float64) float64 {
	scale := 1.0
	for _, s := range scores {
		scale = max(scale, math.Abs(s))
	}
	return scale
}

func TestTheSameRowsGiveTheSameBytes(t *testing.T) {
	e, d := mustExpect(t)
	for _, task := range tasks {
		a, b := mustTrain(t, e, d, task), mustTrain(t, e, d, task)
		cardA, err := train.Marshal(&a.Card)
		if err != nil {
			t.Fatal(err)
		}
		cardB, err := train.Marshal(&b.Card)
		if err != nil || !bytes.Equal(a.File, b.File) || !bytes.Equal(cardA, cardB) {
			t.Errorf("%s: another file or card, %v", task, err)
		}
		if len(a.Card.Reference.Rows) != 10 || len(a.Card.Reference.Scores) != 10 || a.Card.Reference.Rows[0][1] != "Nowhere" {
			t.Errorf("reference rows: %v", a.Card.Reference)
		}
	}
}

// With GOLDSERVE_TEST_SKLEARN the file is read by onnxruntime, too (make test-onnx).
func TestPipelinesTrainedHereInOnnxruntime(t *testing.T) {
	python := os.Getenv("GOLDSERVE_TEST_SKLEARN")
	if python == "" {
		t.Skip("GOLDSERVE_TEST_SKLEARN names no Python with onnxruntime")
	}
	e, d := mustExpect(t)
	folder := t.TempDir()
	all := make([]int, len(e.Classification.Target))
	for i := range all {
		all[i] = i
	}
	columns, err := json.Marshal(e.Columns)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "columns.json"), columns, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		r := mustTrain(t, e, d, task)
		file := filepath.Join(folder, "model.onnx")
		if err := os.WriteFile(file, r.File, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "testdata/score.py", file, filepath.Join(folder, "columns.json")).Output()
		if err != nil {
			t.Fatalf("%v", err)
		}
		var theirs []float64
		if err := json.Unmarshal(out, &theirs); err != nil || len(theirs) != len(all) {
			t.Fatalf("%d scores, %v", len(theirs), err)
		}
		for i, s := range scores(t, r.File, d, all) {
			if math.Abs(s-theirs[i]) > 1e-6*scaleOf(theirs) {
				t.Errorf("%s, row %d: %v, onnxruntime says %v", task, i, s, theirs[i])
			}
		}
	}
}

func TestWhatTrainRefuses(t *testing.T) {
	row := func(x float64) []float64 { return slices.Repeat([]float64{x}, 100) }
	half := slices.Repeat([]float64{0, 1}, 50)
	for name, c := range map[string]struct {
		data train.Data
		task train.Task
		want string
	}{
		"no features":         {train.Data{Target: half}, train.Classification, "no features"},
		"one class":           {train.Data{Features: []train.Feature{{Name: "x", Numbers: half}}, Target: row(1)}, train.Classification, "one value"},
		"a target of threes":  {train.Data{Features: []train.Feature{{Name: "x", Numbers: half}}, Target: row(3)}, train.Classification, "target, row 1: 3 can't be learned: expected 0 or 1"},
		"an empty feature":    {train.Data{Features: []train.Feature{{Name: "x", Numbers: row(math.NaN())}}, Target: half}, train.Regression, "feature x: all of its training rows are missing"},
		"a number too large":  {train.Data{Features: []train.Feature{{Name: "x", Numbers: row(1e300)}}, Target: half}, train.Regression, "feature x, row 1: 1e+300 is too large"},
		"a target too large":  {train.Data{Features: []train.Feature{{Name: "x", Numbers: half}}, Target: append(row(1e300)[:99], 0)}, train.Regression, "target, row 1: 1e+300 can't be learned"},
		"one number":          {train.Data{Features: []train.Feature{{Name: "x", Numbers: half}}, Target: row(5)}, train.Regression, "one value"},
		"lengths that differ": {train.Data{Features: []train.Feature{{Name: "x", Numbers: half[:9]}}, Target: half}, train.Regression, "feature x has 9 rows, the target 100"},
		"too few rows":        {train.Data{Features: []train.Feature{{Name: "x", Numbers: half[:20]}}, Target: half[:20]}, train.Regression, "16 rows to train on and 4 to test are too few"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := train.Train(c.data, train.Options{Task: c.task}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %s", err, c.want)
			}
		})
	}
}

// TestMetricsThatTheTestRowsDoNotDefine: a card has those that they define, and can be written.
func TestMetricsThatTheTestRowsDoNotDefine(t *testing.T) {
	x, target := make([]float64, 40), make([]float64, 40)
	split := train.Split{}
	for i := range x {
		x[i] = float64(i)
		if i < 20 {
			split.Train = append(split.Train, i)
			target[i] = float64(i % 2)
		} else {
			split.Test = append(split.Test, i)
		}
	}
	for task, want := range map[train.Task][]string{train.Classification: {"log_loss", "accuracy", "f1"}, train.Regression: {"mae", "rmse"}} {
		r, err := train.Train(train.Data{Features: []train.Feature{{Name: "x", Numbers: x}}, Target: target}, train.Options{Task: task, Split: &split})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range r.Card.Metrics {
			names = append(names, m.Name)
		}
		if _, err := json.Marshal(&r.Card); err != nil || !slices.Equal(names, want) {
			t.Errorf("%s: %v %v, expected %v", task, names, err, want)
		}
	}
}

// TestNumbersFarApart: from the smallest of a float32 to the largest that is taken.
func TestNumbersFarApart(t *testing.T) {
	target := slices.Repeat([]float64{0, 1, 1}, 40)
	for _, pair := range [][]float64{{-1e30, 1e30, 3}, {1e-45, 3e-45, 0}, {1e30, 1e30, 1e30}} {
		for _, task := range tasks {
			d := train.Data{Features: []train.Feature{{Name: "x", Numbers: slices.Repeat(pair, 40)}}, Target: target}
			if task == train.Regression {
				d.Target = slices.Repeat([]float64{-1e30, 1e30, 0}, 40)
			}
			r, err := train.Train(d, train.Options{Task: task})
			if err != nil {
				t.Errorf("%g, %s: %v", pair, task, err)
				continue
			}
			if _, err := json.Marshal(&r.Card); err != nil {
				t.Errorf("%g, %s: %v", pair, task, err)
			}
		}
	}
}

func TestASplitHoldsEachRowOnce(t *testing.T) {
	a, b, other := train.SplitOf(101, 1), train.SplitOf(101, 1), train.SplitOf(101, 2)
	rows := slices.Sorted(slices.Values(slices.Concat(a.Train, a.Test)))
	for i, r := range rows {
		if i != r {
			t.Fatalf("row %d is %d", i, r)
		}
	}
	if len(rows) != 101 || len(a.Test) != 20 || !slices.Equal(a.Test, b.Test) || slices.Equal(a.Test, other.Test) {
		t.Errorf("split %v, %v, %v", a.Test, b.Test, other.Test)
	}
}
