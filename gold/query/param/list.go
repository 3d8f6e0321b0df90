package param

import (
	"fmt"
	"strings"
)

// splitList splits a,b at its commas. An item that starts with a quote is quoted as in CSV, with quotes in it doubled.
func splitList(text string) ([]string, error) {
	var items []string
	for {
		if !strings.HasPrefix(text, `"`) {
			item, rest, more := strings.Cut(text, ",")
			items = append(items, item)
			if !more {
				return items, nil
			}
			text = rest
			continue
		}
		item, rest, ok := cutQuoted(text[1:])
		if !ok {
			return nil, fmt.Errorf(`item %d starts with a quote: expected it to end with one, quotes within doubled, as in "Letter ""R"""`, len(items)+1)
		}
		items = append(items, item)
		if rest == "" {
			return items, nil
		}
		text = rest[1:]
	}
}

// JoinList is the inverse of splitList.
func JoinList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		if quoted[i] = item; strings.Contains(item, ",") || strings.HasPrefix(item, `"`) {
			quoted[i] = `"` + strings.ReplaceAll(item, `"`, `""`) + `"`
		}
	}
	return strings.Join(quoted, ",")
}

// cutQuoted reads up to the closing quote, which must end the text or be followed by a comma.
func cutQuoted(text string) (item, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, `"`)
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		if strings.HasPrefix(after, `"`) {
			b.WriteByte('"')
			text = after[1:]
			continue
		}
		return b.String(), after, after == "" || after[0] == ','
	}
}
