package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestStagesOfABuildAreApart(t *testing.T) {
	lake := t.TempDir()
	for _, name := range []string{"bronze", "other"} {
		if err := os.Mkdir(filepath.Join(lake, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("bronze", filepath.Join(lake, "link")); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string {
		if strings.Contains(name, "://") {
			return name
		}
		return filepath.Join(lake, name)
	}
	for _, c := range []struct{ a, b, want string }{
		{"bronze", "silver", ""},
		{"bronze", "bronze2", ""},
		{"bronze", "other/bronze", ""},
		{"bronze", "bronze", "are the same place"},
		{"bronze", "bronze/../bronze/", "are the same place"},
		{"bronze", "link", "are the same place"},
		{"bronze", "link/new/gold", "lie in one another"},
		{"bronze/deep", "bronze", "lie in one another"},
		{"new", "new/deeper", "lie in one another"},
		{"s3://b/lake/bronze", "s3://b/lake/gold", ""},
		{"s3://b/lake", "s3://c/lake", ""},
		{"s3://b/lake", "s3://b/lake2", ""},
		{"s3://b/lake", "s3://b/lake/", "are the same place"},
		{"s3://b", "s3://b/lake", "lie in one another"},
		{"s3://b/bronze", "bronze", ""},
	} {
		for _, s := range [][]stageAt{{{"bronze", in(c.a)}, {"gold", in(c.b)}}, {{"bronze", in(c.b)}, {"gold", in(c.a)}}} {
			err := checkApart(s)
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s[0].location) || !strings.Contains(err.Error(), s[1].location)) {
				t.Errorf("%v: %v, want %q", s, err, c.want)
			}
		}
	}
	if err := checkApart([]stageAt{{"silver", "s3://b"}, {"quarantine", below(above("s3://b"), "quarantine")}}); err != nil {
		t.Errorf("a whole bucket of silver: %v", err)
	}
}

// TestBuildsDoNotReplaceRawFiles: a build whose stages are one folder is refused before anything is read or written.
func TestBuildsDoNotReplaceRawFiles(t *testing.T) {
	lake, with := builtLake(t)
	for _, more := range [][]string{
		{"--gold", filepath.Join(lake, "bronze")},
		{"--silver", filepath.Join(lake, "bronze")},
		{"--gold", filepath.Join(lake, "silver")},
		{"--silver", filepath.Join(lake, "quarantine")},
		{"--gold", lake},
		{"--silver", filepath.Join(lake, "_scratch", "x")},
	} {
		if code, _, stderr := cli(t, append(append([]string{"build"}, with...), more...)...); code != exitUsage || !strings.Contains(stderr, "give each stage a place of its own") {
			t.Errorf("%v: exit %d: %s", more, code, stderr)
		}
	}
	entries, err := os.ReadDir(lake)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}

// TestLakesThatShareGoldExcludeEachOther: a build locks where it writes, and not just the folder around that.
func TestLakesThatShareGoldExcludeEachOther(t *testing.T) {
	at := t.TempDir()
	places := func(names ...string) (all []writtenPlace) {
		for _, name := range names {
			p, err := (&writtenLake{}).at(filepath.Join(at, name))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			all = append(all, p)
		}
		return all
	}
	unlock, err := lockAll(places("a", "a/silver", "gold", "gold"))(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := lockAll(places("b", "b/silver", "gold"))
	if _, err := other(t.Context()); gold.CodeOf(err) != gold.CodeBuildConflict || !strings.Contains(err.Error(), filepath.Join(at, "gold")) {
		t.Errorf("got %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what the refused one held is free
		unlock, err := other(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
	}
}
