// Package bench measures builds of the shipped model: engines side by side, each run a whole process.
//
//  1. Engines run in turn, round after round, and each works from nothing: what a machine does meanwhile falls on all of them.
//  2. A figure is the median of all rounds.
//  3. What engines rejected and made must agree, or nothing is compared.
//
// It also holds the model's build by a program that isn't goldserve's, as its own users would write it.
package bench
