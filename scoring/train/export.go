package train

import (
	"goldserve/scoring/onnx"
)

// graph writes preprocessing and regression as one graph: an input for each feature, of one column each.
func (p *prepared) graph(task Task, weights []float64) *onnx.Graph {
	b := &builder{Graph: onnx.Graph{Name: string(task), Domains: []onnx.Domain{{Version: 13}, {Name: "ai.onnx.ml", Version: 2}}}}
	parts := p.numberNodes(b)
	for i := range p.texts {
		parts = append(parts, p.texts[i].nodes(b))
	}
	b.node("Concat", "", parts, []string{"features"}, onnx.Attribute{Name: "axis", Int: 1})
	width := p.width()
	list := floats(weights[:width])
	intercept := float32(weights[width])
	if task == Regression {
		b.node("LinearRegressor", ml, []string{"features"}, []string{"prediction"},
			onnx.Attribute{Name: "coefficients", Floats: list}, onnx.Attribute{Name: "intercepts", Floats: []float32{intercept}})
		b.Outputs = []onnx.Value{{Name: "prediction", Type: onnx.Float, Dims: []int{-1, 1}}}
		return &b.Graph
	}
	both := make([]float32, 0, 2*width)
	for _, w := range list {
		both = append(both, -w)
	}
	b.node("LinearClassifier", ml, []string{"features"}, []string{"label", "probabilities"},
		onnx.Attribute{Name: "classlabels_ints", Ints: []int64{0, 1}}, onnx.Attribute{Name: "coefficients", Floats: append(both, list...)},
		onnx.Attribute{Name: "intercepts", Floats: []float32{-intercept, intercept}}, onnx.Attribute{Name: "multi_class", Int: 0},
		onnx.Attribute{Name: "post_transform", Text: "LOGISTIC"})
	b.Outputs = []onnx.Value{{Name: "label", Type: onnx.Int64, Dims: []int{-1}}, {Name: "probabilities", Type: onnx.Float, Dims: []int{-1, 2}}}
	return &b.Graph
}

const ml = "ai.onnx.ml"

type builder struct{ onnx.Graph }

func (b *builder) node(op, domain string, in, out []string, attributes ...onnx.Attribute) {
	b.Nodes = append(b.Nodes, onnx.Node{Name: out[0], Op: op, Domain: domain, Inputs: in, Outputs: out, Attributes: attributes})
}

func (b *builder) input(name string, t onnx.Type) {
	b.Inputs = append(b.Inputs, onnx.Value{Name: name, Type: t, Dims: []int{-1, 1}})
}

// numberNodes fills, clips and scales all numbers together.
func (p *prepared) numberNodes(b *builder) []string {
	if len(p.numbers) == 0 {
		return nil
	}
	var names []string
	var fills, offsets, scales []float32
	low := onnx.Tensor{Name: "number.low", Type: onnx.Float, Dims: []int{len(p.numbers)}}
	high := onnx.Tensor{Name: "number.high", Type: onnx.Float, Dims: []int{len(p.numbers)}}
	for _, n := range p.numbers {
		b.input(n.name, onnx.Float)
		names, fills = append(names, n.name), append(fills, float32(n.median))
		low.Floats, high.Floats = append(low.Floats, n.low), append(high.Floats, n.high)
		offsets, scales = append(offsets, float32(n.mean)), append(scales, float32(n.scale))
	}
	b.Initializers = append(b.Initializers, low, high)
	b.node("Concat", "", names, []string{"number.all"}, onnx.Attribute{Name: "axis", Int: 1})
	b.node("Imputer", ml, []string{"number.all"}, []string{"number.filled"},
		onnx.Attribute{Name: "imputed_value_floats", Floats: fills}, onnx.Attribute{Name: "replaced_value_float", Float: nan})
	b.node("Max", "", []string{"number.filled", low.Name}, []string{"number.raised"})
	b.node("Min", "", []string{"number.raised", high.Name}, []string{"number.clipped"})
	b.node("Scaler", ml, []string{"number.clipped"}, []string{"number.scaled"},
		onnx.Attribute{Name: "offset", Floats: offsets}, onnx.Attribute{Name: "scale", Floats: scales})
	return []string{"number.scaled"}
}

// nodes gives each category its number, a missing text that of the most frequent one and an unknown one −1, and makes a
// column for each.
func (t *text) nodes(b *builder) string {
	b.input(t.name, onnx.String)
	keys, values, numbers := []string{""}, []int64{int64(t.frequent)}, make([]int64, 0, len(t.categories))
	for i, s := range t.categories {
		keys, values, numbers = append(keys, s), append(values, int64(i)), append(numbers, int64(i))
	}
	b.node("LabelEncoder", ml, []string{t.name}, []string{"text." + t.name},
		onnx.Attribute{Name: "keys_strings", Texts: keys}, onnx.Attribute{Name: "values_int64s", Ints: values}, onnx.Attribute{Name: "default_int64", Int: -1})
	b.node("OneHotEncoder", ml, []string{"text." + t.name}, []string{"hot." + t.name},
		onnx.Attribute{Name: "cats_int64s", Ints: numbers}, onnx.Attribute{Name: "zeros", Int: 1})
	shape := onnx.Tensor{Name: "shape." + t.name, Type: onnx.Int64, Dims: []int{2}, Ints: []int64{-1, int64(len(t.categories))}}
	b.Initializers = append(b.Initializers, shape)
	b.node("Reshape", "", []string{"hot." + t.name, shape.Name}, []string{"columns." + t.name})
	return "columns." + t.name
}

func floats(list []float64) []float32 {
	to := make([]float32, len(list))
	for i, x := range list {
		to[i] = float32(x)
	}
	return to
}
