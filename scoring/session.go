package scoring

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// Session scores batches, one after the other, and keeps its memory. It belongs to one goroutine.
type Session struct {
	scorer  *Scorer
	run     *onnx.Session
	tensors []*onnx.Tensor
	texts   map[string]string // that came before, so that each is copied once
	columns []gold.Column
}

// NewSession returns a session of the scorer.
func (s *Scorer) NewSession() *Session {
	t := &Session{scorer: s, run: s.file.model.NewSession(), texts: map[string]string{}, columns: make([]gold.Column, len(s.outputs))}
	for range s.inputs {
		t.tensors = append(t.tensors, &onnx.Tensor{})
	}
	return t
}

// most rows are evaluated at once, and texts remembered.
const (
	mostRows  = 4096
	mostTexts = 10_000
)

// Run scores the rows of a batch that has the fields of Score.Reads. It returns a column for each of Score.Outputs, in that
// order, valid until the next run. A *RowError says which row can't be scored, an *onnx.Error why none can.
func (t *Session) Run(b *gold.Batch) ([]gold.Column, error) {
	for i := range t.columns {
		kind := t.scorer.outputs[i].field.Kind
		if t.columns[i].Kind != kind {
			t.columns[i] = gold.NewColumn(kind, b.Rows)
		}
		t.columns[i].Reset()
	}
	for from := 0; from < b.Rows; from += mostRows {
		if err := t.part(b, from, min(from+mostRows, b.Rows)); err != nil {
			return nil, err
		}
	}
	return t.columns, nil
}

// part scores the rows from one to another.
func (t *Session) part(b *gold.Batch, from, to int) error {
	for i := range t.scorer.inputs {
		in := &t.scorer.inputs[i]
		t.tensors[i].Reset(in.Type, to-from, in.Width)
		for k := range in.fields {
			c := b.Column(in.fields[k].Name)
			if c == nil {
				return fmt.Errorf("input %s: the rows have no field %s", in.Name, in.fields[k].Name)
			}
			if err := t.fill(t.tensors[i], in, k, c, from, to); err != nil {
				return err
			}
		}
	}
	answers, err := t.run.Run(t.tensors)
	if err != nil {
		return err
	}
	for i := range t.scorer.outputs {
		if err := t.scorer.outputs[i].take(&t.columns[i], answers, from, to); err != nil {
			return err
		}
	}
	return nil
}

// fill writes rows of a column into column k of an input.
func (t *Session) fill(to *onnx.Tensor, in *input, k int, c *gold.Column, from, end int) error {
	f := &in.fields[k]
	for row := from; row < end; row++ {
		at := (row-from)*in.Width + k
		null := c.IsNull(row)
		switch in.Type {
		case onnx.String:
			to.Texts[at] = ""
			if !null {
				to.Texts[at] = t.text(c.Text(row))
			}
		case onnx.Float, onnx.Double:
			to.Floats[at] = math.NaN()
			if !null {
				to.Floats[at] = in.Type.Round(c.Real(row, f.Scale))
			}
		case onnx.Int64, onnx.Int32, onnx.Bool:
			switch {
			case null:
				return &RowError{row, f.Name, fmt.Sprintf("it is null, and input %s of the model, of type %s, takes no nulls; export the model with this input as float, which takes them as NaN", in.Name, in.Type)}
			case in.Type == onnx.Int32 && c.Ints[row] != int64(int32(c.Ints[row])):
				return &RowError{row, f.Name, fmt.Sprintf("it is too large for input %s of the model, of type int32", in.Name)}
			}
			to.Ints[at] = c.Ints[row]
		}
	}
	return nil
}

func (t *Session) text(b []byte) string {
	if s, ok := t.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(t.texts) < mostTexts {
		t.texts[s] = s
	}
	return s
}

// take appends the output's column of each row. A score that is no number is null.
func (o *output) take(c *gold.Column, answers []*onnx.Tensor, from, to int) error {
	t := answers[o.at]
	for row := from; row < to; row++ {
		at := (row-from)*o.width + o.column
		switch o.Type {
		case onnx.String:
			c.AppendText(strings.ToValidUTF8(t.Texts[at], "\uFFFD"))
		case onnx.Float, onnx.Double:
			x := t.Floats[at]
			switch {
			case !math.IsNaN(x) && !math.IsInf(x, 0):
				c.Floats = append(c.Floats, x+0) // -0 is 0
			case !o.field.Nullable:
				return &RowError{row, o.field.Name, fmt.Sprintf("output %s of the model is no number for this row, and the field is required: let it be null, or let the model fill in what is missing", o.Text)}
			default:
				c.AppendNull()
			}
		case onnx.Int64, onnx.Int32, onnx.Bool:
			c.Ints = append(c.Ints, t.Ints[at])
		}
	}
	return nil
}

// Scored returns the batch with the columns of some sessions behind its own. They are valid until the sessions' next runs.
func Scored(b *gold.Batch, sessions []*Session) (*gold.Batch, error) {
	all := &gold.Batch{Fields: slices.Clone(b.Fields), Columns: slices.Clone(b.Columns), Rows: b.Rows}
	for _, t := range sessions {
		columns, err := t.Run(b)
		if err != nil {
			return nil, err
		}
		for i := range columns {
			all.Fields, all.Columns = append(all.Fields, t.scorer.outputs[i].field), append(all.Columns, columns[i])
		}
	}
	return all, nil
}
