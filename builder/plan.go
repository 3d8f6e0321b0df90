package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"goldserve/gold"
)

// Plan is what a build would do.
type Plan struct {
	Engine  Version   // that would run
	Tables  []Planned // each after those that it reads
	Sources []Raw     // that bronze has, of all sources
	Removed []string  // tables that the lake has and the model doesn't
	// Findings are where the raw files are not as their sources expect them; slices with one of severity error are left out, and later ones.
	Findings []gold.Finding

	tables []*Table // of Tables
	ids    map[string]string
	record *gold.BuildRecord // what the lake holds; empty: nothing that is known
	values values
	chosen Selection
	broken bool // a build was broken off while it replaced files
	listed listings
}

// Planned is a table of a plan.
type Planned struct {
	Table  *Table
	Runs   bool
	Why    string // it runs; "": it is up to date, or isn't selected
	Reads  []string
	Chosen bool // it is selected
	Stale  bool // it is out of date, and neither selected nor built
	was    *gold.BuiltTable
}

// Changes reports whether anything would be built or removed.
func (p *Plan) Changes() bool {
	return len(p.Removed) > 0 || p.broken || p.foundOthers() || slices.ContainsFunc(p.Tables, func(t Planned) bool {
		return t.Runs || t.was != nil && t.was.Stale != "" && t.was.ID == p.ids[t.Table.FullName()] // what it is made of is as it was again
	})
}

// stagePlace returns where the tables of a stage lie.
func (l *Lake) stagePlace(stage string) Place {
	if stage == string(Silver) {
		return l.Silver
	}
	return l.Gold
}

