//go:build !windows

package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is the supervised process too: it publishes a lake whose one file does to it what actVariable says, unless it is told to
// avoid that.
func TestMain(m *testing.M) {
	if os.Getenv(Variable) == "" {
		os.Exit(m.Run())
	}
	order, err := ReadOrder(os.Stdin, func() { os.Exit(0) }, nil)
	if err != nil {
		panic(err)
	}
	say := func(e Event) {
		text, _ := json.Marshal(e)
		fmt.Println(string(text))
	}
	bad := Event{Event: EventFile, File: "bad.parquet", Token: "1"}
	say(Event{Event: EventPublishing, State: "a"})
	if len(order.Avoid) == 0 {
		say(Event{Event: EventFile, File: "good.parquet", Token: "1"})
		say(bad)
		act(os.Getenv(actVariable))
	} else {
		for _, a := range order.Avoid {
			say(Event{Event: "avoids", File: a.Err().Error()})
		}
	}
	say(Event{Event: EventWatching})
	select {}
}

const actVariable = "GOLDSERVE_TEST_ACT"

func act(what string) {
	switch what {
	case "memory":
		var held [][]byte
		for {
			block := make([]byte, 8<<20)
			for i := range block {
				block[i] = 1
			}
			held = append(held, block)
			runtime.KeepAlive(held)
		}
	case "time":
		select {}
	case "mute":
		_ = os.Stdout.Close()
		select {}
	case "crash":
		panic("a bug of a decoder")
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "idle": // after the publish
		fmt.Println(`{"event":"` + EventWatching + `"}`)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// supervise runs a process that does something until it was told something, or has ended a number of times.
func supervise(t *testing.T, what string, s *Supervisor, untilEnds int) (told []string, ends []*Avoided, errs []error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var mu sync.Mutex
	s.Command = func() (*exec.Cmd, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), Variable+"=1", actVariable+"="+what)
		return cmd, nil
	}
	s.Retry = Backoff{First: time.Millisecond, Most: time.Millisecond}
	s.Event = func(kind string, line []byte) {
		var e Event
		if kind == "avoids" && json.Unmarshal(line, &e) == nil {
			mu.Lock()
			told = append(told, e.File)
			mu.Unlock()
			stop()
		}
	}
	s.Ended = func(err error, content *Avoided) {
		mu.Lock()
		defer mu.Unlock()
		ends, errs = append(ends, content), append(errs, err)
		if len(ends) == untilEnds {
			stop()
		}
	}
	s.Run(ctx)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Fatalf("nothing after 30 s: ended %v", errs)
	}
	return told, ends, errs
}

// Content that ended a process by itself is named, and the next process leaves it alone.
func TestContentThatEndsAProcessIsAvoided(t *testing.T) {
	for what, c := range map[string]struct {
		s    Supervisor
		says string
	}{
		"memory": {Supervisor{Memory: 128 << 20}, "needed more than 128 MiB of memory"},
		"time":   {Supervisor{Time: 100 * time.Millisecond}, "took longer than 100ms"},
		"crash":  {Supervisor{}, "crashed"},
	} {
		if what == "memory" && runtime.GOOS != "linux" {
			continue // it can't be told elsewhere
		}
		t.Run(what, func(t *testing.T) {
			told, ends, errs := supervise(t, what, &c.s, 0)
			want := "bad.parquet: the process that read it " + c.says + "; it is not read again until it changes"
			if len(ends) != 1 || ends[0] == nil || ends[0].State != "a" || ends[0].Token != "1" || len(told) != 1 || !strings.HasPrefix(told[0], want) {
				t.Errorf("told %q, ends %+v, errors %v", told, ends, errs)
			}
		})
	}
}

// A process that somebody killed is started again at the same content, which is to blame only if that goes on.
func TestAKilledProcessIsStartedAgain(t *testing.T) {
	told, ends, errs := supervise(t, "killed", &Supervisor{}, 0)
	if len(ends) != mostTimes || ends[0] != nil || ends[mostTimes-1] == nil || len(told) != 1 || !strings.Contains(told[0], "ended 3 times in a row") {
		t.Errorf("told %q, ends %+v, errors %v", told, ends, errs)
	}
	told, ends, _ = supervise(t, "idle", &Supervisor{}, 6)
	for _, content := range ends {
		if content != nil || len(told) > 0 {
			t.Errorf("killed between publishes: told %q, ends %+v", told, ends)
		}
	}
}

// Content is avoided, of which there may be ever more: the newest of it.
func TestTheNewestContentIsAvoided(t *testing.T) {
	s := &Supervisor{}
	for i := range 3 * mostAvoided {
		s.blame(&process{Supervisor: s, publishing: true, fault: "crashed", doing: Avoided{State: fmt.Sprint(i)}})
	}
	if n := len(s.avoid); n != mostAvoided || s.avoid[n-1].State != fmt.Sprint(3*mostAvoided-1) {
		t.Errorf("%d are avoided, the last %+v", n, s.avoid[n-1])
	}
}

// A process that can no longer tell what it does is ended, and started again.
func TestAMuteProcessIsEnded(t *testing.T) {
	if _, ends, errs := supervise(t, "mute", &Supervisor{}, 1); len(ends) != 1 || ends[0] != nil {
		t.Errorf("ends %+v, errors %v", ends, errs)
	}
}

// A process ends once its supervisor wants it to, or is gone.
func TestAProcessEndsWithItsSupervisor(t *testing.T) {
	defer func(before time.Duration) { endTime = before }(endTime)
	endTime = time.Millisecond
	ended, late := make(chan struct{}), make(chan struct{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("{\"avoid\":[{\"state\":\"a\"}]}\n"); err != nil {
		t.Fatal(err)
	}
	order, err := ReadOrder(bufio.NewReader(r), func() { close(ended) }, func() { close(late) })
	if err != nil || len(order.Avoid) != 1 {
		t.Fatalf("%+v %v", order, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, told := range []chan struct{}{ended, late} {
		select {
		case <-told:
		case <-time.After(10 * time.Second):
			t.Error("it does not end")
		}
	}
}
