// Package cast turns texts and integers of a lake's files into the values of a field that has another kind, as the field's
// contract declares.
//
// Rules:
//
//  1. A value fits entirely or not at all: nothing is cut off, guessed or rounded, but for the nearest double of a number
//     and times floored to milliseconds.
//  2. What a declaration says once holds for every value by itself: no value depends on others.
//  3. A Cast holds no state of its own, so that readers of several row groups share it.
//
// The package must not know files or their formats.
package cast
