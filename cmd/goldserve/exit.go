package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"goldserve/gold"
)

// Exit codes, as --help lists them.
const (
	exitDone        = 0
	exitUsage       = 2
	exitRefused     = 3
	exitUnavailable = 4
	exitFailed      = 5
)

// usageError is a mistake in the command line, a variable or the configuration file.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode maps an error to the program's exit code.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, usage := errors.AsType[usageError](err); usage {
		return exitUsage
	}
	if errors.Is(err, context.Canceled) {
		return exitUnavailable
	}
	switch gold.KindOf(err) {
	case gold.Invalid, gold.NotFound, gold.Empty, gold.Gone:
		return exitRefused
	case gold.Conflict, gold.Unavailable, gold.Overloaded, gold.Timeout:
		return exitUnavailable
	case gold.Internal:
	}
	return exitFailed
}

// interrupted is the message if a signal ended a command.
const interrupted = "interrupted; the current release is still served"

// report prints an error with all its problems and the advice, and returns the exit code.
func report(stderr io.Writer, err error, advice []string) int {
	if err == nil {
		return exitDone
	}
	var text strings.Builder
	if errors.Is(err, context.Canceled) {
		text.WriteString("goldserve: " + interrupted + "\n")
		_, _ = io.WriteString(stderr, text.String())
		return exitCode(err)
	}
	text.WriteString("goldserve: " + messageOf(err) + "\n")
	for _, line := range advice {
		text.WriteString(line + "\n")
	}
	if exitCode(err) == exitUsage {
		text.WriteString("Run goldserve --help, or goldserve COMMAND --help, for usage and examples.\n")
	}
	_, _ = io.WriteString(stderr, text.String())
	return exitCode(err)
}

// messageOf returns what an error says: of several problems how many there are, and then each on its own line, once.
func messageOf(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i := range lines {
		lines[i] = gold.Visible(lines[i])
	}
	message := strings.Join(lines, "\n")
	e, ok := errors.AsType[*gold.Error](err)
	if !ok || len(e.Problems) < 2 {
		return message
	}
	// The message may name the first problem, or be all of them.
	message = strings.Replace(message, ", the first: "+e.Problems[0].String(), "", 1)
	said := strings.Split(message, "\n")
	for _, p := range e.Problems {
		if line := p.String(); !slices.Contains(said, line) {
			message += "\n  " + line
		}
	}
	return message
}
