package contract

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// file is one YAML file being read. Its methods read a node as a type, and report where it isn't of that type; ok is
// false then, and the caller goes on with the rest. what names the value in messages.
type file struct {
	name   string
	report *report
}

// add reports a problem at a node of the file; nil stands for the file as a whole.
func (f *file) add(n *node, format string, args ...any) { f.report.add(f.name, n, "", format, args...) }

// addNear is add for a word that is none of the candidates: the nearest of them is offered.
func (f *file) addNear(n *node, word string, candidates []string, format string, args ...any) {
	f.report.add(f.name, n, f.report.nearest(word, candidates), format, args...)
}

// yaml11Bool are the words that tools of YAML 1.1 (Python's, for one) read as booleans.
var yaml11Bool = regexp.MustCompile(`^(?i:yes|no|on|off|true|false)$`)

// text reads a text. A bare number or boolean is refused: other tools of the standard would not read it as text.
func (f *file) text(n *node, what string) (string, bool) {
	f.report.reading(f, n)
	switch {
	case n.kind != scalarNode || n.isNull():
		f.add(n, "%s: expected text, found %s", what, n.what())
		return "", false
	case n.plain && (looksNumeric(n.text) || yaml11Bool.MatchString(n.text)):
		f.add(n, "%s: expected text: put %s in quotes", what, n.text)
		return "", false
	}
	return n.text, true
}

// word reads a text that is one of a closed list.
func (f *file) word(n *node, what string, words []string) (string, bool) {
	text, ok := f.text(n, what)
	if !ok {
		return "", false
	}
	if !slices.Contains(words, text) {
		f.addNear(n, text, words, "%s: expected one of %s, found %s", what, strings.Join(words, ", "), quote(text))
		return "", false
	}
	return text, true
}

// words reads a list of texts; a text alone is a list of one.
func (f *file) words(n *node, what string) []*node {
	if n.kind == scalarNode && !n.isNull() {
		n = &node{kind: listNode, line: n.line, column: n.column, items: []*node{n}}
	}
	var texts []*node
	for _, item := range f.list(n, what) {
		if _, ok := f.text(item, what); ok {
			texts = append(texts, item)
		}
	}
	return texts
}

// list reads a list, which must hold something.
func (f *file) list(n *node, what string) []*node {
	f.report.reading(f, n)
	if n.kind != listNode {
		f.add(n, "%s: expected a list, found %s", what, n.what())
		return nil
	}
	if len(n.items) == 0 {
		f.add(n, "%s: the list is empty", what)
	}
	return n.items
}

func (f *file) boolean(n *node, what string) bool {
	if n.kind == scalarNode && n.plain && (n.text == "true" || n.text == "false") {
		return n.text == "true"
	}
	f.add(n, "%s: expected true or false, found %s", what, n.what())
	return false
}

// integer reads a whole number of a range.
func (f *file) integer(n *node, what string, low, high int64) (int64, bool) {
	if n.kind == scalarNode && n.plain {
		if v, err := gold.ParseValue(gold.Int, 0, n.text); err == nil && v.Int() >= low && v.Int() <= high {
			return v.Int(), true
		}
	}
	switch {
	case high == math.MaxInt64 && low > 0:
		f.add(n, "%s: expected a whole number of at least %d, found %s", what, low, n.what())
	default:
		f.add(n, "%s: expected a whole number between %d and %d, found %s", what, low, high, n.what())
	}
	return 0, false
}

// number reads a finite number.
func (f *file) number(n *node, what string) (float64, bool) {
	if n.kind == scalarNode && n.plain {
		if v, err := gold.ParseValue(gold.Double, 0, n.text); err == nil {
			return v.Double(), true
		}
	}
	f.add(n, "%s: expected a number such as 0.5, found %s", what, n.what())
	return 0, false
}

// value reads a value of a kind, as minimum and maximum bear.
func (f *file) value(n *node, what string, field *gold.Field) (gold.Value, bool) {
	if n.kind != scalarNode || n.isNull() {
		f.add(n, "%s: expected a value of a %s field, found %s", what, field.Kind, n.what())
		return gold.Value{}, false
	}
	if numeric(field.Kind) && !n.plain {
		f.add(n, "%s: expected a number without quotes, found %s", what, quote(n.text))
		return gold.Value{}, false
	}
	v, err := field.ParseSource(n.text)
	if err != nil {
		f.add(n, "%s: %s, found %s", what, err, quote(n.text))
		return gold.Value{}, false
	}
	return v, true
}

// looksNumeric reports whether a bare scalar is a number for some YAML reader: 1.0, 0x1F, 1_000, .inf.
func looksNumeric(text string) bool {
	bare := strings.TrimLeft(strings.ReplaceAll(strings.ToLower(text), "_", ""), "+-")
	if bare == ".inf" || bare == ".nan" {
		return true
	}
	// ParseFloat reads words such as nan, which YAML does not.
	if !strings.ContainsAny(bare, "0123456789") {
		return false
	}
	_, notInteger := strconv.ParseInt(bare, 0, 64)
	_, notFloat := strconv.ParseFloat(bare, 64)
	return notInteger == nil || notFloat == nil
}

// object is a map being read: take each key that may be there, then call done.
type object struct {
	file    *file
	at      *node
	what    string
	entries []entry
	known   []string
}

// object reads a map whose keys are words of the format. Where the node is no map it reports that and returns an
// object without keys, none of which is then missed.
func (f *file) object(n *node, what string) *object {
	return &object{file: f, at: n, what: what, entries: f.pairs(n, what)}
}

// pairs reads a map whose keys are names of the contract's own. It returns the first entry of each key and reports
// keys that are repeated.
func (f *file) pairs(n *node, what string) []entry {
	f.report.reading(f, n)
	if n.kind != mapNode {
		f.add(n, "%s: expected a map, found %s", what, n.what())
		return nil
	}
	seen := map[string]*node{}
	unique := make([]entry, 0, len(n.entries))
	for _, e := range n.entries {
		if first := seen[e.key.text]; first != nil {
			f.add(e.key, "%s: the key %s is repeated: it is on line %d already", what, quote(e.key.text), first.line)
			continue
		}
		seen[e.key.text] = e.key
		unique = append(unique, e)
	}
	return unique
}

// take returns the value of a key, or nil where it isn't there.
func (o *object) take(key string) *node {
	o.known = append(o.known, key)
	for _, e := range o.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}

// need is take for a key that must be there.
func (o *object) need(key string) *node {
	n := o.take(key)
	if n == nil && o.at.kind == mapNode {
		o.file.add(o.at, "%s: the key %s is missing", o.what, key)
	}
	return n
}

// text takes a key that holds a text; "" where it isn't there.
func (o *object) text(key string) string {
	n := o.take(key)
	if n == nil {
		return ""
	}
	text, _ := o.file.text(n, o.what+": "+key)
	return text
}

// boolean takes a key that holds true or false; false where it isn't there.
func (o *object) boolean(key string) bool {
	n := o.take(key)
	return n != nil && o.file.boolean(n, o.what+": "+key)
}

// done reports the keys that nothing took.
func (o *object) done() {
	for _, e := range o.entries {
		if !slices.Contains(o.known, e.key.text) {
			o.file.addNear(e.key, e.key.text, o.known, "%s: unknown key %s", o.what, quote(e.key.text))
		}
	}
}
