package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"goldserve/gold"
)

// lines is a dataset without a key, some of whose rows are equal.
func lines() table {
	t := table{Dataset: gold.Dataset{Name: "lines", Endpoint: "/lines", Key: []string{}, Fields: []gold.Field{
		{Name: "invoice", Kind: gold.Text, Filters: comparable4, Sortable: true}, {Name: "amount", Kind: gold.Int},
	}}}
	for i, invoice := range []string{"B", "B", "A", "B", "A", "A"} {
		t.rows = append(t.rows, []gold.Value{gold.NewText(invoice), gold.NewInt(int64(i / 2)), gold.NewInt(int64(i))})
	}
	return t
}

// TestRowsWithoutAKeyArePagedInTheirOrder, each once, in any order, and the position is never shown.
func TestRowsWithoutAKeyArePagedInTheirOrder(t *testing.T) {
	h := serveTable(t, lines(), "")
	for query, want := range map[string]string{
		"":                                    "B0 B0 A1 B1 A2 A2",
		"sort=invoice":                        "A1 A2 A2 B0 B0 B1",
		"sort=-invoice":                       "B0 B0 B1 A1 A2 A2",
		"fields=amount":                       "0 0 1 1 2 2",
		"fields=amount&sort=-invoice":         "0 0 1 1 2 2",
		"invoice=B&count=exact":               "B0 B0 B1",
		"fields=amount,invoice&invoice__ne=A": "B0 B0 B1",
	} {
		for _, limit := range []string{"1", "2", "4"} {
			next := "/datasets/lines/rows?limit=" + limit + "&" + query
			var got []string
			for next != "" && len(got) < 10 {
				w := ask(h, "GET "+next)
				var page struct {
					Data []map[string]any
					Meta struct{ Next string }
				}
				if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
					t.Fatalf("%s: %d %s %v", next, w.Code, w.Body, err)
				}
				for _, row := range page.Data {
					invoice, _ := row["invoice"].(string)
					amount, _ := row["amount"].(float64)
					got = append(got, invoice+string('0'+rune(amount)))
					delete(row, "invoice")
					delete(row, "amount")
					if len(row) > 0 {
						t.Errorf("%s shows %v", next, row)
					}
				}
				next = page.Meta.Next
			}
			if all := strings.Join(got, " "); all != want {
				t.Errorf("pages of %s of ?%s are %s, expected %s", limit, query, all, want)
			}
		}
	}
	if w := ask(h, "GET /lines.csv"); w.Body.String() != "invoice,amount\r\nB,0\r\nB,0\r\nA,1\r\nB,1\r\nA,2\r\nA,2\r\n" {
		t.Errorf("CSV: %d %q", w.Code, w.Body)
	}
}

// TestNoRowOfADatasetWithoutAKeyHasAURL: asking for one says why, and no description offers it.
func TestNoRowOfADatasetWithoutAKeyHasAURL(t *testing.T) {
	h := serveTable(t, lines(), "")
	for _, path := range []string{"/datasets/lines/rows/1", "/lines/1"} {
		w := ask(h, "GET "+path)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "dataset lines has no key") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/datasets/lines/rows?sort=_position", "/datasets/lines/rows?fields=_position", "/datasets/lines/aggregate?group_by=_position"} {
		if w := ask(h, "GET "+path); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := ask(h, "GET /datasets/lines"); !strings.Contains(w.Body.String(), `"key":[],`) || !strings.Contains(w.Body.String(), `"default_sort":[],`) {
		t.Errorf("/datasets/lines: %s", w.Body)
	}
	for _, path := range []string{"/", "/datasets", "/datasets/lines", "/datasets/lines/schema", "/datasets/lines/rows?explain=true", "/datasets/lines/quality", "/releases", "/releases/1", "/dashboard", "/openapi.json"} {
		if w := ask(h, "GET "+path); w.Code != http.StatusOK || strings.Contains(w.Body.String(), gold.PositionField) {
			t.Errorf("%s: %d, and names the position: %t", path, w.Code, strings.Contains(w.Body.String(), gold.PositionField))
		}
	}
	var description struct{ Paths map[string]any }
	w := ask(h, "GET /openapi.json")
	if err := json.Unmarshal(w.Body.Bytes(), &description); err != nil {
		t.Fatal(err)
	}
	if description.Paths["/lines"] == nil || description.Paths["/datasets/lines/rows"] == nil {
		t.Errorf("the description has the paths %v", description.Paths)
	}
	for path := range description.Paths {
		if strings.Contains(path, "{key}") || strings.HasPrefix(path, "/lines/") {
			t.Errorf("the description offers %s", path)
		}
	}
}
