package body

import (
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/query"
)

// TestADetailNamesWhatItIsAbout: the field, group or measure that a derived dataset lacks.
func TestADetailNamesWhatItIsAbout(t *testing.T) {
	m := &Meta{Explain: true}
	m.Rewrites = []query.Outcome{
		{Rewrite: query.Smallest, Of: "sales", Dataset: "days", Reason: query.FilterMissing, About: "country"},
		{Rewrite: query.Smallest, Of: "sales", Dataset: "months", Reason: query.NotSmaller},
	}
	want := `"explain":[` +
		`{"rewrite":"smallest","of":"sales","dataset":"days","applied":false,"reason":"filter_missing","detail":"the groups lack the field of a filter: country"},` +
		`{"rewrite":"smallest","of":"sales","dataset":"months","applied":false,"reason":"not_smaller","detail":"the derived dataset is not smaller than the answering one"}]`
	if got := string(m.Append(nil, time.Now(), &gold.Release{})); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
