package builder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
)

// commit is what replaces the files of a lake. All that it puts there lies in scratch before it begins.
type commit struct {
	lake    *Lake
	scratch string
	record  gold.BuildRecord // what the lake will hold; tokens are not known yet
	puts    []put
	removes []remove
	report  []byte
	lineage []byte
	begun   gold.Building
	touched bool // something was replaced
}

// put is a file of scratch, and where it goes.
type put struct {
	place Place
	name  string
	from  string          // below the folder that the engine wrote in
	file  *gold.BuildFile // of the record; nil: it isn't in it
}

type remove struct {
	place Place
	name  string
}

// prepare writes down what the lake will hold, and hashes the files that the engine wrote.
func (b *Builder) prepare(ctx context.Context, p *Plan, scratch string, built []Built) (*commit, error) {
	c := &commit{lake: &b.Lake, scratch: scratch}
	c.record = gold.BuildRecord{
		Model: b.Model, Engine: gold.BuildEngine{Name: p.Engine.Name, Version: p.Engine.Number}, Parameters: p.values.record(), Sources: p.builtSources(),
		Findings: p.Findings,
	}
	keeps := map[string]bool{}
	for i := range p.Tables {
		t := &p.Tables[i]
		if !t.Runs {
			if t.was != nil {
				c.record.Tables = append(c.record.Tables, p.left(t.was))
				c.keep(keeps, t.was)
			}
			continue
		}
		made := built[slices.IndexFunc(built, func(b Built) bool { return b.Table == t.Table })]
		entry, err := c.entry(ctx, p, t.Table, made)
		if err != nil {
			return nil, err
		}
		entry.Past = p.past(t.Table, t.was, entry.Files, b.Build.Retention.Gold)
		c.record.Tables = append(c.record.Tables, entry)
		c.keep(keeps, &entry)
	}
	for i := range p.record.Tables {
		was := &p.record.Tables[i]
		for _, f := range slices.Concat(was.Files, was.Past) {
			c.drop(keeps, b.Lake.stagePlace(was.Stage), f.Path)
		}
		for _, f := range was.Quarantine {
			c.drop(keeps, b.Lake.Quarantine, f.Path)
		}
	}
	for i := range p.Tables {
		if t := &p.Tables[i]; t.Runs || p.broken {
			if err := c.sweep(ctx, keeps, t, p.broken); err != nil {
				return nil, err
			}
		}
	}
	err := c.check(ctx)
	if err == nil {
		err = c.foreign(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	c.pointers()
	c.record.Earlier = p.earlier(c.record.Tables)
	c.record.Build = recordID(c.record.Tables)
	c.begun = gold.Building{Build: c.record.Build, Since: b.now().UTC(), Engine: c.record.Engine}
	c.report = silverReport(p, c.record.Tables)
	if c.lineage, err = Lineage(&c.record, b.Tables, b.Lake.Root.String(), c.begun.Since); err != nil {
		return nil, err
	}
	return c, c.reserve()
}

// check finds what is in the way of the files while the lake is as it was.
func (c *commit) check(ctx context.Context) error {
	places := map[string]Place{}
	puts, removes := map[string][]string{}, map[string][]string{}
	add := func(to map[string][]string, p Place, name string) {
		places[p.String()] = p
		to[p.String()] = append(to[p.String()], name)
	}
	for _, p := range c.puts {
		add(puts, p.place, p.name)
	}
	for _, r := range c.removes {
		add(removes, r.place, r.name)
	}
	for _, name := range []string{gold.BuildingFile, gold.LineageFile, gold.BuiltFile} {
		add(puts, c.lake.Gold, name)
	}
	add(puts, c.lake.Root, reportFile)
	for _, at := range slices.Sorted(maps.Keys(places)) {
		if err := places[at].Check(ctx, puts[at], removes[at]); err != nil {
			return err
		}
	}
	return nil
}

// recordID returns the id of all that a lake holds.
func recordID(tables []gold.BuiltTable) string {
	id := newIdentity("build 1")
	for i := range tables {
		id.add(tables[i].FullName(), tables[i].ID)
		if stale := tables[i].Stale; stale != "" {
			id.add("stale", stale)
		}
	}
	return id.String()[:32]
}

// left returns what the record says of a table that stays as an earlier build made it.
func (p *Plan) left(was *gold.BuiltTable) gold.BuiltTable {
	t := *was
	switch {
	case t.ID == p.ids[t.FullName()]:
		t.Stale = ""
	case t.Stale == "":
		t.Stale = p.record.Build
	}
	return t
}

// earlier returns the builds that made the stale ones of some tables.
func (p *Plan) earlier(tables []gold.BuiltTable) []gold.BuildOrigin {
	var origins []gold.BuildOrigin
	for _, o := range append(slices.Clone(p.record.Earlier), p.origin(&gold.BuiltTable{})) {
		if slices.ContainsFunc(tables, func(t gold.BuiltTable) bool { return t.Stale == o.Build && o.Build != "" }) {
			origins = append(origins, o)
		}
	}
	return origins
}

// pointers sets where the tokens of the files go, once the record has all its tables.
func (c *commit) pointers() {
	files := map[string]*gold.BuildFile{}
	for i := range c.record.Tables {
		t := &c.record.Tables[i]
		for j := range t.Files {
			files[key(c.lake.stagePlace(t.Stage), t.Files[j].Path)] = &t.Files[j]
		}
		for j := range t.Quarantine {
			files[key(c.lake.Quarantine, t.Quarantine[j].Path)] = &t.Quarantine[j]
		}
	}
	for i := range c.puts {
		c.puts[i].file = files[key(c.puts[i].place, c.puts[i].name)]
	}
}

func key(p Place, name string) string { return p.String() + "\x00" + name }

func (c *commit) keep(keeps map[string]bool, t *gold.BuiltTable) {
	for _, f := range slices.Concat(t.Files, t.Past) {
		keeps[key(c.lake.stagePlace(t.Stage), f.Path)] = true
	}
	for _, f := range t.Quarantine {
		keeps[key(c.lake.Quarantine, f.Path)] = true
	}
}

// drop notes a file that the lake will not hold, and the mark of its folder where that was of parts.
func (c *commit) drop(keeps map[string]bool, place Place, name string) {
	if keeps[key(place, name)] {
		return
	}
	c.removes = append(c.removes, remove{place, name})
	for _, folder := range foldersOf(name) {
		c.removes = append(c.removes, remove{place, path.Join(folder, successFile)})
	}
}

// sweep notes what lies in the folders of a table's parts, and is none of them: a build that was broken off left it.
func (c *commit) sweep(ctx context.Context, keeps map[string]bool, t *Planned, broken bool) error {
	folders := map[string]bool{}
	if broken && t.Table.Sliced() {
		folders[path.Dir(t.Table.Path)] = true
	}
	if len(t.Table.PartitionBy) > 0 {
		folders[t.Table.Name] = true
	}
	i := slices.IndexFunc(c.record.Tables, func(b gold.BuiltTable) bool { return b.FullName() == t.Table.FullName() })
	if i >= 0 {
		for _, f := range c.record.Tables[i].Files {
			if folder, _, parts := strings.Cut(f.Path, "/"); parts {
				folders[folder] = true
			}
		}
	}
	place := c.lake.stagePlace(string(t.Table.Stage))
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		names, err := place.List(ctx, folder)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if _, slice := t.Table.fileSlice(name); folder == "." && !slice {
				continue // another table's
			}
			if name != path.Join(folder, successFile) && !keeps[key(place, name)] {
				c.removes = append(c.removes, remove{place, name})
			}
		}
	}
	return nil
}

