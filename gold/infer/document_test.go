package infer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/gold"
)

// TestJSONIsNeitherAKeyNorAListNorSearched, be it a list, a map, or a text that the file calls JSON, where the same texts would
// be all of that.
func TestJSONIsNeitherAKeyNorAListNorSearched(t *testing.T) {
	type row struct {
		Doc    string            `parquet:"doc_id,json"` // another in each row
		Day    string            `parquet:"day"`
		Tags   []string          `parquet:"tags,list"`
		Attrs  map[string]string `parquet:"attrs"`
		Status string            `parquet:"status"`
		State  string            `parquet:"state,json"`
		Amount float64           `parquet:"amount"`
	}
	type plain struct {
		Doc    string  `parquet:"doc_id"`
		Day    string  `parquet:"day"`
		Tags   string  `parquet:"tags"`
		State  string  `parquet:"state"`
		Amount float64 `parquet:"amount"`
	}
	var rows []row
	var texts []plain
	for i := range 200 {
		doc, tag := fmt.Sprintf(`{"n":%d}`, i), []string{"a", "b", "c"}[i%3]
		day := gold.NewDate(int64(15000 + i/4)).String()
		rows = append(rows, row{doc, day, []string{tag}, map[string]string{"k": tag}, tag, `"` + tag + `"`, float64(i) * 1.5})
		texts = append(texts, plain{doc, day, `["` + tag + `"]`, `"` + tag + `"`, float64(i) * 1.5})
	}
	folder := t.TempDir()
	writeRows(t, folder, "visits", rows)
	m := mustInfer(t, folder)
	d := m.dataset("visits")
	for _, f := range d.Fields {
		isJSON := slices.Contains([]string{"doc_id", "tags", "attrs", "state"}, f.Name)
		if f.document != isJSON || isJSON && (f.Kind != gold.Text || f.Values != nil || f.Dimension || f.isDimension()) {
			t.Errorf("%s: JSON %t, list %v, tells facts apart %t", f.Name, f.document, f.Values, f.Dimension)
		}
	}
	if len(d.Key) > 0 || m.Facts != d {
		t.Errorf("key %v, facts %v", names(d.Key), m.Facts)
	}
	written := fstest.MapFS{}
	updated(t, m, written)
	set := compiled(t, written).Dataset("visits")
	for _, f := range set.Fields {
		if want := f.Name == "day" || f.Name == "status"; f.Search != want || slices.Contains(f.Filters, gold.Contains) != want {
			t.Errorf("%s is searched: %t, by %v", f.Name, f.Search, f.Filters)
		}
	}

	other := t.TempDir()
	writeRows(t, other, "visits", texts)
	m = mustInfer(t, other)
	d = m.dataset("visits")
	if len(d.Key) != 1 || d.Key[0].Name != "doc_id" || d.Field("tags").Values == nil || !d.Field("state").Dimension {
		t.Errorf("texts: key %v, list %v", names(d.Key), d.Field("tags").Values)
	}
	if text := string(m.Contract(d)); strings.Contains(text, "search:") {
		t.Errorf("texts:\n%s", text)
	}
}
