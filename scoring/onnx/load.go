package onnx

import (
	"fmt"
	"math"
	"slices"
)

// Model is a graph that can be evaluated. It is immutable.
type Model struct {
	graph   *Graph
	values  map[string]int // name → its number
	initial []*Tensor      // by number: the initializers
	steps   []step
	inputs  []int
	takes   []Input // what they are
	outputs []int
	results []Input // what they are
}

// step is a node that is ready to be evaluated: the numbers of its values, -1 for one that is left out.
type step struct {
	node    *Node
	name    string
	run     kernel
	in, out []int
}

// Load reads a file and checks all that can be known before real rows come (see the package's rules).
func Load(data []byte) (m *Model, err error) {
	if len(data) > MaxFile {
		return nil, refuse("the file has %d bytes: at most %d MB are read", len(data), MaxFile>>20)
	}
	defer recovered(&err, "")
	g := decode(data)
	for _, d := range g.Domains {
		switch {
		case d.Name == "" || d.Name == "ai.onnx":
			if d.Version < 9 {
				fail("the file is of ONNX operators %d: 9 or newer are supported", d.Version)
			}
		case d.Name == "ai.onnx.ml" && d.Version > 5:
			fail("the file is of machine learning operators %d: at most 5 are supported", d.Version)
		}
	}
	return New(g)
}

// New makes a model of a graph.
func New(g *Graph) (m *Model, err error) {
	defer recovered(&err, "")
	m = &Model{graph: g, values: map[string]int{}}
	m.name()
	if err := m.prepare(); err != nil {
		return nil, err
	}
	for _, out := range g.Outputs {
		at, ok := m.values[out.Name]
		if !ok {
			fail("output %s: no node makes it", out.Name)
		}
		m.outputs = append(m.outputs, at)
	}
	if len(m.inputs) == 0 || len(m.outputs) == 0 {
		fail("the model has no input or no output")
	}
	return m, m.try()
}

// name gives inputs and initializers their numbers.
func (m *Model) name() {
	for i := range m.graph.Initializers {
		t := &m.graph.Initializers[i]
		m.initial = append(m.initial, t)
		m.define(t.Name)
	}
	for _, in := range m.graph.Inputs {
		if _, ok := m.values[in.Name]; ok { // older files list initializers as inputs, too
			continue
		}
		if !in.Type.known() || len(in.Dims) != 2 {
			fail("input %s: expected rows and columns of float, double, int64, int32, bool or string", in.Name)
		}
		m.inputs = append(m.inputs, m.define(in.Name))
		m.takes = append(m.takes, Input{Name: in.Name, Type: in.Type, Width: max(in.Dims[1], 0)})
	}
}

// define gives the next number to a name.
func (m *Model) define(name string) int {
	if _, ok := m.values[name]; ok {
		fail("value %s is made twice", name)
	}
	at := len(m.values)
	m.values[name] = at
	return at
}

// prepare puts the nodes into an order in which each comes after what it reads, and makes their kernels.
func (m *Model) prepare() (err error) {
	known, nodes := operators(), 0
	makers := make(map[string]int, len(m.graph.Nodes)) // output → its node
	for i := range m.graph.Nodes {
		for _, out := range m.graph.Nodes[i].Outputs {
			if _, twice := makers[out]; twice && out != "" {
				fail("value %s is made twice", out)
			}
			makers[out] = i
		}
	}
	const unseen, open, done = 0, 1, 2
	state := make([]int, len(m.graph.Nodes))
	stack := make([]int, 0, len(state))
	for first := range m.graph.Nodes {
		stack = append(stack[:0], first)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			n := &m.graph.Nodes[i]
			if state[i] == unseen {
				state[i] = open
				for _, in := range n.Inputs {
					if from, ok := makers[in]; ok && in != "" && state[from] != done {
						if state[from] == open {
							fail("%s: the graph has a cycle", describe(i, n))
						}
						stack = append(stack, from)
					}
				}
				continue
			}
			stack = stack[:len(stack)-1]
			if state[i] == done {
				continue
			}
			state[i] = done
			if nodes += 1 + len(n.ints("nodes_nodeids")); nodes > MaxNodes {
				fail("the model has more than %d nodes", MaxNodes)
			}
			if err := m.add(i, n, known); err != nil {
				return err
			}
		}
	}
	return nil
}

func describe(i int, n *Node) string {
	return fmt.Sprintf("node %d (%s %q)", i+1, n.Op, n.Name)
}

