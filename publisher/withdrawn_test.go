package publisher_test

import (
	"log/slog"
	"path/filepath"
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
