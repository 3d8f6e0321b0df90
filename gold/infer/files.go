package infer

import (
	"fmt"
	"slices"
	"testing/fstest"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// contracts returns the files of a new model's folder but for the layout of its page, by path.
func (m *Model) contracts() (map[string]string, error) {
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

// Compile loads the model that an inference wrote.
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

// withLayout adds the layout of the page to a model's files: the earlier one, while it shows the same datasets and figures.
func (m *Model) withLayout(files map[string]string, compiled *contract.Model, before *Earlier) (*contract.Model, error) {
	if before != nil && before.files[DashboardPath] != "" && sameFigures(before.Model, compiled) {
		files[DashboardPath] = before.files[DashboardPath]
		if kept, err := Compile(files); err == nil {
			return kept, nil
		}
	}
	delete(files, DashboardPath)
	layout := m.DashboardFile(&compiled.Model)
	if layout == nil {
		return compiled, nil
	}
	files[DashboardPath] = string(layout)
	return Compile(files)
}

// sameFigures reports whether two models have the same datasets, facts and key figures.
func sameFigures(a, b *contract.Model) bool {
	return a.Facts == b.Facts && slices.Equal(a.KPIs, b.KPIs) &&
		slices.EqualFunc(a.Contracts, b.Contracts, func(a, b contract.Contract) bool { return a.Dataset.Name == b.Dataset.Name })
}

// Next compiles the model, and compares it with the inference that it began with, which may be nil.
func (m *Model) Next(before *Earlier) (*Next, error) {
	files, err := m.contracts()
	if err != nil || len(files) == 0 {
		return nil, err
	}
	compiled, err := Compile(files)
	if err == nil {
		compiled, err = m.withLayout(files, compiled, before)
	}
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