// add makes a node the next step.
func (m *Model) add(i int, n *Node, known map[string]operator) (err error) {
	s := step{node: n, name: describe(i, n)}
	defer recovered(&err, s.name)
	name := n.Op
	if n.Domain != "" {
		name = n.Domain + ":" + n.Op
	}
	make, ok := known[name]
	if !ok {
		fail("operator %s is not supported", name)
	}
	for _, in := range n.Inputs {
		at, ok := m.values[in]
		switch {
		case in == "":
			at = -1
		case !ok:
			fail("input %s: no node makes it", in)
		}
		s.in = append(s.in, at)
	}
	s.run = make(n)
	for _, out := range n.Outputs {
		if out == "" {
			s.out = append(s.out, -1)
			continue
		}
		s.out = append(s.out, m.define(out))
	}
	m.steps = append(m.steps, s)
	return nil
}

// recovered turns a panic into an error that names the node.
func recovered(err *error, node string) {
	switch p := recover().(type) {
	case nil:
	case *Error:
		if p.Node == "" {
			p = &Error{Node: node, Reason: p.Reason}
		}
		*err = p
	case error: // of the runtime: an index of a damaged file, which no check has found
		*err = &Error{Node: node, Reason: "the model is damaged: " + p.Error()}
	default:
		panic(p)
	}
}

// try evaluates made-up rows: together, and one by one.
func (m *Model) try() error {
	const rows = 3
	all, err := m.madeUp(rows)
	if err != nil {
		return err
	}
	together := m.NewSession()
	together.trial = true
	answers, err := together.Run(all)
	if err != nil {
		return err
	}
	if err := m.fits(answers, rows); err != nil {
		return err
	}
	alone := m.NewSession()
	alone.trial = true
	one := make([]*Tensor, len(all))
	for r := range rows {
		for i, t := range all {
			one[i] = &Tensor{}
			one[i].Reset(t.Type, 1, t.Dims[1])
			one[i].copyRun(0, t, r*t.Dims[1], t.Dims[1])
		}
		answer, err := alone.Run(one)
		if err != nil {
			return err
		}
		for o, t := range answer {
			if !same(answers[o], r, rows, t) {
				return &Error{Node: "output " + m.graph.Outputs[o].Name, Reason: "a row's answer depends on the rows beside it"}
			}
		}
	}
	return nil
}

// maxColumns is the greatest width of an input.
const maxColumns = 10_000

// madeUp returns rows of zeros, of small numbers, and of missing values.
func (m *Model) madeUp(rows int) ([]*Tensor, error) {
	list := make([]*Tensor, 0, len(m.inputs))
	for _, in := range m.takes {
		if in.Width < 1 || in.Width > maxColumns {
			return nil, refuse("input %s: expected a fixed number of columns, at most %d", in.Name, maxColumns)
		}
		t := &Tensor{}
		t.Reset(in.Type, rows, in.Width)
		for i := range t.Floats {
			switch i / in.Width {
			case 0:
				t.Floats[i] = 0
			case 1:
				t.Floats[i] = in.Type.Round(1.25 + float64(i%7)*0.5)
			default:
				t.Floats[i] = math.NaN()
			}
		}
		for i := range t.Ints {
			t.Ints[i] = int64(i / in.Width % 2)
		}
		for i := range t.Texts {
			t.Texts[i] = []string{"", "a", "b"}[i/in.Width%3]
		}
		list = append(list, t)
	}
	return list, nil
}

// fits checks that each output has a row for each row, and the shape that the file gives for it.
func (m *Model) fits(answers []*Tensor, rows int) error {
	for o, t := range answers {
		says := m.graph.Outputs[o]
		bad := len(t.Dims) == 0 || len(t.Dims) > 2 || t.Dims[0] != rows
		if says.Type != 0 && says.Dims != nil {
			bad = bad || (says.Type != t.Type) || len(says.Dims) != len(t.Dims)
			for d := 0; !bad && d < len(t.Dims); d++ {
				bad = says.Dims[d] >= 0 && says.Dims[d] != t.Dims[d]
			}
		}
		if bad {
			return refuse("output %s: %d rows give %s of shape %v, but the file says %s of shape %v", says.Name, rows, t.Type, t.Dims, says.Type, says.Dims)
		}
		m.results = append(m.results, Input{Name: says.Name, Type: t.Type, Width: t.Size() / rows})
	}
	return nil
}

// same reports whether row r of a tensor of rows is the only row of another.
func same(all *Tensor, r, rows int, one *Tensor) bool {
	width := all.Size() / rows
	if one.Type != all.Type || one.Size() != width {
		return false
	}
	equal := func(x, y float64) bool { return x == y || (x != x && y != y) }
	switch {
	case all.Type.fraction():
		return slices.EqualFunc(all.Floats[r*width:(r+1)*width], one.Floats, equal)
	case all.Type == String:
		return slices.Equal(all.Texts[r*width:(r+1)*width], one.Texts)
	}
	return slices.Equal(all.Ints[r*width:(r+1)*width], one.Ints)
}
