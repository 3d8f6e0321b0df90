package pack

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"goldserve/gold"
)

// The bounds of what Verify reads.
const (
	mostEntries  = 100_000
	mostManifest = 64 << 20
)

// Verified is what a pack says of itself, once it was found to be true.
type Verified struct {
	Files    int // with the manifest
	RunID    string
	Rows     int64
	Passed   bool
	Failed   []string
	Manifest string // SHA-256 of manifest.json
}

// listed is what Verify reads of a manifest.
type listed struct {
	RunID   string `json:"run_id"`
	Outputs []struct {
		File   string `json:"file"`
		SHA256 string `json:"sha256"`
		Bytes  uint64 `json:"bytes"`
	} `json:"outputs"`
	Rows   int64    `json:"rows_final"`
	Passed bool     `json:"passed"`
	Failed []string `json:"failed_checks"`
}

// Verify checks a pack: that its entries are files and folders below one folder, none of which is more than a hundred times its compressed
// size, that the file is nothing but these, and that each is what the manifest lists, no file more or less. It extracts nothing. Its error is Invalid pack_invalid, with every
// problem.
func Verify(from io.ReaderAt, size int64) (*Verified, error) {
	z, err := zip.NewReader(from, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // such a path is told of below
		return nil, gold.Errorf(gold.Invalid, gold.CodePackInvalid, "it can't be read as a ZIP file: %w", err)
	}
	v := &verifier{files: map[string]*zip.File{}}
	if len(z.File) > mostEntries {
		return nil, gold.Errorf(gold.Invalid, gold.CodePackInvalid, "it has %d entries: at most %d are read", len(z.File), mostEntries)
	}
	var all uint64
	for _, f := range z.File {
		v.entry(f)
		all += f.UncompressedSize64
	}
	if all > mostRatio*uint64(size) && len(v.problems) == 0 {
		v.add("", "its entries are more than %d times as large as it is", mostRatio)
	}
	if len(v.problems) == 0 {
		v.layout(from, size, z)
	}
	if len(v.problems) > 0 {
		return nil, v.err()
	}
	return v.contents()
}

// verifier checks the entries of a pack.
type verifier struct {
	root     string
	files    map[string]*zip.File // by their names below root
	problems []gold.Problem
}

func (v *verifier) add(file, format string, args ...any) {
	const most = 20
	if len(v.problems) < most {
		v.problems = append(v.problems, gold.Problem{File: file, Code: gold.CodePackInvalid, Detail: fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) err() error { return gold.InvalidAll(v.problems) }

// entry checks what the directory of the ZIP says of an entry.
func (v *verifier) entry(f *zip.File) {
	name := strings.TrimSuffix(f.Name, "/")
	root, below, _ := strings.Cut(name, "/")
	folder := strings.HasSuffix(f.Name, "/")
	switch {
	case !nameable(name):
		v.add(f.Name, "the name leads out of the pack, or is not one of a file on every system")
	case !f.Mode().IsRegular() && !f.Mode().IsDir():
		v.add(f.Name, "it is no file and no folder, but %s: packs have no links", f.Mode().Type())
	case f.Mode().IsDir() != folder:
		v.add(f.Name, "its name and its mode disagree whether it is a folder")
	case folder && f.UncompressedSize64 > 0:
		v.add(f.Name, "it is a folder with content")
	case f.Method != zip.Store && f.Method != zip.Deflate || f.Flags&1 != 0:
		v.add(f.Name, "it is compressed by method %d, or encrypted: packs have deflate alone", f.Method)
	case f.UncompressedSize64 > mostRatio*f.CompressedSize64:
		v.add(f.Name, "it is %d bytes of %d: packs have ratios up to %d", f.UncompressedSize64, f.CompressedSize64, mostRatio)
	case v.root != "" && root != v.root:
		v.add(f.Name, "it does not lie in the folder %s, as the others do", v.root)
	case !folder && below == "":
		v.add(f.Name, "it does not lie in a folder")
	case v.files[below] != nil:
		v.add(f.Name, "the pack has it twice")
	}
	if v.root == "" {
		v.root = root
	}
	if !folder {
		v.files[below] = f
	}
}

// nameable reports whether a path leads to a file below the pack on every system.
func nameable(name string) bool {
	return fs.ValidPath(name) && !strings.ContainsAny(name, "\\:\x00") && name != "."
}

// manifestFile is the file that lists the others.
const manifestFile = "manifest.json"

// contents reads the entries.
func (v *verifier) contents() (*Verified, error) {
	f := v.files[manifestFile]
	if f == nil {
		v.add(manifestFile, "the pack has none")
		return nil, v.err()
	}
	if f.UncompressedSize64 > mostManifest {
		v.add(manifestFile, "it has %d bytes: at most %d are read", f.UncompressedSize64, mostManifest)
		return nil, v.err()
	}
	var text strings.Builder
	sum, err := read(f, &text)
	var m listed
	if err == nil {
		err = json.Unmarshal([]byte(text.String()), &m)
	}
	if err != nil {
		v.add(manifestFile, "it can't be read: %v", err)
		return nil, v.err()
	}
	seen := map[string]bool{manifestFile: true}
	for _, o := range m.Outputs {
		found := v.files[o.File]
		switch {
		case seen[o.File]:
			v.add(o.File, "the manifest lists it twice")
			continue
		case found == nil:
			v.add(o.File, "the manifest lists it, and it is missing")
		default:
			v.content(o.File, found, o.SHA256, o.Bytes)
		}
		seen[o.File] = true
	}
	var more []string
	for name := range v.files {
		if !seen[name] {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	for _, name := range more {
		v.add(name, "the manifest doesn't list it")
	}
	if len(v.problems) > 0 {
		return nil, v.err()
	}
	return &Verified{Files: len(seen), RunID: m.RunID, Rows: m.Rows, Passed: m.Passed, Failed: m.Failed, Manifest: sum}, nil
}

// content compares an entry with what the manifest says.
func (v *verifier) content(name string, f *zip.File, sum string, size uint64) {
	if f.UncompressedSize64 != size {
		v.add(name, "it has %d bytes, the manifest says %d", f.UncompressedSize64, size)
		return
	}
	switch found, err := read(f, io.Discard); {
	case err != nil:
		v.add(name, "it can't be read: %v", err)
	case found != sum:
		v.add(name, "its SHA-256 is %s, the manifest says %s", found, sum)
	}
}

// read copies an entry, of which no more is read than its directory says, and returns its SHA-256.
func read(f *zip.File, to io.Writer) (string, error) {
	in, err := f.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }() // it was only read
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(sum, to), io.LimitReader(in, int64(f.UncompressedSize64)+1))
	if err == nil && uint64(n) != f.UncompressedSize64 {
		err = fmt.Errorf("it has %d bytes, its directory says %d", n, f.UncompressedSize64)
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}
