package contract

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// The words of a cast.
var (
	castFroms     = []string{"text", "integer"}
	castEpochs    = []string{string(gold.Seconds), string(gold.Milliseconds), string(gold.Microseconds), string(gold.Nanoseconds)}
	onErrorValues = []string{"error", "null"}
)

// cast reads how the values of a column of another kind become the field's. One declaration may serve fields of several
// kinds, by an alias, so that keys that don't matter to a field's kind are checked and left out.
func (p *property) cast(n *yaml.Node, what string) {
	o := p.Object(n, what+": cast")
	c := &gold.Cast{From: gold.Text}
	if from := o.Take("from"); from != nil {
		if word, ok := p.Word(from, o.What+": from", castFroms); ok && word == "integer" {
			c.From = gold.Int
		}
	}
	c.Point = p.mark(o, "decimal")
	c.Thousands = p.mark(o, "thousands")
	if c.Thousands != "" && c.Thousands == c.Point || c.Thousands == "." && c.Point == "" {
		p.Add(n, "%s: decimal and thousands are the same mark: one of them must be another", o.What)
	}
	c.Sign = p.sign(o)
	date := o.Take("date")
	if date != nil {
		c.Layouts = p.layouts(date, o.What+": date")
	}
	if epoch := o.Take("epoch"); epoch != nil {
		if word, ok := p.Word(epoch, o.What+": epoch", castEpochs); ok {
			c.Epoch = gold.Epoch(word)
		}
		if date != nil {
			p.Add(epoch, "%s: epoch and date exclude each other: integers since 1970 have no layout", o.What)
		}
	}
	c.True, c.False, c.Null = p.castWords(o)
	if on := o.Take("onError"); on != nil {
		p.onError(on, c, o.What+": onError")
	}
	o.Done()
	if k := p.field.Kind; c.From == gold.Int && k.Temporal() && date == nil && (k == gold.Date || o.At.Value("epoch") == nil) {
		wanted := `date, such as "20060102"`
		if k == gold.Time {
			wanted = "epoch (s, ms, us or ns since 1970), or by " + wanted
		}
		p.Add(n, "%s: an integer becomes %s by %s", o.What, k.WithArticle(), wanted)
	}
	p.field.Cast = matters(c, p.field.Kind)
}

// sign reads the sign of numbers: a short text without digits, blanks around it, and what numbers are made of.
func (p *property) sign(o *yaml.Object) string {
	n := o.Take("sign")
	if n == nil {
		return ""
	}
	text, ok := p.Text(n, o.What+": sign")
	const longest = 8
	switch {
	case !ok:
	case text == "" || len(text) > longest || text != strings.TrimSpace(text) || strings.ContainsAny(text, "0123456789+-.,'"):
		p.Add(n, "%s: sign: expected a text of at most %d bytes such as %% or €, without digits, marks of numbers, and blanks around it, found %s", o.What, longest, yaml.Quote(text))
	default:
		return text
	}
	return ""
}

// matters returns a cast without the keys that say nothing about values of a kind.
func matters(c *gold.Cast, k gold.Kind) *gold.Cast {
	if !k.Numeric() || c.From == gold.Int {
		c.Point, c.Thousands, c.Sign = "", "", ""
	}
	if c.Point == "." {
		c.Point = ""
	}
	if !k.Temporal() {
		c.Layouts = nil
	}
	if k != gold.Time {
		c.Epoch = ""
	}
	if k != gold.Bool {
		c.True, c.False = nil, nil
	}
	return c
}

// mark reads one character that is no part of a number itself.
func (p *property) mark(o *yaml.Object, key string) string {
	n := o.Take(key)
	if n == nil {
		return ""
	}
	text, ok := p.Text(n, o.What+": "+key)
	if !ok {
		return ""
	}
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 || size != len(text) || unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '+' {
		p.Add(n, "%s: %s: expected one character, such as a comma, a point or a space, found %s", o.What, key, yaml.Quote(text))
		return ""
	}
	return text
}

// castWords reads the texts that mean true, false and null, which must differ.
func (p *property) castWords(o *yaml.Object) (yes, no, null []string) {
	seen := map[string]string{}
	read := func(key string) (words []string) {
		n := o.Take(key)
		if n == nil {
			return nil
		}
		for _, item := range castTextsOf(p.File, n, o.What+": "+key) {
			if first := seen[item.Text]; first != "" {
				p.Add(item, "%s: %s: %s is among %s already", o.What, key, yaml.Quote(item.Text), first)
				continue
			}
			seen[item.Text] = key
			words = append(words, item.Text)
		}
		return words
	}
	return read("true"), read("false"), read("null")
}

