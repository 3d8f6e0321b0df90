package gold

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
)

// Memory limits the memory of all running queries together: groups, distinct values, medians, rows to be sorted. It is
// safe for concurrent use.
type Memory struct {
	limit int64
	held  atomic.Int64
}

// NewMemory returns a Memory of limit bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

// Limit returns the limit in bytes.
func (m *Memory) Limit() int64 { return m.limit }

// Held returns the bytes in use.
func (m *Memory) Held() int64 { return m.held.Load() }

// Share returns a new share of the memory, for one query. It is empty at first.
func (m *Memory) Share() *Share { return &Share{memory: m} }

// Share is the memory in use by one query. A nil Share has no limit. It is safe for concurrent use.
type Share struct {
	memory *Memory
	mu     sync.Mutex
	held   int64
}

// Uncounted is what a share may use before it counts, so that queries of a few groups or rows are always answered.
const Uncounted = 64 << 10

type shareKey struct{}

// WithShare returns a context whose queries account their memory to a share.
func WithShare(ctx context.Context, s *Share) context.Context {
	return context.WithValue(ctx, shareKey{}, s)
}

// ShareOf returns the share of a context; nil: no limit.
func ShareOf(ctx context.Context) *Share {
	s, _ := ctx.Value(shareKey{}).(*Share)
	return s
}

// Release frees everything that the share holds. Its accounts must not be used afterwards.
func (s *Share) Release() {
	if s != nil {
		_ = s.add(func(int64) int64 { return 0 })
	}
}

// Crowded is the error of a query that finds too little memory beside the running ones, but would fit alone.
var Crowded = &Error{
	Kind: Overloaded, Code: CodeOverloaded, Message: "not enough memory beside the queries that are running now; try again in a moment",
}

// OutOfMemory reports whether an error came from Account.Set.
func OutOfMemory(err error) bool {
	return errors.Is(err, Crowded) || CodeOf(err) == CodeMemoryLimit
}

// Account returns a new, empty account of the share.
func (s *Share) Account() *Account { return &Account{share: s} }

// add changes what the share holds, or returns the error if that exceeds the limit.
func (s *Share) add(change func(held int64) int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := change(s.held)
	counted := max(0, held-Uncounted)
	switch {
	case s.memory.add(counted - max(0, s.held-Uncounted)):
		s.held = held
		return nil
	case counted <= s.memory.limit:
		return Crowded
	default:
		return Errorf(Invalid, CodeMemoryLimit,
			"this query needs more than %s of memory: narrow the filter, group by fewer fields, or query a derived dataset that has fewer rows", FormatBytes(s.memory.limit))
	}
}

// add adds n bytes; false if they exceed the limit.
func (m *Memory) add(n int64) bool {
	for {
		held := m.held.Load()
		if n > 0 && n > m.limit-held {
			return false
		}
		if m.held.CompareAndSwap(held, held+n) {
			return true
		}
	}
}

// Account is a part of a share: the memory of one table, list or worker. It belongs to one goroutine. A nil Account has
// no limit.
type Account struct {
	share *Share
	held  int64
}

// Set sets the number of bytes that the account holds. If they don't fit, the account is unchanged and the error is
// Overloaded, or Invalid memory_limit if they would not even fit alone.
func (a *Account) Set(bytes int64) error {
	if a == nil || a.share == nil || bytes == a.held {
		return nil
	}
	if err := a.share.add(func(held int64) int64 { return held + bytes - a.held }); err != nil {
		return err
	}
	a.held = bytes
	return nil
}

// Close frees what the account holds.
func (a *Account) Close() { _ = a.Set(0) }

// Accounts are those of one answer, which are closed together. One goroutine opens and closes them.
type Accounts struct {
	share *Share
	open  []*Account
}

// AccountsOf returns accounts of the share that a context's questions are part of.
func AccountsOf(ctx context.Context) *Accounts { return &Accounts{share: ShareOf(ctx)} }

// Open returns an account that holds nothing yet.
func (a *Accounts) Open() *Account {
	account := a.share.Account()
	a.open = append(a.open, account)
	return account
}

// Close frees what all accounts hold. Others may be opened then.
func (a *Accounts) Close() {
	for _, account := range a.open {
		account.Close()
	}
	a.open = nil
}

// FormatBytes formats a number of bytes for people: 64 MiB.
func FormatBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	unit := 0
	for n >= 1024 && n%1024 == 0 && unit < len(units)-1 {
		n /= 1024
		unit++
	}
	return strconv.FormatInt(n, 10) + " " + units[unit]
}
