package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Supervisor keeps a process that follows a lake running beside this one, so that nothing that a file does to it ends this one. It
// is started again when it ends, later each time. Content that ended one is named, and the next one is told to leave it alone.
type Supervisor struct {
	// Command returns the command to start. Its standard input and output are the supervisor's.
	Command func() (*exec.Cmd, error)
	// Event is told of every line that the process prints, one after the other; kind is its member event.
	Event func(kind string, line []byte)
	// Ended is told of a process that ended though it should not have: why, and the content that did it; nil: none is to blame.
	Ended func(err error, content *Avoided)

	Memory int64         // bytes that the process may hold; 0: no limit. Watched on Linux
	Time   time.Duration // that one publish may take; 0: no limit
	Retry  Backoff       // of processes that end

	avoid []Avoided
	last  Avoided // what the process was doing when the one before ended
	times int     // processes that ended in a row while they were doing that
}

// Between two looks at the memory of the process; after how long it counts as sound; how many
// processes that end for no known reason, one after the other at the same content, make it to blame; how much
// content is avoided.
const (
	memoryLook  = 25 * time.Millisecond
	soundTime   = time.Minute
	mostTimes   = 3
	mostAvoided = 100
)

// endTime is how long a process may take to end. Tests have less of it.
var endTime = 15 * time.Second

// Run keeps the process running until the context ends; then it lets it end.
func (s *Supervisor) Run(ctx context.Context) {
	for fails := 0; ; fails++ {
		started := time.Now()
		p := &process{Supervisor: s}
		err := p.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > soundTime {
			fails = 0
		}
		s.Ended(err, s.blame(p))
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.Retry.after(fails)):
		}
	}
}

// blame returns the content that ended a process, which is then avoided; nil: none is to blame.
func (s *Supervisor) blame(p *process) *Avoided {
	if !p.publishing {
		s.times = 0
		return nil
	}
	at := p.doing
	if at.State != s.last.State || at.File != s.last.File || at.Token != s.last.Token {
		s.times = 0
	}
	s.last, s.times = at, s.times+1
	if at.Reason = p.fault; at.Reason == "" {
		if s.times < mostTimes {
			return nil
		}
		at.Reason = fmt.Sprintf("ended %d times in a row", s.times)
	}
	s.avoid = append(s.avoid, at)
	s.avoid = s.avoid[max(0, len(s.avoid)-mostAvoided):] // each is looked for before each publish
	return &at
}

// process is one run of the process.
type process struct {
	*Supervisor
	doing      Avoided   // without a reason
	publishing bool      // since begun
	begun      time.Time // of the publish
	fault      string    // what the content did; empty: it is not known to have done anything
}

// run starts the process and waits until it has ended.
func (p *process) run(ctx context.Context) error {
	cmd, err := p.Command()
	if err != nil {
		return err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	kills := outOfMemoryKills()
	if err := cmd.Start(); err != nil {
		return err
	}
	offerToKernel(cmd.Process.Pid)
	order, _ := json.Marshal(Order{append([]Avoided{}, p.avoid...)}) // of texts
	_, _ = in.Write(append(order, '\n'))                             // one that has ended already is found below
	lines := make(chan []byte)
	go readLines(out, lines)
	p.attend(ctx, cmd, in, lines)
	_ = in.Close() // one that only closed its output has to end too
	late := time.AfterFunc(endTime, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	late.Stop()
	if p.fault == "" && ctx.Err() == nil {
		p.fault = faultOf(cmd.ProcessState, outOfMemoryKills() > kills)
	}
	switch {
	case p.fault != "":
		return errors.New("the process that reads the lake " + p.fault)
	case err != nil:
		return fmt.Errorf("the process that reads the lake ended: %w", err)
	}
	return errors.New("the process that reads the lake ended")
}

// attend handles the events of the process until it closes its output, watches its memory and its time, and ends it with the
// context.
func (p *process) attend(ctx context.Context, cmd *exec.Cmd, in io.Closer, lines <-chan []byte) {
	tick := time.NewTicker(memoryLook)
	defer tick.Stop()
	done := ctx.Done()
	var ending <-chan time.Time
	for {
		select {
		case line, more := <-lines:
			if !more {
				return
			}
			p.handle(line)
		case <-done:
			_ = in.Close() // which tells it to end
			done, ending = nil, time.After(endTime)
		case <-ending:
			_ = cmd.Process.Kill()
		case <-tick.C:
			if p.fault == "" {
				if p.fault = p.excess(cmd.Process.Pid); p.fault != "" {
					_ = cmd.Process.Kill()
				}
			}
		}
	}
}

// handle follows what the process is doing, and passes its event on.
func (p *process) handle(line []byte) {
	var e Event
	if json.Unmarshal(line, &e) != nil {
		return // cut by the process' end
	}
	switch e.Event {
	case EventPublishing:
		p.publishing, p.begun, p.doing = true, time.Now(), Avoided{State: e.State}
	case EventFile:
		p.doing.File, p.doing.Token = e.File, e.Token
	case EventWatching:
		p.publishing = false
	}
	p.Event(e.Event, line)
}

// excess returns which limit the process exceeds; empty: none.
func (p *process) excess(pid int) string {
	if p.Memory > 0 && heldBy(pid) > p.Memory {
		return fmt.Sprintf("needed more than %d MiB of memory", p.Memory>>20)
	}
	if p.publishing && p.Time > 0 && time.Since(p.begun) > p.Time {
		return fmt.Sprintf("took longer than %s", p.Time)
	}
	return ""
}

// readLines sends the lines of a process, and closes the channel at their end.
func readLines(from io.Reader, to chan<- []byte) {
	defer close(to)
	r := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			to <- line
		}
		if err != nil {
			return
		}
	}
}
