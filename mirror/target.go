package mirror

import (
	"context"
	"errors"
	"time"

	"goldserve/gold"
)

// Target is a schema of a SQL database that holds mirrors, of one model or several.
//
// Its methods return Unavailable mirror_unavailable if the server can't be reached or refuses the login, Invalid mirror_refused if
// it refuses a statement, and Internal mirror_failed for any other failure of the server.
type Target interface {
	// String names it for people, without credentials.
	String() string
	// Check returns what of a table the database can't hold: names that are too long, types.
	Check(t *Table) []gold.Problem
	// State only reads.
	State(ctx context.Context) (*State, error)
	// Write locks the schema, drops what a killed run left behind, and carries out what decide makes of the state under the lock;
	// nil: there is nothing else to do. It returns the foreign keys that were left out. Conflict mirror_conflict if another run has
	// the lock, or others read a table without end; Invalid value_range if the database can't hold a value.
	Write(ctx context.Context, decide func(*State) (*Change, error), rows func(context.Context, *Table) (gold.Rows, error)) ([]LeftOut, error)
	Close() error
}

// Own returns what a failed call of a target ends with if the database is not the reason: the cause of ctx's end, or an error of this
// program in err. nil: the database failed.
func Own(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if own, ok := errors.AsType[*gold.Error](err); ok {
		return own
	}
	return nil
}

// State is what lies in a schema.
type State struct {
	Tables     map[string]Found // all that has a name there, be it ours or not
	References []Reference      // the foreign keys of one column among its tables
	Lines      []Line           // of gold_release
	Leftovers  []string         // tables that a killed run left behind
}

// Found is one thing in a schema.
type Found struct {
	Kind string // "table", "view", "index" …
	Mark Mark   // zero: it is not ours
}

// Reference is a foreign key of one column.
type Reference struct {
	Name          string // of the constraint; empty: not made yet
	Table, Column string
	To, ToColumn  string
}

// String names it for people, and in gold_release.
func (r Reference) String() string { return r.Column + " → " + r.To + "." + r.ToColumn }

// is reports whether two are of the same columns.
func (r Reference) is(other Reference) bool {
	return r.Table == other.Table && r.Column == other.Column && r.To == other.To && r.ToColumn == other.ToColumn
}

// LeftOut is a foreign key that the database does not have, and why.
type LeftOut struct {
	Reference
	Why string
}

// Broken is a foreign key that some rows break.
func Broken(r Reference, rows int64) LeftOut {
	return LeftOut{r, gold.Counted(rows, "row") + " without a match"}
}

// String says what is left out and why.
func (l LeftOut) String() string { return l.Reference.String() + ": " + l.Why }

// Line is one line of gold_release: what a table shows.
type Line struct {
	Model       string
	Dataset     string
	Table       string
	Rows        int64
	Release     int64
	AsOf        time.Time
	PublishedAt time.Time
	Version     string // the id of the rows
	Quality     string // ok, 1 warning, 2 warnings …
	LeftOut     string // the foreign keys that its rows break, and why; empty: none
}

// is reports whether two lines say the same, with times in milliseconds.
func (l Line) is(other Line) bool {
	same := l.AsOf.UnixMilli() == other.AsOf.UnixMilli() && l.PublishedAt.UnixMilli() == other.PublishedAt.UnixMilli()
	l.AsOf, l.PublishedAt = other.AsOf, other.PublishedAt
	return same && l == other
}

// Change is what is to be made of a state.
type Change struct {
	Model string
	Load  []*Table // loaded beside, and swapped in
	Drop  []string // tables of the model that it no longer has
	// Unmake are foreign keys of tables that stay, to tables that do not.
	Unmake []Reference
	// Make are foreign keys to be made once the tables are swapped, where the rows keep them.
	Make []Reference
	// Lines are all of the model, as they are once every foreign key of Make is made.
	Lines []Line
}

// Without returns the lines where some foreign keys of Make were left out.
func (c *Change) Without(left []LeftOut) []Line {
	lines := append([]Line{}, c.Lines...)
	for i := range lines {
		for _, l := range left {
			if l.Table != lines[i].Table {
				continue
			}
			if lines[i].LeftOut != "" {
				lines[i].LeftOut += "; "
			}
			lines[i].LeftOut += l.String()
		}
	}
	return lines
}

// Told is the error of a server behind a message that has its text already.
type Told struct {
	Err  error
	Text string
}

func (t Told) Error() string { return t.Text }

// Unwrap returns the server's error.
func (t Told) Unwrap() error { return t.Err }
