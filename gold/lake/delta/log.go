package delta

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// LogFolder is the folder within a table's that makes it one.
const LogFolder = "_delta_log"

const sidecarFolder = "_sidecars"

// At names a version of a table by its number, or by a time: the newest one that is not later. Neither: the newest.
type At struct {
	Version   *int64
	Timestamp time.Time
}

// Equal reports whether two names are of the same version.
func (at At) Equal(other At) bool {
	same := (at.Version == nil) == (other.Version == nil) && at.Timestamp.Equal(other.Timestamp)
	return same && (at.Version == nil || *at.Version == *other.Version)
}

// Log is the log of a table as it was listed.
type Log struct {
	source      object.Source
	folder      string       // the table's, in the lake
	commits     []commit     // by version
	checkpoints []checkpoint // complete ones, by version
	mostHeld    int64        // maxHeld
}

// commit is the file of one version.
type commit struct {
	version int64
	info    object.Info
}

// checkpoint is the state of the table at a version.
type checkpoint struct {
	version int64
	files   []object.Info // several: parts
}

// The names of the log's files.
var (
	commitName     = regexp.MustCompile(`^(\d{20})\.json$`)
	checkpointName = regexp.MustCompile(`^(\d{20})\.checkpoint(\.[0-9A-Za-z-]+\.json|(\.[0-9A-Za-z-]+)?\.parquet)$`)
	partName       = regexp.MustCompile(`^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$`)
)

// List lists the log of the table in a folder. Invalid source_unreadable where there is none.
func List(ctx context.Context, source object.Source, folder string) (*Log, error) {
	entries, err := object.ListWithin(ctx, source, folder, LogFolder, "a Delta table")
	if err != nil {
		return nil, err
	}
	l := &Log{source: source, folder: folder, mostHeld: maxHeld}
	parts := map[string][]object.Info{}
	for _, e := range entries {
		if e.Folder {
			continue
		}
		name := path.Base(e.Name)
		if m := commitName.FindStringSubmatch(name); m != nil {
			if v, ok := versionOf(m[1]); ok {
				l.commits = append(l.commits, commit{v, e})
			}
		} else if m := partName.FindStringSubmatch(name); m != nil {
			parts[m[1]+m[3]] = append(parts[m[1]+m[3]], e)
		} else if m := checkpointName.FindStringSubmatch(name); m != nil {
			if v, ok := versionOf(m[1]); ok {
				l.checkpoints = append(l.checkpoints, checkpoint{v, []object.Info{e}})
			}
		}
	}
	for key, files := range parts {
		v, ok := versionOf(key[:20])
		// One with missing parts is being written, or its writer failed.
		if n, _ := strconv.ParseInt(key[20:], 10, 64); ok && n == int64(len(files)) && allParts(files) {
			l.checkpoints = append(l.checkpoints, checkpoint{v, files})
		}
	}
	slices.SortFunc(l.commits, func(a, b commit) int { return cmp.Compare(a.version, b.version) })
	slices.SortFunc(l.checkpoints, func(a, b checkpoint) int {
		return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.files[0].Name, b.files[0].Name))
	})
	if len(l.commits)+len(l.checkpoints) == 0 {
		return nil, invalid(path.Join(folder, LogFolder), gold.CodeFileInvalid, "the log of the Delta table holds neither a commit nor a whole checkpoint: expected files such as 00000000000000000000.json")
	}
	return l, nil
}

// State returns a text that is another one once the log is: a file of it was added, removed or written to. Empty where the
// lake can't tell.
func (l *Log) State() string {
	sum := sha256.New()
	add := func(info object.Info) bool {
		_, _ = fmt.Fprintf(sum, "%q %d %q\n", info.Name, info.Size, info.Token) // a hash takes every write
		return info.Token != ""
	}
	known := true
	for _, c := range l.commits {
		known = add(c.info) && known
	}
	for _, c := range l.checkpoints {
		for _, f := range c.files {
			known = add(f) && known
		}
	}
	if !known {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// versionOf reads 20 digits, which may be more than a version can have.
func versionOf(digits string) (int64, bool) {
	v, err := strconv.ParseInt(digits, 10, 64)
	return v, err == nil
}

// allParts reports whether a checkpoint's parts, which are sorted by name, are numbered from 1 without a gap.
func allParts(files []object.Info) bool {
	for i, f := range files {
		if n, _ := strconv.Atoi(partName.FindStringSubmatch(path.Base(f.Name))[2]); n != i+1 {
			return false
		}
	}
	return true
}

// newest returns the newest version that the log tells of.
func (l *Log) newest() int64 {
	v := int64(-1)
	if n := len(l.commits); n > 0 {
		v = l.commits[n-1].version
	}
	if n := len(l.checkpoints); n > 0 {
		v = max(v, l.checkpoints[n-1].version)
	}
	return v
}

// segment is what makes a version: a checkpoint, if there is one, and the commits after it.
type segment struct {
	version    int64
	checkpoint *checkpoint
	commits    []commit // in their order
}

// segment finds the files that make a version, without a gap.
func (l *Log) segment(version int64) (*segment, error) {
	s := &segment{version: version}
	next := int64(0)
	for i := range l.checkpoints {
		if c := &l.checkpoints[i]; c.version <= version {
			s.checkpoint, next = c, c.version+1
		}
	}
	for _, c := range l.commits {
		if c.version < next || c.version > version {
			continue
		}
		if c.version != next+int64(len(s.commits)) {
			break
		}
		s.commits = append(s.commits, c)
	}
	if missing := next + int64(len(s.commits)); missing <= version {
		return nil, l.gap(version, missing)
	}
	return s, nil
}

// gap returns the error of a version that can't be put together.
func (l *Log) gap(version, missing int64) error {
	name := path.Join(l.folder, LogFolder, fmt.Sprintf("%020d.json", missing))
	return invalid(name, gold.CodeFileInvalid, "version %d of the Delta table needs this commit, and the log does not have it, nor a checkpoint that is newer: "+
		"restore the file, or name a version that is whole", version)
}

// resolve returns the version that is asked for.
func (l *Log) resolve(ctx context.Context, at At) (int64, error) {
	newest := l.newest()
	switch {
	case at.Version != nil && *at.Version > newest:
		return 0, invalid(l.folder, gold.CodeSourceUnreadable, "the Delta table has no version %d: the newest is %d", *at.Version, newest)
	case at.Version != nil:
		return *at.Version, nil
	case at.Timestamp.IsZero():
		return newest, nil
	}
	return l.asOf(ctx, at.Timestamp)
}

// invalid returns an Invalid error of a file of the table, or of its folder.
func invalid(file string, code gold.Code, text string, args ...any) error {
	return gold.Invalidf(gold.Problem{File: file, Code: code}, text, args...)
}
