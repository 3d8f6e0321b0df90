package query

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"goldserve/gold"
)

// Catalog returns the catalog of the release that a selector names. That of the current release also has the datasets
// that only the contracts on disk have, and exists before anything is published.
func (e *Engine) Catalog(ctx context.Context, m *gold.Model, sel gold.Selector) (*Catalog, error) {
	current, err := e.reader.Resolve(ctx, gold.Selector{Model: m.Name})
	switch {
	case gold.KindOf(err) == gold.Empty:
		current = nil
	case err != nil:
		return nil, err
	}
	if sel.Number == 0 && sel.AsOf.IsZero() || current != nil && current.Number == sel.Number {
		return NewCatalog(m, current, true), nil
	}
	r, err := e.reader.Resolve(ctx, sel)
	if err != nil {
		return nil, e.Unresolved(ctx, sel, err)
	}
	return NewCatalog(m, r, false), nil
}

// Unresolved returns the error of a selector without a release, in the same words for every store.
func (e *Engine) Unresolved(ctx context.Context, sel gold.Selector, err error) error {
	why := &gold.Error{Kind: gold.KindOf(err), Code: gold.CodeOf(err), Err: errors.Unwrap(err)} // the store says the same in other words
	switch why.Code {
	case gold.CodeNoRelease:
		why.Message = sel.Model + " has no release yet"
	case gold.CodeUnknownRelease:
		why.Message = fmt.Sprintf("%s has no release %d", sel.Model, sel.Number)
	case gold.CodeReleasePruned:
		why.Message = fmt.Sprintf("release %d of %s was pruned: its rows can no longer be asked for", sel.Number, sel.Model)
		if sel.Number == 0 {
			why.Message = fmt.Sprintf("the release of %s as of %s was pruned: its rows can no longer be asked for", sel.Model, gold.Instant(sel.AsOf))
		}
	case gold.CodeNoReleaseAsOf:
		why.Message = fmt.Sprintf("%s has no release as of %s%s; as_of chooses a release, rows are filtered by their own date field", sel.Model, gold.Instant(sel.AsOf), e.oldest(ctx, sel.Model))
	default:
		return err
	}
	return why
}

// oldest names the oldest release that answers, for a message; "" if the store can't tell.
func (e *Engine) oldest(ctx context.Context, model string) string {
	releases, err := e.reader.Releases(ctx, gold.ReleaseQuery{Model: model, Kept: true})
	if err != nil {
		e.log.LogAttrs(ctx, slog.LevelDebug, "oldest release unknown", slog.Any("error", err))
		return ""
	}
	if len(releases) == 0 {
		return ""
	}
	r := releases[len(releases)-1]
	return fmt.Sprintf(": the oldest kept is release %d, as of %s", r.Number, gold.Instant(r.AsOf))
}
