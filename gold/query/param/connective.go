package param

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/query"
)

// Bounds of the conditions that connectives connect.
const (
	maxDepth = 8   // of connectives within each other
	maxTerms = 200 // of a request
)

// node is a part of a connective's text: a comparison, or another connective.
type node struct {
	word  string // or, and, not; "": a comparison
	parts []node
	pair  Pair // the comparison, as a parameter has it
}

// nodeReader reads a connective's text.
type nodeReader struct {
	text  string
	at    int
	terms int
}

// readNode reads the text of a connective: (part,part,…).
func readNode(word, text string) (node, int, error) {
	r := &nodeReader{text: text}
	n, err := r.group(word, 1)
	if err == nil && r.at < len(text) {
		err = r.expected("nothing after the last parenthesis")
	}
	return n, r.terms, err
}

// expected returns an error at the place where the reader stands.
func (r *nodeReader) expected(what string) error {
	rest := r.text[r.at:]
	if rest == "" {
		return fmt.Errorf("at the end: expected %s", what)
	}
	if i := strings.IndexAny(rest[1:], ",()"); i >= 0 {
		rest = rest[:i+1]
	}
	if shown := []rune(rest); len(shown) > maxSearch {
		rest = string(shown[:maxSearch]) + "…"
	}
	return fmt.Errorf("character %d: expected %s, not %s", utf8.RuneCountInString(r.text[:r.at])+1, what, rest)
}

