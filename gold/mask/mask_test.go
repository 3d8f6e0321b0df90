package mask

import (
	"testing"

	"goldserve/gold"
)

func masked(m gold.Mask, key []byte, field string, text gold.Value) string {
	c := gold.NewColumn(gold.Text, 1)
	c.Append(text)
	if f := New(m, key, "retail.dim_clients", field); f != nil {
		f(&c)
	}
	return c.Value(0).String()
}

func TestMasks(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	for _, c := range []struct {
		what string
		mask gold.Mask
		text gold.Value
		want string
	}{
		{"no mask", gold.MaskNone, gold.NewText(" Ann "), " Ann "},
		{"null", gold.MaskNull, gold.NewText("Ann"), "null"},
		{"initials", gold.MaskInitials, gold.NewText("jean  de la Fontaine"), "J. D. L. F."},
		{"first letter", gold.MaskFirstLetter, gold.NewText("\u00a0\u001f ßeta Müller"), "ß"},
		{"first letter, of any plane", gold.MaskFirstLetter, gold.NewText("𝔄nn"), "𝔄"},
		{"first letter of blanks", gold.MaskFirstLetter, gold.NewText(" \t"), ""},
		{"a null stays null", gold.MaskInitials, gold.Value{}, "null"},
		// Python: hmac.new(key, b"v1|retail.dim_clients|email|" + unicodedata.normalize("NFKC", text).lower().strip().encode(), "sha256").hexdigest()[:32]
		{"hmac", gold.MaskHMAC, gold.NewText(" Ann@Example.com "), "0886af766c3d35d24f994b1fa7c58768"},
		// Python: hashlib.sha256(b"ann@example.com").hexdigest()[:32]
		{"plain SHA-256", gold.MaskSHA256, gold.NewText(" Ann@Example.com "), "71d4f55f72fa128dfb468a1a3901507c"},
		{"plain SHA-256 of a null", gold.MaskSHA256, gold.Value{}, "null"},
		{"hmac of another form of the same letters", gold.MaskHMAC, gold.NewText("ａnn@example.com"), "0886af766c3d35d24f994b1fa7c58768"},
	} {
		if got := masked(c.mask, key, "email", c.text); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.what, c.text, got, c.want)
		}
	}
}

func TestMaskingLeavesMemoryAlone(t *testing.T) {
	c := gold.NewColumn(gold.Text, 1)
	c.AppendText("Ann")
	shared := c
	New(gold.MaskInitials, nil, "m.d", "name")(&shared)
	if string(c.Text(0)) != "Ann" || string(shared.Text(0)) != "A." {
		t.Errorf("%q became %q", c.Text(0), shared.Text(0))
	}
}
