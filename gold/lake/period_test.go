package lake

import (
	"strings"
	"testing"

	"goldserve/gold"
)

// What pandas writes of the periods in testdata/arrow/periods.parquet, by column.
var pandasPeriods = map[string]string{
	"y":     "1969 1970 2011 2012",
	"y_mar": "1970 1970 2012 2012",
	"q":     "1969Q4 1970Q1 2011Q4 2012Q1",
	"q_nov": "1970Q1 1970Q1 2012Q1 2012Q1",
	"m":     "1969-12 1970-01 2011-12 2012-02",
	"m3":    "1969-12 1970-01 2011-12 2012-02",
	"w":     "1969-12-29/1970-01-04 1969-12-29/1970-01-04 2011-12-05/2011-12-11 2012-02-27/2012-03-04",
	"w_wed": "1969-12-25/1969-12-31 1970-01-01/1970-01-07 2011-12-08/2011-12-14 2012-02-23/2012-02-29",
	"d":     "1969-12-31 1970-01-01 2011-12-09 2012-02-29",
	"b":     "1969-12-31 1970-01-01 2011-12-09 2012-02-29",
	"h":     "1969-12-31 23:00, 1970-01-01 00:00, 2011-12-09 12:00, 2012-02-29 23:00",
	"min":   "1969-12-31 23:59, 1970-01-01 00:00, 2011-12-09 12:34, 2012-02-29 23:00",
	"s":     "1969-12-31 23:59:59, 1970-01-01 00:00:00, 2011-12-09 12:34:56, 2012-02-29 23:00:00",
	"ms":    "1969-12-31 23:59:59.000, 1970-01-01 00:00:00.000, 2011-12-09 12:34:56.123, 2012-02-29 23:00:00.000",
	"us":    "1969-12-31 23:59:59.000000, 1970-01-01 00:00:00.000000, 2011-12-09 12:34:56.123456, 2012-02-29 23:00:00.000000",
	"ns":    "1969-12-31 23:59:59.000000000, 1970-01-01 00:00:00.000000000, 2011-12-09 12:34:56.123456789, 2012-02-29 23:00:00.000000000",
}

func TestPeriodsOfPandasAreTheirText(t *testing.T) {
	columns, err := mustOpen(t, "testdata/arrow").Columns(t.Context(), Spec{Source: "periods"})
	if err != nil || len(columns) != len(pandasPeriods)+1 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns[1:] {
		if c.Field.Kind != gold.Text {
			t.Errorf("%s is inferred as %s %s", c.Name, c.Field.Kind, c.Refused)
		}
		text := pandasPeriods[c.Name]
		separator := " "
		if strings.Contains(text, ",") {
			separator = ", "
		}
		var want []string
		for i, period := range append(strings.Split(text, separator), "null") {
			want = append(want, string(rune('1'+i))+" "+period)
		}
		if got := readTexts(t, "testdata/arrow", named("periods", "id:i", c.Name+":t?")); got != strings.Join(want, "\n") {
			t.Errorf("%s: rows\n%s\nwant\n%s", c.Name, got, strings.Join(want, "\n"))
		}
	}
}
