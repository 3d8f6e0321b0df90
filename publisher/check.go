package publisher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
)

// checking evaluates a dataset's rules, before masking, with one checker for each worker.
type checking struct {
	it      *job
	workers []*quality.Checker
	rows    []int64
}

func (r *run) newChecking(it *job, rules []gold.Rule, o quality.Options) (*checking, error) {
	o.Memory = r.config.Memory
	c := &checking{it: it, workers: make([]*quality.Checker, r.workers()), rows: make([]int64, r.workers())}
	for i := range c.workers {
		var err error
		if c.workers[i], err = quality.New(it.fields, rules, o); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// columns are those that the rules speak of, and those that are warned of without one: whose folders say otherwise, and whose
// casts make null what doesn't fit.
func (c *checking) columns() []string {
	names := c.workers[0].Fields()
	if c.it.table == nil {
		return names
	}
	for _, name := range slices.Concat(c.it.table.Overruled(), c.it.table.Lenient()) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (c *checking) add(worker int, b *gold.Batch, first int64) error {
	c.rows[worker] += int64(b.Rows)
	return c.workers[worker].Add(b, first)
}

// merged merges what the workers saw, of so many rows.
func (c *checking) merged() (checker *quality.Checker, rows int64, err error) {
	for i, w := range c.workers {
		rows += c.rows[i]
		if i > 0 {
			err = errors.Join(err, c.workers[0].Merge(w))
		}
	}
	return c.workers[0], rows, err
}

// finish keeps what the workers saw.
func (c *checking) finish() (err error) {
	c.it.checker, c.it.checked, err = c.merged()
	return err
}

// finishRules completes the results of all rules once as_of is known, and refuses the release where a rule of severity error
// failed; warnings are logged.
func (r *run) finishRules() error {
	asOf := r.effectiveAsOf()
	var refusals []error
	for _, it := range r.jobs {
		if it.results == nil {
			it.results = it.judged(asOf)
		}
		if err := it.refusal(); err != nil {
			refusals = append(refusals, err)
		}
		r.judged.add(it)
		r.quality = append(r.quality, it.results...)
	}
	results, refused := r.rollupResults()
	r.quality = append(r.quality, results...)
	r.config.warn(r.quality)
	return joined(append(refusals, refused...))
}

// warn logs the results of rules of severity warning that failed.
func (c *Config) warn(results []gold.RuleResult) {
	for _, q := range results {
		if !q.Passed && q.Severity == gold.SeverityWarning {
			c.Logger.Warn("rule broken", "dataset", q.Dataset, "rule", q.Rule, "rows", q.Failing, "examples", q.Examples)
		}
	}
}

// judged returns the results of a dataset whose rows were checked: warnings about its files, then its rules.
func (i *job) judged(asOf time.Time) []gold.RuleResult {
	return slices.Concat(i.otherFiles(), i.overruledResults(), i.coercedResults(), i.ruleResultsAt(asOf))
}

// ruleResultsAt returns the results of the dataset's rules, in their order: those that all rows were read for, and those that
// needed the appended ones alone.
func (i *job) ruleResultsAt(asOf time.Time) []gold.RuleResult {
	results := i.checker.Results(i.checked, asOf)
	if i.added == nil {
		return results
	}
	added := i.added.Results(i.checked, asOf)
	merged := make([]gold.RuleResult, 0, len(i.rules))
	for n := range i.rules {
		from := &results
		if i.appends.rules[n] {
			from = &added
		}
		merged, *from = append(merged, (*from)[0]), (*from)[1:]
	}
	return merged
}

// overruledResults returns a warning for each field whose values the names of folders give, and the files in them
// otherwise.
func (i *job) overruledResults() []gold.RuleResult {
	var results []gold.RuleResult
	for _, f := range i.dataset.Fields {
		r := gold.RuleResult{Dataset: i.dataset.Name, Rule: f.Name + "_folder", Severity: gold.SeverityWarning}
		for _, o := range i.overruled {
			if o.Field != f.Name {
				continue
			}
			if r.Failing += o.Rows; len(r.Examples) < maxFiles {
				r.Examples = append(r.Examples, fmt.Sprintf("the file %s has another %s than the name of its folder, which counts", o.File, f.Column()))
			}
		}
		if r.Failing > 0 {
			results = append(results, r)
		}
	}
	return results
}

// coercedResults returns a warning for each field of which some values did not fit its cast and became null.
func (i *job) coercedResults() []gold.RuleResult {
	var results []gold.RuleResult
	for _, c := range i.coerced {
		r := gold.RuleResult{Dataset: i.dataset.Name, Rule: c.Field + "_cast", Severity: gold.SeverityWarning, Failing: c.Rows}
		for _, e := range c.Examples {
			text := fmt.Sprintf("%s row %d", e.File, e.Row)
			if e.Text != "" {
				text += ": " + e.Text
			}
			r.Examples = append(r.Examples, text+" became null")
		}
		results = append(results, r)
	}
	return results
}

// blocked reports whether a rule of severity error failed, once the rows were read. These rules need no as_of, which
// may not be known yet: freshness, which does, is always a warning.
func (i *job) blocked() bool {
	return quality.Blocked(i.ruleResultsAt(time.Time{}))
}

// refusal returns the error of rules of severity error that failed, or nil.
func (i *job) refusal() error { return i.refusalOf(i.results) }

func (i *job) refusalOf(results []gold.RuleResult) error {
	if !quality.Blocked(results) {
		return nil
	}
	file := ""
	if i.table != nil {
		file = i.table.File()
	}
	return quality.Refusal(i.dataset.Name, file, results)
}

// rollupResults returns the results of all rollups that were compared, which come after those of the datasets' own rows,
// and the refusals of those that are strict.
func (r *run) rollupResults() (results []gold.RuleResult, refusals []error) {
	for _, c := range r.rollups {
		if c.result == nil {
			continue
		}
		results = append(results, *c.result)
		if err := c.item.refusalOf(results[len(results)-1:]); err != nil {
			refusals = append(refusals, err)
		}
	}
	return results, refusals
}

// Checked says what the files of a lake are worth.
type Checked struct {
	Rows    map[string]int64  // by dataset, of those that could be read
	Judged  Judged            // the same datasets
	Results []gold.RuleResult // as a publish has them, and the keys that rows share
}

// Check holds a lake's files against their contracts without any store: schemas, values, keys and rules, those of
// derived datasets too, which it computes in memory. Invalid where a publish would be refused; the report comes with
// that error too, once the files could be opened. With Partial, datasets without a file are left out.
func (p *Publisher) Check(ctx context.Context, request Request) (*Checked, error) {
	in, err := p.open(ctx, request, nil)
	defer in.close()
	if err != nil {
		return nil, err
	}
	r := newRun(in.unstored())
	var refusals []error
	done := map[*input]bool{}
	for _, it := range r.jobs {
		missing := func(of *input) bool { return !done[of] }
		if it.absent != nil || slices.ContainsFunc(it.reads(), missing) {
			continue
		}
		if err := r.checkItem(ctx, it); err != nil {
			refusals = append(refusals, err)
			continue
		}
		done[it.input] = true
	}
	if err := r.compareRollups(ctx, func(it *job) bool { return done[it.input] }); err != nil {
		refusals = append(refusals, err)
	}
	report := &Checked{Rows: map[string]int64{}}
	asOf := r.effectiveAsOf()
	for _, it := range r.jobs {
		if !done[it.input] {
			continue
		}
		report.Judged.add(it)
		report.Rows[it.name()] = it.checked
		it.results = it.judged(asOf)
		report.Results = append(report.Results, withoutSoundKey(it)...)
		if err := it.refusal(); err != nil {
			refusals = append(refusals, err)
		}
	}
	results, refused := r.rollupResults()
	report.Results = append(report.Results, results...)
	if err := in.unchanged(ctx); err != nil {
		return report, err
	}
	return report, joined(append(refusals, refused...))
}

// Manifest describes the lake's files that the model's datasets read, by path: what a later publish can be held to. Their
// footers are checked against the contracts. With Partial, datasets without a file are left out.
func (p *Publisher) Manifest(ctx context.Context, r Request) (*lake.Manifest, error) {
	r.Manifest, r.ManifestToCome = nil, true
	in, err := p.open(ctx, r, nil)
	defer in.close()
	if err != nil {
		return nil, err
	}
	m := &lake.Manifest{Files: []lake.ManifestFile{}}
	for _, i := range in.list {
		if i.table == nil {
			continue
		}
		files, err := i.table.Manifest(ctx)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, files...)
	}
	slices.SortFunc(m.Files, func(a, b lake.ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	m.Files = slices.CompactFunc(m.Files, func(a, b lake.ManifestFile) bool { return a.Path == b.Path }) // two datasets may read one
	return m, in.unchanged(ctx)
}

// everyValue makes every value of a dataset be read, so that one that its field can't hold is found.
type everyValue struct{ dataset *gold.Dataset }

func (v everyValue) columns() []string { return v.dataset.FieldNames() }

func (v everyValue) add(int, *gold.Batch, int64) error { return nil }

// keyRule is the rule of a check, after those of the contract, that no two rows have the same key. In a publish the store sees
// to that.
const keyRule = "key"

func (i *job) hasKeyRule() bool { return i.table != nil && !i.dataset.Keyless() }

// withoutSoundKey returns the results of a checked dataset without that of a key which no two rows share, as a publish has them.
func withoutSoundKey(it *job) []gold.RuleResult {
	if last := len(it.results) - 1; it.hasKeyRule() && it.results[last].Passed {
		return it.results[:last]
	}
	return it.results
}

// checkItem streams one dataset to its rules, its measures and what is derived from it, as a load would.
func (r *run) checkItem(ctx context.Context, it *job) error {
	if err := r.deriveLookingUp(ctx, it); err != nil {
		return err
	}
	derivers, err := r.derivers(it)
	if err != nil {
		return err
	}
	rules := it.rules
	if it.hasKeyRule() {
		rules = append(slices.Clip(rules), gold.Rule{
			ID: keyRule, Metric: "duplicateValues", Fields: it.dataset.Key, Operator: "mustBe", Values: []float64{0},
		})
	}
	c, err := r.newChecking(it, rules, quality.Options{CheckKey: true})
	if err != nil {
		return err
	}
	t, err := r.newTotals(it, it.measures)
	if err != nil {
		return err
	}
	g := r.progressOf(it, Reading)
	consumers := append(consumersOf(derivers), c, t, g, everyValue{it.dataset})
	consumers = append(consumers, r.rollupsOf(it)...)
	if err := r.stream(ctx, it, consumers...); err != nil {
		return err
	}
	if err := c.finish(); err != nil {
		return err
	}
	if it.version, err = t.version(it); err != nil {
		return err
	}
	g.report(Done)
	err = r.finish(ctx, it, derivers)
	if !r.rereads(it) {
		it.rows = nil // what is derived from them is computed
	}
	return err
}
