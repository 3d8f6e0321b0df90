package main

import (
	"strings"
	"testing"
)

func TestADatasetThatShrinksIsRefused(t *testing.T) {
	t.Parallel()
	const rows = 22403 // of the sample's facts
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		refused := func(what string, names, hides []string) {
			t.Helper()
			code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store)
			if code != exitRefused || !strings.Contains(stderr, "--allow-shrink") {
				t.Errorf("%s: exit %d, want %d\n%s", what, code, exitRefused, stderr)
			}
			_, stderr, _ = strings.Cut(stderr, "goldserve: ") // the lines of the log name what was loaded
			for _, word := range names {
				if !strings.Contains(stderr, word) {
					t.Errorf("%s: the message does not name %q\n%s", what, word, stderr)
				}
			}
			for _, word := range hides {
				if strings.Contains(stderr, word) {
					t.Errorf("%s: the message names %q\n%s", what, word, stderr)
				}
			}
		}
		before := written(t, p)
		changeFacts(t, lake, func(all []purchase) []purchase { return all[:rows/2] })
		refused("half", []string{"fact_achats", "22403", "11201"}, []string{"daily", "weekly", "distribution"})
		if written(t, p) != before {
			t.Error("the refused publish wrote to the store")
		}

		if r := publishLake(t, p, lake, "--allow-shrink"); r.Release != 2 {
			t.Errorf("with --allow-shrink: %+v", r)
		}
		mustCLI(t, "rollback", "1", "--store", p.store)
		mustCLI(t, "rollback", "2", "--store", p.store) // half as large again, and no publish

		// As many rows, but all of one day: only what is derived from them shrinks.
		changeFacts(t, lake, func(all []purchase) []purchase {
			for i := range all {
				all[i].Date = all[len(all)-1].Date
			}
			return all
		})
		refused("one day", []string{"daily", "weekly", "to 1:"}, []string{"fact_achats"})
		if r := current(t, p); r.Number != 2 {
			t.Errorf("release %d is current after the refusal", r.Number)
		}
	})
}

func TestLessThanHalfMayGo(t *testing.T) {
	t.Parallel()
	p, lake := sqlitePlace(t), copyLake(t)
	publishSample(t, p)
	products := func(n int) {
		changeProducts(t, lake, func(rows []productSales) []productSales { return rows[:n] })
	}
	products(13) // of 24
	if r := publishLake(t, p, lake); r.Release != 2 {
		t.Errorf("13 of 24 rows: %+v", r)
	}
	for _, n := range []int{6, 0} {
		products(n)
		if code, _, stderr := cli(t, "publish", "--lake", lake, "--store", p.store); code != exitRefused || !strings.Contains(stderr, "from 13 rows to") {
			t.Errorf("%d of 13 rows: exit %d\n%s", n, code, stderr)
		}
	}
}
