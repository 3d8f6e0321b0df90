package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// codecProblem returns why a codec can't be read, or "".
func codecProblem(c format.CompressionCodec) string {
	switch c {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
		return ""
	case format.Lz4:
		return "it is compressed with the deprecated codec LZ4: write the file again with ZSTD or LZ4_RAW"
	case format.LZO:
		return "it is compressed with LZO: write the file again with ZSTD or SNAPPY"
	default:
		return fmt.Sprintf("it has the unknown compression codec %d: write the file again with ZSTD or SNAPPY", int32(c))
	}
}

// decompressor decompresses pages. It is used by one goroutine.
type decompressor struct {
	zstd   *zstd.Decoder
	gzip   gzip.Reader
	brotli brotli.Reader
	source bytes.Reader
}

var errLonger = errors.New("it decompresses to more bytes than its header says")

// decompress decompresses src, which must give exactly size bytes, into buf's memory where it is large enough. No more
// than size bytes are ever made. The result may be src itself.
func (d *decompressor) decompress(codec format.CompressionCodec, buf, src []byte, size int) ([]byte, error) {
	if codec == format.Uncompressed {
		if len(src) != size {
			return nil, fmt.Errorf("it has %d bytes and its header says %d", len(src), size)
		}
		return src, nil
	}
	if size == 0 && len(src) == 0 {
		return buf[:0], nil
	}
	dst := grow(buf, size)
	n, err := d.into(codec, dst, src)
	switch {
	case err != nil:
		return nil, err
	case n != size:
		return nil, fmt.Errorf("it decompresses to %d bytes and its header says %d", n, size)
	}
	return dst, nil
}

// into decompresses src into dst and returns the number of bytes; more than dst holds is an error.
func (d *decompressor) into(codec format.CompressionCodec, dst, src []byte) (int, error) {
	switch codec {
	case format.Snappy:
		n, err := snappy.DecodedLen(src)
		if err != nil || n > len(dst) {
			return n, errors.Join(err, longerThan(n, dst))
		}
		if err := checkSnappy(src); err != nil {
			return 0, err
		}
		_, err = snappy.Decode(dst, src)
		return n, err
	case format.Lz4Raw:
		return decodeLZ4(dst, src)
	case format.Zstd:
		if d.zstd == nil {
			// The limit makes DecodeAll stop at the capacity of its destination.
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(2*maxPage))
			if err != nil {
				return 0, err
			}
			d.zstd = z
		}
		out, err := d.zstd.DecodeAll(src, dst[:0:len(dst)])
		return len(out), err
	case format.Gzip:
		d.source.Reset(src)
		if err := d.gzip.Reset(&d.source); err != nil {
			return 0, err
		}
		return readAll(&d.gzip, dst)
	case format.Brotli:
		d.source.Reset(src)
		if err := d.brotli.Reset(&d.source); err != nil {
			return 0, err
		}
		return readAll(&d.brotli, dst)
	default:
		return 0, errors.New(codecProblem(codec))
	}
}

func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

// readAll reads r, which must end within dst, to its end: a codec's own checksum is checked there.
func readAll(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, nil // too short: the caller says so
	}
	if err != nil {
		return n, err
	}
	var more [1]byte
	switch m, err := io.ReadFull(r, more[:]); {
	case m > 0:
		return n, errLonger
	case !errors.Is(err, io.EOF):
		return n, err
	}
	return n, nil
}

var errSnappy = errors.New("its Snappy block is damaged")

// checkSnappy refuses what is no block of Snappy (https://github.com/google/snappy/blob/main/format_description.txt) but
// one of S2, its extension, which the decoder reads as well: there a copy from a distance of 0 repeats the one before, so
// that damage would go unseen.
func checkSnappy(src []byte) error {
	_, i := binary.Uvarint(src)
	if i <= 0 {
		return errSnappy
	}
	for i < len(src) {
		tag := src[i]
		i++
		var distance, bytes int
		switch tag & 3 {
		case 0:
			length := int(tag >> 2)
			if bytes = length - 59; bytes <= 0 { // else the length lies in as many bytes
				i += length + 1
				continue
			}
			if length = 0; bytes > len(src)-i {
				return errSnappy
			}
			for k := range bytes {
				length |= int(src[i+k]) << (8 * k)
			}
			i += bytes + length + 1
			continue
		case 1:
			bytes, distance = 1, int(tag>>5)<<8
		case 2:
			bytes = 2
		default:
			bytes = 4
		}
		if bytes > len(src)-i {
			return errSnappy
		}
		for k := range bytes {
			distance |= int(src[i+k]) << (8 * k)
		}
		if i += bytes; distance == 0 {
			return errSnappy
		}
	}
	return nil
}

func longerThan(n int, dst []byte) error {
	if n > len(dst) {
		return errLonger
	}
	return nil
}

var errLZ4 = errors.New("its LZ4 block is damaged")

// decodeLZ4 decodes an LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) into dst and returns the
// number of bytes.
func decodeLZ4(dst, src []byte) (int, error) {
	n := 0
	for i := 0; i < len(src); {
		token := src[i]
		i++
		literals, next, ok := lz4Length(src, i, int(token>>4))
		if i = next; !ok || literals > len(src)-i {
			return n, errLZ4
		}
		if literals > len(dst)-n {
			return n, errLonger
		}
		n += copy(dst[n:], src[i:i+literals])
		if i += literals; i == len(src) {
			return n, nil // the last sequence has literals alone
		}
		if len(src)-i < 2 {
			return n, errLZ4
		}
		distance := int(src[i]) | int(src[i+1])<<8
		length, next, ok := lz4Length(src, i+2, int(token&15))
		if i = next; !ok || distance == 0 || distance > n {
			return n, errLZ4
		}
		if length += 4; length > len(dst)-n {
			return n, errLonger
		}
		// A match may overlap what it makes: then it repeats, and each round doubles what is there to copy.
		for from := n - distance; length > 0; {
			c := copy(dst[n:n+length], dst[from:n])
			n, length = n+c, length-c
		}
	}
	return n, errLZ4
}

// lz4Length adds to a length of 15 the bytes that follow, up to and with one that is not 255.
func lz4Length(src []byte, i, length int) (int, int, bool) {
	if length < 15 {
		return length, i, true
	}
	for i < len(src) {
		b := src[i]
		i++
		if length += int(b); b != 255 {
			return length, i, true
		}
	}
	return length, i, false
}

// grow returns a slice of n bytes in buf's memory where it is large enough.
func grow(buf []byte, n int) []byte {
	if cap(buf) < n {
		return make([]byte, n)
	}
	return buf[:n]
}
