package gold

// Card describes a trained model, beside its ONNX file.
type Card struct {
	Task      string        `json:"task,omitempty" example:"classification"`
	Target    string        `json:"target,omitempty" example:"returned"`
	SHA256    string        `json:"sha256"` // of the ONNX file
	Seed      uint64        `json:"seed"`
	TrainRows int           `json:"train_rows"`
	TestRows  int           `json:"test_rows"`
	Features  []CardFeature `json:"features"`
	Metrics   []CardMetric  `json:"metrics"`
	Data      CardData      `json:"data,omitzero"`
	// Reference is left out where a card is part of a release.
	Reference *CardReference `json:"reference,omitempty" swaggerignore:"true"`
} // @name Card

// CardData is the release that a model's rows came from.
type CardData struct {
	Model   string `json:"model,omitempty"`
	Release int64  `json:"release,omitempty"`
	Dataset string `json:"dataset,omitempty"`
	Version string `json:"version,omitempty"` // of the dataset
} // @name CardData

// CardFeature is what training saw of a feature: the smallest and the greatest number, or the categories.
type CardFeature struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"` // number or text
	Min        *float64 `json:"min,omitempty"`
	Max        *float64 `json:"max,omitempty"`
	Categories []string `json:"categories,omitempty"`
	More       int      `json:"more,omitempty"` // categories that are left out
} // @name CardFeature

// CardMetric is a measure of the test rows, with the bounds that 95 % of resamples of these rows lie in.
type CardMetric struct {
	Name  string  `json:"name" example:"roc_auc"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
} // @name CardMetric

// CardReference is rows with the scores that the file must give for them, within Tolerance. A row has a value for each column:
// a number, a text, or null.
type CardReference struct {
	Columns   []string  `json:"columns"`
	Rows      [][]any   `json:"rows"`
	Scores    []float64 `json:"scores"`
	Output    string    `json:"output,omitempty"` // such as probabilities[1]; empty: the last column of the last output
	Tolerance float64   `json:"tolerance"`
}
