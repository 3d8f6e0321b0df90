package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"goldserve/gold"
)

// Small reads a file of at most so many bytes; nil: there is none.
func Small(ctx context.Context, source Source, name string, most int64) ([]byte, Info, error) {
	info, err := source.Stat(ctx, name)
	switch {
	case Absent(err):
		return nil, info, nil
	case err != nil:
		return nil, info, err
	case info.Folder:
		return nil, info, Refused(name, "expected a file, and it is a folder: remove it", nil)
	case info.Size > most:
		return nil, info, Refused(name, fmt.Sprintf("it has %s, and at most %s are read: write it again", gold.RoundedBytes(info.Size), gold.RoundedBytes(most)), nil)
	}
	open, err := source.Open(ctx, info)
	if errors.Is(err, fs.ErrNotExist) || gold.CodeOf(err) == gold.CodeSourceChanged {
		return nil, info, Changed(name, "it was removed or replaced")
	}
	if err != nil {
		return nil, info, err
	}
	defer func() { _ = open.Close() }() // it was only read
	data := make([]byte, info.Size)
	if n, err := open.ReadAt(ctx, data, 0); n < len(data) {
		return nil, info, cmp.Or(err, error(Changed(name, "it was written to")))
	}
	return data, info, nil
}
