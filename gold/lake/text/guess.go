package text

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
	"goldserve/gold/lake/content"
)

// nullWords are texts that stand for null in a column whose other values are no texts.
var nullWords = []string{"NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "-", `\N`, "#N/A", "#NV", "n.a.", "k.A.", "k. A."}

// marks are how numbers are written, the usual forms first.
var marks = []gold.Cast{
	{}, {Point: ","}, {Thousands: ","}, {Point: ",", Thousands: "."}, {Point: ",", Thousands: " "}, {Thousands: " "}, {Thousands: "'"},
}

// layouts are how dates are written besides ISO 8601; where the day and the month may be either, the day comes first. Times
// follow them. A year of two digits is one between points alone: elsewhere it may be the day.
var (
	layouts = []string{
		"02/01/2006", "01/02/2006", "02.01.2006", "02-01-2006", "2006/01/02",
		"2/1/2006", "1/2/2006", "2.1.2006", "02.01.06",
	}
	clocks = []string{" 15:04:05", " 15:04"}
)

// guess finds what all values of a column are.
type guess struct {
	text  bool // nothing but text
	lists bool // of JSON: it has lists
	some  bool // it has a value
	forms []form
	nulls []string // words for null that it has

	sign string // that all of its numbers have; empty: none

	values int64    // that are no words for null
	odd    int64    // of them: those that fit none of the forms that all others fit
	odds   []string // the different ones
}

// The bounds of odd values: beyond them a column is text because it holds text.
const (
	mostOdds  = 3  // different ones
	perOdd    = 20 // others beside each, in the end
	fewValues = 10 // with fewer, nothing is odd
)

// isOdd takes a value that fits no form for an odd one, and reports whether it still may be one among others.
func (g *guess) isOdd(value []byte) bool {
	if g.odd++; g.odd > 2+g.values/perOdd || len(value) > maxShown {
		return false
	}
	if !slices.Contains(g.odds, string(value)) {
		g.odds = append(g.odds, string(value))
	}
	return len(g.odds) <= mostOdds
}

// maxShown is the longest value that a hint shows.
const maxShown = 12

// whyText says why a column is text whose other values are not; empty: they are.
func (g *guess) whyText() string {
	if g.odd == 0 || g.values < fewValues || g.odd*perOdd > g.values {
		return ""
	}
	such := ""
	for _, o := range g.odds {
		digits := strings.ContainsFunc(o, func(r rune) bool { return r >= '0' && r <= '9' || r == '@' })
		if digits || strings.ContainsFunc(o, unicode.IsUpper) && strings.ContainsFunc(o, unicode.IsLower) {
			continue // it may be a person's
		}
		such = fmt.Sprintf(" such as %q", o)
		break
	}
	what := g.forms[0].field.Kind.WithArticle()
	return fmt.Sprintf("it is text because of %d of %s%s; each other one is %s: correct them, or declare the type and cast: {\"null\": …} in the contract", g.odd, gold.Counted(g.values, "value"), such, what)
}

// form is a field that all values so far fit.
type form struct {
	field   gold.Field
	caster  *cast.Cast
	quoted  bool         // a JSON string may be one
	length  int          // of the texts; 0: any
	memory  *gold.Column // shared by all columns
	scale   int          // of numbers: digits after the point; -1: they differ
	whole   int          // digits before it, at most
	short   int          // and at least
	numbers int
}

// allForms returns the fields that a column may be, in the order in which they are chosen.
func allForms() (forms []form) {
	add := func(k gold.Kind, c gold.Cast, length int) {
		c.From = gold.Text
		column := gold.NewColumn(k, 1)
		f := form{field: gold.Field{Kind: k, Cast: &c}, length: length, quoted: k.Temporal(), memory: &column}
		var err error
		if f.caster, err = cast.New(f.field); err == nil {
			forms = append(forms, f)
		}
	}
	add(gold.Bool, gold.Cast{}, 0)
	add(gold.Int, gold.Cast{}, 0)
	for _, m := range marks {
		add(gold.Double, m, 0)
	}
	add(gold.Date, gold.Cast{}, len(time.DateOnly))
	add(gold.Time, gold.Cast{}, 0)
	for _, l := range layouts {
		add(gold.Date, gold.Cast{Layouts: []string{l}}, 0)
	}
	for _, l := range layouts {
		for _, clock := range clocks {
			add(gold.Time, gold.Cast{Layouts: []string{l + clock}}, 0)
		}
	}
	return forms
}

// add takes one more value. alone: it stands in the quotes that JSON has around strings.
func (g *guess) add(value []byte, c *cell, alone bool) {
	if g.lists = g.lists || c.nested; g.text {
		return
	}
	value = bytes.TrimSpace(value)
	switch {
	case len(value) == 0:
		return
	case c.nested:
		g.text = true
		return
	case !alone && (value[0] < '0' || value[0] > '9') && slices.Contains(nullWords, string(value)):
		if !slices.Contains(g.nulls, string(value)) {
			g.nulls = append(g.nulls, string(value))
		}
		return
	}
	g.some = true
	g.values++
	if g.values == 1 && !alone {
		g.sign = signOf(value)
	}
	if g.sign != "" {
		number, has := cutSign(value, g.sign)
		if !has {
			if g.text = !g.isOdd(value); g.text {
				g.forms = nil
			}
			return
		}
		value = number
	}
	digits := value
	if value[0] == '-' {
		digits = value[1:]
	}
	plain := plainNumber(digits)
	left := 0
	for i := range g.forms {
		if f := &g.forms[i]; (alone && !f.quoted) || g.sign != "" && !f.field.Kind.Numeric() || !f.fits(value, digits, plain) {
			continue
		}
		if left < i { // those that no longer fit go behind, where they stay if none fits
			g.forms[left], g.forms[i] = g.forms[i], g.forms[left]
		}
		left++
	}
	if left > 0 {
		g.forms = g.forms[:left]
	} else if g.text = !g.isOdd(value); g.text {
		g.forms = nil
	}
}

// plainNumber returns the point of a number of few digits that every form with that point takes: a dot, or -1 where there is
// none; 0: the text, which has no sign, is no such number.
func plainNumber(digits []byte) rune {
	const few = 15 // an integer and a double hold them
	point := rune(-1)
	for i, b := range digits {
		switch {
		case b >= '0' && b <= '9':
		case b == '.' && point < 0 && i > 0 && i < len(digits)-1:
			point = '.'
		default:
			return 0
		}
	}
	if len(digits) == 0 || len(digits) > few {
		return 0
	}
	return point
}

// fits reports whether a value is one of the form's field. Numbers with a zero before others are codes, and no thousands follow
// a zero.
func (f *form) fits(value, digits []byte, plain rune) bool {
	if f.length > 0 && len(value) != f.length {
		return false
	}
	number := f.field.Kind.Numeric()
	if number && (len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' || digits[0] == '+') || f.field.Kind == gold.Int && bytes.IndexByte(value, '.') >= 0 {
		return false
	}
	if mark := f.field.Cast.Thousands; mark != "" && len(digits) > 1 && digits[0] == '0' && digits[1] == mark[0] {
		return false
	}
	if number && (plain < 0 || plain == '.' && f.field.Kind == gold.Double && f.field.Cast.Point == "") {
		f.measure(digits)
		return true
	}
	f.memory.Ints, f.memory.Floats, f.memory.Nulls = f.memory.Ints[:0], f.memory.Floats[:0], f.memory.Nulls[:0]
	if lossy, m := f.caster.Append(f.memory, value); m != nil || lossy {
		return false
	}
	if number {
		f.measure(digits)
	}
	return true
}

// measure notes how many digits a number has.
func (f *form) measure(text []byte) {
	point := byte('.')
	if f.field.Cast.Point != "" {
		point = f.field.Cast.Point[0]
	}
	whole, scale := len(text), 0
	if at := bytes.IndexByte(text, point); at >= 0 {
		whole, scale = at, len(text)-at-1
	}
	if bytes.IndexByte(text, 'e') >= 0 || bytes.IndexByte(text, 'E') >= 0 || f.numbers > 0 && scale != f.scale {
		scale = -1
	}
	if f.numbers == 0 || whole < f.short {
		f.short = whole
	}
	f.scale, f.whole = scale, max(f.whole, whole)
	f.numbers++
}

// moneyScale is the most digits after the point of numbers that are taken for exact decimals, where all have as many.
const moneyScale = 4

// writesComma reports whether the column has numbers whose decimal mark can be nothing but a comma.
func (g *guess) writesComma() bool {
	return !g.text && g.some && len(g.forms) > 0 && g.forms[0].field.Cast.Point == "," && g.grouped(",") == nil
}

// grouped returns the form of numbers with a sign between their thousands; nil: some values do not fit it.
func (g *guess) grouped(mark string) *form {
	at := slices.IndexFunc(g.forms, func(f form) bool { return f.field.Kind == gold.Double && f.field.Cast.Thousands == mark })
	if at < 0 {
		return nil
	}
	return &g.forms[at]
}

// marked returns the form of the numbers whose points and commas may be either mark, and what may be wrong about it. comma: other
// columns of the file have a decimal comma.
func (g *guess) marked(delimiter byte, comma bool) (chosen *form, doubt string) {
	chosen = &g.forms[0]
	if chosen.field.Kind != gold.Double || chosen.field.Cast.Thousands != "" || chosen.scale == 0 {
		return chosen, ""
	}
	switch commas, points := g.grouped(","), g.grouped("."); {
	case chosen.field.Cast.Point == "," && commas != nil && delimiter != ';':
		// 1,234 in a file of the English-speaking world
		return commas, "a comma in its numbers may be the decimal mark; it is taken for the thousands separator"
	case chosen.field.Cast.Point == "" && points != nil && comma:
		return points, "a point in its numbers may be the decimal mark; it is taken for the thousands separator"
	case chosen.field.Cast.Point == "" && points != nil && delimiter == ';':
		return chosen, "a point in its numbers may be the thousands separator; it is taken for the decimal mark"
	}
	return chosen, ""
}

// signs are those that numbers have before or after them, and the units that they are; empty: of several.
var signs = map[string]string{"%": "%", "€": "EUR", "£": "GBP", "$": "", "EUR": "EUR", "USD": "USD", "GBP": "GBP", "CHF": "CHF"}

// signOf returns the sign that a number has before or after it: "12,5 %" and "€ 1.980,29"; empty: none.
func signOf(value []byte) string {
	for s := range signs {
		if _, has := cutSign(value, s); has {
			return s
		}
	}
	return ""
}

// cutSign cuts a sign off a number, and reports whether it has it.
func cutSign(value []byte, sign string) (number []byte, has bool) {
	isDigit := func(b byte) bool { return b >= '0' && b <= '9' }
	if first, last := value[0], value[len(value)-1]; (isDigit(first) || first == '-') == isDigit(last) {
		return value, false // neither the beginning nor the end alone is a number's
	}
	if number, has = bytes.CutSuffix(value, []byte(sign)); !has {
		number, has = bytes.CutPrefix(value, []byte(sign))
	}
	number = bytes.TrimSpace(number)
	return number, has && len(number) > 0
}

// milliseconds reports whether all numbers may count the milliseconds since 1970, as pandas writes times: from 1973 to 2286.
func (f *form) milliseconds() bool {
	return f.field.Kind == gold.Int && f.short >= 12 && f.whole <= 13
}

// timeWords are words in the names of columns of times.
var timeWords = []string{"date", "datetime", "timestamp", "ts", "time", "datum", "zeitpunkt", "zeitstempel", "horodatage", "fecha"}

// tellsTime reports whether a name says that the column holds times: order_date, InvoiceDate, created_at.
func tellsTime(name string) bool {
	var words []string
	var word []rune
	for _, r := range name + " " {
		if boundary := !unicode.IsLetter(r) || unicode.IsUpper(r) && len(word) > 0 && unicode.IsLower(word[len(word)-1]); boundary && len(word) > 0 {
			words, word = append(words, strings.ToLower(string(word))), word[:0]
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
	}
	if n := len(words); n > 1 && words[n-1] == "at" {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(timeWords, w) })
}

// monthFirst reports whether dates that are written with the day first may have the month there.
func (g *guess) monthFirst(chosen *form) bool {
	if chosen.field.Cast.Layouts == nil {
		return false
	}
	for _, first := range [][2]string{{"02/01/", "01/02/"}, {"2/1/", "1/2/"}} {
		if rest, ok := strings.CutPrefix(chosen.field.Cast.Layouts[0], first[0]); ok {
			return slices.ContainsFunc(g.forms, func(f form) bool {
				return f.field.Kind == chosen.field.Kind && f.field.Cast.Layouts != nil && f.field.Cast.Layouts[0] == first[1]+rest
			})
		}
	}
	return false
}

// column returns the column that holds all values.
func (g *guess) column(name string, delimiter byte, comma bool) content.Column {
	c := content.Column{Name: name, Untyped: true, JSON: g.lists, Field: gold.Field{Name: name, Kind: gold.Text, Nullable: true}}
	if g.text || !g.some || len(g.forms) == 0 || g.odd > 0 {
		if !g.text && g.some && len(g.forms) > 0 {
			c.Doubt = g.whyText()
		}
		return c
	}
	chosen, doubt := g.marked(delimiter, comma)
	c.Doubt = doubt
	if g.monthFirst(chosen) {
		c.Doubt = "the day or the month may come first in its dates; the day is assumed to"
	}
	if l := chosen.field.Cast.Layouts; l != nil && strings.Contains(l[0], ".06") {
		c.Doubt = "the years of its dates have two digits; 69 to 99 are taken for 1969 to 1999, others for 2000 to 2068"
	}
	c.Field.Kind = chosen.field.Kind
	said := *chosen.field.Cast
	if chosen.milliseconds() && tellsTime(name) {
		c.Field.Kind, said.Epoch = gold.Time, gold.Milliseconds
		c.Doubt = "its whole numbers are taken for times, which count milliseconds since 1970"
	}
	if chosen.field.Kind == gold.Double && chosen.scale > 0 && chosen.scale <= moneyScale && chosen.whole+chosen.scale < gold.NarrowDigits {
		c.Field.Kind, c.Field.Scale, c.Precision = gold.Decimal, chosen.scale, gold.NarrowDigits
	}
	if g.sign != "" {
		said.Sign, c.Field.Doc.Unit = g.sign, signs[g.sign]
	}
	slices.Sort(g.nulls)
	if said.Null = g.nulls; said.String() != (&gold.Cast{From: gold.Text}).String() {
		c.Field.Cast = &said
	}
	return c
}
