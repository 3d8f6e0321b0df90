package publisher

import (
	"context"

	"goldserve/gold"
)

// hold records that a publish was held, before it took a lease, because a rollback withdrew what the lake holds: once, however
// often it is tried. It returns the error that says so.
func (p *Publisher) hold(ctx context.Context, model string, held error) error {
	state, err := p.config.Store.State(ctx, model)
	if err != nil {
		return err
	}
	for _, a := range state.Attempts {
		switch {
		case a.Outcome == string(gold.CodeHeldByRollback) && a.Message == held.Error():
			return held
		case a.Release > 0: // of a rollback or a publish since then
			return p.recordHeld(ctx, model, held)
		}
	}
	return p.recordHeld(ctx, model, held)
}

func (p *Publisher) recordHeld(ctx context.Context, model string, held error) error {
	return p.withLease(ctx, model, "publish", func(context.Context, gold.Lease) (outcome, error) { return outcome{}, held })
}
