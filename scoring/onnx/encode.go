package onnx

import (
	"math"
	"slices"
)

// imputer replaces missing values, by column or all alike.
func imputer(n *Node) kernel {
	missing, fills := n.float("replaced_value_float", 0), n.floats("imputed_value_floats")
	missingInt, fillInts := n.int("replaced_value_int64", 0), n.ints("imputed_value_int64s")
	return func(c *call) {
		in := c.input(0)
		_, width := in.rows()
		if count := max(len(fills), len(fillInts)); count != 1 && count != width {
			fail("%d replacements of %d columns", count, width)
		}
		out := c.output(0, in.Type, in.Dims...)
		switch {
		case in.Type.fraction() && fills != nil:
			for i, x := range in.Floats {
				if x == missing || (x != x && missing != missing) {
					x = in.Type.Round(fills[i%width%len(fills)])
				}
				out.Floats[i] = x
			}
		case in.Type == Int64 && fillInts != nil:
			for i, x := range in.Ints {
				if x == missingInt {
					x = fillInts[i%width%len(fillInts)]
				}
				out.Ints[i] = x
			}
		default:
			fail("it has no replacements of %s", in.Type)
		}
	}
}

// scaler is (x − offset) · scale, by column or all alike.
func scaler(n *Node) kernel {
	offsets, scales := n.floats("offset"), n.floats("scale")
	return func(c *call) {
		in := c.input(0)
		_, width := in.rows()
		for _, list := range [][]float64{offsets, scales} {
			if len(list) != 1 && len(list) != width {
				fail("%d offsets and %d scales of %d columns", len(offsets), len(scales), width)
			}
		}
		numbers := in.numbers(&c.b)
		out := c.output(0, Float, in.Dims...)
		for i, x := range numbers {
			column := i % width
			difference := float64(float32(x - offsets[column%len(offsets)]))
			out.Floats[i] = float64(float32(difference * scales[column%len(scales)]))
		}
	}
}

func binarizer(n *Node) kernel {
	threshold := n.float("threshold", 0)
	return func(c *call) {
		in := c.input(0)
		numbers := in.numbers(&c.b)
		t := in.Type
		if !t.fraction() {
			fail("expected float or double, not %s", t)
		}
		out := c.output(0, t, in.Dims...)
		for i, x := range numbers {
			out.Floats[i] = float64(bit(x > threshold))
		}
	}
}

// oneHotEncoder makes a column of each category. An unknown value has zeros in all, or is refused where zeros is 0.
func oneHotEncoder(n *Node) kernel {
	texts, ints := n.texts("cats_strings"), n.ints("cats_int64s")
	tolerant := n.int("zeros", 1) != 0
	byText, byInt := numbered(texts), numbered(ints)
	width := max(len(texts), len(ints))
	if width == 0 {
		fail("it has no categories")
	}
	return func(c *call) {
		in := c.input(0)
		if (in.Type == String) != (len(texts) > 0) {
			fail("categories of another type than the input's, %s", in.Type)
		}
		out := c.output(0, Float, append(append([]int{}, in.Dims...), width)...)
		clear(out.Floats)
		for i := range in.Size() {
			var at int
			var known bool
			if in.Type == String {
				at, known = byText[in.Texts[i]]
			} else {
				at, known = byInt[wholePart(in.number(i))]
			}
			switch {
			case known:
				out.Floats[i*width+at] = 1
			case !tolerant && !c.trial:
				fail("row %d has a category that the model does not know", i+1)
			}
		}
	}
}

// numbered returns the place of each value; a value that is listed twice has its last.
func numbered[T comparable](list []T) map[T]int {
	places := make(map[T]int, len(list))
	for i, x := range list {
		places[x] = i
	}
	return places
}

// keys returns the settings of a LabelEncoder that begin with a word, keys or values, as a tensor; nil where there are none.
func (n *Node) keys(word string) *Tensor {
	if a := n.attribute(word + "_tensor"); a != nil && a.Tensor != nil {
		return a.Tensor
	}
	if a := n.attribute(word + "_strings"); a != nil {
		return &Tensor{Type: String, Dims: []int{len(a.Texts)}, Texts: a.Texts}
	}
	if a := n.attribute(word + "_int64s"); a != nil {
		return &Tensor{Type: Int64, Dims: []int{len(a.Ints)}, Ints: a.Ints}
	}
	if a := n.attribute(word + "_floats"); a != nil {
		return &Tensor{Type: Float, Dims: []int{len(a.Floats)}, Floats: n.floats(word + "_floats")}
	}
	return nil
}

// otherwise returns a LabelEncoder's answer to a key that it does not have.
func (n *Node) otherwise(t Type) *Tensor {
	if a := n.attribute("default_tensor"); a != nil && a.Tensor != nil && a.Tensor.Type == t && a.Tensor.Size() == 1 {
		return a.Tensor
	}
	return &Tensor{
		Type: t, Dims: []int{1}, Texts: []string{n.text("default_string", "_Unused")},
		Ints: []int64{n.int("default_int64", -1)}, Floats: []float64{t.Round(n.float("default_float", math.Copysign(0, -1)))},
	}
}

// labelEncoder replaces each value by another.
func labelEncoder(n *Node) kernel {
	keys, values := n.keys("keys"), n.keys("values")
	if keys == nil || values == nil || keys.Size() != values.Size() {
		fail("it has no keys, or not as many as values")
	}
	otherwise := n.otherwise(values.Type)
	byText, byInt, byFloat := numbered(keys.Texts), numbered(keys.Ints), numbered(keys.Floats)
	nan := slices.IndexFunc(keys.Floats, math.IsNaN)
	return func(c *call) {
		in := c.input(0)
		if in.Type != keys.Type {
			fail("keys of %s, but an input of %s", keys.Type, in.Type)
		}
		out := c.output(0, values.Type, in.Dims...)
		for i := range in.Size() {
			var at int
			var known bool
			switch {
			case in.Type == String:
				at, known = byText[in.Texts[i]]
			case in.Type.whole():
				at, known = byInt[in.Ints[i]]
			case in.Floats[i] != in.Floats[i]:
				at, known = nan, nan >= 0
			default:
				at, known = byFloat[in.Floats[i]]
			}
			if known {
				out.copyFrom(i, values, at)
			} else {
				out.copyFrom(i, otherwise, 0)
			}
		}
	}
}
