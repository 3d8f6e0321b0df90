package onnx

import (
	"cmp"
	"math"
	"slices"
)

// each is an operator on every number of one input.
func each(f func(float64) float64) operator {
	return func(*Node) kernel {
		return func(c *call) {
			in := c.input(0)
			if !in.Type.fraction() {
				fail("expected float or double, not %s", in.Type)
			}
			out := c.output(0, in.Type, in.Dims...)
			for i, x := range in.Floats {
				out.Floats[i] = in.Type.Round(f(x))
			}
		}
	}
}

func logistic(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

// together returns the shape of two tensors that are repeated along dimensions of 1 until they fit.
func together(a, b []int) []int {
	rank := max(len(a), len(b))
	dims := make([]int, rank)
	for d := range rank {
		x, y := dimension(a, rank, d), dimension(b, rank, d)
		if x != y && x != 1 && y != 1 {
			fail("inputs of shapes %v and %v do not fit", a, b)
		}
		dims[d] = y
		if y == 1 {
			dims[d] = x
		}
	}
	return dims
}

// dimension returns dimension d of a shape that is filled with ones at its front to a rank.
func dimension(dims []int, rank, d int) int {
	if d -= rank - len(dims); d >= 0 {
		return dims[d]
	}
	return 1
}

// positions calls f with each element's number and those of the elements of an input of shape dims that it is made from.
func positions(dims, out []int, f func(i, from int)) {
	n := product(out)
	if slices.Equal(dims, out) {
		for i := range n {
			f(i, i)
		}
		return
	}
	if product(dims) == 1 {
		for i := range n {
			f(i, 0)
		}
		return
	}
	rank := len(out)
	strides, at := make([]int, rank), make([]int, rank)
	stride := 1
	for d := rank - 1; d >= 0; d-- {
		if size := dimension(dims, rank, d); size > 1 {
			strides[d] = stride
			stride *= size
		}
	}
	from := 0
	for i := range n {
		f(i, from)
		for d := rank - 1; d >= 0; d-- {
			at[d]++
			from += strides[d]
			if at[d] < out[d] {
				break
			}
			from -= strides[d] * at[d]
			at[d] = 0
		}
	}
}

// arithmetic is an operator on two numbers; whole is nil where integers are not supported.
func arithmetic(f func(x, y float64) float64, whole func(x, y int64) int64) operator {
	return func(*Node) kernel {
		return func(c *call) {
			a, b := c.input(0), c.input(1)
			if a.Type != b.Type && (whole != nil || !a.Type.fraction()) {
				fail("inputs of different types: %s and %s", a.Type, b.Type)
			}
			dims := together(a.Dims, b.Dims)
			out := c.output(0, a.Type, dims...)
			switch {
			case a.Type.fraction():
				right := b.numbers(&c.b)
				positions(a.Dims, dims, func(i, from int) { out.Floats[i] = a.Floats[from] })
				positions(b.Dims, dims, func(i, from int) { out.Floats[i] = a.Type.Round(f(out.Floats[i], right[from])) })
			case whole != nil && (a.Type == Int64 || a.Type == Int32):
				positions(a.Dims, dims, func(i, from int) { out.Ints[i] = a.Ints[from] })
				positions(b.Dims, dims, func(i, from int) { out.Ints[i] = a.Type.wrap(whole(out.Ints[i], b.Ints[from])) })
			default:
				fail("inputs of type %s are not supported", a.Type)
			}
		}
	}
}

// wrap returns n as an element of Int32 or Int64 holds it.
func (t Type) wrap(n int64) int64 {
	if t == Int32 {
		return int64(int32(n))
	}
	return n
}

func divide(x, y int64) int64 {
	if y == 0 {
		fail("division by zero")
	}
	return x / y
}

// several is an operator on one or more inputs.
func several(f func(x, y float64) float64) operator {
	two := arithmetic(f, func(x, y int64) int64 { return int64(f(float64(x), float64(y))) })(nil)
	return func(n *Node) kernel {
		if len(n.Inputs) == 1 {
			return identity
		}
		return func(c *call) {
			left := c.input(0)
			for k := 1; k < len(c.in); k++ {
				part := &call{in: []*Tensor{left, c.in[k]}, out: c.out, left: c.left}
				if k < len(c.in)-1 {
					part.out = []*Tensor{{}}
				}
				two(part)
				left = part.out[0]
			}
		}
	}
}

// compare is an operator on the order of two values: -1, 0, 1, or 2 where one is not a number.
func compare(f func(order int) bool) operator {
	return func(*Node) kernel {
		return func(c *call) {
			a, b := c.input(0), c.input(1)
			if a.Type != b.Type {
				fail("inputs of different types: %s and %s", a.Type, b.Type)
			}
			dims := together(a.Dims, b.Dims)
			out := c.output(0, Bool, dims...)
			c.counts = slices.Grow(c.counts[:0], len(out.Ints))[:len(out.Ints)]
			positions(a.Dims, dims, func(i, from int) { c.counts[i] = from })
			positions(b.Dims, dims, func(i, from int) { out.Ints[i] = bit(f(a.order(c.counts[i], b, from))) })
		}
	}
}

func (t *Tensor) order(i int, b *Tensor, j int) int {
	switch {
	case t.Type == String:
		return cmp.Compare(t.Texts[i], b.Texts[j])
	case t.Type.whole():
		return cmp.Compare(t.Ints[i], b.Ints[j])
	case t.Floats[i] != t.Floats[i] || b.Floats[j] != b.Floats[j]:
		return 2
	}
	return cmp.Compare(t.Floats[i], b.Floats[j])
}

func bit(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// logical is an operator on two booleans.
func logical(f func(x, y bool) bool) operator {
	return func(*Node) kernel {
		return func(c *call) {
			a, b := c.input(0), c.input(1)
			if a.Type != Bool || b.Type != Bool {
				fail("expected two inputs of bool")
			}
			dims := together(a.Dims, b.Dims)
			out := c.output(0, Bool, dims...)
			positions(a.Dims, dims, func(i, from int) { out.Ints[i] = a.Ints[from] })
			positions(b.Dims, dims, func(i, from int) { out.Ints[i] = bit(f(out.Ints[i] != 0, b.Ints[from] != 0)) })
		}
	}
}

func not(c *call) {
	in := c.input(0)
	if in.Type != Bool {
		fail("expected bool, not %s", in.Type)
	}
	out := c.output(0, Bool, in.Dims...)
	for i, x := range in.Ints {
		out.Ints[i] = 1 - x
	}
}

func isNaN(c *call) {
	in := c.input(0)
	if !in.Type.fraction() {
		fail("expected float or double, not %s", in.Type)
	}
	out := c.output(0, Bool, in.Dims...)
	for i, x := range in.Floats {
		out.Ints[i] = bit(x != x)
	}
}

// where takes each element from one input or the other.
func where(c *call) {
	condition, a, b := c.input(0), c.input(1), c.input(2)
	if condition.Type != Bool || a.Type != b.Type {
		fail("expected a condition and two inputs of one type")
	}
	dims := together(together(condition.Dims, a.Dims), b.Dims)
	out := c.output(0, a.Type, dims...)
	c.counts = slices.Grow(c.counts[:0], out.Size())[:out.Size()]
	positions(condition.Dims, dims, func(i, from int) { c.counts[i] = int(condition.Ints[from]) })
	positions(a.Dims, dims, func(i, from int) {
		if c.counts[i] != 0 {
			out.copyFrom(i, a, from)
		}
	})
	positions(b.Dims, dims, func(i, from int) {
		if c.counts[i] == 0 {
			out.copyFrom(i, b, from)
		}
	})
}

func clip(n *Node) kernel {
	least, most := n.float("min", math.Inf(-1)), n.float("max", math.Inf(1))
	return func(c *call) {
		in, least, most := c.input(0), least, most
		if !in.Type.fraction() {
			fail("expected float or double, not %s", in.Type)
		}
		if t := c.optional(1); t != nil {
			least = t.number(0)
		}
		if t := c.optional(2); t != nil {
			most = t.number(0)
		}
		out := c.output(0, in.Type, in.Dims...)
		for i, x := range in.Floats {
			switch {
			case x < least:
				x = least
			case x > most:
				x = most
			}
			out.Floats[i] = x
		}
	}
}
