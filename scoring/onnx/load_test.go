package onnx_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/scoring/onnx"
)

func node(op string, in, out []string, attributes ...onnx.Attribute) onnx.Node {
	n := onnx.Node{Op: op, Inputs: in, Outputs: out, Attributes: attributes}
	if domain, name, ok := strings.Cut(op, ":"); ok {
		n.Domain, n.Op = domain, name
	}
	return n
}

func list(names ...string) []string { return names }

// graph has an input x of two columns and an output y of so many.
func graph(columns int, nodes ...onnx.Node) *onnx.Graph {
	return &onnx.Graph{
		Name: "g", Domains: []onnx.Domain{{Version: 21}, {Name: "ai.onnx.ml", Version: 3}}, Nodes: nodes,
		Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int{-1, 2}}},
		Outputs: []onnx.Value{{Name: "y", Type: onnx.Float, Dims: []int{-1, columns}}},
	}
}

func ints(name string, of ...int64) onnx.Attribute { return onnx.Attribute{Name: name, Ints: of} }

func tree(yes, no []int64) onnx.Node {
	return node("ai.onnx.ml:TreeEnsembleRegressor", list("x"), list("y"), ints("nodes_treeids", 0, 0, 0), ints("nodes_nodeids", 0, 1, 2), ints("nodes_featureids", 0, 0, 0),
		onnx.Attribute{Name: "nodes_modes", Texts: []string{"BRANCH_LEQ", "BRANCH_LEQ", "LEAF"}}, onnx.Attribute{Name: "nodes_values", Floats: []float32{1, 2, 0}},
		ints("nodes_truenodeids", yes...), ints("nodes_falsenodeids", no...))
}

func TestWhatLoadRefuses(t *testing.T) {
	axis := func(n int64) onnx.Attribute { return onnx.Attribute{Name: "axis", Int: n} }
	for name, c := range map[string]struct {
		graph *onnx.Graph
		want  string
	}{
		"an unknown operator":        {graph(2, node("TopK", list("x"), list("y"))), `node 1 (TopK ""): operator TopK is not supported`},
		"one of another domain":      {graph(2, node("com.example:Add", list("x", "x"), list("y"))), "operator com.example:Add is not supported"},
		"a cycle":                    {graph(2, node("Add", list("x", "b"), list("a")), node("Add", list("a", "a"), list("b")), node("Identity", list("b"), list("y"))), "the graph has a cycle"},
		"a node that reads itself":   {graph(2, node("Add", list("x", "y"), list("y"))), "the graph has a cycle"},
		"a missing input":            {graph(2, node("Add", list("x", "z"), list("y"))), "input z: no node makes it"},
		"a missing output":           {graph(2, node("Identity", list("x"), list("z"))), "output y: no node makes it"},
		"a value made twice":         {graph(2, node("Identity", list("x"), list("y")), node("Identity", list("x"), list("y"))), "value y is made twice"},
		"an output of another width": {graph(3, node("Identity", list("x"), list("y"))), "the file says float of shape [-1 3]"},
		"columns that do not fit": {
			graph(1, node("ai.onnx.ml:LinearRegressor", list("x"), list("y"), onnx.Attribute{Name: "coefficients", Floats: []float32{1, 2, 3}})),
			"3 coefficients of 1 targets and 2 columns",
		},
		"shapes that do not fit":    {graph(2, node("Constant", nil, list("c"), onnx.Attribute{Name: "value_floats", Floats: []float32{1, 2, 3}}), node("Add", list("x", "c"), list("y"))), "do not fit"},
		"rows that are mixed":       {graph(2, node("ReduceSum", list("x"), list("s"), ints("axes", 0)), node("Add", list("x", "s"), list("y"))), "a row's answer depends on the rows beside it"},
		"an axis that is not there": {graph(2, node("Concat", list("x", "x"), list("y"), axis(4))), "axis 4 of a tensor with 2 dimensions"},
		"a tree with a cycle":       {graph(1, tree([]int64{1, 0, 0}, []int64{2, 2, 0})), "node 2 is missing, or follows two others"},
		"a tree of a ring":          {graph(1, tree([]int64{1, 0, 0}, []int64{2, 7, 0})), "node 7 is missing"},
		"a row that costs too much": {graph(2, node("Constant", nil, list("c"), onnx.Attribute{Name: "value_ints", Ints: []int64{4000, 4000}}), node("ConstantOfShape", list("c"), list("z")),
			node("MatMul", list("z", "z"), list("q")), node("Identity", list("x"), list("y"))), "steps for a row"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := onnx.Load(c.graph.Marshal())
			var refused *onnx.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, expected %s", err, c.want)
			}
		})
	}
}

