package publisher

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
)

// item is one dataset of a plan.
type item struct {
	contract *contract.Contract
	dataset  *gold.Dataset
	table    *lake.Table   // nil: derived
	source   *gold.Dataset // the fields to be read: those that are dropped too, where a rule speaks of them
	rules    []gold.Rule
	id       string
	measures []gold.Measure    // that its version must know
	version  *gold.Version     // nil: to be loaded
	rows     *gold.Batch       // of a derived dataset, once it is computed
	results  []gold.RuleResult // of its rules; nil: to be checked
	reload   bool              // its version is loaded again, whatever the store has
	checked  int64             // rows that were checked
	checker  *quality.Checker  // what became of them
}

// missing returns the measures that the item's version does not know yet.
func (i *item) missing() []gold.Measure {
	var missing []gold.Measure
	for _, m := range i.measures {
		if _, known := i.version.Measures[m.String()]; !known {
			missing = append(missing, m)
		}
	}
	return missing
}

// plan is what a publish would do. Making it only reads.
type plan struct {
	publisher *Publisher
	request   Request
	items     []*item // sources before what is derived from them
	state     *gold.State
	loaded    []string
	rows      int64
}

// plan opens the lake's tables, checks their schemas, names every version and compares with the store.
func (p *Publisher) plan(ctx context.Context, r Request) (*plan, error) {
	pl := &plan{publisher: p, request: r}
	if err := pl.open(ctx); err != nil {
		pl.close()
		return nil, err
	}
	if err := pl.observe(ctx); err != nil {
		pl.close()
		return nil, err
	}
	return pl, nil
}

