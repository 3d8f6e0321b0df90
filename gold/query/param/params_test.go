package param

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a command line says is read as a URL that says the same.
func TestPairsAreReadAsTheirQuery(t *testing.T) {
	many := make([]Pair, maxParams+1)
	for i := range many {
		many[i] = Pair{strings.Repeat("a", i+1), "1"}
	}
	for _, pairs := range [][]Pair{
		nil,
		{{"pays", "New Zealand"}, {"produit__in", `"Tray, Breakfast",Mug`}, {"a;b", "c&d=e;%41"}},
		{{"pays", "a"}, {"pays", "b"}, {"_", "left out"}, {"x", ""}},
		{{"pays", "\xff"}, {"x", "a\x00"}, {"\xff", "1"}, {"pays", "again"}},
		many,
	} {
		if diff := cmp.Diff(Read(EncodePairs(pairs)), Of(pairs), cmp.AllowUnexported(Set{})); diff != "" {
			t.Errorf("%q (-query +pairs):\n%s", pairs, diff)
		}
	}
}
