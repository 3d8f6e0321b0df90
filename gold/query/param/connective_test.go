package param

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConnectives(t *testing.T) {
	is := func(name, value string) node { return node{pair: Pair{name, value}} }
	for text, want := range map[string][]node{
		`(a=1)`:                             {is("a", "1")},
		`(a=1,b__gt=-2.5)`:                  {is("a", "1"), is("b__gt", "-2.5")},
		`(a=,b=x=y)`:                        {is("a", ""), is("b", "x=y")},
		`(a="x, (y) ""z""",b="")`:           {is("a", `x, (y) "z"`), is("b", "")},
		`(a=6" pipe)`:                       {is("a", `6" pipe`)},
		`(a__in=(1,2),b__nin=(3))`:          {is("a__in", "1,2"), is("b__nin", "3")},
		`(a__in=("x, (y)",z),b__in="x,y")`:  {is("a__in", `"x, (y)",z`), is("b__in", `"x,y"`)},
		`(a__in=1,b=2)`:                     {is("a__in", "1"), is("b", "2")},
		`(and(a=1,or(b=2)),not(c=3),not=4)`: {{word: "and", parts: []node{is("a", "1"), {word: "or", parts: []node{is("b", "2")}}}}, {word: "not", parts: []node{is("c", "3")}}, is("not", "4")},
	} {
		n, terms, err := readNode("or", text)
		if err != nil || !cmp.Equal(n, node{word: "or", parts: want}, cmp.AllowUnexported(node{})) || terms != len(n.pairs(nil)) {
			t.Errorf("%s: %+v of %d comparisons, %v", text, n, terms, err)
		}
	}
	for text, want := range map[string]string{
		``:                                 "at the end: expected conditions in parentheses",
		`a=1`:                              "character 1: expected conditions in parentheses, as in (a=1,b__gt=2), not a=1",
		`()`:                               "character 2: expected a comparison",
		`(a=1`:                             "at the end: expected a comma or a closing parenthesis",
		`(a=1,)`:                           "character 6: expected a comparison",
		`(é=1)x`:                           "character 6: expected nothing after the last parenthesis, not x",
		`(a)`:                              "character 2: expected a comparison, as in a=1 or b__gt=2, or one of or(…), and(…), not(…), not a",
		`(=1)`:                             "character 2: expected a comparison",
		`(a="x)`:                           "character 4: expected a closing quote",
		`(a="x"y)`:                         "character 7: expected a comma or a closing parenthesis, not y",
		`(a=Mug (red))`:                    "character 8: expected a value with a parenthesis in quotes",
		`(a__in=(1,2)`:                     "at the end: expected a comma or a closing parenthesis",
		`(a__in=(1,2`:                      "at the end: expected a comma or the end of the list",
		`(a__in=((1)))`:                    "character 9: expected a value with a parenthesis",
		`(nor(a=1))`:                       "character 2: expected a comparison",
		`(a=1,not(b=2)`:                    "at the end: expected a comma or a closing parenthesis",
		strings.Repeat("(or", 9) + "(a=1)": "at most 8 deep",
		"(" + strings.Repeat("a=1,", maxTerms) + "a=1)": "at most 200 comparisons",
	} {
		if _, _, err := readNode("or", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, expected %s", text, err, want)
		}
	}
	for text, want := range map[string]string{"a.gt.1": "a__gt=1", "a.eq.x": "a=x", "a.b.c": "", "a": "", "not.and": "not(and(…))", "not.a.eq.1": ""} {
		if got := translated(text); got != want {
			t.Errorf("%s is %s, expected %s", text, got, want)
		}
	}
}

// TestConnectivesTogetherAreBounded holds that several parameters have no more comparisons than one.
func TestConnectivesTogetherAreBounded(t *testing.T) {
	half := "(" + strings.Repeat("id=1,", maxTerms/2) + "id=1)"
	c := shopCatalog(9)
	p, _ := selected(t, "or="+half+"&and="+half)
	if err := func() error { _, err := p.Rows(c, c.Versions[0], 0, 100); return err }(); err == nil || !strings.Contains(err.Error(), "at most 200") {
		t.Errorf("%v", err)
	}
}

// FuzzConnectives holds that no text makes a panic, and that what is read has parts everywhere.
func FuzzConnectives(f *testing.F) {
	for _, text := range []string{"(a=1)", `(a="x, (y)",not(b__in=(1,"2,")))`, "(or(and(not(a=", "(a.gt.1)", "()", "(é=1)("} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, terms, err := readNode("or", text)
		if err != nil {
			return
		}
		var empty func(n node) bool
		empty = func(n node) bool { return n.word != "" && (len(n.parts) == 0 || slices.ContainsFunc(n.parts, empty)) }
		if empty(n) || len(n.pairs(nil)) != terms {
			t.Errorf("%q is read as %+v, of %d comparisons", text, n, terms)
		}
	})
}