// next reports whether a character comes next, and reads it.
func (r *nodeReader) next(c byte) bool {
	if r.at == len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

// until reads up to the first of some characters.
func (r *nodeReader) until(ends string) string {
	rest := r.text[r.at:]
	if i := strings.IndexAny(rest, ends); i >= 0 {
		rest = rest[:i]
	}
	r.at += len(rest)
	return rest
}

func (r *nodeReader) group(word string, depth int) (n node, err error) {
	n.word = word
	if depth > maxDepth {
		return n, fmt.Errorf("conditions are nested at most %d deep", maxDepth)
	}
	if !r.next('(') {
		return n, r.expected("conditions in parentheses, as in (a=1,b__gt=2)")
	}
	for {
		part, err := r.part(depth)
		if err != nil {
			return n, err
		}
		n.parts = append(n.parts, part)
		if r.next(')') {
			return n, nil
		}
		if !r.next(',') {
			return n, r.expected("a comma or a closing parenthesis")
		}
	}
}

func (r *nodeReader) part(depth int) (n node, err error) {
	start := r.at
	name := r.until("=,()")
	switch {
	case name != "" && r.next('='):
		if r.terms++; r.terms > maxTerms {
			return n, fmt.Errorf("at most %d comparisons are connected", maxTerms)
		}
		n.pair.Name = name
		n.pair.Value, err = r.value(name)
		return n, err
	case slices.Contains(Connectives, name) && r.at < len(r.text) && r.text[r.at] == '(':
		return r.group(name, depth+1)
	}
	whole := name
	r.at = start
	err = r.expected("a comparison, as in a=1 or b__gt=2, or one of or(…), and(…), not(…)")
	if nearest := translated(whole); nearest != "" {
		err = &notValid{text: whole, nearest: nearest, said: err.Error()}
	}
	return n, err
}

// translated returns what a condition in PostgREST's words is here: a.gt.1 is a__gt=1, not.and is and within not; "" for
// any other text.
func translated(text string) string {
	if rest, ok := strings.CutPrefix(text, "not."); ok && slices.Contains(Connectives, rest) {
		return "not(" + rest + "(…))"
	}
	parts := strings.SplitN(text, ".", 3)
	if len(parts) < 3 {
		return ""
	}
	op, ok := gold.SpelledOp(parts[1])
	if !ok {
		return ""
	}
	return NameOf(parts[0], op) + "=" + parts[2]
}

// value reads what a comparison compares with: up to the next comma or parenthesis, quoted as in CSV where it has one. The
// list of in and nin has parentheses of its own, in which it is as it would be in a parameter; so is one item.
func (r *nodeReader) value(name string) (string, error) {
	_, suffix, _ := strings.Cut(name, "__")
	if suffix != gold.In.String() && suffix != gold.NotIn.String() {
		raw, item, err := r.item()
		if err == nil && strings.HasPrefix(raw, `"`) {
			return item, nil
		}
		return raw, err
	}
	if !r.next('(') {
		raw, _, err := r.item()
		return raw, err
	}
	start := r.at
	for {
		if _, _, err := r.item(); err != nil {
			return "", err
		}
		end := r.at
		if r.next(')') {
			return r.text[start:end], nil
		}
		if !r.next(',') {
			return "", r.expected("a comma or the end of the list")
		}
	}
}

// item reads one value, as it is written and as it is meant.
func (r *nodeReader) item() (raw, item string, err error) {
	start := r.at
	if !r.next('"') {
		raw = r.until(",()")
		if r.at < len(r.text) && r.text[r.at] == '(' {
			return "", "", r.expected(`a value with a parenthesis in quotes, as in "Mug (red)"`)
		}
		return raw, raw, nil
	}
	for {
		r.until(`"`)
		if !r.next('"') {
			r.at = start
			return "", "", r.expected(`a closing quote, quotes within doubled, as in "Letter ""R"""`)
		}
		if !r.next('"') {
			raw = r.text[start:r.at]
			return raw, strings.ReplaceAll(raw[1:len(raw)-1], `""`, `"`), nil
		}
	}
}

// pairs appends the comparisons of a node.
func (n *node) pairs(all []Pair) []Pair {
	if n.word == "" {
		return append(all, n.pair)
	}
	for i := range n.parts {
		all = n.parts[i].pairs(all)
	}
	return all
}

// node reads a connective, or adds its problem.
func (p *Set) node(given Pair) (n node, ok bool) {
	n, terms, err := readNode(given.Name, given.Value)
	if err == nil && p.under+terms > maxTerms {
		err = fmt.Errorf("at most %d comparisons are connected", maxTerms)
	}
	if p.under += terms; err != nil {
		p.invalid(given.Name, err)
	}
	return n, err == nil
}

// connected turns a connective into filters, each of one level. Problems of its comparisons name it as their parameter.
func (p *Set) connected(s *query.Scope, given Pair, known []string) []filter {
	n, ok := p.node(given)
	if !ok {
		return nil
	}
	own := &Set{}
	filters := own.connect(s, given.Name, n, known)
	for _, q := range own.Problems {
		if q.Parameter != given.Name {
			q.Parameter, q.Detail = given.Name, q.Parameter+": "+q.Detail
		}
		p.Problems = append(p.Problems, q)
	}
	return filters
}

// level returns the level of the first filter. Where levels differ, conditions on rows become ones on the origin's rows if
// those have the fields as they are.
func level(s *query.Scope, parts [][]filter) query.Level {
	first := parts[0][0].level
	differs := func(part []filter) bool {
		return slices.ContainsFunc(part, func(f filter) bool { return f.level != first })
	}
	if s.Derivation == nil || !slices.ContainsFunc(parts, differs) {
		return first
	}
	for _, part := range parts {
		for i := range part {
			where, ok := part[i].where, part[i].level == query.OfOrigin
			if !ok {
				where, ok = s.Derivation.OfOrigin(where)
			}
			if !ok {
				return first
			}
			part[i].where, part[i].level = where, query.OfOrigin
		}
	}
	return query.OfOrigin
}

// connect turns a node into filters. What or and not make of several has to be of one level.
func (p *Set) connect(s *query.Scope, parameter string, n node, known []string) []filter {
	if n.word == "" {
		f, ok := p.compared(s, n.pair, known)
		if !ok {
			return nil
		}
		f.parameter = parameter
		return []filter{f}
	}
	var parts [][]filter
	before := len(p.Problems)
	for i := range n.parts {
		parts = append(parts, p.connect(s, parameter, n.parts[i], known))
	}
	if len(p.Problems) > before || n.word == "and" {
		return slices.Concat(parts...)
	}
	made := filter{parameter: parameter, level: level(s, parts)}
	all := slices.Concat(parts...)
	for _, f := range all {
		if f.level != made.level {
			p.Problem(parameter, gold.CodeNotFilterable, "%s(…) can't connect %s with %s, which choose among different rows: connect them by and",
				n.word, all[0].names(), f.names())
			return nil
		}
		made.columns = append(made.columns, f.columns...)
	}
	conditions := make([][]gold.Predicate, len(parts))
	for i, part := range parts {
		for _, f := range part {
			conditions[i] = append(conditions[i], f.where...)
		}
	}
	if made.where = gold.AnyOf(conditions...); n.word == "not" {
		made.where = gold.Not(slices.Concat(conditions...))
	}
	return []filter{made}
}
