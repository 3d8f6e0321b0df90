package cast

import (
	"strings"
	"testing"

	"goldserve/gold"
)

// casted returns the value of each text, as answers show it, or what was expected instead.
func casted(t *testing.T, f gold.Field, texts ...string) string {
	t.Helper()
	c, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, text := range texts {
		v, m := c.Value(text)
		switch {
		case m != nil:
			got = append(got, string(m.Code))
		default:
			got = append(got, f.Format(v))
		}
	}
	return strings.Join(got, " | ")
}

func TestAValueFitsEntirelyOrNotAtAll(t *testing.T) {
	text := func(c gold.Cast) *gold.Cast { c.From = gold.Text; return &c }
	integer := func(c gold.Cast) *gold.Cast { c.From = gold.Int; return &c }
	french := gold.Cast{Point: ",", Thousands: " "}
	for name, c := range map[string]struct {
		field gold.Field
		texts []string
		want  string
	}{
		"integers": {
			gold.Field{Kind: gold.Int, Cast: text(gold.Cast{})},
			[]string{"42", " -7 ", "+7", "007", "5.00", "", "5.5", "1e3", "0x1F", "1_000", "9223372036854775807", "9223372036854775808", "٣", "-"},
			"42 | -7 | 7 | 7 | 5 | value_type | value_type | value_type | value_type | value_type | 9223372036854775807 | value_range | value_type | value_type",
		},
		"groups of three digits": {
			gold.Field{Kind: gold.Int, Cast: text(french)},
			[]string{"1 234", "1\u00a0234\u202f567", "1234", "12 34", "1 2345", "1234 567", " 1 234 ", "1  234", "12 345 678", "1 234,00", "1.234"},
			"1234 | 1234567 | 1234 | value_type | value_type | value_type | 1234 | value_type | 12345678 | 1234 | value_type",
		},
		"lakhs": {
			gold.Field{Kind: gold.Double, Cast: text(gold.Cast{Thousands: ","})},
			[]string{"12,34,567.5", "1,23,45,678", "123,45,678", "12,345,67", "1,5", ",123"},
			"1234567.5 | 12345678 | value_type | value_type | value_type | value_type",
		},
		"the other way round a point groups": {
			gold.Field{Kind: gold.Double, Cast: text(gold.Cast{Point: ",", Thousands: "."})},
			[]string{"1.234,5", "1.5", "-1.234.567,25", "1,234.5", "0,1"},
			"1234.5 | value_type | -1234567.25 | value_type | 0.1",
		},
		"numbers": {
			gold.Field{Kind: gold.Double, Cast: text(gold.Cast{Point: ","})},
			[]string{"0,1", ",5", "5,", "-,5e1", "1E-3", "1e", ",", "NaN", "inf", "1e999", "-0", "1,2,3", "0x1p3"},
			"0.1 | 0.5 | 5 | -5 | 0.001 | value_type | value_type | value_type | value_type | value_range | 0 | value_type | value_type",
		},
		"a sign": {
			gold.Field{Kind: gold.Double, Cast: text(gold.Cast{Point: ",", Thousands: ".", Sign: "€"})},
			[]string{"1.980,29 €", "-12,5\u00a0€", "€ 7", "-€7", "€-7", "7", "€7€", "7 $", "€", "7 € 8"},
			"1980.29 | -12.5 | 7 | -7 | -7 | 7 | value_type | value_type | value_type | value_type",
		},
		"a sign of decimals": {
			gold.Field{Kind: gold.Decimal, Scale: 1, Cast: text(gold.Cast{Point: ",", Sign: "%"})},
			[]string{"12,5 %", "12%", "0,55 %", "12,5"},
			"12.5 | 12.0 | value_type | 12.5",
		},
		"32-bit floats": {
			gold.Field{Kind: gold.Double, Single: true, Cast: text(gold.Cast{})},
			[]string{"0.7165", "1e39"},
			"0.7165 | value_range",
		},
		"decimals": {
			gold.Field{Kind: gold.Decimal, Scale: 2, Cast: text(french)},
			[]string{"1 234,5", "1 234,00", "0,10", "0,100", "0,105", "-,5", "1e2", "5,", "1000000000000000000000000000000000000000,00"},
			"1234.50 | 1234.00 | 0.10 | 0.10 | value_type | -0.50 | value_type | 5.00 | value_range",
		},
		"wide decimals": {
			gold.Field{Kind: gold.WideDecimal, Precision: 20, Scale: 2, Cast: text(french)},
			[]string{"1 234,5", "-,5", "123 456 789 012 345 678,90", "1 000 000 000 000 000 000,00", "0,105", "1e2"},
			"1234.50 | -0.50 | 123456789012345678.90 | value_range | value_type | value_type",
		},
		"booleans by default": {
			gold.Field{Kind: gold.Bool, Cast: text(gold.Cast{})},
			[]string{"true", "FALSE", " True ", "1", "yes"},
			"true | false | true | value_type | value_type",
		},
		"booleans by words": {
			gold.Field{Kind: gold.Bool, Cast: text(gold.Cast{True: []string{"Y", "1"}, False: []string{"N", ""}})},
			[]string{"Y", "1", "N", "", "y", "true"},
			"true | true | false | false | value_type | value_type",
		},
		"booleans of integers": {
			gold.Field{Kind: gold.Bool, Cast: integer(gold.Cast{})},
			[]string{"1", "0", "2"},
			"true | false | value_type",
		},
		"nulls": {
			gold.Field{Kind: gold.Int, Nullable: true, Cast: text(gold.Cast{Null: []string{"", "NA"}})},
			[]string{"", "  ", "NA", "na", "1"},
			"null | null | null | value_type | 1",
		},
		"nulls of texts": {
			gold.Field{Kind: gold.Text, Nullable: true, Cast: text(gold.Cast{Null: []string{"", "NA"}})},
			[]string{"", " ", "NA", " NA"},
			"null |   | null |  NA",
		},
		"dates": {
			gold.Field{Kind: gold.Date, Cast: text(gold.Cast{Layouts: []string{"02/01/2006"}})},
			[]string{"31/12/2011", "29/02/2024", "29/02/2023", "12/31/2011", "1/2/2011", "01/01/0000", "2011-12-31", "31/12/2011 00:00"},
			"2011-12-31 | 2024-02-29 | value_type | value_type | value_type | value_range | value_type | value_type",
		},
		"dates with a time": {
			gold.Field{Kind: gold.Date, Cast: text(gold.Cast{Layouts: []string{"2006-01-02 15:04:05", "2006-01-02"}})},
			[]string{"2011-12-31 00:00:00", "2011-12-31 00:00:01", "2011-12-31"},
			"2011-12-31 | value_type | 2011-12-31",
		},
		"dates of integers": {
			gold.Field{Kind: gold.Date, Cast: integer(gold.Cast{Layouts: []string{"20060102"}})},
			[]string{"20111231", "20111301", "0"},
			"2011-12-31 | value_type | value_type",
		},
		"ISO dates": {
			gold.Field{Kind: gold.Date, Cast: text(gold.Cast{})},
			[]string{"2011-12-31", "2011-12-31T00:00:00", "2011-12-31 00:00:00+02:00", "2011-12"},
			"2011-12-31 | 2011-12-31 | 2011-12-31 | value_type",
		},
		"ISO timestamps": {
			gold.Field{Kind: gold.Time, Cast: text(gold.Cast{})},
			[]string{"2011-12-31T10:00:00Z", "2011-12-31 10:00:00.5+02:00", "2011-12-31 10:00", "2011-12-31", "2011-12-31 10:00:00+02", "2011-12-31T24:00:00", "10:00"},
			"2011-12-31T10:00:00Z | 2011-12-31T08:00:00.500Z | 2011-12-31T10:00:00Z | 2011-12-31T00:00:00Z | 2011-12-31T08:00:00Z | value_type | value_type",
		},
		"local timestamps": {
			gold.Field{Kind: gold.Time, DefaultZone: "Europe/Paris", Cast: text(gold.Cast{Layouts: []string{"02/01/2006 15:04", "02/01/2006 15:04 -0700"}})},
			[]string{"01/07/2025 00:30", "01/12/2025 00:30", "30/03/2025 02:30", "26/10/2025 02:30", "01/07/2025 00:30 +0000"},
			"2025-06-30T22:30:00Z | 2025-11-30T23:30:00Z | 2025-03-30T01:30:00Z | 2025-10-26T00:30:00Z | 2025-07-01T00:30:00Z",
		},
		"seconds since 1970": {
			gold.Field{Kind: gold.Time, DefaultZone: "Europe/Paris", Cast: integer(gold.Cast{Epoch: gold.Seconds})},
			[]string{"1323346320", "-1", "0", "253402300800", "9223372036854775807"},
			"2011-12-08T12:12:00Z | 1969-12-31T23:59:59Z | 1970-01-01T00:00:00Z | value_range | value_range",
		},
		"nanoseconds since 1970": {
			gold.Field{Kind: gold.Time, Cast: text(gold.Cast{Epoch: gold.Nanoseconds})},
			[]string{"1323346320123456789", "-1", "1.5"},
			"2011-12-08T12:12:00.123Z | 1969-12-31T23:59:59.999Z | value_type",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := casted(t, c.field, c.texts...); got != c.want {
				t.Errorf("%q become\n%s, want\n%s", c.texts, got, c.want)
			}
		})
	}
}

