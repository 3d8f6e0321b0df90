package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/api"
	"goldserve/gold"
)

// answer is a body of rows.
type answer struct {
	Data []json.RawMessage
	Meta struct {
		Count, Release int64
		Total          *int64
		Truncated      bool
		Next, Cursor   string
	}
}

func rowsOf(t *testing.T, h http.Handler, url string) answer {
	t.Helper()
	w := ask(h, "GET "+url)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %v\n%s", url, w.Code, err, w.Body)
	}
	if int(a.Meta.Count) != len(a.Data) || a.Meta.Truncated != (a.Meta.Next != "") {
		t.Fatalf("%s: meta doesn't fit the data:\n%s", url, w.Body)
	}
	if link := w.Header().Get("Link"); a.Meta.Next != "" && link != "<"+a.Meta.Next+`>; rel="next"` {
		t.Fatalf("%s: Link is %q", url, link)
	}
	return a
}

func TestPagesConcatenateToTheWhole(t *testing.T) {
	checkPages(t, newServer(t, newMemory(2)))
}

// checkPages holds pages of every size against the whole.
func checkPages(t *testing.T, h http.Handler) {
	t.Helper()
	for _, base := range []string{
		"/datasets/achats/rows?", "/datasets/achats/rows?sort=produit", "/datasets/achats/rows?sort=-produit,pays&fields=id",
		"/datasets/achats/rows?sort=-livre&fields=montant", "/datasets/achats/rows?sort=-le&le__gte=2011-06-30&fields=id,le", "/datasets/achats/rows?sort=montant&produit__isnull=false&count=exact",
		"/datasets/achats/rows?produit__in=Mug,%22Letter%20%22%22R%22%22%20Ring%22&sort=-client", "/scores?sort=attendu:desc", "/m/shop/scores?as_of=2026-01-31&sort=segment",
		"/datasets/achats/rows?fields=ville&ville__isnull=false&sort=-montant", "/par_jour?pays=France", "/par_jour?client__gte=1&sort=-achats&fields=ca", "/par_ville?montant__gte=1&sort=-ca&ca__gte=1",
		"/croissance?paye=true&sort=growth_pct", "/repartition?pays=France&sort=-count&fields=upper", "/datasets/achats/aggregate?group_by=id", "/datasets/achats/aggregate?group_by=ville,produit&measures=panier_moyen,n:count()&sort=-n&n__gte=1",
		"/datasets/achats/aggregate?group_by=montant.bins(10,50,90),pays&measures=panier_moyen&sort=-montant_bins,panier_moyen", "/datasets/achats/aggregate?group_by=le.day&compare=previous&sort=-le_day",
	} {
		var whole []json.RawMessage
		for page := rowsOf(t, h, base+"&limit=5"); ; page = rowsOf(t, h, page.Meta.Next) {
			whole = append(whole, page.Data...)
			if page.Meta.Next == "" {
				break
			}
		}
		for limit := 1; limit <= 4; limit++ {
			var pages []json.RawMessage
			for page := rowsOf(t, h, fmt.Sprintf("%s&limit=%d", base, limit)); ; page = rowsOf(t, h, page.Meta.Next) {
				if len(page.Data) == 0 || len(page.Data) > limit {
					t.Fatalf("%s with limit %d: a page of %d rows", base, limit, len(page.Data))
				}
				pages = append(pages, page.Data...)
				if page.Meta.Next == "" {
					break
				}
			}
			if diff := cmp.Diff(texts(whole), texts(pages)); diff != "" {
				t.Errorf("%s in pages of %d (-whole +pages):\n%s", base, limit, diff)
			}
		}
	}
}

func texts(rows []json.RawMessage) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r)
	}
	return out
}

func TestACursorStaysWithItsRelease(t *testing.T) {
	one, two := newMemory(1), newMemory(2)
	two.releases[0] = one.releases[0]
	reader := newSwitched(one)
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	h := s.Handler()
	first := rowsOf(t, h, "/par_pays?limit=2")
	reader.set(two)
	watch(t, s)
	await(t, func() bool { return rowsOf(t, h, "/par_pays").Meta.Release == 2 })
	second := rowsOf(t, h, first.Meta.Next)
	if second.Meta.Release != 1 || second.Meta.Truncated || len(second.Data) != 1 {
		t.Errorf("the second page is of release %d with %d rows, want the last row of release 1", second.Meta.Release, len(second.Data))
	}
	pruned := newMemory(2)
	pruned.releases[0].Pruned, pruned.releases[1] = true, two.releases[1]
	reader.set(pruned)
	await(t, func() bool { return ask(h, "GET "+first.Meta.Next).Code != http.StatusOK })
	checkProblem(t, ask(h, "GET "+first.Meta.Next), http.StatusGone, "release_pruned")
}

