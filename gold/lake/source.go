package lake

import (
	"context"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// find returns what a source's name stands for: a file or folder with the extension, or a folder of parts without it.
// Both at once are Invalid source_unreadable, unless the contract names the one with the extension; neither is
// fs.ErrNotExist.
func (l *Lake) find(ctx context.Context, s Spec) (object.Info, error) {
	named, err := l.source.Stat(ctx, s.File())
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
	return named, gold.Invalidf(gold.Problem{File: s.File(), Code: gold.CodeSourceUnreadable},
		"the lake at %s holds %s and the folder %s, and either may be the source: remove one, or say source: %s in the contract, which is the first",
		l.Path(), s.File(), s.stem(), s.File())
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
