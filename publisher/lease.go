package publisher

import (
	"context"
	"errors"
	"time"

	"goldserve/gold"
)

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
	switch {
	case err != nil:
		attempt.Outcome, attempt.Message = string(gold.CodeOf(err)), err.Error()
	case done.word == Unchanged:
		attempt = nil // this one wrote nothing: a dry run, or another publisher made the release meanwhile
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

// published returns Empty where there is nothing of a model in the store, before a lease would make something.
func (p *Publisher) published(ctx context.Context, model string) error {
	state, err := p.config.Store.State(ctx, model)
	if err == nil && state.Last == 0 && len(state.Sealed)+len(state.Orphans) == 0 {
		err = gold.Errorf(gold.Empty, gold.CodeNoRelease, "there is nothing of model %s in this store yet", model)
	}
	return err
}
