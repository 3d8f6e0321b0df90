package api

import (
	"mime"
	"strings"

	"goldserve/api/respond"
)

// quality returns the q-value that an Accept header gives a media type.
func quality(ranges, mediaType string) float64 {
	kind, _, _ := strings.Cut(mediaType, "/")
	q, specificity := 0.0, 0
	for item := range strings.SplitSeq(ranges, ",") {
		name, attrs, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		found := 0
		switch name {
		case mediaType:
			found = 3
		case kind + "/*":
			found = 2
		case "*/*", "*":
			found = 1
		}
		if found > specificity {
			specificity, q = found, respond.ParseQuality(attrs["q"])
		}
	}
	return q
}
