//go:build e2e

package publisher_test

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/mongostore"
	"goldserve/gold/storetest"
	"goldserve/publisher"
)

// inMongoDB gives the market an empty store on a real server.
func (m *market) inMongoDB(t *testing.T) {
	t.Helper()
	server, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	server.Path = "/market_" + strings.ToLower(rand.Text()[:8])
	store, err := mongostore.Open(t.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m.store = store
}

// TestTheBIDatabaseIsRefreshedAtMostThatOften: what a publish leaves for later is never forgotten, and then the newest release
// is shown alone.
func TestTheBIDatabaseIsRefreshedAtMostThatOften(t *testing.T) {
	m, texts := openMarket(t), stall()
	m.inMongoDB(t)
	publish := func(every time.Duration, r publisher.Request) *publisher.Report {
		t.Helper()
		r.Model, r.Lake = stallModel(t, texts), m.source
		p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test", BIEvery: every})
		report, err := p.Publish(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	rows := int64(20)
	change := func() {
		rows++
		m.write(t, "sales", int(rows), func([]sale) {})
	}
	wantShown := func(rows int64, stale ...string) {
		t.Helper()
		state, err := m.store.State(t.Context(), "stall")
		if err != nil || !slices.Equal(state.Stale, stale) {
			t.Errorf("behind are %v (%v), expected %v", state.Stale, err, stale)
		}
		counts, err := m.store.(gold.Mirror).Shown(t.Context(), state.Current)
		if err != nil || counts["stall_sales"] != rows {
			t.Errorf("the BI database shows %v (%v), expected %d sales", counts, err, rows)
		}
	}
	wantDue := func(report *publisher.Report, outcome publisher.Outcome, within time.Duration) {
		t.Helper()
		wait := time.Until(report.RefreshDue)
		if report.Outcome != outcome || len(report.Refreshed) > 0 || wait <= within/2 || wait > within {
			t.Errorf("%s, refreshed %v, the rest due in %s; expected %s, none, within %s", report.Outcome, report.Refreshed, wait, outcome, within)
		}
	}
	wantNow := func(report *publisher.Report, outcome publisher.Outcome) {
		t.Helper()
		if report.Outcome != outcome || len(report.Refreshed) == 0 || !report.RefreshDue.IsZero() {
			t.Errorf("%s, refreshed %v, the rest due at %s; expected %s and all refreshed", report.Outcome, report.Refreshed, report.RefreshDue, outcome)
		}
	}
	wantNow(publish(time.Hour, publisher.Request{}), publisher.Published)
	change()
	wantDue(publish(time.Hour, publisher.Request{}), publisher.Published, time.Hour)
	wantShown(20, "stall_sales", gold.ReleaseCollection)
	wantDue(publish(time.Hour, publisher.Request{}), publisher.Unchanged, time.Hour)
	// A time that a longer interval has set.
	wantDue(publish(time.Minute, publisher.Request{}), publisher.Unchanged, time.Minute)
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test", BIEvery: time.Hour})
	report, err := p.Refresh(t.Context(), "stall")
	if err != nil {
		t.Fatal(err)
	}
	wantDue(report, publisher.Unchanged, time.Hour)
	if v, err := p.Verify(t.Context(), publisher.VerifyRequest{Model: "stall"}); err != nil || !v.Refreshing {
		t.Errorf("verify while a refresh is not due: %+v, %v", v, err)
	}
	// Who says nothing refreshes at once, and sets no time.
	wantNow(publish(0, publisher.Request{}), publisher.Refreshed)
	wantShown(21)
	change()
	began := time.Now()
	wantNow(publish(0, publisher.Request{}), publisher.Published)
	every := max(time.Second, 10*time.Since(began)) // of which the next publish takes a small part, however busy the machine is
	change()
	wantNow(publish(every, publisher.Request{}), publisher.Published)
	change()
	change()
	first := publish(every, publisher.Request{})
	wantDue(first, publisher.Published, every)
	time.Sleep(time.Until(first.RefreshDue))
	p = publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test", BIEvery: every})
	if report, err = p.Refresh(t.Context(), "stall"); err != nil {
		t.Fatal(err)
	}
	wantNow(report, publisher.Refreshed)
	wantShown(25)
	if report, err = p.Refresh(t.Context(), "stall"); err != nil || report.Outcome != publisher.Unchanged || !report.RefreshDue.IsZero() {
		t.Errorf("a refresh of what is shown: %+v, %v", report, err)
	}
	// A rollback shows its release at once.
	change()
	publish(time.Hour, publisher.Request{})
	if _, err := p.Rollback(t.Context(), "stall", 1); err != nil {
		t.Fatal(err)
	}
	wantShown(20)
}
