package publisher

import (
	"context"
	"errors"
	"fmt"

	"goldserve/gold"
)

// mirror makes the mirror show the release, where there is one. Where it fails the release is served all the same, and the next
// publish tries again: Internal mirror_behind, whatever the cause is.
func (p *Publisher) mirror(ctx context.Context, release *gold.Release) error {
	if p.config.Mirror == nil {
		return nil
	}
	p.notify(Mirroring)
	err := p.config.Mirror(ctx, release)
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	p.config.Logger.Error("the release is served, and its mirror does not show it", "release", release.Number, "error", err)
	behind := &gold.Error{
		Kind: gold.Internal, Code: gold.CodeMirrorBehind, Err: err,
		Message: fmt.Sprintf("release %d is served, but its mirror does not show it (the next publish tries again): %s", release.Number, err),
	}
	if cause, ok := errors.AsType[*gold.Error](err); ok {
		behind.Problems = cause.Problems
	}
	return behind
}
