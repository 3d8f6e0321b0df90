package landing

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// hashed is what is remembered of a raw file by its name, and of a landed one.
type hashed struct {
	Token  string `json:"token"`
	SHA256 string `json:"sha256"`
}

// content is what is remembered of a raw file by what it holds, and what of that its source reads.
type content struct {
	Rows   int64    `json:"rows"`
	Broken int64    `json:"broken,omitempty"`
	Lacks  []string `json:"lacks,omitempty"` // columns that none of its records has, of JSON
	Types  []string `json:"types,omitempty"` // of the columns, where it is Parquet
	Landed hashed   `json:"landed,omitzero"` // the landed file as it was written
}

// The files of _landed that say what is remembered. Both may be removed.
const (
	hashesFile   = "_files.json"
	contentsFile = "_contents.json"
)

// remembered reads what is remembered; nothing where it can't be read.
func remembered[T any](folder, name string) map[string]T {
	kept := map[string]T{}
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil || json.Unmarshal(text, &kept) != nil || kept == nil {
		return map[string]T{}
	}
	return kept
}

// remember writes what is remembered, whole.
func remember[T any](folder, name string, kept map[string]T) error {
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a lake's folders are read by others
		return err
	}
	return whole(filepath.Join(folder, name), func(f *os.File) error {
		_, err := f.Write(text)
		return err
	})
}

// whole writes a file under another name, and gives it its own once all of it is on disk.
func whole(name string, write func(f *os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
