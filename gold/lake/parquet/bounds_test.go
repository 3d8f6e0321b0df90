package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// compressed returns text in each codec.
func compressed(tb testing.TB, text []byte) map[format.CompressionCodec][]byte {
	tb.Helper()
	var gz, br bytes.Buffer
	g, b := gzip.NewWriter(&gz), brotli.NewWriter(&br)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{g, b} {
		if _, err := w.Write(text); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	lz4, err := parquet.Lz4Raw.Encode(nil, text)
	if err != nil {
		tb.Fatal(err)
	}
	return map[format.CompressionCodec][]byte{
		format.Uncompressed: text, format.Snappy: snappy.Encode(nil, text), format.Gzip: gz.Bytes(), format.Brotli: br.Bytes(),
		format.Zstd: z.EncodeAll(text, nil), format.Lz4Raw: lz4,
	}
}

func TestPagesDecompressToWhatTheirHeaderSays(t *testing.T) {
	var d decompressor
	defer d.close()
	long := []byte(strings.Repeat("abcabcabcd", 100_000) + "end")
	for _, text := range [][]byte{long, []byte("short"), {}} {
		for codec, src := range compressed(t, text) {
			got, err := d.decompress(codec, nil, src, len(text))
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s: %d bytes, %v, want %d", codec, len(got), err, len(text))
			}
			for _, lie := range []int{len(text) - 1, len(text) / 2, len(text) + 1} {
				if lie < 0 || lie == len(text) {
					continue
				}
				if _, err := d.decompress(codec, nil, src, lie); err == nil {
					t.Errorf("%s: %d bytes pass for %d", codec, len(text), lie)
				}
			}
			if len(text) > 1000 && codec != format.Uncompressed {
				if _, err := d.decompress(codec, nil, src[:len(src)/2], len(text)); err == nil {
					t.Errorf("%s: half of it passes for the whole", codec)
				}
			}
		}
	}
}

func TestABombIsNotDecompressed(t *testing.T) {
	var d decompressor
	defer d.close()
	for codec, src := range compressed(t, make([]byte, 64<<20)) {
		if codec == format.Uncompressed {
			continue
		}
		if _, err := d.decompress(codec, nil, src, 1000); err != nil { // once, for what is allocated only once
			before := allocated()
			_, err = d.decompress(codec, nil, src, 1000)
			if bytes := allocated() - before; err == nil || bytes > 4<<20 {
				t.Errorf("%s: %d bytes allocated, %v", codec, bytes, err)
			}
		} else {
			t.Errorf("%s: 64 MiB pass for 1000 bytes", codec)
		}
	}
}

func TestDamagedLZ4IsRefused(t *testing.T) {
	text := []byte(strings.Repeat("the quick brown fox ", 50))
	block, err := parquet.Lz4Raw.Encode(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, len(text))
	for i := range block {
		for _, flip := range []byte{1, 0x80, 0xff} {
			damaged := bytes.Clone(block)
			damaged[i] ^= flip
			if n, err := decodeLZ4(dst, damaged); err == nil && n > len(dst) {
				t.Errorf("byte %d: %d bytes", i, n)
			}
		}
		if _, err := decodeLZ4(dst, block[:i]); err == nil && i > 0 {
			if n, _ := decodeLZ4(dst, block[:i]); n == len(text) {
				t.Errorf("cut at %d: it passes for the whole", i)
			}
		}
	}
}

func TestStructuresThatLieAreRefused(t *testing.T) {
	huge := binary.AppendUvarint([]byte{0x29, 0xfc}, math.MaxInt32) // field 2, a list of structures
	for name, b := range map[string][]byte{
		"nothing":                    {},
		"a list of 2^31 structures":  huge,
		"a text of 2^31 bytes":       binary.AppendUvarint([]byte{0x68}, math.MaxInt32),
		"50,000 structures deep":     bytes.Repeat([]byte{0x1c}, 50_000),
		"50,000 lists deep":          append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 50_000)...),
		"2^21 structures":            append(binary.AppendUvarint([]byte{0x29, 0xfc}, 1<<21), make([]byte, 1<<21+1)...),
		"a map of 2^31 pairs":        append(binary.AppendUvarint([]byte{0x1b}, math.MaxInt32), 0xcc),
		"a number that never ends":   append([]byte{0x15}, bytes.Repeat([]byte{0xff}, 20)...),
		"an unknown type":            {0x1d, 0},
		"a number, and then nothing": {0x15},
	} {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			var meta fileMetadata
			_, err := decodeThrift(b, &meta, footerStructure)
			if bytes := allocated() - before; err == nil || bytes > 1<<20 {
				t.Errorf("%d bytes allocated, %v", bytes, err)
			}
		})
	}
}