func TestIntegersKeepTheirDigits(t *testing.T) {
	for name, c := range map[string]struct {
		kind gold.Kind
		n    int64
		want string
	}{
		"a text":           {gold.Text, -12, "-12"},
		"a double":         {gold.Double, 1 << 53, "9007199254740992"},
		"beyond a double":  {gold.Double, 1<<53 + 1, "value_range"},
		"a null":           {gold.Int, -999, "null"},
		"a decimal number": {gold.Decimal, 12, "12"},
	} {
		f := gold.Field{Kind: c.kind, Nullable: true, Cast: &gold.Cast{From: gold.Int, Null: []string{"-999"}}}
		compiled, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		b := gold.NewBatch([]gold.Field{f}, 1)
		got := ""
		if _, m := compiled.AppendInt(&b.Columns[0], c.n); m != nil {
			got = string(m.Code)
		} else {
			got = f.Format(b.Columns[0].Value(0))
		}
		if got != c.want {
			t.Errorf("%s: %d becomes %s, want %s", name, c.n, got, c.want)
		}
	}
}

func TestDigitsBelowTheMillisecondAreLostAndSaid(t *testing.T) {
	f := gold.Field{Kind: gold.Time, Cast: &gold.Cast{From: gold.Text}}
	c, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	b := gold.NewBatch([]gold.Field{f}, 2)
	for text, want := range map[string]bool{"2011-12-08T12:12:00.1234Z": true, "2011-12-08T12:12:00.123Z": false} {
		if lossy, m := c.Append(&b.Columns[0], []byte(text)); lossy != want || m != nil {
			t.Errorf("%s: lossy %t, %v", text, lossy, m)
		}
	}
}

