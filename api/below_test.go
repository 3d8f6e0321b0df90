package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
)

// TestEndpointsOfSeveralSegments: they answer as those of one do, with suffixes, rows, earlier releases, and nearest words,
// under the model's prefix too.
func TestEndpointsOfSeveralSegments(t *testing.T) {
	store := openStore(t)
	moved := func(d *gold.Dataset, release int) {
		switch {
		case d.Name == "ca_pays" && release == 1:
			d.Endpoint = "/ventes/pays"
		case d.Name == "ca_pays":
			d.Endpoint = "/ventes/par/pays"
		case d.Name == "client_scores":
			d.Endpoint = "/clients"
		}
	}
	ctx, model := t.Context(), shop()
	for i := range model.Datasets {
		moved(&model.Datasets[i], 2)
	}
	lease := must(store.Acquire(ctx, "shop", "test", time.Minute))(t)
	for number := 1; number <= 2; number++ {
		var versions []gold.Version
		for _, tb := range shopTables(number) {
			v := load(ctx, t, store, *lease, tb)
			moved(&v.Dataset, number)
			versions = append(versions, v)
		}
		must(store.Publish(ctx, gold.Publication{Lease: *lease, From: int64(number - 1), Release: newRelease(number, versions)}))(t)
	}
	h := must(api.New(api.Config{Reader: store, Models: []gold.Model{model}, Version: "1.2.3"}))(t).Handler()
	for _, c := range []struct {
		url    string
		status int
		part   string
	}{
		{"/ventes/par/pays?fields=pays", 200, `[{"pays":"France"},{"pays":"Belgique"},{"pays":"Côte D'Ivoire"},{"pays":"Allemagne"}]`},
		{"/m/shop/ventes/par/pays?fields=pays&limit=1", 200, `[{"pays":"France"}]`},
		{"/ventes/par/pays.csv?fields=pays", 200, "pays\r\nFrance\r\n"},
		{"/m/shop/ventes/par/pays.csv?fields=pays", 200, "pays\r\nFrance\r\n"},
		{"/ventes/par/pays/France?fields=pays", 200, `{"pays":"France"}`},
		{"/m/shop/ventes/par/pays/France?fields=pays", 200, `{"pays":"France"}`},
		{"/ventes/par/pays?release=2&limit=1", 200, `"next":"/ventes/par/pays?`},
		{"/ventes/par/pays?pys=France", 400, `"did_you_mean":"pays"`},
		{"/ventes/par/pays/Frnace", 404, "row_not_found"},
		{"/ventes/par/pay", 404, "did you mean /ventes/par/pays?"},
		{"/ventes/par/pays/a/b", 404, "did you mean /ventes/par/pays?"},
		{"/ventes/par%2Fpays/France", 404, "has no endpoint /ventes"},
		{"/ventes/par", 404, "has no endpoint /ventes"},
		{"/ventes/pays", 404, "has no endpoint /ventes"},
		{"/ventes/pays?release=1&fields=pays", 200, `[{"pays":"France"},{"pays":"Belgique"},{"pays":"Côte D'Ivoire"}]`},
		{"/ventes/pays.csv?release=1&fields=pays", 200, "pays\r\nFrance\r\n"},
		{"/m/shop/ventes/pays?as_of=2026-01-31&fields=pays&limit=1", 200, `[{"pays":"France"}]`},
		{"/ventes/pays/France?release=1&fields=pays", 200, `{"pays":"France"}`},
		{"/ventes/par/pays?release=1", 404, "shop/1 has no endpoint /ventes/par/pays (did you mean /ventes/pays?)"},
		{"/ventes/par/pays?release=7", 404, "unknown_release"},
		{"/ventes/par/pays?release=x", 400, `"parameter":"release"`},
		{"/clients/1?fields=client", 200, `{"client":1}`},
		{"/datasets/ca_pays/nothing/here", 404, "there is nothing at"},
		{"/m/none/ventes/par/pays", 404, "there is nothing at"},
		{"/", 200, `"/ventes/par/pays"`},
		{"/openapi.json", 200, `"/ventes/par/pays/{pays}"`},
	} {
		w := ask(h, "GET "+c.url)
		if body := strings.ReplaceAll(w.Body.String(), ",\n", ","); w.Code != c.status || !strings.Contains(strings.ReplaceAll(body, "[\n", "["), c.part) {
			t.Errorf("GET %s: %d, expected %d with %s\n%.600s", c.url, w.Code, c.status, c.part, body)
		}
	}
	if w := ask(h, "HEAD /ventes/par/pays"); w.Code != http.StatusOK || w.Header().Get("Goldserve-Release") != "shop/2" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if w := ask(h, "GET /ventes/par/pays/"); w.Code != http.StatusPermanentRedirect {
		t.Errorf("a trailing slash: %d", w.Code)
	}
}