func TestLoadRefusesBytesThatAreNoModel(t *testing.T) {
	good := graph(2, node("Identity", list("x"), list("y"))).Marshal()
	if _, err := onnx.Load(good); err != nil {
		t.Fatal(err)
	}
	external := []byte{0x3a, 0x08, 0x2a, 0x06, 0x10, 0x01, 0x6a, 0x00, 0x70, 0x01} // graph{initializer{data_type, external_data, data_location}}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("PK\x03\x04 a zip"), "cut": good[:len(good)-3], "external data": external} {
		if _, err := onnx.Load(data); err == nil || (name == "external data") != strings.Contains(err.Error(), "external data") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := onnx.Load(make([]byte, onnx.MaxFile+1)); err == nil || !strings.Contains(err.Error(), "at most 64 MB") {
		t.Errorf("a large file: %v", err)
	}
}

// Nodes may stand in any order, and what is written is read back the same.
func TestAGraphIsWrittenAndReadInAnyOrder(t *testing.T) {
	g := graph(2, node("Mul", list("a", "c"), list("y")), node("Add", list("x", "c"), list("a")))
	g.Initializers = []onnx.Tensor{{Name: "c", Type: onnx.Float, Dims: []int{2}, Floats: []float64{2, 3}}}
	m, err := onnx.Load(g.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.NewSession().Run([]*onnx.Tensor{{Type: onnx.Float, Dims: []int{2, 2}, Floats: []float64{1, 1, math.NaN(), -3}}})
	if err != nil {
		t.Fatal(err)
	}
	if y := out[0].Floats; y[0] != 6 || y[1] != 12 || y[2] == y[2] || y[3] != 0 {
		t.Errorf("got %v", y)
	}
}

func TestRunRefusesInputsThatDoNotFit(t *testing.T) {
	m, err := onnx.New(graph(2, node("Identity", list("x"), list("y"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range [][]*onnx.Tensor{nil, {{Type: onnx.Double, Dims: []int{1, 2}, Floats: []float64{1, 2}}}, {{Type: onnx.Float, Dims: []int{1, 3}, Floats: []float64{1, 2, 3}}}} {
		if _, err := m.NewSession().Run(in); err == nil || !strings.Contains(err.Error(), "input x") {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"logistic", "boosting_three", "ordinal", "power", "one_vs_rest", "array_logistic_double", "infrequent"} {
		data, err := os.ReadFile("testdata/pipelines/" + name + ".onnx")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		_, err := onnx.Load(data)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			if _, ok := errors.AsType[*onnx.Error](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
		}
	})
}

func benchmarkPipeline(b *testing.B, name string) {
	m := mustLoad(b, "testdata/pipelines/"+name+".onnx")
	var columns map[string][]any
	mustDecode(b, "testdata/pipelines/rows.json", &columns)
	for name, c := range columns {
		for len(c) < 4096 {
			c = append(c, c...)
		}
		columns[name] = c[:4096]
	}
	in, s := inputsOf(m, columns, "columns"), m.NewSession()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Run(in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(4096*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkLogistic(b *testing.B) { benchmarkPipeline(b, "logistic") }

func BenchmarkFiftyTrees(b *testing.B) { benchmarkPipeline(b, "boosting") }

// Bytes of real models are changed, dropped and cut; whatever comes of it is loaded or refused, soon.
func TestDamagedModelsAreRefusedSoon(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"logistic", "boosting_three", "ordinal", "power", "one_vs_rest", "array_logistic_double", "infrequent"} {
		good, err := os.ReadFile("testdata/pipelines/" + name + ".onnx")
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			data := slices.Clone(good)
			for range 1 + rng.IntN(4) {
				i := rng.IntN(len(data))
				switch rng.IntN(3) {
				case 0:
					data[i] = byte(rng.IntN(256))
				case 1:
					data[i] ^= 1 << rng.IntN(8)
				default:
					data = slices.Delete(data, i, min(len(data), i+rng.IntN(4)))
				}
			}
			var refused *onnx.Error
			if _, err := onnx.Load(data); err != nil && !errors.As(err, &refused) {
				t.Fatalf("%T: %v", err, err)
			}
		}
	}
}
