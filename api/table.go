package api

import (
	"fmt"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// table is an answer's rows for the formats that hold rows alone.
type table struct {
	name string // of a file, without release and suffix
	size tableSize
	cut  bool  // it is known to be cut, or may be
	rows int64 // the request's limit; 0: none
	read body.Read
}

// tableSize says whether a table's file is held in memory, which is known before it is read.
type tableSize uint8

const (
	sizeSmall   tableSize = iota // it is held
	sizeUnknown                  // it is held until it outgrows that
	sizeLarge                    // it is sent while it is read
)

// sizeOf returns the size of a table with a limit (0: none) whose rows are all of a dataset, or some of them.
func sizeOf(d *gold.Dataset, limit, all int64, exact, asked bool) tableSize {
	switch most := min(orAll(limit), all); {
	case most <= param.MaxLimit(d):
		return sizeSmall
	case exact, asked:
		return sizeLarge
	default:
		return sizeUnknown
	}
}

// fileTitle names a dataset in file names as its URL does.
func fileTitle(d *gold.Dataset) string {
	if name := strings.TrimPrefix(d.Endpoint, "/"); name != "" {
		return name
	}
	return d.Name
}

// disposition returns the Content-Disposition of a file: scores_r12_2011-12-09.xlsx. What is no whole table says so:
// scores_r12_2011-12-09_first-100.xlsx, then next-100, and rest for the last part.
func (t *table) disposition(req *request, cut bool) string {
	r, part := req.catalog.Release, ""
	switch {
	case cut && req.params.Cursor == nil:
		part = fmt.Sprintf("_first-%d", t.rows)
	case cut:
		part = fmt.Sprintf("_next-%d", t.rows)
	case req.params.Cursor != nil:
		part = "_rest"
	}
	return fmt.Sprintf(`attachment; filename="%s_r%d_%s%s%s"`, t.name, r.Number, r.AsOf.UTC().Format(time.DateOnly), part, req.rep.format.Suffix())
}

// orAll returns a limit as a number of rows.
func orAll(limit int64) int64 {
	if limit == 0 {
		return query.Everything
	}
	return limit
}

// options say how a file is written, and in it where its rows come from.
func (req *request) options() format.Options {
	r := req.catalog.Release
	return format.Options{Dialect: req.rep.dialect, About: body.About(req.location(r.Number), r)}
}

// slice is a writer into memory.
type slice struct{ b []byte }

func (s *slice) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// trailers are the headers that follow a body which is sent while it is made.
const trailers = "Server-Timing, Link"
