package gold

import (
	"context"
	"time"
)

// Reader is what the API needs of a store; it cannot write.
//
// Every method returns Unavailable store_unavailable where the store can't be reached, Timeout query_timeout where the
// context's deadline passed, Unavailable version_skew where a newer program wrote what it reads, Internal for anything it
// can't explain, and besides these only the codes that its comment names. It must be safe for concurrent use.
type Reader interface {
	// Embedded reports whether the store's work is done in this process.
	Embedded() bool
	// Resolve returns the release that a selector names. NotFound: unknown_release or no_release_as_of.
	// Empty: no_release at all. Gone: release_pruned. Withdrawn releases answer by number, not by as_of. Unavailable
	// version_skew: it requires more than this program Knows. For a current release that does so the newest one that
	// doesn't, and is neither withdrawn nor pruned, stands in: its Behind says for which.
	// The release is shared: callers don't change it.
	Resolve(ctx context.Context, s Selector) (*Release, error)
	// Releases lists releases, newest first, with Withdrawn and Pruned set; none is no error. Of those that require more
	// than this program Knows it has number, times and marks alone.
	Releases(ctx context.Context, q ReleaseQuery) ([]Release, error)
	// Rows answers a query. Gone release_pruned or Internal release_inconsistent where the version's rows are missing,
	// Invalid invalid_parameter where the query names an unknown field or more values than the store takes.
	Rows(ctx context.Context, q Query) (Rows, error)
	// Aggregate answers an aggregation. Gone release_pruned, Internal release_inconsistent and Invalid invalid_parameter
	// as Rows does, Invalid integer_overflow where a sum leaves int64, Invalid memory_limit where groups take too much.
	Aggregate(ctx context.Context, a Aggregation) (Rows, error)
}

// Rows is an open answer: a page, an aggregate or an export. It is not safe for concurrent use.
type Rows interface {
	// Next returns the next batch, valid until the following call, or io.EOF after the last.
	Next(ctx context.Context) (*Batch, error)
	// Stats returns the store's time so far.
	Stats() Stats
	// Close ends the answer early or late; it may be called twice.
	Close() error
}

// Stats says what an answer cost.
type Stats struct {
	Duration   time.Duration // the store's own
	AnsweredBy string        // the dataset or engine that answered, where it is not the one asked
}

// Resident is a Reader that holds versions in memory, where a question takes milliseconds whatever it is.
type Resident interface {
	// Holds reports whether a version is in memory now.
	Holds(v *Version) bool
}

// Writer is what the publisher needs of a store.
//
// Each method that writes a model takes its lease and returns Conflict publish_conflict where its fence is no longer the
// model's. All return Unavailable, Timeout and Internal as Reader's do.
type Writer interface {
	// State only reads: for the plan, the no-op and the check of marks. Unavailable version_skew where the current release
	// requires more than this program Knows.
	State(ctx context.Context, model string) (*State, error)
	// Acquire takes the right to publish a model, with a new fence. holder says for people who takes it; ttl 0 means
	// 10 s. Conflict publish_conflict names the holder. Unavailable version_skew where a newer goldserve publishes here.
	Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*Lease, error)
	// Renew prolongs a lease by ttl from now. Conflict publish_conflict.
	Renew(ctx context.Context, l Lease, ttl time.Duration) (*Lease, error)
	// Release gives a lease back and logs how the attempt ended; nil: it logs nothing. Conflict publish_conflict.
	Release(ctx context.Context, l Lease, ended *Attempt) error
	// Load opens a new version that nobody sees. Conflict publish_conflict; Internal internal where the same lease has
	// sealed the same version.
	Load(ctx context.Context, l Load) (Loader, error)
	// Publish makes a new release current in one compare-and-set. Conflict publish_conflict where the current number
	// isn't From, too; Internal release_inconsistent where a version of it is not sealed.
	Publish(ctx context.Context, p Publication) (*Release, error)
	// RollBack makes an earlier release current again in one compare-and-set. Conflict publish_conflict where the current
	// number isn't From, too; NotFound unknown_release and Gone release_pruned speak of To.
	RollBack(ctx context.Context, r Rollback) (*Release, error)
	// Refresh makes the BI database show the current release; collections that do so already are left alone.
	// Conflict publish_conflict; Invalid bi_target_taken or breaking_change.
	Refresh(ctx context.Context, r Refresh) (*RefreshReport, error)
	// DropOrphans drops the unsealed versions of fences below the lease's and returns their locations. dryRun only says
	// which. Conflict publish_conflict.
	DropOrphans(ctx context.Context, l Lease, dryRun bool) ([]string, error)
	// Prune drops releases past their retention. Conflict publish_conflict.
	Prune(ctx context.Context, p Prune) (*PruneReport, error)
}

