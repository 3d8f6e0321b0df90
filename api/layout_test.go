package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/dashboard"
)

// TestAReleaseIsShownInItsOwnLayout: today's is for releases that record none.
func TestAReleaseIsShownInItsOwnLayout(t *testing.T) {
	store := openStore(t)
	layout := func(title string) dashboard.Layout {
		return dashboard.Layout{Tables: []dashboard.Table{{ID: "t", Title: map[string]string{"en": title}, Dataset: "ca_pays", Fields: []string{"pays", "ca"}}}}
	}
	ctx := t.Context()
	lease := must(store.Acquire(ctx, "shop", "test", time.Minute))(t)
	for number, title := range []string{"", "First", "Second"} {
		var versions []gold.Version
		for _, tb := range shopTables(1) {
			versions = append(versions, load(ctx, t, store, *lease, tb))
		}
		r := newRelease(1, versions)
		if title != "" {
			r.Dashboard = must(json.Marshal(layout(title)))(t)
		}
		must(store.Publish(ctx, gold.Publication{Lease: *lease, From: int64(number), Release: r}))(t)
	}
	h := must(api.New(api.Config{Reader: store, Models: []gold.Model{shop()}, Dashboards: map[string]dashboard.Layout{"shop": layout("Today")}}))(t).Handler()
	for url, want := range map[string]string{"/dashboard": "Second", "/dashboard?release=3": "Second", "/dashboard?release=2": "First", "/dashboard?release=1": "Today"} {
		if body := ask(h, "GET "+url).Body.String(); !strings.Contains(body, `"tables":[{"id":"t","title":{"en":"`+want+`"}`) {
			t.Errorf("GET %s: no %s in\n%s", url, want, body)
		}
	}
}
