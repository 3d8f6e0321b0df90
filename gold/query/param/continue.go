package param

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"goldserve/gold"
	"goldserve/gold/query"
)

// question is a typed question.
type question interface{ Ready() error }

// paged is a typed question that is answered in pages.
type paged interface {
	*query.RowsQuery | *query.AggregateQuery
	question
	Resume(after []gold.Value) bool
}

// finish returns a question that is read, or the error of all its problems at once, or else of a dataset without rows.
func finish[Q question](p *Set, q Q, known []string) (Q, error) {
	if err := p.Err(known...); err != nil {
		return q, err
	}
	return q, q.Ready()
}

// readPaged reads a question from the parameters, or from the cursor, with which the other parameters must agree. of
// names the kind of question that the cursor must continue, known are the route's parameters.
func readPaged[Q paged](p *Set, of string, known []string, parse func(*Set) Q) (q Q, err error) {
	p.of = of
	if p.Cursor == nil {
		return finish(p, parse(p), known)
	}
	if q, err = continued(p.Cursor, of, known, parse); err != nil {
		p.Problem("cursor", gold.CodeInvalidCursor, "%v", err)
	} else {
		agree(p, q, known, parse)
	}
	return finish(p, q, known)
}

// continues decodes the cursor that the question continues.
func (p *Set) continues(model, token string) (sel gold.Selector, err error) {
	p.Cursor, err = decodeCursor(token)
	if err == nil && p.Cursor.Model != model {
		err = fmt.Errorf("the cursor is one of the model %s", p.Cursor.Model)
	}
	if err != nil {
		p.Problem("cursor", gold.CodeInvalidCursor, "%v", err)
		return sel, query.InvalidParameters(p.Problems)
	}
	return gold.Selector{Model: model, Number: p.Cursor.Release}, nil
}

// Long reports whether the question is one of a document that no URL can ask.
func (p *Set) Long() bool { return p.document && len(EncodePairs(p.Pairs)) > MaxURL }

// Next returns the URL, on a path and with further parameters, of the page after the row at the position last, and its
// cursor's token. Both are "" if no cursor continues the question, or the URL would be too long; a long question has no URL,
// but a token, as long as a document can hold it.
func (p *Set) Next(c *query.Catalog, path string, besides []Pair, last []gold.Value) (url, token string) {
	if p.of == "" {
		return "", ""
	}
	next := &Cursor{Model: c.Contracts.Name, Dataset: p.of, Release: c.Release.Number, After: last}
	if p.Cursor != nil {
		next.Pairs = p.Cursor.Pairs
	} else {
		next.Pairs = slices.DeleteFunc(slices.Clone(p.Pairs), func(p Pair) bool {
			return p.Name == "format" || p.Name == "dialect" || p.Name == "explain" || p.Name == "release"
		})
	}
	if url, token = next.url(path, besides); url == "" && p.Long() {
		if token = next.Encode(); len(token) > MaxDocument-usualKey {
			token = ""
		}
	}
	return url, token
}

// AsOf returns the value of as_of=, of the parameters or of their cursor; "": there is none.
func (p *Set) AsOf() string {
	pairs := p.Pairs
	if p.Cursor != nil {
		pairs = p.Cursor.Pairs
	}
	for _, pair := range pairs {
		if pair.Name == "as_of" {
			return pair.Value
		}
	}
	return ""
}

// Pinned returns the parameters as sent, with the release named, which a cursor does already.
func (p *Set) Pinned(release int64) []Pair {
	pairs := slices.DeleteFunc(slices.Clone(p.Pairs), func(p Pair) bool { return p.Name == "release" || p.Name == "as_of" })
	if p.Cursor == nil {
		pairs = append(pairs, Pair{Name: "release", Value: strconv.FormatInt(release, 10)})
	}
	return pairs
}

// MaxDocument is the size of the largest document that asks a question.
const MaxDocument = 1 << 20

// MaxURL is the longest URL without a cursor.
const MaxURL = 4 << 10

// MaxCursorURL is the longest URL with a cursor, which holds the whole question that it continues and its position.
const MaxCursorURL = 8 << 10

// url returns the URL that continues at a cursor, with further parameters, and the cursor's token. Both are "" if the
// position makes the URL too long (texts of kilobytes in the sort).
func (c *Cursor) url(path string, besides []Pair) (url, token string) {
	token = c.Encode()
	url = path + "?" + EncodePairs(append([]Pair{{Name: "cursor", Value: token}}, besides...))
	if len(url) > MaxCursorURL {
		return "", ""
	}
	return url, token
}

// keyOfQuestion returns the cache key of a question without its position.
func keyOfQuestion[Q paged](q Q) []byte {
	var c Key
	switch q := any(q).(type) {
	case *query.RowsQuery:
		c.Rows(q)
	case *query.AggregateQuery:
		c.Aggregate(q)
	}
	return c.Bytes
}

// continued reads the question that a cursor continues.
func continued[Q paged](c *Cursor, of string, known []string, parse func(*Set) Q) (q Q, err error) {
	if c.Dataset != of {
		return q, fmt.Errorf("the cursor is one of %s, not of %s", c.Dataset, of)
	}
	p := &Set{}
	p.add(c.Pairs...)
	p.Take("as_of")
	q = parse(p)
	if p.Err(known...) != nil || !q.Resume(c.After) {
		return q, fmt.Errorf("the cursor doesn't fit %s: start again without it", of)
	}
	return q, nil
}

// agree adds a problem for each parameter beside a cursor that contradicts it.
func agree[Q paged](p *Set, q Q, known []string, parse func(*Set) Q) {
	c, asked := p.Cursor, keyOfQuestion(q)
	if text, given := p.Take("release"); given && text != strconv.FormatInt(c.Release, 10) {
		p.Problem("release", gold.CodeInvalidCursor, "the cursor goes on in release %d", c.Release)
	}
	for left := range p.rest {
		at := slices.IndexFunc(c.Pairs, func(q Pair) bool { return q.Name == left.Name })
		if at >= 0 && c.Pairs[at] == left {
			continue
		}
		pairs := slices.Clone(c.Pairs)
		if at >= 0 {
			pairs[at] = left
		} else {
			pairs = append(pairs, left)
		}
		other := &Set{}
		other.add(pairs...)
		other.Take("as_of")
		same := keyOfQuestion(parse(other))
		if other.Err(known...) != nil || left.Name == "as_of" || !bytes.Equal(same, asked) {
			p.Problem(left.Name, gold.CodeInvalidCursor, "the cursor goes on with another %s: leave the parameter out, or start again without the cursor", left.Name)
		}
	}
}
