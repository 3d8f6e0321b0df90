package publisher

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
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
	TTL     time.Duration // of the lease; 0: 10 s
	Memory  int64         // bytes that aggregates of derived datasets may hold; 0: no bound
	Workers int           // row groups read at the same time; 0: one for each core
	HMACKey []byte        // at least 32 bytes, for fields masked by hmac

	Retention *Retention // nil: DefaultRetention

	// Progress is told how far a publish or a check is; nil: nobody. It is called by the goroutines that read rows, for
	// one event after the other, and should return at once.
	Progress func(Event)
}

// Retention says which releases stay beside the current one, which always does. Zero means none, and at once.
type Retention struct {
	Keep   int           // newest releases
	Months int           // months whose last release, by as_of, is kept besides
	Grace  time.Duration // between marking a release as pruned and dropping its rows
}

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
	c.Retention = cmp.Or(c.Retention, &DefaultRetention)
	return &Publisher{config: c}
}

// Request asks for a release of a model made of a lake's files.
type Request struct {
	Model         *contract.Model
	Lake          *lake.Lake
	AsOf          time.Time // zero: the maximum of the model's asOf field, else the time of publication
	DryRun        bool      // plan only
	Again         bool      // even if a rollback withdrew the same content
	AllowBreaking bool      // BI fields may change their type
	AllowShrink   bool      // a dataset may lose half of its rows, or all
	Partial       bool      // a dataset whose file is missing keeps the current release's version
	NoSuccessFile bool      // folders of parts need no _SUCCESS
	// Manifest says what the files must be; anything else is refused before it is decoded. nil: the release says that its
	// integrity is unverified.
	Manifest *lake.Manifest
	Rehash   bool     // read files although a release remembers what they hold by their tokens
	Reload   []string // datasets to load again although the store has their version, whose rows are damaged
}

// Outcome says how a publish ended.
type Outcome string

// The outcomes.
const (
	Published Outcome = "published"
	Refreshed Outcome = "refreshed" // the release was current already, the BI database was behind
	Unchanged Outcome = "unchanged" // nothing to do, nothing written
	Planned   Outcome = "planned"   // a dry run with something to do
	Refused   Outcome = "refused"   // no release was made, although the rules were evaluated: mostly by one of severity error
)

// Report says what a publish did, or with DryRun would do.
type Report struct {
	Outcome   Outcome
	Release   *gold.Release     // nil where Outcome is Planned or Refused
	Refreshed []string          // BI collections that were written
	Loaded    []string          // datasets that were loaded
	Reused    []string          // datasets whose version was already there
	Kept      []string          // datasets without a file, or derived from one, that keep their version: see Request.Partial
	Plan      *Plan             // of a dry run: what was decided, and why
	Rows      int64             // loaded
	Quality   []gold.RuleResult // of all datasets; nil where no rule had to be evaluated
	Duration  time.Duration
}

// Publish makes a release of the lake's files, or does nothing where the store already serves them. Errors: Invalid
// for contracts, files or values; Conflict where another publisher is at work; Unavailable for the lake or store. The
// report comes with the error too once the rules were evaluated, and where the release is served and the BI database is behind.
func (p *Publisher) Publish(ctx context.Context, r Request) (*Report, error) {
	planner := &planner{Publisher: p, request: r}
	defer planner.close()
	pl, err := planner.plan(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range pl.list {
		if i.absent != nil {
			p.config.Logger.Warn("file missing: its dataset keeps the current rows", "dataset", i.name(), "problem", i.absent.Message)
		}
	}
	if pl.done() {
		return pl.report(Unchanged, pl.state.Current), nil
	}
	if r.DryRun {
		return pl.report(Planned, nil), nil
	}
	var report *Report
	var judged *run
	err = p.withLease(ctx, r.Model.Name, "publish", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		var word Outcome
		var release *gold.Release
		for again := true; again; {
			// Another publisher may have been at work between the plan and the lease.
			pl, err := planner.plan(ctx)
			if err != nil {
				return outcome{}, err
			}
			if pl.done() {
				report = pl.report(Unchanged, pl.state.Current)
				return outcome{word: Unchanged, release: pl.state.Current.Number}, nil
			}
			judged = newRun(pl)
			word, release, err = judged.execute(ctx, lease)
			if again, err = planner.moved(ctx, err); err != nil {
				return outcome{}, err
			}
		}
		refreshed, err := p.refresh(ctx, lease, release, r.AllowBreaking)
		if err == nil {
			p.retain(ctx, lease)
		}
		report = judged.report(word, release)
		report.Refreshed = refreshed
		return outcome{word: word, release: release.Number}, err
	})
	if err != nil && report == nil && judged != nil && judged.quality != nil && gold.CodeOf(err) != gold.CodeSourceChanged {
		report = judged.report(Refused, nil)
	}
	return report, err
}

