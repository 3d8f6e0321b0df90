package gold

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
)

// Memory bounds the bytes that all questions hold together while they are computed: groups, distinct values, medians,
// rows to be sorted. It is safe for concurrent use.
type Memory struct {
	limit int64
	held  atomic.Int64
}

// NewMemory returns a memory of a number of bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

// Limit returns the bytes that questions may hold together.
func (m *Memory) Limit() int64 { return m.limit }

// Held returns the bytes that they hold now.
func (m *Memory) Held() int64 { return m.held.Load() }

// Share returns what one question holds of the memory: nothing yet.
func (m *Memory) Share() *Share { return &Share{memory: m} }

// Share is what one question holds of a Memory. A nil Share bounds nothing. It is safe for concurrent use.
type Share struct {
	memory *Memory
	mu     sync.Mutex
	held   int64
}

// Uncounted is what a share may hold before it counts: questions of a few groups or rows are answered beside whatever others
// hold.
const Uncounted = 64 << 10

type shareKey struct{}

// WithShare returns a context whose questions hold what they need as a part of a share.
func WithShare(ctx context.Context, s *Share) context.Context {
	return context.WithValue(ctx, shareKey{}, s)
}

// ShareOf returns the share that a context's questions are part of; nil: nothing bounds them.
func ShareOf(ctx context.Context) *Share {
	s, _ := ctx.Value(shareKey{}).(*Share)
	return s
}

// Release gives everything back that the share holds. Its accounts are of no more use.
func (s *Share) Release() {
	if s != nil {
		_ = s.add(func(int64) int64 { return 0 })
	}
}

// Crowded is the error of a question that doesn't fit into memory beside others, though it would alone.
var Crowded = &Error{
	Kind: Overloaded, Code: CodeOverloaded, Message: "not enough memory beside the queries that are running now; try again in a moment",
}

// OutOfMemory reports whether an error is one of Account.Set's.
func OutOfMemory(err error) bool {
	return errors.Is(err, Crowded) || CodeOf(err) == CodeMemoryLimit
}

// Account returns an account of the share that holds nothing yet.
func (s *Share) Account() *Account { return &Account{share: s} }

// add changes what the share holds, or says why it can't.
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

// add counts bytes; false where there is no room for them.
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

// Account is a part of a share: what one table, list or worker holds. One goroutine uses it. A nil Account bounds nothing.
type Account struct {
	share *Share
	held  int64
}

// Set makes a number of bytes what the account holds. Overloaded where that doesn't fit beside what others hold, Invalid
// memory_limit where it would not fit alone; the account then holds what it held.
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

// Close gives back what the account holds.
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

// Close gives back what all accounts hold. Others may be opened then.
func (a *Accounts) Close() {
	for _, account := range a.open {
		account.Close()
	}
	a.open = nil
}

// FormatBytes writes a number of bytes as people give it: 64 MiB.
func FormatBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	unit := 0
	for n >= 1024 && n%1024 == 0 && unit < len(units)-1 {
		n /= 1024
		unit++
	}
	return strconv.FormatInt(n, 10) + " " + units[unit]
}
