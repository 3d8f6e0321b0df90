// Package param reads questions from name=value pairs, as URLs and command lines have them.
//
// Rules:
//
//  1. Parameters are read strictly, and all problems are reported at once, each with its parameter, what was expected
//     and the nearest valid word.
//  2. It reads nothing from a store: a release's catalog lists the names.
//  3. A question has one cache key (Key), whatever the spelling and the order of its parameters.
package param
