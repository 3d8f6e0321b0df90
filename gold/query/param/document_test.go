package param

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"goldserve/gold/format"
)

func TestDocuments(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "",
		`{"pays": "France", "montant__gte": 1e2, "paye": true, "limit": 10}`:     "pays=France&montant__gte=1e2&paye=true&limit=10",
		`{"pays__in": ["A, B", "\"C\"", "D"], "id__nin": [1, 9007199254740993]}`: `pays__in="A, B","""C""",D&id__nin=1,9007199254740993`,
		`{"pays__in": "A,B"}`: "pays__in=A,B",
		`{"fields": ["a", "b"], "group_by": ["x.bins(0,5)", "y"], "sort": "-a,b"}`:                                              "fields=a,b&group_by=x.bins(0,5),y&sort=-a,b",
		`{"or": [{"a": 1}, {"b__gt": 2}]}`:                                                                                      "or=(a=1,b__gt=2)",
		`{"or": [{"a": 1, "b": 2}, {"not": {"c": 3, "d": 4}}]}`:                                                                 "or=(and(a=1,b=2),not(c=3,d=4))",
		`{"and": [{"a": 1, "b": 2}, {"c": 3}], "not": [{"d": 4}]}`:                                                              "and=(a=1,b=2,c=3)&not=(d=4)",
		`{"not": {"a": "x, (y) \"z\"", "b__in": ["(", "q\"", 1], "c__nin": "1,\"2,3\"", "e__in": "1),b=(2", "or": [{"d": 1}]}}`: `not=(a="x, (y) ""z""",b__in=("(",q",1),c__nin=(1,"2,3"),e__in=("1)","b=(2"),or(d=1))`,
		`{"_note": "left out"}`: "",
	} {
		p := ReadDocument([]byte(text))
		var got []string
		for _, pair := range p.Pairs {
			got = append(got, pair.Name+"="+pair.Value)
		}
		if strings.Join(got, "&") != want || len(p.Problems) > 0 {
			t.Errorf("%s is %s (%v), expected %s", text, strings.Join(got, "&"), p.Problems, want)
		}
	}
	for text, want := range map[string]string{
		``:                            "line 1: it has no end",
		`[]`:                          "it is something else",
		"{\n\"a\": }":                 "line 2",
		`{"a": 1} {}`:                 "something follows it",
		"{\"a\": \"\xff\"}":           "UTF-8",
		`{"a": null}`:                 "null equals nothing: compare by __isnull",
		`{"a": [1, 2]}`:               "a list is compared by a__in",
		`{"limit": "5"}`:              "expected a number",
		`{"totals": "true"}`:          "expected true or false",
		`{"a__in": []}`:               "at least one value",
		`{"a__in": [1, [2]]}`:         "item 2: expected a text",
		`{"a": {"b": 1}}`:             "expected a text",
		`{"a": 1, "a": 2}`:            "more than once",
		`{"a": "\u0000"}`:             "without NUL",
		`{"or": {"a": 1}}`:            "expected or as in",
		`{"or": []}`:                  "expected or as in",
		`{"or": [{}]}`:                "condition 1",
		`{"or": [{"a=1,b": 2}]}`:      "no field is named",
		`{"or": [{"a": [1]}]}`:        "a: expected one value",
		strings.Repeat(`{"or":[`, 20): "nested at most 8 deep",
		`{"or": [` + strings.Repeat(`{"a": 1},`, maxTerms) + `{"a": 1}]}`: "at most 200 comparisons",
	} {
		p := ReadDocument([]byte(text))
		if len(p.Problems) != 1 || !strings.Contains(p.Problems[0].Detail, want) {
			t.Errorf("%s: %+v, expected %s", text, p.Problems, want)
		}
	}
}

// TestDocumentsAskWhatURLsAsk holds that a document and a URL with the same conditions are one question.
func TestDocumentsAskWhatURLsAsk(t *testing.T) {
	c := shopCatalog(9)
	ask := func(p *Set) []byte {
		t.Helper()
		q, err := p.Rows(c, c.Versions[0], format.JSON, 100)
		if err != nil {
			t.Fatal(err)
		}
		var key Key
		key.Rows(q)
		return key.Bytes
	}
	want := ask(Read("or=(id=1,and(town=" + "%22a%2C(b)%22" + ",id__gt=5))&sort=-town&limit=3"))
	got := ask(ReadDocument([]byte(`{"limit": 3, "or": [{"id__gt": 5, "town": "a,(b)"}, {"id": 1}], "sort": ["-town"]}`)))
	if !bytes.Equal(got, want) {
		t.Errorf("%q, expected %q", got, want)
	}
}

// FuzzDocuments holds that no text makes a panic, and that the connectives that are written can be read.
func FuzzDocuments(f *testing.F) {
	for _, text := range []string{`{"or": [{"a": 1, "b__in": ["(", "x,y"]}, {"not": {"c": "\"z"}}]}`, `{"a": [1`, `{"and": [{"or": "x"}]}`, `{"not": {"a__in": "b)"}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, pair := range ReadDocument(text).Pairs {
			if !slices.Contains(Connectives, pair.Name) {
				continue
			}
			if _, _, err := readNode(pair.Name, pair.Value); err != nil && !strings.Contains(err.Error(), "deep") {
				t.Errorf("%s is written as %s: %v", text, pair.Value, err)
			}
		}
	})
}
