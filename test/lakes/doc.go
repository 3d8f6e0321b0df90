// Package lakes publishes lakes of any shape with nothing but what gold/infer guesses of them, and compares every answer with
// what pandas computes from the same files: public ones in testdata, those of the shared data, and random ones.
package lakes
