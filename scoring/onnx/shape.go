package onnx

import "math"

func identity(c *call) {
	in := c.input(0)
	c.output(0, in.Type, in.Dims...).copyRun(0, in, 0, in.Size())
}

// shaped copies an input under another shape of the same size.
func (c *call) shaped(in *Tensor, dims []int) {
	if product(dims) != in.Size() {
		fail("shape %v does not fit %v", dims, in.Dims)
	}
	c.output(0, in.Type, dims...).copyRun(0, in, 0, in.Size())
}

func reshape(n *Node) kernel {
	keepZero := n.int("allowzero", 0) != 0
	return func(c *call) {
		in, shape := c.input(0), c.input(1)
		dims, open, rest := make([]int, 0, len(shape.Ints)), -1, 1
		for i, d := range shape.Ints {
			switch {
			case d == -1 && open < 0:
				open = i
				dims = append(dims, 1)
				continue
			case d == 0 && !keepZero:
				if i >= len(in.Dims) {
					fail("shape %v does not fit %v", shape.Ints, in.Dims)
				}
				dims = append(dims, in.Dims[i])
			default:
				dims = append(dims, small(d))
			}
			rest *= dims[i]
		}
		if open >= 0 && rest > 0 {
			dims[open] = in.Size() / rest
		}
		c.shaped(in, dims)
	}
}

func flatten(n *Node) kernel {
	axis := n.int("axis", 1)
	return func(c *call) {
		in := c.input(0)
		at := len(in.Dims)
		if axis != int64(at) {
			at = axisOf(axis, at)
		}
		c.shaped(in, []int{product(in.Dims[:at]), product(in.Dims[at:])})
	}
}

func squeeze(n *Node) kernel {
	return func(c *call) {
		in := c.input(0)
		drop := make([]bool, len(in.Dims))
		axes := n.axes(c, 1)
		for d, size := range in.Dims {
			drop[d] = len(axes) == 0 && size == 1
		}
		for _, a := range axes {
			drop[axisOf(a, len(in.Dims))] = true
		}
		dims := []int{}
		for d, size := range in.Dims {
			if !drop[d] {
				dims = append(dims, size)
			}
		}
		c.shaped(in, dims)
	}
}

func unsqueeze(n *Node) kernel {
	return func(c *call) {
		in := c.input(0)
		axes := n.axes(c, 1)
		rank := len(in.Dims) + len(axes)
		isNew := make([]bool, rank)
		for _, a := range axes {
			isNew[axisOf(a, rank)] = true
		}
		dims, next := make([]int, rank), 0
		for d := range rank {
			if isNew[d] {
				dims[d] = 1
				continue
			}
			if next == len(in.Dims) {
				fail("axes %v are named twice", axes)
			}
			dims[d] = in.Dims[next]
			next++
		}
		c.shaped(in, dims)
	}
}

func shapeOf(c *call) {
	in := c.input(0)
	out := c.output(0, Int64, len(in.Dims))
	for d, size := range in.Dims {
		out.Ints[d] = int64(size)
	}
}

func constant(n *Node) kernel {
	var t *Tensor
	for _, a := range n.Attributes {
		switch a.Name {
		case "value":
			t = a.Tensor
		case "value_float":
			t = &Tensor{Type: Float, Floats: []float64{float64(a.Float)}}
		case "value_int":
			t = &Tensor{Type: Int64, Ints: []int64{a.Int}}
		case "value_string":
			t = &Tensor{Type: String, Texts: []string{a.Text}}
		case "value_floats":
			t = &Tensor{Type: Float, Dims: []int{len(a.Floats)}, Floats: n.floats(a.Name)}
		case "value_ints":
			t = &Tensor{Type: Int64, Dims: []int{len(a.Ints)}, Ints: a.Ints}
		case "value_strings":
			t = &Tensor{Type: String, Dims: []int{len(a.Texts)}, Texts: a.Texts}
		}
	}
	if t == nil {
		fail("it has no value")
	}
	return func(c *call) { c.output(0, t.Type, t.Dims...).copyRun(0, t, 0, t.Size()) }
}

func constantOfShape(n *Node) kernel {
	value := &Tensor{Type: Float, Dims: []int{1}, Floats: []float64{0}}
	if a := n.attribute("value"); a != nil && a.Tensor != nil && a.Tensor.Size() == 1 {
		value = a.Tensor
	}
	return func(c *call) {
		shape := c.input(0)
		dims := make([]int, len(shape.Ints))
		for d, size := range shape.Ints {
			dims[d] = small(size)
		}
		out := c.output(0, value.Type, dims...)
		for i := range out.Size() {
			out.copyFrom(i, value, 0)
		}
	}
}

