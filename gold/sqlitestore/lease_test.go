package sqlitestore

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/filelock"
)

// TestHolder is no test: it is the process that TestTheKernelFreesTheLockOfAKilledProcess kills.
func TestHolder(t *testing.T) {
	path := os.Getenv("GOLDSERVE_TEST_HOLDER")
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	s := mustOpen(t, path, Options{})
	l, err := s.Acquire(t.Context(), "shop", "process 17 on host a", 0)
	if err != nil {
		t.Fatal(err)
	}
	d := sales("sales")
	loader, err := s.Load(t.Context(), gold.Load{Lease: *l, Dataset: d, ID: id("1")})
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Append(t.Context(), saleRows(&d, 0, 60_000)); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("held\n")
	select {}
}

func TestTheKernelFreesTheLockOfAKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.db")
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHolder$")
	holder.Env = append(os.Environ(), "GOLDSERVE_TEST_HOLDER="+path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the holder says %q (%v)", line, err)
	}
	s := mustOpen(t, path, Options{})
	st, err := s.State(t.Context(), "shop")
	if err != nil || st.Lease == nil || st.Lease.Holder != "process 17 on host a" || st.Lease.Fence != 1 || len(st.Orphans) != 0 {
		t.Errorf("state is %+v (%v), expected the holder's lease and no orphan", st, err)
	}
	_, err = s.Acquire(t.Context(), "shop", "the test", 0)
	wantError(t, err, gold.Conflict, gold.CodePublishConflict)
	if err != nil && !strings.Contains(err.Error(), "process 17 on host a") {
		t.Errorf("%v does not name the holder", err)
	}

	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // killed, as it should be
	l := mustAcquire(t, s, "shop")
	if l.Fence != 2 {
		t.Errorf("the fence is %d, expected 2", l.Fence)
	}
	dropped, err := s.DropOrphans(t.Context(), l, false)
	if err != nil || len(dropped) != 1 {
		t.Errorf("dropped are %v (%v), expected the orphan of the killed process", dropped, err)
	}
}

func TestTheSameStoreHoldsOneLease(t *testing.T) {
	s := newStore(t)
	mustAcquire(t, s, "shop")
	for _, model := range []string{"shop", "school"} {
		_, err := s.Acquire(t.Context(), model, "again", 0)
		wantError(t, err, gold.Conflict, gold.CodePublishConflict)
		if err != nil && !strings.Contains(err.Error(), "the test") {
			t.Errorf("%v does not name the holder", err)
		}
	}
}

func TestALockWhoseFileWasRemovedIsNotRenewed(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	if err := os.Remove(s.lock.path); err != nil {
		t.Fatal(err)
	}
	_, err := s.Renew(t.Context(), l, 0)
	wantError(t, err, gold.Conflict, gold.CodePublishConflict)
}

// Who asks whether the lock is free shares it for an instant.
func TestALookAtTheLockRefusesNobody(t *testing.T) {
	s := newStore(t)
	mustGiveBack(t, s, mustAcquire(t, s, "shop"))
	look, err := os.Open(s.lock.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(look, true); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(30*time.Millisecond, func() { _ = look.Close() })
	mustAcquire(t, s, "shop")
}

// Between locking the file and signing it lies the raising of the fence.
func TestAHolderThatHasYetToSignIsNamed(t *testing.T) {
	s := newStore(t)
	mustGiveBack(t, s, mustAcquire(t, s, "shop"))
	f, err := os.OpenFile(s.lock.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(f, false); err != nil {
		t.Fatal(err)
	}
	signed := make(chan error, 1)
	time.AfterFunc(lockPause*lockTries*3/2, func() {
		_, err := f.WriteString(`{"model":"shop","holder":"a colleague","fence":7}`)
		signed <- err
	})
	_, err = s.Acquire(t.Context(), "shop", "the test", 0)
	if err == nil || !strings.Contains(err.Error(), "a colleague") {
		t.Errorf("%v does not name the holder", err)
	}
	if err := errors.Join(<-signed, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAttemptsAreRecorded(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	if err := s.Release(t.Context(), l, &gold.Attempt{Command: "publish", Outcome: string(gold.CodeValueNull)}); err != nil {
		t.Fatal(err)
	}
	got := outsideText(t, outside(t, s.path), `SELECT concat_ws(' ', model, fence, record ->> 'command', record ->> 'outcome') FROM _goldserve_attempts`)
	if want := "shop 1 publish value_null"; got != want {
		t.Errorf("the attempt is %q, expected %q", got, want)
	}
}

func TestAStoreForReadingHasNoLease(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{ReadOnly: true})
	if _, err := s.Acquire(t.Context(), "shop", "the test", 0); err == nil {
		t.Error("a store for reading gave a lease")
	}
}
