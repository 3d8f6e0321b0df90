package text

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/cast"
	"goldserve/gold/lake/content"
)

// nullWords are texts that stand for null in a column whose other values are no texts.
var nullWords = []string{"NA", "N/A", "n/a", "NULL", "null", "None", "NaN", "nan", "-", `\N`, "#N/A"}

// marks are how numbers are written, the usual forms first.
var marks = []gold.Cast{
	{}, {Point: ","}, {Thousands: ","}, {Point: ",", Thousands: "."}, {Point: ",", Thousands: " "}, {Thousands: " "}, {Thousands: "'"},
}

// layouts are how dates are written besides ISO 8601; where the day and the month may be either, the day comes first. Times
// follow them.
var (
	layouts = []string{"02/01/2006", "01/02/2006", "02.01.2006", "02-01-2006", "2006/01/02"}
	clocks  = []string{" 15:04:05", " 15:04"}
)

// guess finds what all values of a column are.
type guess struct {
	text  bool // nothing but text
	lists bool // of JSON: it has lists
	some  bool // it has a value
	forms []*form
	nulls []string // words for null that it has
}

// form is a field that all values so far fit.
type form struct {
	field   gold.Field
	caster  *cast.Cast
	quoted  bool // a JSON string may be one
	length  int  // of the texts; 0: any
	memory  gold.Column
	scale   int // of numbers: digits after the point; -1: they differ
	whole   int // digits before it, at most
	numbers int
}

func newGuess() *guess {
	g := &guess{}
	add := func(k gold.Kind, c gold.Cast, length int) {
		c.From = gold.Text
		f := &form{field: gold.Field{Kind: k, Cast: &c}, length: length, quoted: k.Temporal()}
		var err error
		if f.caster, err = cast.New(f.field); err == nil {
			f.memory = gold.NewColumn(k, 1)
			g.forms = append(g.forms, f)
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
	return g
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
	case slices.Contains(nullWords, string(value)) && !alone:
		if !slices.Contains(g.nulls, string(value)) {
			g.nulls = append(g.nulls, string(value))
		}
		return
	}
	g.some = true
	g.forms = slices.DeleteFunc(g.forms, func(f *form) bool { return alone && !f.quoted || !f.fits(value) })
	g.text = len(g.forms) == 0
}

// fits reports whether a value is one of the form's field. Numbers with a zero before others are codes.
func (f *form) fits(value []byte) bool {
	if f.length > 0 && len(value) != f.length {
		return false
	}
	number := f.field.Kind.Numeric()
	digits := bytes.TrimPrefix(value, []byte{'-'})
	if number && (len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' || digits[0] == '+') || f.field.Kind == gold.Int && bytes.IndexByte(value, '.') >= 0 {
		return false
	}
	f.memory = gold.NewColumn(f.field.Kind, 1)
	if lossy, m := f.caster.Append(&f.memory, value); m != nil || lossy {
		return false
	}
	if number {
		f.measure(string(digits))
	}
	return true
}

// measure notes how many digits a number has.
func (f *form) measure(text string) {
	point := f.field.Cast.Point
	if point == "" {
		point = "."
	}
	whole, fraction, _ := strings.Cut(text, point)
	scale := len(fraction)
	if strings.ContainsAny(text, "eE") || f.numbers > 0 && scale != f.scale {
		scale = -1
	}
	f.scale, f.whole = scale, max(f.whole, len(whole))
	f.numbers++
}

// moneyScale is the most digits after the point of numbers that are taken for exact decimals, where all have as many.
const moneyScale = 4

// column returns the column that holds all values.
func (g *guess) column(name string, delimiter byte) content.Column {
	c := content.Column{Name: name, Untyped: true, JSON: g.lists, Field: gold.Field{Name: name, Kind: gold.Text, Nullable: true}}
	if g.text || !g.some || len(g.forms) == 0 {
		return c
	}
	chosen := g.forms[0]
	grouped := slices.IndexFunc(g.forms, func(f *form) bool { return f.field.Kind == gold.Double && f.field.Cast.Thousands == "," })
	if chosen.field.Kind == gold.Double && chosen.field.Cast.Point == "," && grouped >= 0 && delimiter != ';' {
		chosen = g.forms[grouped] // 1,234 in a file of the English-speaking world
		c.Doubt = "a comma in its numbers may be the decimal mark, and is taken for one between thousands"
	}
	if l := chosen.field.Cast.Layouts; l != nil && strings.HasPrefix(l[0], "02/01/") && slices.ContainsFunc(g.forms, func(f *form) bool {
		return f.field.Kind == chosen.field.Kind && f.field.Cast.Layouts != nil && f.field.Cast.Layouts[0] == "01/02/"+l[0][len("02/01/"):]
	}) {
		c.Doubt = "the day or the month may come first in its dates, and the day is taken for it"
	}
	c.Field.Kind = chosen.field.Kind
	if chosen.field.Kind == gold.Double && chosen.scale > 0 && chosen.scale <= moneyScale && chosen.whole+chosen.scale < gold.NarrowDigits {
		c.Field.Kind, c.Field.Scale, c.Precision = gold.Decimal, chosen.scale, gold.NarrowDigits
	}
	said := *chosen.field.Cast
	slices.Sort(g.nulls)
	if said.Null = g.nulls; said.String() != (&gold.Cast{From: gold.Text}).String() {
		c.Field.Cast = &said
	}
	return c
}
