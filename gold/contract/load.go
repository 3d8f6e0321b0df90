package contract

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
	"goldserve/scoring"
)

// The files of a model.
const (
	modelFile       = "model.yaml"
	dashboardFile   = "dashboard.yaml"
	contractFolder  = "contracts"
	contractSuffix  = ".odcs.yaml"
	modelFolderHint = "expected " + modelFile + " and a folder " + contractFolder + ", which goldserve init writes from the files of a lake"
)

// Model is one loaded model: the domain's model, the contracts, and the layout of the dashboard.
type Model struct {
	gold.Model
	Description map[string]string // by language
	Files       fs.FS             // the file system that it was loaded from
	Dir         string            // of the model in Files
	Contracts   []Contract        // by dataset name, as Model.Datasets
	Dashboard   dashboard.Layout  // as declared, else the default derived from the contracts
	Ready       string            // the file of the lake that its writer leaves once it is done; empty: none
	TrainingSet *gold.TrainingSet // what training sets are made of; nil: the model has none
	Targets     []gold.Target     // what can be trained from its release
	Tracked     []gold.TrackedRun // what a publish logs to MLflow besides its own run
	Build       *gold.Build       // what the model's SQL builds its gold from; nil: the model has no SQL
	Stream      *gold.Stream      // how messages become rows; nil: the model has no stream
	Settle      time.Duration     // how long nothing of the lake must have changed before it is read; 0: no time
}

// Broken is a model whose files have problems.
type Broken struct {
	Name string // as in its model.yaml; "" if that can't be read
	Dir  string // in the file system that it was read from
	Err  *gold.Error
	// OfBuild is Err without that the model has no contracts, which a build doesn't need; Err itself where nothing else is wrong.
	OfBuild *gold.Error
	// Unwritten is the model if it has SQL to build its gold with, and all that it lacks are the contracts, which are written once
	// there is gold to write them from; else nil.
	Unwritten *Model
}

// LoadAll reads every model, which are the sub-folders of these file systems, by name, and applies the overrides. Names
// of models, and of collections over all models, are unique: a duplicate is a problem of the later model. Models with
// problems are returned separately and don't stop the others; the error of each is a gold.Error of kind Invalid that
// lists every problem with its file, line and column. LoadAll itself fails if a problem belongs to no single model: a
// file system that can't be read, or a mistake in the overrides, such as a mask for a field that a contract needs. That
// error lists the problems of models too.
func LoadAll(over Overlays, systems ...fs.FS) ([]*Model, []*Broken, error) {
	shared := &yaml.Report{}
	laid := over.read(shared)
	var all []*loaded
	for _, fsys := range systems {
		all = append(all, loadSystem(fsys, laid, shared)...)
	}
	slices.SortStableFunc(all, func(a, b *loaded) int { return cmp.Compare(a.Name, b.Name) })
	claimNames(all)
	var sound []*Model
	var broken []*Broken
	var names []string
	for _, m := range all {
		names = append(names, m.Name)
		if e := invalid(m.file.Report, ""); e != nil {
			b := &Broken{Name: m.Name, Dir: m.Dir, Err: e, OfBuild: e}
			switch {
			case m.bare && len(e.Problems) > 1:
				folder := path.Join(m.Dir, contractFolder)
				b.OfBuild = invalid(&yaml.Report{Problems: slices.DeleteFunc(slices.Clone(e.Problems), func(p gold.Problem) bool { return p.File == folder })}, "")
			case m.bare && m.Build != nil:
				b.Unwritten = m.Model
			}
			broken = append(broken, b)
		} else {
			sound = append(sound, m.Model)
		}
	}
	laid.check(names)
	if len(shared.Problems) == 0 {
		return sound, broken, nil
	}
	for _, b := range broken {
		shared.Problems = append(shared.Problems, b.Err.Problems...)
	}
	return nil, nil, invalid(shared, over.File)
}

// claimNames reports names that several models have. Models without problems come first, so that a broken model can't
// claim their names.
func claimNames(all []*loaded) {
	var order, broken []*loaded
	for _, m := range all {
		if len(m.file.Report.Problems) == 0 {
			order = append(order, m)
		} else {
			broken = append(broken, m)
		}
	}
	names, inDatabase := taken{}, map[string]taken{} // collections, by biDatabase
	for _, m := range append(order, broken...) {
		if m.Name != "" {
			names.claim(m.file, m.name, "model: name", m.Name)
		}
		collections := inDatabase[m.BIDatabase]
		if collections == nil {
			collections = taken{}
			inDatabase[m.BIDatabase] = collections
		}
		for _, d := range m.drafts {
			// Duplicates within a model are reported there. Those that no contract chose are the store's to refuse: whether two
			// models share one is not known here.
			if c := d.contract.Dataset.Collection; c != "" && d.collection != nil && !collections.hasFrom(c, m.drafts) {
				collections.claim(d.File, d.collection, "goldserve: collection", c)
			}
		}
	}
}

// loadSystem reads every model of one file system, each with its own report.
func loadSystem(fsys fs.FS, laid *overlays, shared *yaml.Report) []*loaded {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		shared.Add(".", nil, "", "the folder of models can't be read: %s", err)
		return nil
	}
	var all []*loaded
	for _, folder := range folders {
		if _, err := fs.Stat(fsys, path.Join(folder.Name(), modelFile)); err == nil {
			r := &yaml.Report{}
			m := readSources(fsys, folder.Name(), r).compile(laid, r)
			m.Files = fsys
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		shared.Add(".", nil, "", "no sub-folder of the models' folder has a %s: write MODEL/%s, or give the folder that holds the models' folders", modelFile, modelFile)
	}
	return all
}

