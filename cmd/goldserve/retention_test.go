package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestOldReleasesArePrunedAndAnswer410(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		keep := []string{"--keep", "1", "--keep-months", "1", "--grace", "1ms"}
		for range 3 {
			changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
			publishLake(t, p, lake, keep...)
		}
		before := mustCLI(t, "releases", "--json", "--store", p.store)
		dry := mustCLI(t, append([]string{"prune", "--dry-run", "--store", p.store}, keep...)...)
		if !strings.Contains(dry, "would be") || mustCLI(t, "releases", "--json", "--store", p.store) != before {
			t.Errorf("a dry run changed something: %s", dry)
		}
		for range 2 { // mark, then drop
			mustCLI(t, append([]string{"prune", "--store", p.store}, keep...)...)
		}
		var releases []listed
		if err := json.Unmarshal([]byte(mustCLI(t, "releases", "--json", "--store", p.store)), &releases); err != nil {
			t.Fatal(err)
		}
		for _, r := range releases {
			if r.Pruned != (r.Release < 3) || r.Current != (r.Release == 3) {
				t.Errorf("%+v", r)
			}
		}
		server := served(t, p)
		for path, want := range map[string]int{"/kpis?release=1": http.StatusGone, "/kpis?release=3": http.StatusOK, "/kpis": http.StatusOK} {
			if status, body := get(t, server.URL, path); status != want {
				t.Errorf("GET %s: %d %s", path, status, body)
			}
		}
		if code, _, stderr := cli(t, "rollback", "1", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "1") {
			t.Errorf("rollback to a pruned release: exit %d %s", code, stderr)
		}
	})
}

func TestStatus(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		if code, _, stderr := cli(t, "status", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "publish") {
			t.Errorf("before the first publish: exit %d %s", code, stderr)
		}
		publishLake(t, p, copyLake(t))
		if out := mustCLI(t, "status", "--store", p.store); !strings.Contains(out, "retail/1") || !strings.Contains(out, "behind     none") {
			t.Errorf("status: %s", out)
		}
	})
}
