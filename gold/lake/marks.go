package lake

import (
	"context"
	"path"
	"regexp"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// mark is a name that a writer leaves beside its data files. What bears it holds no part of a plain folder of Parquet.
type mark struct {
	pattern  string   // of the name, as path.Match has it
	format   string   // the table format that it is a sign of; empty: none
	contains []string // names, one of which must lie in it to be that sign; nil: its name is enough
}

// successFile is what Hadoop and Spark leave in a folder of parts that is complete.
const successFile = "_SUCCESS"

// marks are all names of other writers that this package knows. Names that start with _ or a point are left alone
// whether they are listed or not, as Hadoop does.
var marks = []mark{
	{pattern: successFile},        // Hadoop and Spark: the folder is complete
	{pattern: "_temporary"},       // Hadoop and Spark: parts that are being written
	{pattern: "_metadata"},        // footers of all parts in one file
	{pattern: "_common_metadata"}, // their schema alone
	{pattern: "_started_*"},       // Databricks: a transaction began
	{pattern: "_committed_*"},     // Databricks: the parts that it added and removed
	{pattern: "*.crc"},            // Hadoop: a file's checksums
	{pattern: "_delta_log", format: deltaLake},
	{pattern: "_change_data"}, // Delta Lake: changes beside the rows
	{pattern: "_delta_index"}, // Delta Lake: Bloom filters
	{pattern: ".hoodie", format: hudi},
	{pattern: ".hoodie_partition_metadata", format: hudi},
	{pattern: "metadata", format: apacheIceberg, contains: []string{"*.metadata.json", "*.metadata.json.gz", "version-hint.text"}},
}

// The table formats. Their folders keep files whose rows are no longer the table's.
const (
	deltaLake     = "Delta Lake"
	apacheIceberg = "Apache Iceberg"
	hudi          = "Apache Hudi"
)

// ledgers name what says which files of a table count.
var ledgers = map[string]string{deltaLake: "log", apacheIceberg: "metadata"}

// isRead reports whether tables of a format are read: each is a source.
func isRead(format string) bool { return format == deltaLake || format == apacheIceberg }

// skipped reports whether an entry of a folder of parts is none of its parts.
func skipped(entry object.Info) bool {
	name := path.Base(entry.Name)
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		// A partition's name may start so.
		return !entry.Folder || !strings.Contains(name, "=")
	}
	for _, m := range marks {
		if ok, _ := path.Match(m.pattern, name); ok && !entry.Folder {
			return true
		}
	}
	return false
}

// otherKind is the ending of a name that tells of another kind of file, such as .txt. Parts have .parquet, .parq or .pq, or
// none of the kind: Hive writes 000000_0, and Spark part-00000-….c000.
var (
	otherKind   = regexp.MustCompile(`\.[A-Za-z_]\w*$`)
	parquetKind = regexp.MustCompile(`(?i)\.(parquet|parq|pq|c\d+)$`)
)

// isPart reports whether a file of a folder of parts is one of them, by its name.
func isPart(name string) bool {
	return !otherKind.MatchString(name) || parquetKind.MatchString(name)
}

// tableFormat returns the table format that a folder is marked as, and the mark's path; empty where it is a plain one.
// A mark counts by its name, a link that leads nowhere too.
func tableFormat(ctx context.Context, source object.Source, folder string) (format, found string, err error) {
	for _, m := range marks {
		if m.format == "" {
			continue
		}
		name := path.Join(folder, m.pattern)
		info, err := source.Stat(ctx, name)
		switch {
		case object.Absent(err):
			continue
		case err != nil && gold.KindOf(err) != gold.Invalid:
			return "", "", err
		case m.contains == nil:
			return m.format, name, nil
		case err == nil && !info.Folder:
			continue
		}
		entries, err := source.List(ctx, name)
		if err != nil {
			return "", "", err
		}
		for _, e := range entries {
			for _, pattern := range m.contains {
				if ok, _ := path.Match(pattern, path.Base(e.Name)); ok {
					return m.format, e.Name, nil
				}
			}
		}
	}
	return "", "", nil
}

// refuseTables returns Invalid file_unsupported where a folder, or one within it, is a table of a format whose log says
// which of its files count. What is no folder is none.
func refuseTables(ctx context.Context, source object.Source, folder string) error {
	if info, err := source.Stat(ctx, folder); err != nil || !info.Folder {
		return ctx.Err() // what can't be read is reported where it is read
	}
	_, err := filesBelow(ctx, source, folder)
	return err
}

// filesBelow returns the files of a folder and of those within it, in the order of their names, without those that
// writers leave beside their data; those of other kinds are among them. It refuses tables as refuseTables does.
func filesBelow(ctx context.Context, source object.Source, folder string) ([]object.Info, error) {
	return appendFiles(ctx, nil, source, folder)
}

func appendFiles(ctx context.Context, files []object.Info, source object.Source, folder string) ([]object.Info, error) {
	if err := refuse(ctx, source, folder, folder); err != nil {
		return nil, err
	}
	entries, err := source.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Link {
			if err := refuseTable(ctx, source, e.Name, e.Name); err != nil {
				return nil, err
			}
		}
		switch {
		case skipped(e):
		case e.Folder:
			if files, err = appendFiles(ctx, files, source, e.Name); err != nil {
				return nil, err
			}
		default:
			files = append(files, e)
		}
	}
	return files, nil
}

// refuseTable is refuseTables of a folder alone. what names the folder in the message.
func refuseTable(ctx context.Context, source object.Source, folder, what string) error {
	if info, err := source.Stat(ctx, folder); err != nil || !info.Folder {
		return ctx.Err() // what can't be read is reported where it is read
	}
	return refuse(ctx, source, folder, what)
}

func refuse(ctx context.Context, source object.Source, folder, what string) error {
	format, found, err := tableFormat(ctx, source, folder)
	if err != nil || format == "" {
		return err
	}
	problem := gold.Problem{File: what, Code: gold.CodeFileUnsupported}
	if isRead(format) {
		return gold.Invalidf(problem, "it is a table of "+format+" (it has %s), whose "+ledgers[format]+" says which of its files count, and it lies where plain files are expected: "+
			"name the table's folder as a source of its own, in a lake that is a folder above it", found)
	}
	return gold.Invalidf(problem, "it is a table of %s (it has %s), and its folder keeps files whose rows the table has removed: "+
		"read it with an engine for %s, such as Spark or DuckDB, and write its rows as plain Parquet into another folder", format, found, format)
}
