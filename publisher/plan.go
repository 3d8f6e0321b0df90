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
	contract  *contract.Contract
	dataset   *gold.Dataset
	table     *lake.Table   // nil: derived, or its file is missing
	from      *item         // what it is derived from; nil: a file
	files     string        // the fingerprint of its file
	absent    *gold.Error   // its file is missing, which Request.Partial allows
	kept      bool          // it keeps the current release's version, contract and results
	source    *gold.Dataset // the fields to be read: those that are dropped too, where a rule speaks of them
	rules     []gold.Rule
	id        string
	measures  []gold.Measure    // that its version must know
	version   *gold.Version     // nil: to be loaded
	rows      *gold.Batch       // of a derived dataset, once it is computed
	results   []gold.RuleResult // of its rules; nil: to be checked
	overruled []lake.Overruled  // columns of files whose folder says otherwise
	reload    bool              // its version is loaded again, whatever the store has
	checked   int64             // rows that were checked
	checker   *quality.Checker  // what became of them
}

// count returns the number of the item's rows, and false where it is not known yet.
func (i *item) count() (int64, bool) {
	switch {
	case i.table != nil:
		return i.table.Rows(), true
	case i.rows != nil:
		return int64(i.rows.Rows), true
	case i.version != nil:
		return i.version.Rows, true
	default:
		return 0, false
	}
}

// stored reports whether the store has the item's version; otherwise it was only checked, or there is none yet.
func (i *item) stored() bool { return i.version != nil && i.version.Location != "" }

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
	started   time.Time
	items     []*item // sources before what is derived from them
	rollups   []*rollup
	state     *gold.State
	loaded    []string
	rows      int64
	blocked   bool              // a rule of severity error failed: there will be no release
	quality   []gold.RuleResult // once all rules are evaluated
}

// plan opens the lake's tables, checks their schemas, names every version and compares with the store.
func (p *Publisher) plan(ctx context.Context, r Request) (*plan, error) {
	p.say(Planning)
	pl := &plan{publisher: p, request: r, started: time.Now()}
	err := pl.open(ctx)
	if err == nil {
		err = pl.fingerprint(ctx)
	}
	if err == nil {
		err = pl.observe(ctx)
	}
	if err != nil {
		pl.close()
		return nil, err
	}
	for _, it := range pl.items {
		if it.absent != nil {
			p.config.Logger.Warn("file missing: its dataset keeps what is served", "dataset", it.dataset.Name, "problem", it.absent.Message)
		}
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
		if d := it.dataset.Derive; d != nil {
			it.from = byName[d.From]
			continue
		}
		err := pl.openTable(ctx, it)
		if missing, ok := errors.AsType[*gold.Error](err); ok && missing.Code == gold.CodeSourceMissing {
			if it.absent, err = missing, nil; !pl.request.Partial {
				err = pl.without(it, "correct its name or write it")
			}
		} else if err == nil {
			err = pl.checkMask(it.dataset)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	if m := pl.request.Manifest; m != nil {
		if err := m.Missing(ctx, pl.request.Lake); err != nil {
			problems = append(problems, err)
		}
		// What else is wrong with files that are not the right ones is of no interest.
		if wrong := withCode(problems, gold.CodeIntegrityFailed); len(wrong) > 0 {
			return joined(wrong)
		}
	}
	if len(problems) == 0 && !slices.ContainsFunc(pl.items, func(it *item) bool { return it.table != nil }) {
		return pl.without(pl.items[0], "nor has it any other file of model "+pl.request.Model.Name+": expected the folder of this model's files")
	}
	return joined(problems)
}

// withCode returns the errors that have a code.
func withCode(errs []error, code string) []error {
	return slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return gold.CodeOf(err) != code })
}

// without returns the error of an item whose file is missing, with what to do.
func (pl *plan) without(it *item, advice string) error {
	problems := slices.Clone(it.absent.Problems)
	problems[0].Detail += "; " + advice
	return &gold.Error{Kind: gold.Invalid, Code: it.absent.Code, Message: problems[0].String(), Problems: problems}
}

