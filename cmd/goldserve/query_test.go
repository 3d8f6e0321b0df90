package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestQueryIsTheAPIOnACommandLine(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	server := served(t, p)
	ask := func(args ...string) string {
		return mustCLI(t, append([]string{"query", "--store", p.store}, args...)...)
	}

	got := ask("client_scores", "--where", "pays=France", "--sort", "-expected_value_12m", "--fields", "id_client,expected_value_12m", "--limit", "20")
	_, want := get(t, server.URL, "/datasets/client_scores/rows?pays=France&sort=-expected_value_12m&fields=id_client,expected_value_12m&limit=20&format=csv")
	if got != string(want) || strings.Count(got, "\n") != 21 {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	got = ask("fact_achats", "--group-by", "date_achat.month,pays", "--measures", "ca:sum(montant),count()", "-w", "produit__in=\"Tray, Breakfast\",Mug", "-w", "date_achat__gte=2025", "--format", "ndjson", "--release", "1")
	_, want = get(t, server.URL, "/datasets/fact_achats/aggregate?group_by=date_achat.month,pays&measures=ca:sum(montant),count()&produit__in=%22Tray,%20Breakfast%22,Mug&date_achat__gte=2025&format=ndjson&release=1")
	if got != string(want) {
		t.Errorf("%s\nwant:\n%s", got, want)
	}

	document := filepath.Join(t.TempDir(), "question.json")
	if err := os.WriteFile(document, []byte(`{"dataset": "fact_achats", "group_by": ["pays"], "measures": ["ca:sum(montant)"],
		"or": [{"pays__in": ["France", "Germany"], "montant__gte": 20}, {"not": {"date_achat__lt": "2025"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	got = ask("--file", document, "--sort", "-ca", "--limit", "3")
	_, want = get(t, server.URL, "/datasets/fact_achats/aggregate?group_by=pays&measures=ca:sum(montant)&or=(and(pays__in=(France,Germany),montant__gte=20),not(date_achat__lt=2025))&sort=-ca&limit=3&format=csv")
	if got != string(want) || strings.Count(got, "\n") != 4 {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	for _, args := range [][]string{{"--file", document, "dim_clients"}, {"--file", document, "--measures", "count()"}, {"--file", document + "x"}} {
		if code, _, stderr := cli(t, append([]string{"query", "--store", p.store}, args...)...); code != exitUsage {
			t.Errorf("%s: exit %d %s", args, code, stderr)
		}
	}

	timing := regexp.MustCompile(`"(query|total)_ms":[0-9.]+`)
	for path, args := range map[string][]string{
		"/kpis?pays=France&compare=previous&date_achat__gte=2025-06":                      {"/kpis", "-w", "pays=France", "-w", "compare=previous", "-w", "date_achat__gte=2025-06"},
		"/by_country?pays=Frnace":                                                         {"/by_country", "-w", "pays=Frnace"},
		"/datasets/fact_achats/aggregate?group_by=pays&measures=sum(montant)&totals=true": {"fact_achats", "--group-by", "pays", "--measures", "sum(montant)", "-w", "totals=true"},
		"/datasets/fact_achats/values/pays":                                               {"/datasets/fact_achats/values/pays"},
		"/datasets/fact_achats/concentration/pays?measures=count()&explain=true":          {"/datasets/fact_achats/concentration/pays", "--measures", "count()", "--explain"},
		"/releases?limit=1": {"/releases", "--limit", "1"},
	} {
		_, body := get(t, server.URL, path)
		got, want := timing.ReplaceAllString(ask(append(args, "--format", "json")...), ""), timing.ReplaceAllString(string(body), "")
		if got != want {
			t.Errorf("%s: %s\nwant:\n%s", path, got, want)
		}
	}
	if got = ask("/kpis"); !strings.HasPrefix(got, `{"total_ca":`) {
		t.Errorf("what has no rows: %s", got)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "all.parquet")
	ask("client_scores", "--limit", "0", "-o", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	if err != nil || f.NumRows() != int64(strings.Count(ask("client_scores", "--limit", "0"), "\n")-1) {
		t.Errorf("%v: %d rows", err, f.NumRows())
	}
	for _, args := range [][]string{
		{"client_scores", "--where", "nope=1", "-o", filepath.Join(folder, "bad.csv")},
		{"client_scores", "-o", filepath.Join(folder, "nowhere", "x.csv")},
	} {
		if code, _, stderr := cli(t, append([]string{"query", "--store", p.store}, args...)...); code != exitUsage {
			t.Errorf("%s: exit %d %s", args, code, stderr)
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestQueryPrintsTables(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	ask := func(args ...string) (stdout, stderr string) {
		code, stdout, stderr := cli(t, append([]string{"query", "--store", p.store, "--format", "table"}, args...)...)
		if code != exitDone {
			t.Errorf("%s: exit %d %s", args, code, stderr)
		}
		return stdout, stderr
	}
	stdout, stderr := ask("/by_country", "--limit", "2", "--sort", "pays")
	lines := strings.Split(stdout, "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "pays ") || !strings.HasSuffix(lines[0], "ca (EUR)") || len(lines[1]) != len(lines[2]) {
		t.Errorf("%s", stdout)
	}
	if !strings.Contains(stderr, "2 rows of ") || !strings.Contains(stderr, "release retail/1 as of 2026-") || !strings.Contains(stderr, "--limit 0") {
		t.Errorf("%s", stderr)
	}
	if stdout, _ = ask("/kpis"); !strings.Contains(stdout, "\ntotal_achats         22403\n") || strings.Contains(stdout, "meta") {
		t.Errorf("%s", stdout)
	}
	if stdout, _ = ask("/kpis", "-w", "compare=previous", "-w", "date_achat__gte=2026-06"); !strings.Contains(stdout, "\ntotal_achats_previous ") || !strings.Contains(stdout, "\ntotal_achats_change ") {
		t.Errorf("%s", stdout)
	}
	// What is no question to the engine: members that some have and others lack are columns.
	if stdout, stderr = ask("/datasets"); strings.Count(stdout, "\n") != 14 || !strings.Contains(stdout, " endpoint ") || !strings.Contains(stderr, "release retail/1 as of 2026-") {
		t.Errorf("%s%s", stdout, stderr)
	}
	if stdout, stderr = ask("/datasets/fact_achats/values/pays", "--limit", "2"); strings.Count(stdout, "\n") != 3 || !strings.Contains(stderr, "2 rows, release ") || !strings.Contains(stderr, "there are more rows") {
		t.Errorf("%s%s", stdout, stderr)
	}
	if stdout, stderr = ask("ca_country", "-w", "pays=france"); stdout != "" || !strings.Contains(stderr, "did you mean France?") {
		t.Errorf("%s%s", stdout, stderr)
	}
	if _, stderr = ask("fact_achats", "--group-by", "pays", "--measures", "median(montant)", "--explain"); !strings.Contains(stderr, "smallest of fact_achats by clients_by_day: not applied: a measure can't be computed from those of the groups: median(montant)\n") {
		t.Errorf("%s", stderr)
	}
	if c := newCell("x", []byte(`"a\u001b[31m\nb"`)); c.text != "a�[31m�b" {
		t.Errorf("a value steers the terminal: %q", c.text)
	}
}

func TestQueryRefusals(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	for want, c := range map[string]struct {
		code int
		args []string
	}{
		"did you mean segment_label":                                 {exitUsage, []string{"client_scores", "--where", "segment=VIP"}},
		"limit: expected a whole number":                             {exitUsage, []string{"client_scores", "--limit", "x"}},
		"expected FIELD=VALUE":                                       {exitUsage, []string{"client_scores", "--where", "pays"}},
		"expected table, json":                                       {exitUsage, []string{"client_scores", "--format", "xml"}},
		"--explain needs a table or JSON":                            {exitUsage, []string{"client_scores", "--explain", "--format", "csv"}},
		"a table can't be written to a file":                         {exitUsage, []string{"client_scores", "--format", "table", "-o", "x"}},
		"did you mean /by_country?":                                  {exitRefused, []string{"/by_countri"}},
		"csv has rows only":                                          {exitUsage, []string{"/kpis", "--format", "csv"}},
		"sort: client_scores can't be sorted by":                     {exitUsage, []string{"client_scores", "--limit", "x", "--sort", "nope"}},
		"no dataset client_score":                                    {exitRefused, []string{"client_score"}},
		"has no release 7\ngoldserve releases lists the releases.\n": {exitRefused, []string{"client_scores", "--release", "7"}},
		"no row with the key":                                        {exitRefused, []string{"/scores/999999999"}},
		"query needs the name of a dataset":                          {exitUsage, nil},
		"--model is \"nope\": expected one":                          {exitUsage, []string{"client_scores", "--model", "nope"}},
	} {
		code, stdout, stderr := cli(t, append([]string{"query", "--store", p.store}, c.args...)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", c.args, code, c.code, want, stdout, stderr)
		}
	}
	if code, _, stderr := cli(t, "query", "client_scores", "--store", "sqlite:"+filepath.Join(t.TempDir(), "none.db")); code != exitRefused || !strings.Contains(stderr, "there is no store") {
		t.Errorf("exit %d %s", code, stderr)
	}
	if out := mustCLI(t, "__complete", "query", "client_s"); !strings.Contains(out, "client_scores\n") {
		t.Errorf("completion: %s", out)
	}
	if out := mustCLI(t, "__complete", "query", "client_scores", "--sort", ""); !strings.Contains(out, "expected_value_12m\n") {
		t.Errorf("completion of fields: %s", out)
	}
}