// plainInteger is of the integers that every reader of YAML writes as they stand, so that they need no quotes.
var plainInteger = regexp.MustCompile(`^(0|-?[1-9]\d{0,17})$`)

// castTextsOf reads a list of texts, integers among them; one alone is a list of one.
func castTextsOf(f *yaml.File, n *yaml.Node, what string) []*yaml.Node {
	items := []*yaml.Node{n}
	if n.Kind != yaml.Scalar {
		items = f.List(n, what)
	}
	return slices.DeleteFunc(slices.Clone(items), func(item *yaml.Node) bool {
		if item.Kind == yaml.Scalar && item.Plain && plainInteger.MatchString(item.Text) {
			return false
		}
		_, ok := f.Text(item, what)
		return !ok
	})
}

// onError reads what becomes of a value that doesn't fit.
func (p *property) onError(n *yaml.Node, c *gold.Cast, what string) {
	if c.Lenient = n.IsNull(); !c.Lenient {
		word, _ := p.Word(n, what, onErrorValues)
		c.Lenient = word == "null"
	}
	if c.Lenient && (!p.field.Nullable || p.key) {
		p.Add(n, "%s: null is for a field that may be null: leave required and primaryKey out, or onError", what)
	}
}

// layouts reads one layout of dates and times, or several.
func (p *property) layouts(n *yaml.Node, what string) []string {
	var layouts []string
	for _, item := range castTextsOf(p.File, n, what) {
		reason := badLayout(item.Text)
		switch {
		case slices.Contains(layouts, item.Text):
			p.Add(item, "%s: %s is repeated", what, yaml.Quote(item.Text))
		case reason != "":
			p.Report.Add(p.Name, item, meantLayout(item.Text), "%s: expected how 2 January 2006, 15:04:05 is written, such as 02/01/2006: %s, found %s",
				what, reason, yaml.Quote(item.Text))
		default:
			layouts = append(layouts, item.Text)
		}
	}
	return layouts
}

// badLayout says why a text is no layout of dates or times, "" if it is one. Times that differ in all their parts must come
// back as they were written.
func badLayout(text string) string {
	t := time.Date(2017, time.November, 23, 16, 38, 49, 0, time.UTC)
	written := t.Format(text)
	if t.In(time.FixedZone("XQZ", 0)).Format(text) != written {
		return "names of zones mean different offsets, take -07:00"
	}
	read, err := time.Parse(text, written)
	if err != nil {
		return "it can't be read back"
	}
	if !sameDay(read, t) {
		return "it has no year, month and day (2006, 01 and 02)"
	}
	for _, part := range []struct {
		other time.Time
		same  bool
	}{{t.Add(time.Hour), read.Hour() == t.Hour()}, {t.Add(time.Minute), read.Minute() == t.Minute()}, {t.Add(time.Second), read.Second() == t.Second()}} {
		if !part.same && part.other.Format(text) != written {
			return "its hours have neither 15 nor PM"
		}
	}
	return ""
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// otherLayouts has the letters by which other languages write layouts: those of Python and C, and those of Java and SQL.
var otherLayouts = []*strings.Replacer{
	strings.NewReplacer("%Y", "2006", "%y", "06", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05", "%f", "000000",
		"%b", "Jan", "%B", "January", "%I", "03", "%p", "PM", "%z", "-0700", "%T", "15:04:05", "%F", "2006-01-02", "%j", "002"),
	strings.NewReplacer("yyyy", "2006", "YYYY", "2006", "yy", "06", "YY", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "dd", "02", "DD", "02",
		"HH24", "15", "HH", "15", "hh", "03", "mm", "04", "MI", "04", "ss", "05", "SS", "05", "SSS", "000", "a", "PM", "XXX", "-07:00", "Z", "-0700", "'", ""),
}

// meantLayout returns the layout that a text means in another language, "" if it means none.
func meantLayout(text string) string {
	for _, other := range otherLayouts {
		if meant := other.Replace(text); meant != text && badLayout(meant) == "" {
			return meant
		}
	}
	return ""
}
