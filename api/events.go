package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query/param"
)

const (
	mediaTypeEvents = "text/event-stream"

	defaultMaxListeners = 2000
	defaultHeartbeat    = 15 * time.Second

	// eventPause is the least time between two events of one listener: releases that follow each other faster are told
	// as one.
	eventPause = time.Second
	// eventRetry is how long a client waits before it connects again.
	eventRetry = 2 * time.Second
	// eventGrace is what a client gets to take an event.
	eventGrace = 10 * time.Second
)

var streams = []edge.Offer{{MediaTypes: []string{mediaTypeEvents}}}

var eventsParameters = []string{"last_event_id"}

// releaseEvent is the data of an event: what became current, and what of it isn't as in the release that the listener
// knew.
type releaseEvent struct {
	Model       string   `json:"model"`
	Release     int64    `json:"release"`
	AsOf        instant  `json:"as_of"`
	PublishedAt instant  `json:"published_at"`
	Previous    *int64   `json:"previous" extensions:"x-nullable"` // the release that the listener knew; null: none
	Withdrawn   bool     `json:"withdrawn,omitempty"`              // the previous release was rolled back
	Changed     []string `json:"changed"`                          // datasets whose rows or units may differ from the previous release's
	// ChangedGuesses are guesses about the files that no longer hold in this release, in words, where contracts are inferred.
	ChangedGuesses []string `json:"changed_guesses,omitempty"`
} // @name ReleaseEvent

// known is the last release that a listener was sent.
type known struct {
	number  int64         // 0: none
	release *gold.Release // nil: none, or it can't be found any more
}

func (k *known) is(r *gold.Release) bool {
	return r != nil && k.number == r.Number && sameRelease(k.release, r)
}

// handleEvents streams an event for each release that becomes current (server-sent events), until the client goes or
// the server leaves. The id of an event is the release, so that any replica can send a client that comes back one
// event for all that it missed.
//
//	@ID				events
//	@Summary		A stream of events, one for each release that becomes current
//	@Description	Server-sent events named release, at most one a second. Their data is JSON, a ReleaseEvent: model, release, as_of, published_at, previous (the release that this client knew), withdrawn (true where that was rolled back), changed (datasets whose rows or units may differ from those of previous), and changed_guesses (where contracts are inferred from the files: what no longer holds). The id is the release, such as shop/12: a client that sends it back as Last-Event-ID gets one event for all that it missed.
//	@Tags			releases
//	@Produce		text/event-stream
//	@Param			Last-Event-ID	header	string	false	"the id of the last event received"
//	@Success		200	{object}	releaseEvent	"the stream"
//	@Failure		406	{object}	edge.Problem	"not_acceptable"
//	@Failure		503	{object}	edge.Problem	"overloaded"
//	@Router			/events [get]
func (s *service) handleEvents(w http.ResponseWriter, r *http.Request) error {
	m, err := s.modelOf(r)
	if err != nil {
		return err
	}
	p := param.Read(r.URL.RawQuery)
	if edge.Favourite(r.Header["Accept"], streams) < 0 {
		return gold.Errorf(gold.Invalid, gold.CodeNotAcceptable, "this URL answers as %s alone", mediaTypeEvents)
	}
	last, given := p.Take("last_event_id")
	if _, ok := eventRelease(m, last); given && !ok {
		p.Problem("last_event_id", gold.CodeInvalidValue, "expected the id of an event, such as %s/12", m.contracts.Name)
	}
	if err := p.Err(eventsParameters...); err != nil {
		return err
	}
	if resumed := r.Header.Get("Last-Event-Id"); resumed != "" {
		last, given = resumed, true
	}
	if s.listeners.Add(1) > s.maxListeners {
		s.listeners.Add(-1)
		return gold.Errorf(gold.Overloaded, gold.CodeOverloaded, "events have %d listeners already, and more are not allowed; ask /releases/current now and then instead", s.maxListeners)
	}
	defer s.listeners.Add(-1)
	info := edge.InfoOf(r)
	info.Stream = true
	l := &listener{service: s, model: m, out: w, control: http.NewResponseController(w)}
	switched := m.switched.wait()
	now := s.observation(r.Context(), m).catalog
	l.known = newKnown(now.Release)
	if given {
		l.known = s.knownBefore(r.Context(), m, last, now.Release)
	}
	h := w.Header()
	h.Set("Content-Type", mediaTypeEvents)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	l.listen(info.Client, switched)
	return nil
}

