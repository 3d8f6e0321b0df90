package quality

import (
	"time"

	"goldserve/gold"
)

// Options say how rules are evaluated.
type Options struct {
	// Memory limits the bytes that one Checker holds for duplicateValues rules: 16 bytes per slot of a table that is
	// between half and three quarters full, and while it grows the old table too. 0 is no limit.
	Memory int64
	// CheckKey also counts duplicates of the dataset's key, for use without a store, which would refuse them. Without
	// it, a duplicateValues rule over fields that include the whole key finds none, and costs nothing.
	CheckKey bool
}

// Checker evaluates the rules of one dataset over its rows. It belongs to one goroutine: each worker has its own, and
// they are merged at the end.
type Checker struct {
	dataset string
	rules   []*rule
	budget  budget
}

// New returns a Checker of some rules of a dataset. For rules of dropped fields, d must be the dataset as it is read,
// including these fields. It returns Invalid contract_invalid if a rule is meaningless.
func New(d *gold.Dataset, rules []gold.Rule, o Options) (*Checker, error) {
	c := &Checker{dataset: d.Name, budget: budget{bound: o.Memory}}
	for _, r := range rules {
		compiled, err := newRule(d, r, o, &c.budget)
		if err != nil {
			return nil, gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "dataset %s: rule %s: %w", d.Name, r.ID, err)
		}
		c.rules = append(c.rules, compiled)
	}
	return c, nil
}

// OfRows reports whether what a rule of a dataset finds is the number of rows that fail it, each by itself, or nothing of
// rows at all: what holds for some rows and for others then holds for all of them. Without Options.CheckKey.
func OfRows(d *gold.Dataset, r gold.Rule) bool {
	switch r.Metric {
	case metricRowCount, metricNulls, metricMissing, metricInvalid:
		return true
	case metricDuplicates:
		return !d.Keyless() && holdsKey(append([]string{r.Field}, r.Fields...), d.Key)
	default:
		return false
	}
}

// Fields returns the names of the fields that Add needs in a batch, each once, in the order of the rules. If there are
// none, Add need not be called: Results needs only the number of rows.
func (c *Checker) Fields() []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range c.rules {
		for i := range r.fields {
			if name := r.fields[i].Name; !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Add evaluates the rows of a batch before masking. It finds its columns by the names in b.Fields, which may have
// others. first is the number of the batch's first row, for examples; 0: rows have no numbers. After Invalid
// memory_limit, the Checker must not be used.
func (c *Checker) Add(b *gold.Batch, first int64) error {
	if b.Rows == 0 {
		return nil
	}
	for _, r := range c.rules {
		if err := r.find(b); err != nil {
			return gold.Errorf(gold.Internal, gold.CodeInternal, "dataset %s: rule %s: %w", c.dataset, r.ID, err)
		}
		if !r.meter.add(r.columns, b.Rows, first) {
			return c.exceeded(r)
		}
	}
	return nil
}

// Merge adds the state of another Checker of the same dataset, rules and options. After Invalid memory_limit, the
// Checker must not be used.
func (c *Checker) Merge(other *Checker) error {
	if len(c.rules) != len(other.rules) {
		return gold.Errorf(gold.Internal, gold.CodeInternal, "dataset %s: checkers of different rules can't be merged", c.dataset)
	}
	for i, r := range c.rules {
		if !r.meter.merge(other.rules[i].meter) {
			return c.exceeded(r)
		}
	}
	return nil
}

func (c *Checker) exceeded(r *rule) error {
	return gold.Errorf(gold.Invalid, gold.CodeMemoryLimit,
		"dataset %s: rule %s: finding duplicates needs more than %d bytes of memory; leave the rule out, or let it take more",
		c.dataset, r.ID, c.budget.bound)
}

// Results returns the results of the rules, in their order, for a dataset with this number of rows. Freshness is
// measured at asOf.
func (c *Checker) Results(rows int64, asOf time.Time) []gold.RuleResult {
	results := make([]gold.RuleResult, len(c.rules))
	for i, r := range c.rules {
		results[i] = r.result(rows, asOf)
		results[i].Dataset = c.dataset
	}
	return results
}
