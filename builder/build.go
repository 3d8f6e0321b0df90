package builder

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"goldserve/gold"
)

// Builder builds the gold of a lake.
type Builder struct {
	Model  string // its name
	Build  *gold.Build
	Tables []*Table          // as ReadSQL returns them
	Set    map[string]string // values of parameters that aren't the defaults, as gold.Build.Set returns them
	Engine Engine
	Lander Lander
	Lake   Lake
	Now    func() time.Time // nil: the clock
}

// Options are what a run may be told.
type Options struct {
	Select []string // nil: all tables
	Full   bool     // also those that are up to date
	// Restate lets files of slices whose history is frozen differ from those that were built.
	Restate bool
}

// Progress is told what a run does, from one goroutine. Its functions may be nil.
type Progress struct {
	Planned func(*Plan)
	Landed  func(Landed)
	Built   func(Built)
}

// Report is what a run did.
type Report struct {
	*Plan
	Build   string         // the id of what the lake holds now
	Built   []Built        // the tables that ran
	Carried []CarriedFiles // the raw files that were removed
	Usage   Usage          // of the engine
	Seconds float64
}

func (b *Builder) now() time.Time {
	if b.Now != nil {
		return b.Now()
	}
	return time.Now()
}

// buildTables are the tables of silver and gold.
func (b *Builder) buildTables() []*Table {
	return slices.DeleteFunc(slices.Clone(b.Tables), func(t *Table) bool { return t.Stage == Generate })
}

// Plan returns what Run would do, and changes nothing.
func (b *Builder) Plan(ctx context.Context, o Options) (*Plan, error) { return b.plan(ctx, o) }

// Run builds what isn't up to date: it lands the sources, has the engine compute every table that has to run, and then replaces the
// lake's files. Where it fails before that, the lake is as it was; after that, the next run builds again what differs from the record.
// Its error is Conflict build_conflict where another build runs.
func (b *Builder) Run(ctx context.Context, o Options, told Progress) (report *Report, err error) {
	begin := time.Now()
	unlock, err := b.Lake.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := removeScratch(b.Lake.Scratch); err != nil {
		return nil, err
	}
	p, err := b.plan(ctx, o)
	if err != nil {
		return nil, err
	}
	if told.Planned != nil {
		told.Planned(p)
	}
	report = &Report{Plan: p, Build: p.record.Build}
	defer func() {
		if report != nil {
			report.Seconds = time.Since(begin).Seconds()
		}
	}()
	if !p.Changes() && len(p.chosen.sources) == 0 {
		return report, b.refreshReport(ctx, p)
	}
	scratch, err := newScratch(b.Lake.Scratch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, removeScratch(b.Lake.Scratch)) }()
	leave, err := b.Lake.enter(ctx, scratch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, leave()) }()
	if err := b.compute(ctx, p, scratch, report, told); err != nil {
		if gold.CodeOf(err) == gold.CodeFileInvalid { // perhaps only since it was written to meanwhile
			err = cmp.Or(b.Lander.Unchanged(ctx, p.Sources), err)
		}
		return nil, err
	}
	if !p.Changes() {
		return report, nil
	}
	c, err := b.prepare(ctx, p, scratch, report.Built)
	if err != nil {
		return nil, err
	}
	if err := b.Lander.Unchanged(ctx, p.Sources); err != nil {
		return nil, err
	}
	if err := c.replace(ctx); err != nil {
		return nil, err
	}
	report.Build = c.record.Build
	if report.Carried, err = b.Lander.Carry(ctx, p.Sources, b.Build.Retention.Bronze); err != nil {
		return report, err
	}
	return report, b.Lander.Tidy(ctx, p.Sources)
}

// compute lands what is read and runs the engine.
func (b *Builder) compute(ctx context.Context, p *Plan, scratch string, report *Report, told Progress) error {
	steps, err := b.steps(ctx, p)
	if err != nil {
		return err
	}
	var sources []Source
	if read := p.landed(steps); len(read) > 0 {
		sources, err = b.Lander.Land(ctx, read, told.Landed)
	}
	p.noteAbsent(sources)
	if err != nil || len(steps) == 0 {
		return err
	}
	program := &Program{Scratch: b.Lake.written(scratch), Parameters: p.values.all(), Sources: sources, Steps: steps}
	report.Usage, err = b.Engine.Run(ctx, program, func(built Built) {
		report.Built = append(report.Built, built)
		if told.Built != nil {
			told.Built(built)
		}
	})
	if err == nil {
		err = checkBuilt(steps, report.Built)
	}
	for i := range report.Built {
		if made := &report.Built[i]; err == nil {
			err = b.arrange(ctx, p, scratch, made)
		}
	}
	return err
}

