package edge

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"goldserve/gold/format"
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
			specificity, q = found, ParseQuality(attrs["q"])
		}
	}
	return q
}

// ParseQuality reads a q-value; what is none is 0.
func ParseQuality(text string) float64 {
	if text == "" {
		return 1
	}
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// Offer is a format that a URL answers in, with the media types that mean it there.
type Offer struct {
	Format     format.Format
	MediaTypes []string
}

// Favourite returns the place of the offer that an Accept header likes best, the first of equals; -1: it takes none.
func Favourite(accept []string, offers []Offer) int {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return 0
	}
	best, bestQ := -1, 0.0
	for i, o := range offers {
		for _, t := range o.MediaTypes {
			if q := quality(ranges, t); q > bestQ {
				best, bestQ = i, q
			}
		}
	}
	return best
}

// pageOffers are the forms of a URL that answers browsers with a page and others with JSON, or with nothing.
var pageOffers = []Offer{{format.JSON, []string{TypeJSON}}, {format.JSON, []string{TypeHTML}}}

// WantsPage reports whether a client would rather have a page than JSON: a browser that goes to the URL.
func WantsPage(r *http.Request) bool { return Favourite(r.Header["Accept"], pageOffers) == 1 }
