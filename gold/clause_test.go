package gold

import (
	"strings"
	"testing"
)

var clauseFields = []Field{
	{Name: "pays", Kind: Text},
	{Name: "n", Kind: Int},
	{Name: "x", Kind: Double},
	{Name: "prix", Kind: Decimal, Scale: 2},
	{Name: "ok", Kind: Bool},
	{Name: "jour", Kind: Date},
	{Name: "at", Kind: Time},
	{Name: "mois", Kind: Text, Doc: Doc{Format: "month"}},
	{Name: "where", Kind: Int},
}

func TestConditionsOfMeasures(t *testing.T) {
	day := func(text string) Value { v, _ := ParseValue(Date, 0, text); return v }
	at := func(text string) Value { v, _ := ParseValue(Time, 0, text); return v }
	rows := []map[string]Value{
		{"pays": NewText("France"), "n": NewInt(1), "x": NewDouble(0.5), "prix": NewDecimal(1050), "ok": NewBool(true), "jour": day("2011-01-31"), "at": at("2011-01-31T23:59:59.999Z"), "mois": NewText("2011-01")},
		{"pays": NewText("L'Île"), "n": NewInt(-2), "x": NewDouble(-1e300), "prix": NewDecimal(-5), "ok": NewBool(false), "jour": day("2011-02-01"), "at": at("2011-02-01T00:00:00Z"), "mois": NewText("2011-02")},
		{"pays": NewText("Spain"), "n": NewInt(3), "x": NewDouble(7), "prix": NewDecimal(0), "ok": NewBool(true), "jour": day("2012-12-31"), "at": at("2012-12-31T12:00:00Z"), "mois": NewText("2012-12")},
		{"pays": {}, "n": {}, "x": {}, "prix": {}, "ok": {}, "jour": {}, "at": {}, "mois": {}},
	}
	for _, c := range []struct{ text, canonical, rows string }{
		{"pays = 'France'", "", "0"},
		{"pays!='France'", "pays != 'France'", "12"},
		{"pays <> 'L''Île'", "pays != 'L''Île'", "02"},
		{"pays IN ('France' ,'Spain')", "pays in ('France', 'Spain')", "02"},
		{"pays NOT IN ('France')", "pays not in ('France')", "12"},
		{"pays is null", "", "3"},
		{"not pays is NULL", "not pays is null", "012"},
		{"pays is not null and n>=-2", "pays is not null and n >= -2", "012"},
		{"n = 1 or n = 3 and ok = false", "", "0"},
		{"(n = 1 or n = 3) and ok = TRUE", "(n = 1 or n = 3) and ok = true", "02"},
		{"not (n = 1 or x > 1)", "", "1"},
		{"not n = 1 and not x > 1", "", "1"},
		{"x <= -1e+299", "", "1"},
		{"prix = 10.50", "", "0"},
		{"prix in (0, -0.05)", "", "12"},
		{"jour = '2011-01-31'", "", "0"},
		{"jour = '2011'", "", "01"},
		{"jour > '2011-01'", "", "12"},
		{"at <= '2011-01-31'", "", "0"},
		{"at <= '2011-01'", "", "0"},
		{"at > '2011-Q1'", "", "2"},
		{"at < '2011-02-01T00:00:00Z'", "", "0"},
		{"at in ('2011-01', '2012')", "", "02"},
		{"at != '2011-01'", "", "12"},
		{"at not in ('2011-01', '2011-02')", "", "2"},
		{"mois >= '2011-02'", "", "12"},
	} {
		m, err := ParseMeasure("sum(n where " + c.text + ")")
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if want := either(c.canonical == "", c.text, c.canonical); m.Where != want {
			t.Errorf("%s is %s, want %s", c.text, m.Where, want)
		}
		again, err := ParseMeasure(m.String())
		if err != nil || again != m {
			t.Errorf("%s reads as %s (%v)", m, again, err)
		}
		where, err := m.Condition(clauseFields)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		test, err := NewTest(where, func(p Predicate) (int, error) {
			for i, f := range clauseFields {
				if f.Name == p.Field {
					return i, nil
				}
			}
			return 0, Errorf(Internal, CodeInternal, "no %s", p.Field)
		})
		if err != nil {
			t.Fatal(err)
		}
		var held strings.Builder
		for i, row := range rows {
			if test.Holds(func(place int) Value { return row[clauseFields[place].Name] }) {
				held.WriteByte(byte('0' + i))
			}
		}
		if held.String() != c.rows {
			t.Errorf("%s holds for rows %s, want %s", c.text, held.String(), c.rows)
		}
	}
	if m, err := ParseMeasure("sum(where where where > 1)"); err != nil || m.Field != "where" || m.Where != "where > 1" {
		t.Errorf("fields named where: %+v, %v", m, err)
	}
	m, _ := ParseMeasure("count( WHERE n = 1 or (pays = 'a' and n in (2)))")
	if got := m.String(); got != "count(where n = 1 or pays = 'a' and n in (2))" {
		t.Errorf("a count is %s", got)
	}
	if got := strings.Join(m.Reads(), " "); got != "n pays" {
		t.Errorf("it reads %s", got)
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "expected a field, not or (",
		"pays":                               `expected =, !=, <, <=, >, >=, in, not in or is null after`,
		"pays =":                             "expected a number, a text in single quotes, true or false",
		"pays = null":                        "expected is null or is not null",
		"pays = \"France\"":                  "expected a number, a text in single quotes, true or false",
		"pays = 'France":                     "has no closing quote",
		"pays in 'France'":                   "expected ( and values",
		"pays in ()":                         "expected a number, a text",
		"pays in ('a' 'b')":                  "expected , or )",
		"pays = 'a' xor n = 1":               "expected and, or, or )",
		"(pays = 'a'":                        "expected and, or, or )",
		"pays not like 'a'":                  "expected in",
		"pays is 'a'":                        "expected null",
		"n = '1'":                            "n: expected a number, found '1'",
		"n = 1.5":                            "n: expected a whole number",
		"pays = 1":                           "pays: expected a text in single quotes, found 1",
		"ok = 1":                             "ok: expected true or false",
		"ok > true":                          "ok is a bool",
		"prix = 0.001":                       "at most 2 digits",
		"at = 2011":                          "at: expected a time in single quotes",
		"at = 'soon'":                        "expected an instant",
		"mois = '2011'":                      "mois: expected a month such as 2011-12, found '2011'",
		"land = 'a'":                         "there is no field land",
		strings.Repeat("not ", 50) + "n = 1": "at most 32 conditions within each other",
	} {
		m, err := ParseMeasure("count(where " + text + ")")
		if err == nil {
			_, err = m.Condition(clauseFields)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v; want an error with %s", text, err, want)
		}
	}
}

