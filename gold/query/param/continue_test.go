package param

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// shopCatalog is release 3 of a model with orders of so many rows.
func shopCatalog(rows int64) *query.Catalog {
	orders := gold.Dataset{Name: "orders", Key: []string{"id"}, DefaultSort: []gold.Sort{{Field: "id"}}, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int, Filters: []gold.Op{gold.Eq, gold.Gt}, Sortable: true},
		{Name: "town", Kind: gold.Text, Filters: []gold.Op{gold.Eq}, Sortable: true},
	}}
	release := &gold.Release{Model: "shop", Number: 3, Versions: []gold.Version{{Dataset: orders, Rows: rows, Location: "orders"}}}
	return query.NewCatalog(&gold.Model{Name: "shop", Datasets: []gold.Dataset{orders}}, release, false)
}

// selected reads a query, and which release of the shop it asks.
func selected(t *testing.T, text string) (*Set, gold.Selector) {
	t.Helper()
	p := Read(text)
	sel, err := p.Selector("shop", gold.Calendar{}, true)
	if err != nil {
		t.Fatal(err)
	}
	return p, sel
}

func TestACursorContinuesItsQuestion(t *testing.T) {
	c := shopCatalog(9)
	p, sel := selected(t, "town=Paris&sort=-id&limit=2&format=csv&as_of=2026-01-31")
	if sel.Number != 0 || sel.AsOf.IsZero() {
		t.Errorf("selected %+v", sel)
	}
	p.Take("format")
	first, err := p.Rows(c, c.Versions[0], format.JSON, 100)
	if err != nil {
		t.Fatal(err)
	}
	next, token := p.Next(c, "/rows", []Pair{{"format", "csv"}}, []gold.Value{gold.NewInt(7)})
	if next != "/rows?cursor="+token+"&format=csv" {
		t.Errorf("the next page is %s", next)
	}

	p, sel = selected(t, "cursor="+token)
	if sel.Number != 3 {
		t.Errorf("the cursor selects %+v, expected release 3", sel)
	}
	second, err := p.Rows(c, c.Versions[0], format.JSON, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(second.After, []gold.Value{gold.NewInt(7)}) || first.After != nil {
		t.Errorf("the first page is after %v, the second after %v", first.After, second.After)
	}
	var a, b Key
	a.Rows(first)
	b.Rows(second)
	if string(a.Bytes) != string(b.Bytes) {
		t.Error("the cursor continues another question")
	}
	if p.AsOf() != "2026-01-31" {
		t.Errorf("the cursor's as_of is %q", p.AsOf())
	}
	if pinned := EncodePairs(p.Pinned(3)); pinned != "cursor="+token {
		t.Errorf("the second page's URL is %s", pinned)
	}
	if _, again := p.Next(c, "/rows", nil, []gold.Value{gold.NewInt(7)}); again != token {
		t.Error("the cursor of the same position differs")
	}
}

func TestWhatACursorContradictsIsRefused(t *testing.T) {
	c := shopCatalog(9)
	p, _ := selected(t, "town=Paris&limit=2")
	if _, err := p.Rows(c, c.Versions[0], format.JSON, 100); err != nil {
		t.Fatal(err)
	}
	_, token := p.Next(c, "/rows", nil, []gold.Value{gold.NewInt(7)})
	_, text := p.Next(c, "/rows", nil, []gold.Value{gold.NewText("7")})
	for with, want := range map[string]string{
		"cursor=" + token + "&town=Paris&limit=2&release=3":                         "",
		"cursor=" + token + "&town=Lyon":                                            "town: the cursor goes on with another town",
		"cursor=" + token + "&id__gt=1":                                             "id__gt: the cursor goes on with another id__gt",
		"cursor=" + token + "&release=2":                                            "release: the cursor goes on in release 3",
		"cursor=" + token + "&as_of=2026":                                           "as_of: the cursor goes on with another as_of",
		"cursor=" + text:                                                            "cursor: the cursor doesn't fit orders",
		"cursor=" + (&Cursor{Model: "shop", Dataset: "sales", Release: 3}).Encode(): "cursor: the cursor is one of sales, not of orders",
	} {
		p, _ := selected(t, with)
		_, err := p.Rows(c, c.Versions[0], format.JSON, 100)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: got %v, expected %q", with, err, want)
		}
	}
	for token, want := range map[string]string{
		"":    "cursor: this is no cursor of this API",
		"a.b": "cursor: this is no cursor of this API",
		(&Cursor{Model: "other", Dataset: "orders", Release: 3}).Encode(): "cursor: the cursor is one of the model other",
	} {
		if _, err := Read("cursor="+url.QueryEscape(token)).Selector("shop", gold.Calendar{}, true); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, expected %q", token, err, want)
		}
	}
}

// TestProblemsComeBeforeAnEmptyDataset: whoever asks wrongly learns that first, and then that there is nothing to ask.
func TestProblemsComeBeforeAnEmptyDataset(t *testing.T) {
	c := shopCatalog(0)
	for text, want := range map[string]gold.ErrorKind{"limit=x": gold.Invalid, "release=0": gold.Invalid, "limit=1": gold.Empty} {
		p := Read(text)
		if _, err := p.Selector("shop", gold.Calendar{}, true); err != nil {
			t.Fatal(err)
		}
		v := c.Versions[0]
		_, rows := p.Rows(c, v, format.JSON, 100)
		if got := gold.KindOf(rows); got != want {
			t.Errorf("%s: rows give %v: %v", text, got, rows)
		}
		p = Read(text)
		_, _ = p.Selector("shop", gold.Calendar{}, true)
		if _, err := p.Aggregate(c, v, format.JSON); gold.KindOf(err) != want {
			t.Errorf("%s: groups give %v", text, err)
		}
		p = Read(text)
		_, _ = p.Selector("shop", gold.Calendar{}, false)
		if _, err := p.Values(c, v, format.JSON, "town"); gold.KindOf(err) != want {
			t.Errorf("%s: values give %v", text, err)
		}
	}
	if _, err := Read("fields=town").Row(c, c.Versions[0], "1"); gold.KindOf(err) != gold.Empty {
		t.Errorf("a row gives %v", err)
	}
	if _, err := Read("").Row(c, c.Versions[0], "x"); gold.KindOf(err) != gold.Invalid {
		t.Errorf("a key that is no number gives %v", err)
	}
}
