package gold

import (
	"context"
	"time"
)

// Reader is what the API needs of a store; it can't write.
//
// Every method may return Unavailable store_unavailable if the store can't be reached, Timeout query_timeout if the
// context's deadline passed, Unavailable version_skew if a newer program wrote the records, and Internal for any other
// failure of the store. Besides these, it returns only the codes that its comment names. A Reader must be safe for
// concurrent use.
type Reader interface {
	// Embedded reports whether the store runs in this process.
	Embedded() bool
	// Resolve returns the release that a selector names. NotFound: unknown_release or no_release_as_of. Empty:
	// no_release at all. Gone: release_pruned. Withdrawn releases answer by number, not by as_of. Unavailable
	// version_skew: the release requires more than this program Knows. If that is the current release, the newest one
	// that this program can read, and that is neither withdrawn nor pruned, is returned in its place; its Behind has
	// the current number. The release is shared: callers must not change it.
	Resolve(ctx context.Context, s Selector) (*Release, error)
	// Releases lists releases, newest first, with Withdrawn and Pruned set; an empty list is not an error. A release
	// that requires more than this program Knows has only number, times and marks.
	Releases(ctx context.Context, q ReleaseQuery) ([]Release, error)
	// Rows answers a query. Gone release_pruned or Internal release_inconsistent if the version's rows are missing;
	// Invalid invalid_parameter if the query names an unknown field or more values than the store takes.
	Rows(ctx context.Context, q Query) (Rows, error)
	// Aggregate answers an aggregation. Gone release_pruned, Internal release_inconsistent and Invalid
	// invalid_parameter as for Rows; Invalid integer_overflow if a sum of integers exceeds int64; Invalid memory_limit if the
	// groups need too much memory.
	Aggregate(ctx context.Context, a Aggregation) (Rows, error)
}

// Rows is an open answer: a page, an aggregate or an export. It is not safe for concurrent use.
type Rows interface {
	// Next returns the next batch, valid until the following call, or io.EOF after the last.
	Next(ctx context.Context) (*Batch, error)
	// Stats returns the store's time so far.
	Stats() Stats
	// Close closes the answer, whether all of it was read or not. It may be called twice.
	Close() error
}

// Stats says what an answer cost.
type Stats struct {
	Duration   time.Duration // spent in the store
	AnsweredBy string        // the dataset or engine that answered, if it is not the one of the query
}

// Resident is a Reader that holds versions in memory, so that any query of them takes milliseconds.
type Resident interface {
	// Holds reports whether a version is in memory now.
	Holds(v *Version) bool
}

// Writer is what the publisher needs of a store.
//
// Each method that writes a model takes its lease, and returns Conflict publish_conflict if the lease's fence is no
// longer the model's. All methods return Unavailable, Timeout and Internal as Reader's do.
type Writer interface {
	// State only reads, for planning and for checking marks. Unavailable version_skew if the current release requires
	// more than this program Knows.
	State(ctx context.Context, model string) (*State, error)
	// Acquire takes the right to publish a model, with a new fence. holder describes the publisher to people; ttl 0
	// means 10 s. Conflict publish_conflict names the holder. Unavailable version_skew if a newer goldserve publishes
	// here.
	Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*Lease, error)
	// Renew prolongs a lease by ttl from now. Conflict publish_conflict.
	Renew(ctx context.Context, l Lease, ttl time.Duration) (*Lease, error)
	// Release releases a lease and logs how the attempt ended; nil: nothing is logged. Conflict publish_conflict.
	Release(ctx context.Context, l Lease, ended *Attempt) error
	// Load opens a new version that nobody reads yet. Conflict publish_conflict; Internal internal if the same lease
	// has sealed the same version; Internal release_inconsistent if the version that it extends is not sealed, or another
	// one extends it.
	Load(ctx context.Context, l Load) (Loader, error)
	// Publish makes a new release current in one compare-and-set. Conflict publish_conflict, also if the current number
	// isn't From; Internal release_inconsistent if a version of the release is not sealed.
	Publish(ctx context.Context, p Publication) (*Release, error)
	// RollBack makes an earlier release current again in one compare-and-set. Conflict publish_conflict, also if the
	// current number isn't From; NotFound unknown_release and Gone release_pruned are about To.
	RollBack(ctx context.Context, r Rollback) (*Release, error)
	// Refresh makes the BI database show the current release; collections that already do are left alone. Conflict
	// publish_conflict; Invalid bi_target_taken or breaking_change.
	Refresh(ctx context.Context, r Refresh) (*RefreshReport, error)
	// DropOrphans drops the unsealed versions with fences below the lease's and returns their locations. With dryRun it
	// only returns them. Conflict publish_conflict.
	DropOrphans(ctx context.Context, l Lease, dryRun bool) ([]string, error)
	// Prune drops releases past their retention. Conflict publish_conflict.
	Prune(ctx context.Context, p Prune) (*PruneReport, error)
}