// execute loads what is missing and switches; where only the BI database is behind, it switches nothing.
func (r *run) execute(ctx context.Context, lease gold.Lease) (Outcome, *gold.Release, error) {
	if _, err := r.config.Store.DropOrphans(ctx, lease, false); err != nil {
		return "", nil, err
	}
	if r.sameRelease() {
		return Refreshed, r.state.Current, nil
	}
	if err := r.load(ctx, lease); err != nil {
		return "", nil, err
	}
	if err := r.refuseWithdrawn(ctx); err != nil {
		return "", nil, err
	}
	if err := r.unchanged(ctx); err != nil {
		return "", nil, err
	}
	r.notify(Switching)
	release, err := r.switchTo(ctx, lease)
	return Published, release, err
}

// Rollback makes an earlier release current again, withdraws those above it, and refreshes the BI database.
// NotFound and Gone speak of the number.
func (p *Publisher) Rollback(ctx context.Context, model string, to int64) (*gold.Release, error) {
	if err := p.published(ctx, model); err != nil {
		return nil, err
	}
	var release *gold.Release
	err := p.withLease(ctx, model, "rollback", func(ctx context.Context, lease gold.Lease) (outcome, error) {
		state, err := p.config.Store.State(ctx, model)
		if err != nil {
			return outcome{}, err
		}
		if state.Current == nil {
			return outcome{}, gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release to roll back to", model)
		}
		release = state.Current
		if to != state.Current.Number {
			if release, err = p.config.Store.RollBack(ctx, gold.Rollback{Lease: lease, From: state.Current.Number, To: to}); err != nil {
				return outcome{}, err
			}
		}
		_, err = p.refresh(ctx, lease, release, true)
		return outcome{word: rolledBack, release: release.Number}, err
	})
	return release, err
}

// published returns Empty where there is nothing of a model in the store, before a lease would make something.
func (p *Publisher) published(ctx context.Context, model string) error {
	state, err := p.config.Store.State(ctx, model)
	if err == nil && state.Last == 0 && len(state.Sealed)+len(state.Orphans) == 0 {
		err = gold.Errorf(gold.Empty, gold.CodeNoRelease, "there is nothing of model %s in this store yet", model)
	}
	return err
}

// Outcomes of other commands, in the log of attempts.
const (
	rolledBack Outcome = "rolled back"
	pruned     Outcome = "pruned"
)

// outcome is what an attempt's record says of a success.
type outcome struct {
	word    Outcome
	release int64
}

// withLease runs work under the model's lease, which it renews, and gives it back with the outcome. The context of
// work ends with a Conflict where the lease is lost.
func (p *Publisher) withLease(ctx context.Context, model, command string, work func(context.Context, gold.Lease) (outcome, error)) error {
	store, started := p.config.Store, time.Now()
	lease, err := store.Acquire(ctx, model, p.config.Holder, p.config.TTL)
	if err != nil {
		return err
	}
	held, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		p.renew(held, *lease, stop)
	}()
	done, err := work(held, *lease)
	if cause := context.Cause(held); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	stop(nil)
	<-renewed

	attempt := &gold.Attempt{
		Command: command, Holder: p.config.Holder, Started: started, Ended: time.Now(),
		Outcome: string(done.word), Release: done.release,
	}
	if err != nil {
		attempt.Outcome, attempt.Message = string(gold.CodeOf(err)), err.Error()
	}
	// The lease is given back even where ctx ended, so that the next run need not wait for its expiry.
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if backErr := store.Release(back, *lease, attempt); backErr != nil && err == nil {
		p.config.Logger.Warn("lease not released: it expires by itself", "model", model, "error", backErr)
	}
	return err
}

// renew keeps the lease alive until ctx ends; where it can't for a whole TTL, or the lease is another's, it ends the
// work with the reason.
func (p *Publisher) renew(ctx context.Context, lease gold.Lease, stop context.CancelCauseFunc) {
	tick := time.NewTicker(p.config.TTL / 5)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := p.config.Store.Renew(ctx, lease, p.config.TTL)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			last = time.Now()
		case gold.KindOf(err) == gold.Conflict || time.Since(last) > p.config.TTL:
			stop(err)
			return
		}
	}
}
