package gold

import "testing"

func TestOneThingIsNoPlural(t *testing.T) {
	for n, want := range map[int64]string{0: "0 rows", 1: "1 row", 2: "2 rows"} {
		if got := Counted(n, "row"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if _, err := ParseValue(Decimal, 1, "1.25"); err == nil || err.Error() != "expected a decimal number with at most 1 digit after the point" {
		t.Errorf("one digit: %v", err)
	}
}
