package publisher

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// rulesID names rules by what they say, so that a version is checked again where they changed.
func rulesID(rules []gold.Rule) (string, error) {
	text, err := json.Marshal(rules)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// knownResults returns the results of the item's rules where the current release checked the same rows by the same
// rules; nil where they must be checked.
func (pl *plan) knownResults(it *item) ([]gold.RuleResult, error) {
	if pl.state.Current == nil {
		return nil, nil
	}
	id, err := rulesID(it.rules)
	if err != nil {
		return nil, err
	}
	v := pl.state.Current.Version(it.dataset.Name)
	if v == nil || v.ID != it.id || v.Checked != id {
		return nil, nil
	}
	results := []gold.RuleResult{}
	for _, r := range pl.state.Current.Quality {
		if r.Dataset == it.dataset.Name {
			results = append(results, r)
		}
	}
	return results, nil
}

// checking evaluates a dataset's rules, before masking, with one checker for each worker.
type checking struct {
	it      *item
	workers []*quality.Checker
	rows    []int64
}

func (p *Publisher) newChecking(it *item) (*checking, error) {
	c := &checking{it: it, workers: make([]*quality.Checker, p.workers()), rows: make([]int64, p.workers())}
	for i := range c.workers {
		var err error
		if c.workers[i], err = quality.New(it.source, it.rules, quality.Options{Memory: p.config.Memory}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *checking) add(worker int, b *gold.Batch, first int64) error {
	c.rows[worker] += int64(b.Rows)
	return c.workers[worker].Add(b, first)
}

// finish merges what the workers saw.
func (c *checking) finish() error {
	c.it.checker = c.workers[0]
	for i, w := range c.workers {
		c.it.checked += c.rows[i]
		if i > 0 {
			if err := c.it.checker.Merge(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge completes the results of all rules once as_of is known, and refuses the release where a rule of severity error
// failed; warnings are logged.
func (p *Publisher) judge(pl *plan) error {
	asOf, known := pl.asOf()
	if !known {
		asOf = time.Now()
	}
	var refusals []error
	for _, it := range pl.items {
		if it.results == nil {
			it.results = append([]gold.RuleResult{}, it.checker.Results(it.checked, asOf)...)
		}
		file := ""
		if it.table != nil {
			file = it.table.File()
		}
		if quality.Blocked(it.results) {
			refusals = append(refusals, quality.Refusal(it.dataset.Name, file, it.results))
		}
		for _, r := range it.results {
			if !r.Passed && r.Severity == gold.SeverityWarning {
				p.config.Logger.Warn("rule not kept", "dataset", r.Dataset, "rule", r.Rule, "rows", r.Failing, "examples", r.Examples)
			}
		}
	}
	return joined(refusals)
}
