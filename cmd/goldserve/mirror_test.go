package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// mirrorSchema returns a PostgreSQL server and a fresh schema of the test there, and asks there.
func mirrorSchema(t *testing.T) (address, schema string, ask func(query string) string) {
	t.Helper()
	address = storetest.Postgres(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	schema = strings.ToLower(t.Name())
	drop := func() {
		if _, err := conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	}
	drop()
	t.Cleanup(func() {
		drop()
		_ = conn.Close(context.Background())
	})
	return address, schema, func(query string) string {
		t.Helper()
		rows, err := conn.Query(t.Context(), strings.ReplaceAll(query, "{s}", schema))
		if err != nil {
			t.Fatal(err)
		}
		values, err := pgx.CollectRows(rows, pgx.RowToMap)
		if err != nil {
			t.Fatal(query, err)
		}
		return fmt.Sprint(values)
	}
}

// TestTheSampleIsMirrored: the figures are those of README, which a test checks against the API.
func TestTheSampleIsMirrored(t *testing.T) {
	address, schema, ask := mirrorSchema(t)
	p := sqlitePlace(t)
	publishSample(t, p)
	out := mustCLI(t, "mirror", "--store", p.store, "--to", address, "--schema", schema)
	if !strings.Contains(out, "retail release 1 is in postgres://127.0.0.1:") || strings.Contains(out, "left out") {
		t.Error(out)
	}
	if got := ask("SELECT count(*) AS n, sum(montant)::numeric(12,2)::text AS ca FROM {s}.gold_fact_achats"); got != "[map[ca:4969961.81 n:22403]]" {
		t.Error(got)
	}
	if got := ask("SELECT count(*) AS n FROM {s}.gold_fact_achats JOIN {s}.gold_dim_clients USING (id_client)"); got != "[map[n:22403]]" {
		t.Error(got)
	}
	if got := ask("SELECT max(mois_date)::text AS last FROM {s}.gold_monthly"); got != "[map[last:2026-01-01]]" {
		t.Error(got)
	}
	if got := ask("SELECT count(*) > 0 AS some FROM information_schema.referential_constraints WHERE constraint_schema = '{s}'"); got != "[map[some:true]]" {
		t.Error(got)
	}
	if out := mustCLI(t, "mirror", "--store", p.store, "--to", address, "--schema", schema); !strings.Contains(out, "nothing to do") {
		t.Error(out)
	}
	var m mirrored
	lastEvent(t, mustCLI(t, "mirror", "ca_monthly", "--store", p.store, "--to", address, "--schema", schema, "--json"), &m)
	if m.Event != "unchanged" || len(m.Unchanged) != 1 || m.Release != 1 {
		t.Errorf("%+v", m)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such dataset":          {[]string{"ca_montly", "--to", address}, exitRefused, "did you mean ca_monthly?"},
		"not for BI tools":         {[]string{"clients_by_month", "--to", address}, exitRefused, "collection: none"},
		"no such release":          {[]string{"--release", "7", "--to", address}, exitRefused, "7"},
		"no mirror":                {nil, exitUsage, "--to postgres://"},
		"no such kind of database": {[]string{"--to", "oracle://u:canary@h/x"}, exitUsage, "oracle://h/x"},
		"no address":               {[]string{"--to", "postgres://u:canary@h:port/x"}, exitUsage, "expected postgres://"},
		"no server":                {[]string{"--to", "mysql://u:canary@127.0.0.1:1/x"}, exitUnavailable, "mysql://127.0.0.1:1/x"},
		"no such database":         {[]string{"--to", strings.TrimSuffix(address, "postgres") + "nowhere"}, exitUnavailable, "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := cli(t, append([]string{"mirror", "--store", p.store}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.says) || strings.Contains(stdout+stderr, "canary") {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, c.code, c.says, stdout, stderr)
			}
		})
	}
}

// TestAPublishThatItsMirrorMissesIsServed, is shown by status, and the next publish repairs it.
func TestAPublishThatItsMirrorMissesIsServed(t *testing.T) {
	address, schema, ask := mirrorSchema(t)
	p := sqlitePlace(t)
	folder := copyLake(t)
	code, stdout, stderr := cli(t, "publish", "--lake", folder, "--store", p.store, "--mirror", "postgres://u:canary@127.0.0.1:1/x", "--mirror-schema", schema)
	if code != exitFailed || !strings.Contains(stdout, "release 1: ") || !strings.Contains(stderr, "release 1 is served, but its mirror does not show it") || strings.Contains(stdout+stderr, "canary") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if got := mustCLI(t, "query", "ca_monthly", "--store", p.store, "--limit", "1"); !strings.Contains(got, "2024-01") {
		t.Error(got)
	}
	code, stdout, _ = cli(t, "status", "--store", p.store)
	if code != exitDone || !strings.Contains(stdout, "publish: mirror_behind") || strings.Contains(stdout, "canary") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	t.Setenv("GOLDSERVE_MIRROR", address)
	t.Setenv("GOLDSERVE_MIRROR_SCHEMA", schema)
	code, stdout, stderr = cli(t, "status", "--store", p.store)
	if code != exitFailed || !strings.Contains(stdout, "shows no release") || !strings.Contains(stderr, "mirror") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if out := mustCLI(t, "publish", "--lake", folder, "--store", p.store); !strings.Contains(out, "nothing to do") {
		t.Error(out)
	}
	if out := mustCLI(t, "status", "--store", p.store); !strings.Contains(out, "shows release 1") {
		t.Error(out)
	}
	changeFacts(t, folder, func(rows []purchase) []purchase { return rows[1:] })
	var event published
	lastEvent(t, mustCLI(t, "publish", "--lake", folder, "--store", p.store, "--json"), &event)
	const shown = "SELECT DISTINCT release FROM {s}.gold_release"
	if got := ask(shown); event.Release != 2 || got != "[map[release:2]]" {
		t.Error(event.Release, got)
	}
	mustCLI(t, "rollback", "1", "--store", p.store)
	if got := ask(shown); got != "[map[release:1]]" {
		t.Error(got)
	}
	// A run without it, of which the last event is a failure of the status alone.
	mustCLI(t, "publish", "--lake", folder, "--store", p.store, "--again", "--mirror", noMirror)
	code, stdout, _ = cli(t, "status", "--store", p.store, "--json")
	if code != exitFailed || !strings.Contains(stdout, `"behind": true`) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if out := mustCLI(t, "mirror", "--store", p.store); !strings.Contains(out, "retail release 3 is in ") {
		t.Error(out)
	}
	code, stdout, _ = cli(t, "publish", "--lake", folder, "--store", p.store, "--json", "--mirror", "postgres://127.0.0.1:1/x")
	if code != exitFailed || !strings.Contains(stdout, `"event":"unchanged"`) || !strings.Contains(stdout, fmt.Sprintf(`"code":%q`, gold.CodeMirrorBehind)) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}
