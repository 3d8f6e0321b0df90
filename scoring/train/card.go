package train

import (
	"encoding/json"
	"math"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// Marshal writes a card as JSON with a line feed at the end; the same card gives the same bytes.
func Marshal(c *gold.Card) ([]byte, error) {
	data, err := json.MarshalIndent(c, "", "  ")
	return append(data, '\n'), err
}

// referenceRows of a card: the first test rows.
const referenceRows = 10

func (p *prepared) ranges() []gold.CardFeature {
	list := make([]gold.CardFeature, 0, len(p.numbers)+len(p.texts))
	for _, n := range p.numbers {
		list = append(list, gold.CardFeature{Name: n.name, Kind: "number", Min: &n.smallest, Max: &n.greatest})
	}
	for _, t := range p.texts {
		list = append(list, gold.CardFeature{Name: t.name, Kind: "text", Categories: t.categories})
	}
	return list
}

func reference(d *Data, rows []int, scores []float64) *gold.CardReference {
	ref := &gold.CardReference{Tolerance: 1e-6, Scores: scores[:min(len(scores), referenceRows)]}
	for i := range d.Features {
		ref.Columns = append(ref.Columns, d.Features[i].Name)
	}
	for _, r := range rows[:min(len(rows), referenceRows)] {
		row := make([]any, len(d.Features))
		for i := range d.Features {
			f := &d.Features[i]
			switch {
			case f.text() && f.Texts[r] != "":
				row[i] = f.Texts[r]
			case !f.text() && !math.IsNaN(f.Numbers[r]):
				row[i] = f.Numbers[r]
			}
		}
		ref.Rows = append(ref.Rows, row)
	}
	return ref
}

// scored evaluates the file for rows: the probability of 1, or the prediction.
func scored(file []byte, d *Data, rows []int) ([]float64, error) {
	m, err := onnx.Load(file)
	if err != nil {
		return nil, err
	}
	inputs := make([]*onnx.Tensor, 0, len(d.Features))
	for _, in := range m.Inputs() {
		for i := range d.Features {
			if d.Features[i].Name == in.Name {
				inputs = append(inputs, d.Features[i].tensor(rows))
			}
		}
	}
	out, err := m.NewSession().Run(inputs)
	if err != nil {
		return nil, err
	}
	last := out[len(out)-1]
	width := last.Dims[1]
	scores := make([]float64, len(rows))
	for i := range rows {
		scores[i] = last.Floats[i*width+width-1]
	}
	return scores, nil
}

func (f *Feature) tensor(rows []int) *onnx.Tensor {
	t := &onnx.Tensor{}
	if f.text() {
		t.Reset(onnx.String, len(rows), 1)
		for i, r := range rows {
			t.Texts[i] = f.Texts[r]
		}
		return t
	}
	t.Reset(onnx.Float, len(rows), 1)
	for i, r := range rows {
		t.Floats[i] = f.Numbers[r]
	}
	return t
}
