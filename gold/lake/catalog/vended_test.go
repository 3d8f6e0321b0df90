package catalog

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCredentialsThatACatalogGives: those of the longest prefix of a table's location, else those of the table.
func TestCredentialsThatACatalogGives(t *testing.T) {
	keys := func(name string) string {
		return fmt.Sprintf(`"s3.access-key-id":%q,"s3.secret-access-key":"canary-%s"`, name, name)
	}
	for name, c := range map[string]struct {
		answer, location, key string
		server                Server
	}{
		"none":             {`{"config":{"s3.endpoint":"http://e"}}`, "s3://b/t", "", Server{}},
		"no secret":        {`{"config":{"s3.access-key-id":"k"}}`, "s3://b/t", "", Server{}},
		"a number":         {`{"config":{"s3.session-token-expires-at-ms":1,` + keys("k") + `}}`, "s3://b/t", "k", Server{}},
		"the table's":      {`{"config":{` + keys("k") + `,"s3.endpoint":"http://e","client.region":"r","s3.path-style-access":"true"}}`, "s3a://b/t/", "k", Server{"http://e", "r", true}},
		"a file":           {`{"config":{` + keys("k") + `}}`, "file:///b/t", "", Server{}},
		"the longest":      {`{"storage-credentials":[{"prefix":"s3://b","config":{` + keys("b") + `}},{"prefix":"s3://b/t","config":{` + keys("t") + `,"s3.region":"r"}},{"prefix":"s3","config":{` + keys("all") + `}}]}`, "s3://b/t", "t", Server{"", "r", false}},
		"of another table": {`{"config":{` + keys("k") + `},"storage-credentials":[{"prefix":"s3://b/t/","config":{` + keys("t") + `}}]}`, "s3://b/t2", "k", Server{}},
		"of another store": {`{"storage-credentials":[{"prefix":"gs://b/t/","config":{"gcs.oauth2.token":"canary"}}]}`, "s3://b/t", "", Server{}},
	} {
		var table Table
		if err := json.Unmarshal([]byte(c.answer), &table); err != nil {
			t.Fatal(err)
		}
		v := table.Vended(c.location)
		if v == nil {
			v = &Vended{}
		}
		if v.Key != c.key || v.Server != c.server || c.key != "" && v.Secret != "canary-"+c.key {
			t.Errorf("%s: key %q, %+v", name, v.Key, v.Server)
		}
		if said := fmt.Sprintf("%v %+v %#v", v, v, v); strings.Contains(said, "canary") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestACatalogThatCanGiveNoCredentials is asked again without.
func TestACatalogThatCanGiveNoCredentials(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError} {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/tables/") {
				asked = append(asked, r.Header.Get("X-Iceberg-Access-Delegation"))
				if len(asked) == 1 {
					w.WriteHeader(status)
				}
			}
			_, _ = w.Write([]byte(`{"metadata":{},"metadata-location":"s3://b/x/v1.metadata.json"}`))
		}))
		defer server.Close()
		c, err := New(Config{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		table, err := c.Table(t.Context(), "n.t")
		if err != nil || table.Vended("s3://b/x") != nil || strings.Join(asked, ",") != "vended-credentials," {
			t.Errorf("%d: asked %q, %v", status, asked, err)
		}
	}
}