// open makes the items; every dataset's problems are reported together.
func (pl *plan) open(ctx context.Context) error {
	var problems []error
	byName := map[string]*item{}
	for _, c := range inOrder(pl.request.Model) {
		it := &item{contract: c, dataset: &c.Dataset, source: &c.Dataset, rules: c.Dataset.Rules, measures: pl.measures(&c.Dataset)}
		it.reload = slices.Contains(pl.request.Reload, c.Dataset.Name)
		pl.items = append(pl.items, it)
		byName[c.Dataset.Name] = it
		if err := pl.checkMask(it.dataset); err != nil {
			problems = append(problems, err)
		}
		source := ""
		var err error
		if d := it.dataset.Derive; d != nil {
			source = byName[d.From].id
		} else if err = pl.openTable(ctx, it); err == nil {
			source, err = it.table.Fingerprint(ctx)
		}
		if err == nil {
			it.id, err = identity(it.dataset, source, pl.publisher.config.HMACKey)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return joined(problems)
}

// openTable opens a dataset's file. The fields that are dropped before anything is stored are read only where the file
// has them, for the rules that speak of them.
func (pl *plan) openTable(ctx context.Context, it *item) error {
	spec := lake.Spec{Dataset: *it.dataset, Source: it.contract.Source, NoSuccessFile: pl.request.NoSuccessFile}
	var err error
	if it.table, err = pl.request.Lake.Table(ctx, spec); err != nil {
		return err
	}
	absent := map[string]bool{}
	ignored := it.table.Ignored()
	spec.Dataset.Fields = slices.Clone(spec.Dataset.Fields)
	for _, f := range it.contract.Dropped {
		if slices.Contains(ignored, f.Name) {
			spec.Dataset.Fields = append(spec.Dataset.Fields, f)
		} else {
			absent[f.Name] = true
		}
	}
	for _, r := range it.contract.SourceRules {
		if !absent[r.Field] && !slices.ContainsFunc(r.Fields, func(name string) bool { return absent[name] }) {
			it.rules = append(slices.Clip(it.rules), r)
		}
	}
	if len(it.rules) == len(it.dataset.Rules) || len(spec.Dataset.Fields) == len(it.dataset.Fields) {
		return nil
	}
	it.source = &spec.Dataset
	if err := it.table.Close(); err != nil {
		return err
	}
	it.table, err = pl.request.Lake.Table(ctx, spec)
	return err
}

// joined makes one error of several: all problems of those that are Invalid, else the first.
func joined(errs []error) error {
	if len(errs) <= 1 {
		return errors.Join(errs...)
	}
	all := &gold.Error{Kind: gold.Invalid}
	for _, err := range errs {
		var e *gold.Error
		if !errors.As(err, &e) || e.Kind != gold.Invalid {
			return err
		}
		if all.Code == "" {
			all.Code = e.Code
		}
		if len(e.Problems) == 0 {
			e.Problems = []gold.Problem{{Code: e.Code, Detail: e.Message}}
		}
		all.Problems = append(all.Problems, e.Problems...)
	}
	all.Message = "the lake can't be published: " + gold.NewInt(int64(len(all.Problems))).String() + " problems"
	return all
}

// checkMask refuses a field masked by HMAC without a key.
func (pl *plan) checkMask(d *gold.Dataset) error {
	if len(pl.publisher.config.HMACKey) >= 32 {
		return nil
	}
	for _, f := range d.Fields {
		if f.Mask == gold.MaskHMAC {
			return gold.Errorf(gold.Invalid, gold.CodeContractInvalid,
				"%s.%s is masked by hmac, which needs a key of at least 32 bytes: give --hmac-key-file", d.Name, f.Name)
		}
	}
	return nil
}

// inOrder returns the contracts so that a source stands before what is derived from it.
func inOrder(m *contract.Model) []*contract.Contract {
	var order []*contract.Contract
	placed := map[string]bool{}
	for len(order) < len(m.Contracts) {
		before := len(order)
		for i := range m.Contracts {
			c := &m.Contracts[i]
			if d := c.Dataset.Derive; !placed[c.Dataset.Name] && (d == nil || placed[d.From]) {
				placed[c.Dataset.Name] = true
				order = append(order, c)
			}
		}
		if len(order) == before {
			return order // a cycle: the contracts' loader refuses it
		}
	}
	return order
}

// measures returns what a version of d must know: its metrics' measures, the range of the field that gives as_of, and that
// of the fields whose histograms are derived from it.
func (pl *plan) measures(d *gold.Dataset) []gold.Measure {
	measures := d.Measures()
	add := func(m gold.Measure) {
		if !slices.ContainsFunc(measures, func(have gold.Measure) bool { return have.String() == m.String() }) {
			measures = append(measures, m)
		}
	}
	if ref := pl.request.Model.AsOf; ref.Dataset == d.Name {
		add(gold.Measure{Func: gold.Min, Field: ref.Field})
		add(gold.Measure{Func: gold.Max, Field: ref.Field})
	}
	for i := range pl.request.Model.Contracts {
		if other := pl.request.Model.Contracts[i].Dataset.Derive; other != nil && other.From == d.Name && other.Histogram != nil {
			add(gold.Measure{Func: gold.Min, Field: other.Histogram.Field})
			add(gold.Measure{Func: gold.Max, Field: other.Histogram.Field})
		}
	}
	return measures
}

// observe reads the store's state and finds the versions that are there already.
func (pl *plan) observe(ctx context.Context) error {
	store := pl.publisher.config.Store
	state, err := store.State(ctx, pl.request.Model.Name)
	if err != nil {
		return err
	}
	pl.state = state
	if why := state.Taken[gold.ReleaseCollection]; why != "" {
		return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken, "%s, where people read which release they see, can't be written: it is %s; rename it, or give another store", gold.ReleaseCollection, why)
	}
	for _, it := range pl.items {
		it.version = pl.known(it)
		if it.results, err = pl.knownResults(it); err != nil {
			return err
		}
		if c := it.dataset.Collection; c != "" && state.Taken[c] != "" {
			return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken,
				"collection %s of dataset %s can't be written: it is %s; rename it, or give the contract another collection",
				c, it.dataset.Name, state.Taken[c])
		}
	}
	if err := pl.refuseBreaking(); err != nil {
		return err
	}
	if pl.request.Again || pl.sameRelease() {
		return nil
	}
	return pl.refuseWithdrawn(ctx)
}

// refuseBreaking refuses a field of the BI database that would change its type: saved questions would break.
func (pl *plan) refuseBreaking() error {
	if pl.state.Current == nil || pl.request.AllowBreaking {
		return nil
	}
	var problems []error
	for _, it := range pl.items {
		before := pl.state.Current.Version(it.dataset.Name)
		if before == nil || it.dataset.Collection == "" || before.Dataset.Collection != it.dataset.Collection {
			continue
		}
		for _, f := range it.dataset.Stored() {
			for _, old := range before.Dataset.Stored() {
				if old.Name == f.Name && old.Kind != f.Kind {
					problems = append(problems, gold.Invalidf(gold.Problem{Code: gold.CodeBreakingChange, Field: f.Name},
						"%s of collection %s would change from %s to %s, which breaks saved questions: rename the field, or publish with --allow-breaking",
						f.Name, it.dataset.Collection, old.Kind, f.Kind))
				}
			}
		}
	}
	return joined(problems)
}

