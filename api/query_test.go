package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"goldserve/api"
)

// post sends a body of JSON.
func post(h http.Handler, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestQueriesAnswerAsTheirURLs asks by bodies what URLs ask: they share one cached answer.
func TestQueriesAnswerAsTheirURLs(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, q := range []struct{ target, body, url string }{
		{"/query", `{"dataset": "achats", "fields": ["id"], "or": [{"id": 1}, {"pays": "Belgique", "montant__gte": 50}]}`, "/datasets/achats/rows?fields=id&or=(id=1,and(pays=Belgique,montant__gte=50))"},
		{"/datasets/achats/query", `{"fields": "id", "id__in": [1, 3, 99], "sort": "-id", "count": "exact"}`, "/datasets/achats/rows?fields=id&id__in=1,3,99&sort=-id&count=exact"},
		{"/m/shop/datasets/achats/query", `{"produit__in": ["Tray, Breakfast In Bed", "Mug"], "limit": 2}`, "/m/shop/datasets/achats/rows?produit__in=%22Tray,%20Breakfast%20In%20Bed%22,Mug&limit=2"},
		{"/m/shop/query", `{"dataset": "achats", "group_by": ["pays"], "measures": ["ca:sum(montant)", "count()"], "totals": true, "not": {"ca__lt": 5}}`, "/m/shop/datasets/achats/aggregate?group_by=pays&measures=ca:sum(montant),count()&totals=true&not=(ca__lt=5)"},
		{"/query", `{"dataset": "achats", "format": "csv", "fields": ["id", "pays"], "release": 1}`, "/datasets/achats/rows?format=csv&fields=id,pays&release=1"},
	} {
		got, want := post(h, q.target, q.body), ask(h, "GET "+q.url)
		if got.Code != http.StatusOK || got.Body.String() != want.Body.String() || !strings.HasPrefix(want.Header().Get("Server-Timing"), "cache;desc=hit") {
			t.Errorf("%s %s: %d %s\n%s is %s %s", q.target, q.body, got.Code, got.Body, q.url, want.Header().Get("Server-Timing"), want.Body)
		}
		for _, name := range []string{"Goldserve-Release", "ETag", "Cache-Control", "Content-Type", "Link"} {
			if got.Header().Get(name) != want.Header().Get(name) {
				t.Errorf("%s %s: %s is %q, expected %q", q.target, q.body, name, got.Header().Get(name), want.Header().Get(name))
			}
		}
		if again := ask(h, "GET "+got.Header().Get("Content-Location")); again.Body.String() != want.Body.String() {
			t.Errorf("%s answers %s", got.Header().Get("Content-Location"), again.Body)
		}
		if again := post(h, q.target, q.body, "If-None-Match", got.Header().Get("ETag")); again.Code != http.StatusOK {
			t.Errorf("%s %s again: %d", q.target, q.body, again.Code)
		}
	}
}

// TestLongQueriesHavePages asks what no URL can, page by page.
func TestLongQueriesHavePages(t *testing.T) {
	h := newServer(t, newMemory(2))
	var ids []string
	for i := range 20_000 {
		ids = append(ids, fmt.Sprint(i))
	}
	body := `{"dataset": "achats", "fields": ["id"], "limit": 5, "id__in": [` + strings.Join(ids, ",") + `]}`
	var rows int
	for pages := 0; ; pages++ {
		w := post(h, "/query", body)
		var page struct {
			Data []struct{ ID int }
			Meta struct {
				Next, Cursor string
				Truncated    bool
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Location") != "" || page.Meta.Next != "" {
			t.Fatalf("%d %.500s, Content-Location %.100s (%v)", w.Code, w.Body, w.Header().Get("Content-Location"), err)
		}
		rows += len(page.Data)
		if !page.Meta.Truncated {
			break
		}
		if page.Meta.Cursor == "" || pages > 3 {
			t.Fatalf("page %d has no cursor, or there are too many", pages)
		}
		body = `{"cursor": "` + page.Meta.Cursor + `"}`
	}
	if rows != 12 {
		t.Errorf("%d rows, expected 12", rows)
	}
	short := post(h, "/query", `{"dataset": "achats", "fields": ["id"], "limit": 11, "id__gte": 1}`)
	if short.Code != http.StatusBadRequest { // above the contract's limit
		t.Errorf("%d %s", short.Code, short.Body)
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	h := newConfigured(t, api.Config{Reader: newMemory(2)}).Handler()
	for _, q := range []struct {
		target, body string
		status       int
		want         []string
	}{
		{"/query", `{"dataset": "achats"}`, 200, nil}, // which no GET below may be answered with
		{"/query", `{"limit": 1}`, 400, []string{`"parameter":"dataset"`}},
		{"/query", `{"dataset": "achat"}`, 404, []string{"unknown_dataset", "achats"}},
		{"/datasets/nope/query", `{}`, 404, []string{"unknown_dataset"}},
		{"/datasets/achats/query", `{"dataset": "achats"}`, 400, []string{`"parameter":"dataset"`}},
		{"/datasets/achats/query", `{"pay": "x", "limit": -1, "or": [{"idd": 1}]}`, 400, []string{`"did_you_mean":"pays"`, `"parameter":"limit"`, "idd: no field or parameter idd"}},
		{"/datasets/achats/query?limit=1", `{}`, 400, []string{`"parameter":"limit"`, "the question is the body"}},
		{"/datasets/achats/query", `{"pays": `, 400, []string{"line 1"}},
		{"/datasets/achats/query", `[]`, 400, []string{"JSON object"}},
		{"/datasets/achats/query", ``, 400, []string{"no end"}},
		{"/datasets/achats/query", `{"pays": "` + strings.Repeat("x", 1<<20) + `"}`, 413, []string{"body_too_long"}},
		{"/datasets/achats/rows", `{}`, 405, []string{"use GET, HEAD, OPTIONS"}},
		{"/query", `{"cursor": "abc"}`, 400, []string{"invalid_cursor"}},
	} {
		w := post(h, q.target, q.body)
		if w.Code != q.status {
			t.Errorf("%s %.80s: %d %s", q.target, q.body, w.Code, w.Body)
		}
		for _, want := range q.want {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %.80s: %s is not in %s", q.target, q.body, want, w.Body)
			}
		}
	}
	if w := post(h, "/query", `{"dataset": "achats"}`, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a text: %d %s", w.Code, w.Body)
	}
	for _, method := range []string{"GET", "HEAD", "PUT"} {
		for _, target := range []string{"/query", "/m/shop/datasets/achats/query"} {
			if w := ask(h, method+" "+target); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST, OPTIONS" {
				t.Errorf("%s %s: %d, Allow %s", method, target, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}
