package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// errTruncated is returned where a structure goes on after the end of its bytes.
var errTruncated = errors.New("it ends in the middle of a structure")

// Limits of a Thrift structure: Parquet's own nest seven deep. Items are counted over all lists.
const (
	maxThriftDepth   = 24
	maxThriftStructs = 1 << 20
	maxThriftItems   = 1 << 23
)

// decodeThrift decodes one structure in Thrift's compact protocol from the start of b and returns its length. It walks
// the bytes first, since the decoder makes lists of the length that they claim and recurses as deep as they say, and
// passes over fields that it has no place for.
func decodeThrift(b []byte, into any, as *structure) (int, error) {
	w := thriftWalk{b: b}
	if err := w.structure(0, as); err != nil {
		return 0, err
	}
	var compact thrift.CompactProtocol
	// The decoder's strings and bytes alias its input, which the caller may reuse.
	r := compact.NewReaderFromBytes(append([]byte(nil), b[:w.at]...))
	if err := thrift.NewDecoder(r).Decode(into); err != nil {
		return 0, err
	}
	return w.at, nil
}

// thriftWalk checks the shape of compact Thrift bytes: no length goes beyond them, no nesting beyond the limit.
type thriftWalk struct {
	b              []byte
	at             int
	items, structs int
}

// Types of the compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftInt8   = 3
	thriftInt16  = 4
	thriftInt32  = 5
	thriftInt64  = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// structure walks a structure; as says what it must hold, nil: nothing is known of it.
func (w *thriftWalk) structure(depth int, as *structure) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("it nests more than %d structures", maxThriftDepth)
	}
	var seen uint32 // of the required fields, which are below 32
	number := 0
	for {
		head, err := w.octet()
		if err != nil {
			return err
		}
		kind := head & 15
		if kind == thriftStop {
			return as.complete(seen)
		}
		number += int(head >> 4)
		if head>>4 == 0 { // the field's number follows
			n, err := w.uvarint()
			if err != nil {
				return err
			}
			number = int(int16(n>>1) ^ -int16(n&1))
		}
		var known member
		if as != nil {
			known = as.fields[number]
		}
		if known.kind == kind || known.kind == thriftTrue && kind == thriftFalse {
			seen |= 1 << number
		} else {
			known = member{}
		}
		if kind == thriftTrue || kind == thriftFalse {
			continue // the value lies in the type
		}
		if err := w.value(kind, depth, known); err != nil {
			return err
		}
	}
}

// complete returns an error where a structure lacks a field that it must have.
func (s *structure) complete(seen uint32) error {
	if s == nil {
		return nil
	}
	for number, m := range s.fields {
		if m.required && seen&(1<<number) == 0 {
			return fmt.Errorf("%s lacks field %d", s.what, number)
		}
	}
	return nil
}

func (w *thriftWalk) value(kind byte, depth int, as member) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftInt8:
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := w.uvarint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.uvarint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth, as)
	case thriftMap:
		return w.pairs(depth)
	case thriftStruct:
		return w.structure(depth+1, as.of)
	default:
		return fmt.Errorf("it holds a value of the unknown type %d", kind)
	}
}

func (w *thriftWalk) list(depth int, as member) error {
	head, err := w.octet()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.uvarint(); err != nil {
			return err
		}
	}
	if kind := head & 15; n > 0 && as.item != 0 && kind != as.item {
		return fmt.Errorf("a list has items of type %d, and not %d", kind, as.item)
	}
	return w.values(n, depth, as.of, head&15)
}

func (w *thriftWalk) pairs(depth int) error {
	n, err := w.uvarint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.octet()
	if err != nil {
		return err
	}
	return w.values(n, depth, nil, kinds>>4, kinds&15)
}

// values walks n times one value of each kind; as is of those that are structures.
func (w *thriftWalk) values(n uint64, depth int, as *structure, kinds ...byte) error {
	// Every value takes a byte at least, so a count beyond the rest is a lie.
	if n > uint64(len(w.b)-w.at) {
		return errTruncated
	}
	w.items += int(n)
	for range n {
		for _, kind := range kinds {
			if kind == thriftStruct {
				w.structs++
			}
			if w.structs > maxThriftStructs || w.items > maxThriftItems {
				return fmt.Errorf("it lists more than %d structures or %d items", maxThriftStructs, maxThriftItems)
			}
			// Lists count as a level of their own: a list of lists nests as a structure does.
			if err := w.deeper(kind, depth+1, as); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *thriftWalk) deeper(kind byte, depth int, as *structure) error {
	if depth > maxThriftDepth {
		return fmt.Errorf("it nests more than %d structures", maxThriftDepth)
	}
	return w.value(kind, depth, member{of: as})
}

func (w *thriftWalk) octet() (byte, error) {
	if w.at >= len(w.b) {
		return 0, errTruncated
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.b)-w.at) {
		return errTruncated
	}
	w.at += int(n)
	return nil
}

func (w *thriftWalk) uvarint() (uint64, error) {
	v, n := binary.Uvarint(w.b[w.at:])
	switch {
	case n == 0:
		return 0, errTruncated
	case n < 0:
		return 0, errors.New("it holds a number of more than 64 bits")
	}
	w.at += n
	return v, nil
}
