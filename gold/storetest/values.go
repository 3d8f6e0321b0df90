package storetest

import (
	"math"
	"strings"
	"testing"

	"goldserve/gold"
)

// extremes are values of each kind at the ends of their ranges and wherever a conversion could bend them.
var extremes = map[gold.Kind][]gold.Value{
	gold.Bool: row(false, true),
	gold.Int: row(0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64-1, 1<<53, 1<<53+1, -(1<<53 + 1),
		math.MaxInt32, math.MinInt32, math.MaxInt32+1, math.MinInt32-1),
	gold.Double: row(0.0, 1.0, -1.0, 0.1, 1.0/3, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
		-math.SmallestNonzeroFloat64, 2.2250738585072014e-308, 1e21, 1e22, 1e-7, 123456789.123456789, 9007199254740993.0, -0.3),
	gold.Decimal: row(dec(0), dec(1), dec(-1), dec(999_999_999_999_999_999), dec(-999_999_999_999_999_999), dec(1<<53+1), dec(100), dec(-5)),
	gold.WideDecimal: row(wide("0"), wide("1"), wide("-1"), wide("99999999999999999999999999999999999999"), wide("-99999999999999999999999999999999999999"),
		wide("9999999999999999999999999999999999"), wide("-10000000000000000000000000000000000"), wide("9223372036854775808"), wide("-9223372036854775809"),
		wide("18446744073709551615"), wide("18446744073709551616"), wide("-18446744073709551616"), wide("10000000000000000000"), wide("1000000000000000000"), wide("-5")),
	gold.Text: row(oddTexts...),
	gold.Date: row(gold.NewDate(gold.MinDate), gold.NewDate(gold.MaxDate), day("1969-12-31"), day("1970-01-01"), day("2000-02-29"), day("1900-03-01")),
	gold.Time: row(gold.NewTime(gold.MinTime), gold.NewTime(gold.MaxTime), at("1969-12-31T23:59:59.999Z"), at("1970-01-01"),
		gold.NewTime(-1500), at("2000-02-29T12:00:00.5Z"), at("1582-10-10T01:02:03.004Z")),
	gold.Duration: row(span(0), span(1), span(-1), span(math.MaxInt64), span(math.MinInt64), span(1<<53+1), span(5_400_000_000), span(-500_000)),
}

