package onnx_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"goldserve/scoring/onnx"
)

// expected is what testdata/pipelines.py wrote for a model: the scores of each row.
type expected struct {
	Inputs  string
	Labels  []string
	ONNX    [][]float64
	Rounded [][]float64
	Raw     [][]float64
}

// The files in testdata/pipelines are made by testdata/pipelines.py with 60 rows; with GOLDSERVE_TEST_SKLEARN, a Python that
// has scikit-learn, skl2onnx and onnxruntime, 20,000 rows of all pipelines are compared (make test-onnx).
func TestPipelinesOfScikitLearn(t *testing.T) {
	folder := "testdata/pipelines"
	if python := os.Getenv("GOLDSERVE_TEST_SKLEARN"); python != "" {
		folder = t.TempDir()
		if out, err := exec.CommandContext(t.Context(), python, "testdata/pipelines.py", folder, "20000").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	var columns map[string][]any
	mustDecode(t, filepath.Join(folder, "rows.json"), &columns)
	files, err := filepath.Glob(filepath.Join(folder, "*.onnx"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d models, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		t.Run(name, func(t *testing.T) {
			var want expected
			mustDecode(t, strings.TrimSuffix(file, ".onnx")+".json", &want)
			m := mustLoad(t, file)
			got := mustScore(t, m, columns, want.Inputs)
			comparePipeline(t, m, got, want, isForest(name))
		})
	}
}

func isForest(name string) bool {
	for _, word := range []string{"tree", "forest", "boost", "bagging", "stacking", "voting", "ordinal", "binarizer", "bins"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func comparePipeline(t *testing.T, m *onnx.Model, got []*onnx.Tensor, want expected, steps bool) {
	worst, rounded, raw := 0.0, 0, 0
	for o, out := range got {
		if len(out.Dims) == 1 {
			for i, label := range want.Labels {
				if have := labelOf(out, i); have != label {
					t.Errorf("row %d: label %s, onnxruntime says %s", i, have, label)
				}
			}
			continue
		}
		width := out.Dims[1]
		for i, row := range want.ONNX {
			if len(row) != width {
				t.Fatalf("output %s has %d columns, onnxruntime's has %d", m.Outputs()[o].Name, width, len(row))
			}
			off := false
			for k, x := range row {
				worst = max(worst, distance(out.Floats[i*width+k], x))
			}
			for k, x := range want.Rounded[i] {
				off = off || distance(out.Floats[i*width+k], x) > 2e-6
			}
			if off {
				rounded++
			}
			off = false
			for k, x := range want.Raw[i] {
				off = off || distance(out.Floats[i*width+k], x) > 2e-6
			}
			if off {
				raw++
			}
		}
	}
	t.Logf("largest difference from onnxruntime %.1e; rows unlike scikit-learn's: %d of rounded features, %d of raw ones", worst, rounded, raw)
	if worst > 1e-6 {
		t.Errorf("differs by %g from onnxruntime", worst)
	}
	if most := len(want.ONNX) / 1000; rounded > most || raw > most || (!steps && (raw > 0 || rounded > 0)) {
		t.Errorf("%d and %d rows differ from scikit-learn", rounded, raw)
	}
}

// distance is the difference of two scores, in parts of the larger where that is over 1.
func distance(a, b float64) float64 {
	if a == b {
		return 0
	}
	d := math.Abs(a-b) / max(1, math.Abs(a), math.Abs(b))
	if d != d {
		return math.Inf(1)
	}
	return d
}

func labelOf(t *onnx.Tensor, i int) string {
	if t.Type == onnx.String {
		return t.Texts[i]
	}
	return strconv.FormatInt(t.Ints[i], 10)
}

func mustLoad(t testing.TB, file string) *onnx.Model {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustDecode(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func mustScore(t testing.TB, m *onnx.Model, columns map[string][]any, inputs string) []*onnx.Tensor {
	t.Helper()
	got, err := m.NewSession().Run(inputsOf(m, columns, inputs))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// inputsOf makes the inputs of a model from columns: each by its name, or all numbers as one array.
func inputsOf(m *onnx.Model, columns map[string][]any, inputs string) []*onnx.Tensor {
	var list []*onnx.Tensor
	for _, in := range m.Inputs() {
		names := []string{in.Name}
		if inputs != "columns" {
			names = []string{"a", "b", "q"}
		}
		x := &onnx.Tensor{}
		rows := len(columns[names[0]])
		x.Reset(in.Type, rows, len(names))
		for k, name := range names {
			for i, v := range columns[name] {
				at := i*len(names) + k
				switch v := v.(type) {
				case nil:
					x.Floats[at] = math.NaN()
					if inputs != "columns" {
						x.Floats[at] = 0
					}
				case string:
					x.Texts[at] = v
				case float64:
					switch in.Type {
					case onnx.Int64:
						x.Ints[at] = int64(v)
					case onnx.Float:
						x.Floats[at] = float64(float32(v))
					default:
						x.Floats[at] = v
					}
				}
			}
		}
		list = append(list, x)
	}
	return list
}
