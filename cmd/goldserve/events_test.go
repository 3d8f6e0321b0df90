package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// event is any line of --json.
type event struct {
	Event    string
	Dataset  string
	Rows     int64
	Of       int64
	Release  int64
	Code     string
	Kept     any
	Rules    int
	Problems []struct{ Code, File string }
	ExitCode int `json:"exit_code"`
}

// eventsOf reads the events of a command, each on its own line.
func eventsOf(t testing.TB, out string) (events []event, words []string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in line %s", err, line)
		}
		events, words = append(events, e), append(words, strings.TrimSpace(e.Event+" "+e.Dataset))
	}
	return events, words
}

func TestEventsForMachines(t *testing.T) {
	t.Parallel()
	p, lake := sqlitePlace(t), copyLake(t)
	events, words := eventsOf(t, mustCLI(t, "publish", "--json", "--lake", lake, "--store", p.store))
	want := []string{
		"planning", "loading fact_achats", "sealing fact_achats", "done fact_achats", "deriving daily", "loading daily",
		"sealing daily", "done daily", "switching", "refreshing", "judged", "published",
	}
	at := 0
	for _, word := range want {
		next := slices.Index(words[at:], word)
		if next < 0 {
			t.Fatalf("no event %q after %v in\n%s", word, words[:at], strings.Join(words, "\n"))
		}
		at += next
	}
	if last := events[len(events)-1]; at != len(events)-1 || last.Release != 1 || last.Rows < 22403 {
		t.Errorf("the last event: %+v", last)
	}
	for _, e := range events {
		if e.Event == "sealing" && e.Dataset == "fact_achats" && (e.Rows != 22403 || e.Of != 22403) {
			t.Errorf("%+v: want 22403 rows of 22403", e)
		}
	}

	changeFacts(t, lake, func(rows []purchase) []purchase {
		rows[7].Amount = -5
		return rows
	})
	code, stdout, stderr := cli(t, "publish", "--json", "--lake", lake, "--store", p.store)
	events, words = eventsOf(t, stdout)
	last := events[len(events)-1]
	if code != exitRefused || last.Event != "failed" || last.Code != "quality_failed" || last.ExitCode != exitRefused ||
		len(last.Problems) == 0 || last.Problems[0].File != "fact_achats.parquet" || words[len(words)-2] != "judged" || !strings.Contains(stderr, "row 8") {
		t.Errorf("refused: exit %d, %+v\n%s", code, last, stderr)
	}

	_, words = eventsOf(t, mustCLI(t, "publish", "--json", "--lake", filepath.Join(sample, "gold"), "--store", p.store))
	if !slices.Equal(words, []string{"planning", "unchanged"}) {
		t.Errorf("nothing to do: %v", words)
	}
	changeProducts(t, lake, otherRevenue)
	changeFacts(t, lake, func(rows []purchase) []purchase {
		rows[7].Amount = 5
		return rows
	})
	publishLake(t, p, lake)
	events, words = eventsOf(t, mustCLI(t, "rollback", "1", "--json", "--store", p.store))
	if !slices.Equal(words, []string{"refreshing", "rolled_back"}) || events[1].Release != 1 {
		t.Errorf("rollback: %v", words)
	}
	code, stdout, _ = cli(t, "rollback", "99", "--json", "--store", p.store)
	if events, _ := eventsOf(t, stdout); code != exitRefused || events[len(events)-1].Code != "unknown_release" {
		t.Errorf("rollback 99: exit %d, %s", code, stdout)
	}
	if _, words := eventsOf(t, mustCLI(t, "prune", "--json", "--store", p.store)); !slices.Equal(words, []string{"pruned"}) {
		t.Errorf("prune: %v", words)
	}
	code, stdout, _ = cli(t, "publish", "--json", "--lake", lake, "--store", p.store, "--model", "shoe")
	if events, _ := eventsOf(t, stdout); code != exitUsage || events[0].Code != "usage" || events[0].ExitCode != exitUsage {
		t.Errorf("no such model: exit %d, %s", code, stdout)
	}
}

func TestPublishSaysWhatBecameOfTheRules(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		out := mustCLI(t, "publish", "--lake", lake, "--store", p.store)
		var kept, rules int
		if _, err := fmt.Sscanf(out, "retail: %d of %d rules hold in 16 datasets, 7 of them derived\nretail release 1:", &kept, &rules); err != nil || kept != rules || rules < 40 {
			t.Errorf("all kept:\n%s", out)
		}
		if checked := mustCLI(t, "check", "--lake", lake); !strings.HasPrefix(out, checked) {
			t.Errorf("publish says\n%sand check\n%s", out, checked)
		}
		changeFacts(t, lake, func(rows []purchase) []purchase {
			rows[7].Amount = -5
			return rows
		})
		code, stdout, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
		table := strings.Fields(strings.SplitN(stdout, "\n", 3)[1])
		if code != exitRefused || table[0] != "fact_achats" || table[2] != "error" || table[3] != "1" || !strings.Contains(stdout, "row 8") ||
			!strings.Contains(stdout, fmt.Sprintf("of %d rules hold in 16 datasets, 7 of them derived\n", rules)) || !strings.Contains(stderr, "fact_achats.parquet: rule montant_range failed") {
			t.Errorf("refused: exit %d\n%s%s", code, stdout, stderr)
		}
	})
}
