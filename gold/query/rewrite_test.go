package query

import (
	"os"
	"strings"
	"testing"
)

func TestEveryReasonHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for r := range Reason(len(reasons)) {
		if r.String() == "" || r.Text() == "" || seen[r.String()] {
			t.Errorf("reason %d is %q: %q", r, r, r.Text())
		}
		seen[r.String()] = true
	}
}

// TestTheReasonsAreDocumented holds the table of docs/query.md and the enumeration of the description.
func TestTheReasonsAreDocumented(t *testing.T) {
	for path, form := range map[string]string{"../../docs/query.md": "| `NAME` | TEXT |", "../../openapi/components.json": `"NAME"`} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for r := range Reason(len(reasons)) {
			want := strings.NewReplacer("NAME", r.String(), "TEXT", r.Text()).Replace(form)
			if r != Applied && !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
}
