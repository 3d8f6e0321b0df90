package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"goldserve/gold"
)

// TestAnswersThatAreRefused: each ends in an error of the program's own, without a credential, and no other server is called.
func TestAnswersThatAreRefused(t *testing.T) {
	var called atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer other.Close()
	for name, c := range map[string]struct {
		config, table string // answers; a status before them
		kind          gold.ErrorKind
		words         string
	}{
		"another address":         {fmt.Sprintf(`{"overrides":{"uri":%q}}`, other.URL), `{}`, gold.Invalid, "refers to another address"},
		"a redirect":              {`{}`, "302 " + other.URL, gold.Invalid, "redirects to another address (status 302)"},
		"a prefix above":          {`{"overrides":{"prefix":"a/../.."}}`, `{}`, gold.Invalid, "a path prefix that is not a valid path"},
		"no catalog":              {`<html>`, `{}`, gold.Invalid, "not that of an Iceberg REST catalog"},
		"no metadata":             {`{}`, `{"metadata-location":"x"}`, gold.Invalid, "without the table's metadata"},
		"no table":                {`{}`, `404 {"error":{"message":"gone"}}`, gold.Invalid, "no such table: gone"},
		"a token that comes back": {`{}`, `404 {"error":{"message":"Bearer canary sees none"}}`, gold.Invalid, "no such table: Bearer … sees none"},
		"a server that is busy":   {`{}`, `503 {"error":{"message":"later"}}`, gold.Unavailable, "(status 503): try again: later"},
		"a token that is old":     {`{}`, `401 {}`, gold.Invalid, "PYICEBERG_CATALOG__DEFAULT__TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text := c.config
				if strings.Contains(r.URL.Path, "/tables/") {
					text = c.table
				}
				var status int
				if n, _ := fmt.Sscanf(text, "%3d ", &status); n == 1 {
					if status == http.StatusFound {
						w.Header().Set("Location", text[4:])
					}
					w.WriteHeader(status)
					text = text[4:]
				}
				_, _ = w.Write([]byte(text))
			}))
			defer server.Close()
			catalog, err := New(Config{URL: server.URL + "/", Auth: Auth{Token: "canary"}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = catalog.Table(t.Context(), "n.t")
			if gold.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %q", err, c.words)
			}
		})
	}
	if n := called.Load(); n > 0 {
		t.Errorf("another server was called %d times", n)
	}
}

// TestATokenIsFetchedOnceAndAgainWhenItIsRefused counts what a catalog is asked.
func TestATokenIsFetchedOnceAndAgainWhenItIsRefused(t *testing.T) {
	var tokens atomic.Int64
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil || r.PostForm.Encode() != "client_id=me&client_secret=a%3Ab&grant_type=client_credentials&scope=PRINCIPAL_ROLE%3AALL" {
				t.Errorf("form %q", r.PostForm.Encode())
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint("t", tokens.Add(1)), "expires_in": 3600})
			return
		}
		if r.Header.Get("Authorization") != fmt.Sprint("Bearer t", max(tokens.Load(), 2)) {
			w.WriteHeader(http.StatusUnauthorized) // the first token
			return
		}
		paths = append(paths, r.URL.EscapedPath())
		_, _ = w.Write([]byte(`{"defaults":{"prefix":"p"},"metadata":{},"metadata-location":"s3://b/x/v1.metadata.json"}`))
	}))
	defer server.Close()
	c, err := New(Config{URL: server.URL, Auth: Auth{Credential: "me:a:b", Scope: "PRINCIPAL_ROLE:ALL"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if table, err := c.Table(t.Context(), "a.b.t é"); err != nil || table.File != "v1.metadata.json" {
			t.Fatalf("%+v, %v", table, err)
		}
	}
	if tokens.Load() != 2 || len(paths) != 4 || paths[3] != "/v1/p/namespaces/a%1Fb/tables/t%20%C3%A9" {
		t.Errorf("%d tokens, paths %q", tokens.Load(), paths)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Table(ended, "a.t"); err != context.Canceled { //nolint:errorlint // it is that itself
		t.Error(err)
	}
}

func TestAddressesOfCatalogs(t *testing.T) {
	for address, fine := range map[string]bool{
		"http://127.0.0.1:8181": true, "https://catalog.example.com/api/catalog": true, "": false, "catalog": false, "file:///x": false,
		"http://me:canary@host": false, "http://host/?token=canary": false, "s3://lake": false,
	} {
		if err := Check(address); (err == nil) != fine || err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
