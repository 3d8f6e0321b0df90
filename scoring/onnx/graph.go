package onnx

import (
	"encoding/binary"
	"math"
)

// Limits of a file.
const (
	MaxFile   = 64 << 20   // bytes
	MaxNodes  = 10_000_000 // of the graph and of its trees
	maxValues = 32_000_000 // numbers and texts in it
)

// Graph is what an ONNX file says: nodes in an order in which they can be evaluated, or any.
type Graph struct {
	Name         string
	Domains      []Domain
	Nodes        []Node
	Initializers []Tensor
	Inputs       []Value
	Outputs      []Value
}

// Domain is a set of operators and its version: "" is ONNX itself, "ai.onnx.ml" are those of machine learning.
type Domain struct {
	Name    string
	Version int64
}

// Value is an input or output of a graph. A dimension that is not fixed, such as the number of rows, is -1. Dims is nil
// where the file gives no shape, and Type is 0 where the value is not a tensor (ZipMap's).
type Value struct {
	Name string
	Type Type
	Dims []int
}

// Node is one operator. An input that is left out has the name "".
type Node struct {
	Name       string
	Op         string
	Domain     string
	Inputs     []string
	Outputs    []string
	Attributes []Attribute
}

// Attribute is a setting of a node; the one field that its operator asks for is set.
type Attribute struct {
	Name   string
	Float  float32
	Int    int64
	Text   string
	Floats []float32
	Ints   []int64
	Texts  []string
	Tensor *Tensor
	kind   int // as the file gives it: AttributeProto.type
}

// Kinds of attributes.
const (
	kindFloat = 1 + iota
	kindInt
	kindText
	kindTensor
	kindGraph
	kindFloats
	kindInts
	kindTexts
)

// decode reads a file; what is malformed ends it by fail.
func decode(data []byte) *Graph {
	room := maxValues
	g := &Graph{}
	seen := false
	for w := (&wire{data: data, room: &room}); w.next(); {
		switch w.field {
		case 7:
			if seen {
				fail("the file has two graphs")
			}
			seen = true
			g.decode(w.message())
		case 8:
			var d Domain
			for m := w.message(); m.next(); {
				switch m.field {
				case 1:
					d.Name = m.text()
				case 2:
					d.Version = m.int()
				}
			}
			g.Domains = append(g.Domains, d)
		case 20, 25:
			fail("the file has functions or training steps, which are not supported")
		}
	}
	if !seen {
		fail("not an ONNX file: it has no graph")
	}
	return g
}

func (g *Graph) decode(w *wire) {
	for w.next() {
		switch w.field {
		case 1:
			g.Nodes = append(g.Nodes, decodeNode(w.message()))
		case 2:
			g.Name = w.text()
		case 5:
			g.Initializers = append(g.Initializers, *decodeTensor(w.message()))
		case 11:
			g.Inputs = append(g.Inputs, decodeValue(w.message()))
		case 12:
			g.Outputs = append(g.Outputs, decodeValue(w.message()))
		case 15:
			fail("the graph has sparse tensors, which are not supported")
		}
	}
}

func decodeNode(w *wire) Node {
	var n Node
	for w.next() {
		switch w.field {
		case 1:
			n.Inputs = append(n.Inputs, w.text())
		case 2:
			n.Outputs = append(n.Outputs, w.text())
		case 3:
			n.Name = w.text()
		case 4:
			n.Op = w.text()
		case 5:
			n.Attributes = append(n.Attributes, decodeAttribute(w.message()))
		case 7:
			n.Domain = w.text()
		}
	}
	if n.Domain == "ai.onnx" {
		n.Domain = ""
	}
	return n
}

