package api

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
)

// parameterNames are all names that mean something by themselves, on this route or another: a field that bears one is
// filtered by name__eq alone.
var parameterNames = []string{
	"as_of", "before", "compare", "count", "cursor", "describe", "dialect", "fields", "format", "group_by", "last_event_id", "limit",
	"measures", "q", "release", "sort", "totals",
}

// maxParams bounds the parameters of one request.
const maxParams = 50

// maxRelease is the largest number of a release that may be asked for: the next one is still a number.
const maxRelease = math.MaxInt64 - 1

// pair is one parameter as sent, decoded.
type pair struct{ name, value string }

// params are the parameters of a request in the order in which they came, and what is wrong with them. A handler takes
// what it knows; what is left over at the end is unknown.
type params struct {
	pairs    []pair
	taken    []bool
	problems []gold.Problem
}

// readParams decodes a query strictly: bad escapes, semicolons, NUL, invalid UTF-8 and repeated names are problems.
// Parameters that start with "_" are left out.
func readParams(text string) *params {
	p := &params{}
	if n := strings.Count(text, "&") + 1; n > maxParams {
		p.problem("", problemTooMany, "%d parameters, %d are the limit", n, maxParams)
		return p
	}
	seen := map[string]bool{}
	for item := range strings.SplitSeq(text, "&") {
		if item == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(item, "=")
		name, nameErr := decode(rawName)
		value, valueErr := decode(rawValue)
		switch {
		case nameErr != nil:
			p.problem("", problemInvalidEncoding, "a parameter's name can't be read: %v", nameErr)
		case strings.HasPrefix(name, "_"):
		case valueErr != nil:
			p.problem(name, problemInvalidEncoding, "%v", valueErr)
			seen[name] = true
		case seen[name]:
			p.problem(name, problemDuplicateParameter, "given more than once")
		default:
			seen[name] = true
			p.add(pair{name, value})
		}
	}
	return p
}

// decode decodes one name or value of a query. Its errors don't repeat the input.
func decode(raw string) (string, error) {
	if strings.Contains(raw, ";") {
		return "", fmt.Errorf("a semicolon separates nothing here: use &, or write %%3B for the character")
	}
	text, err := url.QueryUnescape(raw)
	switch {
	case err != nil:
		return "", fmt.Errorf("expected %% to be followed by two hexadecimal digits")
	case !utf8.ValidString(text):
		return "", fmt.Errorf("expected valid UTF-8")
	case strings.ContainsRune(text, 0):
		return "", fmt.Errorf("expected text without NUL")
	}
	return text, nil
}

func (p *params) add(pairs ...pair) {
	p.pairs = append(p.pairs, pairs...)
	p.taken = append(p.taken, make([]bool, len(pairs))...)
}

// take returns a parameter's value.
func (p *params) take(name string) (string, bool) {
	for i, pair := range p.pairs {
		if pair.name == name {
			p.taken[i] = true
			return pair.value, true
		}
	}
	return "", false
}

// rest yields the parameters that nothing has taken, and takes them.
func (p *params) rest(yield func(pair) bool) {
	for i, pair := range p.pairs {
		if p.taken[i] {
			continue
		}
		p.taken[i] = true
		if !yield(pair) {
			return
		}
	}
}

func (p *params) problem(name, code, format string, args ...any) {
	p.problems = append(p.problems, gold.Problem{Parameter: name, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// suggest adds a problem with the nearest valid word.
func (p *params) suggest(name, code, nearest, format string, args ...any) {
	p.problem(name, code, format, args...)
	p.problems[len(p.problems)-1].DidYouMean = nearest
}

// err returns the one error that reports every problem, in the order of the parameters; nil where there is none.
// Parameters that nobody took are unknown; known are the names that would have been taken.
func (p *params) err(known ...string) error {
	for left := range p.rest {
		p.unknown(left.name, "parameter", known)
	}
	if len(p.problems) == 0 {
		return nil
	}
	place := func(q gold.Problem) int {
		return slices.IndexFunc(p.pairs, func(pair pair) bool { return pair.name == q.Parameter })
	}
	slices.SortStableFunc(p.problems, func(a, b gold.Problem) int { return place(a) - place(b) })
	return invalidParameters(p.problems)
}

// unknown adds the problem of a name that means nothing here.
func (p *params) unknown(name, what string, known []string) {
	switch name {
	case "offset", "page", "skip", "start":
		p.problem(name, problemUnknownParameter, "there is no %s: follow meta.next, or filter", name)
	default:
		p.suggest(name, problemUnknownParameter, gold.Nearest(name, known), "no %s %s", what, name)
	}
}

// int reads a whole number of ASCII digits between low and high.
func (p *params) int(name string, low, high int64) (value int64, given bool) {
	text, given := p.take(name)
	if !given {
		return 0, false
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || text != strconv.FormatInt(value, 10) || value < low || value > high {
		if high >= math.MaxInt64-1 {
			p.problem(name, problemInvalidValue, "expected a whole number from %d on", low)
		} else {
			p.problem(name, problemInvalidValue, "expected a whole number from %d to %d", low, high)
		}
		return 0, true
	}
	return value, true
}

// word reads a value that must be one of a few words.
func (p *params) word(name string, words ...string) string {
	text, given := p.take(name)
	if given && !slices.Contains(words, text) {
		p.suggest(name, problemInvalidValue, gold.Nearest(text, words), "expected %s", strings.Join(words, " or "))
		return ""
	}
	return text
}

// selector reads release= and as_of=.
func (p *params) selector(model string) gold.Selector {
	sel := gold.Selector{Model: model}
	sel.Number, _ = p.int("release", 1, maxRelease)
	if text, given := p.take("as_of"); given {
		switch at, err := parsePeriod(gold.Time, text); {
		case err != nil:
			p.problem("as_of", problemInvalidValue, "expected a date such as 2026-01-31, whose end is meant, or an instant such as 2026-01-31T12:00:00Z")
		case sel.Number != 0:
			p.problem("as_of", problemInvalidValue, "release names the release already: give one of the two")
		default:
			sel.AsOf = at.last.Time()
		}
	}
	return sel
}

// encodePairs writes parameters as a query, in their order.
func encodePairs(pairs []pair) string {
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value))
	}
	return b.String()
}

// nameOf returns the parameter that compares a field, in its shortest spelling.
func nameOf(field string, op gold.Op) string {
	if op == gold.Eq && !slices.Contains(parameterNames, field) {
		return field
	}
	return field + "__" + op.String()
}
