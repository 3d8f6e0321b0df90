package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"goldserve/gold"
)

func TestColumnsAreWhatAllOfTheirValuesAre(t *testing.T) {
	for want, values := range map[string][]string{
		"int":                           {"1", "-20", "", "0"},
		"int null NA":                   {"1", "NA", ""},
		"int null k. A.":                {"1", "k. A.", "2"},
		"decimal 1 point , null #NV":    {"1,5", "#NV", "2,0"},
		"text, codes":                   {"75001", "06000"},
		"text, signed codes":            {"+33612345678", "1"},
		"text, one word":                {"1", "2", "x"},
		"text, too large":               {"92233720368547758080123456789", "x"},
		"double, of any digits":         {"1.5", "2", "3.25"},
		"double, powers":                {"1e5", "2.5"},
		"double, long":                  {"445807.73000000004", "1.00000000001"},
		"decimal 2":                     {"12.50", "0.99", "-3.00"},
		"decimal 2 point ,":             {"12,50", "0,99", ""},
		"double point ,":                {"1,5", "2,25"},
		"decimal 2 point , thousands  ": {"1 234,50", "12,00"},
		"decimal 2 point , thousands .": {"1.234,50", "12,00"},
		"decimal 2 thousands ,":         {"1,234.50", "12.00"},
		"double thousands , doubt":      {"1,234", "12"},
		"decimal 3 doubt":               {"1.234", "52.638"},
		"double doubt":                  {"1.234", "12"},
		"decimal 3":                     {"0.234", "52.638"},
		"decimal 3 point ,":             {"0,234", "52,638"},
		"double point , thousands .":    {"1.234.567", "12"},
		"bool":                          {"true", "False", ""},
		"date":                          {"2011-12-31", "2024-02-29"},
		"text, no date":                 {"2011-12-31", "2023-02-29"},
		"time":                          {"2011-12-31T10:00:00Z", "2011-12-31 10:00:00.5+02:00"},
		"time, at midnight":             {"2011-12-31 00:00:00"},
		"date 02/01/2006":               {"31/12/2011", "01/02/2011"},
		"date 01/02/2006":               {"12/31/2011", "01/02/2011"},
		"date 02/01/2006 doubt":         {"03/04/2025", "01/02/2011"},
		"date 02.01.2006 null -":        {"03.04.2025", "-"},
		"time 02/01/2006 15:04":         {"31/12/2011 18:05"},
		"date 2.1.2006":                 {"1.1.2024", "31.12.1999", "01.2.2024"},
		"date 2/1/2006":                 {"1/2/2024", "31/12/1999"},
		"date 1/2/2006":                 {"1/2/2024", "12/31/1999"},
		"date 2/1/2006 doubt":           {"1/2/2024", "3/12/1999"},
		"time 2.1.2006 15:04":           {"1.1.2024 8:05", "24.12.2024 18:05"},
		"date 02.01.06 doubt":           {"01.01.24", "31.12.99"},
		"text, of which the year may be the first": {"24/01/02", "23/12/31"},
		"text, versions":                               {"1.2.10", "1.3.11"},
		"text, a month that is none":                   {"01.13.24", "31.12.99"},
		"text, nothing at all":                         {"", ""},
		"text, words for null alone":                   {"NA", "NA"},
		"text, finer times than those that are stored": {"2011-12-31T10:00:00.123456Z"},
	} {
		content := lines(slices.Concat([]string{"a;b"}, joinEach(values, ";x"))...)
		columns, err := Columns(t.Context(), "d.csv", memory(content), gold.Reading{Delimiter: ";"})
		if err != nil {
			t.Fatal(err)
		}
		// A comma as the decimal mark is likelier where it does not stand between values.
		if strings.Contains(want, "thousands , doubt") {
			columns, err = Columns(t.Context(), "d.csv", memory(strings.ReplaceAll(string(content), ";", "\t")), gold.Reading{Delimiter: "\t"})
			if err != nil {
				t.Fatal(err)
			}
		}
		got := columns[0].Field.Kind.String()
		if columns[0].Field.Kind == gold.Decimal {
			got += fmt.Sprintf(" %d", columns[0].Field.Scale)
		}
		if c := columns[0].Field.Cast; c != nil {
			for _, part := range [][2]string{{"", strings.Join(c.Layouts, "")}, {"point ", c.Point}, {"thousands ", c.Thousands}, {"null ", strings.Join(c.Null, "")}} {
				if part[1] != "" {
					got += " " + part[0] + part[1]
				}
			}
		}
		if columns[0].Doubt != "" {
			got += " doubt"
		}
		if wanted, _, _ := strings.Cut(want, ", "); got != wanted && got != want {
			t.Errorf("%q are %q, want %q", values, got, want)
		}
	}
}

