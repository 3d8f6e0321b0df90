package parquet

import (
	"context"
	"errors"
	"fmt"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// nestedCursor writes the rows of a nested column as JSON: the keys of structs in the order of the schema.
type nestedCursor struct {
	nested   *nested
	leaves   []leafCursor
	size     int64 // bytes of the chunks
	expanded int64 // bytes of text made of them
	start    int   // where the row's text begins
	skips    *skips
	at       int64 // the number in the file, from 0, of the next row
	text     []byte
}

func (c *nestedCursor) open(in content.Input, n *nested, ch chunk, codec *decompressor) {
	c.nested, c.size, c.expanded = n, 0, 0
	if len(c.leaves) != len(n.leaves) {
		c.leaves = make([]leafCursor, len(n.leaves))
	}
	for i := range c.leaves {
		c.leaves[i].pages.codec = codec
		c.leaves[i].open(in, n.leaves[i], ch.within[i])
		c.size += ch.within[i].size
	}
}

var errContradiction = errors.New("its columns contradict each other about what is null, or how long a list is")

// fill appends up to n rows to dst and returns their number: fewer where the column is full.
func (c *nestedCursor) fill(ctx context.Context, dst *gold.Column, n int) (int, error) {
	for done := range n {
		if len(dst.Bytes) >= batchText {
			return done, nil
		}
		for c.skips.deleted != nil {
			deleted, run := c.skips.run(c.at, 1)
			if !deleted {
				break
			}
			if err := c.passRow(ctx); err != nil {
				return done, err
			}
			c.at += int64(run)
		}
		null, err := c.row(ctx, dst.Bytes)
		c.at++
		if v := (*valueError)(nil); errors.As(err, &v) {
			v.appended = done
		}
		switch {
		case err != nil:
			return done, err
		case null:
			dst.AppendNull()
			continue
		}
		c.expanded += int64(len(c.text) - len(dst.Bytes))
		if c.expanded > maxExpansion && c.expanded/maxRatio > c.size {
			return done, &limitError{fmt.Sprintf("its %d bytes expand to more than %d bytes of text", c.size, int64(maxExpansion))}
		}
		dst.Bytes = c.text
		dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	}
	return n, nil
}

// row writes the next row to text, behind what dst holds, and reports whether it is null.
func (c *nestedCursor) row(ctx context.Context, dst []byte) (null bool, err error) {
	for i := range c.leaves {
		repeats, _, err := c.peek(ctx, i)
		if err != nil {
			return false, err
		}
		if repeats != 0 {
			return false, errContradiction
		}
	}
	c.text, c.start = dst, len(dst)
	if _, depth, err := c.peek(ctx, 0); err != nil || depth < c.nested.root.present {
		return true, errors.Join(err, c.pass(ctx, c.nested.root, depth))
	}
	return false, c.write(ctx, c.nested.root)
}

// peek returns the levels of a leaf's next entry.
func (c *nestedCursor) peek(ctx context.Context, leaf int) (repeats, depth int, err error) {
	l := &c.leaves[leaf]
	if l.entry == l.entries {
		more, err := l.ready(ctx)
		if err != nil {
			return 0, 0, err
		}
		if !more {
			return 0, 0, &countError{"its values end before the last row"}
		}
	}
	repeats, depth = l.levels()
	return repeats, depth, nil
}

// pass passes what is null or empty at a definition level: one entry of each leaf, which all say so.
func (c *nestedCursor) pass(ctx context.Context, n *node, depth int) error {
	for i := n.from; i < n.to; i++ {
		_, its, err := c.peek(ctx, i)
		switch {
		case err != nil:
			return err
		case its != depth:
			return errContradiction
		}
		c.leaves[i].skip()
	}
	return nil
}

// write writes one value of a node.
func (c *nestedCursor) write(ctx context.Context, n *node) error {
	if len(c.text)-c.start > maxCell {
		return &valueError{fault: &valueProblem{gold.CodeValueRange, fmt.Sprintf("more than %d bytes of JSON", maxCell), fmt.Sprintf("at most %d bytes", maxCell)}}
	}
	if n.kind == absentNode {
		c.text = append(c.text, "null"...)
		return nil
	}
	_, depth, err := c.peek(ctx, n.from)
	switch {
	case err != nil:
		return err
	case depth < n.present:
		c.text = append(c.text, "null"...)
		return c.pass(ctx, n, depth)
	}
	switch n.kind {
	case leafNode:
		v, k := c.leaves[n.from].next()
		text, fault := n.write(c.text, v, k)
		if c.text = text; fault != nil {
			return &valueError{fault: fault}
		}
		return nil
	case structNode:
		return c.writeStruct(ctx, n)
	case mapNode:
		return c.writeMap(ctx, n, depth)
	default:
		return c.writeList(ctx, n, depth)
	}
}

func (c *nestedCursor) writeStruct(ctx context.Context, n *node) error {
	for i, field := range n.children {
		c.text = append(c.text, separator('{', i))
		c.text = append(c.text, field.name...)
		if err := c.write(ctx, field); err != nil {
			return err
		}
	}
	c.text = append(c.text, '}')
	return nil
}

func separator(first byte, i int) byte {
	if i == 0 {
		return first
	}
	return ','
}

func (c *nestedCursor) writeList(ctx context.Context, n *node, depth int) error {
	if depth < n.filled {
		c.text = append(c.text, "[]"...)
		return c.pass(ctx, n, depth)
	}
	for i, more := 0, true; more; i++ {
		c.text = append(c.text, separator('[', i))
		err := c.write(ctx, n.children[0])
		if err != nil {
			return err
		}
		if more, err = c.goesOn(ctx, n); err != nil {
			return err
		}
	}
	c.text = append(c.text, ']')
	return nil
}

// goesOn reports whether a list or map has another item, as all of its leaves must say.
func (c *nestedCursor) goesOn(ctx context.Context, n *node) (bool, error) {
	goesOn := 0
	for i := n.from; i < n.to; i++ {
		l := &c.leaves[i]
		if l.entry == l.entries {
			switch more, err := l.ready(ctx); {
			case err != nil:
				return false, err
			case !more:
				continue
			}
		}
		switch repeats, _ := l.levels(); {
		case repeats > n.repeats:
			return false, errContradiction
		case repeats == n.repeats:
			goesOn++
		}
	}
	if goesOn > 0 && goesOn < n.to-n.from {
		return false, errContradiction
	}
	return goesOn > 0, nil
}

// writeMap writes a map as an object, with keys as text: of one that it has several times the last value counts.
func (c *nestedCursor) writeMap(ctx context.Context, n *node, depth int) error {
	if depth < n.filled {
		c.text = append(c.text, "{}"...)
		return c.pass(ctx, n, depth)
	}
	start := len(c.text)
	var entries []mapEntry
	places := map[string]int{}
	c.text = append(c.text, '{')
	for more := true; more; {
		from := len(c.text)
		if err := c.writeKey(ctx, n.children[0]); err != nil {
			return err
		}
		key := string(c.text[from:])
		c.text = append(c.text, ':')
		err := c.write(ctx, n.children[1])
		if err != nil {
			return err
		}
		if at, again := places[key]; again {
			entries[at].to = entries[at].from
		}
		places[key] = len(entries)
		c.text = append(c.text, ',')
		entries = append(entries, mapEntry{from, len(c.text)})
		if more, err = c.goesOn(ctx, n); err != nil {
			return err
		}
	}
	if len(places) < len(entries) {
		whole := c.text
		c.text = whole[:start+1]
		for _, e := range entries {
			c.text = append(c.text, whole[e.from:e.to]...) // forward: nothing is overwritten before it is copied
		}
	}
	c.text[len(c.text)-1] = '}'
	return nil
}

// mapEntry is where a key and its value lie in the text, with the comma behind them.
type mapEntry struct{ from, to int }

// writeKey writes a map's key as a JSON string.
func (c *nestedCursor) writeKey(ctx context.Context, n *node) error {
	_, depth, err := c.peek(ctx, n.from)
	if err != nil {
		return err
	}
	if depth < n.present {
		return &valueError{fault: &valueProblem{gold.CodeValueNull, "a map with a key that is null", "keys that are not null"}}
	}
	from := len(c.text)
	if err := c.write(ctx, n); err != nil || c.text[from] == '"' {
		return err
	}
	key := string(c.text[from:])
	c.text = content.AppendJSONText(c.text[:from], []byte(key))
	return nil
}

func (c *nestedCursor) finish(ctx context.Context) error {
	if c.skips.deleted != nil {
		if err := c.passDeleted(ctx); err != nil {
			return err
		}
	}
	for i := range c.leaves {
		if err := c.leaves[i].finish(ctx); err != nil {
			return err
		}
	}
	return nil
}
