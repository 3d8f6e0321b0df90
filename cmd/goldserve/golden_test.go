package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"goldserve/gold/storetest"
)

// goldens are the lakes with the answers that an independent computation gave. The large one takes its time: it is
// for make test.
func goldens(t *testing.T) map[string]string {
	lakes := map[string]string{"sample": sample}
	if !storetest.Required("data") {
		if _, err := os.Stat(filepath.Join(storetest.Root(t), "..", "shared", "data")); err != nil && os.Getenv("GOLDSERVE_SHARED") == "" {
			return lakes
		}
	}
	data := filepath.Join(storetest.Shared(t), "data")
	if withServers {
		lakes["retail"] = filepath.Join(data, "retail")
	}
	for _, edge := range []string{"a", "b", "c"} {
		lakes["retail-edge/"+edge] = filepath.Join(data, "retail-edge", edge)
	}
	return lakes
}

// TestEveryEndpointAndQuestionHasItsAnswer publishes each lake once for both: the large one takes its time.
func TestEveryEndpointAndQuestionHasItsAnswer(t *testing.T) {
	t.Parallel()
	asked := 0
	for name, lake := range goldens(t) {
		questions := questionsOf(t, lake)
		asked += len(questions)
		t.Run(name, func(t *testing.T) {
			bodies := map[string]map[string][]byte{}
			eachStore(t, func(t *testing.T, p place) {
				publishLake(t, p, filepath.Join(lake, "gold"))
				server := served(t, p)
				answers := map[string][]byte{}
				for path, file := range expectedAnswers(t, lake) {
					answers[path] = checkAnswer(t, server.URL, path, file)
				}
				for _, q := range questions {
					answers[q.URL] = checkQuestion(t, server.URL, q)
				}
				if want := firstDays[name]; want != "" {
					answers[firstDaysURL] = checkFirstDays(t, server.URL, want)
				}
				bodies[filepath.Base(t.Name())] = answers
			})
			for path, body := range bodies["sqlite"] {
				if other := bodies["mongodb"][path]; other != nil && !bytes.Equal(timeless(body), timeless(other)) {
					t.Errorf("%s differs between the stores:\n%s\n%s", path, timeless(body), timeless(other))
				}
			}
		})
	}
	if asked == 0 {
		t.Error("no questions were asked")
	}
}

// expectedAnswers returns the files of a lake's expected answers, by the path that they answer.
func expectedAnswers(t *testing.T, lake string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(lake, "expected", "*.json"))
	if err != nil || len(files) != 11 {
		t.Fatalf("%d expected answers, %v", len(files), err)
	}
	answers := map[string]string{}
	for _, file := range files {
		path := "/" + strings.TrimSuffix(filepath.Base(file), ".json")
		if path == "/scores" {
			path += "?limit=100"
		}
		answers[path] = file
	}
	return answers
}

// checkAnswer compares one endpoint's data with a file of expected ones.
func checkAnswer(t *testing.T, server, path, file string) []byte {
	t.Helper()
	status, body := get(t, server, path)
	expected, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, expected)
	if rows, ok := want.([]any); ok && len(rows) == 0 {
		if status != http.StatusServiceUnavailable {
			t.Errorf("GET %s of no rows: %d %s", path, status, body)
		}
		return body
	}
	if status != http.StatusOK {
		t.Errorf("GET %s: %d %s", path, status, body)
		return body
	}
	envelope := decode(t, body).(map[string]any)
	got := envelope["data"]
	if path == "/kpis" {
		delete(envelope, "meta")
		got = envelope
	}
	for _, difference := range differences("", want, got) {
		t.Errorf("GET %s: %s", path, difference)
	}
	return body
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// differences compares JSON values: doubles by a relative 1e-9, all else exactly; at most five are told.
func differences(at string, want, got any) []string {
	var list []string
	switch w := want.(type) {
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{at + ": " + strings.TrimSpace(reflect.TypeOf(got).String()) + " of another length"}
		}
		for i := range w {
			if list = append(list, differences(at+"["+itoa(i)+"]", w[i], g[i])...); len(list) >= 5 {
				return list
			}
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return []string{at + ": other fields"}
		}
		for name := range w {
			list = append(list, differences(at+"."+name, w[name], g[name])...)
		}
	case json.Number:
		g, ok := got.(json.Number)
		if !ok || !sameNumber(w, g) {
			return []string{at + ": want " + w.String() + ", got " + marshal(got)}
		}
	case string:
		if got != milliseconds(w) {
			return []string{at + ": want " + marshal(milliseconds(w)) + ", got " + marshal(got)}
		}
	default:
		if want != got {
			return []string{at + ": want " + marshal(want) + ", got " + marshal(got)}
		}
	}
	return list
}

// milliseconds floors an expected instant, as goldserve keeps times: one of the edge lakes has microseconds.
func milliseconds(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Nanosecond()%1_000_000 == 0 {
		return text
	}
	return t.Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}

func sameNumber(want, got json.Number) bool {
	if want == got {
		return true
	}
	if !strings.ContainsAny(want.String()+got.String(), ".eE") {
		return false
	}
	w, err1 := want.Float64()
	g, err2 := got.Float64()
	return err1 == nil && err2 == nil && math.Abs(w-g) <= 1e-9*math.Max(math.Abs(w), math.Abs(g))
}

func itoa(i int) string { return marshal(i) }

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

var times = regexp.MustCompile(`"(query_ms|total_ms|published_at|modified)":("[^"]*"|[0-9.e+-]+)`)

// timeless leaves timings, the time of publication and those of files out of a body.
func timeless(body []byte) []byte { return times.ReplaceAll(body, []byte(`"$1":0`)) }
