package stream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// checkMessage returns the line that a message becomes, or why it is none: it must be one JSON object with all keys of required.
func checkMessage(value []byte, required []string) (line []byte, reason string) {
	switch {
	case len(value) == 0:
		return nil, "the message is empty"
	case !utf8.Valid(value):
		return nil, "the message is not UTF-8"
	case !json.Valid(value):
		var any json.RawMessage
		if err := json.Unmarshal(value, &any); err != nil {
			if s, ok := err.(*json.SyntaxError); ok { //nolint:errorlint // as the package returns it
				return nil, fmt.Sprintf("the message is not JSON: byte %d is not as expected", s.Offset)
			}
		}
		return nil, "the message is not JSON"
	}
	line = bytes.TrimSpace(value)
	if line[0] != '{' {
		return nil, "the message is JSON, but not an object"
	}
	if missing := missingKey(line, required); missing != "" {
		return nil, fmt.Sprintf("the key %s is missing", missing)
	}
	if bytes.ContainsAny(line, "\n\r") {
		var compact bytes.Buffer
		if err := json.Compact(&compact, line); err != nil {
			return nil, "the message is not JSON"
		}
		line = compact.Bytes()
	}
	return line, ""
}

// missingKey returns the first of the required keys that a valid JSON object lacks; "": none.
func missingKey(object []byte, required []string) string {
	var few [64]bool
	found := few[:]
	if len(required) > len(few) {
		found = make([]bool, len(required))
	}
	for rest := object[1:]; ; {
		key, after, ok := nextKey(rest)
		if !ok {
			break
		}
		if i := slices.Index(required, key); i >= 0 {
			found[i] = true
		}
		rest = afterValue(after)
	}
	for i, name := range required {
		if !found[i] {
			return name
		}
	}
	return ""
}

// nextKey returns the next key of the rest of a valid object, and what follows its colon.
func nextKey(rest []byte) (key string, after []byte, ok bool) {
	at := bytes.IndexByte(rest, '"')
	if at < 0 || bytes.IndexByte(rest[:at], '}') >= 0 {
		return "", nil, false
	}
	end := stringEnd(rest, at)
	if text := rest[at+1 : end-1]; bytes.IndexByte(text, '\\') < 0 {
		key = string(text)
	} else if json.Unmarshal(rest[at:end], &key) != nil {
		return "", nil, false
	}
	colon := bytes.IndexByte(rest[end:], ':')
	return key, rest[end+colon+1:], colon >= 0
}

// stringEnd returns where the string that begins at a quote ends.
func stringEnd(text []byte, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// afterValue returns what follows the value that the rest of a valid object begins with: what comes after its comma, or the closing brace.
func afterValue(rest []byte) []byte {
	end := valueEnd(rest)
	if end < len(rest) && rest[end] == ',' {
		end++
	}
	return rest[end:]
}

// valueEnd returns where the value ends that the rest of a valid object begins with: at a comma, or at the closing brace.
func valueEnd(rest []byte) int {
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			i = stringEnd(rest, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(rest)
}
