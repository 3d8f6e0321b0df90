package onnx

import (
	"math"
	"strconv"
)

// cast converts elements to another type.
func cast(n *Node) kernel {
	to := Type(n.int("to", 0))
	if !to.known() {
		fail("type %d is not supported", int(to))
	}
	return func(c *call) {
		in := c.input(0)
		out := c.output(0, to, in.Dims...)
		for i := range in.Size() {
			switch {
			case to == String:
				out.Texts[i] = written(in, i)
			case to.fraction():
				out.Floats[i] = to.Round(read(in, i))
			case to == Bool:
				out.Ints[i] = bit(read(in, i) != 0)
			case in.Type.whole():
				out.Ints[i] = to.wrap(in.Ints[i])
			default:
				out.Ints[i] = to.wrap(wholePart(read(in, i)))
			}
		}
	}
}

// wholePart drops a number's fraction; what no int64 holds becomes the least one, as processors do it.
func wholePart(x float64) int64 {
	if x != x || x >= math.MaxInt64 || x <= math.MinInt64 {
		return math.MinInt64
	}
	return int64(x)
}

func read(in *Tensor, i int) float64 {
	if in.Type != String {
		return in.number(i)
	}
	x, err := strconv.ParseFloat(in.Texts[i], 64)
	if err != nil {
		return math.NaN()
	}
	return x
}

func written(in *Tensor, i int) string {
	switch {
	case in.Type == String:
		return in.Texts[i]
	case in.Type.whole():
		return strconv.FormatInt(in.Ints[i], 10)
	case in.Type == Float:
		return strconv.FormatFloat(in.Floats[i], 'g', 8, 32)
	}
	return strconv.FormatFloat(in.Floats[i], 'g', 17, 64)
}
