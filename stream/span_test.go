package stream

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestNamesOfLandedFilesAreReadAsTheyAreWritten(t *testing.T) {
	for _, s := range []Span{{"events", 1, 0, 0, 9}, {"a-b-1.x_y", 1, 31, 7, 7}, {"events", 3, 2, 1 << 40, 1<<62 + 5}} {
		if got, ok := ParseSpan(s.Name()); !ok || got != s {
			t.Errorf("%s: %+v", s.Name(), got)
		}
	}
	for _, name := range []string{"", ".jsonl", "events.jsonl", "events-0-0-9.jsonl", "events-0-00000000000000000009-00000000000000000000.jsonl", "-0-00000000000000000000-00000000000000000009.jsonl", "events@1-0-00000000000000000000-00000000000000000009.jsonl", "events-99999999999-00000000000000000000-00000000000000000009.jsonl"} {
		if s, ok := ParseSpan(name); ok {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// FuzzMessage compares the keys that are found with those that encoding/json finds.
func FuzzMessage(f *testing.F) {
	for _, text := range []string{`{}`, `{"id":1}`, ` {"a":{"id":1}} `, `{"a":"\"id\":","b":[{"id":2},"}"],"id" : null}`, `{"i\u0064":1}`, `{"a":"},\\"}`, `{"id":1,}`, "{\n\"id\":\t1}", `{"":{"":[]},"id":{}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, reason := checkMessage([]byte(text), []string{"id"})
		var object map[string]json.RawMessage
		err := json.Unmarshal([]byte(text), &object)
		_, has := object["id"]
		if want := err == nil && has; want != (reason == "") && (want == false || json.Valid([]byte(text)) && reason != "the message is not UTF-8") {
			t.Fatalf("%q: %q, and encoding/json says %v", text, reason, err)
		}
		if reason == "" && (slices.Contains(line, '\n') || !json.Valid(line)) {
			t.Fatalf("%q became %q", text, line)
		}
	})
}
