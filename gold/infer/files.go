package infer

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"testing/fstest"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// written returns the files of a new model's folder, by path.
func (m *Model) written() (map[string]string, error) {
	updates, _, err := m.Updates(fstest.MapFS{})
	if err != nil {
		return nil, err
	}
	return textsOf(updates), nil
}

func textsOf(updates []Update) map[string]string {
	files := map[string]string{}
	for _, u := range updates {
		files[u.Path] = string(u.Content)
	}
	return files
}

// fileSystem holds files in a folder.
func fileSystem(folder string, files map[string]string) fs.FS {
	system := fstest.MapFS{}
	for name, text := range files {
		system[path.Join(folder, name)] = &fstest.MapFile{Data: []byte(text), Mode: 0o400}
	}
	return system
}

// Compile loads the model that an inference wrote.
func Compile(files map[string]string) (*contract.Model, error) {
	sound, broken, err := contract.LoadAll(contract.Overlays{}, fileSystem("inferred", files))
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

// keepLayout replaces the layout of the page by the earlier one, while it shows the same datasets and figures.
func keepLayout(files map[string]string, compiled *contract.Model, before *Earlier) *contract.Model {
	if before == nil || before.files[LayoutFile] == "" || !sameFigures(before.Model, compiled) {
		return compiled
	}
	kept := maps.Clone(files)
	kept[LayoutFile] = before.files[LayoutFile]
	model, err := Compile(kept)
	if err != nil {
		return compiled // it names what is no more
	}
	files[LayoutFile] = kept[LayoutFile]
	return model
}

// sameFigures reports whether two models have the same datasets, facts and key figures.
func sameFigures(a, b *contract.Model) bool {
	return a.Facts == b.Facts && slices.Equal(a.KPIs, b.KPIs) &&
		slices.EqualFunc(a.Contracts, b.Contracts, func(a, b contract.Contract) bool { return a.Dataset.Name == b.Dataset.Name })
}

// Next compiles the model, and compares it with the inference that it began with, which may be nil.
func (m *Model) Next(before *Earlier) (*Next, error) {
	files, err := m.written()
	if err != nil || len(files) == 0 {
		return nil, err
	}
	compiled, err := Compile(files)
	if err != nil {
		return nil, fmt.Errorf("compile the contracts of model %s: %w", m.Name, err)
	}
	compiled = keepLayout(files, compiled, before)
	next := &Next{Model: compiled, Inferred: &gold.Inferred{Files: files}}
	if before != nil {
		next.Inferred.Gone = before.gone(m)
		next.Inferred.Changes = append(changes(before.Model, compiled), m.lostRelations()...)
	}
	return next, nil
}
