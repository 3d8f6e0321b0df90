package main

import (
	"slices"
	"strings"
	"testing"
)

func TestShellCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out := mustCLI(t, "completion", shell); !strings.Contains(out, "goldserve") {
			t.Errorf("completion %s: %.200s", shell, out)
		}
	}
	completed := func(args ...string) (words []string) {
		t.Helper()
		for line := range strings.Lines(mustCLI(t, append([]string{"__complete"}, args...)...)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			words = append(words, word)
		}
		return words[:len(words)-1] // the last one is a directive
	}
	if got := completed("publish", "--model", ""); !slices.Equal(got, shipped()) {
		t.Errorf("--model: %v", got)
	}
	if got := completed("publish", "--models", ownModels, "--model", ""); !slices.Contains(got, "weather") || !slices.Contains(got, "retail") {
		t.Errorf("--model with --models: %v", got)
	}
	if got := completed("serve", "--log", ""); !slices.Equal(got, []string{"text", "json"}) {
		t.Errorf("--log: %v", got)
	}
	if got := completed("serve", "--log-level", ""); len(got) != 4 {
		t.Errorf("--log-level: %v", got)
	}
	for _, store := range []string{"sqlite:" + t.TempDir() + "/none.db", "postgres://x", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"} {
		if got := completed("rollback", "--store", store, ""); len(got) != 0 {
			t.Errorf("rollback in %s: %v", store, got)
		}
	}
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		for range 3 {
			publishLake(t, p, lake)
			changeProducts(t, lake, otherRevenue)
		}
		if got := completed("rollback", "--store", p.store, ""); !slices.Equal(got, []string{"2", "1"}) {
			t.Errorf("rollback: %v, want the releases that are not current", got)
		}
		if got := completed("verify", "--store", p.store, ""); !slices.Equal(got, []string{"3", "2", "1"}) {
			t.Errorf("verify: %v", got)
		}
	})
}
