package gold

import (
	"strings"
	"testing"
	"unicode"
)

func TestFold(t *testing.T) {
	for _, pair := range [][2]string{
		{"été", "ÉTÉ"}, {"k", "\u212a"}, {"σς", "ΣΣ"}, {"ſ", "s"}, {"ǆ", "ǅ"}, {"mug BLANC", "MUG blanc"}, {"ß", "\u1e9e"}, {"İ", "İ"}, {"я", "Я"},
	} {
		if Fold(pair[0]) != Fold(pair[1]) {
			t.Errorf("%q and %q differ: %q, %q", pair[0], pair[1], Fold(pair[0]), Fold(pair[1]))
		}
	}
	for _, pair := range [][2]string{{"ß", "ss"}, {"é", "e"}, {"İ", "i"}, {"ı", "i"}, {"a", "b"}} {
		if Fold(pair[0]) == Fold(pair[1]) {
			t.Errorf("%q and %q fold to the same", pair[0], pair[1])
		}
	}
	if got := string(AppendFold([]byte("x"), []byte("a\xffé"))); got != "xA\uFFFDÉ" {
		t.Errorf("got %q", got)
	}
}

func TestFoldEqualsEqualFold(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		s, next := string(r), string(unicode.SimpleFold(r))
		if !strings.EqualFold(s, Fold(s)) || Fold(s) != Fold(next) {
			t.Fatalf("%U folds to %q, %q to %q", r, Fold(s), next, Fold(next))
		}
	}
}
