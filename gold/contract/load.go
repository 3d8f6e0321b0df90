package contract

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
)

// The files of a model.
const (
	modelFile       = "model.yaml"
	contractFolder  = "contracts"
	contractSuffix  = ".odcs.yaml"
	modelFolderHint = "expected " + modelFile + " and a folder " + contractFolder
)

// Model is one loaded model: what the domain knows of it, and its contracts.
type Model struct {
	gold.Model
	Description map[string]string // by language
	Dir         string            // in the file system that it was loaded from
	Contracts   []Contract        // by dataset name, as Model.Datasets
}

// Contract returns the contract of a dataset, or nil.
func (m *Model) Contract(dataset string) *Contract {
	for i := range m.Contracts {
		if m.Contracts[i].Dataset.Name == dataset {
			return &m.Contracts[i]
		}
	}
	return nil
}

// Load reads the model in dir: model.yaml and contracts/*.odcs.yaml. The error is a gold.Error of kind Invalid that
// lists every problem with its file, line and column.
func Load(fsys fs.FS, dir string) (*Model, error) {
	r := &report{}
	m := load(fsys, dir, Overlays{}.read(r), r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return m.Model, nil
}

// LoadAll reads every model that is a sub-folder of one of these file systems, by name, with what lies over them.
// Names of models, and of collections over all models, are unique. The error is as Load's, over all of them and the
// overlays; a mask that an overlay laid where its contract needs the field is a problem of the overlays' file.
func LoadAll(over Overlays, systems ...fs.FS) ([]*Model, error) {
	r := &report{}
	laid := over.read(r)
	var all []*loaded
	for _, fsys := range systems {
		all = append(all, loadSystem(fsys, laid, r)...)
	}
	slices.SortStableFunc(all, func(a, b *loaded) int { return cmp.Compare(a.Name, b.Name) })
	names, collections := taken{}, taken{}
	models := make([]*Model, len(all))
	for i, m := range all {
		models[i] = m.Model
		if m.Name != "" {
			names.claim(m.file, m.name, "model: name", m.Name)
		}
		for _, d := range m.drafts {
			// Twice in one model is reported there.
			if c := d.contract.Dataset.Collection; c != "" && !collections.hasFrom(c, m.drafts) {
				collections.claim(d.file, d.collection, "goldserve: collection", c)
			}
		}
	}
	laid.check(modelNames(models))
	if err := r.err(); err != nil {
		return nil, err
	}
	return models, nil
}

func modelNames(models []*Model) []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Name
	}
	return names
}

// loadSystem reads every model of one file system.
func loadSystem(fsys fs.FS, laid *overlays, r *report) []*loaded {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		r.add(".", nil, "", "the folder of models can't be read: %s", err)
		return nil
	}
	var all []*loaded
	for _, folder := range folders {
		if _, err := fs.Stat(fsys, path.Join(folder.Name(), modelFile)); err == nil {
			all = append(all, load(fsys, folder.Name(), laid, r))
		}
	}
	if len(all) == 0 {
		r.add(".", nil, "", "no sub-folder has a %s: give the folder that holds the models' folders", modelFile)
	}
	return all
}

// loaded is a model with what is needed to compare it with others.
type loaded struct {
	*Model
	file   *file
	name   *node
	drafts []*draft
}

// load reads one model with what lies over it, and reports what is wrong.
func load(fsys fs.FS, dir string, laid *overlays, r *report) *loaded {
	m := &loaded{Model: &Model{Dir: dir}, file: &file{name: path.Join(dir, modelFile), report: r}}
	root := m.file.read(fsys)
	over := laid.of(nameOf(root))
	m.drafts = readContracts(fsys, dir, over, r)
	slices.SortStableFunc(m.drafts, func(a, b *draft) int {
		return cmp.Compare(a.contract.Dataset.Name, b.contract.Dataset.Name)
	})
	l := &linker{drafts: m.drafts}
	l.link()
	if root != nil {
		m.compile(root, l)
	}
	over.lay(m, l)
	for _, d := range m.drafts {
		d.contract.Dataset.Model = m.Name
		m.Contracts = append(m.Contracts, d.contract)
		m.Datasets = append(m.Datasets, d.contract.Dataset)
	}
	m.readDashboard(fsys, l)
	return m
}

// nameOf returns the name that a model.yaml gives, checked later; "" where it gives none.
func nameOf(root *node) string {
	if root == nil {
		return ""
	}
	if n := mapValue(root, "name"); n != nil {
		return n.text
	}
	return ""
}

// readContracts reads every contract of a model by itself.
func readContracts(fsys fs.FS, dir string, over *overlay, r *report) []*draft {
	folder := path.Join(dir, contractFolder)
	files, err := fs.ReadDir(fsys, folder)
	if err != nil {
		r.add(folder, nil, "", "the folder can't be read: %s: %s", reason(err), modelFolderHint)
		return nil
	}
	var drafts []*draft
	for _, entry := range files {
		name := path.Join(folder, entry.Name())
		switch ext := path.Ext(entry.Name()); {
		case entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
			continue
		case !strings.HasSuffix(entry.Name(), contractSuffix):
			if ext == ".yaml" || ext == ".yml" {
				r.add(name, nil, "", "a contract's file is named after its dataset, with the ending %s", contractSuffix)
			}
			continue
		}
		d := &draft{file: &file{name: name, report: r}, overlay: over}
		d.contract.File = name
		if root := d.read(fsys); root != nil {
			d.compile(root)
			drafts = append(drafts, d)
		}
	}
	if len(files) == 0 {
		r.add(folder, nil, "", "the folder holds no contract (*%s)", contractSuffix)
	}
	return drafts
}

// read reads and parses the file, up to maxFile bytes.
func (f *file) read(fsys fs.FS) *node {
	opened, err := fsys.Open(f.name)
	if err != nil {
		f.add(nil, "the file can't be read: %s", reason(err))
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err = errors.Join(err, opened.Close()); err != nil {
		f.add(nil, "the file can't be read: %s", reason(err))
		return nil
	}
	if len(data) > maxFile {
		f.add(nil, "the file is larger than 1 MiB")
		return nil
	}
	return f.parseYAML(data)
}

// reason says why a file can't be read, without the path that the problem names already.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
