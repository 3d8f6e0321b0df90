package api

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"goldserve/gold"
)

// question is a typed question that is answered in pages.
type question interface {
	*rowsQuery | *aggregateQuery
	fits(after []gold.Value) bool
}

// paged reads a question from the parameters, or from the cursor (nil: none), with which parameters that are given must
// agree. of is what a cursor must be of, known are the route's parameters.
func paged[Q question](p *params, c *cursor, of string, known []string, parse func(*params) Q) (q Q, err error) {
	if c == nil {
		q = parse(p)
		return q, p.err(known...)
	}
	q, err = continued(c, of, known, parse)
	if err != nil {
		p.problem("cursor", problemInvalidCursor, "%v", err)
		return q, p.err(known...)
	}
	agree(p, c, q, known, parse)
	return q, p.err(known...)
}

// keyOfQuestion returns the canonical form of a question, but for where it starts.
func keyOfQuestion[Q question](q Q) []byte {
	var c canon
	switch q := any(q).(type) {
	case *rowsQuery:
		c.rows(q)
	case *aggregateQuery:
		c.aggregate(q)
	}
	return c.b
}

// continued reads the query that a cursor continues.
func continued[Q question](c *cursor, of string, known []string, parse func(*params) Q) (q Q, err error) {
	if c.dataset != of {
		return q, fmt.Errorf("the cursor is one of %s, not of %s", c.dataset, of)
	}
	p := &params{}
	p.add(c.pairs...)
	p.take("as_of")
	q = parse(p)
	if p.err(known...) != nil || !q.fits(c.after) {
		return q, fmt.Errorf("the cursor doesn't fit %s: start again without it", of)
	}
	return q, nil
}

// agree adds a problem for each parameter beside a cursor that asks for something else than the cursor does.
func agree[Q question](p *params, c *cursor, q Q, known []string, parse func(*params) Q) {
	asked := keyOfQuestion(q)
	if text, given := p.take("release"); given && text != strconv.FormatInt(c.release, 10) {
		p.problem("release", problemInvalidCursor, "the cursor goes on in release %d", c.release)
	}
	for left := range p.rest {
		at := slices.IndexFunc(c.pairs, func(q pair) bool { return q.name == left.name })
		if at >= 0 && c.pairs[at] == left {
			continue
		}
		pairs := slices.Clone(c.pairs)
		if at >= 0 {
			pairs[at] = left
		} else {
			pairs = append(pairs, left)
		}
		other := &params{}
		other.add(pairs...)
		other.take("as_of")
		same := keyOfQuestion(parse(other))
		if other.err(known...) != nil || left.name == "as_of" || !bytes.Equal(same, asked) {
			p.problem(left.name, problemInvalidCursor, "the cursor goes on with another %s: leave the parameter out, or start again without the cursor", left.name)
		}
	}
}
