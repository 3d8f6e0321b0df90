package columnar

import (
	"context"

	"goldserve/gold"
)

// ledger is what one answer holds of its question's share of memory. One goroutine opens and closes it; each account is a
// worker's own in between.
type ledger struct {
	share    *gold.Share
	accounts []*gold.Account
}

func newLedger(ctx context.Context) *ledger { return &ledger{share: gold.ShareOf(ctx)} }

// open returns an account that holds nothing yet.
func (l *ledger) open() *gold.Account {
	a := l.share.Account()
	l.accounts = append(l.accounts, a)
	return a
}

// close gives everything back.
func (l *ledger) close() {
	for _, a := range l.accounts {
		a.Close()
	}
	l.accounts = nil
}