// Mirror is a Writer whose BI database has rows of its own, which can differ from the release's.
type Mirror interface {
	// Shown counts the rows of the BI collections of a release, by name.
	Shown(ctx context.Context, r *Release) (map[string]int64, error)
}

// Loader fills one version. Append may be called from several goroutines.
type Loader interface {
	// Append writes a batch whose fields are the dataset's Stored; the batch is the caller's again on return.
	// Invalid duplicate_key where the store finds one by itself, value_null and value_range where it can't hold a value;
	// Conflict publish_conflict.
	Append(ctx context.Context, b *Batch) error
	// Seal makes the indexes, counts the rows and records the version with its location; from then on it can be
	// reused. Where the same version is sealed already, that one stays and is returned, unless Load says Replace. v has
	// Rows, Digest, Bytes and Measures. Invalid duplicate_key; Internal row_count where the count differs; Conflict
	// publish_conflict.
	Seal(ctx context.Context, v Version) (*Version, error)
	// Abort drops what was written; after Seal it does nothing.
	Abort(ctx context.Context) error
}

// Store is what a store's package opens.
type Store interface {
	Reader
	Writer
	Close() error
}

// Lease is the right to publish a model. Fence grows each time it changes hands.
type Lease struct {
	Model  string
	Holder string // who, in words for people: host, process, since when
	Fence  int64
	Until  time.Time // the store's clock
}

// Attempt is one run of publish or rollback.
type Attempt struct {
	Command string    `json:"command"`
	Holder  string    `json:"holder"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	Outcome string    `json:"outcome"` // "published", "rolled back", "unchanged" or an error's code
	Message string    `json:"message,omitempty"`
	Release int64     `json:"release,omitempty"`
}

// Load opens a version of a dataset.
type Load struct {
	Lease   Lease
	Dataset Dataset
	ID      string
	Rows    int64 // expected; 0: unknown
	Replace bool  // at Seal it takes the place of a sealed version of the same id, whose rows are damaged: that one is an orphan then
}

// Publication makes a new release current, whose number and time the store gives.
type Publication struct {
	Lease   Lease
	From    int64 // the current number that the plan saw; 0: none
	Release *Release
}

// Rollback makes an earlier release current, or a later one again. That one is no longer withdrawn, every release above
// it is, and those below it stay as they are.
type Rollback struct {
	Lease Lease
	From  int64 // the current number that the caller saw
	To    int64
}

// Refresh makes the BI database show a release.
type Refresh struct {
	Lease         Lease
	Release       *Release
	AllowBreaking bool // a field may change its type; else Invalid breaking_change
}

// RefreshReport says what a refresh did.
type RefreshReport struct {
	Refreshed []string // collections written
	Unchanged []string
	Duration  time.Duration
}

// Prune drops releases past their retention. The current release always stays.
type Prune struct {
	Lease  Lease
	Keep   int           // newest releases to keep
	Months int           // months whose last release is kept besides
	Grace  time.Duration // between marking and dropping; 0: both at once
	DryRun bool
}

// PruneReport says what was or would be dropped. Rows are gone once their release is among Dropped, but for those of
// Shared; releases that are marked and not dropped still have theirs.
type PruneReport struct {
	Marked  []int64 // releases, newest first
	Dropped []int64
	Waiting []int64  // marked, now or earlier, and not dropped: their grace has not ended
	Shared  []string // datasets of Dropped whose rows stay, because a release that stays or waits has the same ones
}

// State is what a plan needs to know of a store, read without writing.
type State struct {
	Model   string
	Current *Release // nil: none
	Last    int64    // the highest number ever given
	Lease   *Lease   // nil: nobody's, or expired
	Sealed  []Version
	Orphans []string          // locations of unsealed versions
	Stale   []string          // BI collections that do not show the current release
	Taken   map[string]string // BI names that can't be ours, and why: "a view", "of model shop"
	Now     time.Time         // the store's clock

	Attempts []Attempt // of publishers that ended, newest first, at most MaxAttempts
}

// ReleaseCollection is the name, in the BI database, under which both stores tell people which release they see.
const ReleaseCollection = "gold_release"

// MaxAttempts is how many attempts a State has.
const MaxAttempts = 10
