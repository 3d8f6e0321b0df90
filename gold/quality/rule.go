package quality

import (
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
)

// rule is one rule with its state.
type rule struct {
	gold.Rule
	passes  func(float64) bool
	fields  []gold.Field
	places  []int // of the fields in the last batch
	columns []*gold.Column
	meter   meter
}

// newRule compiles a rule.
func newRule(d *gold.Dataset, r gold.Rule, o Options, b *budget) (*rule, error) {
	passes, err := comparison(r.Operator, r.Values)
	if err != nil {
		return nil, err
	}
	compiled := &rule{Rule: r, passes: passes}
	names := r.Fields
	if r.Field != "" {
		names = []string{r.Field}
	}
	for _, name := range names {
		f := d.Field(name)
		if f == nil {
			return nil, fmt.Errorf("there is no field %q", name)
		}
		compiled.fields = append(compiled.fields, *f)
	}
	switch n := len(compiled.fields); {
	case r.Metric == metricRowCount && n > 0:
		return nil, fmt.Errorf("%s is of the dataset, not of a field", r.Metric)
	case r.Metric == metricDuplicates && n == 0:
		return nil, fmt.Errorf("%s needs a field", r.Metric)
	case r.Metric != metricRowCount && r.Metric != metricDuplicates && n != 1:
		return nil, fmt.Errorf("%s is of one field, not of %d", r.Metric, n)
	case r.Percent && (r.Metric == metricRowCount || r.Metric == metricFreshness):
		return nil, fmt.Errorf("%s has no percent", r.Metric)
	}
	if r.Metric == metricDuplicates && !o.CheckKey && !d.Keyless() && holdsKey(names, d.Key) {
		compiled.fields = nil
	}
	compiled.places = make([]int, len(compiled.fields))
	compiled.columns = make([]*gold.Column, len(compiled.fields))
	compiled.meter, err = newMeter(r, compiled.fields, b)
	return compiled, err
}

func newMeter(r gold.Rule, fields []gold.Field, b *budget) (meter, error) {
	switch r.Metric {
	case metricRowCount:
		return rowCount{}, nil
	case metricNulls:
		return newValues(&fields[0], true, nil), nil
	case metricMissing:
		j, err := newMissing(r, &fields[0])
		return newValues(&fields[0], true, j), err
	case metricInvalid:
		j, err := newInvalid(r, &fields[0])
		return newValues(&fields[0], false, j), err
	case metricDuplicates:
		return newDuplicates(fields, b), nil
	case metricFreshness:
		return newFreshness(&fields[0])
	default:
		return nil, fmt.Errorf("there is no metric %q", r.Metric)
	}
}

// holdsKey reports whether rows that agree in these fields agree in the key.
func holdsKey(names, key []string) bool {
	return len(key) > 0 && !slices.ContainsFunc(key, func(k string) bool { return !slices.Contains(names, k) })
}

// find takes the rule's columns out of a batch.
func (r *rule) find(b *gold.Batch) error {
	for i := range r.fields {
		f := &r.fields[i]
		if p := r.places[i]; p >= len(b.Fields) || b.Fields[p].Name != f.Name {
			r.places[i] = slices.IndexFunc(b.Fields, func(o gold.Field) bool { return o.Name == f.Name })
			if r.places[i] < 0 {
				r.places[i] = 0
				return fmt.Errorf("the batch has no column %s", f.Name)
			}
		}
		c := &b.Columns[r.places[i]]
		if c.Kind != f.Kind {
			return fmt.Errorf("the batch's column %s is %s, not %s", f.Name, c.Kind, f.Kind)
		}
		r.columns[i] = c
	}
	return nil
}

func (r *rule) result(rows int64, asOf time.Time) gold.RuleResult {
	read := r.meter.reading(rows, asOf)
	value := read.value
	if r.Percent {
		value = percent(read.failing, rows)
	}
	result := gold.RuleResult{
		Rule: r.ID, Severity: r.Severity, Passed: r.passes(value), Failing: read.failing, Examples: read.examples,
	}
	if !result.Passed && read.found != "" {
		result.Examples = []string{read.found}
	}
	return result
}

// rowCount needs no rows: Results gets their number.
type rowCount struct{}

func (rowCount) add([]*gold.Column, int, int64) bool { return true }

func (rowCount) merge(meter) bool { return true }

func (rowCount) reading(rows int64, _ time.Time) reading {
	return reading{value: float64(rows), found: "the dataset has " + count(rows, "row")}
}
