package delta

import (
	"context"
	"fmt"
	"path"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/vector"
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
	if v.Size < 0 || v.Size > vector.MaxBytes {
		return nil, wrong("says that it has %d bytes; at most %d are allowed", v.Size, vector.MaxBytes)
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
	rows, err := vector.Decode(data)
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
		return object.Join(s.log.folder, name), nil
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
	content, err := vector.Unframe(data, "the log")
	if err != nil {
		return nil, invalid(name, gold.CodeFileInvalid, "the deletion vector at %d %v", off, err)
	}
	return content, nil
}
