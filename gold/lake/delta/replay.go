package delta

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

const (
	// maxFiles is how many files a version of a table may have.
	maxFiles = 2_000_000
	// maxHeld is how many bytes what a log says about files may take, removed ones included.
	maxHeld = 1 << 30
	// perReference is about what a reference takes besides its texts.
	perReference = 128
)

// replay puts a version together: the commits from the newest to the oldest, then the checkpoint. The newest reference of a
// path with a deletion vector counts.
type replay struct {
	*Log
	places   *object.Places
	segment  *segment
	protocol *protocol
	metadata *metaData
	files    []File
	met      map[string]reference // in commits, by key
	columns  []string             // the names of partition columns in the log
	values   map[string][]string  // of partition columns, each kept once, by key
	key      []byte               // memory for a key
	held     int64                // bytes of files, met and values
}

// reference is what a commit says about a file.
type reference struct {
	commit int32 // its place in the segment
	file   int32 // its place in files; gone: removed
}

const gone = -1

// state is what the actions of a version say together.
type state struct {
	*metaData
	protocol      *protocol
	configuration map[string]string
}

// read returns the state of a version without its files.
func (l *Log) read(ctx context.Context, version int64) (*state, error) {
	r, err := l.begin(ctx, version)
	if err != nil {
		return nil, err
	}
	return &state{r.metadata, r.protocol, r.metadata.Configuration}, nil
}

// begin finds the segment of a version, and its protocol and metadata.
func (l *Log) begin(ctx context.Context, version int64) (*replay, error) {
	s, err := l.segment(version)
	if err != nil {
		return nil, err
	}
	r := &replay{Log: l, places: object.PlacesOf(l.source, l.folder), segment: s, met: map[string]reference{}, values: map[string][]string{}}
	for i := len(s.commits) - 1; i >= 0 && (r.protocol == nil || r.metadata == nil); i-- {
		if err := r.headOf(ctx, s.commits[i]); err != nil {
			return nil, err
		}
	}
	if s.checkpoint != nil && (r.protocol == nil || r.metadata == nil) {
		if err := r.checkpointHead(ctx, s.checkpoint); err != nil {
			return nil, err
		}
	}
	at := path.Join(l.folder, LogFolder)
	switch {
	case r.protocol == nil:
		return nil, invalid(at, gold.CodeFileInvalid, "the log of the Delta table has no protocol action up to version %d, which would say what readers must know", version)
	case r.metadata == nil:
		return nil, invalid(at, gold.CodeFileInvalid, "the log of the Delta table has no metaData action up to version %d, which would say what columns there are", version)
	}
	if err := r.protocol.check(l); err != nil {
		return nil, err
	}
	if p := r.metadata.Format.Provider; p != "" && !strings.EqualFold(p, "parquet") {
		return nil, invalid(at, gold.CodeFileUnsupported, "the Delta table keeps its rows in files of the format %q: expected parquet", shorten(p))
	}
	return r, nil
}

// headOf takes a commit's protocol and metadata, unless a newer one had them.
func (r *replay) headOf(ctx context.Context, c commit) error {
	var head action
	err := r.lines(ctx, c.info, func(n int, line []byte) error {
		if !mayHold(line, `"protocol"`) && !mayHold(line, `"metaData"`) {
			return nil
		}
		var a struct {
			MetaData *metaData `json:"metaData"`
			Protocol *protocol `json:"protocol"`
		}
		if err := json.Unmarshal(line, &a); err != nil {
			return notJSON(c.info.Name, n, err)
		}
		if a.MetaData != nil {
			head.MetaData = a.MetaData
		}
		if a.Protocol != nil {
			head.Protocol = a.Protocol
		}
		return nil
	})
	r.takeHead(&head)
	return err
}

// mayHold reports whether a line may have a member of that name, which is told by its beginning: an action has one.
func mayHold(line []byte, member string) bool {
	return strings.Contains(string(line[:min(len(line), 64)]), member)
}

func (r *replay) takeHead(a *action) {
	if r.protocol == nil {
		r.protocol = a.Protocol
	}
	if r.metadata == nil {
		r.metadata = a.MetaData
	}
}

// commit takes the files of a commit, those that no newer one tells of.
func (r *replay) commit(ctx context.Context, i int) error {
	c := r.segment.commits[i]
	return r.lines(ctx, c.info, func(n int, line []byte) error {
		var a action
		if err := json.Unmarshal(line, &a); err != nil {
			return notJSON(c.info.Name, n, err)
		}
		for _, f := range []struct {
			action *fileAction
			gone   bool
		}{{a.Add, false}, {a.Remove, true}} {
			if f.action == nil {
				continue
			}
			if err := r.refer(int32(i), f.action, f.gone); err != nil {
				return inLine(err, c.info.Name, n)
			}
		}
		return nil
	})
}

