//go:build e2e

package publisher_test

import (
	"crypto/rand"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/mongostore"
	"goldserve/gold/storetest"
	"goldserve/publisher"
	"goldserve/test/fixture"
)

// TestANameThatNoDatabaseCanHaveIsRefusedBeforeAnythingIsLoaded: a second model is shown in <model>_serving, for which MongoDB
// has 63 letters, unless it names another database.
func TestANameThatNoDatabaseCanHaveIsRefusedBeforeAnythingIsLoaded(t *testing.T) {
	server, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	own := strings.ToLower(rand.Text()[:8])
	server.Path = "/names_" + own
	store, err := mongostore.Open(t.Context(), server.String(), mongostore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	folder := t.TempDir()
	if err := parquet.WriteFile(filepath.Join(folder, "lines.parquet"), []line{{"Mug", 1}}); err != nil {
		t.Fatal(err)
	}
	p := publisher.New(publisher.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	publish := func(name, more string) error {
		models, broken, err := contract.LoadAll(contract.Overlays{}, fstest.MapFS{
			name + "/model.yaml": {Data: []byte("name: " + name + "\ntitle: {en: Shop}\n" + more)},
			name + "/contracts/lines.odcs.yaml": {Data: []byte("apiVersion: v3.1.0\nkind: DataContract\nid: " + name +
				".lines\nversion: 1.0.0\nstatus: active\nschema:\n  - name: lines\n    properties:\n      - {name: product, logicalType: string}\n      - {name: amount, logicalType: number}\n")},
		})
		if err != nil || len(broken) > 0 {
			t.Fatal(err, broken)
		}
		_, err = p.Publish(t.Context(), publisher.Request{Model: models[0], Lake: fixture.OpenLake(t, folder)})
		return err
	}
	if err := publish("first_"+own, ""); err != nil {
		t.Fatal(err)
	}
	for letters, fits := range map[int]bool{55: true, 56: false} {
		name := own + strings.Repeat("a", letters-len(own))
		name = "m" + name[1:]
		err := publish(name, "")
		if fits {
			if err != nil {
				t.Errorf("%d letters: %v", letters, err)
			}
			continue
		}
		if err == nil || gold.CodeOf(err) != gold.CodeBITargetTaken || !strings.Contains(err.Error(), "has 64 letters, and a MongoDB database at most 63: give another one under biDatabase") {
			t.Errorf("%d letters: %v", letters, err)
		}
		state, err := store.State(t.Context(), name)
		if err != nil || len(state.Sealed)+len(state.Orphans) > 0 {
			t.Errorf("%d letters: loaded %v %v, %v", letters, state.Sealed, state.Orphans, err)
		}
		if err := publish(name, "biDatabase: other_"+own+"\n"); err != nil {
			t.Errorf("%d letters, with another database: %v", letters, err)
		}
	}
}
