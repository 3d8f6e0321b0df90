package param

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"goldserve/gold"
	"goldserve/gold/query"
)

// question is a typed question that is answered in pages.
type question interface {
	*query.RowsQuery | *query.AggregateQuery
	Fits(after []gold.Value) bool
}

// Paged reads a question from the parameters, or from the cursor (nil: none), with which parameters that are given must
// agree. of is what a cursor must be of, known are the route's parameters.
func Paged[Q question](p *Set, c *Cursor, of string, known []string, parse func(*Set) Q) (q Q, err error) {
	if c == nil {
		q = parse(p)
		return q, p.Err(known...)
	}
	q, err = continued(c, of, known, parse)
	if err != nil {
		p.Problem("cursor", gold.CodeInvalidCursor, "%v", err)
		return q, p.Err(known...)
	}
	agree(p, c, q, known, parse)
	return q, p.Err(known...)
}

// Rest returns the parameters of a cursor that goes on from an answer: those of the cursor before (nil: none), else of
// what was sent.
func (c *Cursor) Rest(sent []Pair) []Pair {
	if c != nil {
		return c.Pairs
	}
	return slices.DeleteFunc(slices.Clone(sent), func(p Pair) bool {
		return p.Name == "format" || p.Name == "dialect" || p.Name == "explain" || p.Name == "release"
	})
}

// MaxCursorURL is the longest URL with a cursor, which holds the whole question that it continues, and the place where it
// stands.
const MaxCursorURL = 8 << 10

// URL returns the URL that goes on at a cursor, with parameters besides, and the cursor's token. A place that makes it too
// long (texts of kilobytes in the sort) has none.
func (c *Cursor) URL(path string, besides []Pair) (url, token string) {
	token = c.Encode()
	url = path + "?" + EncodePairs(append([]Pair{{Name: "cursor", Value: token}}, besides...))
	if len(url) > MaxCursorURL {
		return "", ""
	}
	return url, token
}

// Pinned returns what was sent with the release named, which a cursor (nil: none) does already.
func (c *Cursor) Pinned(sent []Pair, release int64) []Pair {
	pairs := slices.DeleteFunc(slices.Clone(sent), func(p Pair) bool { return p.Name == "release" || p.Name == "as_of" })
	if c == nil {
		pairs = append(pairs, Pair{Name: "release", Value: strconv.FormatInt(release, 10)})
	}
	return pairs
}

// keyOfQuestion returns the canonical form of a question, but for where it starts.
func keyOfQuestion[Q question](q Q) []byte {
	var c Key
	switch q := any(q).(type) {
	case *query.RowsQuery:
		c.Rows(q)
	case *query.AggregateQuery:
		c.Aggregate(q)
	}
	return c.Bytes
}

// continued reads the query that a cursor continues.
func continued[Q question](c *Cursor, of string, known []string, parse func(*Set) Q) (q Q, err error) {
	if c.Dataset != of {
		return q, fmt.Errorf("the cursor is one of %s, not of %s", c.Dataset, of)
	}
	p := &Set{}
	p.add(c.Pairs...)
	p.Take("as_of")
	q = parse(p)
	if p.Err(known...) != nil || !q.Fits(c.After) {
		return q, fmt.Errorf("the cursor doesn't fit %s: start again without it", of)
	}
	return q, nil
}

// agree adds a problem for each parameter beside a cursor that asks for something else than the cursor does.
func agree[Q question](p *Set, c *Cursor, q Q, known []string, parse func(*Set) Q) {
	asked := keyOfQuestion(q)
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