// inLine gives an error of an action its place.
func inLine(err error, name string, n int) error {
	if wrong, ok := errors.AsType[errAction](err); ok {
		return gold.Invalidf(gold.Problem{File: name, Line: n, Column: 1, Code: gold.CodeFileInvalid}, "%s", string(wrong))
	}
	return err
}

// errAction says what is wrong with an action.
type errAction string

func (e errAction) Error() string { return string(e) }

// refer takes one reference of a commit to a file.
func (r *replay) refer(commit int32, a *fileAction, remove bool) error {
	name, key, err := r.keyOf(a)
	if err != nil {
		return err
	}
	before, met := r.met[key]
	switch {
	case met && before.commit != commit:
		return nil // a newer one counts
	case met && remove != (before.file == gone):
		return errAction("the commit adds and removes the file " + shorten(name) + " with the same deletion vector, and which of them counts is not said")
	case !met:
		if err := r.hold(key); err != nil {
			return err
		}
	}
	if remove {
		r.met[key] = reference{commit, gone}
		return nil
	}
	f, err := r.fileOf(name, a)
	if err != nil {
		return err
	}
	if met {
		r.files[before.file] = f
		return nil
	}
	r.met[key] = reference{commit, int32(len(r.files))}
	return r.add(f)
}

// hold notes that a reference is kept.
func (r *replay) hold(key string) error {
	if r.held += perReference + int64(len(key)); r.held > r.mostHeld {
		return invalid(path.Join(r.folder, LogFolder), gold.CodeFileUnsupported, "what the log of the Delta table says about files takes more than %d MiB: compact the table (OPTIMIZE), and write a checkpoint", r.mostHeld>>20)
	}
	return nil
}

func (r *replay) add(f File) error {
	if len(r.files) == maxFiles {
		return invalid(r.folder, gold.CodeFileUnsupported, "the Delta table has more than %d files: compact it (OPTIMIZE)", maxFiles)
	}
	r.files = append(r.files, f)
	return nil
}

// fromCheckpoint takes a file of the checkpoint, unless a commit tells of it.
func (r *replay) fromCheckpoint(a *fileAction) error {
	name, key, err := r.keyOf(a)
	if err != nil {
		return err
	}
	if _, met := r.met[key]; met {
		return nil
	}
	if err := r.hold(key); err != nil {
		return err
	}
	f, err := r.fileOf(name, a)
	if err != nil {
		return err
	}
	return r.add(f)
}

// keyOf returns the name of a file and the key that it has with its deletion vector.
func (r *replay) keyOf(a *fileAction) (name, key string, err error) {
	name, inside, err := within(r.places, a.Path)
	if err != nil {
		return "", "", errAction("the path " + shorten(a.Path) + " of a file " + err.Error())
	}
	if !inside {
		name = "\x00" + name // compared as it is written, and refused where it is still there at the end
	}
	if a.DeletionVector.none() {
		a.DeletionVector = nil
		return name, name, nil
	}
	return name, name + "\x00" + a.DeletionVector.id(), nil
}

// fileOf returns the file of an action.
func (r *replay) fileOf(name string, a *fileAction) (File, error) {
	f := File{Path: name, Size: a.Size, Rows: a.rows(), Vector: a.DeletionVector}
	if len(r.columns) > 0 {
		f.Partition = r.valuesOf(a)
	}
	return f, nil
}

// valuesOf returns the values of the partition columns of an action, of equal ones the same.
func (r *replay) valuesOf(a *fileAction) []string {
	values := make([]string, len(r.columns))
	r.key = r.key[:0]
	for i, c := range r.columns {
		if v := a.PartitionValues[c]; v != nil {
			values[i] = *v
		}
		r.key = append(strconv.AppendInt(r.key, int64(len(values[i])), 10), ' ')
		r.key = append(r.key, values[i]...)
	}
	if known, ok := r.values[string(r.key)]; ok {
		return known
	}
	r.values[string(r.key)] = values
	r.held += int64(2 * len(r.key))
	return values
}

// rows returns how many rows the statistics of a file say it has, deleted ones included; -1 where they do not.
func (a *fileAction) rows() int64 {
	var s struct {
		Rows *int64 `json:"numRecords"`
	}
	if a.Stats == "" || json.Unmarshal([]byte(a.Stats), &s) != nil || s.Rows == nil {
		return -1
	}
	return *s.Rows
}
