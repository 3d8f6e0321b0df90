package api

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"goldserve/gold"
)

// query is a typed query, which has a canonical form.
type query interface{ canon(*canon) }

// readQuery reads a query from the parameters, or from the cursor, with which parameters that are given must agree.
// of is what a cursor must be of, known are the route's parameters, and fits says whether a place is one of the query.
func readQuery[Q query](req *request, of string, known []string, parse func(*params) Q, fits func(Q, []gold.Value) bool) (q Q, err error) {
	if req.cursor == nil {
		q = parse(req.params)
		return q, req.params.err(known...)
	}
	q, err = continued(req.cursor, of, known, parse, fits)
	if err != nil {
		req.params.problem("cursor", problemInvalidCursor, "%v", err)
		return q, req.params.err(known...)
	}
	agree(req, q, known, parse)
	return q, req.params.err(known...)
}

// continued reads the query that a cursor continues.
func continued[Q query](c *cursor, of string, known []string, parse func(*params) Q, fits func(Q, []gold.Value) bool) (q Q, err error) {
	if c.dataset != of {
		return q, fmt.Errorf("the cursor is one of %s, not of %s", c.dataset, of)
	}
	p := &params{}
	p.add(c.pairs...)
	p.take("as_of")
	q = parse(p)
	if p.err(known...) != nil || !fits(q, c.after) {
		return q, fmt.Errorf("the cursor doesn't fit %s: start again without it", of)
	}
	return q, nil
}

// agree adds a problem for each parameter beside a cursor that asks for something else than the cursor does.
func agree[Q query](req *request, q Q, known []string, parse func(*params) Q) {
	p, c := req.params, req.cursor
	var asked canon
	q.canon(&asked)
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
		var same canon
		parse(other).canon(&same)
		if other.err(known...) != nil || left.name == "as_of" || !bytes.Equal(same.b, asked.b) {
			p.problem(left.name, problemInvalidCursor, "the cursor goes on with another %s: leave the parameter out, or start again without the cursor", left.name)
		}
	}
}

// next fills in the cursor and the URL of the page after this one. A place that makes a URL too long for this API
// (texts of kilobytes in the sort) has none: truncated says that there is more.
func (req *request) next(of string, last []gold.Value, m *meta) {
	c := &cursor{model: req.catalog.model.contracts.Name, dataset: of, release: req.catalog.release.Number, after: last}
	if req.cursor != nil {
		c.pairs = req.cursor.pairs
	} else {
		c.pairs = slices.DeleteFunc(slices.Clone(req.sent), func(p pair) bool { return p.name == "format" || p.name == "dialect" || p.name == "release" })
	}
	token := c.encode()
	pairs := []pair{{"cursor", token}}
	pairs = append(pairs, req.rep.named...)
	if url := relativeURL(req.escaped, encodePairs(pairs)); len(url) <= maxCursorURL {
		m.next, m.cursor = url, token
	}
}
