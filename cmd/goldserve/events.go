package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/publisher"
)

// The events of --json: one JSON object a line. The last one is the command's result, or failed.

// staged is an event of the whole release.
type staged struct {
	Event publisher.Stage `json:"event"`
}

// read is an event of one dataset.
type read struct {
	Event   publisher.Stage `json:"event"`
	Dataset string          `json:"dataset"`
	Rows    int64           `json:"rows"`
	Of      int64           `json:"of"`
	Seconds float64         `json:"seconds"` // since the dataset was started
}

// failureEvent is the last event of a failed command.
type failureEvent struct {
	Event    string         `json:"event"`
	Code     gold.Code      `json:"code"`
	Message  string         `json:"message"`
	Problems []gold.Problem `json:"problems"`
	Next     string         `json:"next,omitempty"` // what to do, such as a command or a flag
	ExitCode int            `json:"exit_code"`
}

// eventFailed is the event of a failureEvent.
const eventFailed = "failed"

func stageEvent(e publisher.Event) any {
	if e.Dataset == "" {
		return staged{e.Stage}
	}
	return read{e.Stage, e.Dataset, e.Rows, e.Of, e.Elapsed.Seconds()}
}

// printEvent prints one event on its line.
func (a *app) printEvent(v any) error { return json.NewEncoder(a.stdout).Encode(v) }

// evented returns a cobra function for a command whose --json prints events: the last one is a failure if the command
// fails.
func (a *app) evented(run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		err := run(cmd.Context())
		if err == nil || !a.config.JSON {
			return err
		}
		return errors.Join(err, a.printEvent(failure(err, a.advice(cmd, err)...)))
	}
}

// eventedLake is evented for a command whose argument may name the lake in place of --lake.
func (a *app) eventedLake(run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return a.evented(func(ctx context.Context) error {
			if err := a.config.takeLake(args); err != nil {
				return err
			}
			return run(ctx)
		})(cmd, args)
	}
}

// failure describes an error, and what to do about it, for machines.
func failure(err error, next ...string) failureEvent {
	f := failureEvent{Event: eventFailed, Code: gold.CodeOf(err), Message: err.Error(), Problems: []gold.Problem{}, Next: strings.Join(next, " "), ExitCode: exitCode(err)}
	switch {
	case errors.Is(err, context.Canceled):
		f.Code, f.Message = gold.CodeInterrupted, interrupted
	case f.ExitCode == exitUsage && f.Code == gold.CodeInternal:
		f.Code = gold.CodeUsage
	}
	if e, ok := errors.AsType[*gold.Error](err); ok {
		f.Problems = append(f.Problems, e.Problems...)
	}
	return f
}
