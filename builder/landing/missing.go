package landing

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

// noSuch is how every reader of files says that one lacks a column.
const noSuch = "no such column"

// asDeclared returns the problems of a file's columns as those of a source: the columns that are missing in one, with where they are declared.
func asDeclared(s *gold.RawSource, problems []gold.Problem) []gold.Problem {
	var out, missing []gold.Problem
	for _, p := range problems {
		isMissing := p.Code == gold.CodeSchemaMissing
		p.Code, p.DidYouMean = gold.CodeBuildSchema, likely(s, p.DidYouMean)
		if isMissing {
			missing = append(missing, p)
		} else {
			out = append(out, p)
		}
	}
	if len(missing) == 0 {
		return out
	}
	first := missing[0]
	if before, has, ok := strings.Cut(first.Detail, noSuch); ok && len(missing) > 1 {
		names := make([]string, len(missing))
		for i, p := range missing {
			names[i] = gold.Quoted([]string{p.Field})[0]
			if p.DidYouMean != "" {
				names[i] += " (did you mean " + p.DidYouMean + "?)"
			}
		}
		first.Field, first.DidYouMean = "", ""
		first.Detail = before + "no columns " + strings.Join(names, ", ") + has
		missing = missing[:1]
	}
	missing[0] = first
	for i := range missing {
		missing[i].Detail += declaredWords(s)
	}
	return append(missing, out...)
}

// declaredWords says where the columns of a source are declared.
func declaredWords(s *gold.RawSource) string {
	return fmt.Sprintf("; names are exact, and those of the source %[1]s are declared under build: sources: %[1]s: columns in model.yaml", s.Name)
}

// likely returns the nearest of a file's columns as it is shown; "" where the source declares that one, so that it isn't what was meant.
func likely(s *gold.RawSource, near string) string {
	if near == "" || slices.ContainsFunc(s.Columns, func(c gold.RawColumn) bool { return c.Name == near }) {
		return ""
	}
	return gold.Quoted([]string{near})[0]
}
