//go:build !windows

package s3

import (
	"errors"
	"os"
	"path/filepath"
)

// nameless makes a file that has no name, which the system frees with the process, however that ends.
func nameless(pattern string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Split(pattern))
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
