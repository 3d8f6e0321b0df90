package measure

import "goldserve/gold"

// Totals computes measures of all rows of a dataset: the unfiltered ones that a version records.
type Totals struct {
	groups *Groups
}

// NewTotals returns totals over rows with these fields. memory limits the memory, in estimated bytes; 0 is no limit.
// Errors are those of CheckMeasure.
func NewTotals(fields []gold.Field, measures []gold.Measure, memory int64) (*Totals, error) {
	groups, err := NewGroups(fields, nil, measures, memory)
	if err != nil {
		return nil, err
	}
	return &Totals{groups}, nil
}

// Add adds every row of a batch. Invalid memory_limit if the limit is exceeded; the totals must not be used afterwards.
func (t *Totals) Add(b *gold.Batch) error { return t.groups.Add(b) }

// Merge adds other totals of the same fields and measures, which are unchanged. Invalid memory_limit as in Add.
func (t *Totals) Merge(other *Totals) error { return t.groups.Merge(other.groups) }

// Values returns the measures by their canonical text. Invalid integer_overflow: see Accumulator.Value.
func (t *Totals) Values() (map[string]gold.Value, error) {
	values := make(map[string]gold.Value, len(t.groups.measures))
	for _, m := range t.groups.measures {
		v, err := m.Value(0)
		if err != nil {
			return nil, err
		}
		if v.Kind() == gold.WideDecimal && m.StoredKind(m.field.Kind) == gold.Decimal {
			if n, ok := v.Int128().Int64(); ok {
				v = gold.NewDecimal(n) // as releases have always recorded it
			}
		}
		values[m.String()] = v
	}
	return values, nil
}
