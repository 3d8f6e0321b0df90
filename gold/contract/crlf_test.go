package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold/contract"
)

// TestLineEnds: a file saved by a Windows editor, with CR LF and a byte order mark, is the same contract.
func TestLineEnds(t *testing.T) {
	read := func(text string) *contract.Model {
		m, err := load(fstest.MapFS{
			"m/model.yaml":            {Data: []byte(modelYAML)},
			"m/contracts/a.odcs.yaml": {Data: []byte(text)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	text := strings.Replace(smallest, "  - name: a\n", "  - name: a\n    description: |\n      One.\n      Two.\n", 1)
	want := read(text)
	got := read("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"))
	if diff := cmp.Diff(want.Contracts[0].Dataset.Doc, got.Contracts[0].Dataset.Doc); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Contracts[0].Dataset.Name != "a" || len(got.Contracts[0].Dataset.Fields) != 1 {
		t.Errorf("got %+v", got.Contracts[0].Dataset)
	}
}
