package param

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/query"
)

// ParameterNames are the names of all parameters that aren't filters, of every route: a field with such a name is filtered
// by name__eq alone.
var ParameterNames = []string{
	"and", "as_of", "before", "compare", "count", "cursor", "describe", "dialect", "explain", "fields", "format", "group_by", "last_event_id", "limit",
	"measures", "not", "or", "previous", "q", "release", "sort", "totals",
}

// Connectives are the parameters that connect conditions: or=(a=1,b__gt=2) holds where one of them does, and=(…) where all
// do, not=(…) where not all do. Each takes the others within: or=(a=1,and(b=2,not(c=3))).
var Connectives = []string{"or", "and", "not"}

// maxParams bounds the parameters of one request.
const maxParams = 50

// MaxRelease is the largest number of a release that may be asked for: the next one is still a number.
const MaxRelease = math.MaxInt64 - 1

// Pair is one parameter as sent, decoded.
type Pair struct{ Name, Value string }

// Set holds the parameters of a request in the order in which they came, their problems, and what was read from them
// besides the question. A reader takes the parameters that it knows; those left over at the end are unknown.
type Set struct {
	Pairs    []Pair // as sent
	Problems []gold.Problem
	Cursor   *Cursor // that the question continues; nil: none
	Explain  bool    // the answer says how the question was rewritten

	taken    []bool
	under    int    // comparisons under connectives
	document bool   // they were read from one
	of       string // the kind of question that a cursor continues; "": none does
}

// Read decodes a query strictly: bad escapes, semicolons, NUL, invalid UTF-8 and repeated names are problems.
// Parameters that start with "_" are left out.
func Read(text string) *Set {
	p, seen := &Set{}, map[string]bool{}
	if n := strings.Count(text, "&") + 1; n > maxParams {
		p.Problem("", gold.CodeTooMany, "%d parameters; at most %d are allowed", n, maxParams)
		return p
	}
	for item := range strings.SplitSeq(text, "&") {
		if item == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(item, "=")
		name, nameErr := decode(rawName)
		value, valueErr := decode(rawValue)
		p.admit(seen, Pair{name, value}, nameErr, valueErr)
	}
	return p
}

// Of checks decoded parameters, such as those of a command line, as Read does.
func Of(pairs []Pair) *Set {
	p := &Set{}
	if len(pairs) > maxParams {
		p.Problem("", gold.CodeTooMany, "%d parameters; at most %d are allowed", len(pairs), maxParams)
		return p
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		p.admit(seen, pair, readable(pair.Name), readable(pair.Value))
	}
	return p
}

// admit adds one parameter, or its problem.
func (p *Set) admit(seen map[string]bool, pair Pair, nameErr, valueErr error) {
	switch {
	case nameErr != nil:
		p.Problem("", gold.CodeInvalidEncoding, "a parameter's name can't be read: %v", nameErr)
	case strings.HasPrefix(pair.Name, "_"):
	case valueErr != nil:
		p.Problem(pair.Name, gold.CodeInvalidEncoding, "%v", valueErr)
		seen[pair.Name] = true
	case seen[pair.Name]:
		p.Problem(pair.Name, gold.CodeDuplicateParameter, "given more than once")
	default:
		seen[pair.Name] = true
		p.add(pair)
	}
}

// decode decodes one name or value of a query. Its errors don't repeat the input.
func decode(raw string) (string, error) {
	if strings.Contains(raw, ";") {
		return "", fmt.Errorf("a semicolon separates nothing here: use &, or write %%3B for the character")
	}
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return "", fmt.Errorf("expected %% to be followed by two hexadecimal digits")
	}
	if err := readable(text); err != nil {
		return "", err
	}
	return text, nil
}

// readable returns an error for bytes that are no text.
func readable(text string) error {
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("expected valid UTF-8")
	case strings.ContainsRune(text, 0):
		return fmt.Errorf("expected text without NUL")
	default:
		return nil
	}
}

func (p *Set) add(pairs ...Pair) {
	p.Pairs = append(p.Pairs, pairs...)
	p.taken = append(p.taken, make([]bool, len(pairs))...)
}

// Take returns a parameter's value.
func (p *Set) Take(name string) (string, bool) {
	for i, pair := range p.Pairs {
		if pair.Name == name {
			p.taken[i] = true
			return pair.Value, true
		}
	}
	return "", false
}

// Remove returns a parameter's value and leaves it out of the question, whose URL says it otherwise.
func (p *Set) Remove(name string) (string, bool) {
	i := slices.IndexFunc(p.Pairs, func(pair Pair) bool { return pair.Name == name })
	if i < 0 {
		return "", false
	}
	value := p.Pairs[i].Value
	p.Pairs, p.taken = slices.Delete(p.Pairs, i, i+1), slices.Delete(p.taken, i, i+1)
	return value, true
}

