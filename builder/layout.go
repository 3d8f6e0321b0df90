package builder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// What a table's path says of slices: sliceWord makes one file for each slice, newestWord names one file by the newest slice of what the
// table is made of.
const (
	sliceWord  = "{slice}"
	newestWord = "{ts}"
)

// pathOf reads where the files of a table lie.
func (t *Table) pathOf(f *yaml.File, n *yaml.Node) {
	const what = "goldserve: file"
	text, ok := f.Text(n, what)
	if !ok {
		return
	}
	folder, base := path.Split(text)
	bad := func(format string, args ...any) {
		f.Add(n, what+": "+format+", found %s", append(args, yaml.Quote(text))...)
	}
	if t.Stage == Generate && len(t.PartitionBy) > 0 {
		t.partPath(text, bad)
		return
	}
	switch words := strings.Count(text, sliceWord) + strings.Count(text, newestWord); {
	case words != 1 || strings.Count(base, sliceWord)+strings.Count(base, newestWord) != 1:
		bad("expected one of {slice} (one file for each slice) and {ts} (the newest slice) in the file's name, such as %s_{slice}.csv; the columns of partitionBy are for tables of generate", t.Name)
	case folder != "" && folder != t.Name+"/" || !strings.HasPrefix(base, t.Name+"_{"):
		bad("expected a name that begins with the table's, such as %[1]s_{slice}.csv or %[1]s/%[1]s_{ts}.csv", t.Name)
	case !plainEnding.MatchString(base[strings.LastIndexByte(base, '}')+1:]):
		bad("expected an ending such as .csv after }")
	case t.Format == "parquet":
		bad("expected one of csv, jsonl and json as the format")
	case len(t.PartitionBy) > 0 || t.Temporary:
		bad("only a table of generate has such files if it is partitioned, and none if it is temporary")
	case strings.Contains(text, newestWord) && t.Stage == Generate:
		bad("expected {slice}, as raw files are made of no slices")
	default:
		t.Path = text
	}
}

// partPath reads where the files of the partitions of a table of generate lie.
func (t *Table) partPath(text string, bad func(format string, args ...any)) {
	bare := text
	for _, c := range t.PartitionBy {
		if !strings.Contains(text, "{"+c+"}") {
			bad("the path lacks {%s}, so that two partitions would have one file", c)
			return
		}
		bare = strings.ReplaceAll(bare, "{"+c+"}", "x")
	}
	if strings.ContainsAny(bare, "{}") || !fs.ValidPath(bare) || !plainEnding.MatchString(path.Ext(bare)) {
		bad("expected a path below bronze with the columns of partitionBy, such as %s_{%s}.%s", t.Name, t.PartitionBy[0], t.ending())
		return
	}
	t.PartPath = text
}

var plainEnding = regexp.MustCompile(`^\.[a-z0-9]+$`)

// Sliced reports whether a table has one file for each slice.
func (t *Table) Sliced() bool { return strings.Contains(t.Path, sliceWord) }

// arranged reports whether a table's files aren't those that the engine writes.
func (t *Table) arranged() bool { return t.Path != "" || t.Array || t.Verbatim != "" }

// engineName is how the engine calls the table's file below its stage, or the folder of its parts.
func (t *Table) engineName() string { return t.Name + "." + t.Format }

// has reports whether a file below the table's stage is the table's in its own format, not in another one.
func (t *Table) has(file string) bool {
	first, _, _ := strings.Cut(file, "/")
	return len(t.Copies) == 0 || first == t.engineName()
}

// fileName returns a file of the table below its stage: of a slice, as 20251113T103500, or "", of the rows that have none.
func (t *Table) fileName(slice string) string {
	if t.Path == "" {
		return t.Name + "." + t.ending()
	}
	name := strings.Replace(t.Path, newestWord, sliceWord, 1)
	if slice == "" {
		return strings.Replace(name, "_"+sliceWord, "", 1)
	}
	return strings.Replace(name, sliceWord, slice, 1)
}

// FileNames returns what the files of a table are called below its stage where nothing names them otherwise, one for each format.
func (t *Table) FileNames() []string {
	names := []string{t.fileName("")}
	for _, c := range t.Copies {
		names = append(names, c.fileName(""))
	}
	return names
}

// ending is how the names of the table's files end.
func (t *Table) ending() string {
	if t.Verbatim != "" {
		return t.Verbatim
	}
	if t.Array {
		return "json"
	}
	return t.Format
}

// arrangement is what files are arranged by, and what came of it.
type arrangement struct {
	newest string                    // the newest slice of what the table is made of, as files have it
	oldest string                    // of tables with one file for each slice: older ones have no file; "": all have
	known  map[string]gold.BuildFile // files of the lake: those that would be the same are not written
	same   map[string]gold.BuildFile // them
	aged   int                       // how many files were too old
}