// sources are the parsed files of a model: the root of each, by path. A file that can't be parsed is nil, and was
// reported.
type sources struct {
	fsys      fs.FS // nil: none
	dir       string
	model     *yaml.Node
	contracts []source // in the order of their names
	bare      bool     // the model has no contract, which was reported
	dashboard *source  // nil: the model has none
}

type source struct {
	name string
	root *yaml.Node
}

// readSources parses the files of the model in dir.
func readSources(fsys fs.FS, dir string, r *yaml.Report) *sources {
	s := &sources{fsys: fsys, dir: dir, model: (&yaml.File{Name: path.Join(dir, modelFile), Report: r}).Read(fsys)}
	s.readContracts(fsys, r)
	layout := &yaml.File{Name: path.Join(dir, dashboardFile), Report: r}
	if _, err := fs.Stat(fsys, layout.Name); !errors.Is(err, fs.ErrNotExist) {
		s.dashboard = &source{layout.Name, layout.Read(fsys)}
	}
	return s
}

// loaded is a model with what is needed to compare it with others.
type loaded struct {
	*Model
	file   *yaml.File
	name   *yaml.Node
	drafts []*draft
	bare   bool // it has no contract, which was reported
}

// compile compiles the model from its parsed files and the overrides, and reports what is wrong. It returns whatever
// the files contain: a panic becomes a problem at the node that was being read.
func (s *sources) compile(laid *overlays, r *yaml.Report) (m *loaded) {
	m = &loaded{Model: &Model{Dir: s.dir}, bare: s.bare, file: &yaml.File{Name: path.Join(s.dir, modelFile), Report: r}}
	defer r.Recover()
	over := laid.of(nameOf(s.model))
	files := &modelFiles{fsys: s.fsys, dir: s.dir, onnx: map[string]*scoring.File{}}
	for _, c := range s.contracts {
		if c.root == nil {
			continue
		}
		for object := range objectsIn(c.root) {
			d := &draft{File: &yaml.File{Name: c.name, Report: r}, overlay: over, files: files, object: object}
			d.contract.File = c.name
			d.compile(c.root)
			m.drafts = append(m.drafts, d)
		}
	}
	slices.SortStableFunc(m.drafts, func(a, b *draft) int {
		return cmp.Compare(a.contract.Dataset.Name, b.contract.Dataset.Name)
	})
	l := &linker{drafts: m.drafts}
	if s.model != nil {
		m.Calendar = calendarOf(m.file, s.model)
		l.calendar = m.Calendar
	}
	l.link()
	if s.model != nil {
		m.compile(s.model, l)
	}
	over.lay(m, l)
	for _, d := range m.drafts {
		d.contract.Dataset.Model = m.Name
		m.Contracts = append(m.Contracts, d.contract)
		m.Datasets = append(m.Datasets, d.contract.Dataset)
	}
	switch {
	case s.dashboard != nil:
		if s.dashboard.root != nil && !s.bare { // nobody can check what it names while there are no contracts
			m.Dashboard = dashboard.Read(&yaml.File{Name: s.dashboard.name, Report: r}, s.dashboard.root, &m.Model.Model, l)
		}
	case len(r.Problems) == 0:
		m.Dashboard = dashboard.Derive(&m.Model.Model, nil) // only for a model without problems
	}
	return m
}

// objectsIn returns the number of schema objects in a contract, each a dataset; 1 where there is none, which is a problem of
// the contract.
func objectsIn(root *yaml.Node) int {
	if schema := root.Value("schema"); schema != nil {
		return max(1, len(schema.Items))
	}
	return 1
}

// nameOf returns the name in a model.yaml, unchecked; "" if there is none.
func nameOf(root *yaml.Node) string {
	if root == nil {
		return ""
	}
	if n := root.Value("name"); n != nil {
		return n.Text
	}
	return ""
}

// readContracts parses every contract of the model.
func (s *sources) readContracts(fsys fs.FS, r *yaml.Report) {
	folder := path.Join(s.dir, contractFolder)
	files, err := fs.ReadDir(fsys, folder)
	if err != nil {
		s.bare = errors.Is(err, fs.ErrNotExist)
		r.Add(folder, nil, "", "the folder can't be read: %s: %s", yaml.Reason(err), modelFolderHint)
		return
	}
	for _, entry := range files {
		name := path.Join(folder, entry.Name())
		switch ext := path.Ext(entry.Name()); {
		case entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
			continue
		case !strings.HasSuffix(entry.Name(), contractSuffix):
			if ext == ".yaml" || ext == ".yml" {
				r.Add(name, nil, "", "a contract's file is named after its dataset, with the ending %s", contractSuffix)
			}
			continue
		}
		f := &yaml.File{Name: name, Report: r}
		s.contracts = append(s.contracts, source{name, f.Read(fsys)})
	}
	if len(files) == 0 {
		s.bare = true
		r.Add(folder, nil, "", "the folder holds no contract (*%s): goldserve init writes them from the files of a lake", contractSuffix)
	}
}
