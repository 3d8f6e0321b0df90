package landing

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/text"
)

// listing lists folders of bronze, each once.
type listing struct {
	bronze  object.Source
	folders map[string][]object.Info
	tables  map[string]bool // folders, whether they are Delta or Iceberg tables
}

func (l *listing) list(ctx context.Context, folder string) ([]object.Info, error) {
	if entries, ok := l.folders[folder]; ok {
		return entries, nil
	}
	entries, err := l.bronze.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e object.Info) bool { return hidden(path.Base(e.Name)) })
	l.folders[folder] = entries
	return entries, nil
}

// hidden reports whether a name is of what writers leave beside their data, as Hadoop has it. A Delta table's log is one.
func hidden(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".crc")
}

// match returns what a pattern matches, of each folder in the order of names: files, and folders.
func (l *listing) match(ctx context.Context, pattern string) ([]object.Info, error) {
	found := []object.Info{{Name: ".", Folder: true}}
	for segment := range strings.SplitSeq(strings.Trim(path.Clean(pattern), "/"), "/") {
		named := regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(segment), `\*`, ".*") + "$")
		var next []object.Info
		for _, folder := range found {
			switch {
			case !folder.Folder:
				continue
			case l.isTable(ctx, folder.Name): // whose metadata says which of its files count
				next = append(next, folder)
				continue
			}
			entries, err := l.list(ctx, folder.Name)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if named.MatchString(path.Base(e.Name)) {
					next = append(next, e)
				}
			}
		}
		found = next
	}
	return found, nil
}

// below returns the files of a folder and of those within it.
func (l *listing) below(ctx context.Context, folder string, levels int) ([]object.Info, error) {
	entries, err := l.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	var files []object.Info
	for _, e := range entries {
		switch {
		case !e.Folder || l.isTable(ctx, e.Name):
			files = append(files, e)
		case levels > 0:
			within, err := l.below(ctx, e.Name, levels-1)
			if err != nil {
				return nil, err
			}
			files = append(files, within...)
		}
	}
	return files, nil
}

// maxLevels is how many folders within a folder are looked into.
const maxLevels = 16

// files returns the files of a source in the order of their names, and others that its patterns match and that are of no format.
func (l *listing) files(ctx context.Context, s *gold.RawSource, all []gold.RawSource) (files, others []object.Info, err error) {
	seen := map[string]bool{}
	for _, pattern := range s.Files {
		found, err := l.match(ctx, pattern)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range found {
			within := []object.Info{e}
			switch {
			case e.Folder && l.isTable(ctx, e.Name):
			case e.Folder:
				if within, err = l.below(ctx, e.Name, maxLevels); err != nil {
					return nil, nil, err
				}
			}
			for _, f := range within {
				switch {
				case seen[f.Name] || belongsToOther(f.Name, s, all):
				case f.Folder || s.Reading.Format != "" || readable(f.Name):
					seen[f.Name] = true
					files = append(files, f)
				default:
					others = append(others, f)
				}
			}
		}
	}
	slices.SortFunc(files, func(a, b object.Info) int { return strings.Compare(a.Name, b.Name) })
	return files, others, nil
}

// isTable reports whether a folder is a table whose metadata says which of its files count.
func (l *listing) isTable(ctx context.Context, folder string) bool {
	if folder == "." {
		return false
	}
	is, known := l.tables[folder]
	if !known {
		format, err := lake.New(l.bronze).FormatWithout(ctx, folder)
		is = err == nil && format.Table()
		l.tables[folder] = is
	}
	return is
}

var parquetEnding = regexp.MustCompile(`(?i)\.(parquet|parq|pq)$`)

// readable reports whether a file's name tells a format that is read.
func readable(name string) bool {
	format, _ := text.FormatOf(path.Base(name))
	return format != "" || parquetEnding.MatchString(name)
}

// isParquet reports whether a file of a source is Parquet.
func isParquet(name string, r gold.Reading) bool {
	return r.Format == gold.Parquet || r.Format == "" && parquetEnding.MatchString(name)
}

// isDefault reports whether a source has the patterns of sources that declare none.
func isDefault(s *gold.RawSource) bool {
	return slices.Equal(s.Files, []string{s.Name + ".*", s.Name + "_*.*", s.Name + "/*"})
}

// belongsToOther reports whether a file that the usual patterns of a source match is another's, whose name is longer: orders_items.csv
// isn't of orders where there is a source orders_items.
func belongsToOther(name string, s *gold.RawSource, all []gold.RawSource) bool {
	if !isDefault(s) {
		return false
	}
	return slices.ContainsFunc(all, func(o gold.RawSource) bool {
		rest, ok := strings.CutPrefix(name, o.Name)
		return len(o.Name) > len(s.Name) && isDefault(&o) && ok && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "_"))
	})
}
