// Package object is the seam between what a lake holds and where it lies: a Source lists objects and opens them for
// reading by ranges. A folder is one (dir), a bucket another (s3).
//
// Rules:
//
//  1. An object is named by its path in the lake, with slashes; "." is the lake itself.
//  2. A token tells one version of an object from any other, without its bytes being read: what has the same token has
//     the same content, as far as the source can tell. Tokens are compared and never taken apart.
//  3. Every call that may wait takes a context, and ends soon after that does.
//  4. Errors are *gold.Error, in words for who runs a publish, with the object's name as the problem's file: Invalid
//     source_unreadable where the object must be another (a device, a link out of the lake), Unavailable source_unreadable
//     where it can't be read now, Unavailable source_changed where it is no longer the version that was asked for.
//     The context's own errors stay what they are, and that Stat finds nothing is a bare fs.ErrNotExist (see Absent).
//
// The package must not know formats, or which objects are a table.
package object

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"time"

	"goldserve/gold"
)

// Source is where the objects of a lake lie. Its methods may be called from several goroutines.
type Source interface {
	// String names the lake as its user wrote it, without secrets.
	String() string

	// Look takes a new listing, where List and Stat answer from one rather than looking each time: what they tell from then
	// on is not older than the call.
	Look(ctx context.Context) error

	// List returns what lies directly in a folder, sorted by name.
	List(ctx context.Context, folder string) ([]Info, error)

	// Stat returns what a name stands for now; links are followed. It alone returns a bare fs.ErrNotExist.
	Stat(ctx context.Context, name string) (Info, error)

	// Open opens the version of an object that an Info of List or Stat tells of, source_changed where there is another by
	// now: a source may find that out at the first read. An Info without a token opens the version that there is.
	Open(ctx context.Context, info Info) (Reader, error)

	// Close frees what the source holds; objects that are open stay so.
	Close() error
}

// Info tells of an object or a folder without its content.
type Info struct {
	Name  string // in the lake
	Size  int64  // in bytes
	Token string // of the version; empty: the listing could not tell
	// Modified is when the content was last written, of a source that tells versions by it; else zero. A token taken so soon
	// after it that another write could leave the same time must not be remembered.
	Modified time.Time
	// Changed is when the object last became what it is, by the source's clock: written, renamed, or given other times. Zero:
	// the source does not tell.
	Changed time.Time
	Folder  bool // of List: a link to a folder is none
	Link    bool // of List: a link, whose Size and Token are those of what it leads to
}

// Written returns when the content was last written, as far as the source tells: by its clock, where it keeps no other time; zero:
// it does not tell.
func (i *Info) Written() time.Time {
	if i.Modified.IsZero() {
		return i.Changed
	}
	return i.Modified
}

// Reader is one version of an object, open. Its methods may be called from several goroutines.
type Reader interface {
	// ReadAt reads up to len(p) bytes from off on into p and returns their number. Fewer than len(p) come with an error:
	// io.EOF or io.ErrUnexpectedEOF where the object ends.
	ReadAt(ctx context.Context, p []byte, off int64) (int, error)

	// Stat looks at the open object again: another token than before means that it was written to while it was open. A
	// source whose reads are of one version by themselves returns what it was opened with.
	Stat(ctx context.Context) (Info, error)

	Close() error
}

// ListWithin lists the folder of a name that makes the one around it a table: Invalid source_unreadable where there is none, which
// says what the table is not.
func ListWithin(ctx context.Context, source Source, table, name, what string) ([]Info, error) {
	at := path.Join(table, name)
	info, err := source.Stat(ctx, table)
	if err == nil && info.Folder {
		info, err = source.Stat(ctx, at)
	}
	switch {
	case Absent(err) || err == nil && !info.Folder:
		return nil, Refused(table, "it is not "+what+": it holds no folder "+name, nil)
	case err != nil:
		return nil, err
	}
	return source.List(ctx, at)
}

// Absent reports whether an error says that nothing has the name. A link that leads nowhere has it, and is another error.
func Absent(err error) bool {
	_, known := errors.AsType[*gold.Error](err)
	return !known && errors.Is(err, fs.ErrNotExist)
}

// Changed returns the error of an object that is not the version that was listed or opened; what says how it differs.
func Changed(name, what string) *gold.Error {
	p := gold.Problem{File: name, Code: gold.CodeSourceChanged, Detail: what + " since it was opened: publish again once its writer is done"}
	return &gold.Error{Kind: gold.Unavailable, Code: p.Code, Message: p.String(), Problems: []gold.Problem{p}}
}

// Unreadable returns the error of an object that can't be read now; detail says why, and what to do.
func Unreadable(name, detail string, err error) *gold.Error {
	p := gold.Problem{File: name, Code: gold.CodeSourceUnreadable, Detail: detail}
	return &gold.Error{Kind: gold.Unavailable, Code: p.Code, Message: p.String(), Problems: []gold.Problem{p}, Err: err}
}

// Refused returns the error of an object that is none to be read; detail says what it is, and what to do.
func Refused(name, detail string, err error) *gold.Error {
	e := gold.Invalidf(gold.Problem{File: name, Code: gold.CodeSourceUnreadable}, "%s", detail)
	e.Err = err
	return e
}
