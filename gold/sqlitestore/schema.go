package sqlitestore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"goldserve/gold"
)

// formatNumber is the number of the layout of this package's own tables. Who writes a file makes it so; one with a higher
// number is refused. Who reads a file goes by the number that its writer says readers must know, and by what its releases
// require: see gold.Knows.
const formatNumber = 2

// layout makes this package's tables as goldserve 0.1.0 did: layout 1. Names that begin with an underscore are no collection's: contracts can't have them.
// All times are milliseconds since 1970 in UTC.
const layout = `
CREATE TABLE _goldserve_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- Every version table that was made. sealed_at: it is complete. dropped_at: its table is gone.
CREATE TABLE _goldserve_versions (
	location   TEXT PRIMARY KEY,
	model      TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	id         TEXT NOT NULL,
	fence      INTEGER NOT NULL,
	sealed_at  INTEGER,
	dropped_at INTEGER,
	seal       TEXT
);
CREATE UNIQUE INDEX _goldserve_seals ON _goldserve_versions (model, dataset, id) WHERE sealed_at IS NOT NULL AND dropped_at IS NULL;

-- pruned_at: marked, no longer answered. dropped_at: its versions were dropped.
CREATE TABLE _goldserve_releases (
	model        TEXT NOT NULL,
	number       INTEGER NOT NULL,
	as_of        INTEGER NOT NULL,
	published_at INTEGER NOT NULL,
	withdrawn    INTEGER NOT NULL DEFAULT 0,
	pruned_at    INTEGER,
	dropped_at   INTEGER,
	record       TEXT NOT NULL,
	PRIMARY KEY (model, number)
);
CREATE TABLE _goldserve_contents (model TEXT, number INTEGER, dataset TEXT, location TEXT NOT NULL, PRIMARY KEY (model, number, dataset)) WITHOUT ROWID;

-- The one row that a switch moves. current 0: no release.
CREATE TABLE _goldserve_pointers (model TEXT PRIMARY KEY, fence INTEGER NOT NULL, current INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE _goldserve_attempts (number INTEGER PRIMARY KEY, model TEXT NOT NULL, fence INTEGER NOT NULL, record TEXT NOT NULL);

-- The plain-named views that are ours, and the rows of the view gold_release.
CREATE TABLE _goldserve_views (name TEXT PRIMARY KEY COLLATE NOCASE, model TEXT NOT NULL, dataset TEXT NOT NULL);
CREATE TABLE _goldserve_shown (
	model TEXT, dataset TEXT, rows INTEGER NOT NULL, release INTEGER NOT NULL, as_of TEXT NOT NULL, published_at TEXT NOT NULL,
	quality TEXT NOT NULL, PRIMARY KEY (model, dataset)
) WITHOUT ROWID;
`

// layout2 makes what layout 2 adds, so that neither a publish nor a page of releases depends on how many there were.
const layout2 = `
-- The contracts that the records of releases name.
CREATE TABLE _goldserve_contracts (hash TEXT PRIMARY KEY, contract TEXT NOT NULL) WITHOUT ROWID;
-- What releases are found by: see gold.Release.Keys.
CREATE TABLE _goldserve_keys (model TEXT, key TEXT, number INTEGER, PRIMARY KEY (model, key, number)) WITHOUT ROWID;

CREATE INDEX _goldserve_kept ON _goldserve_releases (model, number) WHERE dropped_at IS NULL;
CREATE INDEX _goldserve_there ON _goldserve_versions (model) WHERE dropped_at IS NULL;
CREATE INDEX _goldserve_uses ON _goldserve_contents (location);
CREATE INDEX _goldserve_runs ON _goldserve_attempts (model, number);
`

// layoutOf returns the layout number of a file, and the number that its readers must support, both 0 if it doesn't have
// this package's tables.
func layoutOf(ctx context.Context, c *conn) (format, reader int64, err error) {
	if format, err = storedFormat(ctx, c); err != nil || format == 0 {
		return 0, 0, err
	}
	reader, err = c.number(ctx, `SELECT value FROM _goldserve_meta WHERE name = 'reader'`)
	return format, cmp.Or(reader, format), err
}

