package respond

import (
	"context"
	"fmt"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// Pending is a response before anything is read: what it is of, the form that suits its client, and how to compute it.
type Pending struct {
	Release  *Release
	Form     Form
	Question param.Key                  // all that shapes the answer, release and encoding apart
	Base     string                     // what stands before every path in a link
	Location func(release int64) string // the URL of this very answer: the request's with its release named; "": it has none
	Links    []string                   // values of the header, beside the one to the next page
	Pinned   bool                       // the URL names the release: the answer never changes
	// Stale says that the URL doesn't name the release and the store can't be asked which one it is: Release is the last
	// one known.
	Stale bool
	// MayBeMissing says that the answer may be not found, which only reading shows.
	MayBeMissing bool
	Explain      bool // the answer says how it was found
	// Compute appends the JSON body to dst: where it returns a meta, all that stands before it. The context is the
	// computation's own, which may outlive the request. nil: the table's body.
	Compute func(ctx context.Context, dst []byte) ([]byte, *body.Meta, error)
	Table   *Table // the same rows for the other formats; nil: there are none
}

// Release is the release that answers are of. It is never changed.
type Release struct {
	Record    *gold.Release // nil: nothing is published
	Identity  Identity
	Tag, AsOf []string                // the values of the headers that announce it; nil: there is none
	Current   func() bool             // reports whether it is the current one, as the store was last seen
	Previous  func() (Identity, bool) // the release before it, as long as answers of that may stand in
}

// Form is the form of an answer that suits a client: a format in an encoding.
type Form struct {
	Format      format.Format
	Dialect     format.Dialect // of CSV
	ContentType string
	Encoding    string // zstd, gzip or "": as it is
}

// Table is an answer's rows for the formats that hold rows alone.
type Table struct {
	Name      string // of a file, without release and suffix
	Size      TableSize
	Cut       bool  // it is known to be cut, or may be
	Continues bool  // it goes on from a page before it
	Limit     int64 // the request's; 0: none
	Read      body.Read
	Whole     *gold.Version // whose rows these are, all of them in their order; nil: there is none
}

// TableSize says whether a table's file is held in memory, which is known before it is read.
type TableSize uint8

// Sizes of tables.
const (
	Small   TableSize = iota // it is held
	Unknown                  // it is held until it outgrows that
	Large                    // it is sent while it is read
)

// disposition returns the Content-Disposition of a file: scores_r12_2011-12-09.xlsx. What is no whole table says so:
// scores_r12_2011-12-09_first-100.xlsx, then next-100, and rest for the last part.
func (p *Pending) disposition(cut bool) string {
	t, r, part := p.Table, p.Release.Record, ""
	switch {
	case cut && !t.Continues:
		part = fmt.Sprintf("_first-%d", t.Limit)
	case cut:
		part = fmt.Sprintf("_next-%d", t.Limit)
	case t.Continues:
		part = "_rest"
	}
	return fmt.Sprintf(`attachment; filename="%s_r%d_%s%s%s"`, t.Name, r.Number, r.AsOf.UTC().Format(time.DateOnly), part, p.Form.Format.Suffix())
}

// options say how a file is written, and in it where its rows come from.
func (p *Pending) options() format.Options {
	r := p.Release.Record
	return format.Options{Dialect: p.Form.Dialect, About: body.About(p.Location(r.Number), r)}
}

// link returns the values of an answer's Link header, that to the next page first; nil where it has none.
func (p *Pending) link(m *body.Meta) []string {
	if m.Next == "" {
		return p.Links
	}
	return append([]string{edge.Link(m.Next, "next")}, p.Links...)
}
