package api

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// annotation is what swag found above a handler.
type annotation struct {
	OperationID string
	Responses   map[string]struct {
		Description string
		Schema      struct {
			Ref string `json:"$ref"`
		}
	}
}

// Each annotated handler has one row of the table of operations, and each row an annotated handler.
func TestEveryOperationHasOneRow(t *testing.T) {
	text, err := os.ReadFile("../openapi/swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	var swagger struct {
		Paths map[string]map[string]annotation
	}
	if err := json.Unmarshal(text, &swagger); err != nil {
		t.Fatal(err)
	}
	annotated := map[string]string{}
	for path, methods := range swagger.Paths {
		for _, a := range methods {
			annotated[a.OperationID] = path
			for status, r := range a.Responses {
				for code := range strings.SplitSeq(r.Description, ", ") {
					if r.Schema.Ref == "#/definitions/ProblemDetails" && !slices.Contains(codesOf(gold.Meanings()), code) {
						t.Errorf("%s answers %s with the code %s, which is none", a.OperationID, status, code)
					}
				}
			}
		}
	}
	rows := map[string]string{}
	for _, o := range newOperations(&Server{}) {
		if rows[o.ID] != "" {
			t.Errorf("%s has two rows", o.ID)
		}
		if rows[o.ID] = o.Path; annotated[o.ID] != o.Path {
			t.Errorf("the row of %s has the path %s, and its handler's annotation %q", o.ID, o.Path, annotated[o.ID])
		}
	}
	for id := range annotated {
		if rows[id] == "" {
			t.Errorf("a handler is annotated with the id %s, which has no row", id)
		}
	}
}
