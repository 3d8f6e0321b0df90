package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold/storetest"
)

// example is a request of a guide and what it says of the answer.
type example struct {
	path   string
	status int
	body   any // what the answer holds besides other things
}

// examples reads the http blocks of a guide; those before the first publish are marked unpublished.
func examples(t *testing.T, guide string) (published, unpublished []example) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(storetest.Root(t), "docs", guide))
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(text), "\n```") {
		if i%2 == 0 {
			continue
		}
		language, lines, _ := strings.Cut(block, "\n")
		for request := range strings.SplitSeq(strings.TrimSpace(lines), "\n\n") {
			path, answer, _ := strings.Cut(strings.TrimPrefix(request, "GET "), "\n")
			status, body, _ := strings.Cut(answer, " ")
			e := example{path: path}
			if e.status, err = strconv.Atoi(status); err == nil {
				err = json.Unmarshal([]byte(body), &e.body)
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", guide, request, err)
			}
			switch language {
			case "http":
				published = append(published, e)
			case "http unpublished":
				unpublished = append(unpublished, e)
			default:
				t.Fatalf("%s: a block of %q", guide, language)
			}
		}
	}
	return published, unpublished
}

// holds reports whether an answer has everything that a guide shows of it: "…" stands for any value, and of a list
// its beginning is shown.
func holds(shown, answer any) bool {
	switch want := shown.(type) {
	case map[string]any:
		got, ok := answer.(map[string]any)
		for key, value := range want {
			answered, there := got[key]
			ok = ok && there && holds(value, answered)
		}
		return ok
	case []any:
		got, ok := answer.([]any)
		if !ok || len(got) < len(want) || len(want) == 0 && len(got) > 0 {
			return false
		}
		for i, value := range want {
			if !holds(value, got[i]) {
				return false
			}
		}
		return true
	default:
		return shown == "…" || shown == answer
	}
}

func TestTheGuideFromTheFlaskAPIIsTrue(t *testing.T) {
	t.Parallel()
	published, unpublished := examples(t, "from-the-flask-api.md")
	if len(published) < 15 || len(unpublished) < 3 {
		t.Fatalf("%d and %d examples", len(published), len(unpublished))
	}
	try := func(server string, all []example) {
		for _, e := range all {
			status, body := get(t, server, e.path)
			var answer any
			if err := json.Unmarshal(body, &answer); err != nil || status != e.status || !holds(e.body, answer) {
				t.Errorf("%s: the guide says %d %s, the answer is %d %s", e.path, e.status, marshal(e.body), status, body)
			}
		}
	}
	p := sqlitePlace(t)
	try(served(t, p).URL, unpublished)
	publishLake(t, p, filepath.Join(sample, "gold"))
	try(served(t, p).URL, published)
}