// around are the zero of each kind and its neighbours, where signs and epochs change.
var around = map[gold.Kind][]gold.Value{
	gold.Bool:        row(false, true),
	gold.Int:         row(0, 1, -1),
	gold.Double:      row(0.0, math.Copysign(0, -1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0.01, -0.01),
	gold.Decimal:     row(dec(0), dec(1), dec(-1)),
	gold.WideDecimal: row(wide("0"), wide("1"), wide("-1")),
	gold.Text:        row("", "\u0001", " "),
	gold.Date:        row(day("1970-01-01"), day("1969-12-31"), day("1970-01-02")),
	gold.Time:        row(at("1970-01-01"), gold.NewTime(-1), gold.NewTime(1)),
	gold.Duration:    row(span(0), span(-1), span(1)),
}

// oddTexts look alike, sort oddly, or mean something to a database.
var oddTexts = []any{
	"", " ", "a", "A", "a ", " a", "null", "NULL", "true", "0", "1e5", "2011-12-08", "$a", "$$NOW", "a.b", "{}", "[1]", "_id",
	"'", "''", `"`, `a"b`, `\`, `\x00`, "%", "_", "a,b", `"a,b"`, "a/b", "a+b&c=d", "a\tb\r\nc", "\u0001", "\u007f", "--", "/*", "?1", ":a",
	"é", "e\u0301", "ß", "ẞ", "SS", "ſ", "s", "S", "K", "\u212a", "k", "İ", "I", "ı", "i", "i\u0307", "σ", "Σ", "ς", "µ", "μ", "Å", "\u212b",
	"\ufeffbom", "\u200b", "\u00a0", "\ufffd", "\uffff", "😀", "𐐀", "𐐨", "\U0010ffff", "👩‍👩‍👧", "עברית", "日本語", "ﬁ", "Ǆ", "ǅ", "ǆ",
}

// allKinds returns an Int key and one nullable field of each other kind, named after it, and Int's "int".
func allKinds() []gold.Field {
	fields := []gold.Field{{Name: "id", Kind: gold.Int}}
	for k := gold.Bool; k <= gold.Duration; k++ {
		f := gold.Field{Name: k.String(), Kind: k, Nullable: true}
		if k == gold.Decimal {
			f.Scale = 2
		}
		if k == gold.Duration {
			f.Scale = gold.DurationScale
		}
		fields = append(fields, f)
	}
	return fields
}

// values checks that every value of every kind comes back as it was written, as cell and as key.
func values(t *testing.T, h Harness) {
	s := fresh(t, h)
	t.Run("every kind, extremes and nulls", func(t *testing.T) {
		tb := newTable("kinds", allKinds(), 1)
		for i := range 80 {
			r := row(i)
			for k := gold.Bool; k <= gold.Duration; k++ {
				r = append(r, extremes[k][i%len(extremes[k])])
			}
			if i%9 > 0 && i%9 < len(r) {
				r[i%9] = gold.Value{}
			}
			tb.rows = append(tb.rows, r)
		}
		tb.rows = append(tb.rows, row(80, nil, nil, nil, nil, nil, nil, nil, nil))
		roundTrip(t, s, tb)
	})
	t.Run("decimals of every width", func(t *testing.T) { wideValues(t, s) })
	t.Run("a text of one megabyte", func(t *testing.T) {
		tb := newTable("texts", []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "text", Kind: gold.Text}}, 1,
			row(1, strings.Repeat("0123456789abcdef", 1<<16)), row(2, strings.Repeat("é😀\n", 1<<16)), row(3, ""))
		roundTrip(t, s, tb)
	})
	for k := gold.Int; k <= gold.Duration; k++ {
		if k == gold.Double {
			continue // no contract has a double as key
		}
		t.Run("keys of kind "+k.String(), func(t *testing.T) {
			tb := newTable("keys", []gold.Field{{Name: "key", Kind: k}, {Name: "n", Kind: gold.Int}}, 1)
			for i, v := range extremes[k] {
				tb.rows = append(tb.rows, row(v, i))
			}
			roundTrip(t, s, tb)
		})
	}
	t.Run("keys of several fields", func(t *testing.T) {
		tb := newTable("keys", []gold.Field{{Name: "a", Kind: gold.Text}, {Name: "b", Kind: gold.Text}, {Name: "day", Kind: gold.Date}, {Name: "x", Kind: gold.Double, Nullable: true}}, 3)
		texts := row("", ",", `"`, "/", "a", "a,b", `"a,b"`, "a/b", "A", "é", "e\u0301", "%2F", "\n")
		for i, a := range texts {
			for j, b := range texts {
				tb.rows = append(tb.rows, row(a, b, extremes[gold.Date][(i+j)%6], float64(i)-float64(j)))
			}
		}
		roundTrip(t, s, tb)
	})
}

// roundTrip publishes a table and finds its rows again, all at once and each by its key.
func roundTrip(t *testing.T, s *fixture, tb table) {
	t.Helper()
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version(tb.Name)
	wantRows(t, "all rows", selectRows(t, s, everything(v)), sorted(tb, tb.TotalSort(nil)))
	for _, r := range tb.rows {
		q := everything(v)
		q.Limit = 2
		for i, name := range tb.Key {
			q.Where = append(q.Where, gold.Predicate{Field: name, Op: gold.Eq, Values: r[i : i+1]})
		}
		wantRows(t, describe(q), selectRows(t, s, q), [][]gold.Value{r})
	}
}