// watch runs the server's polling until the test ends.
func watch(t *testing.T, s *api.Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Watch(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not so after 20 s")
		}
	}
}

func TestACursorIsBoundToWhatItContinues(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	first := rowsOf(t, h, "/scores?limit=2&segment__in=VIP,Actifs&as_of=2026-01-31")
	token := url.QueryEscape(first.Meta.Cursor)
	for _, good := range []string{
		"", "&limit=2", "&segment__in=VIP,Actifs", "&segment__in=VIP,Actifs&limit=2&format=json&_=1", "&release=1", "&as_of=2026-01-31", "&sort=-attendu,client", "&sort=attendu:desc",
	} {
		if page := rowsOf(t, h, "/scores?cursor="+token+good); page.Meta.Release != 1 || len(page.Data) != 2 {
			t.Errorf("cursor with %q: release %d, %d rows", good, page.Meta.Release, len(page.Data))
		}
	}
	asked := reader.asked.Load()
	for _, bad := range []string{
		"&limit=3", "&segment__in=VIP", "&segment=VIP", "&client__gt=1", "&sort=client", "&release=2", "&as_of=2026-02-28", "&fields=client", "&count=exact", "&nope=1", "&limit=2&limit=2", "&sort=nope",
	} {
		checkProblem(t, ask(h, "GET /scores?cursor="+token+bad), http.StatusBadRequest, "invalid_parameter")
	}
	checkProblem(t, ask(h, "GET /par_pays?cursor="+token), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /kpis?cursor="+token), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /datasets/client_scores/aggregate?cursor="+token), http.StatusBadRequest, "invalid_parameter")
	for i := range first.Meta.Cursor {
		checkProblem(t, ask(h, "GET /scores?cursor="+first.Meta.Cursor[:i]), http.StatusBadRequest, "invalid_parameter")
		altered := []byte(first.Meta.Cursor)
		altered[i] = "AB"[altered[i]&1]
		if string(altered) != first.Meta.Cursor {
			checkProblem(t, ask(h, "GET /scores?cursor="+string(altered)), http.StatusBadRequest, "invalid_parameter")
		}
	}
	if n := reader.asked.Load() - asked; n != 0 {
		t.Errorf("%d questions reached the store for cursors that are refused", n)
	}
}

func TestACursorOfGroupsIsBoundToWhatItContinues(t *testing.T) {
	h := newServer(t, newMemory(2))
	const base = "/datasets/achats/aggregate?"
	first := rowsOf(t, h, base+"group_by=pays,le.day&measures=total_ca&limit=2&sort=-total_ca")
	token := url.QueryEscape(first.Meta.Cursor)
	for _, good := range []string{"", "&limit=2", "&sort=total_ca:desc", "&release=2", "&group_by=pays,le.day&_=1"} {
		if page := rowsOf(t, h, base+"cursor="+token+good); len(page.Data) != 2 {
			t.Errorf("cursor with %q: %d rows", good, len(page.Data))
		}
	}
	for _, bad := range []string{"&limit=3", "&group_by=pays", "&measures=count()", "&pays=France", "&totals=true", "&compare=year", "&release=1", "&nope=1"} {
		checkProblem(t, ask(h, "GET "+base+"cursor="+token+bad), http.StatusBadRequest, "invalid_parameter")
	}
	checkProblem(t, ask(h, "GET /datasets/achats/rows?cursor="+token), http.StatusBadRequest, "invalid_parameter")
	checkProblem(t, ask(h, "GET /datasets/client_scores/aggregate?cursor="+token), http.StatusBadRequest, "invalid_parameter")
}

func TestAQueryAsLongAsAURLMayBeHasANextPage(t *testing.T) {
	h := newServer(t, newMemory(2))
	list := strings.Repeat("a%2Cb,", 660) + "Mug,%22Letter%20%22%22R%22%22%20Ring%22"
	page := rowsOf(t, h, "/datasets/achats/rows?limit=1&produit__in="+list)
	for n := 1; page.Meta.Next != ""; n++ {
		if page = rowsOf(t, h, page.Meta.Next); len(page.Data) != 1 || n > 4 {
			t.Fatalf("page %d has %d rows", n, len(page.Data))
		}
	}
}
