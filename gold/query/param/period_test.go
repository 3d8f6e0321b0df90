package param

import (
	"testing"

	"goldserve/gold"
	"goldserve/gold/query"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		kind              gold.Kind
		text, first, last string
	}{
		{gold.Time, "2011", "2011-01-01T00:00:00Z", "2011-12-31T23:59:59.999Z"},
		{gold.Time, "2012-02", "2012-02-01T00:00:00Z", "2012-02-29T23:59:59.999Z"},
		{gold.Time, "2011-06-30", "2011-06-30T00:00:00Z", "2011-06-30T23:59:59.999Z"},
		{gold.Time, "9999", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"},
		{gold.Time, "0001", "0001-01-01T00:00:00Z", "0001-12-31T23:59:59.999Z"},
		{gold.Time, "2011-06-30T12:00", "2011-06-30T12:00:00Z", "2011-06-30T12:00:00Z"},
		{gold.Time, "2011-06-30T12:00:00+02:00", "2011-06-30T10:00:00Z", "2011-06-30T10:00:00Z"},
		{gold.Date, "1969", "1969-01-01", "1969-12-31"},
		{gold.Date, "2011-02", "2011-02-01", "2011-02-28"},
		{gold.Time, "2011-Q2", "2011-04-01T00:00:00Z", "2011-06-30T23:59:59.999Z"},
		{gold.Date, "2011-W23", "2011-06-06", "2011-06-12"},
		{gold.Date, "2020-W53", "2020-12-28", "2021-01-03"},
		{gold.Date, "2014-W01", "2013-12-30", "2014-01-05"},
		{gold.Date, "9999-W52", "9999-12-27", "9999-12-31"},
		{gold.Date, "2011-02-03", "2011-02-03", "2011-02-03"},
	} {
		p, err := parsePeriod(gold.Calendar{}, c.kind, c.text)
		if err != nil || p.first.String() != c.first || p.last.String() != c.last {
			t.Errorf("%s %s is %s to %s, %v", c.kind, c.text, p.first, p.last, err)
		}
	}
	for _, bad := range []string{"", "20", "2011-13", "2011-02-30", "0000", "10000", "2011-6", "2011-Q0", "2011-Q5", "2011-q2", "2011-W00", "2011-W53", "2011-W6", "2011-W+6", "12/2011", "hier", "2011-06-30T25:00:00Z", "２０１１"} {
		for _, kind := range []gold.Kind{gold.Date, gold.Time} {
			if p, err := parsePeriod(gold.Calendar{}, kind, bad); err == nil {
				t.Errorf("%s %q was read as %s", kind, bad, p.first)
			}
		}
	}
}

func TestPeriodsInLists(t *testing.T) {
	when, day := &gold.Field{Name: "le", Kind: gold.Time}, &gold.Field{Name: "jour", Kind: gold.Date}
	for _, c := range []struct {
		field *gold.Field
		op    gold.Op
		text  string
		want  string // operators and numbers of values; "": an error
	}{
		{when, gold.In, "2011-06", "gte lte"},
		{when, gold.In, "2011-Q2,2011-W26", "gte lte"},
		{when, gold.In, "2011-07,2011-06,2011-06-30", "gte lte"},
		{when, gold.In, "2011-06,2011-08", ""},
		{when, gold.In, "2011-06-30T10:00:00Z,2011-06-30T12:00:00Z", "in"},
		{when, gold.NotIn, "2011-06-30T10:00:00Z", "nin"},
		{when, gold.NotIn, "2011-06", ""},
		{when, gold.Ne, "2011", ""},
		{when, gold.Ne, "2011-06-30T10:00:00Z", "ne"},
		{day, gold.In, "2011-06,2012-02-01", "in"},
		{day, gold.NotIn, "2011", "nin"},
		{day, gold.Ne, "2011-02", "nin"},
		{day, gold.Ne, "2011-02-03", "ne"},
		{day, gold.In, "2001,2002,2003,2004,2005,2006,2007,2008,2009,2010,2011", ""},
		{day, gold.In, "2011,hier", ""},
	} {
		made, err := comparandOf(&query.Column{Field: c.field, Owner: &gold.Dataset{}}).condition(c.op, c.text)
		got := ""
		for i, p := range made.where {
			if i > 0 {
				got += " "
			}
			got += p.Op.String()
		}
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s__%s=%s: %q, %v; want %q", c.field.Name, c.op, c.text, got, err, c.want)
		}
	}
	made, err := comparandOf(&query.Column{Field: day, Owner: &gold.Dataset{}}).condition(gold.In, "2012-02,2011-06-30")
	if err != nil || len(made.where[0].Values) != 30 {
		t.Errorf("the days of a leap February and one more: %v, %v", made, err)
	}
}
