package quality

import "fmt"

// comparison compiles an operator with its numbers. mustBeBetween excludes its bounds: see the package's rules.
func comparison(operator string, values []float64) (func(float64) bool, error) {
	want := 1
	if operator == "mustBeBetween" || operator == "mustNotBeBetween" {
		want = 2
	}
	if len(values) != want {
		return nil, fmt.Errorf("%s needs %s, not %d", operator, count(int64(want), "number"), len(values))
	}
	low, high := values[0], values[want-1]
	switch operator {
	case "mustBe":
		return func(v float64) bool { return v == low }, nil
	case "mustNotBe":
		return func(v float64) bool { return v != low }, nil
	case "mustBeGreaterThan":
		return func(v float64) bool { return v > low }, nil
	case "mustBeGreaterOrEqualTo":
		return func(v float64) bool { return v >= low }, nil
	case "mustBeLessThan":
		return func(v float64) bool { return v < low }, nil
	case "mustBeLessOrEqualTo":
		return func(v float64) bool { return v <= low }, nil
	case "mustBeBetween":
		return func(v float64) bool { return low < v && v < high }, nil
	case "mustNotBeBetween":
		return func(v float64) bool { return v <= low || high <= v }, nil
	default:
		return nil, fmt.Errorf("there is no operator %q", operator)
	}
}

// percent returns the share of rows, 0 if there are none.
func percent(failing, rows int64) float64 {
	if rows == 0 {
		return 0
	}
	return float64(failing) * 100 / float64(rows)
}
