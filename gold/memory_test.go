package gold

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestQuestionsHoldNoMoreThanTheirMemory(t *testing.T) {
	m := NewMemory(100 << 20)
	one, two := m.Share(), m.Share()
	a, b, c := one.Account(), one.Account(), two.Account()
	for _, s := range []*Share{one, two} {
		if err := s.Account().Set(Uncounted); err != nil || m.Held() != 0 {
			t.Fatalf("%v, %d bytes are held: a few rows count", err, m.Held())
		}
	}
	set := func(a *Account, bytes int64, kind ErrorKind, code Code, held int64) {
		t.Helper()
		err := a.Set(bytes << 20)
		if code == "" && err != nil || code != "" && (KindOf(err) != kind || CodeOf(err) != code) || m.Held() != held<<20 {
			t.Errorf("%v, %d bytes are held, expected %q, %d", err, m.Held(), code, held)
		}
	}
	set(a, 40, 0, "", 40)
	set(b, 30, 0, "", 70)
	set(c, 31, Overloaded, CodeOverloaded, 70) // it would fit alone
	set(c, 30, 0, "", 100)
	set(b, 61, Invalid, CodeMemoryLimit, 100) // 101 of its own
	set(b, 60, Overloaded, CodeOverloaded, 100)
	set(a, 10, 0, "", 70)
	set(b, 60, 0, "", 100)
	b.Close()
	one.Release()
	one.Release()
	if m.Held() != 30<<20 {
		t.Errorf("%d bytes are held, expected 30 MiB", m.Held())
	}
	if err := (*Share)(nil).Account().Set(1 << 60); err != nil {
		t.Errorf("an account of no share: %v", err)
	}
	if err := NewMemory(64 << 20).Share().Account().Set(1 << 30); !strings.Contains(err.Error(), "64 MiB") {
		t.Errorf("%v doesn't say how much there is", err)
	}
}

// TestSharesAreCountedExactly lets goroutines take and give at random: nothing is lost, and the limit is never passed.
func TestSharesAreCountedExactly(t *testing.T) {
	m := NewMemory(1_000)
	always := m.Share().Account()
	if err := always.Set(500 + Uncounted); err != nil {
		t.Fatal(err)
	}
	var refused atomic.Int64
	var questions sync.WaitGroup
	for seed := range uint64(8) {
		questions.Go(func() {
			random := rand.New(rand.NewPCG(seed, 1))
			share := m.Share()
			defer share.Release()
			if err := share.Account().Set(Uncounted); err != nil {
				t.Error(err)
			}
			var workers sync.WaitGroup
			for range 2 {
				sizes := make([]int64, 2_000)
				for i := range sizes {
					sizes[i] = random.Int64N(400)
				}
				workers.Go(func() {
					a := share.Account()
					for _, bytes := range sizes {
						if errors.Is(a.Set(bytes), Crowded) {
							refused.Add(1)
						}
						if held := m.Held(); held < 0 || held > m.Limit() {
							t.Errorf("%d bytes are held", held)
						}
					}
				})
			}
			workers.Wait()
		})
	}
	questions.Wait()
	always.Close()
	if m.Held() != 0 {
		t.Errorf("%d bytes are held by nobody", m.Held())
	}
	if refused.Load() == 0 {
		t.Error("nobody was refused")
	}
}

func TestAccountsAreClosedTogether(t *testing.T) {
	m := NewMemory(1 << 20)
	accounts := AccountsOf(WithShare(t.Context(), m.Share()))
	for range 3 {
		if err := accounts.Open().Set(Uncounted); err != nil {
			t.Fatal(err)
		}
	}
	if m.Held() != 2*Uncounted {
		t.Errorf("%d bytes are held, expected %d", m.Held(), 2*Uncounted)
	}
	accounts.Close()
	if err := accounts.Open().Set(2 * Uncounted); err != nil || m.Held() != Uncounted {
		t.Errorf("%v, %d bytes are held once they were closed and one opened, expected %d", err, m.Held(), Uncounted)
	}
	if err := AccountsOf(t.Context()).Open().Set(1 << 60); err != nil {
		t.Errorf("accounts of no share: %v", err)
	}
}
