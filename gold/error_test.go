package gold

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestKindAndCodeAreFoundThroughWrapping(t *testing.T) {
	cause := errors.New("connection refused")
	err := fmt.Errorf("publish: %w", Errorf(Unavailable, CodeStoreUnavailable, "store is not there: %w", cause))
	if KindOf(err) != Unavailable || CodeOf(err) != CodeStoreUnavailable || !errors.Is(err, cause) {
		t.Errorf("%v is %s, %s", err, KindOf(err), CodeOf(err))
	}
	if err := fmt.Errorf("read: %w", context.DeadlineExceeded); KindOf(err) != Timeout {
		t.Errorf("a passed deadline is %s", KindOf(err))
	}
	if KindOf(cause) != Internal || CodeOf(cause) != CodeInternal {
		t.Error("an unexplained error is not internal")
	}
}

func TestAProblemNamesItsPlace(t *testing.T) {
	for want, p := range map[string]Problem{
		"limit: expected a whole number": {Parameter: "limit", Detail: "expected a whole number"},
		"a.yaml:3:7: unknown key nam (did you mean name?)": {
			File: "a.yaml", Line: 3, Column: 7, Detail: "unknown key nam", DidYouMean: "name",
		},
		`a\x1b[2J\nb\u202e\u2066\xff\u0085é日.csv, column \ac: no \t number`: {
			File: "a\x1b[2J\nb\u202e\u2066\xff\u0085é日.csv", Field: "\ac", Detail: "no \t number",
		},
		"x.parquet, column ca, row 9: no number": {File: "x.parquet", Field: "ca", Row: 9, Detail: "no number"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestNearestFindsTheWordThatWasMeant(t *testing.T) {
	words := []string{"segment_label", "id_client", "montant", "limit", "France", "A relancer"}
	for word, want := range map[string]string{
		"segment": "segment_label", "segmnt": "segment_label", "clint": "id_client", "idclient": "id_client", "lmit": "limit", "france": "France", "À relancer": "A relancer",
		"xyz": "", "": "", "zzzzzzzzzz": "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
