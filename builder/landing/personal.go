package landing

import (
	"errors"
	"regexp"
	"slices"

	"goldserve/gold"
)

// schemaProblems returns the problems of a file's columns as those of a build; other errors stay what they are. None of them quotes
// personal data.
func schemaProblems(s *gold.RawSource, err error) ([]gold.Problem, error) {
	known, ok := errors.AsType[*gold.Error](err)
	if !ok || known.Kind != gold.Invalid {
		return nil, err
	}
	switch known.Code {
	case gold.CodeSchemaMissing, gold.CodeSchemaDuplicate, gold.CodeSchemaType:
		problems := slices.Clone(known.Problems)
		if personal(s) && len(problems) >= len(s.Columns) {
			hideNames(problems)
			return problems, nil
		}
		return asDeclared(s, problems), nil
	default:
		if !personal(s) {
			return nil, err
		}
		return nil, gold.InvalidAll(unquoted(known.Problems))
	}
}

// personal reports whether a source has personal data, of which no error may quote any.
func personal(s *gold.RawSource) bool {
	return slices.ContainsFunc(s.Columns, func(c gold.RawColumn) bool { return c.Mask != gold.MaskNone })
}

// hideNames leaves the names of columns out of problems: where none of those that are wanted is among them, the file may have no
// header, and begin with a person's data.
func hideNames(problems []gold.Problem) {
	for i := range problems {
		problems[i].Code, problems[i].DidYouMean = gold.CodeBuildSchema, ""
		problems[i].Detail = "the file has no such column, and none of the others that the source has: is its first line a header? What it has isn't shown, as the source has personal data"
	}
}

var quotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'`)

// unquoted returns problems without what they quote of a file.
func unquoted(problems []gold.Problem) []gold.Problem {
	hidden := slices.Clone(problems)
	for i := range hidden {
		hidden[i].Detail = quotes.ReplaceAllString(hidden[i].Detail, "…")
	}
	return hidden
}
