package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

func (v *values) decodeDelta(physical format.Type, data []byte) (err error) {
	enc := delta.BinaryPackedEncoding{}
	switch physical {
	case format.Int32:
		if _, err = deltaLength(data, v.n, 32); err == nil {
			v.int32s, err = enc.DecodeInt32(v.int32s[:0], data)
		}
	case format.Int64:
		if _, err = deltaLength(data, v.n, 64); err == nil {
			v.int64s, err = enc.DecodeInt64(v.int64s[:0], data)
		}
	default:
		err = fmt.Errorf("values of type %s can't have its encoding DELTA_BINARY_PACKED", physical)
	}
	return err
}

// deltaLengths decodes n lengths from the start of data and returns them and what follows. Their sum is at most maxPage.
func deltaLengths(dst []int32, data []byte, n int) ([]int32, []byte, error) {
	used, err := deltaLength(data, n, 32)
	if err != nil {
		return nil, nil, err
	}
	enc := delta.BinaryPackedEncoding{}
	dst, err = enc.DecodeInt32(dst[:0], data[:used])
	if err != nil {
		return nil, nil, err
	}
	total := int64(0)
	for _, l := range dst {
		if total += int64(l); l < 0 || total > maxPage {
			return nil, nil, fmt.Errorf("the lengths of its values are negative or more than %d bytes together", maxPage)
		}
	}
	return dst, data[used:], nil
}

func (v *values) decodeDeltaLength(data []byte) error {
	lengths, rest, err := deltaLengths(v.int32s, data, v.n)
	if err != nil {
		return err
	}
	v.int32s = lengths
	v.bytes, v.gap = rest, 0
	v.offsets = append(v.offsets[:0], 0)
	at := uint32(0)
	for _, l := range lengths {
		if at += uint32(l); int(at) > len(rest) {
			return errFewer
		}
		v.offsets = append(v.offsets, at)
	}
	return nil
}

// decodeDeltaBytes puts values together from the prefix that each shares with the one before, and its own suffix.
func (v *values) decodeDeltaBytes(physical format.Type, data []byte) error {
	prefixes, rest, err := deltaLengths(v.int32s, data, v.n)
	if err != nil {
		return err
	}
	suffixes, rest, err := deltaLengths(nil, rest, v.n)
	if err != nil {
		return err
	}
	v.int32s = prefixes
	v.offsets = append(v.offsets[:0], 0)
	v.joined = v.joined[:0]
	last := 0 // where the value before begins
	for i, p := range prefixes {
		prefix, suffix, at := int(p), int(suffixes[i]), len(v.joined)
		switch {
		case prefix > at-last:
			return errors.New("a value shares more bytes with the one before than that has")
		case suffix > len(rest):
			return errFewer
		case at+prefix+suffix > maxPage:
			return fmt.Errorf("its values expand to more than %d bytes", maxPage)
		case physical == format.FixedLenByteArray && prefix+suffix != v.size:
			return fmt.Errorf("a value has %d bytes instead of %d", prefix+suffix, v.size)
		}
		v.joined = append(v.joined, v.joined[last:last+prefix]...)
		v.joined = append(v.joined, rest[:suffix]...)
		rest, last = rest[suffix:], at
		v.offsets = append(v.offsets, uint32(len(v.joined)))
	}
	v.bytes, v.gap = v.joined, 0
	return nil
}

// deltaLength walks n values in the encoding DELTA_BINARY_PACKED, none wider than width bits, and returns their length.
func deltaLength(src []byte, n, width int) (int, error) {
	at := 0
	number := func() uint64 {
		v, size := binary.Uvarint(src[min(at, len(src)):])
		if size <= 0 {
			at = len(src) + 1
			return 0
		}
		at += size
		return v
	}
	block, minis, total := number(), number(), number()
	number() // the first value
	switch {
	case at > len(src):
		return 0, errFewer
	case total != uint64(n):
		return 0, fmt.Errorf("it holds %d delta-encoded values and its header says %d", total, n)
	case block == 0 || block%128 != 0 || block > 1<<16 || minis == 0 || block%minis != 0 || block/minis%32 != 0:
		return 0, fmt.Errorf("its delta blocks have %d values in %d parts", block, minis)
	}
	for left := n - 1; left > 0; {
		number() // the smallest difference of the block
		if at > len(src) || uint64(len(src)-at) < minis {
			return 0, errFewer
		}
		widths := src[at : at+int(minis)]
		at += int(minis)
		for _, w := range widths {
			if left <= 0 {
				break
			}
			if int(w) > width {
				return 0, fmt.Errorf("its differences are %d bits wide", w)
			}
			if at += int(block/minis) * int(w) / 8; at > len(src) {
				return 0, errFewer
			}
			left -= int(block / minis)
		}
	}
	return at, nil
}
