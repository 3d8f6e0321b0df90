package delta

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Vector says where the rows of a file that are deleted are listed: in a file, or here.
type Vector struct {
	StorageType string `json:"storageType"`
	PathOrData  string `json:"pathOrInlineDv"`
	Offset      *int64 `json:"offset"`
	Size        int64  `json:"sizeInBytes"`
	Cardinality int64  `json:"cardinality"`
}

// none reports whether there is no vector, as which some writers of checkpoints leave an empty one.
func (v *Vector) none() bool { return v == nil || v.StorageType == "" }

// id tells the vector from others of the same file.
func (v *Vector) id() string {
	id := v.StorageType + v.PathOrData
	if v.Offset != nil {
		id += "@" + strconv.FormatInt(*v.Offset, 10)
	}
	return id
}

// Limits of a vector: it is held in memory.
const (
	maxVector   = 256 << 20 // bytes
	vectorMagic = 1681511377
)

// Deleted returns the numbers, from 0, of the rows of a file that are deleted; nil: none are.
func (s *Snapshot) Deleted(ctx context.Context, f *File) (*roaring.Bitmap, error) {
	v := f.Vector
	if v == nil {
		return nil, nil
	}
	name := s.Name(f)
	wrong := func(text string, args ...any) error {
		return invalid(name, gold.CodeFileInvalid, "its deletion vector, which says which rows are deleted, %s", fmt.Sprintf(text, args...))
	}
	if v.Size < 0 || v.Size > maxVector {
		return nil, wrong("says that it has %d bytes; at most %d are allowed", v.Size, maxVector)
	}
	var data []byte
	var err error
	switch v.StorageType {
	case "i":
		if data, err = decodeZ85(v.PathOrData); err != nil {
			return nil, wrong("can't be read: %v", err)
		}
		if int64(len(data)) < v.Size {
			return nil, wrong("has %d bytes, and says %d", len(data), v.Size)
		}
		data = data[:v.Size]
	case "u", "p":
		stored, err := s.vectorFile(v)
		if err != nil {
			return nil, wrong("%v", err)
		}
		if stored == "" {
			return nil, s.log.outside(v.PathOrData)
		}
		if data, err = s.readVector(ctx, stored, v); err != nil {
			return nil, err
		}
	default:
		return nil, wrong("is stored as %q: expected u, i or p", shorten(v.StorageType))
	}
	rows, err := decodeVector(data)
	switch {
	case err != nil:
		return nil, wrong("can't be read: %v", err)
	case int64(rows.GetCardinality()) != v.Cardinality:
		return nil, wrong("lists %d rows, and the log says %d", rows.GetCardinality(), v.Cardinality)
	}
	return rows, nil
}

// vectorFile returns the name in the lake of the file that holds a vector; empty: it lies outside the table.
func (s *Snapshot) vectorFile(v *Vector) (string, error) {
	if v.StorageType == "p" {
		name, inside, err := within(object.PlacesOf(s.log.source, s.log.folder), v.PathOrData)
		if err != nil {
			return "", fmt.Errorf("has a path that %w", err)
		}
		if !inside {
			return "", nil
		}
		return path.Join(s.log.folder, name), nil
	}
	const encoded = 20 // characters of a UUID
	if len(v.PathOrData) < encoded {
		return "", fmt.Errorf("has the name %q: expected at least %d characters", shorten(v.PathOrData), encoded)
	}
	prefix := v.PathOrData[:len(v.PathOrData)-encoded]
	id, err := decodeZ85(v.PathOrData[len(prefix):])
	if err != nil {
		return "", fmt.Errorf("has the name %q: %w", shorten(v.PathOrData), err)
	}
	name, fine := object.Inside(path.Join("./"+prefix, fmt.Sprintf("deletion_vector_%x-%x-%x-%x-%x.bin", id[:4], id[4:6], id[6:8], id[8:10], id[10:])))
	if !fine || path.IsAbs(prefix) || hasParent(prefix) {
		return "", nil
	}
	return path.Join(s.log.folder, name), nil
}

func hasParent(name string) bool {
	_, fine := object.Inside(name + "/x")
	return !fine
}

// readVector reads a vector from its file.
func (s *Snapshot) readVector(ctx context.Context, name string, v *Vector) ([]byte, error) {
	in, err := object.OpenInput(ctx, s.log.source, object.Info{Name: name})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var version [1]byte
	off := int64(1)
	if v.Offset != nil {
		off = max(off, *v.Offset)
	}
	if whole := 4 + v.Size + 4; in.Size() < 1 || whole > in.Size() || off > in.Size()-whole {
		return nil, invalid(name, gold.CodeFileInvalid, "it has %d bytes, and the log says that a deletion vector of %d lies in it at %d", in.Size(), v.Size, off)
	}
	if err := in.ReadAt(ctx, version[:], 0); err != nil {
		return nil, err
	}
	if version[0] != 1 {
		return nil, invalid(name, gold.CodeFileUnsupported, "it holds deletion vectors of the format version %d: expected 1", version[0])
	}
	data := make([]byte, 4+v.Size+4)
	if err := in.ReadAt(ctx, data, off); err != nil {
		return nil, err
	}
	size, content, check := binary.BigEndian.Uint32(data), data[4:4+v.Size], binary.BigEndian.Uint32(data[4+v.Size:])
	switch {
	case int64(size) != v.Size:
		return nil, invalid(name, gold.CodeFileInvalid, "the deletion vector at %d says that it has %d bytes, and the log says %d", off, size, v.Size)
	case crc32.ChecksumIEEE(content) != check:
		return nil, invalid(name, gold.CodeFileInvalid, "the deletion vector at %d differs from its checksum: the file is damaged", off)
	}
	return content, nil
}

// decodeVector decodes the 64-bit bitmap of a vector: buckets of 32-bit ones, of which a file has rows in the first alone.
func decodeVector(data []byte) (rows *roaring.Bitmap, err error) {
	defer func() {
		if r := recover(); r != nil {
			rows, err = nil, fmt.Errorf("its bitmap is damaged")
		}
	}()
	if len(data) < 12 {
		return nil, fmt.Errorf("it has %d bytes; a bitmap has at least 12", len(data))
	}
	if magic := binary.LittleEndian.Uint32(data); magic != vectorMagic {
		return nil, fmt.Errorf("it begins with %d: expected %d, the magic number of a bitmap", magic, vectorMagic)
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
	return rows, nil
}
