package contract

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"goldserve/gold"
)

// report collects every problem of the files read together, so that one run shows all of them.
type report struct {
	problems []gold.Problem
	overlays string // the file that lays over them; "": none

	// What is being read, for a panic's problem.
	file string
	at   *node
}

// reading notes what is being read.
func (r *report) reading(f *file, n *node) { r.file, r.at = f.name, n }

// recover turns a panic into a problem of what was being read: no contract ends the program.
func (r *report) recover() {
	if value := recover(); value != nil {
		r.add(r.file, r.at, "", "%s (%v): write it another way, and report it", unforeseen, value)
	}
}

// unforeseen is how the problem of a panic begins. Tests look for it.
const unforeseen = "goldserve failed to read this, which is a defect of goldserve"

// add records a problem of a file at a node; nil stands for the file as a whole.
func (r *report) add(file string, n *node, didYouMean, format string, args ...any) {
	p := gold.Problem{File: file, Code: gold.CodeContractInvalid, Detail: fmt.Sprintf(format, args...), DidYouMean: didYouMean}
	if n != nil {
		p.Line, p.Column = n.line, n.column
	}
	r.problems = append(r.problems, p)
}

// err returns the problems as one Invalid error, by file and line, or nil where there are none.
func (r *report) err() *gold.Error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b gold.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	// One mistake that several checks meet is told once.
	problems := slices.Compact(r.problems)
	e := &gold.Error{Kind: gold.Invalid, Code: gold.CodeContractInvalid, Problems: problems}
	if e.Message = problems[0].String(); len(problems) > 1 {
		e.Message = fmt.Sprintf("%d problems in %s, the first: %s", len(problems), r.where(problems), e.Message)
	}
	return e
}

// where names the files that have problems.
func (r *report) where(problems []gold.Problem) string {
	laid := func(p gold.Problem) bool { return r.overlays != "" && p.File == r.overlays }
	own := func(p gold.Problem) bool { return !laid(p) }
	switch {
	case !slices.ContainsFunc(problems, laid):
		return "the contracts"
	case !slices.ContainsFunc(problems, own):
		return r.overlays
	default:
		return "the contracts and " + r.overlays
	}
}

const (
	// maxWord is the longest text, in runes, that a message repeats or a nearest word is looked for.
	maxWord = 64
	// maxNear bounds the candidates among which a nearest word is looked for, and the problems for which it is.
	maxNear = 1000
)

// quote returns text in quotes, cut at maxWord runes.
func quote(text string) string {
	if utf8.RuneCountInString(text) > maxWord {
		return fmt.Sprintf("%q…", string([]rune(text)[:maxWord]))
	}
	return fmt.Sprintf("%q", text)
}

// nearest is gold.Nearest within bounds: a file of nothing but mistakes must not take minutes.
func (r *report) nearest(word string, candidates []string) string {
	if utf8.RuneCountInString(word) > maxWord || len(candidates) > maxNear || len(r.problems) > maxNear {
		return ""
	}
	return gold.Nearest(word, candidates)
}
