package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/text"
)

// Names in folders of parts.
const (
	hiveNull      = "__HIVE_DEFAULT_PARTITION__"
	maxPartitions = 16 // folders within folders
)

// maxParts is how many plain files a dataset may have: what each says about itself is in memory. Tables whose metadata names
// their files have bounds of their own.
const maxParts = 100_000

func errManyParts(source string, n int) error {
	return gold.Invalidf(gold.Problem{File: source, Code: gold.CodeFileUnsupported},
		"it has %d files, and at most %d are read as one dataset: write its rows into fewer, larger ones, as Spark does after coalesce(8)", n, maxParts)
}

// findParts lists the parts of a folder, as Spark and Hive lay them out: every file whose name, and those of the
// folders above it, is none that writers leave beside their data, or one of another kind. Folders within are partitions.
func findParts(ctx context.Context, source object.Source, folder string, s Spec) (*listing, error) {
	invalid := func(name string, code gold.Code, text string, args ...any) error {
		return gold.Invalidf(gold.Problem{File: name, Code: code}, text, args...)
	}
	files, err := filesBelow(ctx, source, folder)
	if err != nil {
		return nil, err
	}
	_, unfinished := source.Stat(ctx, path.Join(folder, successFile))
	if unfinished != nil && !s.NoSuccessFile {
		if !errors.Is(unfinished, fs.ErrNotExist) { // a link that leads nowhere is no such file either
			return nil, unfinished
		}
		return nil, invalid(folder, gold.CodeSourceUnreadable, "the folder holds no file %s: its writer is not done, or failed. Wait, or write it again; where the writer never makes one, the folder can be taken without it", successFile)
	}
	found := &listing{name: folder, kind: gold.FolderOf, format: formatOf(folder, s.Reading)}
	var others []object.Info
	files = slices.DeleteFunc(files, func(f object.Info) bool {
		other := !isPart(path.Base(f.Name))
		if other {
			others, found.others = append(others, f), append(found.others, f.Name)
		}
		return other
	})
	if len(files) == 0 && !strings.HasSuffix(folder, extension) && oneFormat(found.others) {
		files, found.others = others, nil
		found.format = formatOf(files[0].Name, s.Reading)
	}
	switch example := path.Join(folder, "part-00000.parquet"); {
	case len(files) == 0 && len(found.others) > 0:
		return nil, invalid(folder, gold.CodeSourceUnreadable, "the folder holds files of other kinds than Parquet only: it has %s: write a file such as %s into it, or leave %s alone in it where it has no rows",
			gold.Listed(found.others), example, successFile)
	case len(files) == 0 && unfinished != nil: // with the file and nothing else, its writer says that it has no rows
		return nil, invalid(folder, gold.CodeSourceMissing, "the folder holds no part: write a file such as %s into it", example)
	}
	found.parts = make([]part, len(files))
	for i, file := range files {
		partition, err := parsePartition(strings.TrimPrefix(path.Dir(file.Name), folder))
		if err != nil {
			return nil, invalid(file.Name, gold.CodeSourceUnreadable, "%v", err)
		}
		found.parts[i] = part{file, s.named(file.Name, partition)}
	}
	for _, p := range found.parts {
		if first := found.parts[0]; !slices.Equal(partitionNames(p), partitionNames(first)) {
			return nil, invalid(p.info.Name, gold.CodeSourceUnreadable, "it lies in other partitions than %s: lay all parts out alike", first.info.Name)
		}
	}
	return found, nil
}

// oneFormat reports whether files are all text files of one format, by their names.
func oneFormat(names []string) bool {
	for _, name := range names {
		first, _ := text.FormatOf(names[0])
		if format, _ := text.FormatOf(name); format == "" || format != first {
			return false
		}
	}
	return len(names) > 0
}

func partitionNames(p part) []string {
	names := make([]string, len(p.partition))
	for i, v := range p.partition {
		names[i] = v.Name
	}
	return names
}

// parsePartition reads the names of folders such as /annee=2011/mois=2011-07, percent-encoded where need be.
func parsePartition(folders string) ([]content.Partition, error) {
	folders = strings.Trim(folders, "/")
	if folders == "" {
		return nil, nil
	}
	names := strings.Split(folders, "/")
	if len(names) > maxPartitions {
		return nil, fmt.Errorf("it lies in %d folders; at most %d partitions are allowed", len(names), maxPartitions)
	}
	values := make([]content.Partition, len(names))
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
		values[i] = content.Partition{Name: name, Text: text, Null: text == hiveNull}
	}
	return values, nil
}
