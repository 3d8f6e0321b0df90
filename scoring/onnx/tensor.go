package onnx

import "slices"

// Type is the type of a tensor's elements, numbered as in the format.
type Type int

// The types that are read. Bool and Int32 lie in Ints as Int64 does.
const (
	Float  Type = 1
	Int32  Type = 6
	Int64  Type = 7
	String Type = 8
	Bool   Type = 9
	Double Type = 11
)

func (t Type) String() string {
	switch t {
	case Float:
		return "float"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	case String:
		return "string"
	case Bool:
		return "bool"
	case Double:
		return "double"
	}
	return "an unsupported type"
}

// fraction reports whether the elements lie in Floats.
func (t Type) fraction() bool { return t == Float || t == Double }

// whole reports whether the elements lie in Ints.
func (t Type) whole() bool { return t == Int64 || t == Int32 || t == Bool }

func (t Type) known() bool { return t.fraction() || t.whole() || t == String }

// Round returns x as an element of this type holds it.
func (t Type) Round(x float64) float64 {
	if t == Float {
		return float64(float32(x))
	}
	return x
}

// Tensor is an array of elements, the last dimension varying fastest. The Type decides which slice holds them; a Float
// tensor's elements are float32 values.
type Tensor struct {
	Name   string // in a Graph
	Type   Type
	Dims   []int
	Floats []float64
	Ints   []int64
	Texts  []string
}

// Limits of the tensors that an evaluation makes.
const (
	maxElements = 1 << 26
	maxRank     = 8
)

// Size returns the number of elements.
func (t *Tensor) Size() int { return product(t.Dims) }

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		if d < 0 || (d > 0 && n > maxElements/d) {
			fail("a tensor of shape %v is too large", dims)
		}
		n *= d
	}
	return n
}

// Reset gives the tensor a type and a shape, and room for its elements, whose values are as they were.
func (t *Tensor) Reset(typ Type, dims ...int) {
	if len(dims) > maxRank {
		fail("a tensor of %d dimensions is not supported", len(dims))
	}
	n := product(dims)
	t.Type, t.Dims = typ, append(t.Dims[:0], dims...)
	t.Floats, t.Ints, t.Texts = t.Floats[:0], t.Ints[:0], t.Texts[:0]
	switch {
	case typ.fraction():
		t.Floats = slices.Grow(t.Floats, n)[:n]
	case typ == String:
		t.Texts = slices.Grow(t.Texts, n)[:n]
	default:
		t.Ints = slices.Grow(t.Ints, n)[:n]
	}
}

// number returns element i of a tensor that is not of texts.
func (t *Tensor) number(i int) float64 {
	if t.Type.fraction() {
		return t.Floats[i]
	}
	return float64(t.Ints[i])
}

// numbers returns all elements as floats, in buf where they have to be converted.
func (t *Tensor) numbers(buf *[]float64) []float64 {
	if t.Type.fraction() {
		return t.Floats
	}
	if t.Type == String {
		fail("expected numbers, but the input is of texts")
	}
	*buf = (*buf)[:0]
	for _, n := range t.Ints {
		*buf = append(*buf, float64(n))
	}
	return *buf
}

// rows returns the tensor's shape as rows and columns: one row where it has one dimension.
func (t *Tensor) rows() (rows, columns int) {
	switch len(t.Dims) {
	case 1:
		return 1, t.Dims[0]
	case 2:
		return t.Dims[0], t.Dims[1]
	}
	fail("expected rows and columns, but the input has shape %v", t.Dims)
	return 0, 0
}

// copyFrom copies element j of another tensor of the same type to element i.
func (t *Tensor) copyFrom(i int, from *Tensor, j int) {
	switch {
	case t.Type.fraction():
		t.Floats[i] = from.Floats[j]
	case t.Type == String:
		t.Texts[i] = from.Texts[j]
	default:
		t.Ints[i] = from.Ints[j]
	}
}

// copyRun copies n elements from element j of another tensor of the same type.
func (t *Tensor) copyRun(i int, from *Tensor, j, n int) {
	switch {
	case t.Type.fraction():
		copy(t.Floats[i:i+n], from.Floats[j:j+n])
	case t.Type == String:
		copy(t.Texts[i:i+n], from.Texts[j:j+n])
	default:
		copy(t.Ints[i:i+n], from.Ints[j:j+n])
	}
}

// axisOf returns an axis counted from the front.
func axisOf(axis int64, rank int) int {
	if axis < 0 {
		axis += int64(rank)
	}
	if axis < 0 || axis >= int64(rank) {
		fail("axis %d of a tensor with %d dimensions", axis, rank)
	}
	return int(axis)
}

// around returns the number of elements before, along and after an axis.
func around(dims []int, axis int) (outer, along, inner int) {
	return product(dims[:axis]), dims[axis], product(dims[axis+1:])
}
