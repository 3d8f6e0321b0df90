package publisher

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// maxReplans is how often a publish plans anew what a lake that changes under it holds.
const maxReplans = 3

// planner plans one request, and again where its lake changed before the plan was carried out: what is wrong with a lake that
// changes says nothing, and a release holds no lake half before and half after a commit.
type planner struct {
	*Publisher
	request Request
	in      *inputs   // of the last plan; nil: to be opened
	settled time.Time // when the lake last changed before it was found at rest; zero: not asked for, or the lake does not tell
	replans int
	waited  time.Duration // for builds
}

// plan opens the lake, unless it is open, and decides what to do with what it has.
func (p *planner) plan(ctx context.Context) (*plan, error) {
	for {
		if p.in == nil {
			if err := p.settle(ctx); err != nil {
				return nil, err
			}
		}
		made, err := p.once(ctx)
		if again, err := p.moved(ctx, err); !again {
			return made, err
		}
	}
}

func (p *planner) once(ctx context.Context) (*plan, error) {
	var marker *lake.Marker
	if p.in == nil {
		if err := p.request.Lake.Look(ctx); err != nil {
			return nil, err
		}
		if name := p.request.Model.Ready; name != "" {
			var err error
			if marker, err = p.request.Lake.Marker(ctx, name); err != nil {
				return nil, err
			}
		}
	}
	state, err := p.config.Store.State(ctx, p.request.Model.Name)
	if err != nil {
		return nil, err
	}
	if p.in == nil {
		p.in, err = p.open(ctx, p.request, state)
		p.in.marker, p.in.settled = marker, p.settled
		if err != nil {
			return nil, err
		}
	}
	return p.Publisher.plan(ctx, p.in, state)
}

// moved returns what an error comes to, and whether to plan again: where the lake changed since it was opened, that is the
// error, and the next plan opens it anew.
func (p *planner) moved(ctx context.Context, err error) (again bool, _ error) {
	if gold.KindOf(err) == gold.Invalid && p.in != nil {
		if changed := p.in.unchanged(ctx); gold.CodeOf(changed) == gold.CodeSourceChanged {
			err = changed
		}
	}
	if gold.CodeOf(err) == gold.CodeLakeBuilding {
		p.close()
		err := p.awaitBuild(ctx, err)
		return err == nil, err
	}
	if gold.CodeOf(err) != gold.CodeSourceChanged || p.replans == maxReplans {
		return false, err
	}
	p.close()
	p.replans++
	p.config.Logger.Info("the lake changed while it was read: planning again", "problem", err.Error(), "replan", p.replans)
	return true, nil
}

