// Package vector decodes deletion vectors: the rows of a file that are deleted, as Delta's logs and Iceberg's Puffin files hold
// them. Nothing in them is trusted.
package vector

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/RoaringBitmap/roaring/v2"
)

// MaxBytes is the largest vector that is read: it is held in memory.
const MaxBytes = 256 << 20

const bitmapMagic = 1681511377

// Frame is how many bytes a file has around a vector: its length before it, and its checksum behind it.
const Frame = 4 + 4

// Unframe returns a vector as it lies in a file: its length, it, and its checksum. ledger names what says how many bytes those are.
func Unframe(data []byte, ledger string) ([]byte, error) {
	if len(data) < Frame {
		return nil, fmt.Errorf("has %d bytes; at least %d are needed", len(data), Frame)
	}
	size, content := binary.BigEndian.Uint32(data), data[4:len(data)-4]
	switch {
	case int64(size) != int64(len(content)):
		return nil, fmt.Errorf("says that it has %d bytes, and %s says %d", size, ledger, len(content))
	case crc32.ChecksumIEEE(content) != binary.BigEndian.Uint32(data[len(data)-4:]):
		return nil, fmt.Errorf("differs from its checksum: the file is damaged")
	}
	return content, nil
}

// Decode decodes the 64-bit bitmap of a vector: buckets of 32-bit ones, of which a file has rows in the first alone. The rows come
// back in their smallest form, which is one of each set.
func Decode(data []byte) (rows *roaring.Bitmap, err error) {
	defer func() {
		if r := recover(); r != nil {
			rows, err = nil, fmt.Errorf("its bitmap is damaged")
		}
	}()
	if len(data) < 12 {
		return nil, fmt.Errorf("it has %d bytes; a bitmap has at least 12", len(data))
	}
	if magic := binary.LittleEndian.Uint32(data); magic != bitmapMagic {
		return nil, fmt.Errorf("it begins with %d: expected %d, the magic number of a bitmap", magic, bitmapMagic)
	}
	buckets := binary.LittleEndian.Uint64(data[4:])
	rest := bytes.NewReader(data[12:])
	rows = roaring.New()
	for i := range buckets {
		var key uint32
		if err := binary.Read(rest, binary.LittleEndian, &key); err != nil {
			return nil, fmt.Errorf("it says that it has %d parts, and ends after %d", buckets, i)
		}
		part := roaring.New()
		if _, err := part.ReadFrom(rest); err != nil {
			return nil, fmt.Errorf("its bitmap is damaged: %w", err)
		}
		if err := part.Validate(); err != nil && !part.IsEmpty() {
			return nil, fmt.Errorf("its bitmap is damaged: %w", err)
		}
		switch {
		case part.IsEmpty():
		case key > 0:
			return nil, fmt.Errorf("it lists the row %d, which no file has", uint64(key)<<32+uint64(part.Minimum()))
		case !rows.IsEmpty():
			return nil, fmt.Errorf("it has two parts of one key")
		default:
			rows = part
		}
	}
	if rest.Len() > 0 {
		return nil, fmt.Errorf("%d bytes follow its bitmap", rest.Len())
	}
	rows.RunOptimize()
	return rows, nil
}