// fingerprint hashes the files.
func (pl *plan) fingerprint(ctx context.Context) error {
	for _, it := range pl.items {
		if it.table == nil {
			continue
		}
		var err error
		if it.files, err = it.table.Fingerprint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// name gives every item its version's id: from its files, or from the version that it is derived from. An item whose
// file is missing keeps what the current release has of it, and so does what is derived from it.
func (pl *plan) name() error {
	var problems []error
	for _, it := range pl.items {
		it.dataset = &it.contract.Dataset
		before := pl.before(it)
		it.kept = before != nil && (it.absent != nil || it.from != nil && it.from.kept)
		source := it.files
		if it.from != nil {
			source = it.from.id
		}
		var err error
		switch {
		case it.absent != nil && it.reload:
			err = pl.without(it, "it is to be loaded again: write it, or leave it out of what is loaded again")
		case it.kept:
			it.dataset, it.id = &before.Dataset, before.ID
		case it.absent != nil:
			err = pl.without(it, "there is nothing to keep in its place, since the current release has no dataset "+it.dataset.Name+": write the file")
		default:
			it.id, err = identity(it.dataset, source, pl.publisher.config.HMACKey)
		}
		it.measures = pl.measures(it.dataset)
		if err != nil {
			problems = append(problems, err)
		}
	}
	return joined(problems)
}

// before returns the current release's version of an item, or nil.
func (pl *plan) before(it *item) *gold.Version {
	if pl.state == nil || pl.state.Current == nil {
		return nil
	}
	return pl.state.Current.Version(it.contract.Dataset.Name)
}

// openTable opens a dataset's file. The fields that are dropped before anything is stored are read only where the file
// has them, for the rules that speak of them.
func (pl *plan) openTable(ctx context.Context, it *item) error {
	spec := lake.Spec{Dataset: *it.dataset, Source: it.contract.Source, NoSuccessFile: pl.request.NoSuccessFile, Manifest: pl.request.Manifest}
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
				"%s.%s is masked by hmac, which needs a key of at least 32 bytes", d.Name, f.Name)
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
	if ref := pl.request.Model.AsOf; ref.Dataset == d.Name && d.Field(ref.Field) != nil { // a kept contract may not have it
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
	if err := pl.name(); err != nil {
		return err
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
	pl.findRollups()
	if err := pl.refuseBreaking(); err != nil {
		return err
	}
	if pl.sameRelease() {
		return nil
	}
	if !pl.request.Again {
		if err := pl.refuseWithdrawn(ctx); err != nil {
			return err
		}
	}
	return pl.refuseShrunk()
}

// refuseShrunk refuses datasets that lose many rows, as far as their number is known before anything is loaded. What is
// derived from one of them is not named.
func (pl *plan) refuseShrunk() error {
	var problems []error
	named := map[*item]bool{}
	for _, it := range pl.items {
		rows, known := it.count()
		if named[it.from] {
			named[it] = true
		} else if err := pl.shrunk(it, rows); known && err != nil {
			named[it] = true
			problems = append(problems, err)
		}
	}
	return joined(problems)
}

// shrunk refuses a dataset that would lose at least half of the rows that are served, or all: more often a lake that is
// half written than the truth.
func (pl *plan) shrunk(it *item, rows int64) error {
	before := pl.before(it)
	if pl.request.AllowShrink || before == nil || before.Rows == 0 || before.Rows-rows < rows {
		return nil
	}
	p := gold.Problem{Code: gold.CodeDatasetShrank}
	if it.table != nil {
		p.File = it.table.File()
	}
	return gold.Invalidf(p, "dataset %s would shrink from %d rows to %d: correct the lake, or allow it if that is meant",
		it.dataset.Name, before.Rows, rows)
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
		for _, c := range it.dataset.Breaking(before.Dataset.Shown()) {
			problems = append(problems, gold.Invalidf(gold.Problem{Code: gold.CodeBreakingChange, Field: c.Field},
				"%s of collection %s would change from %s to %s, which breaks saved questions: rename the field, or allow the change",
				c.Field, it.dataset.Collection, c.From, c.To))
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
				"this content is release %d's, which a rollback withdrew: publish other files", r.Number)
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
	if slices.ContainsFunc(pl.rollups, func(r *rollup) bool { return r.result == nil }) {
		return false
	}
	if current.Integrity != gold.Verified && pl.integrity() == gold.Verified {
		return false // the same rows, of which more is known now
	}
	asOf, known := pl.asOf()
	return !known || asOf.Equal(current.AsOf)
}

// integrity says whether the files of the release are those of a manifest. What is kept without a file is so where the
// current release is.
func (pl *plan) integrity() string {
	kept := slices.ContainsFunc(pl.items, func(it *item) bool { return it.kept && it.from == nil })
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
func (pl *plan) report(word Outcome, release *gold.Release) *Report {
	r := &Report{Outcome: word, Release: release, Rows: pl.rows, Loaded: pl.loaded, Quality: pl.quality, Duration: time.Since(pl.started)}
	for _, it := range pl.items {
		switch {
		case it.kept:
			r.Kept = append(r.Kept, it.dataset.Name)
		case slices.Contains(pl.loaded, it.dataset.Name):
		case it.stored():
			r.Reused = append(r.Reused, it.dataset.Name)
		case it.version == nil:
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
