package onnx

import (
	"math"
	"slices"
)

// reduce is an operator that turns the numbers along some axes into one.
func reduce(f func([]float64) float64) operator {
	return func(n *Node) kernel {
		keep := n.int("keepdims", 1) != 0
		none := n.int("noop_with_empty_axes", 0) != 0
		return func(c *call) {
			in := c.input(0)
			axes := n.axes(c, 1)
			if len(axes) == 0 && none {
				identity(c)
				return
			}
			along, kept, shape := folded(in.Dims, axes, keep)
			out := c.output(0, in.Type, shape...)
			numbers := in.numbers(&c.b)
			size, groups := product(along), out.Size()
			c.spend(in.Size())
			for g := range groups {
				c.a = c.a[:0]
				for k := range size {
					c.a = append(c.a, numbers[offset(in.Dims, kept, g, along, k)])
				}
				if x := f(c.a); in.Type.fraction() {
					out.Floats[g] = in.Type.Round(x)
				} else {
					out.Ints[g] = in.Type.wrap(wholePart(x))
				}
			}
		}
	}
}

// folded returns, with a dimension of 1 for each of the others, the dimensions that are reduced and those that are kept; and
// the shape of the result.
func folded(dims []int, axes []int64, keep bool) (along, kept, shape []int) {
	along, kept, shape = make([]int, len(dims)), slices.Clone(dims), []int{}
	reduced := make([]bool, len(dims))
	for d := range dims {
		along[d], reduced[d] = 1, len(axes) == 0
	}
	for _, a := range axes {
		reduced[axisOf(a, len(dims))] = true
	}
	for d, size := range dims {
		switch {
		case !reduced[d]:
			shape = append(shape, size)
		default:
			along[d], kept[d] = size, 1
			if keep {
				shape = append(shape, 1)
			}
		}
	}
	return along, kept, shape
}

// offset returns the place of an element from its number among the kept and among the reduced dimensions.
func offset(dims, kept []int, g int, along []int, k int) int {
	at, stride := 0, 1
	for d, size := range slices.Backward(dims) {
		at += (g%kept[d] + k%along[d]) * stride
		g, k = g/kept[d], k/along[d]
		stride *= size
	}
	return at
}

func sum(list []float64) float64 {
	total := 0.0
	for _, x := range list {
		total += x
	}
	return total
}

func fold(list []float64, f func(x, y float64) float64) float64 {
	if len(list) == 0 {
		fail("a reduction of no elements")
	}
	result := list[0]
	for _, x := range list[1:] {
		result = f(result, x)
	}
	return result
}

func logSumExp(list []float64) float64 {
	most := fold(list, math.Max)
	if math.IsInf(most, 0) {
		return most
	}
	total := 0.0
	for _, x := range list {
		total += math.Exp(x - most)
	}
	return most + math.Log(total)
}

// extreme is ArgMax or ArgMin.
func extreme(better func(x, y float64) bool) operator {
	return func(n *Node) kernel {
		axis, keep, last := n.int("axis", 0), n.int("keepdims", 1) != 0, n.int("select_last_index", 0) != 0
		return func(c *call) {
			in := c.input(0)
			at := axisOf(axis, len(in.Dims))
			outer, along, inner := around(in.Dims, at)
			dims := append([]int{}, in.Dims[:at]...)
			if keep {
				dims = append(dims, 1)
			}
			out := c.output(0, Int64, append(dims, in.Dims[at+1:]...)...)
			numbers := in.numbers(&c.b)
			c.spend(len(numbers))
			for o := range outer {
				for i := range inner {
					best := 0
					for k := 1; k < along; k++ {
						x, y := numbers[(o*along+k)*inner+i], numbers[(o*along+best)*inner+i]
						if better(x, y) || (last && x == y) {
							best = k
						}
					}
					out.Ints[o*inner+i] = int64(best)
				}
			}
		}
	}
}

// softmaxOperator is Softmax along the last axis, or the one that it names.
func softmaxOperator(n *Node) kernel {
	axis := n.int("axis", -1)
	return func(c *call) {
		in := c.input(0)
		if !in.Type.fraction() {
			fail("expected float or double, not %s", in.Type)
		}
		if at := axisOf(axis, len(in.Dims)); at != len(in.Dims)-1 {
			fail("an axis other than the last is not supported")
		}
		out := c.output(0, in.Type, in.Dims...)
		_, width := in.rows()
		for o := 0; o < len(in.Floats); o += width {
			row := out.Floats[o : o+width]
			copy(row, in.Floats[o:o+width])
			softmax(row)
			in.Type.roundAll(row)
		}
	}
}

func (t Type) roundAll(row []float64) {
	for i, x := range row {
		row[i] = t.Round(x)
	}
}

// softmax turns scores into shares of 1.
func softmax(row []float64) {
	most := fold(row, math.Max)
	total := 0.0
	for i, x := range row {
		row[i] = math.Exp(x - most)
		total += row[i]
	}
	for i := range row {
		row[i] /= total
	}
}

// lpNormalization divides by the norm along the last axis.
func lpNormalization(n *Node) kernel {
	axis, p := n.int("axis", -1), n.int("p", 2)
	return func(c *call) {
		in := c.input(0)
		if !in.Type.fraction() || axisOf(axis, len(in.Dims)) != len(in.Dims)-1 {
			fail("expected floats and the last axis")
		}
		c.normalize(in, in.Type, map[int64]string{1: "L1", 2: "L2"}[p])
	}
}

func normalizer(n *Node) kernel {
	norm := n.text("norm", "MAX")
	return func(c *call) { c.normalize(c.input(0), Float, norm) }
}

// normalize divides each run of the last axis by its norm; zeros stay as they are.
func (c *call) normalize(in *Tensor, to Type, norm string) {
	numbers := in.numbers(&c.b)
	out := c.output(0, to, in.Dims...)
	_, width := in.rows()
	for o := 0; o < len(numbers); o += width {
		size := 0.0
		if norm == "MAX" {
			size = numbers[o]
		}
		for _, x := range numbers[o : o+width] {
			switch norm {
			case "L1":
				size += math.Abs(x)
			case "L2":
				size += x * x
			case "MAX":
				size = max(size, x)
			default:
				fail("norm %q is not supported", norm)
			}
		}
		if norm == "L2" {
			size = math.Sqrt(size)
		}
		if size == 0 {
			size = 1
		}
		for i, x := range numbers[o : o+width] {
			out.Floats[o+i] = to.Round(x / size)
		}
	}
}
