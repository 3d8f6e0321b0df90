package scoring

import (
	"fmt"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// Scorer computes the scored fields of a dataset that one file gives. It is immutable.
type Scorer struct {
	Score   *gold.Score
	file    *File
	inputs  []input
	outputs []output
}

type input struct {
	onnx.Input
	fields []gold.Field // one for each column
}

type output struct {
	Output
	field gold.Field
}

// New binds a file to a dataset, as a contract has it. The error says what does not fit.
func New(f *File, d *gold.Dataset, score *gold.Score) (*Scorer, error) {
	s := &Scorer{Score: score, file: f}
	for i, in := range f.Inputs() {
		if i >= len(score.Inputs) || score.Inputs[i].Name != in.Name || len(score.Inputs[i].Fields) != in.Width {
			return nil, fmt.Errorf("input %s of the file is bound to no field", in.Name)
		}
		bound := input{Input: in}
		for _, name := range score.Inputs[i].Fields {
			field := d.Field(name)
			if field == nil {
				return nil, fmt.Errorf("input %s: dataset %s has no field %s", in.Name, d.Name, name)
			}
			if reason := Takes(in, field); reason != "" {
				return nil, fmt.Errorf("%s", reason)
			}
			bound.fields = append(bound.fields, *field)
		}
		s.inputs = append(s.inputs, bound)
	}
	for _, out := range score.Outputs {
		o, err := f.Output(out.Output)
		if err != nil {
			return nil, err
		}
		field := d.Field(out.Field)
		if field == nil {
			return nil, fmt.Errorf("output %s: dataset %s has no field %s", out.Output, d.Name, out.Field)
		}
		if reason := o.Gives(field); reason != "" {
			return nil, fmt.Errorf("%s", reason)
		}
		s.outputs = append(s.outputs, output{o, *field})
	}
	return s, nil
}

// RowError says that a row can't be scored. Row counts from 0 in the batch.
type RowError struct {
	Row    int
	Field  string
	Reason string
}

func (e *RowError) Error() string { return fmt.Sprintf("row %d: %s: %s", e.Row+1, e.Field, e.Reason) }