// settle waits until nothing of the lake has changed for the time that the model asks for.
func (p *planner) settle(ctx context.Context) error {
	settle := p.request.Model.Settle
	var before time.Time
	for n := 0; settle > 0; n++ {
		file, latest, err := p.latest(ctx)
		if err != nil {
			return err
		}
		age := time.Since(latest)
		// By the clock of who runs this, or, where that of the lake is ahead, by what was seen.
		if age >= settle || n > 0 && latest.Equal(before) {
			p.settled = latest
			return nil
		}
		if n > maxReplans {
			return gold.Errorf(gold.Unavailable, gold.CodeSourceChanged,
				"the lake %s is still being written: %s changed %s ago, and the model waits until nothing has changed for %s; publish again once its writer is done",
				p.request.Lake.Path(), file, max(age, 0).Round(time.Millisecond), settle)
		}
		before = latest
		wait := min(settle, settle-age)
		p.config.Logger.Info("waiting until the lake is written", "file", file, "for", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil
}

// latest returns which source changed last, and when.
func (p *planner) latest(ctx context.Context) (file string, latest time.Time, err error) {
	if err := p.request.Lake.Look(ctx); err != nil {
		return "", time.Time{}, err
	}
	return latestOf(ctx, p.request)
}

// close closes the lake's files.
func (p *planner) close() {
	if p.in != nil {
		p.in.close()
		p.in = nil
	}
}

// plan decides what to do with what the lake has, by the store's state.
func (p *Publisher) plan(ctx context.Context, in *inputs, state *gold.State) (*plan, error) {
	pl := &plan{inputs: in, state: state}
	var err error
	if pl.biDatabase, err = p.chooseBIDatabase(ctx, in.request.Model, state); err != nil {
		return nil, err
	}
	if shower, ok := p.config.Store.(gold.Shower); ok && pl.biDatabase != "" {
		if err := shower.CheckBIDatabase(in.request.Model.Name, pl.biDatabase); err != nil {
			return nil, err
		}
	}
	if pl.dashboard, err = json.Marshal(in.request.Model.Dashboard); err != nil {
		return nil, fmt.Errorf("record the dashboard: %w", err)
	}
	if err := pl.name(ctx); err != nil {
		return nil, err
	}
	if err := pl.lookUp(ctx); err != nil {
		return nil, err
	}
	for _, d := range pl.decisions {
		if d.known == nil {
			if d.appends, d.parts, err = pl.appended(ctx, d); err != nil {
				return nil, err
			}
		}
		if d.ruleResults, err = pl.knownResults(d); err != nil {
			return nil, err
		}
	}
	pl.comparisons, pl.restated = pl.compareable(), changedHistory(state.Current, in.request.Model.Build, in.build)
	for _, d := range pl.decisions {
		if d.action, d.why, err = pl.explain(ctx, d); err != nil {
			return nil, err
		}
	}
	pl.why = pl.explainRelease()
	return pl, pl.refuse(ctx)
}

// chooseBIDatabase returns the BI database that shows a model: what its model.yaml says, else the one that it has, else the store's
// own for the first model of a store, and one named after the model for the others.
func (p *Publisher) chooseBIDatabase(ctx context.Context, model *contract.Model, state *gold.State) (string, error) {
	if model.BIDatabase != "" {
		return model.BIDatabase, nil
	}
	if state.Current != nil {
		return state.Current.BIDatabase, nil
	}
	lister, ok := p.config.Store.(gold.Lister)
	if !ok {
		return "", nil
	}
	models, err := lister.Models(ctx)
	if err != nil || !slices.ContainsFunc(models, func(name string) bool { return name != model.Name }) {
		return "", err
	}
	return model.Name + gold.BISuffix, nil
}

// unstored is the plan of a check, which knows no store: everything that has a file is read.
func (in *inputs) unstored() *plan {
	pl := &plan{inputs: in, state: &gold.State{Now: time.Now()}}
	for _, i := range in.list {
		d := &decision{input: i, dataset: &i.contract.Dataset, measures: in.measures(&i.contract.Dataset)}
		pl.decisions = append(pl.decisions, d)
		d.joins, _ = pl.joinsOf(d)
	}
	pl.comparisons = pl.compareable()
	return pl
}

// name gives every dataset its version's id: from its files, or from the versions that it is derived from. One whose file
// is missing keeps what the current release has of it, and so does what is derived from such alone.
func (pl *plan) name(ctx context.Context) error {
	var problems []error
	for _, i := range pl.list {
		d := &decision{input: i, dataset: &i.contract.Dataset}
		pl.decisions = append(pl.decisions, d)
		before, reads := pl.before(d), pl.reads(d)
		isNew := func(d *decision) bool { return !d.kept }
		d.kept = before != nil && (i.absent != nil || len(reads) > 0 && !slices.ContainsFunc(reads, isNew))
		var err error
		switch {
		case i.absent != nil && i.reload:
			err = i.missingError("it is to be loaded again: write it, or leave it out of what is loaded again")
		case d.kept:
			d.dataset, d.id = &before.Dataset, before.ID
		case i.absent != nil:
			err = i.missingError("there is nothing to keep in its place, since the current release has no dataset " + i.name() + ": write the file")
		default:
			err = pl.identify(ctx, d)
		}
		if err == nil {
			d.joins, err = pl.joinsOf(d)
		}
		d.measures = pl.measures(d.dataset)
		if err != nil {
			problems = append(problems, err)
		}
	}
	return pl.withNames(ctx, joined(problems))
}

// identify gives a dataset its version's id and origin. Files whose token a version has, of the same shape, are not read.
func (pl *plan) identify(ctx context.Context, d *decision) error {
	key := pl.publisher.config.HMACKey
	var err error
	if d.shape, err = shapeOf(d.dataset, key); err != nil {
		return err
	}
	d.origin = gold.Origin{Format: storageFormat, Shape: sum(d.shape), Token: d.token, Dropped: d.dropped}
	if d.table != nil {
		d.origin.Details, d.origin.Vouched = d.table.Provenance(), d.table.Vouched()
	}
	if slices.ContainsFunc(d.dataset.Fields, func(f gold.Field) bool { return f.Mask == gold.MaskHMAC }) {
		d.origin.MaskKey = hmacKeyID(key)
	}
	if v := remembered(pl.state, d.input, d.origin.Shape); v != nil && d.files == "" {
		d.id, d.origin.Content = v.ID, v.Origin.Content
		return nil
	}
	if err := pl.remember(ctx, d); err != nil {
		return err
	}
	source, err := pl.source(ctx, d)
	d.id, d.origin.Content = identity(d.dataset, source, d.shape), sum(source)
	return err
}

// lookUp finds the versions that the store has. What is to be made is opened, if a version that was dropped remembered it.
func (pl *plan) lookUp(ctx context.Context) error {
	var problems []error
	for _, d := range pl.decisions {
		if d.known = pl.stored(d); d.known == nil && d.table != nil {
			if err := d.table.Open(ctx); err != nil {
				problems = append(problems, pl.withSQL(err, d.contract, d.table))
			}
		}
	}
	return joined(problems)
}

// stored returns the version of a dataset where the current release or a seal has it, with today's contract.
func (pl *plan) stored(d *decision) *gold.Version {
	if d.reload {
		return nil
	}
	candidates := pl.state.Sealed
	if v := pl.before(d); v != nil {
		// One that is no longer sealed was replaced by a reload that didn't come to its switch.
		if slices.ContainsFunc(pl.state.Sealed, func(s gold.Version) bool { return s.Location == v.Location }) {
			candidates = append([]gold.Version{*v}, candidates...)
		}
	}
	for i := range candidates {
		if v := candidates[i]; v.ID == d.id && v.Dataset.Name == d.name() {
			v.Dataset = *d.dataset
			return &v
		}
	}
	return nil
}