// arrange makes the files of a table of those that the engine wrote, but those that lie in the lake already.
func (b *Builder) arrange(ctx context.Context, p *Plan, scratch string, made *Built) (err error) {
	known := map[string]gold.BuildFile{}
	was := p.built(made.Table)
	if was != nil && made.Table.Sliced() && len(was.Files) > 0 {
		there, err := p.listed.of(ctx, b.Lake.stagePlace(was.Stage), commonFolder(was.Files))
		if err != nil {
			return err
		}
		for _, f := range was.Files {
			if e, ok := there[f.Path]; ok && f.Token != "" && e == (Entry{Bytes: f.Bytes, Token: f.Token}) {
				known[was.Stage+"/"+f.Path] = f
			}
		}
	}
	by := &arrangement{known: known}
	if newest, err := time.Parse(time.RFC3339, p.newest(made.Table)); err == nil {
		by.newest = newest.Format(SliceName)
		if age := b.Build.Retention.Silver; age > 0 && made.Table.Stage == Silver {
			by.oldest = newest.Add(-age).Format(SliceName)
		}
	}
	made.Files, err = made.Table.arrange(scratch, made.Files, by)
	made.Same, made.Aged = by.same, by.aged
	return err
}

// steps returns the tables that run, and those that they read as they lie in the lake.
func (b *Builder) steps(ctx context.Context, p *Plan) ([]Step, error) {
	var steps []Step
	for i := range p.Tables {
		t := &p.Tables[i]
		if t.Runs {
			steps = append(steps, Step{Table: t.Table})
			continue
		}
		name := t.Table.FullName()
		if !slices.ContainsFunc(p.Tables, func(o Planned) bool { return o.Runs && slices.Contains(o.Reads, name) }) {
			continue
		}
		step, err := b.present(ctx, t)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// present returns a table as it lies in the lake.
func (b *Builder) present(ctx context.Context, t *Planned) (Step, error) {
	const atOnce = 16 // files that are fetched from a bucket
	files := slices.DeleteFunc(slices.Clone(t.was.Files), func(f gold.BuildFile) bool { return !t.Table.has(f.Path) })
	place := b.Lake.stagePlace(t.was.Stage)
	step := Step{Table: t.Table, Present: make([]string, len(files)), Columns: t.was.Columns, Rows: t.was.Rows}
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(atOnce)
	for i := range files {
		if t.Table.Sliced() {
			slice, _ := t.Table.fileSlice(files[i].Path)
			step.Slices = append(step.Slices, slice)
		}
		work.Go(func() (err error) {
			step.Present[i], err = place.Path(within, files[i].Path)
			return err
		})
	}
	return step, work.Wait()
}

// landed returns the sources that the steps read, or that are selected.
func (p *Plan) landed(steps []Step) []Raw {
	return slices.DeleteFunc(slices.Clone(p.Sources), func(r Raw) bool {
		name := string(Bronze) + "." + r.Source.Name
		read := slices.ContainsFunc(steps, func(s Step) bool { return s.Present == nil && slices.Contains(s.Table.inputs(), name) })
		return !read && !slices.Contains(p.chosen.sources, r.Source.Name)
	})
}

// noteAbsent notes which optional columns the sources lack: those that were landed say it, of others the record does.
func (p *Plan) noteAbsent(landed []Source) {
	for i := range p.Sources {
		raw := &p.Sources[i]
		for _, was := range p.record.Sources {
			if was.Name == raw.Source.Name && was.ID == raw.ID {
				raw.Absent = was.Absent
			}
		}
		for _, s := range landed {
			if s.Name == raw.Source.Name {
				raw.Absent = s.Absent
			}
		}
	}
}

// checkBuilt checks that an engine has made every table, and lost no row of those with a quarantine.
func checkBuilt(steps []Step, built []Built) error {
	for _, s := range steps {
		if s.Present != nil {
			continue
		}
		i := slices.IndexFunc(built, func(b Built) bool { return b.Table == s.Table })
		if i < 0 {
			return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "the engine did not make %s", s.Table.FullName())
		}
		q := s.Table.Quarantine
		if q == nil {
			continue
		}
		sum := built[i].Rows
		for reason, n := range built[i].Rejected {
			if !slices.Contains(q.Reasons, reason) {
				return gold.Invalidf(gold.Problem{File: s.Table.File, Line: s.Table.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL, DidYouMean: gold.Nearest(reason, q.Reasons)},
					"%s are rejected for the reason %q, which the header doesn't list", gold.Counted(n, "row"), reason)
			}
			sum += n
		}
		if sum != built[i].RowsIn {
			return gold.Invalidf(gold.Problem{File: s.Table.File, Line: s.Table.Query.FirstLine, Column: 1, Code: gold.CodeBuildSQL},
				"bronze.%s has %s, and the query gives %d: a query with a quarantine must give each row of its source exactly once, with a reason or without", q.Source, gold.Counted(built[i].RowsIn, "row"), sum)
		}
	}
	return nil
}

// newScratch makes the folder that the engine writes below.
func newScratch(folder string) (string, error) {
	err := os.MkdirAll(folder, 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	if err == nil {
		folder, err = os.MkdirTemp(folder, "build-")
	}
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return "", gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "the scratch folder can't be made: %w", err)
	}
	return folder, nil
}

// ourScratch are the folders that builds make in scratch and in a workspace: newScratch's, and what was fetched from a bucket.
var ourScratch = regexp.MustCompile(`^(build-[0-9]+|fetched)$`)

// removeScratch removes what builds left in the scratch folder, and that too if nothing else is in it.
func removeScratch(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.IsDir() && ourScratch.MatchString(e.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "the scratch folder can't be removed: %w", err)
	}
	_ = os.Remove(folder) // else others' files lie there
	return nil
}
