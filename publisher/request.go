package publisher

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// Config is what every command of the publisher needs. The zero values of all but Store and Logger are useful.
type Config struct {
	Store   gold.Store
	Logger  *slog.Logger
	Holder  string        // who publishes, in words for people
	Version string        // of the program, which releases record; "": they don't
	TTL     time.Duration // of the lease; 0: 10 s
	Memory  int64         // bytes that aggregates of derived datasets may hold; 0: no bound
	Workers int           // row groups read at the same time; 0: one for each core
	HMACKey []byte        // at least 32 bytes, for fields masked by hmac

	Retention *Retention // nil: DefaultRetention

	// BuildWait is how long a publish waits at most for a build that is replacing the lake's files; 0: 10 s.
	BuildWait time.Duration

	// BIEvery is the least time between two refreshes of the BI database, which then show the newest release; 0: each publish
	// refreshes it. A publish that leaves one for later says so: see Report.RefreshDue.
	BIEvery time.Duration

	// Mirror shows a release in another database too, within the lease of what made it current, and where that changed nothing: it
	// does nothing if the database shows it already. nil: there is none.
	Mirror func(ctx context.Context, release *gold.Release) error

	// Progress is told how far a publish or a check is; nil: nobody. It is called by the goroutines that read rows, for
	// one event after the other, and should return at once.
	Progress func(Event)
}

// Retention says which releases stay beside the current one, which always does. Zero means none, and at once.
type Retention struct {
	Keep   int           // newest releases
	Months int           // months whose last release, by as_of, is kept besides
	For    time.Duration // since they were published, of releases of which the last of each Every is kept besides
	Every  time.Duration // 0: an hour
	Bytes  int64         // that all these may take in the store, else the oldest go; 0: no limit
	Grace  time.Duration // between marking a release as pruned and dropping its rows
}

// defaultBuildWait is how long a publish waits for a build where nothing says otherwise.
const defaultBuildWait = 10 * time.Second

// DefaultRetention is that of who says nothing.
var DefaultRetention = Retention{Keep: 10, Months: 12, Grace: 15 * time.Minute}

// Publisher publishes models into one store.
type Publisher struct {
	config Config
}

// New returns a publisher.
func New(c Config) *Publisher {
	if c.TTL == 0 {
		c.TTL = 10 * time.Second
	}
	c.Retention, c.BuildWait = cmp.Or(c.Retention, &DefaultRetention), cmp.Or(c.BuildWait, defaultBuildWait)
	return &Publisher{config: c}
}

// Request asks for a release of a model made of a lake's files.
type Request struct {
	Model         *contract.Model
	Lake          *lake.Lake
	Unreached     string    // the lake that could not be reached, where Lake is its fallback; the release records it
	AsOf          time.Time // zero: the maximum of the model's asOf field, else the time of publication
	DryRun        bool      // plan only
	Again         bool      // even if a rollback withdrew the same content
	Hold          bool      // who follows the lake asks: such content is held_by_rollback, which is recorded once, not release_withdrawn
	AllowBreaking bool      // BI fields may change their type
	AllowShrink   bool      // a dataset may lose half of its rows, or all
	Restate       bool      // raw files of frozen history may differ from those of the current release
	Partial       bool      // a dataset whose file is missing keeps the current release's version
	NoSuccessFile bool      // folders of parts need no _SUCCESS
	// Manifest says what the files must be; anything else is refused before it is decoded. nil: the lake's own manifest.json does.
	// The _build.json of a lake that a build made does so too. Where there is none, the release says that its integrity is unverified.
	Manifest       *lake.Manifest
	ManifestToCome bool     // the lake's own is left alone, since it is about to be written
	Rehash         bool     // read files although a release remembers what they hold by their tokens
	Reload         []string // datasets to load again although the store has their version, whose rows are damaged
	// Inferred says that the contracts were guessed from the files; nil: a person wrote them. They never replace those that a
	// person wrote.
	Inferred *gold.Inferred
}

func (p *Publisher) workers() int {
	if p.config.Workers > 0 {
		return p.config.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Event says how far a publish or a check is, for Config.Progress.
type Event struct {
	Stage   Stage
	Dataset string        // empty where the stage is of the whole release
	Rows    int64         // of the dataset, that were read so far
	Of      int64         // rows that the dataset has; 0 where it has none, or the stage reads none
	Elapsed time.Duration // since the dataset was begun
}

// Stage is what is being done.
type Stage string

// The stages, in the order in which a dataset and then the release pass them. Of a dataset's Reading or Loading the
// first event has 0 rows, and the others are a tenth of a second apart or more; Sealing and Done have all rows.
const (
	Planning   Stage = "planning"   // files are hashed and compared with the store
	Deriving   Stage = "deriving"   // a derived dataset is computed, of its source's rows
	Reading    Stage = "reading"    // rows are read, for rules and what is derived from them; none is written
	Loading    Stage = "loading"    // rows are read and written
	Sealing    Stage = "sealing"    // the store makes the indexes and counts the rows
	Done       Stage = "done"       // the dataset is complete
	Switching  Stage = "switching"  // the release becomes current
	Refreshing Stage = "refreshing" // the BI database is made to show it
	Mirroring  Stage = "mirroring"  // the mirror is
)

// notify tells of a stage of the whole release.
func (p *Publisher) notify(s Stage) {
	if p.config.Progress != nil {
		p.config.Progress(Event{Stage: s})
	}
}
