package query

import "testing"

func TestFoldIgnoresCaseAndAccents(t *testing.T) {
	for _, pair := range [][2]string{{"Étagère", "ETAGERE"}, {"Côte D'Ivoire", "cote d'ivoire"}, {"ﬁn", "FIN"}, {"K", "k"}, {"Ångström", "angstrom"}} {
		if Fold(pair[0]) != Fold(pair[1]) {
			t.Errorf("%s and %s differ: %q, %q", pair[0], pair[1], Fold(pair[0]), Fold(pair[1]))
		}
	}
	if Fold("a") == Fold("b") {
		t.Error("a and b are the same")
	}
}