// known returns the item's version where the current release or a seal has it, with today's contract.
func (pl *plan) known(it *item) *gold.Version {
	if it.reload {
		return nil
	}
	candidates := pl.state.Sealed
	if pl.state.Current != nil {
		v := pl.state.Current.Version(it.dataset.Name)
		// One that is no longer sealed was replaced by a reload that didn't come to its switch.
		if v != nil && slices.ContainsFunc(pl.state.Sealed, func(s gold.Version) bool { return s.Location == v.Location }) {
			candidates = append([]gold.Version{*v}, candidates...)
		}
	}
	for i := range candidates {
		if v := candidates[i]; v.ID == it.id && v.Dataset.Name == it.dataset.Name {
			v.Dataset = *it.dataset
			return &v
		}
	}
	return nil
}

// refuseWithdrawn refuses content that a rollback withdrew, so that a scheduled run doesn't undo the rollback.
func (pl *plan) refuseWithdrawn(ctx context.Context) error {
	releases, err := pl.publisher.config.Store.Releases(ctx, gold.ReleaseQuery{Model: pl.request.Model.Name})
	if err != nil {
		return err
	}
	for i := range releases {
		r := &releases[i]
		switch {
		case !pl.sameVersions(r):
		case !r.Withdrawn:
			return nil // the newest release with this content decides
		default:
			return gold.Errorf(gold.Invalid, gold.CodeReleaseWithdrawn,
				"this content is release %d's, which a rollback withdrew: publish other files, or the same ones with --again", r.Number)
		}
	}
	return nil
}

// sameVersions reports whether a release has exactly the plan's versions.
func (pl *plan) sameVersions(r *gold.Release) bool {
	if len(r.Versions) != len(pl.items) {
		return false
	}
	for _, it := range pl.items {
		if v := r.Version(it.dataset.Name); v == nil || v.ID != it.id {
			return false
		}
	}
	return true
}

// sameRelease reports whether the current release is what the plan would publish: versions, contracts, measures, as_of.
func (pl *plan) sameRelease() bool {
	current, model := pl.state.Current, pl.request.Model
	if current == nil || !pl.sameVersions(current) || current.Facts != model.Facts || !slices.Equal(current.KPIs, model.KPIs) {
		return false
	}
	for _, it := range pl.items {
		v := current.Version(it.dataset.Name)
		if it.version == nil || it.version.Location != v.Location || len((&item{version: v, measures: it.measures}).missing()) > 0 || !sameContract(&v.Dataset, it.dataset) || it.results == nil {
			return false
		}
	}
	asOf, known := pl.asOf()
	return !known || asOf.Equal(current.AsOf)
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

// asOf returns the release's as_of, and false where only the time of publication can give it.
func (pl *plan) asOf() (time.Time, bool) {
	if !pl.request.AsOf.IsZero() {
		return pl.request.AsOf, true
	}
	ref := pl.request.Model.AsOf
	for _, it := range pl.items {
		if it.dataset.Name == ref.Dataset && it.version != nil {
			v := it.version.Measures[gold.Measure{Func: gold.Max, Field: ref.Field}.String()]
			return v.Time(), !v.IsNull()
		}
	}
	return time.Time{}, false
}

// effectiveAsOf is asOf, else the time of publication by the store's clock.
func (pl *plan) effectiveAsOf() time.Time {
	if asOf, known := pl.asOf(); known {
		return asOf
	}
	return pl.state.Now
}

// done reports whether there is nothing to do.
func (pl *plan) done() bool { return pl.sameRelease() && len(pl.state.Stale) == 0 }

// report says what the plan did, or would do.
func (pl *plan) report(word Outcome, release *gold.Release, started time.Time) *Report {
	r := &Report{Outcome: word, Release: release, Rows: pl.rows, Loaded: pl.loaded, Duration: time.Since(started)}
	for _, it := range pl.items {
		switch {
		case slices.Contains(pl.loaded, it.dataset.Name):
		case it.version != nil:
			r.Reused = append(r.Reused, it.dataset.Name)
		default:
			r.Loaded = append(r.Loaded, it.dataset.Name)
		}
	}
	return r
}

func (pl *plan) close() {
	for _, it := range pl.items {
		if it.table != nil {
			if err := it.table.Close(); err != nil {
				pl.publisher.config.Logger.Debug("close file", "file", it.table.File(), "error", err)
			}
		}
	}
}
