package yaml

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// File is one YAML file being read. Its methods read a node as a type and report a node of another type; then ok is
// false, and the caller continues with the rest. what names the value in messages.
type File struct {
	Name   string
	Report *Report
}

// Add reports a problem at a node of the file; nil means the file as a whole.
func (f *File) Add(n *Node, format string, args ...any) { f.Report.Add(f.Name, n, "", format, args...) }

// AddNear is Add for an unknown word: it suggests the nearest candidate.
func (f *File) AddNear(n *Node, word string, candidates []string, format string, args ...any) {
	f.Report.Add(f.Name, n, f.Report.Nearest(word, candidates), format, args...)
}

// identifierPattern matches names of models, datasets, fields, collections and metrics.
var identifierPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// languagePattern matches the languages of labels: en, fr, pt-BR.
var languagePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// yaml11Bool matches the words that YAML 1.1 tools, such as Python's, read as booleans.
var yaml11Bool = regexp.MustCompile(`^(?i:yes|no|on|off|true|false)$`)

// Text reads a text. A bare number or boolean is refused: other tools of the standard would not read it as text.
func (f *File) Text(n *Node, what string) (string, bool) {
	f.Report.Reading(f, n)
	switch {
	case n.Kind != Scalar || n.IsNull():
		f.Add(n, "%s: expected text, found %s", what, n.What())
		return "", false
	case n.Plain && (looksNumeric(n.Text) || yaml11Bool.MatchString(n.Text)):
		f.Add(n, "%s: expected text: put %s in quotes", what, n.Text)
		return "", false
	}
	return n.Text, true
}

// Word reads a text that is one of a closed list.
func (f *File) Word(n *Node, what string, words []string) (string, bool) {
	text, ok := f.Text(n, what)
	if !ok {
		return "", false
	}
	if !slices.Contains(words, text) {
		f.AddNear(n, text, words, "%s: expected one of %s, found %s", what, strings.Join(words, ", "), Quote(text))
		return "", false
	}
	return text, true
}

// Words reads a list of texts; a text alone is a list of one.
func (f *File) Words(n *Node, what string) []*Node {
	if n.Kind == Scalar && !n.IsNull() {
		n = &Node{Kind: List, Line: n.Line, Column: n.Column, Items: []*Node{n}}
	}
	var texts []*Node
	for _, item := range f.List(n, what) {
		if _, ok := f.Text(item, what); ok {
			texts = append(texts, item)
		}
	}
	return texts
}

// List reads a list, which must not be empty.
func (f *File) List(n *Node, what string) []*Node {
	f.Report.Reading(f, n)
	if n.Kind != List {
		f.Add(n, "%s: expected a list, found %s", what, n.What())
		return nil
	}
	if len(n.Items) == 0 {
		f.Add(n, "%s: the list is empty", what)
	}
	return n.Items
}

// Boolean reads true or false.
func (f *File) Boolean(n *Node, what string) bool {
	if n.Kind == Scalar && n.Plain && (n.Text == "true" || n.Text == "false") {
		return n.Text == "true"
	}
	f.Add(n, "%s: expected true or false, found %s", what, n.What())
	return false
}

// Integer reads a whole number from low to high.
func (f *File) Integer(n *Node, what string, low, high int64) (int64, bool) {
	if n.Kind == Scalar && n.Plain {
		if v, err := gold.ParseValue(gold.Int, 0, n.Text); err == nil && v.Int() >= low && v.Int() <= high {
			return v.Int(), true
		}
	}
	switch {
	case high == math.MaxInt64 && low > 0:
		f.Add(n, "%s: expected a whole number of at least %d, found %s", what, low, n.What())
	default:
		f.Add(n, "%s: expected a whole number between %d and %d, found %s", what, low, high, n.What())
	}
	return 0, false
}

// Number reads a finite number.
func (f *File) Number(n *Node, what string) (float64, bool) {
	if n.Kind == Scalar && n.Plain {
		if v, err := gold.ParseValue(gold.Double, 0, n.Text); err == nil {
			return v.Double(), true
		}
	}
	f.Add(n, "%s: expected a number such as 0.5, found %s", what, n.What())
	return 0, false
}

// Identifier reads a name: a letter, then letters, digits and single underscores.
func (f *File) Identifier(n *Node, what string) (string, bool) {
	text, ok := f.Text(n, what)
	if !ok {
		return "", false
	}
	if !IsIdentifier(text) {
		f.Add(n, "%s: %s can't be a name: expected %s", what, Quote(text), IdentifierWords)
		return "", false
	}
	return text, true
}

// IdentifierWords says what a name may be.
const IdentifierWords = "a letter, then at most 62 letters, digits and single underscores"

// IsIdentifier reports whether a text can be a name.
func IsIdentifier(text string) bool {
	return identifierPattern.MatchString(text) && !strings.Contains(text, "__")
}

// Labels reads a map of texts by language, or one text, which is taken as English.
func (f *File) Labels(n *Node, what string) map[string]string {
	texts := map[string]string{}
	switch {
	case n.Kind == List || n.IsNull() || n.Kind == Map && len(n.Entries) == 0:
		found := n.What()
		if n.Kind == Map {
			found = "an empty map"
		}
		f.Add(n, "%s: expected a text, or texts by language such as {en: Sales, fr: Ventes}, found %s", what, found)
		return texts
	case n.Kind == Scalar:
		if text, ok := f.Text(n, what); ok && text != "" {
			texts["en"] = text
		} else if ok {
			f.Add(n, "%s: the text is empty", what)
		}
		return texts
	}
	for _, e := range f.Pairs(n, what) {
		language := e.Key.Text
		if !languagePattern.MatchString(language) {
			f.Add(e.Key, "%s: expected a language such as en, fr or pt-BR, found %s", what, Quote(language))
			continue
		}
		if text, ok := f.Text(e.Value, what+": "+language); ok && text != "" {
			texts[language] = text
		}
	}
	return texts
}

// Edges reads ascending edges of bins, those of a Single field as float32s.
func (f *File) Edges(n *Node, what string, single bool) []float64 {
	var edges []float64
	for _, item := range f.List(n, what) {
		v, ok := f.Number(item, what)
		if !ok {
			continue
		}
		if single {
			edge, err := (&gold.Field{Kind: gold.Double, Single: true}).Parse(item.Text)
			if err != nil {
				f.Add(item, "%s: %v, found %s", what, err, item.Text)
				continue
			}
			v = edge.Double()
		}
		if len(edges) > 0 && v <= edges[len(edges)-1] {
			f.Add(item, "%s: the edges must ascend, and %s comes after %v", what, item.Text, edges[len(edges)-1])
		}
		edges = append(edges, v)
	}
	return edges
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
