package contract_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"goldserve/gold"
)

// FuzzLoad asks that no file panics, and that a model is either loaded whole or refused with problems.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(modelYAML), []byte(smallest))
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if filepath.Ext(file.Name) == ".yaml" {
				f.Add([]byte(modelYAML), file.Data)
			}
		}
	}
	shipped, err := filepath.Glob("../../models/*/contracts/*.odcs.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range shipped {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(modelYAML), data)
	}
	f.Fuzz(func(t *testing.T, model, dataset []byte) {
		m, err := load(fstest.MapFS{
			"m/model.yaml":            {Data: model},
			"m/contracts/a.odcs.yaml": {Data: dataset},
			"m/contracts/b.odcs.yaml": {Data: []byte(smallest)},
		})
		if err != nil {
			var e *gold.Error
			if !errors.As(err, &e) || e.Kind != gold.Invalid || len(e.Problems) == 0 {
				t.Fatalf("not an Invalid error with problems: %v", err)
			}
			return
		}
		for _, c := range m.Contracts {
			d := &c.Dataset
			if d.Name == "" || len(d.Fields) == 0 || d.Key == nil || len(d.KeyFields()) != len(d.Key) || len(d.DefaultSort) == 0 || d.MaxLimit <= 0 {
				t.Fatalf("incomplete dataset %+v", d)
			}
		}
	})
}