func TestTimesOfConditionsAreThoseOfAZone(t *testing.T) {
	zone, err := NewZone("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	// Paris is one hour ahead of UTC in winter, and two in summer.
	for text, want := range map[string]string{
		"at = '2011-06' and n = 1":              "at >= '2011-05-31T22:00:00Z' and at <= '2011-06-30T21:59:59.999Z' and n = 1",
		"at != '2011-01-01'":                    "at < '2010-12-31T23:00:00Z' or at > '2011-01-01T22:59:59.999Z'",
		"at <= '2011-03-27' or at is null":      "at <= '2011-03-27T21:59:59.999Z' or at is null",
		"at > '2011-01-01T12:00'":               "at > '2011-01-01T11:00:00Z'",
		"not at >= '2011-01-01T12:00:00Z'":      "not at >= '2011-01-01T12:00:00Z'",
		"at in ('2011-01', '2011-02-01')":       "at >= '2010-12-31T23:00:00Z' and at <= '2011-01-31T22:59:59.999Z' or at >= '2011-01-31T23:00:00Z' and at <= '2011-02-01T22:59:59.999Z'",
		"jour = '2011-06' and mois = '2011-06'": "jour = '2011-06' and mois = '2011-06'",
	} {
		m, err := ParseMeasure("count(where " + text + ")")
		if err != nil {
			t.Fatal(err)
		}
		pinned := m.Pinned(clauseFields, zone)
		if flat := strings.NewReplacer("(", "", ")", "").Replace(pinned.Where); flat != want && pinned.Where != want {
			t.Errorf("%s is %s, want %s", text, pinned.Where, want)
		}
		again, err := ParseMeasure(pinned.String())
		if err != nil || again.Pinned(clauseFields, zone) != again || again != pinned {
			t.Errorf("%s reads as %s, %v", pinned, again, err)
		}
	}
}
