package watch

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"goldserve/gold"
)

// Variable is set in the environment of a supervised process. Its standard input has one line, an Order, and ends when the
// process has to; its standard output has events, one JSON object a line, among them those of this package.
const Variable = "GOLDSERVE_SUPERVISED"

// Order is what a supervisor tells the process that it starts.
type Order struct {
	Avoid []Avoided `json:"avoid"`
}

// Avoided is content that ended a process which read it, and is not to be read again.
type Avoided struct {
	State  string `json:"state"` // of the lake
	File   string `json:"file"`  // that was read last; empty: it is not known
	Token  string `json:"token"` // of its version
	Reason string `json:"reason"`
}

// Err says what is wrong with the content.
func (a *Avoided) Err() error {
	const until = "it is not read again until it changes, or goldserve is started again"
	if a.File == "" {
		return gold.Errorf(gold.Invalid, gold.CodeSourceFatal, "the process that reads the lake %s; %s", a.Reason, until)
	}
	return gold.Invalidf(gold.Problem{File: a.File, Code: gold.CodeSourceFatal}, "the process that read it %s; %s", a.Reason, until)
}

// ReadOrder reads the order of a supervised process. ended is called once the supervisor is gone, or wants the process to end; late
// once it should have, if it is still there: a supervisor that is gone kills nobody.
func ReadOrder(in io.Reader, ended, late func()) (*Order, error) {
	r := bufio.NewReader(in)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("read what the supervisor says: %w", err)
	}
	var o Order
	if err := json.Unmarshal(line, &o); err != nil {
		return nil, fmt.Errorf("read what the supervisor says: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, r) // any end is one
		ended()
		time.AfterFunc(endTime, late)
	}()
	return &o, nil
}

// The events by which a supervised process tells how far it is.
const (
	EventPublishing = "publishing" // a publish begins, of a State
	EventFile       = "file"       // a File is read, in the version of a Token
	EventWatching   = "watching"   // a turn is over: the event has the members of gold.Watching too
)

// Event is what a supervisor needs to know of an event.
type Event struct {
	Event string `json:"event"`
	State string `json:"state,omitempty"`
	File  string `json:"file,omitempty"`
	Token string `json:"token,omitempty"`
}

// Turn is the event EventWatching.
type Turn struct {
	Event string `json:"event"`
	gold.Watching
}
