package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/bytestreamsplit"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

// values are the decoded values of a page or dictionary, nulls left out. Which slice holds them follows from the
// physical type. They may alias the page's bytes.
type values struct {
	n       int
	bools   []byte // one a value: 0 or 1
	int32s  []int32
	int64s  []int64
	floats  []float32
	doubles []float64

	bytes   []byte   // INT96 and values of fixed length: size bytes each; byte arrays: see text
	size    int      // bytes of a value of fixed length
	offsets []uint32 // of byte arrays: one more than values
	gap     uint32   // bytes between two byte arrays
	joined  []byte   // memory for byte arrays that are put together from pieces
}

// text returns byte array i.
func (v *values) text(i int) []byte { return v.bytes[v.offsets[i] : v.offsets[i+1]-v.gap] }

// fixed returns the value i of fixed length.
func (v *values) fixed(i int) []byte { return v.bytes[i*v.size : (i+1)*v.size] }

var errFewer = errors.New("it holds fewer values than its header says")

// decode decodes n values of a physical type (size: bytes of a value of fixed length) from a page's data.
func (v *values) decode(physical format.Type, size int, encoding format.Encoding, data []byte, n int) error {
	v.n, v.size = n, size
	if physical == format.Int96 {
		v.size = 12
	}
	if n == 0 {
		if encoding < format.Plain || encoding > format.ByteStreamSplit {
			return fmt.Errorf("it has the unknown encoding %d", int32(encoding))
		}
		v.offsets = append(v.offsets[:0], 0)
		v.gap = 0
		return nil
	}
	switch encoding {
	case format.Plain, format.PlainDictionary:
		return v.decodePlain(physical, data)
	case format.DeltaBinaryPacked:
		return v.decodeDelta(physical, data)
	case format.DeltaLengthByteArray:
		if physical == format.ByteArray {
			return v.decodeDeltaLength(data)
		}
	case format.DeltaByteArray:
		if physical == format.ByteArray || physical == format.FixedLenByteArray {
			return v.decodeDeltaBytes(physical, data)
		}
	case format.ByteStreamSplit:
		return v.decodeSplit(physical, data)
	case format.RLE:
		if physical == format.Boolean {
			return v.decodeRuns(data)
		}
	default:
	}
	return fmt.Errorf("values of type %s can't have its encoding %d", physical, int32(encoding))
}

func (v *values) decodePlain(physical format.Type, data []byte) (err error) {
	enc := plain.Encoding{}
	switch physical {
	case format.Boolean:
		if len(data) < (v.n+7)/8 {
			return errFewer
		}
		v.bools = grow(v.bools, v.n)
		for i := range v.bools {
			v.bools[i] = data[i>>3] >> (i & 7) & 1
		}
		return nil
	case format.ByteArray:
		return v.splitPlain(data)
	default:
	}
	width := fixedWidth(physical, v.size)
	if width <= 0 || len(data)/width < v.n {
		return errFewer
	}
	data = data[:v.n*width]
	switch physical {
	case format.Int32:
		v.int32s, err = enc.DecodeInt32(v.int32s[:0], data)
	case format.Int64:
		v.int64s, err = enc.DecodeInt64(v.int64s[:0], data)
	case format.Float:
		v.floats, err = enc.DecodeFloat(v.floats[:0], data)
	case format.Double:
		v.doubles, err = enc.DecodeDouble(v.doubles[:0], data)
	default:
		v.bytes = data
	}
	return err
}

// fixedWidth returns the bytes of a plain value, 0 where that varies.
func fixedWidth(physical format.Type, size int) int {
	switch physical {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return size
	default:
		return 0
	}
}

// splitPlain finds the byte arrays in plain data, each after its length in four bytes.
func (v *values) splitPlain(data []byte) error {
	v.offsets = v.offsets[:0]
	v.bytes, v.gap = data, 4
	at := 0
	for range v.n {
		if len(data)-at < 4 {
			return errFewer
		}
		length := binary.LittleEndian.Uint32(data[at:])
		if at += 4; uint64(length) > uint64(len(data)-at) {
			return fmt.Errorf("a value of %d bytes goes beyond its end", length)
		}
		v.offsets = append(v.offsets, uint32(at))
		at += int(length)
	}
	v.offsets = append(v.offsets, uint32(at)+4)
	return nil
}

func (v *values) decodeSplit(physical format.Type, data []byte) (err error) {
	width := fixedWidth(physical, v.size)
	if width <= 0 || physical == format.Int96 {
		return fmt.Errorf("values of type %s can't have its encoding BYTE_STREAM_SPLIT", physical)
	}
	if len(data) != v.n*width {
		return fmt.Errorf("it holds %d bytes and %d values of %d bytes each", len(data), v.n, width)
	}
	enc := bytestreamsplit.Encoding{}
	switch physical {
	case format.Int32:
		v.int32s, err = enc.DecodeInt32(v.int32s[:0], data)
	case format.Int64:
		v.int64s, err = enc.DecodeInt64(v.int64s[:0], data)
	case format.Float:
		v.floats, err = enc.DecodeFloat(v.floats[:0], data)
	case format.Double:
		v.doubles, err = enc.DecodeDouble(v.doubles[:0], data)
	default:
		v.joined = grow(v.joined, len(data))
		for i, b := range data {
			v.joined[i%v.n*width+i/v.n] = b
		}
		v.bytes = v.joined
	}
	return err
}