// storedFormat returns the layout number of a file, 0 if it doesn't have this package's tables.
func storedFormat(ctx context.Context, c *conn) (int64, error) {
	there, err := c.number(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_goldserve_meta'`)
	if err != nil || there == 0 {
		return 0, err
	}
	return c.number(ctx, `SELECT value FROM _goldserve_meta WHERE name = 'format'`)
}

// quote quotes a name for SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// columnType returns the declared type of a kind's column. It determines the column's affinity, so that each kind has
// one storage class.
func columnType(k gold.Kind) string {
	switch k {
	case gold.Double:
		return "REAL"
	case gold.Text, gold.WideDecimal:
		return "TEXT"
	default:
		return "INTEGER"
	}
}

// rowid returns the column that is the table's rowid: a key that is a single Int and never null, or the position; empty: there is none.
// Other keys have a unique index, which is created at Seal: rows that are not in the key's order are loaded twice as fast
// this way as WITHOUT ROWID.
func rowid(d *gold.Dataset) string {
	total := d.TotalSort(nil)
	if f := d.Column(total[0].Field); len(total) == 1 && f.Kind == gold.Int && !f.Nullable {
		return f.Name
	}
	return ""
}

// createTable returns the statement that creates a version's table; one that may be extended has the segments of its rows.
func createTable(table string, d *gold.Dataset, segmented bool) string {
	columns := make([]string, 0, len(d.Fields)+len(d.BI))
	for _, f := range d.Stored() {
		column := quote(f.Name) + " " + columnType(f.Kind)
		if f.Name == rowid(d) {
			column += " PRIMARY KEY"
		}
		columns = append(columns, column)
	}
	if segmented {
		columns = append(columns, quote(gold.SegmentField)+" INTEGER NOT NULL")
	}
	return "CREATE TABLE " + quote(table) + " (" + strings.Join(columns, ", ") + ")"
}

// indexName returns a name that contains the index's fields, so that an index of an earlier contract is recognised.
func indexName(location string, index gold.Index) string {
	var b strings.Builder
	b.WriteString(location + "__by")
	for _, term := range index {
		b.WriteString(" " + term.String())
	}
	return b.String()
}

// createIndex returns the statement that creates an index of a version's table. Of a segmented one it holds the segments too,
// so that what it answers alone it answers of a prefix, and before them the rowid, by which SQLite orders what an index does not.
func createIndex(location string, d *gold.Dataset, index gold.Index, segmented bool) string {
	if !segmented {
		return "CREATE INDEX " + indexOn(location, index)
	}
	id := rowid(d)
	if id == "" || slices.ContainsFunc(index, func(s gold.Sort) bool { return s.Field == id }) {
		return "CREATE INDEX " + indexOn(location, index, gold.SegmentField)
	}
	return "CREATE INDEX " + indexOn(location, index, id, gold.SegmentField)
}

// createKeyIndex returns the statement that creates the index of a key that is not the table's rowid.
func createKeyIndex(location string, d *gold.Dataset) string {
	return "CREATE UNIQUE INDEX " + indexOn(location, keyIndex(d))
}

// indexOn returns the name, the table and the columns of an index, with some more behind its own.
func indexOn(location string, index gold.Index, more ...string) string {
	terms := make([]string, len(index))
	for i, term := range index {
		terms[i] = quote(term.Field)
		if term.Desc {
			terms[i] += " DESC"
		}
	}
	for _, column := range more {
		terms = append(terms, quote(column))
	}
	return quote(indexName(location, index)) + " ON " + quote(location) + " (" + strings.Join(terms, ", ") + ")"
}

// keyIndex returns the key, or the position, as an index.
func keyIndex(d *gold.Dataset) gold.Index { return d.TotalSort(nil) }

// wantedIndexes returns the indexes of a version besides its key's: the contract's own and those for BI tools, each once.
func wantedIndexes(d *gold.Dataset) []gold.Index {
	key := indexName("", keyIndex(d))
	seen := map[string]bool{key: true}
	var wanted []gold.Index
	for _, list := range [][]gold.Index{d.Indexes, d.BIIndexes} {
		for _, index := range list {
			if name := indexName("", index); !seen[name] {
				seen[name] = true
				wanted = append(wanted, index)
			}
		}
	}
	return wanted
}
