package gold

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// int128s are numbers at the ends of what an Int128, an int64 and decimals hold, and random ones between.
func int128s(t *testing.T) []*big.Int {
	t.Helper()
	var all []*big.Int
	for _, text := range []string{
		"0", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "9999999999999999999", "10000000000000000000",
		"9999999999999999999999999999999999", "10000000000000000000000000000000000", "99999999999999999999999999999999999999", "340282366920938463463374607431768211",
	} {
		n, _ := new(big.Int).SetString(text, 10)
		all = append(all, n, new(big.Int).Neg(n))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for digits := range MaxDigits {
		text := "1"
		for range digits {
			text += fmt.Sprint(r.IntN(10))
		}
		n, _ := new(big.Int).SetString(text, 10)
		all = append(all, n, new(big.Int).Neg(n))
	}
	return all
}

// decimal writes digits with a point before the last scale of them, by the way of a fraction.
func decimal(n *big.Int, scale int) string {
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func TestInt128sAreTheNumbersThatTheyAreMadeOf(t *testing.T) {
	for _, n := range int128s(t) {
		v, ok := Int128OfBig(n)
		if !ok || v.Big().Cmp(n) != 0 {
			t.Fatalf("%s is %v (%v)", n, v, ok)
		}
		parsed, ok := ParseInt128(n.String())
		if !ok || parsed != v || v.Neg().Big().Cmp(new(big.Int).Neg(n)) != 0 || v.Abs().Big().Cmp(new(big.Int).Abs(n)) != 0 {
			t.Fatalf("%s is read as %v, want %v", n, parsed, v)
		}
		if narrow, ok := v.Int64(); ok != n.IsInt64() || ok && (narrow != n.Int64() || Int128Of(narrow) != v) {
			t.Fatalf("%s as int64: %d %v", n, narrow, ok)
		}
		for scale := range MaxDigits + 3 {
			if got, want := string(v.Append(nil, scale)), decimal(n, scale); got != want {
				t.Fatalf("%s with %d digits after the point is %s, want %s", n, scale, got, want)
			}
			exact, _ := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).Float64()
			if got := v.Double(scale); got != exact {
				t.Fatalf("%s is %v, want %v", decimal(n, scale), got, exact)
			}
		}
		digits := len(strings.TrimPrefix(n.String(), "-"))
		if !v.Fits(digits) || digits > 1 && v.Fits(digits-1) {
			t.Fatalf("%s has not %d digits", n, digits)
		}
	}
}

func TestInt128sHaveAtMost38Digits(t *testing.T) {
	tooLarge := []string{"100000000000000000000000000000000000000", "-100000000000000000000000000000000000000", "170141183460469231731687303715884105727", "1" + strings.Repeat("0", 60)}
	for _, text := range tooLarge {
		n, _ := new(big.Int).SetString(text, 10)
		if v, ok := Int128OfBig(n); ok {
			t.Errorf("%s is taken as %v", text, v)
		}
		if v, ok := ParseInt128(text); ok {
			t.Errorf("%s is read as %v", text, v)
		}
	}
	for _, text := range []string{"", "-", "+1", "1.0", "1e3", " 1", "½"} {
		if v, ok := ParseInt128(text); ok {
			t.Errorf("%q is read as %v", text, v)
		}
	}
	if v, ok := ParseInt128("-" + strings.Repeat("0", 50) + "7"); !ok || v != Int128Of(-7) {
		t.Errorf("zeros count as digits: %v %v", v, ok)
	}
}

func TestKeysAndSortableTextsSortAsTheirNumbers(t *testing.T) {
	all := int128s(t)
	slices.SortFunc(all, (*big.Int).Cmp)
	all = slices.CompactFunc(all, func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
	for _, scale := range []int{0, 2, 18, 37, MaxDigits} {
		var keys, texts [][]byte
		for _, n := range all {
			v, _ := Int128OfBig(n)
			keys, texts = append(keys, v.AppendKey(nil)), append(texts, v.AppendSortable(nil, scale))
			if got := Int128OfKey(keys[len(keys)-1]); got != v {
				t.Fatalf("the key of %s is that of %v", n, got)
			}
			if got, ok := ParseSortable(texts[len(texts)-1]); !ok || got != v {
				t.Fatalf("%s of %s is read as %v %v", texts[len(texts)-1], n, got, ok)
			}
		}
		for i := range keys[1:] {
			if bytes.Compare(keys[i], keys[i+1]) >= 0 || bytes.Compare(texts[i], texts[i+1]) >= 0 {
				t.Fatalf("%s and %s are out of order: %s, %s", all[i], all[i+1], texts[i], texts[i+1])
			}
		}
	}
	for n, want := range map[int64]string{1205: "0000000000000000000000000000000000012.05", 0: "0000000000000000000000000000000000000.00", -1205: "!999999999999999999999999999999999987.94"} {
		if got := string(Int128Of(n).AppendSortable(nil, 2)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for _, text := range []string{"", "0", "1" + strings.Repeat("0", 38), "0" + strings.Repeat("0", 37), "0" + strings.Repeat("0", 37) + "x", "0" + strings.Repeat("0", 39), "0." + strings.Repeat("0", 37)} {
		if v, ok := ParseSortable([]byte(text)); ok {
			t.Errorf("%q is read as %v", text, v)
		}
	}
}

func TestWideDecimalsAreValuesLikeOthers(t *testing.T) {
	read := func(text string) Value {
		t.Helper()
		v, err := ParseValue(WideDecimal, 18, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for text, want := range map[string]string{
		"23.529411764705882353": "23.529411764705882353", "-0.5": "-0.500000000000000000", "0": "0.000000000000000000",
		"99999999999999999999.999999999999999999": "99999999999999999999.999999999999999999",
	} {
		v := read(text)
		if got := v.Format(18); got != want {
			t.Errorf("%s is %s", text, got)
		}
		var back Value
		data, err := v.MarshalJSON()
		if err == nil {
			err = back.UnmarshalJSON(data)
		}
		if err != nil || back != v || !strings.Contains(string(data), `"wide_decimal"`) {
			t.Errorf("%s comes back as %s: %v", data, back.Format(18), err)
		}
		c := NewColumn(WideDecimal, 0)
		c.Append(v)
		c.AppendNull()
		if c.Value(0) != v || !c.Equals(0, v) || !c.Value(1).IsNull() || c.Len() != 2 || c.Int128(1) != (Int128{}) {
			t.Errorf("a column holds %s", c.Value(0).Format(18))
		}
	}
	for _, pair := range [][2]string{{"-1", "-0.000000000000000001"}, {"0.1", "0.2"}, {"9.999999999999999999", "10"}} {
		if cmp.Compare(Compare(read(pair[0]), read(pair[1])), 0) != -1 {
			t.Errorf("%s is not below %s", pair[0], pair[1])
		}
	}
	if got := read("23.529411764705882353").Real(18); got != 23.529411764705882353 {
		t.Errorf("as a double: %v", got)
	}
	for _, text := range []string{"1e3", "0.0000000000000000001", "100000000000000000000", "x"} {
		if v, err := ParseValue(WideDecimal, 18, text); err == nil {
			t.Errorf("%s is read as %s", text, v.Format(18))
		}
	}
	f := Field{Name: "x", Kind: WideDecimal, Precision: 19, Scale: 18}
	if _, err := f.ParseSource("12"); err == nil || !strings.Contains(err.Error(), "at most 19 digits") {
		t.Errorf("a source's value of 20 digits: %v", err)
	}
	if v, err := f.Parse("12"); err != nil || v.Format(18) != "12.000000000000000000" {
		t.Errorf("a filter's value of 20 digits: %v", err)
	}
	if math.IsNaN(Zero(WideDecimal).Real(3)) || Zero(WideDecimal).Real(3) != 0 {
		t.Error("0 is not 0")
	}
}

func BenchmarkInt128(b *testing.B) {
	n, _ := ParseInt128("-12345678901234567890123456789012345678")
	var dst []byte
	b.Run("decimal", func(b *testing.B) {
		for b.Loop() {
			dst = n.Append(dst[:0], 18)
		}
	})
	b.Run("sortable", func(b *testing.B) {
		for b.Loop() {
			dst = n.AppendSortable(dst[:0], 0)
		}
	})
	b.Run("parse sortable", func(b *testing.B) {
		for b.Loop() {
			n, _ = ParseSortable(dst)
		}
	})
}
