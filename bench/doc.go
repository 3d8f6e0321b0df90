// Package bench holds what goldserve benchmark runs beside the engines of a build: the build of the shipped model by a program that isn't
// goldserve's.
//
//  1. It holds files only: cmd/goldserve runs them.
//  2. They are written as their own users would write them, and give the gold that the engines give.
package bench
