package publisher_test

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/publisher"
)

// TestWithdrawnRowsStayWithdrawnInOtherFiles: the same rows of another codec are what a rollback withdrew.
func TestWithdrawnRowsStayWithdrawnInOtherFiles(t *testing.T) {
	m, texts := openMarket(t), stall()
	m.publish(t, texts, publisher.Request{})
	m.write(t, "returns", 12, func([]sale) {})
	m.publish(t, texts, publisher.Request{})
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	if _, err := p.Rollback(t.Context(), "stall", 1); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(m.folder, "returns.parquet")
	rows, err := parquet.ReadFile[sale](file)
	if err == nil {
		err = parquet.WriteFile(file, rows, parquet.Compression(&parquet.Zstd))
	}
	if err != nil {
		t.Fatal(err)
	}
	request := publisher.Request{Model: stallModel(t, texts), Lake: m.source}
	for range 2 { // the second time, the store has the rows already
		if _, err := p.Publish(t.Context(), request); gold.CodeOf(err) != gold.CodeReleaseWithdrawn {
			t.Errorf("the withdrawn rows in another codec: %v, want %s", err, gold.CodeReleaseWithdrawn)
		}
	}
	if state, err := m.store.State(t.Context(), "stall"); err != nil || state.Current.Number != 1 {
		t.Errorf("release %d is current (%v), want 1", state.Current.Number, err)
	}
	if again := m.publish(t, texts, publisher.Request{Again: true}); again.Release.Number != 3 {
		t.Errorf("with Again: %+v", again)
	}
}

// TestWhoFollowsALakeHoldsAfterARollback: what was withdrawn is held, recorded once however often it is tried, until the lake
// differs or somebody publishes it again.
func TestWhoFollowsALakeHoldsAfterARollback(t *testing.T) {
	m, texts := openMarket(t), stall()
	m.publish(t, texts, publisher.Request{})
	m.write(t, "returns", 12, func([]sale) {})
	m.publish(t, texts, publisher.Request{})
	var stages []publisher.Stage
	p := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test", Progress: func(e publisher.Event) { stages = append(stages, e.Stage) }})
	if _, err := p.Rollback(t.Context(), "stall", 1); err != nil {
		t.Fatal(err)
	}
	hold := func(attempts int, read bool) {
		t.Helper()
		stages = nil
		_, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: m.source, Hold: true})
		if gold.CodeOf(err) != gold.CodeHeldByRollback || gold.KindOf(err) != gold.Invalid {
			t.Errorf("what was withdrawn: %v, want %s", err, gold.CodeHeldByRollback)
		}
		state, err := m.store.State(t.Context(), "stall")
		if err != nil || state.Current.Number != 1 || len(state.Attempts) != attempts || state.Attempts[0].Outcome != string(gold.CodeHeldByRollback) {
			t.Errorf("release %d is current, %d attempts (%v), the last %+v; expected 1 and %d", state.Current.Number, len(state.Attempts), err, state.Attempts[0], attempts)
		}
		if got := slices.Contains(stages, publisher.Loading) || slices.Contains(stages, publisher.Reading); got != read {
			t.Errorf("rows were read: %v, expected %v", got, read)
		}
	}
	for range 3 {
		hold(4, false) // after two publishes and the rollback
	}
	file := filepath.Join(m.folder, "returns.parquet")
	rows, err := parquet.ReadFile[sale](file)
	if err == nil {
		err = parquet.WriteFile(file, rows, parquet.Compression(&parquet.Zstd))
	}
	if err != nil {
		t.Fatal(err)
	}
	hold(5, true) // the same rows in other bytes
	for range 2 {
		hold(5, false)
	}
	// Who publishes by hand is refused, and again frees the follower.
	if _, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: m.source}); gold.CodeOf(err) != gold.CodeReleaseWithdrawn {
		t.Errorf("by hand: %v, want %s", err, gold.CodeReleaseWithdrawn)
	}
	if again := m.publish(t, texts, publisher.Request{Again: true}); again.Outcome != publisher.Published || again.Release.Number != 3 {
		t.Errorf("with Again: %+v", again)
	}
	if free := m.publish(t, texts, publisher.Request{Hold: true}); free.Outcome != publisher.Unchanged {
		t.Errorf("the follower after that: %+v", free)
	}
	if _, err := p.Rollback(t.Context(), "stall", 1); err != nil {
		t.Fatal(err)
	}
	hold(8, false) // another rollback is another story
	m.write(t, "returns", 13, func([]sale) {})
	if differs := m.publish(t, texts, publisher.Request{Hold: true}); differs.Outcome != publisher.Published || differs.Release.Number != 4 {
		t.Errorf("once the lake differs: %+v", differs)
	}
}
