package scoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// CardName returns the name of the card that lies beside an ONNX file.
func CardName(file string) string { return strings.TrimSuffix(file, ".onnx") + "_meta.json" }

// MaxCard is how many bytes a card has at most.
const MaxCard = 4 << 20

// ReadCard reads a card.
func ReadCard(data []byte) (*gold.Card, error) {
	if len(data) > MaxCard {
		return nil, fmt.Errorf("the card has %d bytes: at most %d MB are read", len(data), MaxCard>>20)
	}
	c := &gold.Card{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return c, nil
}

// Check compares a card with the file: its SHA-256, and the scores of its reference rows, whose columns are fields or inputs.
func (s *Scorer) Check(c *gold.Card) error {
	if c.SHA256 != "" && c.SHA256 != s.file.SHA256 {
		return fmt.Errorf("sha256: it is the card of another file: this one has %s; train again, or remove the card", s.file.SHA256)
	}
	ref := c.Reference
	if ref == nil {
		return nil
	}
	if len(ref.Rows) != len(ref.Scores) || len(ref.Rows) > mostRows {
		return fmt.Errorf("reference: there are %s and %s: expected one for each, and at most %d", gold.Counted(len(ref.Rows), "row"), gold.Counted(len(ref.Scores), "score"), mostRows)
	}
	out, err := s.referenceOutput(ref)
	if err != nil {
		return err
	}
	inputs, err := s.referenceInputs(ref)
	if err != nil || len(ref.Rows) == 0 {
		return err
	}
	answers, err := s.file.model.NewSession().Run(inputs)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	tolerance := ref.Tolerance
	if tolerance == 0 {
		tolerance = 1e-6
	}
	for i, want := range ref.Scores {
		got := answers[out.at].Floats[i*out.width+out.column]
		if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
			return fmt.Errorf("reference: row %d: the file gives another score than the card has: %v instead of %v", i+1, got, want)
		}
	}
	return nil
}

// referenceOutput returns the output that the card's scores are of: the last column of the last one unless it says otherwise.
func (s *Scorer) referenceOutput(ref *gold.CardReference) (Output, error) {
	text := ref.Output
	if text == "" {
		all := s.file.model.Outputs()
		last := all[len(all)-1]
		text = fmt.Sprintf("%s[%d]", last.Name, last.Width-1)
	}
	out, err := s.file.Output(text)
	if err != nil {
		return out, fmt.Errorf("reference: output: %w", err)
	}
	if out.Type != onnx.Float && out.Type != onnx.Double {
		return out, fmt.Errorf("reference: output %s is of type %s: name the one that the scores are of, such as probabilities[1]", out.Text, out.Type)
	}
	return out, nil
}

// referenceInputs returns the card's rows as the file takes them.
func (s *Scorer) referenceInputs(ref *gold.CardReference) ([]*onnx.Tensor, error) {
	places := map[string]int{}
	for i, name := range ref.Columns {
		places[name] = i
	}
	tensors := make([]*onnx.Tensor, 0, len(s.inputs))
	for _, in := range s.inputs {
		t := &onnx.Tensor{}
		t.Reset(in.Type, len(ref.Rows), in.Width)
		for k, f := range in.fields {
			place, ok := places[f.Name]
			if !ok && in.Width == 1 {
				place, ok = places[in.Name]
			}
			if !ok {
				return nil, fmt.Errorf("reference: columns: there is none for input %s (field %s)", in.Name, f.Name)
			}
			for r, row := range ref.Rows {
				if len(row) != len(ref.Columns) {
					return nil, fmt.Errorf("reference: row %d has %s for %s", r+1, gold.Counted(len(row), "value"), gold.Counted(len(ref.Columns), "column"))
				}
				if !put(t, r*in.Width+k, row[place]) {
					return nil, fmt.Errorf("reference: row %d: %s: the value is none of type %s", r+1, ref.Columns[place], in.Type)
				}
			}
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// put writes a value of JSON into a tensor, and reports whether it is of its type.
func put(t *onnx.Tensor, at int, value any) bool {
	if yes, ok := value.(bool); ok && t.Type != onnx.String {
		value = 0.0
		if yes {
			value = 1.0
		}
	}
	switch v := value.(type) {
	case nil:
		switch t.Type {
		case onnx.String:
			t.Texts[at] = ""
		case onnx.Float, onnx.Double:
			t.Floats[at] = math.NaN()
		case onnx.Int64, onnx.Int32, onnx.Bool:
			return false
		}
		return true
	case string:
		if t.Type == onnx.String {
			t.Texts[at] = v
		}
		return t.Type == onnx.String
	case float64:
		switch t.Type {
		case onnx.Float, onnx.Double:
			t.Floats[at] = t.Type.Round(v)
			return true
		case onnx.Int64, onnx.Int32, onnx.Bool:
			t.Ints[at] = int64(v)
			return v == math.Trunc(v) && math.Abs(v) < gold.MaxExact
		case onnx.String:
		}
	}
	return false
}

// mostCategories of a feature are part of a release.
const mostCategories = 100

// Kept returns a card as a release keeps it: without its reference rows, most of long lists, and the release that it was trained on,
// which changes with each release although the model doesn't.
func Kept(c *gold.Card) *gold.Card {
	kept := *c
	kept.Reference, kept.Data.Release = nil, 0
	kept.Features = slices.Clone(c.Features)
	for i := range kept.Features {
		if f := &kept.Features[i]; len(f.Categories) > mostCategories {
			f.More, f.Categories = len(f.Categories)-mostCategories, f.Categories[:mostCategories]
		}
	}
	return &kept
}
