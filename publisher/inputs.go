package publisher

import (
	"context"
	"errors"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// input is one dataset of a request with its file, opened unless a version remembers it. But for the fingerprint, which is taken
// once it is needed, it is never changed once it is open.
type input struct {
	contract *contract.Contract
	table    *lake.Table     // nil: derived, or its file is missing
	from     *input          // what it is derived from; nil: a file
	looked   []*input        // what it looks fields up in for that
	files    string          // the fingerprint of its file; empty: not needed yet
	token    string          // of its file; empty: its fingerprint must be taken
	absent   *gold.Error     // its file is missing, which Request.Partial allows
	dropped  map[string]bool // the fields that are dropped and that rules speak of, and whether the files have them
	fields   *gold.Dataset   // the fields to be read: those that are dropped too, where a rule speaks of them
	rules    []gold.Rule
	reload   bool // its version is loaded again, whatever the store has
}

func (i *input) name() string { return i.contract.Dataset.Name }

// reads returns what a derived dataset is computed from, its source first; none of a file.
func (i *input) reads() []*input {
	if i.from == nil {
		return nil
	}
	return append([]*input{i.from}, i.looked...)
}

// inputs are the datasets of a request, sources before what is derived from them.
type inputs struct {
	publisher *Publisher
	request   Request
	started   time.Time
	list      []*input
	marker    *lake.Marker // of the model's Ready; nil: none
	manifest  *lake.Marker // the lake's own manifest; nil: there is none, or the request has another
	build     *lake.Build  // that made the lake; nil: none did
	settled   time.Time    // when the lake last changed before it was found at rest; zero: nobody looked, or it does not tell
}

// open lists the lake's tables, and opens and checks those that no version of the store's state remembers, all where that is nil;
// every dataset's problems are reported together. What is opened is closed by close, after an error too.
func (p *Publisher) open(ctx context.Context, r Request, state *gold.State) (*inputs, error) {
	p.notify(Planning)
	in := &inputs{publisher: p, request: r, started: time.Now()}
	if r.Manifest == nil && !r.ManifestToCome {
		var err error
		if in.request.Manifest, in.manifest, err = r.Lake.Manifest(ctx); err != nil {
			return in, err
		}
	}
	if err := in.openBuild(ctx); err != nil {
		return in, err
	}
	r = in.request
	var problems []error
	byName := map[string]*input{}
	for _, c := range inOrder(r.Model) {
		i := &input{contract: c, fields: &c.Dataset, rules: c.Dataset.Rules, reload: slices.Contains(r.Reload, c.Dataset.Name)}
		in.list = append(in.list, i)
		byName[i.name()] = i
		if d := c.Dataset.Derive; d != nil {
			i.from = byName[d.From]
			for _, name := range d.Reads()[1:] {
				i.looked = append(i.looked, byName[name])
			}
			continue
		}
		err := in.openTable(ctx, i, state)
		if missing, ok := errors.AsType[*gold.Error](err); ok && missing.Code == gold.CodeSourceMissing {
			if i.absent, err = missing, nil; !r.Partial {
				err = i.missingError("correct its name or write it")
			}
		} else if err == nil {
			err = in.checkMask(&c.Dataset)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	if m := r.Manifest; m != nil {
		if err := m.Missing(ctx, r.Lake); err != nil {
			problems = append(problems, err)
		}
		// What else is wrong with files that are not the right ones is of no interest.
		if wrong := withCode(problems, gold.CodeIntegrityFailed); len(wrong) > 0 {
			return in, joined(wrong)
		}
	}
	if len(problems) == 0 && !slices.ContainsFunc(in.list, func(i *input) bool { return i.table != nil }) {
		problems = []error{in.list[0].missingError("nor has it any other file of model " + r.Model.Name + ": expected the folder of this model's files")}
	}
	return in, in.withNames(ctx, joined(problems))
}

// fingerprint returns that of an input's file, for which it is read once.
func (i *input) fingerprint(ctx context.Context) (string, error) {
	var err error
	if i.files == "" {
		i.files, err = i.table.Fingerprint(ctx)
	}
	return i.files, err
}

func (in *inputs) close() {
	for _, i := range in.list {
		if i.table != nil {
			if err := i.table.Close(); err != nil {
				in.publisher.config.Logger.Debug("close file", "file", i.table.File(), "error", err)
			}
		}
	}
}

// openTable finds a dataset's file, and opens it unless a version remembers it. The fields that are dropped before anything is
// stored are read only where the file has them, for the rules that speak of them; where it has not, such a rule does not apply.
func (in *inputs) openTable(ctx context.Context, i *input, state *gold.State) error {
	c := i.contract
	spec := specOf(c, in.request)
	for _, f := range c.Dropped {
		if slices.ContainsFunc(c.SourceRules, func(r gold.Rule) bool { return speaksOf(&r, f.Name) }) {
			spec.Optional = append(spec.Optional, f)
		}
	}
	table, err := in.request.Lake.Locate(ctx, spec)
	if err != nil {
		return err
	}
	if !in.request.Rehash {
		i.token = table.Token(time.Now())
	}
	shape, err := shapeOf(&c.Dataset, in.publisher.config.HMACKey)
	if err != nil {
		return err
	}
	v := remembered(state, i, sum(shape))
	verified := func() bool {
		return in.request.Manifest == nil || v.Origin.Vouched != "" && v.Origin.Vouched == table.Vouched()
	}
	if v == nil || i.reload || !v.Origin.Knows(spec.Optional) || !verified() {
		if err := table.Open(ctx); err != nil {
			return in.withSQL(err, c, table)
		}
		v, i.fields = nil, withScored(table.Dataset(), c)
	}
	i.table = table
	i.take(spec.Optional, v)
	return nil
}

// take takes the fields that are dropped from the table, where it is open, else from the version that remembers it, and the rules
// that apply then.
func (i *input) take(optional []gold.Field, v *gold.Version) {
	if v != nil {
		known := i.contract.Dataset
		known.Fields = slices.Clone(known.Fields)
		for _, f := range optional {
			if v.Origin.Dropped[f.Name] {
				known.Fields = append(known.Fields, f)
			}
		}
		i.fields = &known
	}
	if len(optional) > 0 {
		i.dropped = map[string]bool{}
	}
	for _, f := range optional {
		i.dropped[f.Name] = i.fields.Field(f.Name) != nil
	}
	for _, r := range i.contract.SourceRules {
		if !slices.ContainsFunc(optional, func(f gold.Field) bool { return speaksOf(&r, f.Name) && !i.dropped[f.Name] }) {
			i.rules = append(slices.Clip(i.rules), r)
		}
	}
}

// remembered returns a version of a state that was made of the same files, by their token, in the same way; nil: none is known.
func remembered(state *gold.State, i *input, shape string) *gold.Version {
	if state == nil || i.token == "" {
		return nil
	}
	made := func(v *gold.Version) bool {
		o := v.Origin
		return v.Dataset.Name == i.name() && o != nil && o.Token == i.token && o.Format == storageFormat && o.Shape == shape
	}
	if state.Current != nil {
		if v := state.Current.Version(i.name()); v != nil && made(v) {
			return v
		}
	}
	for k := range state.Sealed {
		if v := &state.Sealed[k]; made(v) {
			return v
		}
	}
	return nil
}

// specOf says which source a contract reads.
func specOf(c *contract.Contract, r Request) lake.Spec {
	return lake.Spec{Dataset: c.Dataset.Unscored(), Source: c.Source, Reading: c.Reading, NoSuccessFile: r.NoSuccessFile, Manifest: r.Manifest}
}

// unchanged returns Unavailable source_changed where the lake no longer has what was opened, in any of its sources. It reads
// no file: after the last row, it tells that all that was read was there at one time.
func (in *inputs) unchanged(ctx context.Context) error {
	if err := in.request.Lake.Look(ctx); err != nil {
		return err
	}
	for _, i := range in.list {
		switch {
		case i.table != nil:
			if err := i.table.Unchanged(ctx); err != nil {
				return err
			}
		case i.absent != nil:
			there, err := in.request.Lake.Holds(ctx, specOf(i.contract, in.request))
			if err == nil && there {
				err = &gold.Error{Kind: gold.Unavailable, Code: gold.CodeSourceChanged, Message: "a file of " + i.name() + " was added since the lake was opened: publish again once its writer is done"}
			}
			if err != nil {
				return err
			}
		}
	}
	for _, m := range []*lake.Marker{in.marker, in.manifest} {
		if m == nil {
			continue
		}
		if err := m.Unchanged(ctx); err != nil {
			return err
		}
	}
	if err := in.request.Lake.BuildUnchanged(ctx, in.build); err != nil {
		return err
	}
	return in.stillSettled(ctx)
}

// stillSettled returns Unavailable source_changed where a writer began anew after the lake was found at rest: it may have been at
// work between two sources when they were listed.
func (in *inputs) stillSettled(ctx context.Context) error {
	if in.settled.IsZero() {
		return nil
	}
	file, latest, err := latestOf(ctx, in.request)
	if err == nil && latest.After(in.settled) {
		err = &gold.Error{Kind: gold.Unavailable, Code: gold.CodeSourceChanged, Message: file + " changed since the lake was found at rest: publish again once its writer is done"}
	}
	return err
}

// latestOf returns which source changed last, and when, by the lake's last Look.
func latestOf(ctx context.Context, r Request) (file string, latest time.Time, err error) {
	for _, c := range inOrder(r.Model) {
		if c.Dataset.Derive != nil {
			continue
		}
		source, changed, err := r.Lake.Changed(ctx, specOf(c, r))
		if err != nil {
			return "", time.Time{}, err
		}
		if changed.After(latest) {
			file, latest = source, changed
		}
	}
	return file, latest, nil
}

// speaksOf reports whether a rule reads a field.
func speaksOf(r *gold.Rule, field string) bool {
	return r.Field == field || slices.Contains(r.Fields, field)
}

// checkMask refuses a field masked by HMAC without a key.
func (in *inputs) checkMask(d *gold.Dataset) error {
	if len(in.publisher.config.HMACKey) >= 32 {
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

// missingError returns the error of an input whose file is missing, with what to do.
func (i *input) missingError(advice string) error {
	problems := slices.Clone(i.absent.Problems)
	problems[0].Detail += "; " + advice
	return &gold.Error{Kind: gold.Invalid, Code: i.absent.Code, Message: problems[0].String(), Problems: problems}
}

// withNames adds what the lake has, once, to the message of an error that files are missing.
func (in *inputs) withNames(ctx context.Context, err error) error {
	e, ok := errors.AsType[*gold.Error](err)
	if !ok {
		return err
	}
	names, listErr := in.request.Lake.Names(ctx)
	missing := func(p gold.Problem) bool { // not a folder that is there, but empty
		return p.Code == gold.CodeSourceMissing && !slices.Contains(names, p.File)
	}
	switch {
	case listErr != nil || !slices.ContainsFunc(e.Problems, missing):
	case len(names) == 0:
		e.Message += "; the lake is empty"
	default:
		e.Message += "; the lake has " + gold.Listed(names)
	}
	return err
}

// inOrder returns the contracts so that what a derived dataset is computed from stands before it.
func inOrder(m *contract.Model) []*contract.Contract {
	var order []*contract.Contract
	placed := map[string]bool{}
	for len(order) < len(m.Contracts) {
		before := len(order)
		for i := range m.Contracts {
			c := &m.Contracts[i]
			waits := func(of string) bool { return !placed[of] }
			if d := c.Dataset.Derive; !placed[c.Dataset.Name] && (d == nil || !slices.ContainsFunc(d.Reads(), waits)) {
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
func (in *inputs) measures(d *gold.Dataset) []gold.Measure {
	measures := slices.DeleteFunc(d.Measures(), d.LooksUp) // what is looked up is no part of the version
	add := func(m gold.Measure) {
		if !slices.ContainsFunc(measures, func(have gold.Measure) bool { return have.String() == m.String() }) {
			measures = append(measures, m)
		}
	}
	if ref := in.request.Model.AsOf; ref.Dataset == d.Name && d.Field(ref.Field) != nil { // a kept contract may not have it
		add(gold.Measure{Func: gold.Min, Field: ref.Field})
		add(gold.Measure{Func: gold.Max, Field: ref.Field})
	}
	for i := range in.request.Model.Contracts {
		if other := in.request.Model.Contracts[i].Dataset.Derive; other != nil && other.From == d.Name && other.Histogram != nil {
			add(gold.Measure{Func: gold.Min, Field: other.Histogram.Field})
			add(gold.Measure{Func: gold.Max, Field: other.Histogram.Field})
		}
	}
	return measures
}

// asOf returns the release's as_of; version gives that of a dataset, nil where it is not known. False: only the time of
// publication can give it.
func (in *inputs) asOf(version func(dataset string) *gold.Version) (time.Time, bool) {
	if !in.request.AsOf.IsZero() {
		return in.request.AsOf, true
	}
	ref := in.request.Model.AsOf
	if v := version(ref.Dataset); v != nil {
		latest := v.Measures[gold.Measure{Func: gold.Max, Field: ref.Field}.String()]
		if latest.Kind() == gold.Date { // a day starts in the model's calendar
			latest = gold.NewTime(in.request.Model.Calendar.Zone().Start(latest.Int()))
		}
		return latest.Time(), !latest.IsNull()
	}
	return time.Time{}, false
}
