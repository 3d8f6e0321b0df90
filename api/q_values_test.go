package api

import "testing"

func TestFoldIgnoresCaseAndAccents(t *testing.T) {
	for _, pair := range [][2]string{{"Étagère", "ETAGERE"}, {"Côte D'Ivoire", "cote d'ivoire"}, {"ﬁn", "FIN"}, {"K", "k"}, {"Ångström", "angstrom"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%s and %s differ: %q, %q", pair[0], pair[1], fold(pair[0]), fold(pair[1]))
		}
	}
	if fold("a") == fold("b") {
		t.Error("a and b are the same")
	}
}
