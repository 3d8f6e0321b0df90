package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/publisher"
	"goldserve/watch"
)

// lakeProcess follows the lake in a process of its own, publish --watch, so that no file can end the server: some exhaust the memory
// of whoever decodes them.
type lakeProcess struct {
	*app
	log    *slog.Logger
	args   []string                // of publish, besides --watch and --json
	every  time.Duration           // between two looks
	given  map[string]string       // settings that the process has and this one has not, by their flags
	result func(*published, error) // is told of each result
	stage  func(publisher.Event)   // is told how far a publish is; nil: nobody is

	mu       sync.Mutex
	status   gold.Watching
	failures int64 // of the processes that ended, and their ends
}

// follow keeps the process running until stop is called.
func (l *lakeProcess) follow(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	s := &watch.Supervisor{
		Command: l.command, Event: l.event, Ended: l.processEnded, Memory: l.limit(), Time: l.config.WatchTimeout,
		Retry: watch.Backoff{First: time.Second},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// leastWatchMemory is the least memory of a process that reads a lake.
const leastWatchMemory = 128 << 20

// limit returns how much memory the process may hold: by default half of the machine or container, of which the server has the rest.
func (l *lakeProcess) limit() int64 {
	return cmp.Or(int64(l.config.WatchMemory), max(leastWatchMemory, machineMemory()/2>>20<<20))
}

// command returns the command of the process. Settings go by its environment, since they may hold credentials.
func (l *lakeProcess) command() (*exec.Cmd, error) {
	program := "/proc/self/exe" // also where the file was replaced
	if _, err := os.Stat(program); err != nil {
		if program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find the program: %w", err)
		}
	}
	args := []string{"publish", "--json", "--watch", l.every.String()}
	if l.config.origins["config"] == "--config" {
		args = append(args, "--config", l.config.file)
	}
	cmd := exec.Command(program, append(args, l.args...)...) //nolint:gosec,noctx // this program, which the supervisor ends
	cmd.Args[0] = os.Args[0]                                 // as people know it
	cmd.Stderr = l.stderr
	cmd.Env = append(os.Environ(), watch.Variable+"=1")
	set := func(name, value string) {
		if value != "" {
			cmd.Env = append(cmd.Env, variableOf(name)+"="+value)
		}
	}
	limit := l.limit()
	if l.config.origins["memory"] == "" {
		set("memory", size(min(1<<30, limit/4)).String())
	}
	l.settings.VisitAll(func(f *pflag.Flag) {
		if l.config.origins[f.Name] == "--"+f.Name {
			set(f.Name, variableText(f.Value))
		}
	})
	for name, value := range l.given {
		set(name, value)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GOMEMLIMIT=%d", limit/4*3))
	}
	return cmd, nil
}

// event handles an event of the process.
func (l *lakeProcess) event(kind string, line []byte) {
	switch kind {
	case watch.EventWatching:
		var turn watch.Turn
		if json.Unmarshal(line, &turn) == nil {
			l.turned(turn.Watching)
		}
	case string(publisher.Published), string(publisher.Refreshed), string(publisher.Unchanged):
		var out published
		if json.Unmarshal(line, &out) == nil {
			l.result(&out, nil)
		}
	case eventFailed:
		var f failureEvent
		if json.Unmarshal(line, &f) == nil {
			l.result(nil, f.err())
		}
	default:
		var e read
		if l.stage != nil && json.Unmarshal(line, &e) == nil {
			l.stage(publisher.Event{Stage: e.Event, Dataset: e.Dataset, Rows: e.Rows, Of: e.Of, Elapsed: time.Duration(e.Seconds * float64(time.Second))})
		}
	}
}

// turned takes over the status of the process; what it does not know yet is as it was.
func (l *lakeProcess) turned(now gold.Watching) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.status
	now.Failures += l.failures
	if now.LastFailure == nil && before.LastFailure != nil {
		last := *before.LastFailure
		last.Current = last.Current && now.LastSuccess.IsZero()
		now.LastFailure = &last
	}
	if now.LastSuccess.IsZero() {
		now.LastSuccess = before.LastSuccess
	}
	if !now.BehindSince.IsZero() && !before.BehindSince.IsZero() && before.BehindSince.Before(now.BehindSince) {
		now.BehindSince = before.BehindSince
	}
	l.status = now
}

// processEnded records and logs that the process ended.
func (l *lakeProcess) processEnded(err error, content *watch.Avoided) {
	code, file := gold.CodeInternal, ""
	if content != nil {
		code, file = gold.CodeSourceFatal, content.File
	}
	l.log.Warn("the process that reads the lake ended, and is started again", "error", err, "file", file)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.Failures++
	l.failures = l.status.Failures
	l.status.LastFailure = &gold.WatchFailure{At: time.Now(), Code: code, Message: err.Error(), Current: true}
}

// watching returns how the following goes.
func (l *lakeProcess) watching() *gold.Watching {
	l.mu.Lock()
	defer l.mu.Unlock()
	status := l.status
	return &status
}

// err returns the error that a failed event tells of.
func (f *failureEvent) err() error {
	kind := gold.Internal
	switch f.ExitCode {
	case exitUsage:
		return usageError{errors.New(f.Message)}
	case exitRefused:
		kind = gold.Invalid
	case exitUnavailable:
		kind = gold.Unavailable
	}
	return &gold.Error{Kind: kind, Code: f.Code, Message: f.Message, Problems: f.Problems}
}
