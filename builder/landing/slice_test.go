package landing

import (
	"strings"
	"testing"

	"goldserve/gold"
)

func TestSliceIsTheTimestampInAName(t *testing.T) {
	for name, want := range map[string]string{
		"customers_20251113T103500.csv":           "2025-11-13T10:35:00Z",
		"in/2024-01-01/orders_2025-11-13.csv.gz":  "2025-11-13T00:00:00Z",
		"clicks_2025-11-13_10:35:07.jsonl":        "2025-11-13T10:35:07Z",
		"clicks-2025-11-13-10-35.jsonl":           "2025-11-13T10:35:00Z",
		"clicks_20251113103507.jsonl":             "2025-11-13T10:35:07Z",
		"orders_20251113T103500Z.csv":             "2025-11-13T10:35:00Z",
		"orders_2025-11-13T10:35:00+0200.csv":     "2025-11-13T08:35:00Z",
		"20251113.parquet":                        "2025-11-13T00:00:00Z",
		"orders_20251113_part_0001.csv":           "2025-11-13T00:00:00Z",
		"v12345678_20251113.csv":                  "2025-11-13T00:00:00Z",
		"month_003.csv":                           "",
		"orders.csv":                              "",
		"orders_2025.csv":                         "",
		"orders_2025-13-01.csv":                   "",
		"orders_2025-02-30.csv":                   "",
		"orders_123456789012345.csv":              "",
		"orders_2025-1113.csv":                    "",
		"part-00000-20251113-c000.snappy.parquet": "2025-11-13T00:00:00Z",
	} {
		if got := sliceOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestNamesThatAreNoUTF8 are refused before an engine meets them.
func TestNamesThatAreNoUTF8(t *testing.T) {
	b := newBench(t)
	b.write("a.csv", "id\n1\n")
	b.write("a_\xff.csv", "id\n1\n")
	if _, _, _, err := b.land(source("a", "id whole")); gold.CodeOf(err) != gold.CodeSourceUnreadable || !strings.Contains(err.Error(), "no UTF-8") {
		t.Errorf("%v", err)
	}
}
