package api

import (
	"net/http"

	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
)

// modelCard is a machine learning model that scores a dataset of a release.
type modelCard struct {
	Dataset string            `json:"dataset"`
	Model   string            `json:"model" example:"artifacts/returned.onnx"`
	SHA256  string            `json:"sha256"`
	Inputs  []modelInput      `json:"inputs"`
	Outputs map[string]string `json:"outputs" example:"probability:probabilities[1]"` // of the file, by the fields that hold them
	// Card is what its trainer says of it; absent where the file has none.
	Card *gold.Card `json:"card,omitempty"`
} // @name ModelCard

// modelInput is an input of a model's file, and the fields that it takes.
type modelInput struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields"`
} // @name ModelInput

// handleModels lists the machine learning models that scored a release.
//
//	@ID			models
//	@Summary	Machine learning models
//	@Description	The models that scored the datasets of a release: their files' SHA-256, the fields that they take and give, and their cards, with features, ranges and metrics.
//	@Tags		scores
//	@Produce	json
//	@Success	200	{array}	modelCard	"models"
//	@Router		/models [get]
func (s *service) handleModels(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, jsonOnly)
	if err != nil {
		return err
	}
	if err := req.params.Err(releaseParameters...); err != nil {
		return err
	}
	cards := []modelCard{}
	for _, v := range req.catalog.Versions {
		for i := range v.Dataset.Scores {
			score := &v.Dataset.Scores[i]
			card := modelCard{Dataset: v.Dataset.Name, Model: score.Model, SHA256: score.SHA256, Outputs: map[string]string{}, Card: score.Card}
			for _, in := range score.Inputs {
				card.Inputs = append(card.Inputs, modelInput(in))
			}
			for _, out := range score.Outputs {
				card.Outputs[out.Field] = out.Output
			}
			cards = append(cards, card)
		}
	}
	return s.answerRecord(w, r, req, &body.Meta{Metadata: query.Metadata{Count: int64(len(cards))}, Counted: true, Whole: true}, cards)
}
