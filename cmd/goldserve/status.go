package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the current release, its age, and who publishes",
		Long: `status shows the current release, its age, the running publisher and the latest runs. It only reads. If the server on this
machine follows a lake (serve --lake, up), status also shows when that server last looked at it and the last failure.

Exit codes: 0 a release is current and the BI database shows it, or its refresh is not due yet (--bi-every), 3 nothing
published yet, 4 store unreachable, 5 the BI database, or the mirror of the settings, is behind the release
(the next publish repairs it).`,
		Example: `  goldserve status
  goldserve status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runStatus(cmd.Context()) },
	}
	a.config.storeSettings.flags(cmd.Flags())
	a.config.modelSettings.flags(cmd.Flags())
	a.config.mirrorSettings.flags(cmd.Flags())
	a.serverFlags(cmd.Flags())
	a.setting(cmd.Flags(), "json")
	return cmd
}

// statusReport is the result of status --json.
type statusReport struct {
	Store       string    `json:"store"`
	Model       string    `json:"model"`
	Release     int64     `json:"release,omitempty"` // 0: none
	AsOf        time.Time `json:"as_of,omitzero"`
	PublishedAt time.Time `json:"published_at,omitzero"`
	AgeSeconds  float64   `json:"age_seconds,omitempty"` // since published_at, by the store's clock
	Build       string    `json:"build,omitempty"`       // the id of the build that made the release's files
	// Sources say where the rows of each dataset of the release were read from.
	Sources    map[string]*gold.Provenance `json:"sources,omitempty"`
	Publisher  string                      `json:"publisher,omitempty"`  // who holds the lease
	Until      time.Time                   `json:"until,omitzero"`       // its end, unless it is renewed
	Stale      []string                    `json:"stale"`                // BI collections behind the release
	RefreshDue time.Time                   `json:"refresh_due,omitzero"` // until when they may be: --bi-every
	Orphans    []string                    `json:"orphans"`              // left behind by publishers that died
	Mirror     *shownMirror                `json:"mirror,omitempty"`     // absent: the settings name none

	Attempts []gold.Attempt `json:"attempts"` // the latest runs that wrote, newest first
	// Watching is how the server on this machine follows the model's lake; absent: it follows none, or does not answer.
	Watching *gold.Watching `json:"watching,omitempty"`
	now      time.Time
}

func (a *app) runStatus(ctx context.Context) error {
	log := a.logger()
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	state, err := store.State(ctx, a.config.Model)
	if err != nil {
		return err
	}
	s := statusReport{
		Store: a.config.storeName(), Model: a.config.Model, Stale: nonNil(state.Stale), Orphans: nonNil(state.Orphans),
		Attempts: append([]gold.Attempt{}, state.Attempts...), now: state.Now,
	}
	if r := state.Current; r != nil {
		s.Release, s.AsOf, s.PublishedAt, s.AgeSeconds = r.Number, r.AsOf, r.PublishedAt, state.Now.Sub(r.PublishedAt).Seconds()
		s.Sources = r.Sources()
		if r.Lineage != nil {
			s.Build = r.Lineage.Build
		}
	}
	if len(state.Stale) > 0 && state.Due.After(state.Now) {
		s.RefreshDue = state.Due
	}
	if state.Lease != nil {
		s.Publisher, s.Until = state.Lease.Holder, state.Lease.Until
	}
	s.Watching = a.askWatching(ctx)
	if s.Mirror, err = a.askMirror(ctx, s.Release); err != nil {
		return err
	}
	if a.config.JSON {
		err = a.printJSON(s)
	} else {
		a.printStatus(&s)
	}
	switch {
	case err != nil:
		return err
	case s.Release == 0:
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release", s.Model)
	case len(s.Stale) > 0 && s.RefreshDue.IsZero():
		return gold.Errorf(gold.Internal, gold.CodeStoreFailed, "the BI database does not show release %d yet: publish again", s.Release)
	case s.Mirror != nil && s.Mirror.Behind:
		return gold.Errorf(gold.Internal, gold.CodeMirrorBehind, "the mirror does not show release %d yet: publish or mirror again", s.Release)
	}
	return nil
}

func (a *app) printStatus(s *statusReport) {
	a.printf("store      %s\n", s.Store)
	if s.Release > 0 {
		a.printf("release    %s/%d as of %s, published %s (%s)\n", s.Model, s.Release, s.AsOf.UTC().Format(time.RFC3339),
			s.PublishedAt.UTC().Format(time.RFC3339), ago(s.now, s.PublishedAt))
	}
	title := "sources"
	for _, dataset := range slices.Sorted(maps.Keys(s.Sources)) {
		a.printf("%-10s %s: %s\n", title, dataset, s.Sources[dataset])
		title = ""
	}
	if s.Publisher != "" {
		a.printf("publisher  %s is at work; its lease lasts until %s unless it is renewed\n", s.Publisher, s.Until.UTC().Format(time.RFC3339))
	}
	if len(s.Attempts) > 0 {
		a.printAttempt("last run", s.now, &s.Attempts[0])
	}
	if i := slices.IndexFunc(s.Attempts, func(t gold.Attempt) bool { return failed(&t) }); i > 0 {
		a.printAttempt("failed", s.now, &s.Attempts[i])
	}
	if s.Watching != nil {
		a.printWatching(s.Watching)
	}
	behind := list(s.Stale)
	if !s.RefreshDue.IsZero() {
		behind += "; due at " + s.RefreshDue.UTC().Format(time.RFC3339)
	}
	if s.Mirror != nil {
		a.printMirror(s.Mirror)
	}
	a.printf("behind     %s\norphans    %s\n", behind, list(s.Orphans))
}

// askTime is how long status waits for the server on this machine.
const askTime = time.Second

// askWatching asks the server on this machine how it follows the model's lake; nil: it does not, or there is no such server.
func (a *app) askWatching(ctx context.Context) *gold.Watching {
	base, err := a.localServer()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	_, text, err := fetch(ctx, base+"/readyz")
	var ready struct{ Watching *gold.Watching }
	if err != nil || json.Unmarshal([]byte(text), &ready) != nil || ready.Watching == nil || ready.Watching.Model != a.config.Model {
		return nil
	}
	return ready.Watching
}

// printWatching prints how a lake is followed.
func (a *app) printWatching(w *gold.Watching) {
	now := time.Now() // of the machine that the server is on too
	said := "not looked at yet"
	if !w.LastLook.IsZero() {
		said = "looked at " + ago(now, w.LastLook)
	}
	if w.BehindSince.IsZero() {
		said += ", published as it is"
	} else {
		said += ", changed " + ago(now, w.BehindSince) + " and not published yet"
	}
	if w.Standby {
		said += ": another publisher is at work"
	}
	a.printf("watching   %s: %s\n", w.Lake, said)
	if last := w.LastFailure; last != nil {
		over := ""
		if !last.Current {
			over = ", resolved since"
		}
		a.printf("           failed %s%s: %s\n", ago(now, last.At), over, last.Message)
	}
}

// failed reports whether a run ended with an error: then it has a message, and its outcome is the error's code.
func failed(t *gold.Attempt) bool { return t.Message != "" }

func (a *app) printAttempt(title string, now time.Time, t *gold.Attempt) {
	outcome := t.Outcome
	if t.Release > 0 {
		outcome = fmt.Sprintf("%s, release %d", outcome, t.Release)
	}
	a.printf("%-10s %s: %s (%s, %s, by %s)\n", title, t.Command, outcome, ago(now, t.Ended), t.Ended.Sub(t.Started).Round(time.Millisecond), t.Holder)
	if t.Message != "" {
		a.printf("           %s\n", t.Message)
	}
}

// ago says how long ago a moment was.
func ago(now, then time.Time) string {
	past := max(now.Sub(then), 0)
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		// At least two of a unit: "90 minutes ago" says more than "1 hour ago".
		if n := past / unit.of; n >= 2 {
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return gold.Counted(int64(past/time.Second), "second") + " ago"
}
