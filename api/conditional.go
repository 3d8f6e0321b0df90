package api

import (
	"net/http"
	"strings"
)

// maxTags bounds the tags of one If-None-Match that are looked at.
const maxTags = 32

// match is what an If-None-Match says of a tag.
type match uint8

const (
	noMatch  match = iota
	anyMatch       // "*": any answer that there is
	tagMatch
)

// ifNoneMatch compares the tags of a request with one, weakly, as GET and HEAD do. What is no tag ends the list.
func ifNoneMatch(r *http.Request, tag string) match {
	tag = strings.TrimPrefix(tag, "W/")
	seen := 0
	for _, list := range r.Header["If-None-Match"] {
		if strings.TrimSpace(list) == "*" {
			return anyMatch
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
				return tagMatch
			}
			list, seen = list[end+2:], seen+1
		}
	}
	return noMatch
}