// decodeRuns decodes booleans that are run-length encoded, after their length in four bytes.
func (v *values) decodeRuns(data []byte) error {
	if len(data) < 4 {
		return errFewer
	}
	length := binary.LittleEndian.Uint32(data)
	if data = data[4:]; uint64(length) > uint64(len(data)) {
		return errFewer
	}
	bools, err := decodeBits(v.bools, data[:length], v.n)
	v.bools = bools
	return err
}

// decodeBits decodes n run-length encoded bits to one byte each.
func decodeBits(dst, src []byte, n int) ([]byte, error) { return decodeRunLengths(dst, src, n, 1) }

// decodeLevels decodes n definition levels to one byte each: 1 where there is a value, 0 where it is null, or one of the
// structs around it. depth is the level of a value, at least 1.
func decodeLevels(dst, src []byte, n, depth int) ([]byte, error) {
	dst, err := decodeRunLengths(dst, src, n, bits.Len(uint(depth)))
	if err != nil || depth == 1 {
		return dst, err
	}
	for i, level := range dst {
		switch {
		case int(level) > depth:
			return dst, fmt.Errorf("one is %d, and the largest is %d", level, depth)
		case int(level) == depth:
			dst[i] = 1
		default:
			dst[i] = 0
		}
	}
	return dst, nil
}

// decodeRunLengths decodes n run-length encoded numbers of at most 8 bits to one byte each.
func decodeRunLengths(dst, src []byte, n, width int) ([]byte, error) {
	used, err := runsLength(src, width, n)
	if err != nil {
		return dst, err
	}
	enc := rle.Encoding{BitWidth: width}
	dst, err = enc.DecodeLevels(dst[:0], src[:used])
	if err != nil || len(dst) < n {
		return dst[:0], errors.Join(err, errFewer)
	}
	return dst[:n], nil
}

// decodeIndexes decodes n indexes into a dictionary: their width in bits, then runs.
func decodeIndexes(dst []int32, src []byte, n int) ([]int32, error) {
	if len(src) == 0 {
		if n > 0 {
			return dst, errFewer
		}
		return dst[:0], nil
	}
	width := int(src[0])
	if width > 32 {
		return dst, fmt.Errorf("its indexes are %d bits wide", width)
	}
	if n == 0 {
		return dst[:0], nil
	}
	if width == 0 {
		if cap(dst) < n {
			dst = make([]int32, n)
		}
		dst = dst[:n]
		clear(dst)
		return dst, nil
	}
	used, err := runsLength(src[1:], width, n)
	if err != nil {
		return dst, err
	}
	enc := rle.DictionaryEncoding{}
	dst, err = enc.DecodeInt32(dst[:0], src[:used+1])
	if err != nil || len(dst) < n {
		return dst[:0], errors.Join(err, errFewer)
	}
	return dst[:n], nil
}

// runsLength walks run-length encoded and bit-packed runs until they hold n values, and returns their length. So the
// decoder, which makes as many values as runs claim, sees none that claim more.
func runsLength(src []byte, width, n int) (int, error) {
	at := 0
	for left := n; left > 0; {
		head, size := binary.Uvarint(src[at:])
		if size <= 0 {
			return 0, errFewer
		}
		at += size
		count, length := head>>1, uint64(width+7)/8
		if head&1 != 0 {
			length = count * uint64(width)
			count *= 8
		}
		// The last bit-packed run is filled up to a multiple of eight values; writers that reserve a whole run of 504
		// are read as well.
		if count > uint64(left)+504 || length > uint64(len(src)-at) {
			return 0, errFewer
		}
		if head&1 == 0 && width < 8 && count > 0 && src[at]>>width != 0 {
			return 0, fmt.Errorf("a run repeats %d, which needs more than %d bits", src[at], width)
		}
		at += int(length)
		left -= int(count)
	}
	return at, nil
}

var errNoDictionary = errors.New("it refers to a dictionary, and there is none")

// checkIndexes refuses indexes into a dictionary of n values that are beyond it.
func checkIndexes(indexes []int32, n int) error {
	if bound := indexBound(indexes); len(indexes) > 0 && int64(bound) >= int64(n) {
		return fmt.Errorf("it refers to value %d of a dictionary of %d", bound, n)
	}
	return nil
}

// indexBound returns the largest index in idx, as an unsigned number.
func indexBound(idx []int32) uint32 {
	bound := uint32(0)
	for _, i := range idx {
		bound = max(bound, uint32(i))
	}
	return bound
}

// halfToDouble widens an IEEE 754 half-precision number.
func halfToDouble(h uint16) float64 {
	sign, exponent, fraction := uint64(h>>15)<<63, int(h>>10&31), uint64(h&1023)
	switch {
	case exponent == 31:
		return math.Float64frombits(sign | 0x7ff<<52 | fraction<<42)
	case exponent == 0 && fraction == 0:
		return math.Float64frombits(sign)
	case exponent == 0: // subnormal: normalise
		shift := bits.LeadingZeros16(uint16(fraction)) - 5
		fraction = fraction << shift & 1023
		exponent = 1 - shift
	}
	return math.Float64frombits(sign | uint64(exponent-15+1023)<<52 | fraction<<42)
}
