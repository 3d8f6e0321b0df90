package onnx

// attribute returns a setting of the node, or nil.
func (n *Node) attribute(name string) *Attribute {
	for i := range n.Attributes {
		if n.Attributes[i].Name == name {
			return &n.Attributes[i]
		}
	}
	return nil
}

func (n *Node) int(name string, otherwise int64) int64 {
	if a := n.attribute(name); a != nil {
		return a.Int
	}
	return otherwise
}

func (n *Node) float(name string, otherwise float64) float64 {
	if a := n.attribute(name); a != nil {
		return float64(a.Float)
	}
	return otherwise
}

func (n *Node) text(name, otherwise string) string {
	if a := n.attribute(name); a != nil {
		return a.Text
	}
	return otherwise
}

func (n *Node) ints(name string) []int64 {
	if a := n.attribute(name); a != nil {
		return a.Ints
	}
	return nil
}

func (n *Node) texts(name string) []string {
	if a := n.attribute(name); a != nil {
		return a.Texts
	}
	return nil
}

// floats returns a list of floats, or of doubles where the attribute of that name with _as_tensor has them.
func (n *Node) floats(name string) []float64 {
	if a := n.attribute(name + "_as_tensor"); a != nil && a.Tensor != nil && a.Tensor.Type.fraction() {
		return a.Tensor.Floats
	}
	a := n.attribute(name)
	if a == nil {
		return nil
	}
	list := make([]float64, len(a.Floats))
	for i, x := range a.Floats {
		list[i] = float64(x)
	}
	return list
}

// labels returns a classifier's labels as a tensor: classlabels_ints, classlabels_int64s or classlabels_strings.
func (n *Node) labels() *Tensor {
	for _, name := range []string{"classlabels_ints", "classlabels_int64s"} {
		if ints := n.ints(name); len(ints) > 0 {
			return &Tensor{Type: Int64, Dims: []int{len(ints)}, Ints: ints}
		}
	}
	if texts := n.texts("classlabels_strings"); len(texts) > 0 {
		return &Tensor{Type: String, Dims: []int{len(texts)}, Texts: texts}
	}
	fail("it names no class labels")
	return nil
}

// axes returns the axes of a reduction or a squeeze: an attribute before ONNX 13, an input since.
func (n *Node) axes(c *call, input int) []int64 {
	if t := c.optional(input); t != nil {
		return t.Ints
	}
	return n.ints("axes")
}
