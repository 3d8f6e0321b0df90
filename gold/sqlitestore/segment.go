package sqlitestore

import (
	"fmt"
	"strconv"

	"goldserve/gold"
)

// Rows of a segmented version's table have the number of their segment in a last column: 0 for those that the table was made
// with. A version is a prefix of them, so what is appended for a later one changes nothing for who reads an earlier one.

// segmentIndex is the index of the rows that were appended. Those that the table was made with are not in it; conditions
// repeat its own, or SQLite does not use it.
func segmentIndex(table string) string { return table + "__appended" }

// createSegmentIndex returns the statement that creates it.
func createSegmentIndex(table string) string {
	column := quote(gold.SegmentField)
	return "CREATE INDEX " + quote(segmentIndex(table)) + " ON " + quote(table) + " (" + column + ") WHERE " + column + " > 0"
}

// appended is the condition that rows came after a segment. Of two lower bounds, SQLite begins to read the index at the first: the other one
// would have it read all rows that were ever appended.
func appended(after int64) string {
	column := quote(gold.SegmentField)
	return fmt.Sprintf("%s > %d AND %s > 0", column, max(after, 0), column)
}

// within returns the condition that rows of an alias are those of a version; empty: all are. Nearly all rows of a table hold it,
// so the + keeps SQLite from choosing an index for it.
func within(alias string, v *gold.Version) string {
	_, segment := gold.SplitLocation(v.Location)
	if segment < 0 {
		return ""
	}
	return "+" + alias + quote(gold.SegmentField) + " <= " + strconv.FormatInt(segment, 10)
}

// since writes those rows of a version that another one, which it extends, has not.
func (b *builder) since(v, other *gold.Version) {
	_, last := gold.SplitLocation(other.Location)
	table := tableOf(v.Location)
	b.versions = append(b.versions, v)
	b.write("(SELECT * FROM ", quote(table), " INDEXED BY ", quote(segmentIndex(table)), " WHERE ", appended(last), " AND ", within("", v), ")")
}

// tableOf returns the name of the table of a location.
func tableOf(location string) string {
	name, _ := gold.SplitLocation(location)
	return name
}

// ofTable is the condition that a record of _goldserve_versions is of a table, whose name is the parameter ?1.
const ofTable = `(location = ?1 OR location > ?1 || '@' AND location < ?1 || 'A')`
