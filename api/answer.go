package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
)

// instant is a time as every body writes it: 2011-12-08T12:12:00Z.
type instant time.Time

// MarshalText writes the instant.
func (t instant) MarshalText() ([]byte, error) {
	return gold.AppendTime(nil, time.Time(t).UnixMilli()), nil
}

// sendJSON sends a body of a URL that is of no release: it may change at any time.
func sendJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	w.Header().Set("Content-Type", mediaTypeJSON)
	w.Header().Set("Cache-Control", "no-store")
	send(w, status, append(body, '\n'))
	return nil
}

// plainText returns a text of a contract in English, else in the first of its languages.
func plainText(byLanguage map[string]string) string {
	if text := byLanguage["en"]; text != "" {
		return text
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if text := byLanguage[language]; text != "" {
			return text
		}
	}
	return ""
}

// describeDoc returns the one line of a dataset: its description, else its label.
func describeDoc(d gold.Doc) string {
	if text := plainText(d.Description); text != "" {
		return strings.TrimSpace(text)
	}
	return plainText(d.Label)
}
