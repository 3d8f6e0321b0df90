package gold

import (
	"strings"
	"testing"
)

func TestParametersAreSet(t *testing.T) {
	b := &Build{Parameters: []Parameter{
		{Name: "horizon_days", Kind: RawWhole, Default: "365", Min: "1", Max: "4000"},
		{Name: "max_amount", Kind: RawMoney, Default: "10000"},
		{Name: "now", Kind: RawInstant},
		{Name: "strict", Kind: RawBoolean, Default: "false"},
	}, Generate: []Parameter{{Name: "clients", Kind: RawWhole, Default: "1500"}}}
	got, err := b.Set([]string{"horizon_days=30", "max_amount=99.5", "now=2025-01-31T01:00:00+01:00", "strict=true"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"horizon_days": "30", "max_amount": "99.5000", "now": "2025-01-31T00:00:00Z", "strict": "true"}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: got %q, want %q", name, got[name], text)
		}
	}
	for assignment, message := range map[string]string{
		"horizon_day=3":      "horizon_day: the model's build has no such parameter: expected one of horizon_days, max_amount, now, strict (did you mean horizon_days?)",
		"horizon_days":       "horizon_days: expected NAME=VALUE, such as horizon_days=365",
		"horizon_days=0":     `horizon_days: expected at least 1, found "0"`,
		"horizon_days=4001":  `horizon_days: expected at most 4000, found "4001"`,
		"horizon_days=2.5":   `horizon_days: expected a whole number such as 542, found "2.5"`,
		"max_amount=1.00001": "max_amount:",
		"strict=yes":         `strict: expected true or false, found "yes"`,
	} {
		_, err := b.Set([]string{assignment})
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: got %v, want %s", assignment, err, message)
		}
	}
	if _, err := b.Set([]string{"now=soon", "strict=no"}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two mistakes are not both named: %v", err)
	}
	if got, err := b.SetGenerate([]string{"clients=20"}); err != nil || got["clients"] != "20" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := b.SetGenerate([]string{"strict=true"}); err == nil {
		t.Error("SQL that makes raw files is given a parameter of the build")
	}
}
