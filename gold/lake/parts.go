package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/parquet"
)

// Names in folders of parts.
const (
	successFile   = "_SUCCESS"
	hiveNull      = "__HIVE_DEFAULT_PARTITION__"
	maxPartitions = 16 // folders within folders
)

// part is a file of a folder of parts.
type part struct {
	name      string
	partition []parquet.Partition
}

// findParts lists the parts of a folder, as Spark and Hive lay them out: every file whose name, and those of the
// folders above it, is none that writers leave beside their data. Folders within are partitions.
func findParts(root *os.Root, folder string, s Spec) ([]part, error) {
	invalid := func(name, code, text string, args ...any) error {
		return gold.Invalidf(gold.Problem{File: name, Code: code}, text, args...)
	}
	if err := refuseTables(root, folder); err != nil {
		return nil, err
	}
	if _, err := root.Stat(path.Join(folder, successFile)); err != nil && !s.NoSuccessFile {
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, unreadable(root, path.Join(folder, successFile), err)
		}
		return nil, invalid(folder, gold.CodeSourceUnreadable, "the folder holds no file %s: its writer is not done, or failed. Wait, or write it again; where the writer never makes one, the folder can be taken without it", successFile)
	}
	var parts []part
	err := fs.WalkDir(root.FS(), folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unreadable(root, name, err)
		case name == folder:
			return nil
		case skipped(entry) && entry.IsDir():
			return fs.SkipDir
		case skipped(entry), entry.IsDir():
			return nil
		}
		partition, err := parsePartition(strings.TrimPrefix(path.Dir(name), folder))
		if err != nil {
			return invalid(name, gold.CodeSourceUnreadable, "%v", err)
		}
		parts = append(parts, part{name, partition})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, invalid(folder, gold.CodeSourceMissing, "the folder holds no part: write a file such as %s into it", path.Join(folder, "part-00000.parquet"))
	}
	for _, p := range parts {
		if !slices.Equal(partitionNames(p), partitionNames(parts[0])) {
			return nil, invalid(p.name, gold.CodeSourceUnreadable, "it lies in other partitions than %s: lay all parts out alike", parts[0].name)
		}
	}
	return parts, nil
}

func partitionNames(p part) []string {
	names := make([]string, len(p.partition))
	for i, v := range p.partition {
		names[i] = v.Name
	}
	return names
}

// parsePartition reads the names of folders such as /annee=2011/mois=2011-07, percent-encoded where need be.
func parsePartition(folders string) ([]parquet.Partition, error) {
	folders = strings.Trim(folders, "/")
	if folders == "" {
		return nil, nil
	}
	names := strings.Split(folders, "/")
	if len(names) > maxPartitions {
		return nil, fmt.Errorf("it lies in %d folders, and %d partitions are the limit", len(names), maxPartitions)
	}
	values := make([]parquet.Partition, len(names))
	for i, n := range names {
		name, text, ok := strings.Cut(n, "=")
		if !ok {
			return nil, fmt.Errorf("it lies in the folder %q, which is no partition such as month=2011-07", n)
		}
		var errName, errText error
		name, errName = url.PathUnescape(name)
		text, errText = url.PathUnescape(text)
		if errName != nil || errText != nil {
			return nil, fmt.Errorf("the folder %q has a %% that encodes nothing", n)
		}
		values[i] = parquet.Partition{Name: name, Text: text, Null: text == hiveNull}
	}
	return values, nil
}
