package storetest

import (
	"fmt"
	"testing"

	"goldserve/gold"
)

// wideFields returns an Int key and fields of each width that a store may have a form of its own for.
func wideFields() []gold.Field {
	fields := []gold.Field{{Name: "id", Kind: gold.Int}}
	for _, precision := range []int{19, 34, 35, 38} {
		fields = append(fields, gold.Field{Name: fmt.Sprintf("d%d", precision), Kind: gold.WideDecimal, Precision: precision, Scale: precision / 2, Nullable: true})
	}
	return fields
}

// wideValues checks that decimals of more than 18 digits come back as they were written, as cell and as key.
func wideValues(t *testing.T, s *fixture) {
	fields := wideFields()
	tb := newTable("wide", fields, 1)
	for i, v := range extremes[gold.WideDecimal] {
		r := row(i)
		for k, f := range fields[1:] {
			if fits(v, f.Precision) && i%7 != k {
				r = append(r, v)
			} else {
				r = append(r, gold.Value{})
			}
		}
		tb.rows = append(tb.rows, r)
	}
	roundTrip(t, s, tb)
	for _, f := range fields[1:] {
		f.Nullable = false
		keys := newTable("keys", []gold.Field{f, {Name: "n", Kind: gold.Int}}, 1)
		for i, v := range extremes[gold.WideDecimal] {
			if fits(v, f.Precision) {
				keys.rows = append(keys.rows, row(v, i))
			}
		}
		roundTrip(t, s, keys)
	}
}

// wideSums checks sums of decimals of more than 18 digits. The figures are those of Python's decimal.
func wideSums(t *testing.T, h Harness) {
	s := fresh(t, h)
	fields := append(wideFields(), gold.Field{Name: "g", Kind: gold.Text})
	tb := newTable("sums", fields, 1)
	add := func(group, d19, d34, d38 string) {
		tb.rows = append(tb.rows, row(len(tb.rows), wide(d19), wide(d34), wide(d38), wide(d38), group))
	}
	for _, d38 := range []string{"99999999999999999999999999999999999999", "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "-1"} {
		add("fine", "9999999999999999999", "9999999999999999999999999999999999", d38)
	}
	for range 10 {
		add("over", "-9999999999999999999", "-1234567890123456789012345678901234", "-99999999999999999999999999999999999999")
	}
	tb.Fields[3].Precision = gold.MaxDigits
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("sums")
	ask := func(group string, m ...gold.Measure) gold.Aggregation {
		return gold.Aggregation{Version: v, Where: []gold.Predicate{is("g", gold.Eq, group)}, Measures: m}
	}
	t.Run("a sum is exact, whatever its parts", func(t *testing.T) {
		a := ask("fine", of(gold.Sum, "d19"), of(gold.Sum, "d34"), of(gold.Sum, "d38"), of(gold.Avg, "d38"), of(gold.Median, "d34"), of(gold.Min, "d38"), of(gold.CountDistinct, "d38"))
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(wide("39999999999999999996"), wide("39999999999999999999999999999999996"), wide("99999999999999999999999999999999999998"),
			2.5e18, 1e17, wide("-99999999999999999999999999999999999999"), 3)})
		a = ask("over", of(gold.Sum, "d34"), of(gold.Avg, "d34"), of(gold.Avg, "d38"))
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(wide("-12345678901234567890123456789012340"), -1.2345678901234568e16, -1e19)})
	})
	t.Run("one of more than 38 digits is an error", func(t *testing.T) {
		for _, a := range []gold.Aggregation{
			ask("over", of(gold.Sum, "d38")),
			{Version: v, Group: []gold.Group{by("g")}, Measures: []gold.Measure{count, of(gold.Sum, "d19"), of(gold.Sum, "d38")}, Limit: 1},
		} {
			_, err := tryAggregate(t.Context(), s, a)
			wantError(t, describeAggregation(a), err, gold.Invalid, gold.CodeIntegerOverflow)
		}
	})
	t.Run("no rows have the sum 0", func(t *testing.T) {
		a := ask("none", of(gold.Sum, "d38"), of(gold.Max, "d38"))
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row(wide("0"), nil)})
	})
	t.Run("bins have edges in its unit", func(t *testing.T) {
		a := gold.Aggregation{Version: v, Group: []gold.Group{{Field: "d38", Bins: []float64{-1, 0, 5e18}}}, Measures: []gold.Measure{count}}
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{row("<-1", 11), row("[-1,0)", 1), row(">=5000000000000000000", 2)})
		// 10^38-1 is below 10^38, which is its nearest double, and so for the digits after the point; of edges that are the same
		// double, each is one.
		ends := []string{"-9999999999999999999.9999999999999999999", "9999999999999999999.9999999999999999998", "9999999999999999999.9999999999999999999", "1e19"}
		exact := gold.Group{Field: "d38"}
		for _, end := range ends {
			text, _ := gold.ExactDecimal(end)
			exact.Bins, exact.Exact = append(exact.Bins, 1e19), append(exact.Exact, text)
		}
		a = gold.Aggregation{Version: v, Group: []gold.Group{exact}, Measures: []gold.Measure{count}}
		wantRows(t, describeAggregation(a), aggregate(t, s, a), [][]gold.Value{
			row("[-9999999999999999999.9999999999999999999,9999999999999999999.9999999999999999998)", 12), row("[9999999999999999999.9999999999999999999,10000000000000000000)", 2),
		})
	})
}