// successFile says that a folder of parts is whole.
const successFile = "_SUCCESS"

// foldersOf returns the folders that a file lies in, the innermost first: those of its partitions, and its table's.
func foldersOf(name string) (folders []string) {
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		folders = append(folders, folder)
	}
	return folders
}

// entry returns what the record says of a table that has run.
func (c *commit) entry(ctx context.Context, p *Plan, t *Table, made Built) (gold.BuiltTable, error) {
	e := gold.BuiltTable{
		Stage: string(t.Stage), Name: t.Name, ID: p.ids[t.FullName()], SQL: t.shortFile(), SQLSHA256: t.SHA256, Inputs: t.inputs(),
		Parameters: slices.Clone(t.Query.Parameters), Columns: t.kept(made.Columns), Rows: made.Rows, Files: []gold.BuildFile{}, Aged: made.Aged,
	}
	if strings.Contains(t.Path, newestWord) {
		e.Path = t.Path
	}
	if e.Parameters == nil {
		e.Parameters = []string{}
	}
	if t.Quarantine != nil {
		e.RowsIn, e.Rejected = made.RowsIn, map[string]int64{}
		for _, reason := range t.Quarantine.Reasons {
			e.Rejected[reason] = made.Rejected[reason]
		}
	}
	if t.Temporary {
		return e, nil
	}
	var err error
	if e.Files, err = c.files(ctx, c.lake.stagePlace(e.Stage), string(t.Stage), made.Files, made.Same); err != nil {
		return e, err
	}
	e.Quarantine, err = c.files(ctx, c.lake.Quarantine, "quarantine", made.Quarantine, nil)
	return e, err
}

// shortFile is the table's file below the model: sql/gold/ca_monthly.sql.
func (t *Table) shortFile() string {
	return path.Join(sqlFolder, string(t.Stage), t.Name+sqlSuffix)
}

