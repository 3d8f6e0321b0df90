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

// TestAReleaseHasItsOwnTitleLocaleAndTime: today's are for releases that record none.
func TestAReleaseHasItsOwnTitleLocaleAndTime(t *testing.T) {
	store := openStore(t)
	ctx := t.Context()
	lease := must(store.Acquire(ctx, "shop", "test", time.Minute))(t)
	for number, title := range []string{"", "First", "Second"} {
		var versions []gold.Version
		for _, tb := range shopTables(1) {
			versions = append(versions, load(ctx, t, store, *lease, tb))
		}
		r := newRelease(1, versions)
		if title != "" {
			r.Title, r.Locale, r.AsOfField = map[string]string{"en": title}, "nl-BE", gold.FieldRef{Dataset: "achats", Field: []string{"le", "livre"}[number-1]}
		}
		must(store.Publish(ctx, gold.Publication{Lease: *lease, From: int64(number), Release: r}))(t)
	}
	today := shop()
	today.Title, today.Locale, today.AsOf = map[string]string{"en": "Today"}, "fr-FR", gold.FieldRef{Dataset: "achats", Field: "le"}
	h := must(api.New(api.Config{Reader: store, Models: []gold.Model{today}}))(t).Handler()
	for _, c := range []struct{ url, title, locale, field string }{
		{"/dashboard", "Second", "nl-BE", "livre"},
		{"/dashboard?release=3", "Second", "nl-BE", "livre"},
		{"/dashboard?release=2", "First", "nl-BE", "le"},
		{"/dashboard?release=1", "Today", "fr-FR", "le"},
	} {
		var body struct {
			Data struct {
				Model struct {
					Title  map[string]string
					Locale string
				}
				Models    []struct{ Title map[string]string }
				AsOfField string `json:"as_of_field"`
			}
		}
		if w := ask(h, "GET "+c.url); json.Unmarshal(w.Body.Bytes(), &body) != nil {
			t.Fatalf("%s: %d %s", c.url, w.Code, w.Body)
		}
		d := body.Data
		if d.Model.Title["en"] != c.title || d.Model.Locale != c.locale || d.AsOfField != c.field || d.Models[0].Title["en"] != "Second" {
			t.Errorf("%s: got %+v, want %+v", c.url, d, c)
		}
	}
	if body := ask(h, "GET /?format=json").Body.String(); !strings.Contains(body, `"title":{"en":"Second"}`) {
		t.Errorf("the index has another title: %s", body)
	}
}

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
