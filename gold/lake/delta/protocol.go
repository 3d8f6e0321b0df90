package delta

import (
	"path"
	"slices"
	"strings"

	"goldserve/gold"
)

// maxReader is the newest version of the protocol for readers that is known: it lists features.
const maxReader = 3

// known are the reader features that are implemented here, or ask nothing of a reader.
var known = []string{
	"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "typeWidening", "typeWidening-preview",
	"vacuumProtocolCheck", // of VACUUM alone
	// Of columns of the type variant, which are refused where there are some: delta-rs lists it for tables without any.
	"variantType", "variantType-preview", "variantShredding", "variantShredding-preview",
}

// managed are the names of the feature that makes a catalog the judge of what was committed: today's and earlier ones.
var managed = []string{"catalogManaged", "catalogOwned", "catalogOwned-preview"}

// check refuses a table that asks for more of its readers than is known here.
func (p *protocol) check(l *Log) error {
	at := path.Join(l.folder, LogFolder)
	switch {
	case p.MinReaderVersion < 1:
		return invalid(at, gold.CodeFileInvalid, "the protocol action of the Delta table asks for reader version %d: expected 1 to %d", p.MinReaderVersion, maxReader)
	case p.MinReaderVersion > maxReader:
		return invalid(at, gold.CodeFileUnsupported, "the Delta table asks for readers of protocol version %d, and versions up to %d are known: "+
			"write it with an older version of the protocol", p.MinReaderVersion, maxReader)
	case p.MinReaderVersion < maxReader:
		return nil
	case p.ReaderFeatures == nil:
		return invalid(at, gold.CodeFileInvalid, "the protocol action of the Delta table asks for reader version %d and lists no readerFeatures", maxReader)
	}
	var unknown []string
	advice := "drop the feature, or write the table's rows into one without it"
	for _, f := range p.ReaderFeatures {
		if slices.Contains(known, f) {
			continue
		}
		if unknown = append(unknown, f); slices.Contains(managed, f) {
			advice = "its catalog knows which commits count, and the log alone does not: write the table's rows into one that no catalog manages"
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return invalid(at, gold.CodeFileUnsupported, "the Delta table needs readers with the feature %s, which goldserve does not read: %s", shorten(strings.Join(unknown, ", ")), advice)
}

// maps reports whether the table's property columnMapping.mode counts.
func (p *protocol) maps() bool {
	return p.MinReaderVersion == 2 || p.MinReaderVersion >= 3 && slices.Contains(p.ReaderFeatures, "columnMapping")
}