// files hashes files of scratch, and notes where they go: below the folder of their stage. Those of same stay in the lake.
func (c *commit) files(ctx context.Context, place Place, stage string, names []string, same map[string]gold.BuildFile) ([]gold.BuildFile, error) {
	out := []gold.BuildFile{}
	var marks []put // of folders of parts, which come after their parts
	for _, name := range names {
		below, ok := strings.CutPrefix(name, stage+"/")
		if !ok {
			return nil, gold.Errorf(gold.Internal, gold.CodeBuildEngine, "the engine wrote %s, which is not below %s", name, stage)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f, ok := same[name]; ok {
			out = append(out, f)
			continue
		}
		bytes, sum, err := c.hash(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, gold.BuildFile{Path: below, Bytes: bytes, SHA256: sum})
		c.puts = append(c.puts, put{place: place, name: below, from: name})
		if path.Base(below) == successFile { // a table without rows has nothing else
			continue
		}
		for _, folder := range foldersOf(below) {
			name := path.Join(folder, successFile)
			mark := put{place: place, name: name, from: path.Join(stage, name)}
			if slices.Contains(marks, mark) {
				continue
			}
			if there, err := c.wrote(ctx, mark.from); err != nil {
				return nil, err
			} else if there {
				marks = append(marks, mark)
			}
		}
	}
	c.puts = append(c.puts, marks...)
	return out, nil
}

// builtSources returns the sources with their files, as the record has them.
func (p *Plan) builtSources() []gold.BuiltSource {
	out := make([]gold.BuiltSource, 0, len(p.Sources))
	for _, raw := range p.Sources {
		s := gold.BuiltSource{Name: raw.Source.Name, ID: raw.ID, Absent: raw.Absent, Files: make([]gold.BuildFile, 0, len(raw.Files)), Frozen: raw.Source.Slice != nil && raw.Source.Slice.Frozen}
		for _, f := range raw.Files {
			if f.Carried != nil {
				s.Carried++
			}
			s.Files = append(s.Files, gold.BuildFile{Path: f.Name, Bytes: f.Bytes, SHA256: f.SHA256})
		}
		out = append(out, s)
	}
	return out
}

// reserve writes the small files into scratch before anything is replaced, so that a full disk is found while the lake is as it was. The
// record gets room for the tokens that it lacks.
func (c *commit) reserve() error {
	var record bytes.Buffer
	if err := c.record.Write(&record); err != nil {
		return err
	}
	begun, err := json.MarshalIndent(c.begun, "", "  ")
	if err != nil {
		return err
	}
	room := bytes.Repeat([]byte(" "), 256*len(c.puts))
	for name, data := range map[string][]byte{
		gold.BuildingFile: append(begun, '\n'), gold.BuiltFile: append(record.Bytes(), room...), reportFile: c.report, gold.LineageFile: c.lineage,
	} {
		if err := writeFile(c.small(name), data); err != nil {
			return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "the scratch folder can't be written: %w", err)
		}
	}
	return nil
}

// small is where a small file lies in scratch.
func (c *commit) small(name string) string { return filepath.Join(c.scratch, "record", name) }

// replace replaces the lake's files: _building comes first and goes last, and the record is the last that is written.
func (c *commit) replace(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx) // from here on the shortest way to a whole lake is to go on
	if _, err := c.lake.Gold.Put(ctx, gold.BuildingFile, c.small(gold.BuildingFile)); err != nil {
		return errors.Join(err, c.lake.Gold.Remove(ctx, gold.BuildingFile))
	}
	defer func() {
		if err == nil || !c.touched {
			err = errors.Join(err, c.lake.Gold.Remove(ctx, gold.BuildingFile))
		}
	}()
	for _, r := range c.removes {
		c.touched = true
		if err := r.place.Remove(ctx, r.name); err != nil {
			return err
		}
	}
	for _, p := range c.puts {
		entry, err := c.put(ctx, p)
		if err != nil {
			return err
		}
		c.touched = true
		if p.file != nil {
			p.file.Token = entry.Token
		}
	}
	if _, err := c.lake.Root.Put(ctx, reportFile, c.small(reportFile)); err != nil {
		return err
	}
	if _, err := c.lake.Gold.Put(ctx, gold.LineageFile, c.small(gold.LineageFile)); err != nil {
		return err
	}
	var record bytes.Buffer
	if err := c.record.Write(&record); err != nil {
		return err
	}
	if err := overwrite(c.small(gold.BuiltFile), record.Bytes()); err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "the scratch folder can't be written: %w", err)
	}
	_, err = c.lake.Gold.Put(ctx, gold.BuiltFile, c.small(gold.BuiltFile))
	return err
}
