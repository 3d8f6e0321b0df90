package onnx

import (
	"encoding/binary"
	"math"
)

// Marshal writes the graph as a file: the same graph gives the same bytes.
func (g *Graph) Marshal() []byte {
	var m message
	m.int(1, 8) // the format's version; every runtime of the last years reads it
	m.text(2, "goldserve")
	m.block(7, g.marshal())
	for _, d := range g.Domains {
		var part message
		part.text(1, d.Name)
		part.int(2, d.Version)
		m.block(8, part)
	}
	return m
}

func (g *Graph) marshal() message {
	var m message
	for i := range g.Nodes {
		m.block(1, g.Nodes[i].marshal())
	}
	m.text(2, g.Name)
	for i := range g.Initializers {
		m.block(5, g.Initializers[i].marshal())
	}
	for _, v := range g.Inputs {
		m.block(11, v.marshal())
	}
	for _, v := range g.Outputs {
		m.block(12, v.marshal())
	}
	return m
}

func (n *Node) marshal() message {
	var m message
	for _, name := range n.Inputs {
		m.text(1, name)
	}
	for _, name := range n.Outputs {
		m.text(2, name)
	}
	m.text(3, n.Name)
	m.text(4, n.Op)
	for i := range n.Attributes {
		m.block(5, n.Attributes[i].marshal())
	}
	m.text(7, n.Domain)
	return m
}

// marshal writes the field that is set; an integer where none is.
func (a *Attribute) marshal() message {
	var m message
	m.text(1, a.Name)
	switch {
	case a.Tensor != nil:
		m.block(5, a.Tensor.marshal())
		m.int(20, kindTensor)
	case a.Floats != nil:
		var packed message
		for _, x := range a.Floats {
			packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
		}
		m.block(7, packed)
		m.int(20, kindFloats)
	case a.Ints != nil:
		for _, n := range a.Ints {
			m.int(8, n)
		}
		m.int(20, kindInts)
	case a.Texts != nil:
		for _, s := range a.Texts {
			m.text(9, s)
		}
		m.int(20, kindTexts)
	case a.Text != "":
		m.text(4, a.Text)
		m.int(20, kindText)
	case a.Float != 0:
		m.float(2, a.Float)
		m.int(20, kindFloat)
	default:
		m.int(3, a.Int)
		m.int(20, kindInt)
	}
	return m
}

func (t *Tensor) marshal() message {
	var m message
	for _, d := range t.Dims {
		m.int(1, int64(d))
	}
	m.int(2, int64(t.Type))
	var raw message
	for _, x := range t.Floats {
		if t.Type == Float {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
		} else {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
		}
	}
	for _, n := range t.Ints {
		if t.Type == Int64 {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(n))
		} else {
			m.int(5, n)
		}
	}
	for _, s := range t.Texts {
		m.text(6, s)
	}
	m.text(8, t.Name)
	if raw != nil {
		m.block(9, raw)
	}
	return m
}

func (v *Value) marshal() message {
	var shape message
	for _, d := range v.Dims {
		var dim message
		if d >= 0 {
			dim.int(1, int64(d))
		}
		shape.block(1, dim)
	}
	var tensor message
	tensor.int(1, int64(v.Type))
	tensor.block(2, shape)
	var typ message
	typ.block(1, tensor)
	var m message
	m.text(1, v.Name)
	m.block(2, typ)
	return m
}