// Mirror is a Writer whose BI database has its own rows, which can differ from the release's.
type Mirror interface {
	// Shown counts the rows of the BI collections of a release, by name.
	Shown(ctx context.Context, r *Release) (map[string]int64, error)
}

// Shower is a store in which not every name can be that of a BI database.
type Shower interface {
	// CheckBIDatabase returns Invalid bi_target_taken if the BI database of a model can't have the name.
	CheckBIDatabase(model, name string) error
}

// Lister is a store that says which models it has.
type Lister interface {
	// Models returns the names of the models that have a release, in order.
	Models(ctx context.Context) ([]string, error)
}

// Loader fills one version. Append may be called from several goroutines.
type Loader interface {
	// Append writes a batch whose fields are the dataset's Stored; after it returns, the caller may reuse the batch.
	// Invalid duplicate_key if the store detects one by itself, value_null and value_range if it can't hold a value;
	// Conflict publish_conflict.
	Append(ctx context.Context, b *Batch) error
	// Seal creates the indexes, counts the rows and records the version with its location; from then on it can be
	// reused. If the same version is already sealed, that one is kept and returned, unless Load says Replace. v has
	// Rows, Digest, Bytes and Measures. Invalid duplicate_key; Internal row_count if the count differs; Internal
	// release_inconsistent as for Load; Conflict publish_conflict.
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
	Holder string // for people: host, process, since when
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
	Replace bool  // Seal replaces a sealed version of the same id, whose rows are damaged; that one becomes an orphan, and so does what shares rows with it
	// Extends is a sealed version whose rows the new one has too: what is appended comes besides. nil: it has none.
	Extends    *Version
	Extensible bool // later versions may extend it
}

// Publication makes a new release current; the store gives its number and time.
type Publication struct {
	Lease   Lease
	From    int64 // the current number when the release was planned; 0: none
	Release *Release
}

// Rollback makes an earlier release current, or a later one again. That release is no longer withdrawn, every release
// above it is, and those below it are unchanged.
type Rollback struct {
	Lease Lease
	From  int64 // the current number when the caller looked
	To    int64
}

// Refresh makes the BI database show a release.
type Refresh struct {
	Lease         Lease
	Release       *Release
	AllowBreaking bool          // a field may change its type; else Invalid breaking_change
	Every         time.Duration // State says that the next one is due after it; 0: at once. A store whose BI database needs no refresh ignores it
}

// RefreshReport says what a refresh did.
type RefreshReport struct {
	Refreshed []string // collections written
	Unchanged []string
	Duration  time.Duration
}

// Prune drops releases past their retention: see Expired. The current release always stays.
type Prune struct {
	Lease     Lease
	Keep      int           // newest releases to keep
	Months    int           // months whose last release is kept as well
	KeepFor   time.Duration // since they were published, of releases of which the last of each Every is kept as well; 0: none
	Every     time.Duration // 0: an hour
	KeepBytes int64         // that the releases that stay may take, in the store; 0: no limit
	Grace     time.Duration // between marking and dropping; 0: both at once
	DryRun    bool
}

// PruneReport says what was or would be dropped. The rows of Dropped releases are gone, except those of Shared
// datasets; marked releases that are not dropped yet still have theirs.
type PruneReport struct {
	Marked  []int64          // releases, newest first
	Why     map[int64]string // why the Marked ones expired
	Dropped []int64
	Waiting []int64  // marked, now or earlier, but not dropped, since their grace has not ended
	Shared  []string // datasets of Dropped whose rows stay, because another release that is kept or waits has the same ones
}

// State is what a plan needs to know about a store.
type State struct {
	Model   string
	Current *Release // nil: none
	Last    int64    // the highest number so far
	Lease   *Lease   // nil: none, or expired
	Sealed  []Version
	Orphans []string          // locations of unsealed versions
	Stale   []string          // BI collections that do not show the current release
	Due     time.Time         // when they are to be refreshed, by the store's clock; zero: now
	Taken   map[string]string // BI names that something else has, and what: "a view", "of model shop"
	Foreign []string          // BI collections that goldserve did not make: only a contract that names one replaces it
	Now     time.Time         // the store's clock

	Attempts []Attempt // latest first, at most MaxAttempts
}

// ReleaseCollection is the name, in the BI database, of the table in which both stores show people the release.
const ReleaseCollection = "gold_release"

// MaxAttempts is the number of attempts in a State, and AttemptsKept that of those that a store keeps of a model.
const (
	MaxAttempts  = 10
	AttemptsKept = 100
)
