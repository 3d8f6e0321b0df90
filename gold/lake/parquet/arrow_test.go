package parquet

import (
	"os"
	"strings"
	"testing"
)

func TestMetadataOfArrowThatIsDamagedIsLeftAlone(t *testing.T) {
	content, err := os.ReadFile("../testdata/arrow/pandas.parquet")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(content), "/////") // the base64 of the message's start
	if at < 0 {
		t.Fatal("the file has no schema of Arrow")
	}
	text, _, _ := strings.Cut(string(content[at:]), "\x00")
	text = strings.TrimRight(text, "\x18")
	found := map[string]meaning{}
	arrowColumns(text[:len(text)/4*4], found)
	if found["month"].kind != periods || found["month"].frequency != (periodFrequency{unit: months}) || found["wait"].kind != durations || found["wait"].digits != 6 || len(found) != 2 {
		t.Errorf("the schema of Arrow says %v", found)
	}
	for i := range text {
		for _, b := range []byte("A/!g") {
			damaged := []byte(text)
			damaged[i] = b
			arrowColumns(string(damaged), found)
		}
		arrowColumns(text[:i], found)
	}
	content[at+100] = '!'
	d := dataset("x", "id:i")
	if _, err := Open(t.Context(), "x.parquet", memory(content), &d, nil, nil); err != nil {
		t.Error(err)
	}
}
