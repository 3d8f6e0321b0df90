package pack

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// level is the one level of compression.
const level = 6

// mostRatio is how many times larger than its compressed bytes an entry may be.
const mostRatio = 100

// entry is a file of a pack, whose compressed bytes lie in the spool.
type entry struct {
	name   string // below the folder
	at     int64  // in the spool
	packed int64
	size   int64
	crc    uint32
	sha256 string
}

// archive collects the entries of a pack, and writes them in their order.
type archive struct {
	spool   *os.File
	end     int64
	entries []entry
}

// newArchive opens a spool in a folder.
func newArchive(folder string) (*archive, error) {
	spool, err := os.CreateTemp(folder, ".goldserve-pack-*")
	if err != nil {
		return nil, err
	}
	return &archive{spool: spool}, nil
}

// close removes the spool.
func (a *archive) close() {
	_ = a.spool.Close()
	_ = os.Remove(a.spool.Name()) // nothing else knows it
}

// counted counts what is written, and hashes it.
type counted struct {
	to   io.Writer
	size int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.size += int64(n)
	return n, err
}

// add writes a file into the spool.
func (a *archive) add(name string, write func(w io.Writer) error) (entry, error) {
	sum, crc := sha256.New(), crc32.NewIEEE()
	packed := &counted{to: a.spool}
	compressor, err := flate.NewWriter(packed, level)
	if err != nil {
		return entry{}, err
	}
	plain := &counted{to: io.MultiWriter(sum, crc, compressor)}
	if err := write(plain); err != nil {
		return entry{}, err
	}
	if err := compressor.Close(); err != nil {
		return entry{}, err
	}
	e := entry{name: name, at: a.end, packed: packed.size, size: plain.size, crc: crc.Sum32(), sha256: hex.EncodeToString(sum.Sum(nil))}
	a.end += packed.size
	a.entries = append(a.entries, e)
	return e, nil
}

// addText adds a file of some text.
func (a *archive) addText(name, text string) (entry, error) {
	return a.add(name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// addJSON adds a file of a JSON value.
func (a *archive) addJSON(name string, v any) (entry, error) {
	text, err := indented(v)
	if err != nil {
		return entry{}, err
	}
	return a.addText(name, text)
}

// write writes the entries, with the empty ones of folders, in byte order of their names.
func (a *archive) write(w io.Writer, root string, folders []string, at time.Time) error {
	all := slices.Clone(a.entries)
	for _, folder := range folders {
		if !slices.ContainsFunc(all, func(e entry) bool { return strings.HasPrefix(e.name, folder) }) {
			all = append(all, entry{name: folder})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	out := zip.NewWriter(w)
	for i := range all {
		if err := a.writeEntry(out, &all[i], root, at); err != nil {
			return err
		}
	}
	return out.Close()
}

func (a *archive) writeEntry(out *zip.Writer, e *entry, root string, at time.Time) error {
	h := &zip.FileHeader{
		Name: root + "/" + e.name, Method: zip.Deflate, CRC32: e.crc, CompressedSize64: uint64(e.packed), UncompressedSize64: uint64(e.size),
	}
	h.ModifiedDate, h.ModifiedTime = dosTime(at) //nolint:staticcheck // Modified would add a field of a finer time
	if strings.HasSuffix(e.name, "/") {
		h.Method = zip.Store
		h.SetMode(fs.ModeDir | 0o755)
		_, err := out.CreateRaw(h)
		return err
	}
	h.SetMode(0o644)
	var from io.Reader = io.NewSectionReader(a.spool, e.at, e.packed)
	if e.size > mostRatio*e.packed { // nobody would take it for anything but a bomb
		h.Method, h.CompressedSize64 = zip.Store, h.UncompressedSize64
		from = flate.NewReader(from)
	}
	w, err := out.CreateRaw(h)
	if err == nil {
		_, err = io.Copy(w, from) // #nosec G110 -- it is what was just compressed
	}
	return err
}

// dosTime returns a time as ZIPs have it: in steps of two seconds, in UTC here.
func dosTime(t time.Time) (date, clock uint16) {
	t = t.UTC()
	year := min(max(t.Year(), 1980), 2107)
	return uint16(t.Day() + int(t.Month())<<5 + (year-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// sumOf returns the SHA-256 of some lines.
func sumOf(lines ...string) string {
	var text bytes.Buffer
	for _, l := range lines {
		text.WriteString(l + "\n")
	}
	sum := sha256.Sum256(text.Bytes())
	return hex.EncodeToString(sum[:])
}
