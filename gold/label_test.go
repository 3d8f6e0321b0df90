package gold

import "testing"

func TestATextFallsBackToAnyLanguage(t *testing.T) {
	for _, c := range []struct {
		texts map[string]string
		want  string
	}{
		{nil, ""},
		{map[string]string{"fr": "Ventes", "en": "Sales"}, "Sales"},
		{map[string]string{"fr": "Ventes", "de": "Umsatz"}, "Umsatz"},
		{map[string]string{"pt-BR": "Vendas"}, "Vendas"},
		{map[string]string{"de": "", "fr": "Ventes"}, "Ventes"},
	} {
		if got := PlainText(c.texts); got != c.want {
			t.Errorf("%v: %q, want %q", c.texts, got, c.want)
		}
	}
}
