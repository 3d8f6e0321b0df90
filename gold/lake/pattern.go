package lake

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// pattern matches the names of files. The text of a timestamp begins with a digit, and has nothing but digits and what
// separates them: 20251113T103500, 2025-11-13_10.35.
func pattern(source string) *regexp.Regexp {
	text := regexp.QuoteMeta(source)
	text = strings.Replace(text, regexp.QuoteMeta(timestamp), `([0-9][0-9TZ_:.+-]*)`, 1)
	return regexp.MustCompile("^" + strings.ReplaceAll(text, `\*`, `[^/]*`) + "$")
}

// matches lists the files whose names match a pattern, in the order of their names.
func (l *Lake) matches(ctx context.Context, source string) ([]object.Info, error) {
	folder := path.Dir(source)
	if info, err := l.source.Stat(ctx, folder); folder != "." && (object.Absent(err) || err == nil && !info.Folder) {
		return nil, nil
	}
	entries, err := l.source.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	named := pattern(source)
	return slices.DeleteFunc(slices.Clone(entries), func(e object.Info) bool {
		return e.Folder || skipped(e) || !named.MatchString(e.Name)
	}), nil
}

// findMatches lists the files of a pattern: all of them as parts of one dataset, or the newest.
func (l *Lake) findMatches(ctx context.Context, s Spec) (*listing, error) {
	files, err := l.matches(ctx, s.stem())
	switch {
	case err != nil:
		return nil, err
	case len(files) == 0:
		return nil, l.missing(ctx, s.stem())
	}
	name, kind := s.stem(), gold.PatternOf
	if strings.Contains(name, timestamp) {
		newest, err := newestOf(files, pattern(name))
		if err != nil {
			return nil, err
		}
		name, kind, files = newest.Name, gold.NewestOf, []object.Info{newest}
	}
	found := &listing{name: name, kind: kind, format: formatOf(files[0].Name, s.Reading)}
	for _, f := range files {
		if formatName(f.Name, s.Reading) != formatName(files[0].Name, s.Reading) {
			return nil, gold.Invalidf(gold.Problem{File: f.Name, Code: gold.CodeSourceUnreadable},
				"the pattern %s matches it and %s, of another format: name one of them, such as %s", s.stem(), files[0].Name, "*"+path.Ext(files[0].Name))
		}
		found.parts = append(found.parts, part{f, s.named(f.Name, nil)})
	}
	return found, nil
}

// newestOf returns the file whose name has the latest timestamp: the greatest digits, as text.
func newestOf(files []object.Info, named *regexp.Regexp) (object.Info, error) {
	at := func(f object.Info) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, named.FindStringSubmatch(f.Name)[1])
	}
	newest := files[0]
	for _, f := range files[1:] {
		switch strings.Compare(at(f), at(newest)) {
		case 1:
			newest = f
		case 0:
			return f, gold.Invalidf(gold.Problem{File: f.Name, Code: gold.CodeSourceUnreadable}, "its name has the same time as that of %s, and either may be the newest: remove one", newest.Name)
		}
	}
	return newest, nil
}