func TestEncodingsThatLieAreRefused(t *testing.T) {
	run := func(count uint64, value ...byte) []byte { return append(binary.AppendUvarint(nil, count<<1), value...) }
	// Delta blocks: block size, parts, values, first value.
	head := func(block, parts, total uint64) []byte {
		var b []byte
		for _, v := range []uint64{block, parts, total, 0} {
			b = binary.AppendUvarint(b, v)
		}
		return b
	}
	same := func(total uint64) []byte { // all differences 0
		return append(head(128, 4, total), bytes.Repeat([]byte{0, 0, 0, 0, 0}, int(total)/128+1)...)
	}
	prefixes := append(head(128, 4, 200), bytes.Repeat([]byte{0, 0, 0, 0, 0}, 2)...)
	for name, c := range map[string]func() error{
		"a run of 2^31 bits":    func() error { _, err := decodeBits(nil, run(math.MaxInt32, 1), 10); return err },
		"a run of 2^60 indexes": func() error { _, err := decodeIndexes(nil, append([]byte{4}, run(1<<60, 1)...), 10); return err },
		"2^60 packed indexes": func() error {
			_, err := decodeIndexes(nil, append([]byte{4}, binary.AppendUvarint(nil, 1<<60|1)...), 10)
			return err
		},
		"runs that end early":     func() error { _, err := decodeBits(nil, run(9, 1), 10); return err },
		"a run without its value": func() error { _, err := decodeBits(nil, run(10), 10); return err },
		"a bit that is 2":         func() error { _, err := decodeBits(nil, run(10, 2), 10); return err },
		"indexes of 33 bits":      func() error { _, err := decodeIndexes(nil, []byte{33, 3, 0}, 1); return err },
		"2^31 deltas": func() error {
			return (&values{}).decode(format.Int64, 0, format.DeltaBinaryPacked, same(math.MaxInt32/1000), 10)
		},
		"delta blocks of 0": func() error { return (&values{}).decode(format.Int64, 0, format.DeltaBinaryPacked, head(0, 4, 10), 10) },
		"delta blocks in 0 parts": func() error {
			return (&values{}).decode(format.Int64, 0, format.DeltaBinaryPacked, head(128, 0, 10), 10)
		},
		"delta blocks of 2^40": func() error {
			return (&values{}).decode(format.Int64, 0, format.DeltaBinaryPacked, head(1<<40, 4, 10), 10)
		},
		"deltas of 200 bits": func() error {
			return (&values{}).decode(format.Int64, 0, format.DeltaBinaryPacked, append(head(128, 4, 10), 0, 200, 0, 0, 0), 10)
		},
		"deltas that end early": func() error {
			return (&values{}).decode(format.Int32, 0, format.DeltaBinaryPacked, append(head(128, 4, 10), 0, 8, 0, 0, 0), 10)
		},
		"prefixes of nothing": func() error { return (&values{}).decode(format.ByteArray, 0, format.DeltaByteArray, prefixes, 200) },
		"a text beyond its page": func() error {
			return (&values{}).decode(format.ByteArray, 0, format.Plain, []byte{255, 255, 255, 255, 'a'}, 1)
		},
		"fewer numbers than it says": func() error { return (&values{}).decode(format.Int64, 0, format.Plain, make([]byte, 15), 2) },
		"fixed values of length 0": func() error {
			return (&values{}).decode(format.FixedLenByteArray, 0, format.Plain, make([]byte, 15), 2)
		},
		"fewer bits than it says":      func() error { return (&values{}).decode(format.Boolean, 0, format.Plain, []byte{1}, 9) },
		"half a split number":          func() error { return (&values{}).decode(format.Double, 0, format.ByteStreamSplit, make([]byte, 15), 2) },
		"run lengths of numbers":       func() error { return (&values{}).decode(format.Int64, 0, format.RLE, make([]byte, 15), 2) },
		"a dictionary's encoding here": func() error { return (&values{}).decode(format.Int64, 0, format.RLEDictionary, make([]byte, 15), 2) },
	} {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			err := c()
			if bytes := allocated() - before; err == nil || bytes > 1<<20 {
				t.Errorf("%d bytes allocated, %v", bytes, err)
			}
		})
	}
}

// TestPrefixesDoNotMultiply: 100,000 values that share a text of 1 MiB take some bytes in the file.
func TestPrefixesDoNotMultiply(t *testing.T) {
	const n, length = 100_000, 1 << 20
	zigzag := func(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }
	lengths := func(first, rest int64) []byte {
		b := binary.AppendUvarint(nil, 128)
		b = binary.AppendUvarint(b, 4)
		b = binary.AppendUvarint(b, n)
		b = binary.AppendUvarint(b, zigzag(first))
		for i := 1; i < n; i += 128 {
			d := int64(0)
			if i == 1 {
				// Every difference of the first block is this one, so lengths run away: the sum's limit ends it.
				d = rest - first
			}
			b = append(binary.AppendUvarint(b, zigzag(d)), 0, 0, 0, 0)
		}
		return b
	}
	data := append(lengths(0, length), lengths(length, 0)...)
	data = append(data, make([]byte, length)...)
	before := allocated()
	err := (&values{}).decode(format.ByteArray, 0, format.DeltaByteArray, data, n)
	if bytes := allocated() - before; err == nil || bytes > 64<<20 {
		t.Errorf("%d bytes allocated, %v", bytes, err)
	}
}
