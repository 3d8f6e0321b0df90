package publisher

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"goldserve/gold"
)

// decision says what a publish does about one dataset, and why. It is never changed once the plan is made.
type decision struct {
	*input
	action      Action
	why         []Why
	kept        bool          // it keeps the current release's version, contract and results
	dataset     *gold.Dataset // the contract that it is published with
	id          string        // of its version
	shape       string        // what of the contract shapes rows
	origin      gold.Origin   // of a version that is made
	measures    []gold.Measure
	known       *gold.Version     // that the store has; nil: to be made
	ruleResults []gold.RuleResult // of its rules, in the current release; nil: to be checked
}

// rows returns the number of the dataset's rows, and false where only deriving them will tell.
func (d *decision) rows() (int64, bool) {
	switch {
	case d.table != nil:
		return d.table.Rows(), true
	case d.known != nil:
		return d.known.Rows, true
	default:
		return 0, false
	}
}

// missing returns the measures that a version does not know yet.
func missing(v *gold.Version, measures []gold.Measure) []gold.Measure {
	var missing []gold.Measure
	for _, m := range measures {
		if _, known := v.Measures[m.String()]; !known {
			missing = append(missing, m)
		}
	}
	return missing
}

// plan is what a publish would do. Making it only reads, and it is never changed: a run holds what became of it.
type plan struct {
	*inputs
	state       *gold.State
	decisions   []*decision // sources before what is derived from them
	comparisons []*comparison
	why         []Why // of the release as a whole, besides its datasets
}

// plan reads the store's state and decides what to do with what the lake has.
func (p *Publisher) plan(ctx context.Context, in *inputs) (*plan, error) {
	state, err := p.config.Store.State(ctx, in.request.Model.Name)
	if err != nil {
		return nil, err
	}
	pl := &plan{inputs: in, state: state}
	if err := pl.name(ctx); err != nil {
		return nil, err
	}
	for _, d := range pl.decisions {
		d.known = pl.stored(d)
		if d.ruleResults, err = pl.knownResults(d); err != nil {
			return nil, err
		}
	}
	pl.comparisons = pl.compareable()
	for _, d := range pl.decisions {
		if d.action, d.why, err = pl.explain(ctx, d); err != nil {
			return nil, err
		}
	}
	pl.why = pl.explainRelease()
	return pl, pl.refuse(ctx)
}

// unstored is the plan of a check, which knows no store: everything that has a file is read.
func (in *inputs) unstored() *plan {
	pl := &plan{inputs: in, state: &gold.State{Now: time.Now()}}
	for _, i := range in.list {
		pl.decisions = append(pl.decisions, &decision{input: i, dataset: &i.contract.Dataset, measures: in.measures(&i.contract.Dataset)})
	}
	pl.comparisons = pl.compareable()
	return pl
}

// name gives every dataset its version's id: from its files, or from the version that it is derived from. One whose file
// is missing keeps what the current release has of it, and so does what is derived from it.
func (pl *plan) name(ctx context.Context) error {
	var problems []error
	byInput := map[*input]*decision{}
	for _, i := range pl.list {
		d := &decision{input: i, dataset: &i.contract.Dataset}
		pl.decisions = append(pl.decisions, d)
		byInput[i] = d
		before, from := pl.before(d), byInput[i.from]
		d.kept = before != nil && (i.absent != nil || from != nil && from.kept)
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
		d.measures = pl.measures(d.dataset)
		if err != nil {
			problems = append(problems, err)
		}
	}
	return joined(problems)
}

// identify gives a dataset its version's id and origin. Files whose token a version has, of the same shape, are not read.
func (pl *plan) identify(ctx context.Context, d *decision) error {
	key := pl.publisher.config.HMACKey
	var err error
	if d.shape, err = shapeOf(d.dataset, key); err != nil {
		return err
	}
	d.origin = gold.Origin{Format: storageFormat, Shape: sum(d.shape), Token: d.token}
	if slices.ContainsFunc(d.dataset.Fields, func(f gold.Field) bool { return f.Mask == gold.MaskHMAC }) {
		d.origin.MaskKey = hmacKeyID(key)
	}
	if v := pl.remembered(d); v != nil {
		d.id, d.origin.Content = v.ID, v.Origin.Content
		return nil
	}
	source, err := pl.source(ctx, d)
	d.id, d.origin.Content = identity(d.dataset, source, d.shape), sum(source)
	return err
}

