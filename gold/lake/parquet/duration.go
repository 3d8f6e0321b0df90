package parquet

import (
	"math"
	"strings"

	"goldserve/gold"
)

// convertDuration takes numbers of seconds, with so many digits after the point, as microseconds: finer ones are rounded down,
// as those of times are.
func convertDuration(digits int) conversion {
	return func(dst *gold.Column, v *values, i, j int, lost *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			n := v.int64s[k]
			if digits > gold.DurationScale {
				micros, rest := gold.FloorDiv(n, pow10[digits-gold.DurationScale])
				if rest != 0 {
					*lost++
				}
				dst.Ints = append(dst.Ints, micros)
				continue
			}
			factor := pow10[gold.DurationScale-digits]
			if n > math.MaxInt64/factor || n < math.MinInt64/factor {
				return k - i, &valueProblem{gold.CodeValueRange, string(gold.AppendDuration(nil, n, digits)), "a duration of at most 292,471 years"}
			}
			dst.Ints = append(dst.Ints, n*factor)
		}
		return j - i, nil
	}
}

// convertDurationText reads durations as ISO 8601 writes them.
func convertDurationText(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k := i; k < j; k++ {
		text := v.text(k)
		value, err := gold.ParseValue(gold.Duration, gold.DurationScale, string(text))
		if err != nil {
			return k - i, &valueProblem{gold.CodeValueType, quoteStart(text), strings.TrimPrefix(err.Error(), "expected ")}
		}
		dst.Ints = append(dst.Ints, value.Int())
	}
	return j - i, nil
}

// writeDurations writes durations as ISO 8601 does, with all the digits of their unit.
func writeDurations(digits int) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			if len(dst.Bytes) >= batchText {
				return k - i, nil
			}
			dst.Bytes = gold.AppendDuration(dst.Bytes, v.int64s[k], digits)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
		return j - i, nil
	}
}