func decodeAttribute(w *wire) Attribute {
	var a Attribute
	for w.next() {
		switch w.field {
		case 1:
			a.Name = w.text()
		case 2:
			a.Float, a.kind = w.float(), kindFloat
		case 3:
			a.Int, a.kind = w.int(), kindInt
		case 4:
			a.Text, a.kind = w.text(), kindText
		case 5:
			a.Tensor, a.kind = decodeTensor(w.message()), kindTensor
		case 6, 11:
			fail("attribute %s is a graph: loops and branches are not supported", a.Name)
		case 7:
			a.Floats, a.kind = w.floats(a.Floats), kindFloats
		case 8:
			a.Ints, a.kind = w.ints(a.Ints), kindInts
		case 9:
			a.Texts, a.kind = append(a.Texts, w.text()), kindTexts
		case 21:
			fail("attribute %s refers to a function's, which is not supported", a.Name)
		}
	}
	return a
}

func decodeValue(w *wire) Value {
	var v Value
	for w.next() {
		switch w.field {
		case 1:
			v.Name = w.text()
		case 2:
			for t := w.message(); t.next(); {
				if t.field == 1 {
					v.decode(t.message())
				}
			}
		}
	}
	return v
}

func (v *Value) decode(w *wire) {
	for w.next() {
		switch w.field {
		case 1:
			v.Type = Type(w.int())
		case 2:
			v.Dims = []int{}
			for shape := w.message(); shape.next(); {
				if shape.field != 1 {
					continue
				}
				size := -1
				for dim := shape.message(); dim.next(); {
					if dim.field == 1 {
						size = small(dim.int())
					}
				}
				v.Dims = append(v.Dims, size)
			}
		}
	}
}

// small returns a size as an int.
func small(n int64) int {
	if n < 0 || n > maxElements {
		fail("a dimension of %d is not supported", n)
	}
	return int(n)
}

func decodeTensor(w *wire) *Tensor {
	t := &Tensor{}
	var raw []byte
	var floats []float32
	for w.next() {
		switch w.field {
		case 1:
			for _, d := range w.ints(nil) {
				t.Dims = append(t.Dims, small(d))
			}
		case 2:
			t.Type = Type(w.int())
		case 4:
			floats = w.floats(floats)
		case 5, 7:
			t.Ints = w.ints(t.Ints)
		case 6:
			t.Texts = append(t.Texts, w.text())
		case 8:
			t.Name = w.text()
		case 9:
			w.want(wireBytes)
			raw = w.bytes
		case 10:
			t.Floats = w.doubles(t.Floats)
		case 13:
			fail("tensor %s lies outside the file (external data), which is not supported", t.Name)
		case 14:
			if w.int() != 0 {
				fail("tensor %s lies outside the file (external data), which is not supported", t.Name)
			}
		}
	}
	if !t.Type.known() {
		fail("tensor %s has the unsupported type %d", t.Name, int(t.Type))
	}
	for _, x := range floats {
		t.Floats = append(t.Floats, float64(x))
	}
	t.unpack(raw, w)
	n := product(t.Dims)
	if have := len(t.Floats) + len(t.Ints) + len(t.Texts); have != n || (t.Type.fraction() && len(t.Floats) != n) ||
		(t.Type.whole() && len(t.Ints) != n) || (t.Type == String && len(t.Texts) != n) {
		fail("tensor %s of shape %v has %d elements", t.Name, t.Dims, have)
	}
	return t
}

// unpack reads the elements that lie in one block of bytes.
func (t *Tensor) unpack(raw []byte, w *wire) {
	size := map[Type]int{Float: 4, Int32: 4, Int64: 8, Bool: 1, Double: 8}[t.Type]
	if len(raw) == 0 {
		return
	}
	if size == 0 || len(raw)%size != 0 {
		fail("tensor %s has %d bytes of elements of type %s", t.Name, len(raw), t.Type)
	}
	w.spend(len(raw) / size)
	for ; len(raw) > 0; raw = raw[size:] {
		switch t.Type {
		case Float:
			t.Floats = append(t.Floats, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		case Double:
			t.Floats = append(t.Floats, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		case Int32:
			t.Ints = append(t.Ints, int64(int32(binary.LittleEndian.Uint32(raw))))
		case Bool:
			t.Ints = append(t.Ints, int64(raw[0]&1))
		default:
			t.Ints = append(t.Ints, int64(binary.LittleEndian.Uint64(raw)))
		}
	}
}
