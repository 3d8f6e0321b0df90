package gold

import (
	"iter"
	"strconv"
	"strings"
)

// SegmentField is the name, in stores, of the hidden number of the segment that a row came with: 0, or none, for the rows that
// the table or collection was made with, then one more for each version that was appended. No answer and no digest has it.
const SegmentField = "_segment"

// segmentMark is between the name of a table or collection and the last segment of a version; names never contain it.
const segmentMark = "@"

// Prefix returns the location of a version whose rows are those of a table or collection up to a segment. Rows of later
// segments may lie beside them.
func Prefix(name string, segment int64) string {
	return name + segmentMark + strconv.FormatInt(segment, 10)
}

// SplitLocation returns the name of the table or collection of a version's location, and the last segment whose rows are the
// version's; -1: it has no segments, and all rows are.
func SplitLocation(location string) (name string, segment int64) {
	name, digits, ok := strings.Cut(location, segmentMark)
	if !ok {
		return location, -1
	}
	segment, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || segment < 0 {
		return location, -1
	}
	return name, segment
}

// LoadLocation returns the location of a version that is loaded: it extends another one, or its rows are those of a table or
// collection that is made for it, which later ones may extend.
func LoadLocation(made string, extends *Version, extensible bool) string {
	switch {
	case extends != nil:
		name, last := SplitLocation(extends.Location)
		return Prefix(name, last+1)
	case extensible:
		return Prefix(made, 0)
	default:
		return made
	}
}

// LastSegments returns the last segment of each table or collection that some locations are in; -1: it has no segments.
func LastSegments(locations iter.Seq[string]) map[string]int64 {
	last := map[string]int64{}
	for location := range locations {
		name, segment := SplitLocation(location)
		if before, ok := last[name]; !ok || segment > before {
			last[name] = segment
		}
	}
	return last
}

// Segmented reports whether rows may lie beside those of the version, which is then a prefix.
func (v *Version) Segmented() bool {
	_, segment := SplitLocation(v.Location)
	return segment >= 0
}

// Extends reports whether the version has all rows of another one, and some besides that a Query can ask for by Since.
func (v *Version) Extends(other *Version) bool {
	name, segment := SplitLocation(v.Location)
	of, last := SplitLocation(other.Location)
	return name == of && last >= 0 && segment >= last
}

// Resume is what a later version needs to know of one that it extends. Stores keep it in the seal; releases don't have it.
type Resume struct {
	Parts []Part `json:"parts"` // that its rows were read from
	// Sums are those of measures that can't be continued from their values, by canonical text: see measure.Totals.
	Sums map[string]string `json:"sums,omitempty"`
}

// Part is one file of a source that consists of several.
type Part struct {
	Token   string `json:"token,omitempty"` // of the file when it was read; empty: unknown
	Content string `json:"content"`         // what its rows follow from
	Of      []Part `json:"-"`               // the parts that it was merged from, if that is known
}

// MergedFile lies in a folder of parts whose writer merges them, and says what each merged part has the rows of: a Merged in each line.
// Where it is missing, all rows of merged parts are taken for new ones.
const MergedFile = "_merged.jsonl"

// MostMerged are the bytes that are read of a MergedFile.
const MostMerged = 16 << 20

// Merged says that a file has the rows of others, which may have been merged themselves: no more, no fewer, and none that is changed.
type Merged struct {
	SHA256 string   `json:"sha256"` // of the file's bytes, 64 digits in lower case
	Of     []string `json:"of"`     // the same of the others
}
