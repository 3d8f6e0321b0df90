package pack_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/pack"
)

// evil is a text that means something to Markdown, HTML, spreadsheets and terminals.
const evil = "=1+1 <script>x</script> [l](javascript:x) | \x1b[31m\n\n# Heading\n```\n"

// TestTextsOfContractsAreTexts: what contracts and raw files are called is shown as it is, and nothing of it is obeyed.
func TestTextsOfContractsAreTexts(t *testing.T) {
	store, r := published(t)
	r.Title = map[string]string{"en": evil, "fr": evil}
	v := r.Version("final_dataset")
	v.Dataset.Doc.Label = map[string]string{"en": evil, "fr": evil}
	v.Dataset.Doc.Description = map[string]string{"en": evil, "fr": evil}
	v.Dataset.Fields = append([]gold.Field(nil), v.Dataset.Fields...)
	v.Dataset.Fields[0].Doc.Description = map[string]string{"en": evil, "fr": evil}
	r.Lineage.Engine = evil
	listed := &r.Lineage.Tables[0].Listed[0]
	listed.Path = "a`b\n# c.csv"
	data := mustMake(t, request(store, r))
	for _, name := range []string{"README.md", "lineage.md"} {
		text := contentOf(t, data, name)
		for _, sign := range []string{"<script", "\n# Heading", "\n```", "\x1b", "[l](javascript", "\n# c.csv"} {
			if strings.Contains(text, sign) {
				t.Errorf("%s has %q:\n%s", name, sign, text)
			}
		}
	}
	if text := contentOf(t, data, "data_dictionary.csv"); strings.Contains(text, `,"=1`) || !strings.Contains(text, `,"'=1+1`) {
		t.Errorf("data_dictionary.csv has a formula:\n%s", text)
	}
	if _, err := pack.Verify(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Error(err)
	}
	checkSums(t, listed.Path, contentOf(t, data, "raw/SHA256SUMS"))

	with := request(store, r)
	listed.Path = "a:b.csv"
	if _, err := pack.Make(t.Context(), with, &bytes.Buffer{}); gold.CodeOf(err) != gold.CodePackInvalid || !strings.Contains(err.Error(), "a:b.csv") {
		t.Errorf("a name that a pack can't have: %v", err)
	}
}

// checkSums checks the sums of the file of a name as sha256sum does.
func checkSums(t *testing.T, name, sums string) {
	t.Helper()
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("there is no sha256sum here")
	}
	folder := t.TempDir()
	for name, text := range map[string]string{name: "user_id", "SHA256SUMS": sums} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := exec.CommandContext(t.Context(), tool, "-c", "SHA256SUMS") // #nosec G204 -- found in PATH
	check.Dir = folder
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v %s of %s", err, out, sums)
	}
}
