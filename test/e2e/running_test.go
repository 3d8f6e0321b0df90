//go:build e2e

package e2e

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/test/fixture"
)

// running is the program itself at work, as a cron job or an operator starts it.
type running struct {
	cmd    *exec.Cmd
	stdout lines
	stderr lines
	ended  chan struct{} // closed at its end
	err    error         // of its end
}

// launch starts the program; the test's end kills it.
func launch(t testing.TB, args ...string) *running {
	t.Helper()
	return launchProgram(t, program, args...)
}

// launchProgram is launch of the program as it was built in one way.
func launchProgram(t testing.TB, program string, args ...string) *running {
	t.Helper()
	return launchCommand(t, exec.Command(program, args...))
}

// launchCommand is launch of a command that is made.
func launchCommand(t testing.TB, cmd *exec.Cmd) *running {
	t.Helper()
	p := &running{cmd: cmd, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// launchServe starts serve on a store and returns its URL once it listens.
func launchServe(t testing.TB, at place, args ...string) (p *running, url string) {
	t.Helper()
	return serveWith(t, program, at, args...)
}

// serveWith is launchServe of the program as it was built in one way.
func serveWith(t testing.TB, program string, at place, args ...string) (p *running, url string) {
	t.Helper()
	p = launchProgram(t, program, append([]string{"serve", "--store", at.store, "--listen", "127.0.0.1:0", "--log", "json"}, args...)...)
	return p, fixture.ServedURL(t, &p.stderr)
}

// serveProgram serves a store and returns the URL. A test that fails tells of the requests that did.
func serveProgram(t *testing.T, store string, args ...string) (url string) {
	t.Helper()
	p, url := launchServe(t, place{store: store}, args...)
	t.Cleanup(func() {
		for line := range strings.Lines(p.stderr.String()) {
			if t.Failed() && strings.Contains(line, `"status":500`) {
				t.Log(line)
			}
		}
	})
	return url
}

// signal sends a signal; a process that has ended needs none.
func (p *running) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill is kill -9. It returns when the process is gone.
func (p *running) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// code waits for the end and returns the exit code; -1: killed.
func (p *running) code() int {
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

// exit waits for the end for so long, and returns the exit code.
func (p *running) exit(t testing.TB, within time.Duration) int {
	t.Helper()
	if !p.over(within) {
		t.Fatalf("%s did not end within %s\n%s", p.cmd.Args[1], within, &p.stderr)
	}
	return p.code()
}

// over reports whether the process ended within a time.
func (p *running) over(within time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(within):
		return false
	}
}
