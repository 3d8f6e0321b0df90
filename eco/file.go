package eco

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"goldserve/gold/filelock"
)

// FileName is the file of a folder to which rows are appended.
const FileName = "emissions.csv"

// tornName is the file for a last line that is not whole.
const tornName = "torn_emissions.txt"

// lockTime is how long an append waits for others.
const lockTime = 10 * time.Second

// Book is the emissions.csv of a folder.
type Book struct{ path string }

// OpenBook returns the emissions.csv of a folder, both made where they are missing, so that what stands in the way is known before the
// work that is metered begins. The error names the file and what is wrong with it.
func OpenBook(folder string) (*Book, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil { // #nosec G301 G703 -- like any folder that the user creates: the umask decides
		return nil, err
	}
	b := &Book{filepath.Join(folder, FileName)}
	f, err := b.lock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing is waiting to be written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return b, b.write(f, 0, line(Columns))
	}
	_, err = headerOf(f, b.path)
	return b, err
}

// Path is the file's.
func (b *Book) Path() string { return b.path }

// Append appends a row, as a whole line, or nothing. note says what had to be put right in the file before; empty: nothing.
func (b *Book) Append(row Row) (note string, err error) {
	for {
		f, err := b.lock()
		if err != nil {
			return note, err
		}
		done, said, err := b.append(f, row)
		note = strings.Trim(note+"; "+said, "; ")
		if err = errors.Join(err, f.Close()); err != nil || done {
			return note, err
		}
	}
}

// append appends to the locked file. It is not done where another file has to take its place before.
func (b *Book) append(f *os.File, row Row) (done bool, note string, err error) {
	size, note, err := b.mend(f)
	if err != nil {
		return false, "", err
	}
	if size == 0 {
		return true, note, b.write(f, 0, append(line(Columns), line(row)...))
	}
	header, err := headerOf(f, b.path)
	if err != nil {
		return false, note, err
	}
	if !sameColumns(header) { // as CodeCarbon does where another version of it wrote the file
		kept, err := b.setAside()
		return false, fmt.Sprintf("%s has other columns: it is kept as %s", b.path, kept), err
	}
	fields := make([]string, len(header))
	for i, name := range header {
		fields[i] = row[slices.Index(Columns, name)]
	}
	return true, note, b.write(f, size, line(fields))
}

// lock opens the file, made where it is missing, and locks it. Where another program has renamed it meanwhile, it opens the new one.
func (b *Book) lock() (*os.File, error) {
	for end := time.Now().Add(lockTime); ; {
		f, err := os.OpenFile(b.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666) // #nosec G302 G703 -- like any file that the user creates: the umask decides
		if err != nil {
			return nil, err
		}
		err = filelock.Try(f, false)
		if err == nil {
			var opened, there fs.FileInfo
			if opened, err = f.Stat(); err == nil {
				there, err = os.Stat(b.path) // #nosec G703 -- the user names it
			}
			if err == nil && !opened.Mode().IsRegular() {
				err = fmt.Errorf("%s is no regular file", b.path)
			} else if err == nil && os.SameFile(opened, there) {
				return f, nil
			}
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
		_ = f.Close() // nothing was written
		switch {
		case err != nil && !errors.Is(err, filelock.ErrLocked):
			return nil, err
		case time.Now().After(end):
			return nil, fmt.Errorf("%s: %w for %s", b.path, filelock.ErrLocked, lockTime)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// write appends to the file, of this size, and leaves it as it was where that fails.
func (b *Book) write(f *os.File, size int64, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}

// longestLine limits what mend looks for.
const longestLine = 1 << 20

// mend ends the file with a whole line: a last row that lacks only its line break gets it, and one that was torn, by a machine that
// went down, is moved to a file of its own. It returns the size.
func (b *Book) mend(f *os.File) (size int64, note string, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, "", err
	}
	size = info.Size()
	tail := make([]byte, min(size, longestLine))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, "", err
	}
	last := tail[bytes.LastIndexByte(tail, '\n')+1:]
	if len(last) == 0 {
		return size, "", nil
	}
	header, err := headerOf(f, b.path)
	if err != nil {
		return 0, "", err
	}
	if fields, err := csv.NewReader(bytes.NewReader(last)).Read(); err == nil && len(fields) == len(header) {
		return size + 1, "", b.write(f, size, []byte("\n"))
	}
	at := filepath.Join(filepath.Dir(b.path), tornName)
	torn, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666) // #nosec G302 G703 -- like any file that the user creates: the umask decides
	if err != nil {
		return 0, "", err
	}
	_, err = torn.Write(append(last, '\n'))
	if err = errors.Join(err, torn.Sync(), torn.Close()); err != nil {
		return 0, "", err
	}
	size -= int64(len(last))
	return size, fmt.Sprintf("the last line of %s was not whole: it is moved to %s", b.path, at), f.Truncate(size)
}

// headerOf reads the names of a file's columns. Its error says that the file is none of emissions.
func headerOf(f io.ReaderAt, path string) ([]string, error) {
	r := csv.NewReader(io.NewSectionReader(f, 0, longestLine))
	r.ReuseRecord = true
	header, err := r.Read()
	if err == nil {
		header[0] = strings.TrimPrefix(header[0], "\ufeff")
		if slices.Contains(header, "timestamp") && slices.Contains(header, "emissions") {
			return header, nil
		}
	}
	return nil, fmt.Errorf("%s is no file of emissions: expected CodeCarbon's columns in its first line (timestamp, project_name, …)", path)
}

// sameColumns reports whether names are those of Columns, in any order.
func sameColumns(names []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(Columns)))
}

// setAside renames the file as CodeCarbon does, to a name that is free.
func (b *Book) setAside() (string, error) {
	for i := -1; ; i++ {
		name := b.path + ".bak"
		if i >= 0 {
			name = fmt.Sprintf("%s_%d.bak", b.path, i)
		}
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) { // #nosec G703 -- beside the file that the user names
			return name, os.Rename(b.path, name) // #nosec G703 -- the same
		} else if err != nil {
			return "", err
		}
	}
}
