package infer

import (
	"fmt"
	"strings"
	"time"

	"goldserve/gold/lake"
)

// Memory keeps what passes over the rows of unchanged files told, from one inference of a lake to the next: what an inference did
// not ask for is forgotten after it. The zero value remembers nothing yet; one inference at a time may use it.
type Memory struct {
	known, asked map[string]any // by what was asked, of which versions of which files
}

// recall returns what a pass told before, or makes and remembers it. Without a memory, or where the question names no versions of
// files, it is made each time. Errors are not remembered.
func recall[T any](m *Memory, question string, pass func() (T, error)) (T, error) {
	if told, ok := known[T](m, question); ok {
		return told, nil
	}
	told, err := pass()
	if err == nil {
		m.keep(question, told)
	}
	return told, err
}

// known returns what a pass told before.
func known[T any](m *Memory, question string) (told T, ok bool) {
	if m == nil || question == "" {
		return told, false
	}
	for _, from := range []map[string]any{m.asked, m.known} {
		if found, ok := from[question]; ok {
			m.asked[question] = found
			return found.(T), true
		}
	}
	return told, false
}

// keep remembers what a pass told.
func (m *Memory) keep(question string, told any) {
	if m != nil && question != "" {
		m.asked[question] = told
	}
}

// begin begins an inference.
func (m *Memory) begin() {
	if m != nil {
		m.asked = map[string]any{}
	}
}

// end ends an inference. One that failed may not have asked for all that the next one needs.
func (m *Memory) end(failed bool) {
	switch {
	case m == nil:
	case failed:
		for question, told := range m.asked {
			if m.known == nil {
				m.known = map[string]any{}
			}
			m.known[question] = told
		}
	default:
		m.known = m.asked
	}
}

// versionOf names a dataset's fields and the versions of its files, empty where those are not sure.
func versionOf(t *lake.Table, now time.Time) string {
	token := t.Token(now)
	if token == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(token)
	for i := range t.Dataset().Fields {
		f := &t.Dataset().Fields[i]
		fmt.Fprintf(&b, " %q %q %d %d %d %t %t %q %q", f.Name, f.Column(), f.Kind, f.Scale, f.Precision, f.Single, f.Nullable, f.DefaultZone, castText(f.Cast))
	}
	return b.String()
}

// about asks something of the rows of some datasets; it is empty where the version of one is not sure.
func (in *inference) about(what string, of ...*Dataset) string {
	for _, d := range of {
		version := in.versions[d]
		if version == "" {
			return ""
		}
		what += "\n" + version
	}
	return what
}
