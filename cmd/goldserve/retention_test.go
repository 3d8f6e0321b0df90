package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestOldReleasesArePrunedAndAnswer410(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		keep := []string{"--keep", "1", "--keep-months", "1", "--grace", "1ms"}
		for range 3 {
			changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
			publishLake(t, p, lake, keep...)
		}
		before := mustCLI(t, "releases", "--json", "--store", p.store)
		dry := mustCLI(t, append([]string{"prune", "--dry-run", "--store", p.store}, keep...)...)
		if !strings.Contains(dry, "would be") || mustCLI(t, "releases", "--json", "--store", p.store) != before ||
			!strings.Contains(mustCLI(t, "status", "--store", p.store), "last run   publish: published, release 3") {
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

// Who must delete data is told that it is there as long as it is.
func TestPruneSaysWhatIsNotGone(t *testing.T) {
	t.Parallel()
	p, lake := sqlitePlace(t), copyLake(t)
	publishSample(t, p)
	changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
	publishLake(t, p, lake)
	prune := func(args ...string) string {
		return mustCLI(t, append([]string{"prune", "--store", p.store, "--keep", "0", "--keep-months", "0"}, args...)...)
	}
	why := "release 1 expired: not the current one, published more than 1ms ago\n"
	if out := prune("--keep-for", "1ms", "--dry-run"); !strings.Contains(out, "retail: releases [1] would be marked\n  "+why) {
		t.Errorf("a dry run: %s", out)
	}
	if out := prune("--keep-for", "1ms", "--dry-run", "--json"); !strings.Contains(out, `"why":{"1":"not the current one, published`) {
		t.Errorf("a dry run: %s", out)
	}
	if out := prune("--keep", "2", "--keep-bytes", "1kB", "--dry-run"); !strings.Contains(out, "release 1 expired: newer releases already fill the size limit\n") {
		t.Errorf("a dry run within 1 kB: %s", out)
	}
	if out := prune(); !strings.Contains(out, "retail: releases [1] marked\n") || !strings.Contains(out, "rows of releases [1] are not gone: a run drops them once they have been marked for 15m0s") {
		t.Errorf("within the grace: %s", out)
	}
	if out := prune("--grace", "0s"); !strings.Contains(out, "releases [1] dropped") || strings.Contains(out, "releases [1] are not gone") || !strings.Contains(out, "dim_clients") {
		t.Errorf("without a grace: %s", out)
	}
	if out := prune("--json"); !strings.Contains(out, `"why":{},"dropped":[],"waiting":[],"shared":[]`) {
		t.Errorf("nothing to do: %s", out)
	}
	mustCLI(t, "verify", "--store", p.store, "--memory", "2GB")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		if code, _, stderr := cli(t, "status", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "publish") {
			t.Errorf("before the first publish: exit %d %s", code, stderr)
		}
		publishSample(t, p)
		out := mustCLI(t, "status", "--store", p.store)
		if !strings.Contains(out, "retail/1") || !strings.Contains(out, "behind     none") || !strings.Contains(out, "last run   publish: published, release 1 (") || strings.Contains(out, "failed") {
			t.Errorf("status: %s", out)
		}
		if code, _, stderr := cli(t, "rollback", "7", "--store", p.store); code != exitRefused {
			t.Fatalf("rollback to nothing: exit %d %s", code, stderr)
		}
		mustCLI(t, "rollback", "1", "--store", p.store)
		out = mustCLI(t, "status", "--store", p.store)
		if !strings.Contains(out, "last run   rollback: rolled back, release 1 (") || !strings.Contains(out, "failed     rollback: unknown_release (") || !strings.Contains(out, "has no release 7") {
			t.Errorf("status after a failure: %s", out)
		}
		var s statusReport
		if err := json.Unmarshal([]byte(mustCLI(t, "status", "--json", "--store", p.store)), &s); err != nil || len(s.Attempts) != 3 || s.Attempts[0].Command != "rollback" || s.Attempts[2].Command != "publish" {
			t.Errorf("attempts are %+v (%v), expected two rollbacks and a publish", s.Attempts, err)
		}
	})
}

// A BI database that waits for its time is not called behind; SQLite's never waits.
func TestStatusSaysWhenTheBIDatabaseIsRefreshed(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishLake(t, p, lake, "--bi-every", "1h")
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		out := publishLake(t, p, lake, "--bi-every", "1h")
		status := mustCLI(t, "status", "--store", p.store)
		if waits := !strings.HasPrefix(p.store, "sqlite:"); out.RefreshDue.IsZero() == waits || strings.Contains(status, "gold_release; due at ") != waits {
			t.Errorf("due at %s\n%s", out.RefreshDue, status)
		}
		publishLake(t, p, lake)
		if status := mustCLI(t, "status", "--store", p.store); !strings.Contains(status, "behind     none\n") {
			t.Error(status)
		}
	})
}
