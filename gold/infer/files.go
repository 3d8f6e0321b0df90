package infer

import (
	"fmt"
	"testing/fstest"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// Files returns the files of a new model's folder, by path.
func (m *Model) Files() (map[string]string, error) {
	updates, _, err := m.Updates(fstest.MapFS{})
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, u := range updates {
		files[u.Path] = string(u.Content)
	}
	return files, nil
}

// Compile loads the model that Files wrote.
func Compile(files map[string]string) (*contract.Model, error) {
	const folder = "inferred/"
	system := fstest.MapFS{}
	for name, text := range files {
		system[folder+name] = &fstest.MapFile{Data: []byte(text), Mode: 0o400}
	}
	sound, broken, err := contract.LoadAll(contract.Overlays{}, system)
	switch {
	case err != nil:
		return nil, err
	case len(broken) > 0:
		return nil, broken[0].Err
	case len(sound) != 1:
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "inferred contracts make %d models", len(sound))
	}
	return sound[0], nil
}

// Next is what an inference makes of a lake for a release.
type Next struct {
	Model    *contract.Model
	Inferred *gold.Inferred // what the release records
}

// Next compiles the model, and compares it with the inference that it began with, which may be nil.
func (m *Model) Next(before *Earlier) (*Next, error) {
	files, err := m.Files()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, nil
	}
	compiled, err := Compile(files)
	if err != nil {
		return nil, fmt.Errorf("compile the contracts of model %s: %w", m.Name, err)
	}
	next := &Next{Model: compiled, Inferred: &gold.Inferred{Files: files}}
	if before != nil {
		next.Inferred.Gone = before.gone(m)
		next.Inferred.Changes = append(changes(before.Model, compiled), m.lostRelations()...)
	}
	return next, nil
}
