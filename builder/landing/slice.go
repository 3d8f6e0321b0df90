package landing

import (
	"path"
	"regexp"
	"strings"
	"time"
)

// stamp finds a date, or a date and a time, that no other digit touches: 20251113T103500, 2025-11-13_10:35, 2025-11-13.
var stamp = regexp.MustCompile(`(?:^|[^0-9])([0-9]{4})(-?)([0-9]{2})(-?)([0-9]{2})(?:[Tt_ -]?([0-9]{2})[:.hH-]?([0-9]{2})(?:[:.mM-]?([0-9]{2}))?(Z|[+][0-9]{2}:?[0-9]{2})?)?(?:[^0-9]|$)`)

// sliceOf returns the timestamp in the name of a file, as 2025-11-13T10:35:00Z; without an offset it is UTC. Empty: the name has none.
func sliceOf(name string) string {
	name = path.Base(name)
	for {
		at := stamp.FindStringSubmatchIndex(name)
		if at == nil {
			return ""
		}
		part := func(group int) string {
			if at[2*group] < 0 {
				return ""
			}
			return name[at[2*group]:at[2*group+1]]
		}
		if part(2) == part(4) { // both with hyphens or without
			clock := "00:00:00"
			if part(6) != "" {
				clock = part(6) + ":" + part(7) + ":" + (part(8) + "00")[:2]
			}
			offset := strings.ReplaceAll(part(9), ":", "")
			if offset == "" {
				offset = "Z"
			}
			if t, err := time.Parse("2006-01-02T15:04:05Z0700", part(1)+"-"+part(3)+"-"+part(5)+"T"+clock+offset); err == nil && t.Year() >= 1900 {
				return t.UTC().Format(time.RFC3339)
			}
		}
		name = name[at[2]+1:]
	}
}
