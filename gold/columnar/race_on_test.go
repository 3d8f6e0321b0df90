//go:build race

package columnar

// raceDetector is on: SQLite, which is Go here, is then ten times slower.
const raceDetector = true
