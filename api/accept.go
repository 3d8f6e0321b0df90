package api

import (
	"mime"
	"strconv"
	"strings"
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
			specificity, q = found, parseQuality(attrs["q"])
		}
	}
	return q
}

func parseQuality(text string) float64 {
	if text == "" {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