func newKnown(r *gold.Release) known {
	if r == nil {
		return known{}
	}
	return known{r.Number, r}
}

// eventID names a release, as Last-Event-ID brings it back; release 0 is none.
func eventID(m *model, number int64) string {
	return m.contracts.Name + "/" + strconv.FormatInt(number, 10)
}

// eventRelease reads the id of an event.
func eventRelease(m *model, id string) (number int64, ok bool) {
	text, ok := strings.CutPrefix(id, m.contracts.Name+"/")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil && number >= 0 && number <= param.MaxRelease && text == strconv.FormatInt(number, 10)
}

// knownBefore returns what a client that comes back knows. What it says may be of another server, or long gone: then every
// dataset counts as changed.
func (s *service) knownBefore(ctx context.Context, m *model, id string, current *gold.Release) known {
	number, ok := eventRelease(m, id)
	switch {
	case !ok:
		return known{number: -1}
	case number == 0:
		return known{}
	case current != nil && current.Number == number:
		return newKnown(current)
	}
	found, err := s.reader.Releases(ctx, gold.ReleaseQuery{Model: m.contracts.Name, Before: number + 1, Limit: 1})
	if err != nil || len(found) == 0 || found[0].Number != number {
		return known{number: number}
	}
	return known{number, &found[0]}
}

// listener is one client of /events.
type listener struct {
	service *service
	model   *model
	out     http.ResponseWriter
	control *http.ResponseController
	known   known
}

// listen sends events until ctx, the client's, ends. switched is from before the listener looked.
func (l *listener) listen(ctx context.Context, switched <-chan struct{}) {
	// Reading is bounded while a request comes in; nothing more will come of this one.
	if err := l.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	// An id without data is no event, and is remembered all the same.
	err := l.send("retry: %d\n: events of %s\nid: %s\n\n", eventRetry.Milliseconds(), l.model.contracts.Name, eventID(l.model, max(l.known.number, 0)))
	heartbeat := time.NewTicker(l.service.heartbeat)
	defer heartbeat.Stop()
	for err == nil {
		var told bool
		if told, err = l.tell(); told && err == nil && !l.pause(ctx) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-l.service.leaving:
			return
		case <-switched:
			switched = l.model.switched.wait()
		case <-heartbeat.C:
			err = l.send(": still here\n\n")
		}
	}
}

// pause waits so that events that follow each other become one; false: the client or the server has gone.
func (l *listener) pause(ctx context.Context) bool {
	timer := time.NewTimer(eventPause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-l.service.leaving:
		return false
	case <-timer.C:
		return true
	}
}

// tell sends the current release where it isn't the known one.
func (l *listener) tell() (told bool, err error) {
	seen := l.model.seen.Load()
	if seen == nil || seen.catalog.Release == nil || l.known.is(seen.catalog.Release) {
		return false, nil
	}
	now := seen.catalog.Release
	data, err := json.Marshal(l.known.event(now))
	if err != nil {
		return false, fmt.Errorf("encode an event: %w", err)
	}
	l.known = newKnown(now)
	return true, l.send("event: release\nid: %s\ndata: %s\n\n", eventID(l.model, now.Number), data)
}

// event says what a release changes for who knows another.
func (k *known) event(now *gold.Release) releaseEvent {
	e := releaseEvent{Model: now.Model, Release: now.Number, AsOf: instant(now.AsOf), PublishedAt: instant(now.PublishedAt), Changed: []string{}}
	if k.number > 0 {
		e.Previous, e.Withdrawn = &k.number, k.number > now.Number
	}
	if now.Inferred != nil {
		e.ChangedGuesses = now.Inferred.Changes
	}
	for i := range now.Versions {
		v := &now.Versions[i]
		var before *gold.Version
		if k.release != nil {
			before = k.release.Version(v.Dataset.Name)
		}
		if v.Differs(before) {
			e.Changed = append(e.Changed, v.Dataset.Name)
		}
	}
	return e
}

// send writes what a client may take eventGrace for.
func (l *listener) send(format string, args ...any) error {
	if err := l.control.SetWriteDeadline(time.Now().Add(eventGrace)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, format, args...)
	if _, err := l.out.Write(text.Bytes()); err != nil {
		return err
	}
	return l.control.Flush()
}