// rest yields the parameters that nothing has taken, and takes them.
func (p *Set) rest(yield func(Pair) bool) {
	for i, pair := range p.Pairs {
		if p.taken[i] {
			continue
		}
		p.taken[i] = true
		if !yield(pair) {
			return
		}
	}
}

// Problem adds a problem.
func (p *Set) Problem(name string, code gold.Code, format string, args ...any) {
	p.Problems = append(p.Problems, gold.Problem{Parameter: name, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// suggest adds a problem with the nearest valid word.
func (p *Set) suggest(name string, code gold.Code, nearest, format string, args ...any) {
	p.Problem(name, code, format, args...)
	p.Problems[len(p.Problems)-1].DidYouMean = nearest
}

// Err returns one error with every problem, in the order of the parameters; nil: there is none. Parameters that weren't
// taken are unknown; known are the names that would have been taken.
func (p *Set) Err(known ...string) error {
	for left := range p.rest {
		p.unknown(left.Name, "parameter", known)
	}
	if len(p.Problems) == 0 {
		return nil
	}
	place := func(q gold.Problem) int {
		return slices.IndexFunc(p.Pairs, func(pair Pair) bool { return pair.Name == q.Parameter })
	}
	slices.SortStableFunc(p.Problems, func(a, b gold.Problem) int { return place(a) - place(b) })
	return query.InvalidParameters(p.Problems)
}

// unknown adds the problem of an unknown name.
func (p *Set) unknown(name, what string, known []string) {
	switch name {
	case "offset", "page", "skip", "start":
		p.Problem(name, gold.CodeUnknownParameter, "there is no %s: follow meta.next, or filter", name)
	default:
		p.suggest(name, gold.CodeUnknownParameter, nearestParameter(name, known), "no %s %s", what, name)
	}
}

// Int reads a whole number of ASCII digits between low and high.
func (p *Set) Int(name string, low, high int64) (value int64, given bool) {
	text, given := p.Take(name)
	if !given {
		return 0, false
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || text != strconv.FormatInt(value, 10) || value < low || value > high {
		if high >= math.MaxInt64-1 {
			p.Problem(name, gold.CodeInvalidValue, "expected a whole number from %d on", low)
		} else {
			p.Problem(name, gold.CodeInvalidValue, "expected a whole number from %d to %d", low, high)
		}
		return 0, true
	}
	return value, true
}

// word reads a value that must be one of a few words.
func (p *Set) word(name string, words ...string) string {
	text, given := p.Take(name)
	if given && !slices.Contains(words, text) {
		p.suggest(name, gold.CodeInvalidValue, gold.Nearest(text, words), "expected %s", strings.Join(words, " or "))
		return ""
	}
	return text
}

// flag reads a value that must be true or false; without one it is false.
func (p *Set) flag(name string) bool { return p.word(name, "true", "false") == "true" }

// Selector reads which release of a model is asked: that of cursor=, if a cursor may continue the question (paged), else
// that of release= or as_of=. A cursor that can't be read is an error. Other problems stay in the set and select the
// current release: its contracts find the question's problems, to be reported with them.
// Dates are those of a calendar, the current release's.
func (p *Set) Selector(model string, calendar gold.Calendar, paged bool) (gold.Selector, error) {
	if paged {
		if token, given := p.Take("cursor"); given {
			return p.continues(model, token)
		}
	}
	sel := p.release(model, calendar)
	if len(p.Problems) > 0 {
		sel = gold.Selector{Model: model}
	}
	return sel, nil
}

// release reads release= and as_of=.
func (p *Set) release(model string, calendar gold.Calendar) gold.Selector {
	sel := gold.Selector{Model: model}
	sel.Number, _ = p.Int("release", 1, MaxRelease)
	if text, given := p.Take("as_of"); given {
		switch at, err := parsePeriod(calendar, gold.Time, text); {
		case err != nil:
			p.Problem("as_of", gold.CodeInvalidValue, "expected a date such as 2026-01-31, whose end is meant, or an instant such as 2026-01-31T12:00:00Z")
		case sel.Number != 0:
			p.Problem("as_of", gold.CodeInvalidValue, "release names the release already: give one of the two")
		default:
			sel.AsOf = at.last.Time()
		}
	}
	return sel
}

// EncodePairs writes parameters as a query, in their order.
func EncodePairs(pairs []Pair) string {
	var b strings.Builder
	for i, p := range pairs {
		name, value := url.QueryEscape(p.Name), url.QueryEscape(p.Value)
		if b.Grow(len(name) + len(value) + 2); i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(value)
	}
	return b.String()
}

// NameOf returns the parameter that compares a field, in its shortest spelling.
func NameOf(field string, op gold.Op) string {
	if op == gold.Eq && !slices.Contains(ParameterNames, field) {
		return field
	}
	return field + "__" + op.String()
}
