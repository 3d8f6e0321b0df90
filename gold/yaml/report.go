package yaml

import (
	"fmt"
	"unicode/utf8"

	"goldserve/gold"
)

// Report collects the problems of all files, so that one run shows all of them.
type Report struct {
	Problems []gold.Problem // in the order in which they were met

	// Taken collects the keys that the readers of each map know; nil: it doesn't.
	Taken map[*Node][]string

	// The current position, for a panic's problem.
	file string
	at   *Node
}

// Reading sets the current position.
func (r *Report) Reading(f *File, n *Node) { r.file, r.at = f.Name, n }

// Recover turns a panic into a problem at the current position: no file ends the program.
func (r *Report) Recover() {
	if value := recover(); value != nil {
		r.Add(r.file, r.at, "", "%s (%v): write it another way, and report it", Unforeseen, value)
	}
}

// Unforeseen begins the problem of a panic. Tests look for it.
const Unforeseen = "goldserve failed to read this, which is a defect of goldserve"

// Add records a problem of a file at a node; nil means the file as a whole.
func (r *Report) Add(file string, n *Node, didYouMean, format string, args ...any) {
	p := gold.Problem{File: file, Code: gold.CodeContractInvalid, Detail: fmt.Sprintf(format, args...), DidYouMean: didYouMean}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	r.Problems = append(r.Problems, p)
}

const (
	// maxWord is the longest text, in runes, that a message quotes or a nearest word is looked up for.
	maxWord = 64
	// maxNear limits the candidates for a nearest word, and the problems that get one.
	maxNear = 1000
)

// Quote returns text in quotes, cut at maxWord runes.
func Quote(text string) string {
	if utf8.RuneCountInString(text) > maxWord {
		return fmt.Sprintf("%q…", string([]rune(text)[:maxWord]))
	}
	return fmt.Sprintf("%q", text)
}

// Nearest is gold.Nearest within limits: a file full of mistakes must not take minutes.
func (r *Report) Nearest(word string, candidates []string) string {
	if utf8.RuneCountInString(word) > maxWord || len(candidates) > maxNear || len(r.Problems) > maxNear {
		return ""
	}
	return gold.Nearest(word, candidates)
}
