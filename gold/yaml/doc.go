// Package yaml reads the files of a model strictly: into nodes that know their places, and these into texts, words,
// numbers, lists and maps of known keys.
//
// Rules:
//
//  1. All problems of all files that share a Report are told at once, each with its file, line and column, and the
//     nearest word where one was expected: a reader goes on after a problem.
//  2. A file is hostile until read: its size, its nesting and what its aliases unfold to are bounded before it is parsed.
//  3. It knows no contract and no dashboard: what their keys mean is theirs.
package yaml
