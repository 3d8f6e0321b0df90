package storetest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
)

// allowed are the codes of the errors that each method may return, besides those of always. The comments of the
// interfaces in package gold say the same: a test holds them together.
var allowed = map[string][]gold.Code{
	"Reader.Resolve":     {gold.CodeVersionSkew, gold.CodeUnknownRelease, gold.CodeNoReleaseAsOf, gold.CodeNoRelease, gold.CodeReleasePruned},
	"Reader.Releases":    {},
	"Reader.Rows":        {gold.CodeReleasePruned, gold.CodeReleaseInconsistent, gold.CodeInvalidParameter},
	"Reader.Aggregate":   {gold.CodeReleasePruned, gold.CodeReleaseInconsistent, gold.CodeInvalidParameter, gold.CodeIntegerOverflow, gold.CodeMemoryLimit},
	"Writer.State":       {gold.CodeVersionSkew},
	"Writer.Acquire":     {gold.CodeVersionSkew, gold.CodePublishConflict},
	"Writer.Renew":       {gold.CodePublishConflict},
	"Writer.Release":     {gold.CodePublishConflict},
	"Writer.Load":        {gold.CodePublishConflict, gold.CodeInternal, gold.CodeReleaseInconsistent},
	"Writer.Publish":     {gold.CodePublishConflict, gold.CodeReleaseInconsistent},
	"Writer.RollBack":    {gold.CodePublishConflict, gold.CodeUnknownRelease, gold.CodeReleasePruned},
	"Writer.Refresh":     {gold.CodePublishConflict, gold.CodeBITargetTaken, gold.CodeBreakingChange},
	"Writer.DropOrphans": {gold.CodePublishConflict},
	"Writer.Prune":       {gold.CodePublishConflict},
	"Loader.Append":      {gold.CodePublishConflict, gold.CodeDuplicateKey, gold.CodeValueNull, gold.CodeValueRange},
	"Loader.Seal":        {gold.CodePublishConflict, gold.CodeDuplicateKey, gold.CodeRowCount, gold.CodeReleaseInconsistent},
	"Loader.Abort":       {},
}

// always are the codes that every method may return. What a store can't explain (internal, store_failed) is none of
// them: in the suite it is a fault.
var always = []gold.Code{gold.CodeStoreUnavailable, gold.CodeQueryTimeout, gold.CodeVersionSkew}

// check fails the test where a method returned an error whose code it doesn't declare. A cancelled context has no code.
func check(t testing.TB, method string, err error) error {
	t.Helper()
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	codes, declared := allowed[method]
	if code := gold.CodeOf(err); !declared || !slices.Contains(codes, code) && !slices.Contains(always, code) {
		t.Errorf("%s returned the code %s, which it does not declare: %v", method, code, err)
	}
	return err
}

// strict is a store whose methods return none but the errors that they declare, or else the test fails. It embeds
// nothing, so that a new method is not overlooked.
type strict struct {
	t     testing.TB
	store gold.Store
}

var _ gold.Store = (*strict)(nil)

// Strict returns a store, used as a test uses it, that fails the test where a method returns an error that the
// interfaces don't declare for it.
func Strict(t testing.TB, store gold.Store) gold.Store { return &strict{t, store} }

func (s *strict) Embedded() bool { return s.store.Embedded() }

func (s *strict) Resolve(ctx context.Context, selector gold.Selector) (*gold.Release, error) {
	r, err := s.store.Resolve(ctx, selector)
	return r, check(s.t, "Reader.Resolve", err)
}

func (s *strict) Releases(ctx context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	list, err := s.store.Releases(ctx, q)
	return list, check(s.t, "Reader.Releases", err)
}

func (s *strict) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	rows, err := s.store.Rows(ctx, q)
	return strictRows(s.t, "Reader.Rows", rows, err)
}

func (s *strict) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	rows, err := s.store.Aggregate(ctx, a)
	return strictRows(s.t, "Reader.Aggregate", rows, err)
}

func (s *strict) State(ctx context.Context, model string) (*gold.State, error) {
	state, err := s.store.State(ctx, model)
	return state, check(s.t, "Writer.State", err)
}

func (s *strict) Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*gold.Lease, error) {
	lease, err := s.store.Acquire(ctx, model, holder, ttl)
	return lease, check(s.t, "Writer.Acquire", err)
}

func (s *strict) Renew(ctx context.Context, l gold.Lease, ttl time.Duration) (*gold.Lease, error) {
	lease, err := s.store.Renew(ctx, l, ttl)
	return lease, check(s.t, "Writer.Renew", err)
}

func (s *strict) Release(ctx context.Context, l gold.Lease, ended *gold.Attempt) error {
	return check(s.t, "Writer.Release", s.store.Release(ctx, l, ended))
}

func (s *strict) Load(ctx context.Context, l gold.Load) (gold.Loader, error) {
	loader, err := s.store.Load(ctx, l)
	if check(s.t, "Writer.Load", err) != nil {
		return nil, err
	}
	return &strictLoader{s.t, loader}, nil
}

func (s *strict) Publish(ctx context.Context, p gold.Publication) (*gold.Release, error) {
	r, err := s.store.Publish(ctx, p)
	return r, check(s.t, "Writer.Publish", err)
}

func (s *strict) RollBack(ctx context.Context, back gold.Rollback) (*gold.Release, error) {
	r, err := s.store.RollBack(ctx, back)
	return r, check(s.t, "Writer.RollBack", err)
}

func (s *strict) Refresh(ctx context.Context, r gold.Refresh) (*gold.RefreshReport, error) {
	report, err := s.store.Refresh(ctx, r)
	return report, check(s.t, "Writer.Refresh", err)
}

func (s *strict) DropOrphans(ctx context.Context, l gold.Lease, dryRun bool) ([]string, error) {
	locations, err := s.store.DropOrphans(ctx, l, dryRun)
	return locations, check(s.t, "Writer.DropOrphans", err)
}

func (s *strict) Prune(ctx context.Context, p gold.Prune) (*gold.PruneReport, error) {
	report, err := s.store.Prune(ctx, p)
	return report, check(s.t, "Writer.Prune", err)
}

func (s *strict) Close() error { return s.store.Close() }

// answer is an open answer of a method: reading it fails as the method does.
type answer struct {
	gold.Rows
	t      testing.TB
	method string
}

func strictRows(t testing.TB, method string, rows gold.Rows, err error) (gold.Rows, error) {
	if check(t, method, err) != nil {
		return nil, err
	}
	return &answer{rows, t, method}, nil
}

func (a *answer) Next(ctx context.Context) (*gold.Batch, error) {
	b, err := a.Rows.Next(ctx)
	if errors.Is(err, io.EOF) {
		return b, err
	}
	return b, check(a.t, a.method, err)
}

type strictLoader struct {
	t      testing.TB
	loader gold.Loader
}

func (l *strictLoader) Append(ctx context.Context, b *gold.Batch) error {
	return check(l.t, "Loader.Append", l.loader.Append(ctx, b))
}

func (l *strictLoader) Seal(ctx context.Context, v gold.Version) (*gold.Version, error) {
	sealed, err := l.loader.Seal(ctx, v)
	return sealed, check(l.t, "Loader.Seal", err)
}

func (l *strictLoader) Abort(ctx context.Context) error {
	return check(l.t, "Loader.Abort", l.loader.Abort(ctx))
}
