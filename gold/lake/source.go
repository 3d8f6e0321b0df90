package lake

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/text"
)

// find returns what a source's name stands for: a file or folder with the extension, a folder of parts without it, or a text
// file. Two of them are Invalid source_unreadable, unless the contract names one with its extension; none is
// fs.ErrNotExist.
func (l *Lake) find(ctx context.Context, s Spec) (object.Info, error) {
	named, _ := text.FormatOf(s.stem())
	if named != "" || s.Reading.Format != "" && s.Reading.Format != gold.Parquet {
		if info, err := l.source.Stat(ctx, s.stem()); !object.Absent(err) && (named != "" || err == nil && !info.Folder) {
			return info, err
		}
	}
	var found []object.Info
	if s.Reading.Format == "" || s.Reading.Format == gold.Parquet {
		info, err := l.findParquet(ctx, s)
		switch {
		case err == nil:
			found = append(found, info)
		case !object.Absent(err):
			return info, err
		}
	}
	if named == "" && s.Reading.Format != gold.Parquet && !strings.HasSuffix(s.stem(), extension) {
		for _, ending := range text.Endings(s.Reading.Format) {
			info, err := l.source.Stat(ctx, s.stem()+ending)
			switch {
			case err == nil && !info.Folder:
				found = append(found, info)
			case err != nil && !object.Absent(err):
				return info, err
			}
		}
	}
	switch len(found) {
	case 0:
		return object.Info{}, fs.ErrNotExist
	case 1:
		return found[0], nil
	}
	return found[0], l.ambiguous(found[0], found[1])
}

// ambiguous returns the error of a source's name that may stand for either of two.
func (l *Lake) ambiguous(one, other object.Info) error {
	if one.Folder && path.Ext(one.Name) == "" {
		one, other = other, one
	}
	what := other.Name
	if other.Folder {
		what = "the folder " + what
	}
	return gold.Invalidf(gold.Problem{File: one.Name, Code: gold.CodeSourceUnreadable},
		"the lake at %s holds %s and %s, and either may be the source: remove one, or say source: %s in the contract for the first",
		l.Path(), one.Name, what, one.Name)
}

// findParquet is find of Parquet files and of folders.
func (l *Lake) findParquet(ctx context.Context, s Spec) (object.Info, error) {
	named, err := l.source.Stat(ctx, s.parquetFile())
	absent := object.Absent(err)
	if err != nil && !absent || strings.HasSuffix(s.stem(), extension) {
		return named, err
	}
	folder, bareErr := l.source.Stat(ctx, s.stem())
	switch {
	case bareErr != nil && !object.Absent(bareErr) && gold.KindOf(bareErr) != gold.Invalid:
		return folder, bareErr
	case bareErr != nil || !folder.Folder:
		return named, err
	}
	holds, holdsErr := holdsParts(ctx, l.source, s.stem())
	switch {
	case holdsErr != nil:
		return folder, holdsErr
	case !holds:
		return named, err
	case absent:
		return folder, nil
	}
	return named, l.ambiguous(named, folder)
}

// holdsParts reports whether a folder without the extension is one of parts: it holds the file that tells that it is
// complete, a part, or a partition, and is no table of another format. A folder of other folders only orders the lake.
func holdsParts(ctx context.Context, source object.Source, folder string) (bool, error) {
	format, _, err := tableFormat(ctx, source, folder)
	if err != nil || format != "" {
		return false, err
	}
	entries, err := source.List(ctx, folder)
	return slices.ContainsFunc(entries, func(e object.Info) bool {
		switch name := path.Base(e.Name); {
		case skipped(e):
			return name == successFile
		case e.Folder:
			return strings.Contains(name, "=")
		default:
			return isPart(name)
		}
	}), err
}
