package publisher_test

import (
	"log/slog"
	"testing"

	"goldserve/gold"
	"goldserve/publisher"
)

// TestInferredContractsNeverReplaceWrittenOnes: what a person wrote replaces what was inferred and loads nothing, and not the
// other way round.
func TestInferredContractsNeverReplaceWrittenOnes(t *testing.T) {
	m, texts := openMarket(t), stall()
	inferred := &gold.Inferred{Files: texts, Changes: []string{"sales: id is no longer unique"}}
	first := m.publish(t, texts, publisher.Request{Inferred: inferred})
	if first.Release.Inferred == nil || first.Release.Inferred.Changes[0] != inferred.Changes[0] {
		t.Errorf("the release records %+v", first.Release.Inferred)
	}
	if again := m.publish(t, texts, publisher.Request{Inferred: inferred}); again.Outcome != publisher.Unchanged {
		t.Errorf("again: %s", again.Outcome)
	}
	written := m.publish(t, texts, publisher.Request{})
	if written.Outcome != publisher.Published || len(written.Loaded) > 0 || written.Release.Inferred != nil {
		t.Errorf("with written contracts: %s, loaded %v, %+v", written.Outcome, written.Loaded, written.Release.Inferred)
	}
	for _, v := range written.Release.Versions {
		if v.Location != first.Release.Version(v.Dataset.Name).Location {
			t.Errorf("%s was stored anew", v.Dataset.Name)
		}
	}
	request := publisher.Request{Model: stallModel(t, texts), Lake: m.source, Inferred: inferred}
	if _, err := publisher.New(publisher.Config{Store: m.store, Logger: slog.New(slog.DiscardHandler), Holder: "test"}).Publish(t.Context(), request); gold.CodeOf(err) != gold.CodeContractsWritten {
		t.Errorf("inferred contracts over written ones: %v", err)
	}
}