// readRecord reads what the last build wrote; none, or one that can't be read, is an empty record: everything is built anew.
func (l *Lake) readRecord(ctx context.Context) (*gold.BuildRecord, error) {
	data, err := l.Gold.Read(ctx, gold.BuiltFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if r, failed := gold.ParseBuildRecord(data); err == nil && failed == nil {
		return r, nil
	}
	return &gold.BuildRecord{}, nil
}

// plan finds out what must run.
func (b *Builder) plan(ctx context.Context, o Options) (*Plan, error) {
	engine, err := b.Engine.Version(ctx)
	if err != nil {
		return nil, err
	}
	found, err := b.Lander.Find(ctx, b.Build.Sources)
	if err != nil {
		return nil, err
	}
	tables := b.buildTables()
	p := &Plan{Engine: engine, Sources: found, tables: tables, values: newValues(b.Build, b.Set, b.now()), listed: listings{}}
	if p.record, err = b.Lake.readRecord(ctx); err != nil {
		return nil, err
	}
	if was := p.record.Model; was != "" && was != b.Model {
		return nil, gold.Errorf(gold.Conflict, gold.CodeBuildConflict,
			"%s holds the gold of the model %s, and a build of %s would remove its tables: build into another lake, or remove %s and the tables of %s there",
			b.Lake.Gold, was, b.Model, gold.BuiltFile, was)
	}
	if err := p.take(ctx, b, o); err != nil {
		return nil, err
	}
	p.ids = identities(tables, engine, p.values, p.Sources)
	if p.chosen, err = Select(o.Select, tables, sourceNames(b.Build)); err != nil {
		return nil, err
	}
	switch _, err := b.Lake.Gold.Stat(ctx, gold.BuildingFile); {
	case err == nil:
		p.broken, p.chosen.tables = true, nil // it may have replaced files of any table
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	for _, t := range tables {
		planned := Planned{Table: t, Reads: t.inputs(), Chosen: p.chosen.Has(t), was: p.built(t)}
		if planned.Chosen && !t.Temporary {
			if planned.Why, err = p.reason(ctx, b, t, planned.was, o.Full); err != nil {
				return nil, err
			}
			planned.Runs = planned.Why != ""
		}
		p.Tables = append(p.Tables, planned)
	}
	if err := p.complete(ctx, b); err != nil {
		return nil, err
	}
	if err := p.findStale(ctx, b); err != nil {
		return nil, err
	}
	for i := range p.record.Tables {
		was := &p.record.Tables[i]
		if !slices.ContainsFunc(tables, func(t *Table) bool { return t.FullName() == was.FullName() }) {
			p.Removed = append(p.Removed, was.FullName())
		}
	}
	return p, nil
}

// built returns what the lake's record says of a table, nil if nothing.
func (p *Plan) built(t *Table) *gold.BuiltTable {
	for i := range p.record.Tables {
		if was := &p.record.Tables[i]; was.FullName() == t.FullName() {
			return was
		}
	}
	return nil
}

// reason says why a table has to run, "" if it is up to date.
func (p *Plan) reason(ctx context.Context, b *Builder, t *Table, was *gold.BuiltTable, full bool) (string, error) {
	switch {
	case full:
		return "full build requested", nil
	case was == nil:
		return "new", nil
	case was.ID != p.ids[t.FullName()]:
		return p.changed(t, was), nil
	}
	return b.Lake.altered(ctx, was, p.listed)
}

// changed says what of a table's id is another.
func (p *Plan) changed(t *Table, was *gold.BuiltTable) string {
	from := p.origin(was)
	if from.Engine.Name != p.Engine.Name || from.Engine.Version != p.Engine.Number {
		return fmt.Sprintf("the engine changed: %s %s, was %s", p.Engine.Name, p.Engine.Number, from.Engine)
	}
	if was.SQLSHA256 != t.SHA256 {
		return "its SQL changed"
	}
	if why := p.valueChanged(t, &from); why != "" {
		return why
	}
	var read []string
	for _, input := range t.inputs() {
		source, isSource := strings.CutPrefix(input, string(Bronze)+".")
		if isSource {
			if why := p.sourceChanged(source, &from); why != "" {
				return why
			}
			continue
		}
		for i := range p.record.Tables {
			if other := &p.record.Tables[i]; other.FullName() == input && other.ID != p.ids[input] {
				return p.inputChanged(input, other)
			}
		}
		read = append(read, input)
	}
	return p.builtSince(t, read, &from)
}

// builtSince says what changed of a table where those that it reads, in the lake, are as they should be: they were built after it.
func (p *Plan) builtSince(t *Table, read []string, from *gold.BuildOrigin) string {
	made := Selection{tables: map[string]bool{}, seen: map[string]bool{}}
	made.add(t, p.tables, true, false)
	for _, of := range p.tables {
		if !made.Has(of) {
			continue
		}
		why := p.valueChanged(of, from)
		for _, input := range of.inputs() {
			if source, ok := strings.CutPrefix(input, string(Bronze)+"."); ok && why == "" {
				why = p.sourceChanged(source, from)
			}
		}
		if why != "" {
			return why
		}
	}
	if len(read) == 1 {
		return read[0] + " changed"
	}
	return "one of the tables that it reads changed: " + strings.Join(read, ", ")
}

// origin returns what the lake's record says of the build that made a table.
func (p *Plan) origin(was *gold.BuiltTable) gold.BuildOrigin {
	r := p.record
	for _, o := range r.Earlier {
		if o.Build == was.Stale {
			return o
		}
	}
	return gold.BuildOrigin{Build: r.Build, Engine: r.Engine, Parameters: r.Parameters, Sources: r.Sources}
}

// valueChanged says which parameter that a table reads has another value than it had, "" if none.
func (p *Plan) valueChanged(t *Table, from *gold.BuildOrigin) string {
	for _, name := range t.Query.Parameters {
		old := ""
		for _, v := range from.Parameters {
			if v.Name == name {
				old = v.Value
			}
		}
		if now := p.values.fixed(name); now != old {
			return fmt.Sprintf("the parameter %s changed: %s, was %s", name, orUnset(now), orUnset(old))
		}
	}
	return ""
}

// inputChanged says what changed of a table that another one reads: of a temporary one, which nobody sees in the lake, what it is made of.
func (p *Plan) inputChanged(name string, was *gold.BuiltTable) string {
	i := slices.IndexFunc(p.tables, func(t *Table) bool { return t.FullName() == name && t.Temporary })
	if i < 0 {
		return name + " changed"
	}
	if was.SQLSHA256 != p.tables[i].SHA256 {
		return "the SQL of " + name + " changed"
	}
	return p.changed(p.tables[i], was)
}

func orUnset(text string) string {
	if text == "" {
		return "not set"
	}
	return text
}

// sourceChanged says what changed of a source's files, "" if nothing.
func (p *Plan) sourceChanged(source string, from *gold.BuildOrigin) string {
	now := slices.IndexFunc(p.Sources, func(r Raw) bool { return r.Source.Name == source })
	was := slices.IndexFunc(from.Sources, func(s gold.BuiltSource) bool { return s.Name == source })
	if now < 0 || was < 0 || p.Sources[now].ID == from.Sources[was].ID {
		return ""
	}
	old := map[string]string{}
	for _, f := range from.Sources[was].Files {
		old[f.Path] = f.SHA256
	}
	var changes []string
	for _, f := range p.Sources[now].Files {
		switch sum, had := old[f.Name]; {
		case !had:
			changes = append(changes, f.Name+" is new")
		case sum != f.SHA256:
			changes = append(changes, f.Name+" changed")
		}
		delete(old, f.Name)
	}
	for _, f := range from.Sources[was].Files {
		if _, gone := old[f.Path]; gone {
			changes = append(changes, f.Path+" is gone")
		}
	}
	switch n := len(changes); n {
	case 0:
		return "bronze." + source + " is read differently"
	case 1:
		return changes[0]
	default:
		return fmt.Sprintf("%s, and %d more", changes[0], n-1)
	}
}

// altered says which file of a table isn't in the lake as the build left it, "" if none.
func (l *Lake) altered(ctx context.Context, was *gold.BuiltTable, listed listings) (string, error) {
	for _, part := range []struct {
		place Place
		files []gold.BuildFile
	}{{l.stagePlace(was.Stage), was.Files}, {l.Quarantine, was.Quarantine}} {
		stat := func(name string) (Entry, error) { return part.place.Stat(ctx, name) }
		if len(part.files) > many {
			there, err := listed.of(ctx, part.place, commonFolder(part.files))
			if err != nil {
				return "", err
			}
			stat = func(name string) (Entry, error) {
				e, ok := there[name]
				if !ok {
					return e, fs.ErrNotExist
				}
				return e, nil
			}
		}
		for _, f := range part.files {
			e, err := stat(f.Path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return f.Path + " is missing in the lake", nil
			case err != nil:
				return "", err
			case e.Token != "" && e.Token == f.Token && e.Bytes == f.Bytes:
				continue
			}
			sum := ""
			if e.Bytes == f.Bytes {
				if sum, err = part.place.Hash(ctx, f.Path); err != nil {
					return "", err
				}
			}
			if sum != f.SHA256 {
				return f.Path + " was changed in the lake", nil
			}
		}
	}
	return "", nil
}

// complete has those tables run that the running ones read, and that can't be read as they lie in the lake: temporary ones, those whose
// files the engine can't read back, and those that aren't up to date.
func (p *Plan) complete(ctx context.Context, b *Builder) error {
	for i := len(p.Tables) - 1; i >= 0; i-- {
		t := &p.Tables[i]
		reader := ""
		for j := i + 1; j < len(p.Tables); j++ {
			if p.Tables[j].Runs && slices.Contains(p.Tables[j].Reads, t.Table.FullName()) {
				reader = p.Tables[j].Table.FullName()
				break
			}
		}
		if t.Runs || reader == "" {
			continue
		}
		if !t.Table.Temporary && t.was != nil && t.was.Aged == 0 && b.Engine.Reads(t.Table, t.was) {
			why, err := p.reason(ctx, b, t.Table, t.was, false)
			if err != nil {
				return err
			}
			if why == "" {
				continue
			}
			t.Why = why + "; "
		}
		t.Runs = true
		t.Why += reader + " reads it"
	}
	return nil
}

// findStale finds the tables that stay out of date, as they aren't selected.
func (p *Plan) findStale(ctx context.Context, b *Builder) error {
	for i := range p.Tables {
		t := &p.Tables[i]
		if t.Chosen || t.Runs || t.Table.Temporary {
			continue
		}
		why, err := p.reason(ctx, b, t.Table, t.was, false)
		if err != nil {
			return err
		}
		t.Stale = why != ""
	}
	return nil
}

// newest returns the newest slice of what a table is made of, as 2025-11-13T10:35:00Z; "": there is none.
func (p *Plan) newest(t *Table) string {
	newest := ""
	for _, name := range t.inputs() {
		if source, ok := strings.CutPrefix(name, string(Bronze)+"."); ok {
			for i := range p.Sources {
				if p.Sources[i].Source.Name != source {
					continue
				}
				for _, f := range p.Sources[i].Files {
					newest = max(newest, f.Slice)
				}
			}
		} else if i := slices.IndexFunc(p.tables, func(t *Table) bool { return t.FullName() == name }); i >= 0 {
			newest = max(newest, p.newest(p.tables[i]))
		}
	}
	return newest
}