func TestWhatIsExpectedIsSaidInTheFormOfTheCast(t *testing.T) {
	for want, f := range map[string]gold.Field{
		"a number such as 1 234,56":  {Kind: gold.Double, Cast: &gold.Cast{From: gold.Text, Point: ",", Thousands: " "}},
		"a number such as 1234,56 %": {Kind: gold.Double, Cast: &gold.Cast{From: gold.Text, Point: ",", Sign: "%"}},
		"an integer such as 1234":    {Kind: gold.Int, Cast: &gold.Cast{From: gold.Text}},
		"a decimal number with at most 3 digits after the point, such as 1234.56": {Kind: gold.Decimal, Scale: 3, Cast: &gold.Cast{From: gold.Text}},
		"Y, 1 for true or false for false":                                        {Kind: gold.Bool, Cast: &gold.Cast{From: gold.Text, True: []string{"Y", "1"}}},
		"a date such as 31/12/2011 or 2011-12-31":                                 {Kind: gold.Date, Cast: &gold.Cast{From: gold.Text, Layouts: []string{"02/01/2006", "2006-01-02"}}},
		"a timestamp such as 2011-12-08T12:12:00Z":                                {Kind: gold.Time, Cast: &gold.Cast{From: gold.Text}},
		"a timestamp such as 1323346320000, which counts ms since 1970":           {Kind: gold.Time, Cast: &gold.Cast{From: gold.Int, Epoch: gold.Milliseconds}},
		"text": {Kind: gold.Text, Cast: &gold.Cast{From: gold.Text}},
	} {
		c, err := New(f)
		if err != nil || c.expected != want {
			t.Errorf("expects %q, %v, want %q", c.expected, err, want)
		}
	}
}

