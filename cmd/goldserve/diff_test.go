package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestDiff: what differs between two releases is what was changed in the lake between them.
func TestDiff(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		var added, changed, removed purchase
		changeFacts(t, lake, func(rows []purchase) []purchase {
			removed, changed, added = rows[3], rows[7], rows[5]
			changed.Amount++
			added.ID = rows[len(rows)-1].ID + 1
			rows[7] = changed
			return append(append(rows[:3:3], rows[4:]...), added)
		})
		publishLake(t, p, lake)
		var got struct {
			Model    string
			From, To int64
			Figures  map[string]struct{ From, To json.RawMessage }
			Datasets []struct {
				Dataset                 string
				Added, Removed, Changed int64
				Key                     []string
			}
		}
		if err := json.Unmarshal([]byte(mustCLI(t, "diff", "1", "2", "--store", p.store, "--json")), &got); err != nil {
			t.Fatal(err)
		}
		facts := 0
		for _, d := range got.Datasets {
			if d.Dataset == "fact_achats" {
				facts++
				if d.Added != 1 || d.Removed != 1 || d.Changed != 1 || len(d.Key) != 1 {
					t.Errorf("facts: %+v", d)
				}
			}
			if d.Dataset == "client_scores" && d.Added+d.Removed+d.Changed != 0 {
				t.Errorf("scores were not published anew: %+v", d)
			}
		}
		if ca := got.Figures["total_ca"]; facts != 1 || got.From != 1 || got.To != 2 || string(ca.From) == string(ca.To) {
			t.Errorf("%+v", got)
		}
		if out := mustCLI(t, "diff", "1", "2", "--store", p.store); !strings.Contains(out, "fact_achats") || !strings.Contains(out, "total_ca") || strings.Contains(out, "client_scores ") {
			t.Errorf("diff:\n%s", out)
		}
		var rows struct {
			Rows []struct {
				Change   string
				Key      map[string]int64
				From, To map[string]any
			}
			Truncated bool
		}
		if err := json.Unmarshal([]byte(mustCLI(t, "diff", "1", "2", "--dataset", "fact_achats", "--store", p.store, "--json")), &rows); err != nil {
			t.Fatal(err)
		}
		if len(rows.Rows) != 3 || rows.Truncated {
			t.Fatalf("%+v", rows)
		}
		for _, r := range rows.Rows {
			want := map[string]int64{"removed": removed.ID, "changed": changed.ID, "added": added.ID}[r.Change]
			if r.Key["id_achat"] != want || r.Change == "changed" && (len(r.From) != 1 || len(r.To) != 1 || r.To["montant"] != changed.Amount) {
				t.Errorf("%+v, want the key %d", r, want)
			}
		}
		out := mustCLI(t, "diff", "1", "2", "--dataset", "fact_achats", "--limit", "2", "--store", p.store)
		if strings.Count(out, "\n") != 3 || !strings.Contains(out, " → ") {
			t.Errorf("rows:\n%s", out)
		}
		for _, c := range []struct {
			args []string
			exit int
			says string
		}{
			{[]string{"1", "9"}, exitRefused, "no release 9"},
			{[]string{"1", "2", "--dataset", "fact_achat"}, exitRefused, "did you mean fact_achats?"},
			{[]string{"1"}, exitUsage, "two release numbers"},
			{[]string{"1", "x"}, exitUsage, "expected a release number"},
		} {
			if code, _, stderr := cli(t, append(append([]string{"diff"}, c.args...), "--store", p.store)...); code != c.exit || !strings.Contains(stderr, c.says) {
				t.Errorf("diff %v: exit %d\n%s", c.args, code, stderr)
			}
		}
	})
}
