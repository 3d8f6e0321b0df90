package gold

import (
	"maps"
	"slices"
)

// PlainText returns a text of a contract in English, else in the first of its languages.
func PlainText(byLanguage map[string]string) string {
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
