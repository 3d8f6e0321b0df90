package delta

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// Snapshot is one version of a table.
type Snapshot struct {
	Version    int64
	Schema     *parquet.Schema
	Mapping    string // how its files name its columns: name, id, or empty for as the table
	Partitions []int  // the partition columns, by their places in the schema
	Files      []File // by path
	Identity   string // names the version, the table and its schema: what has the same identity has the same rows

	log *Log
	id  string // of the table
}

// File is a data file of a version.
type File struct {
	Path      string   // below the table's folder, or an absolute one
	Partition []string // the values of the partition columns, in their order; empty: null
	Size      int64    // in bytes, as the log says
	Rows      int64    // deleted ones included; -1: the log does not say
	Vector    *Vector  // of its deleted rows; nil: none
}

// Open reads a version of the table in a folder of a lake.
//
// It returns Invalid source_unreadable where there is no such table or version, file_invalid where its log is damaged or has a
// gap, file_unsupported for what is not implemented, and errors of the source as they are.
func Open(ctx context.Context, source object.Source, folder string, at At) (*Snapshot, error) {
	l, err := List(ctx, source, folder)
	if err != nil {
		return nil, err
	}
	return l.Snapshot(ctx, at)
}

// Snapshot reads a version.
func (l *Log) Snapshot(ctx context.Context, at At) (*Snapshot, error) {
	version, err := l.resolve(ctx, at)
	if err != nil {
		return nil, err
	}
	r, err := l.begin(ctx, version)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{Version: version, log: l, id: r.metadata.ID}
	if s.Schema, s.Mapping, err = l.schemaOf(r.metadata, r.protocol); err != nil {
		return nil, err
	}
	if s.Partitions, err = l.partitionsOf(r.metadata, s.Schema); err != nil {
		return nil, err
	}
	for _, i := range s.Partitions {
		r.columns = append(r.columns, s.Schema.Columns[i].Stored)
	}
	for i := range slices.Backward(r.segment.commits) {
		if err := r.commit(ctx, i); err != nil {
			return nil, err
		}
	}
	if r.segment.checkpoint != nil {
		if err := r.checkpoint(ctx, r.segment.checkpoint); err != nil {
			return nil, err
		}
	}
	if s.Files, err = r.sorted(); err != nil {
		return nil, err
	}
	s.Identity = s.identity(r.metadata, r.segment)
	return s, nil
}

// sorted returns the files that are left, by their paths, each of which must be there once and lie in the table.
func (r *replay) sorted() ([]File, error) {
	slices.SortFunc(r.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := range r.files {
		f := &r.files[i]
		switch {
		case strings.HasPrefix(f.Path, "\x00"):
			return nil, r.outside(f.Path[1:])
		case i > 0 && f.Path == r.files[i-1].Path:
			return nil, invalid(path.Join(r.folder, LogFolder), gold.CodeFileInvalid, "version %d of the Delta table has the file %s twice, with different deletion vectors or in its checkpoint: "+
				"its writer left out a remove action", r.segment.version, shorten(f.Path))
		}
	}
	return r.files, nil
}

// Name returns the name of a file in the lake.
func (s *Snapshot) Name(f *File) string { return object.Join(s.log.folder, f.Path) }

// Committed returns when the file of the version's commit, or of a checkpoint in its place, was written; zero: the lake does not
// tell.
func (s *Snapshot) Committed() time.Time {
	for i := range slices.Backward(s.log.commits) {
		if c := &s.log.commits[i]; c.version == s.Version {
			return c.info.Written()
		}
	}
	for _, c := range s.log.checkpoints {
		if c.version == s.Version {
			return c.files[0].Written()
		}
	}
	return time.Time{}
}

// Now returns the number of the version that a name of one stands for by now, and whether its commit is another one than that of
// the snapshot: of a table that took its place.
func (s *Snapshot) Now(ctx context.Context, source object.Source, at At) (version int64, replaced bool, err error) {
	l, err := List(ctx, source, s.log.folder)
	if err != nil {
		return 0, false, err
	}
	if version, err = l.resolve(ctx, at); err != nil {
		return 0, false, err
	}
	was, is := s.log.tokenOf(s.Version), l.tokenOf(s.Version)
	return version, was != "" && is != "" && was != is, nil
}

// tokenOf returns the token of a version's commit; empty: there is none, or the lake can't tell.
func (l *Log) tokenOf(version int64) string {
	for i := range slices.Backward(l.commits) {
		if c := &l.commits[i]; c.version == version {
			return c.info.Token
		}
	}
	return ""
}

// identity is made of what tells one version of one table from any other: numbers of versions are given once.
func (s *Snapshot) identity(m *metaData, g *segment) string {
	sum := sha256.New()
	tokens := []string{}
	for _, c := range g.commits {
		if c.version == s.Version {
			tokens = append(tokens, c.info.Token)
		}
	}
	// A struct of texts and numbers is always JSON.
	text, _ := json.Marshal([]any{m.ID, s.Version, m.SchemaString, m.PartitionColumns, s.Mapping, tokens})
	sum.Write(text)
	return hex.EncodeToString(sum.Sum(nil))
}
