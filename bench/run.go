package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Command is a program that is measured.
type Command struct {
	Args   []string // the program first
	Beside []int    // processes that work for it: a server's. What they use while it runs is added
	// Stage reads a line of the program's output: the stage that ended with it; "" of other lines.
	Stage func(line []byte) string
}

// Usage is what a process used, with all that it started.
type Usage struct {
	Seconds   float64
	Processor float64 // seconds; 0: not known
	Memory    int64   // bytes at the peak, of all processes together; 0: not known
}

// Run is one run of a program.
type Run struct {
	Usage
	Stages map[string]Usage // from the end of the stage before; the first begins with the program
}

// maxLine limits a line of a measured program's output.
const maxLine = 1 << 20

// Measure runs a program to its end. The error has the end of what it said on standard error.
func Measure(ctx context.Context, c Command) (Run, error) {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...) //nolint:gosec // the operator names the program
	said := &tail{}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Run{}, err
	}
	m := newMeter(c.Beside)
	if err := cmd.Start(); err != nil {
		return Run{}, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	m.start(cmd.Process.Pid)
	run := Run{Stages: map[string]Usage{}}
	reading := run.read(out, c.Stage, m)
	if reading != nil {
		_ = cmd.Process.Kill()
	}
	err = cmd.Wait()
	run.Usage = m.end(cmd.ProcessState)
	switch {
	case ctx.Err() != nil:
		return Run{}, ctx.Err()
	case reading != nil:
		return Run{}, fmt.Errorf("read what %s says: %w", c.Args[0], reading)
	case err != nil:
		return Run{}, fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, said)
	}
	return run, nil
}

// read reads the program's output to its end, and takes the time of each stage.
func (r *Run) read(out io.Reader, stage func([]byte) string, m *meter) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		name := stage(lines.Bytes())
		if name == "" {
			continue
		}
		used, before := m.lap(), r.Stages[name]
		r.Stages[name] = Usage{before.Seconds + used.Seconds, before.Processor + used.Processor, max(before.Memory, used.Memory)}
	}
	return lines.Err()
}

// tail keeps the end of what is written.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	const most = 2 << 10
	_, err := t.Buffer.Write(p)
	if more := t.Len() - most; more > 0 {
		t.Next(more)
	}
	return len(p), err
}

func (t *tail) String() string { return strings.TrimSpace(t.Buffer.String()) }

// meter takes what a tree of processes uses: in all, and since the last lap.
type meter struct {
	roots  []int
	beside float64 // processor seconds of the processes beside, when it started
	began  time.Time

	lapBegan     time.Time
	lapProcessor float64

	looked chan look
	stop   chan struct{}
	done   chan struct{}
	total  int64 // the peak of all laps
}

// look asks for the peak since the last look.
type look struct{ peak chan int64 }

// often is the time between two looks at a process's memory.
const often = 20 * time.Millisecond

func newMeter(beside []int) *meter {
	m := &meter{roots: beside, looked: make(chan look), stop: make(chan struct{}), done: make(chan struct{})}
	m.beside, _ = usageOf(beside)
	return m
}

func (m *meter) start(pid int) {
	m.began = time.Now()
	m.lapBegan, m.lapProcessor = m.began, m.beside
	m.roots = append([]int{pid}, m.roots...)
	go m.watch()
}

// watch looks at the memory of all processes again and again.
func (m *meter) watch() {
	defer close(m.done)
	tick := time.NewTicker(often)
	defer tick.Stop()
	var peak int64
	take := func() {
		_, memory := usageOf(m.roots)
		peak = max(peak, memory)
		m.total = max(m.total, memory)
	}
	for {
		select {
		case <-tick.C:
			take()
		case asked := <-m.looked:
			take()
			asked.peak <- peak
			peak = 0
		case <-m.stop:
			return
		}
	}
}

// lap returns what was used since the last one.
func (m *meter) lap() Usage {
	now := time.Now()
	processor, _ := usageOf(m.roots)
	asked := look{make(chan int64)}
	m.looked <- asked
	used := Usage{now.Sub(m.lapBegan).Seconds(), max(0, processor-m.lapProcessor), <-asked.peak}
	m.lapBegan, m.lapProcessor = now, processor
	return used
}

// end returns what was used from the start, once the process has ended.
func (m *meter) end(state *os.ProcessState) Usage {
	used := Usage{Seconds: time.Since(m.began).Seconds()}
	close(m.stop)
	<-m.done
	if state == nil {
		return used
	}
	// The kernel counts a process's children that it waited for, so what ended between two looks is in it.
	used.Processor = (state.UserTime() + state.SystemTime()).Seconds()
	if beside, _ := usageOf(m.roots[1:]); beside > m.beside {
		used.Processor += beside - m.beside
	}
	used.Memory = max(m.total, peakOf(state))
	return used
}

// errNoProcess is of a port that no process of this machine listens at.
var errNoProcess = errors.New("no process of this machine listens there")