// arrange makes of the files that an engine wrote, parts of one table in their order, the files of the table in each of its formats.
func (t *Table) arrange(scratch string, files []string, by *arrangement) (arranged []string, err error) {
	if len(t.Copies) == 0 {
		return t.arrangeOne(scratch, files, by)
	}
	for _, c := range slices.Concat([]*Table{t}, t.Copies) {
		own := slices.DeleteFunc(slices.Clone(files), func(name string) bool {
			_, below, _ := strings.Cut(name, "/")
			first, _, _ := strings.Cut(below, "/")
			return first != c.engineName()
		})
		if own, err = c.arrangeOne(scratch, own, &arrangement{newest: by.newest}); err != nil {
			return nil, err
		}
		arranged = append(arranged, own...)
	}
	return arranged, nil
}

// arrangeOne makes the files of the table in one format.
func (t *Table) arrangeOne(scratch string, files []string, by *arrangement) (arranged []string, err error) {
	if !t.arranged() {
		return files, nil
	}
	if by.newest == "" && strings.Contains(t.Path, newestWord) {
		return nil, t.invalid("no raw file that %s is made of has a time in its name, which goldserve: file wants: expected a name such as orders_20251113T103500.csv", t.FullName())
	}
	by.same = map[string]gold.BuildFile{}
	a := &arranging{arrangement: by, table: t, scratch: scratch, slice: by.newest}
	parts, err := aside(scratch, files)
	if err != nil {
		return nil, a.failed(err)
	}
	defer func() {
		if a.out != nil && a.out.file != nil {
			err = errors.Join(err, a.out.file.Close())
		}
	}()
	if !t.Sliced() {
		if err := a.next(by.newest); err != nil {
			return nil, err
		}
	}
	for _, from := range parts {
		if err := a.part(from); err != nil {
			return nil, a.failed(err)
		}
	}
	if err := a.end(); err != nil {
		return nil, a.failed(err)
	}
	return a.made, a.failed(os.RemoveAll(filepath.Join(scratch, partsFolder)))
}

// partsFolder is where the files of an engine are while they are arranged, below scratch.
const partsFolder = "parts"

// aside moves the files that an engine wrote out of the way of what they become.
func aside(scratch string, files []string) ([]string, error) {
	var parts []string
	for _, name := range files {
		to := filepath.Join(scratch, partsFolder, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(to), 0o700)
		if err == nil {
			err = os.Rename(filepath.Join(scratch, filepath.FromSlash(name)), to)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, to)
	}
	for _, name := range files {
		if folder := path.Dir(name); strings.Contains(folder, "/") { // of parts, and their marks
			if err := os.RemoveAll(filepath.Join(scratch, filepath.FromSlash(folder))); err != nil {
				return nil, err
			}
		}
	}
	return parts, nil
}

// invalid is the error of a table's SQL as a whole.
func (t *Table) invalid(format string, args ...any) error {
	return gold.Invalidf(gold.Problem{File: t.File, Line: t.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL}, format, args...)
}

// arranging writes the files of one table.
type arranging struct {
	*arrangement
	table   *Table
	scratch string
	header  []byte // of CSV, without the column of slices
	slice   string // of the open file
	seen    map[string]bool
	rows    int // of the open file
	made    []string
	out     *arrangedFile // that is open; nil: none
}

// arrangedFile is a file of a table that is written: in memory as long as it is small.
type arrangedFile struct {
	name  string // below scratch
	path  string
	sum   hash.Hash
	bytes int64
	small []byte
	file  *os.File // nil: all of it is in small
	aged  bool     // it is too old: nothing is written
}

// mostInMemory is how large a file may be that is not written before it is known whether it lies in the lake.
const mostInMemory = 1 << 20

// Write implements io.Writer.
func (f *arrangedFile) Write(p []byte) (int, error) {
	if f.aged {
		return len(p), nil
	}
	_, _ = f.sum.Write(p) // a hash takes all
	f.bytes += int64(len(p))
	f.small = append(f.small, p...)
	if len(f.small) > mostInMemory {
		return len(p), f.flush()
	}
	return len(p), nil
}

// flush writes what is in memory into the file.
func (f *arrangedFile) flush() (err error) {
	if f.file == nil {
		if err = os.MkdirAll(filepath.Dir(f.path), 0o777); err == nil { //nolint:gosec // what the umask allows, as for all files of the lake
			f.file, err = os.Create(f.path)
		}
		if err != nil {
			return err
		}
	}
	_, err = f.file.Write(f.small)
	f.small = f.small[:0]
	return err
}

func (a *arranging) failed(err error) error {
	if _, ours := errors.AsType[*gold.Error](err); err == nil || ours {
		return err
	}
	return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "arrange the files of %s: %w", a.table.FullName(), err)
}

