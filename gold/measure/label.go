package measure

import (
	"math"
	"strconv"
	"strings"
)

// binLabels returns pandas.cut's labels of right-closed bins: "(2035.732, 2714.29]". Their numbers are the edges
// rounded to three decimals, or to three significant digits between -1 and 1; to more where two would else be equal.
func binLabels(edges []float64) []string {
	if len(edges) == 0 {
		return nil
	}
	numbers := edges
	const leastPrecision, mostPrecision = 3, 19
	for precision := leastPrecision; precision <= mostPrecision; precision++ {
		if rounded := roundEdges(edges, precision); distinct(rounded) {
			numbers = rounded
			break
		}
	}
	labels := make([]string, len(edges)-1)
	for i := range labels {
		labels[i] = "(" + pythonFloat(numbers[i]) + ", " + pythonFloat(numbers[i+1]) + "]"
	}
	return labels
}

func distinct(numbers []float64) bool {
	seen := make(map[float64]bool, len(numbers))
	for _, n := range numbers {
		seen[n] = true
	}
	return len(seen) == len(numbers)
}

func roundEdges(edges []float64, precision int) []float64 {
	rounded := make([]float64, len(edges))
	for i, edge := range edges {
		digits := precision
		if edge != 0 && math.Abs(edge) < 1 {
			digits = precision - 1 - floorLog10(math.Abs(edge))
		}
		rounded[i] = edge
		if r := around(edge, digits); finite(r) {
			rounded[i] = r
		}
	}
	return rounded
}

// floorLog10 returns the floor of the base-10 logarithm of 0 < x < 1 rounded to a double, which is what numpy takes
// the floor of: a number just below a power of ten may have its logarithm.
func floorLog10(x float64) int {
	_, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, 64), "e")
	floor, err := strconv.Atoi(exponent)
	if err != nil {
		panic("strconv wrote a number without an exponent")
	}
	next := floor + 1
	power, err := strconv.ParseFloat("1e"+strconv.Itoa(next), 64)
	if err != nil || next == 0 {
		return floor
	}
	n := math.Abs(float64(next))
	if below := (power - x) / power / math.Ln10; below <= (math.Nextafter(n, n+1)-n)/2 {
		return next
	}
	return floor
}

// around rounds to decimals as numpy.around does: times a power of ten, half to even, divided by it. The power is
// made by numpy's own multiplications, which differ from the exact one far out.
func around(x float64, decimals int) float64 {
	power := 1.0
	for range decimals {
		power *= 10
	}
	return math.RoundToEven(float64(x*power)) / power
}

// pythonFloat writes a number as Python's repr: 5.0, 0.001, 1e-05, 1e+16.
func pythonFloat(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	text := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
