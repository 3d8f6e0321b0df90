//go:build !race

package columnar

const raceDetector = false
