package onnx

import "math"

// call is one evaluation of a node in a session: its values, and memory that is kept from run to run.
type call struct {
	in, out []*Tensor // nil: an input that is left out, or an output that nobody reads
	left    *int64    // steps that the run may still take
	trial   bool      // on made-up rows: a text that a model does not know is not an error
	a, b    []float64
	counts  []int
}

// kernel evaluates a node; what can't be is ended by fail.
type kernel func(c *call)

// operator makes the kernel of a node from its settings.
type operator func(n *Node) kernel

// input returns an input that must be there.
func (c *call) input(i int) *Tensor {
	if t := c.optional(i); t != nil {
		return t
	}
	fail("input %d is missing", i)
	return nil
}

func (c *call) optional(i int) *Tensor {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// output gives output i a type and a shape and returns it.
func (c *call) output(i int, t Type, dims ...int) *Tensor {
	if i >= len(c.out) {
		return &Tensor{}
	}
	c.spend(product(dims))
	c.out[i].Reset(t, dims...)
	return c.out[i]
}

// spend counts steps.
func (c *call) spend(n int) {
	if *c.left -= int64(n); *c.left < 0 {
		fail("the model takes more than %d steps for a row", stepsPerRow)
	}
}

// operators are all that are evaluated, by domain and name.
func operators() map[string]operator {
	const ml = "ai.onnx.ml:"
	return map[string]operator{
		ml + "ArrayFeatureExtractor":  func(*Node) kernel { return extract },
		ml + "Binarizer":              binarizer,
		ml + "Imputer":                imputer,
		ml + "LabelEncoder":           labelEncoder,
		ml + "LinearClassifier":       linearClassifier,
		ml + "LinearRegressor":        linearRegressor,
		ml + "Normalizer":             normalizer,
		ml + "OneHotEncoder":          oneHotEncoder,
		ml + "Scaler":                 scaler,
		ml + "TreeEnsembleClassifier": treeClassifier,
		ml + "TreeEnsembleRegressor":  treeRegressor,
		ml + "ZipMap":                 func(*Node) kernel { return identity },

		"Abs":             each(math.Abs),
		"Add":             arithmetic(func(x, y float64) float64 { return x + y }, func(x, y int64) int64 { return x + y }),
		"And":             logical(func(x, y bool) bool { return x && y }),
		"ArgMax":          extreme(func(x, y float64) bool { return x > y }),
		"ArgMin":          extreme(func(x, y float64) bool { return x < y }),
		"Cast":            cast,
		"Ceil":            each(math.Ceil),
		"Clip":            clip,
		"Concat":          concat,
		"Constant":        constant,
		"ConstantOfShape": constantOfShape,
		"Div":             arithmetic(func(x, y float64) float64 { return x / y }, divide),
		"Equal":           compare(func(order int) bool { return order == 0 }),
		"Exp":             each(math.Exp),
		"Flatten":         flatten,
		"Floor":           each(math.Floor),
		"Gather":          gather,
		"Gemm":            gemm,
		"Greater":         compare(func(order int) bool { return order == 1 }),
		"GreaterOrEqual":  compare(func(order int) bool { return order == 0 || order == 1 }),
		"Identity":        func(*Node) kernel { return identity },
		"IsNaN":           func(*Node) kernel { return isNaN },
		"Less":            compare(func(order int) bool { return order == -1 }),
		"LessOrEqual":     compare(func(order int) bool { return order == 0 || order == -1 }),
		"Log":             each(math.Log),
		"LpNormalization": lpNormalization,
		"MatMul":          func(*Node) kernel { return matMul },
		"Max":             several(func(x, y float64) float64 { return max(x, y) }),
		"Min":             several(func(x, y float64) float64 { return min(x, y) }),
		"Mul":             arithmetic(func(x, y float64) float64 { return x * y }, func(x, y int64) int64 { return x * y }),
		"Neg":             each(func(x float64) float64 { return -x }),
		"Not":             func(*Node) kernel { return not },
		"Or":              logical(func(x, y bool) bool { return x || y }),
		"Pow":             arithmetic(math.Pow, nil),
		"ReduceLogSumExp": reduce(logSumExp),
		"ReduceMax":       reduce(func(list []float64) float64 { return fold(list, math.Max) }),
		"ReduceMean":      reduce(func(list []float64) float64 { return sum(list) / float64(len(list)) }),
		"ReduceMin":       reduce(func(list []float64) float64 { return fold(list, math.Min) }),
		"ReduceProd":      reduce(func(list []float64) float64 { return fold(list, func(x, y float64) float64 { return x * y }) }),
		"ReduceSum":       reduce(sum),
		"Relu":            each(func(x float64) float64 { return max(x, 0) }),
		"Reshape":         reshape,
		"Shape":           func(*Node) kernel { return shapeOf },
		"Sigmoid":         each(logistic),
		"Slice":           slice,
		"Softmax":         softmaxOperator,
		"Split":           split,
		"Sqrt":            each(math.Sqrt),
		"Squeeze":         squeeze,
		"Sub":             arithmetic(func(x, y float64) float64 { return x - y }, func(x, y int64) int64 { return x - y }),
		"Sum":             several(func(x, y float64) float64 { return x + y }),
		"Tanh":            each(math.Tanh),
		"Unsqueeze":       unsqueeze,
		"Where":           func(*Node) kernel { return where },
	}
}
