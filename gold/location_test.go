package gold

import (
	"math"
	"strings"
	"testing"
)

func TestLocationsAreReadBack(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for _, fence := range []int64{0, 1, 42, math.MaxInt64} {
		name := Location("shop_2", "f_sales", id, fence)
		if model, got, ok := ParseLocation(name); !ok || model != "shop_2" || got != fence {
			t.Errorf("%s is of %s and fence %d, %v", name, model, got, ok)
		}
	}
	if got, want := Location("shop", "sales", id, 7), "shop__sales__0123456789ab__f7"; got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	for _, name := range []string{
		"", "seals", "shop__sales", "shop__sales__0123456789ab", "shop__sales__0123456789ab__7", "shop__sales__0123456789ab__f", "shop__sales__0123456789ab__f-1",
		"shop__sales__0123456789ab__f07", "shop__sales__0123456789ab__f7x", "shop__sales__0123456789a__f7", "shop__sales__0123456789ab__f7__by_id",
		"__sales__0123456789ab__f7", "shop____0123456789ab__f7", "shop__sales__0123456789ab__f9223372036854775808",
	} {
		if model, fence, ok := ParseLocation(name); ok {
			t.Errorf("%q is read as a location of %s and fence %d", name, model, fence)
		}
	}
}