// FuzzNumbers holds the parser of numbers to its promise: what it takes is, without its groups, the number that is written
// there.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"1 234,5", "-1 234 567", "12 34 567,25", "+,5", "1 23", "5,", "1\u202f234"} {
		f.Add(text)
	}
	c, err := New(gold.Field{Kind: gold.Double, Cast: &gold.Cast{From: gold.Text, Point: ",", Thousands: " "}})
	if err != nil {
		f.Fatal(err)
	}
	plain, err := New(gold.Field{Kind: gold.Double, Cast: &gold.Cast{From: gold.Text}})
	if err != nil {
		f.Fatal(err)
	}
	bare := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "\u2009", "", ",", ".")
	f.Fuzz(func(t *testing.T, text string) {
		v, m := c.Value(text)
		if m != nil {
			return
		}
		if want, m := plain.Value(bare.Replace(strings.TrimSpace(text))); m != nil || v != want {
			t.Errorf("%q is %s, want %s (%v)", text, v, want, m)
		}
	})
}

// FuzzQuick holds the common forms of values to what is made of all others: what is taken quickly is the same value.
func FuzzQuick(f *testing.F) {
	for _, text := range []string{
		"-12", "0", "-0", "1234.5", "-.5", "0.30", "999999999999999999", "0.000000000000000001", "9007199254740993", "2024-02-29", "2023-02-28", "0001-01-01",
		"2011-12-08T12:12:00Z", "2011-12-08 12:12:00", "2011-12-08T12:12:00.123", "1900-01-01T00:00:00", "2000-03-01", "9999-12-28", "1969-12-31T23:59:59.999Z",
	} {
		f.Add(text)
	}
	fields := []gold.Field{
		{Kind: gold.Int}, {Kind: gold.Double}, {Kind: gold.Decimal, Scale: 3}, {Kind: gold.Decimal, Scale: 18}, {Kind: gold.Date}, {Kind: gold.Time}, {Kind: gold.Time, DefaultZone: "Europe/Paris"},
	}
	var casts []*Cast
	for _, field := range fields {
		field.Cast = &gold.Cast{From: gold.Text}
		c, err := New(field)
		if err != nil {
			f.Fatal(err)
		}
		casts = append(casts, c)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for i, c := range casts {
			quick, slow := gold.NewColumn(fields[i].Kind, 1), gold.NewColumn(fields[i].Kind, 1)
			if !c.quick(&quick, []byte(text)) {
				if quick.Len() > 0 {
					t.Fatalf("%q was not taken, and left a %s", text, fields[i].Kind)
				}
				continue
			}
			if lossy, m := c.append(&slow, []byte(text)); m != nil || lossy || quick.Value(0) != slow.Value(0) {
				t.Errorf("%q is quickly the %s %s, want %s (%v, lossy %t)", text, fields[i].Kind, quick.Value(0), slow.Value(0), m, lossy)
			}
		}
	})
}

func TestATextForNullIsNoValueOfTheCommonForm(t *testing.T) {
	f := gold.Field{Kind: gold.Int, Nullable: true, Cast: &gold.Cast{From: gold.Text, Null: []string{"-999", "NA"}}}
	if got := casted(t, f, "-999", "-998", "NA"); got != "null | -998 | null" {
		t.Error(got)
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		name, text string
		field      gold.Field
	}{
		{"number", "1 234,56", gold.Field{Kind: gold.Double, Cast: &gold.Cast{From: gold.Text, Point: ",", Thousands: " ", Null: []string{"", "NA"}}}},
		{"decimal", "1 234,56", gold.Field{Kind: gold.Decimal, Scale: 2, Cast: &gold.Cast{From: gold.Text, Point: ",", Thousands: " "}}},
		{"integer", "123456", gold.Field{Kind: gold.Int, Cast: &gold.Cast{From: gold.Text}}},
		{"date", "31/12/2011", gold.Field{Kind: gold.Date, Cast: &gold.Cast{From: gold.Text, Layouts: []string{"02/01/2006"}}}},
		{"timestamp", "2011-12-31 18:05:00", gold.Field{Kind: gold.Time, DefaultZone: "Europe/Paris", Cast: &gold.Cast{From: gold.Text}}},
		{"boolean", "N", gold.Field{Kind: gold.Bool, Cast: &gold.Cast{From: gold.Text, True: []string{"Y"}, False: []string{"N"}}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			compiled, err := New(c.field)
			if err != nil {
				b.Fatal(err)
			}
			const rows = 4096
			batch, text := gold.NewBatch([]gold.Field{c.field}, rows), []byte(c.text)
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				for range rows {
					if _, m := compiled.Append(&batch.Columns[0], text); m != nil {
						b.Fatal(m.Expected)
					}
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "values/s")
		})
	}
}
