package gold

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestSealsAreDecodedAsTheyAre, those that changed since the last read too.
func TestSealsAreDecodedAsTheyAre(t *testing.T) {
	versions := make([]Version, 4)
	texts := make([]string, len(versions))
	for i := range versions {
		v := &versions[i]
		v.Dataset = Dataset{Model: "shop", Name: fmt.Sprint("d", i/2), Key: []string{"id"}, Fields: []Field{{Name: "id", Kind: Int}}}
		v.ID, v.Rows, v.Location = fmt.Sprint("id", i), int64(i), Prefix("t", int64(i))
		v.Resume = &Resume{Parts: []Part{{Token: "t", Content: "c"}}}
		v.Measures = map[string]Value{"count()": NewInt(int64(i))}
	}
	seals := &Seals{}
	decode := func(model string, of []Version) {
		t.Helper()
		for i := range of {
			text, err := json.Marshal(&of[i])
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(text)
		}
		got, err := seals.Decode(model, texts[:len(of)])
		if diff := cmp.Diff(of, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b Value) bool { return a == b })); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	decode("shop", versions)
	decode("other", versions[:1])
	versions[2].Resume = nil // as once another version extends it
	versions[3].Rows = 9
	decode("shop", versions)
	decode("shop", versions[1:])
	if n := len(seals.known["shop"]); n != 3 {
		t.Errorf("%d seals are remembered, of 3 that there are", n)
	}
	if got, err := seals.Decode("shop", []string{texts[0], "{}x", texts[1]}); err == nil || len(got) != 1 {
		t.Errorf("%d versions before a seal that can't be decoded, %v", len(got), err)
	}
	if got, err := seals.Decode("shop", []string{`{"id":"x"}`}); err == nil {
		t.Errorf("a seal without a contract is %v", got)
	}
}
