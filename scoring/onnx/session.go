package onnx

import "slices"

// Steps that a run may take: one is about a number made or a node of a tree visited.
const (
	stepsPerRow = 2_000_000
	stepsAlways = 10_000_000 // whatever the rows: values that depend on none
)

// Input is an input or output of a model: so many columns of a type. Width is 0 where an input's is not fixed.
type Input struct {
	Name  string
	Type  Type
	Width int
}

// Inputs returns what a run must be given, in that order.
func (m *Model) Inputs() []Input { return slices.Clone(m.takes) }

// Outputs returns what a run answers, in that order. An output of one dimension is one of one column.
func (m *Model) Outputs() []Input { return slices.Clone(m.results) }

// Session evaluates a model, and keeps the memory of its values from run to run. It is not for concurrent use.
type Session struct {
	model  *Model
	values []*Tensor
	calls  []call
	left   int64
	trial  bool
}

// NewSession returns a session of the model.
func (m *Model) NewSession() *Session {
	s := &Session{model: m, values: make([]*Tensor, len(m.values)), calls: make([]call, len(m.steps))}
	copy(s.values, m.initial)
	for i := range m.steps {
		c := &s.calls[i]
		c.left = &s.left
		c.in, c.out = make([]*Tensor, len(m.steps[i].in)), make([]*Tensor, len(m.steps[i].out))
		for o, at := range m.steps[i].out {
			c.out[o] = &Tensor{}
			if at >= 0 {
				s.values[at] = c.out[o]
			}
		}
	}
	return s
}

// Run evaluates rows: inputs in the order of Model.Inputs, each of its type with one row for each row. It returns the
// outputs in the order of Model.Outputs, each with a row for each row; they are valid until the next run. It takes at most
// ten million steps, and two million more for each row; beyond that it returns an *Error.
func (s *Session) Run(inputs []*Tensor) (outputs []*Tensor, err error) {
	rows := 0
	for i, in := range s.model.takes {
		if i >= len(inputs) {
			return nil, refuse("input %s is missing", in.Name)
		}
		t := inputs[i]
		if i == 0 && len(t.Dims) > 0 {
			rows = t.Dims[0]
		}
		if t.Type != in.Type || len(t.Dims) != 2 || t.Dims[0] != rows || (in.Width > 0 && t.Dims[1] != in.Width) {
			return nil, refuse("input %s: expected %d rows and %d columns of %s, not %s of shape %v", in.Name, rows, in.Width, in.Type, t.Type, t.Dims)
		}
		s.values[s.model.inputs[i]] = t
	}
	s.left = stepsAlways + stepsPerRow*int64(rows)
	for i := range s.model.steps {
		if err := s.step(i); err != nil {
			return nil, err
		}
	}
	outputs = make([]*Tensor, len(s.model.outputs))
	for o, at := range s.model.outputs {
		outputs[o] = s.values[at]
	}
	return outputs, nil
}

func (s *Session) step(i int) (err error) {
	step, c := &s.model.steps[i], &s.calls[i]
	defer recovered(&err, step.name)
	c.trial = s.trial
	for k, at := range step.in {
		if at >= 0 {
			c.in[k] = s.values[at]
		}
	}
	step.run(c)
	return nil
}