// remembered returns a version that was made of the same files, by their token, in the same way; nil: none is known.
func (pl *plan) remembered(d *decision) *gold.Version {
	made := func(v *gold.Version) bool {
		o := v.Origin
		return v.Dataset.Name == d.name() && o != nil && o.Token == d.token && o.Format == d.origin.Format && o.Shape == d.origin.Shape
	}
	if d.token == "" || d.files != "" {
		return nil
	}
	if v := pl.before(d); v != nil && made(v) {
		return v
	}
	for i := range pl.state.Sealed {
		if v := &pl.state.Sealed[i]; made(v) {
			return v
		}
	}
	return nil
}

// source names what a dataset's rows come from: its files, or the version that it is derived from, which is all that it
// reads.
func (pl *plan) source(ctx context.Context, d *decision) (string, error) {
	if d.from != nil {
		return pl.decision(d.from.name()).id, nil
	}
	return d.fingerprint(ctx)
}

// decision returns that of a dataset, or nil.
func (pl *plan) decision(dataset string) *decision {
	for _, d := range pl.decisions {
		if d.name() == dataset {
			return d
		}
	}
	return nil
}

// before returns the current release's version of a dataset, or nil.
func (pl *plan) before(d *decision) *gold.Version {
	if pl.state.Current == nil {
		return nil
	}
	return pl.state.Current.Version(d.name())
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

// sameVersions reports whether a release has exactly the plan's versions.
func (pl *plan) sameVersions(r *gold.Release) bool {
	if len(r.Versions) != len(pl.decisions) {
		return false
	}
	for _, d := range pl.decisions {
		if v := r.Version(d.name()); v == nil || v.ID != d.id {
			return false
		}
	}
	return true
}

// sameRelease reports whether the current release is what the plan would publish.
func (pl *plan) sameRelease() bool {
	return len(pl.why) == 0 && !slices.ContainsFunc(pl.decisions, func(d *decision) bool {
		return slices.ContainsFunc(d.why, func(w Why) bool { return w.Reason.changes() })
	})
}

// done reports whether there is nothing to do.
func (pl *plan) done() bool { return pl.sameRelease() && len(pl.state.Stale) == 0 }

// integrity says whether the files of the release are those of a manifest. What is kept without a file is so where the
// current release is.
func (pl *plan) integrity() string {
	kept := slices.ContainsFunc(pl.decisions, func(d *decision) bool { return d.kept && d.from == nil })
	if pl.request.Manifest == nil || kept && (pl.state.Current == nil || pl.state.Current.Integrity != gold.Verified) {
		return gold.Unverified
	}
	return gold.Verified
}

// sameContract compares contracts as the store keeps them: absent and empty are the same.
func sameContract(a, b *gold.Dataset) bool {
	kept, err := json.Marshal(b)
	if err != nil {
		return false
	}
	var c gold.Dataset
	if json.Unmarshal(kept, &c) != nil {
		return false
	}
	return reflect.DeepEqual(a, &c)
}

// knownVersion returns the version of a dataset as far as the plan knows it.
func (pl *plan) knownVersion(dataset string) *gold.Version {
	if d := pl.decision(dataset); d != nil {
		return d.known
	}
	return nil
}

// report says what the plan would do.
func (pl *plan) report(outcome Outcome, release *gold.Release) *Report {
	r := &Report{Outcome: outcome, Release: release, Duration: time.Since(pl.started)}
	if pl.request.DryRun {
		r.Plan = pl.exported()
	}
	for _, d := range pl.decisions {
		switch d.action {
		case Keep:
			r.Kept = append(r.Kept, d.name())
		case Reuse:
			r.Reused = append(r.Reused, d.name())
		case Load, Derive:
			r.Loaded = append(r.Loaded, d.name())
		}
	}
	return r
}
