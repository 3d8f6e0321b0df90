package respond

import (
	"net/http"
	"strings"
)

// maxTags bounds the tags of one If-None-Match that are looked at.
const maxTags = 32

// Match is what an If-None-Match says of a tag.
type Match uint8

// What an If-None-Match may say.
const (
	NoMatch  Match = iota
	AnyMatch       // "*": any answer that there is
	TagMatch
)

// IfNoneMatch compares the tags of a request with one, weakly, as GET and HEAD do. What is no tag ends the list.
func IfNoneMatch(r *http.Request, tag string) Match {
	tag = strings.TrimPrefix(tag, "W/")
	seen := 0
	for _, list := range r.Header["If-None-Match"] {
		if strings.TrimSpace(list) == "*" {
			return AnyMatch
		}
		for seen < maxTags {
			list = strings.TrimLeft(list, " \t,")
			list = strings.TrimPrefix(list, "W/")
			if !strings.HasPrefix(list, `"`) {
				break
			}
			end := strings.IndexByte(list[1:], '"')
			if end < 0 {
				break
			}
			if list[:end+2] == tag {
				return TagMatch
			}
			list, seen = list[end+2:], seen+1
		}
	}
	return NoMatch
}
