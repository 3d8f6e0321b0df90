package gold

import (
	"math"
	"testing"
)

func TestSinglesAreWrittenAndReadByTheirShortestDecimal(t *testing.T) {
	f := &Field{Kind: Double, Single: true}
	for text, stored := range map[string]float64{
		"0.7165": 0.7164999842643738, "0.1": 0.10000000149011612, "16777216": 16777216, "-2.5": -2.5, "0": 0,
		"3.4028235e+38": math.MaxFloat32, "1e-45": math.SmallestNonzeroFloat32, "1.1754944e-38": 1.1754943508222875e-38,
		"123456790000": 123456790528, "1e+21": 1e21 + 20890720927744, "0.000001": 9.999999974752427e-7,
	} {
		v, err := f.Parse(text)
		if err != nil || v.Double() != float64(float32(stored)) {
			t.Errorf("%s is read as %v, %v, want %v", text, v, err, stored)
		}
		if got := f.Format(v); got != text {
			t.Errorf("%v is written as %s, want %s", v, got, text)
		}
	}
	// Between two float32s: 1+2^-24 is half way, and a little more decides, which a double no longer has.
	if v, _ := f.Parse("1.000000059604644775390626"); v.Double() != 1.00000011920928955078125 {
		t.Errorf("rounded twice: %v", v)
	}
	if v, err := f.Parse("1e39"); err == nil {
		t.Errorf("beyond a float32: %v", v)
	}
	if got := f.Format(NewDouble(0.7165)); got != "0.7165" {
		t.Errorf("a double that is no float32 is written as %s", got)
	}
	if got := (&Field{Kind: Double}).Format(NewDouble(0.7164999842643738)); got != "0.7164999842643738" {
		t.Errorf("a double is written as %s", got)
	}
}