func TestPointsAreBetweenThousandsWhereOtherColumnsHaveADecimalComma(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"a decimal comma beside it":      {"a;b\n1.234;2,5\n52.638;3\n", `double {"from":"text","decimal":",","thousands":"."} doubt`},
		"some without":                   {"a\tb\n1.234\t2,5\n638\t3\n", `double {"from":"text","decimal":",","thousands":"."} doubt`},
		"no thousands":                   {"a;b\n1.23;2,5\n52.638;3\n", "double"},
		"no thousands after a zero":      {"a;b\n0.234;2,5\n52.638;3\n", "decimal"},
		"a comma that may be either":     {"a\tb\n1.234\t2,500\n52.638\t3\n", "decimal"},
		"none in a file with semicolons": {"a;b\n1.234;2\n52.638;3\n", "decimal doubt"},
		"none in a file with commas":     {"a,b\n1.234,2\n52.638,3\n", "decimal"},
		"whole numbers":                  {"a;b\n1234;2,5\n52638;3\n", "int"},
		"numbers of JSON":                {`[{"a": 1.234}, {"a": 52.638}]`, "decimal"},
	} {
		t.Run(name, func(t *testing.T) {
			file := "d.csv"
			if strings.HasPrefix(c.content, "[") {
				file = "d.json"
			}
			r, err := Sniff(t.Context(), file, memory(c.content))
			if err != nil {
				t.Fatal(err)
			}
			columns, err := Columns(t.Context(), file, memory(c.content), r)
			if err != nil {
				t.Fatal(err)
			}
			got := columns[0].Field.Kind.String()
			if columns[0].Field.Cast != nil {
				got += " " + columns[0].Field.Cast.String()
			}
			if columns[0].Doubt != "" {
				got += " doubt"
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// joinEach appends a text to each of some.
func joinEach(list []string, suffix string) []string {
	all := make([]string, len(list))
	for i, text := range list {
		all[i] = text + suffix
	}
	return all
}

func TestStringsOfJSONAreNoNumbers(t *testing.T) {
	columns, err := Columns(t.Context(), "d.json", memory(`[{"a":"1","b":"2011-12-31","c":"true","d":[1],"e":1.5,"f":{"g":"NA"}}]`), gold.Reading{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		got = append(got, fmt.Sprintf("%s %s %t", c.Name, c.Field.Kind, c.JSON))
	}
	if want := "a text false, b date false, c text false, d text true, e decimal false, f.g text false"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
}

func TestHowAFileIsReadIsFoundInIt(t *testing.T) {
	long := strings.Repeat("word, more;", 150_000) // beyond what tells the delimiter
	latin, err := charmap.Windows1252.NewEncoder().String("a;b\n" + long + ";x\né;€\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, content, want string }{
		"nothing to say":         {"d.csv", "a,b\n1,é\n", ""},
		"sep=; of a spreadsheet": {"d.csv", "sep=;\r\na;b\r\n1;2\r\n", ""},
		"a semicolon":            {"d.csv", "a;b\n1,5;2,5\n3;4\n", `{"format":"csv","delimiter":";"}`},
		"a comma in quotes":      {"d.csv", "a;b\n\"x,y\";1\n\"z,w\";2\n", `{"format":"csv","delimiter":";"}`},
		"a bar":                  {"d.csv.gz", string(gzipped(t, []byte("a|b|c\n1|2|3\n"))), `{"format":"csv","delimiter":"|"}`},
		"a tab in a .tsv":        {"d.tsv", "a\tb,c\n1\t2\n", ""},
		"a comma in a .tsv":      {"d.tsv", "a,b\n1,2\n", `{"format":"csv","delimiter":","}`},
		"one column":             {"d.csv", "a\n1\n", ""},
		"Windows-1252":           {"d.csv", latin, `{"format":"csv","delimiter":";","encoding":"windows-1252"}`},
		"UTF-16":                 {"d.csv", "a\x00,\x00b\x00\n\x00", `{"format":"csv","encoding":"utf-16le"}`},
		"a mark of UTF-16":       {"d.csv", "\xff\xfea\x00;\x00b\x00\n\x00", `{"format":"csv","delimiter":";","encoding":"utf-16"}`},
		"a mark of UTF-8":        {"d.csv", "\xef\xbb\xbfa;b\n1;2\n", `{"format":"csv","delimiter":";"}`},
		"JSON":                   {"d.json", "[]", ""},
		"a letter in two":        {"d.csv", "a,b\n" + strings.Repeat("é", 600_000) + ",x\n", ""},
		"an uneven last line":    {"d.csv", "a;b;c\n1;2;3\n4;5,6;7\n1,2\n", `{"format":"csv","delimiter":";"}`},
	} {
		r, err := Sniff(t.Context(), c.file, memory(c.content))
		if err != nil || r.String() != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, r, c.want, err)
		}
	}
}

// TestDatesAreThoseThatPythonReads: each line is a text, the format of Python's strptime that reads all of its column, and the date
// that strptime makes of it (CPython 3, datetime.strptime(text, format).date()).
func TestDatesAreThoseThatPythonReads(t *testing.T) {
	for format, dates := range map[string][][2]string{
		"%d.%m.%y, written as %d.%m.%y":   {{"31.12.99", "1999-12-31"}, {"29.02.24", "2024-02-29"}, {"01.01.69", "1969-01-01"}, {"13.12.68", "2068-12-13"}, {"11.07.04", "2004-07-11"}, {"07.10.96", "1996-10-07"}, {"17.09.07", "2007-09-17"}, {"14.03.19", "2019-03-14"}},
		"%d.%m.%Y, written as %-d.%-m.%Y": {{"31.12.1999", "1999-12-31"}, {"29.2.2024", "2024-02-29"}, {"1.1.1969", "1969-01-01"}, {"13.12.2068", "2068-12-13"}, {"2.3.1992", "1992-03-02"}, {"1.4.1993", "1993-04-01"}, {"3.11.2026", "2026-11-03"}, {"14.1.2014", "2014-01-14"}},
		"%d/%m/%Y, written as %-d/%-m/%Y": {{"31/12/1999", "1999-12-31"}, {"29/2/2024", "2024-02-29"}, {"1/1/1969", "1969-01-01"}, {"13/12/2068", "2068-12-13"}, {"23/3/1994", "1994-03-23"}, {"28/5/2006", "2006-05-28"}, {"22/2/2016", "2016-02-22"}, {"8/8/1992", "1992-08-08"}},
		"%m/%d/%Y, written as %-m/%-d/%Y": {{"12/31/1999", "1999-12-31"}, {"2/29/2024", "2024-02-29"}, {"1/1/1969", "1969-01-01"}, {"12/13/2068", "2068-12-13"}, {"10/5/2012", "2012-10-05"}, {"8/19/1999", "1999-08-19"}, {"9/7/1991", "1991-09-07"}, {"11/9/1993", "1993-11-09"}},
		"%d.%m.%Y, written as %d.%m.%Y":   {{"31.12.1999", "1999-12-31"}, {"29.02.2024", "2024-02-29"}, {"01.01.1969", "1969-01-01"}, {"13.12.2068", "2068-12-13"}, {"14.06.2009", "2009-06-14"}, {"04.10.2008", "2008-10-04"}, {"18.02.1993", "1993-02-18"}, {"18.10.2000", "2000-10-18"}},
	} {
		var texts, want []string
		for _, d := range dates {
			texts, want = append(texts, d[0]), append(want, d[1])
		}
		content := lines(slices.Concat([]string{"a"}, texts)...)
		columns, err := Columns(t.Context(), "d.csv", memory(content), gold.Reading{})
		if err != nil || columns[0].Field.Kind != gold.Date {
			t.Errorf("%s: %v, %+v", format, err, columns)
			continue
		}
		rows, err := rowsOf(t, "d.csv", content, gold.Reading{}, dataset(columns[0].Field), 1)
		if err != nil {
			t.Fatal(format, err)
		}
		for i, row := range rows {
			if row[0] != want[i] {
				t.Errorf("%s: %s is read as %s, Python reads %s", format, texts[i], row[0], want[i])
			}
		}
	}
}

func TestAColumnThatIsTextBecauseOfAFewValuesSaysSo(t *testing.T) {
	numbers := make([]string, 200)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("%d,5", i)
	}
	with := func(more ...string) []string { return slices.Concat(numbers[:100], more, numbers[100:]) }
	const rest = `; each other one is a double: correct them, or declare the type and cast: {"null": …} in the contract`
	for name, c := range map[string]struct {
		values []string
		want   string
	}{
		"a few words":              {with("n.d.", "n.d.", "tba"), `it is text because of 3 of 203 values such as "n.d."` + rest},
		"the first value":          {slices.Concat([]string{"n.d."}, numbers), `it is text because of 1 of 201 values such as "n.d."` + rest},
		"what may be a person's":   {with("Meier", "a@b.de"), "it is text because of 2 of 202 values" + rest},
		"none":                     {numbers, ""},
		"many":                     {with(numbers[0]+"x", "a", "b", "c"), ""},
		"a tenth":                  {slices.Concat(numbers[:20], []string{"x", "x"}), ""},
		"words for null":           {with("NA", "-"), ""},
		"words, and a few numbers": {slices.Concat([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, numbers[:2]), ""},
	} {
		columns, err := Columns(t.Context(), "d.csv", memory(lines(slices.Concat([]string{"a;b"}, joinEach(c.values, ";x"))...)), gold.Reading{Delimiter: ";"})
		if err != nil {
			t.Fatal(err)
		}
		if text := columns[0].Field.Kind == gold.Text; columns[0].Doubt != c.want || text != (name != "none" && name != "words for null") {
			t.Errorf("%s: a %s, %q, want %q", name, columns[0].Field.Kind, columns[0].Doubt, c.want)
		}
	}
}

// TestMillisecondsAreTimesWhereTheNameSaysSo: pandas.DataFrame.to_json writes times so (pandas 2.3: pd.Timestamp("2024-02-29T12:30:00Z")
// is 1709209800000, pd.Timestamp("1999-12-31") is 946598400000).
func TestMillisecondsAreTimesWhereTheNameSaysSo(t *testing.T) {
	for name, want := range map[string]string{
		"order_date": "time", "InvoiceDate": "time", "created_at": "time", "ts": "time", "ean": "int", "update": "int", "candidates": "int", "at": "int", "date_id": "time",
	} {
		content := fmt.Appendf(nil, `[{"%[1]s":1709209800000},{"%[1]s":946598400000},{"%[1]s":null}]`, name)
		columns, err := Columns(t.Context(), "d.json", memory(content), gold.Reading{})
		if err != nil {
			t.Fatal(err)
		}
		if got := columns[0].Field.Kind.String(); got != want || (columns[0].Doubt != "") != (want == "time") {
			t.Errorf("%s is a %s, want %s (%s)", name, got, want, columns[0].Doubt)
		}
		if want != "time" {
			continue
		}
		rows, err := rowsOf(t, "d.json", content, gold.Reading{}, dataset(columns[0].Field), 1)
		if err != nil || fmt.Sprint(rows) != "[[2024-02-29T12:30:00Z] [1999-12-31T00:00:00Z] [null]]" {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
	columns, err := Columns(t.Context(), "d.csv", memory([]byte("date\n1709209800000\n7\n")), gold.Reading{})
	if err != nil || columns[0].Field.Kind != gold.Int {
		t.Errorf("%+v, %v", columns, err)
	}
}

// TestNumbersMayHaveASign: the texts are those of Python's locale de_DE (locale.currency(x, grouping=True)) and en_US, and of
// percents as German spreadsheets write them.
func TestNumbersMayHaveASign(t *testing.T) {
	for name, c := range map[string]struct {
		values     []string
		kind, unit string
		want       []string
	}{
		"euros":                 {[]string{"1.980,29 €", "-12,50 €", "0,99\u00a0€", ""}, "decimal", "EUR", []string{"1980.29", "-12.50", "0.99", "null"}},
		"pounds before":         {[]string{"£1,980.29", "£12.50"}, "decimal", "GBP", []string{"1980.29", "12.50"}},
		"percents":              {[]string{"12,5 %", "7,5%", "-0,5 %", "NA"}, "decimal", "%", []string{"12.5", "7.5", "-0.5", "null"}},
		"whole percents":        {[]string{"12 %", "7 %"}, "int", "%", []string{"12", "7"}},
		"dollars, of whichever": {[]string{"$12", "$7"}, "int", "", []string{"12", "7"}},
		"two signs":             {[]string{"12 €", "7 $"}, "text", "", []string{"12 €", "7 $"}},
		"some without":          {[]string{"12 %", "7"}, "text", "", []string{"12 %", "7"}},
		"dates":                 {[]string{"2024-01-01 €", "2024-01-02 €"}, "text", "", []string{"2024-01-01 €", "2024-01-02 €"}},
		"a sign alone":          {[]string{"€", "€"}, "text", "", []string{"€", "€"}},
		"letters":               {[]string{"12 kg", "7 kg"}, "text", "", []string{"12 kg", "7 kg"}},
	} {
		content := lines(slices.Concat([]string{"a;b"}, joinEach(c.values, ";x"))...)
		reading := gold.Reading{Delimiter: ";"}
		columns, err := Columns(t.Context(), "d.csv", memory(content), reading)
		if err != nil {
			t.Fatal(err)
		}
		if f := columns[0].Field; f.Kind.String() != c.kind || f.Doc.Unit != c.unit {
			t.Errorf("%s: a %s in %q, want a %s in %q", name, f.Kind, f.Doc.Unit, c.kind, c.unit)
			continue
		}
		rows, err := rowsOf(t, "d.csv", content, reading, dataset(columns[0].Field), 1)
		if err != nil {
			t.Fatal(name, err)
		}
		for i, row := range rows {
			if row[0] != c.want[i] {
				t.Errorf("%s: %q is %s, want %s", name, c.values[i], row[0], c.want[i])
			}
		}
	}
}
