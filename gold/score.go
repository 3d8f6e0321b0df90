package gold

import "slices"

// Score says which fields of a dataset an ONNX file computes from others of the same row, when rows are published.
type Score struct {
	Model   string        `json:"model"`   // the file's path in the model's folder
	SHA256  string        `json:"sha256"`  // of the file
	Inputs  []ScoreInput  `json:"inputs"`  // in the file's order
	Outputs []ScoreOutput `json:"outputs"` // in the order of the dataset's fields
	// Card describes the model, without its reference rows and the release that it was trained on; nil: it has none. It shapes no rows.
	Card *Card `json:"card,omitempty"`
}

// ScoreInput says which fields an input of the file takes, one for each of its columns.
type ScoreInput struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields"`
}

// ScoreOutput says which output of the file, and which of its columns, a field holds.
type ScoreOutput struct {
	Field  string `json:"field"`
	Output string `json:"output"` // such as probabilities[1], or prediction where it has one column
}

// Reads returns the fields that the file takes, each once.
func (s *Score) Reads() []string {
	var names []string
	for _, in := range s.Inputs {
		for _, name := range in.Fields {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Gives returns the fields that hold its outputs.
func (s *Score) Gives() []string {
	names := make([]string, len(s.Outputs))
	for i, out := range s.Outputs {
		names[i] = out.Field
	}
	return names
}

// ScoreOf returns what computes a field, or nil where it is read.
func (d *Dataset) ScoreOf(field string) *Score {
	for i := range d.Scores {
		if slices.Contains(d.Scores[i].Gives(), field) {
			return &d.Scores[i]
		}
	}
	return nil
}

// Scored returns the fields that are computed.
func (d *Dataset) Scored() []Field {
	return slices.DeleteFunc(slices.Clone(d.Fields), func(f Field) bool { return d.ScoreOf(f.Name) == nil })
}

// Unscored returns the dataset without the fields that are computed: what its source has.
func (d *Dataset) Unscored() Dataset {
	source := *d
	if len(d.Scores) > 0 {
		source.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f Field) bool { return d.ScoreOf(f.Name) != nil })
	}
	return source
}
