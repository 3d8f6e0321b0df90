package publisher

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/sqlitestore"
	"goldserve/test/fixture"
)

// TestAnUnchangedLakeIsNotRead: what a release was made of is remembered by the tokens of its files, but for a file that was
// written moments before.
func TestAnUnchangedLakeIsNotRead(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "numbers.parquet")
	old := time.Now().Add(-time.Hour)
	write := func(number int64, modified time.Time) {
		t.Helper()
		if err := parquet.WriteFile(file, []row{{number}}); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	models, broken, err := contract.LoadAll(contract.Overlays{}, fstest.MapFS{
		"m/model.yaml": {Data: []byte("name: m\ntitle: {en: M}\n")},
		"m/contracts/numbers.odcs.yaml": {Data: []byte("apiVersion: v3.1.0\nkind: DataContract\nid: m.numbers\nversion: 1.0.0\nstatus: active\nschema:\n" +
			"  - name: numbers\n    properties: [{name: id, logicalType: integer, required: true, primaryKey: true}]\n")},
	})
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	store, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "gold.db"), sqlitestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	source := fixture.OpenLake(t, folder)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	p := New(Config{Store: store, Logger: slog.New(slog.DiscardHandler), Holder: "test"})
	request := Request{Model: models[0], Lake: source}
	// planned reports whether the file was read, and what becomes of the dataset.
	planned := func(r Request) (bool, Action) {
		t.Helper()
		state, err := store.State(t.Context(), "m")
		if err != nil {
			t.Fatal(err)
		}
		in, err := p.open(t.Context(), r, state)
		defer in.close()
		if err != nil {
			t.Fatal(err)
		}
		pl, err := p.plan(t.Context(), in, state)
		if err != nil {
			t.Fatal(err)
		}
		return in.list[0].files != "", pl.decisions[0].action
	}
	publish := func() gold.Version {
		t.Helper()
		report, err := p.Publish(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		return report.Release.Versions[0]
	}
	rehash := request
	rehash.Rehash = true

	write(1, old)
	if read, action := planned(request); !read || action != Load {
		t.Errorf("before the first publish: read %t, %s", read, action)
	}
	if v := publish(); v.Origin == nil || v.Origin.Token == "" || v.Origin.Format != storageFormat {
		t.Errorf("the version's origin: %+v", v.Origin)
	}
	if read, action := planned(request); read || action != Reuse {
		t.Errorf("unchanged: read %t, %s, want %s without being read", read, action, Reuse)
	}
	if read, action := planned(rehash); !read || action != Reuse {
		t.Errorf("with Rehash: read %t, %s, want read and %s", read, action, Reuse)
	}
	write(2, old) // as many bytes, and the same time: a copy that keeps times
	if read, action := planned(request); !read || action != Load {
		t.Errorf("another value at the same size and time: read %t, %s, want read and %s", read, action, Load)
	}
	write(3, time.Now())
	if v := publish(); v.Origin.Token != "" {
		t.Errorf("a file that was just written is remembered by the token %s", v.Origin.Token)
	}
	if read, action := planned(request); !read || action != Reuse {
		t.Errorf("just written: read %t, %s, want read and %s", read, action, Reuse)
	}
}
