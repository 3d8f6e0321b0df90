package gold

import (
	"math"
	"math/big"
	"strings"
)

// StepDigits returns how many digits the step of a Rule of a field of kind k has at most.
func StepDigits(k Kind) int {
	if k == WideDecimal {
		return MaxDigits
	}
	return NarrowDigits
}

// IsStep reports whether a text is a number above 0 of at most StepDigits digits, without an exponent: the step of a Rule
// of a field of kind k.
func IsStep(text string, k Kind) bool {
	whole, fraction, _ := strings.Cut(text, ".")
	digits := strings.Trim(whole+fraction, "0")
	return plainNumber(text) && !strings.ContainsAny(text, "-eE") && digits != "" && len(strings.TrimLeft(whole, "0"))+len(fraction) <= StepDigits(k)
}

// Divisor returns the integer that divides the unscaled value of an Int or Decimal of this scale exactly if the value
// is a multiple of step.
func Divisor(step string, scale int) int64 {
	unscaled := WideDivisor(step, scale)
	if !unscaled.IsInt64() {
		return math.MaxInt64 // which divides 0 alone, as values are smaller
	}
	return unscaled.Int64()
}

// WideDivisor is Divisor of a WideDecimal.
func WideDivisor(step string, scale int) *big.Int {
	whole, fraction, _ := strings.Cut(step, ".")
	unscaled, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || unscaled.Sign() <= 0 {
		return big.NewInt(1)
	}
	// v/10^scale is a multiple of s/10^digits if and only if v·10^digits is a multiple of s·10^scale, that is, if v is
	// a multiple of s·10^scale without the factors that it shares with 10^digits.
	ten := big.NewInt(10)
	unscaled.Mul(unscaled, new(big.Int).Exp(ten, big.NewInt(int64(scale)), nil))
	shared := new(big.Int).GCD(nil, nil, unscaled, new(big.Int).Exp(ten, big.NewInt(int64(len(fraction))), nil))
	return unscaled.Quo(unscaled, shared)
}