func concat(n *Node) kernel {
	axis := n.int("axis", 1)
	return func(c *call) {
		first := c.input(0)
		at := axisOf(axis, len(first.Dims))
		dims := append([]int{}, first.Dims...)
		for _, t := range c.in[1:] {
			if t == nil || t.Type != first.Type || len(t.Dims) != len(dims) {
				fail("inputs of different types or dimensions")
			}
			for d := range dims {
				if d != at && t.Dims[d] != dims[d] {
					fail("inputs of shapes %v and %v do not fit", first.Dims, t.Dims)
				}
			}
			dims[at] += t.Dims[at]
		}
		out := c.output(0, first.Type, dims...)
		outer, along, inner := around(dims, at)
		before := 0
		for _, t := range c.in {
			run := t.Dims[at] * inner
			for o := range outer {
				out.copyRun(o*along*inner+before, t, o*run, run)
			}
			before += run
		}
	}
}

// split cuts an input along an axis; its sizes are an attribute before ONNX 13, an input since.
func split(n *Node) kernel {
	axis := n.int("axis", 0)
	return func(c *call) {
		in := c.input(0)
		at := axisOf(axis, len(in.Dims))
		outer, along, inner := around(in.Dims, at)
		sizes := n.ints("split")
		if t := c.optional(1); t != nil {
			sizes = t.Ints
		}
		if sizes == nil {
			part := (along + len(c.out) - 1) / len(c.out)
			for left := along; left > 0; left -= part {
				sizes = append(sizes, int64(min(part, left)))
			}
		}
		if len(sizes) != len(c.out) {
			fail("%d outputs of %d sizes", len(c.out), len(sizes))
		}
		before := 0
		for k, size := range sizes {
			dims := append([]int{}, in.Dims...)
			dims[at] = small(size)
			if before+dims[at] > along {
				fail("sizes %v do not fit shape %v", sizes, in.Dims)
			}
			out := c.output(k, in.Type, dims...)
			run := dims[at] * inner
			for o := range outer {
				out.copyRun(o*run, in, (o*along+before)*inner, run)
			}
			before += dims[at]
		}
	}
}

// slice takes elements of one axis or more, forwards.
func slice(n *Node) kernel {
	return func(c *call) {
		in := c.input(0)
		list := func(input int, name string) []int64 {
			if t := c.optional(input); t != nil {
				return t.Ints
			}
			return n.ints(name)
		}
		starts, ends, axes, steps := list(1, "starts"), list(2, "ends"), list(3, "axes"), list(4, "steps")
		for i := range starts {
			axis, step := int64(i), int64(1)
			if axes != nil {
				axis = axes[i]
			}
			if steps != nil {
				step = steps[i]
			}
			if step < 1 {
				fail("a step of %d is not supported", step)
			}
			at := axisOf(axis, len(in.Dims))
			outer, along, inner := around(in.Dims, at)
			from, to := within(starts[i], along), within(ends[i], along)
			dims := append([]int{}, in.Dims...)
			step = min(step, math.MaxInt32)
			dims[at] = max(0, (to-from+int(step)-1)/int(step))
			out := &Tensor{}
			c.spend(product(dims))
			out.Reset(in.Type, dims...)
			for o := range outer {
				for k := range dims[at] {
					out.copyRun((o*dims[at]+k)*inner, in, (o*along+from+k*int(step))*inner, inner)
				}
			}
			in = out
		}
		c.shaped(in, in.Dims)
	}
}

// within returns a position, which counts from the end where it is negative, between 0 and size.
func within(n int64, size int) int {
	if n < 0 {
		n += int64(size)
	}
	return int(min(max(n, 0), int64(size)))
}

func gather(n *Node) kernel {
	axis := n.int("axis", 0)
	return func(c *call) {
		in, which := c.input(0), c.input(1)
		if !which.Type.whole() {
			fail("expected whole numbers as indices, not %s", which.Type)
		}
		at := axisOf(axis, len(in.Dims))
		outer, along, inner := around(in.Dims, at)
		dims := append(append(append([]int{}, in.Dims[:at]...), which.Dims...), in.Dims[at+1:]...)
		out := c.output(0, in.Type, dims...)
		for o := range outer {
			for k, index := range which.Ints {
				if index < 0 {
					index += int64(along)
				}
				if index < 0 || index >= int64(along) {
					fail("index %d of shape %v", index, in.Dims)
				}
				out.copyRun((o*len(which.Ints)+k)*inner, in, (o*along+int(index))*inner, inner)
			}
		}
	}
}

// extract is ArrayFeatureExtractor: elements of the last axis.
func extract(c *call) {
	in, which := c.input(0), c.input(1)
	if len(in.Dims) == 0 || which.Type != Int64 {
		fail("expected an array and indices of int64")
	}
	along := in.Dims[len(in.Dims)-1]
	outer, picks := product(in.Dims[:len(in.Dims)-1]), len(which.Ints)
	dims := []int{1, picks}
	if len(in.Dims) > 1 {
		dims = append(append([]int{}, in.Dims[:len(in.Dims)-1]...), picks)
	}
	out := c.output(0, in.Type, dims...)
	for o := range outer {
		for k, index := range which.Ints {
			if index < 0 || index >= int64(along) {
				fail("index %d of shape %v", index, in.Dims)
			}
			out.copyFrom(o*picks+k, in, o*along+int(index))
		}
	}
}
