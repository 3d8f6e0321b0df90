package gold

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAStubIsReadAsWhatItStandsFor: its counts are those of the whole record, and nothing that it names has to be there.
func TestAStubIsReadAsWhatItStandsFor(t *testing.T) {
	r := &Release{
		Model: "shop", Number: 7, KPIs: []string{"a"}, Facts: "b", Integrity: Verified, Seconds: 1.5,
		Versions: []Version{{Dataset: Dataset{Name: "a"}, Rows: 3}, {Dataset: Dataset{Name: "b"}, Rows: 4}},
		Quality:  []RuleResult{{Passed: true}, {Severity: SeverityWarning}, {Passed: true}},
	}
	want := Summary{Datasets: 2, Rows: 7, Checks: 3, Passed: 2, Warnings: 1}
	record, contracts, err := EncodeRelease(r.Stub())
	if err != nil || len(contracts) > 0 || len(record) > 300 {
		t.Fatalf("%s with %d contracts (%v), expected a short record", record, len(contracts), err)
	}
	got, err := new(Contracts).Decode(record, nil)
	if err != nil || got.Understood() != nil {
		t.Fatal(err, got.Understood())
	}
	if diff := cmp.Diff(want, got.Summarize()); diff != "" || got.Number != 7 || got.Integrity != Verified || len(got.Versions) != 0 {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	if diff := cmp.Diff(want, r.Summarize()); diff != "" {
		t.Errorf("of the whole record (-want +got):\n%s", diff)
	}
}
