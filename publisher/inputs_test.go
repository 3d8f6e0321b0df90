package publisher_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/publisher"
)

// TestWhatALakeHasIsListedOnce, in the message, however many files are missing; the line of each has its own nearest name.
func TestWhatALakeHasIsListedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		rename  map[string]string // files of the lake, from and to; to "": removed
		message string
		details []string
	}{
		"one": {
			map[string]string{"sales.parquet": "sale.parquet"},
			`sales.parquet: the lake LAKE has no such file; correct its name or write it (did you mean sale.parquet?); the lake has "returns.parquet", "sale.parquet"`,
			[]string{"sales.parquet: the lake LAKE has no such file; correct its name or write it (did you mean sale.parquet?)"},
		},
		"all": {
			map[string]string{"sales.parquet": "sale.parquet", "returns.parquet": "notes.txt"},
			`the lake can't be published: 2 problems; the lake has "notes.txt", "sale.parquet"`,
			[]string{
				"returns.parquet: the lake LAKE has no such file; correct its name or write it",
				"sales.parquet: the lake LAKE has no such file; correct its name or write it (did you mean sale.parquet?)",
			},
		},
		"an empty lake": {
			map[string]string{"sales.parquet": "", "returns.parquet": ""},
			"the lake can't be published: 2 problems; the lake is empty",
			[]string{
				"returns.parquet: the lake LAKE has no such file; correct its name or write it",
				"sales.parquet: the lake LAKE has no such file; correct its name or write it",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := openMarket(t)
			for from, to := range c.rename {
				err := os.Remove(filepath.Join(m.folder, from))
				if err == nil && to != "" {
					err = os.WriteFile(filepath.Join(m.folder, to), nil, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
			_, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, stall()), Lake: m.source})
			e, ok := errors.AsType[*gold.Error](err)
			if !ok || e.Code != gold.CodeSourceMissing {
				t.Fatalf("%v, want %s", err, gold.CodeSourceMissing)
			}
			in := func(text string) string { return strings.ReplaceAll(text, "LAKE", m.folder) }
			if e.Message != in(c.message) {
				t.Errorf("the message is\n%s, want\n%s", e.Message, in(c.message))
			}
			for i, p := range e.Problems {
				if i >= len(c.details) || p.String() != in(c.details[i]) {
					t.Errorf("problem %d: %s", i, p)
				}
			}
			if len(e.Problems) != len(c.details) {
				t.Errorf("%d problems, want %d", len(e.Problems), len(c.details))
			}
		})
	}
}