// part adds a file of the engine.
func (a *arranging) part(from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := bufio.NewReaderSize(f, 1<<16)
	first := a.table.Format == "csv"
	for {
		record, err := readRecord(in, a.table.Format == "csv")
		if len(record) > 0 {
			if err := a.record(record, first); err != nil {
				return err
			}
			first = false
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readRecord returns the next record with its line break: a line, of CSV one that ends outside of quotes.
func readRecord(in *bufio.Reader, quoted bool) (record []byte, err error) {
	for {
		line, err := in.ReadSlice('\n')
		record = append(record, line...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil || !quoted || bytes.Count(record, []byte{'"'})%2 == 0 {
			return record, err
		}
	}
}

// record adds a record, or the header of CSV.
func (a *arranging) record(record []byte, header bool) error {
	if record[len(record)-1] != '\n' {
		record = append(record, '\n')
	}
	slice := a.slice
	if a.table.Verbatim != "" {
		text, err := a.line(record)
		if err != nil {
			return err
		}
		record = text
	}
	if a.table.Sliced() {
		text, rest, err := a.cut(record, header)
		if err != nil {
			return err
		}
		slice, record = text, rest
	}
	if header {
		if a.header == nil {
			a.header = bytes.Clone(record)
			if a.out != nil {
				_, err := a.out.Write(a.header)
				return err
			}
		}
		return nil
	}
	if a.out == nil || slice != a.slice {
		if err := a.next(slice); err != nil {
			return err
		}
	}
	a.rows++
	if a.table.Array {
		record = append([]byte(map[bool]string{true: "[\n", false: ",\n"}[a.rows == 1]), record[:len(record)-1]...)
	}
	_, err := a.out.Write(record)
	return err
}

// line returns the line that the only column of a record has.
func (a *arranging) line(record []byte) ([]byte, error) {
	var columns map[string]*string
	if err := json.Unmarshal(record, &columns); err != nil || len(columns) != 1 {
		return nil, a.table.invalid("goldserve: verbatim: the query must have a single column, of text: the lines of the file")
	}
	for _, text := range columns {
		if text != nil {
			return append([]byte(*text), '\n'), nil
		}
	}
	return []byte{'\n'}, nil
}

// cut takes the slice from the begin of a record.
func (a *arranging) cut(record []byte, header bool) (slice string, rest []byte, err error) {
	text, ok := "", false
	if a.table.Format == "csv" {
		var first []byte
		first, rest, ok = bytes.Cut(record, []byte{','})
		text = strings.Trim(string(first), `"`)
		if header {
			ok = ok && text == SliceColumn
			text = ""
		}
	} else if rest, ok = bytes.CutPrefix(record, []byte(`{"`+SliceColumn+`":`)); ok {
		var first []byte
		first, rest, ok = bytes.Cut(rest, []byte{','})
		rest = append([]byte{'{'}, rest...)
		if text = strings.Trim(string(first), `"`); text == "null" {
			text = ""
		}
	}
	if !ok {
		return "", nil, a.table.invalid("a table with one file for each slice needs %s as its first column, and others after it", SliceColumn)
	}
	if text == "" {
		return "", rest, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Nanosecond() != 0 {
		return "", nil, a.table.invalid("%s is %s, which is no time in whole seconds: expected the %s of a source", SliceColumn, yaml.Quote(text), SliceColumn)
	}
	return at.UTC().Format(SliceName), rest, nil
}

// next begins the file of a slice.
func (a *arranging) next(slice string) error {
	if a.seen[slice] {
		return a.table.invalid("the rows are not in the order of %s: begin the ORDER BY with it", SliceColumn)
	}
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[slice] = true
	if err := a.end(); err != nil {
		return err
	}
	a.slice, a.rows = slice, 0
	name := path.Join(string(a.table.Stage), a.table.fileName(slice))
	if a.table.Sliced() && slice != "" && slice < a.oldest {
		a.aged++
		a.out = &arrangedFile{aged: true}
		return nil
	}
	a.made = append(a.made, name)
	a.out = &arrangedFile{name: name, path: filepath.Join(a.scratch, filepath.FromSlash(name)), sum: sha256.New()}
	_, err := a.out.Write(a.header)
	return err
}

// end completes the open file.
func (a *arranging) end() error {
	if a.out == nil {
		return nil
	}
	if a.table.Array {
		if _, err := fmt.Fprint(a.out, map[bool]string{true: "[]\n", false: "\n]\n"}[a.rows == 0]); err != nil {
			return err
		}
	}
	f := a.out
	a.out = nil
	if f.aged {
		return nil
	}
	if was, ok := a.known[f.name]; ok && f.file == nil && was.Bytes == f.bytes && was.SHA256 == hex.EncodeToString(f.sum.Sum(nil)) {
		a.same[f.name] = was
		return nil
	}
	if err := f.flush(); err != nil {
		return err
	}
	return f.file.Close()
}
