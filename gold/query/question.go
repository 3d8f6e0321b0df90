package query

import "goldserve/gold"

// What a period may be compared with: the period before, or the latest before that has rows.
const (
	PreviousPeriod  = "period"
	PreviousPresent = "present"
)

// RowsQuery asks for rows of a dataset.
type RowsQuery struct {
	Scope  *Scope
	Where  []gold.Predicate   // on the answer's rows
	Origin []gold.Predicate   // on the rows that the answer is computed from; nil: it is read as it is stored
	Growth *gold.DeriveGrowth // that the answer's rows are, other than the stored one; nil: as they are stored
	Sort   []gold.Sort
	Fields []string     // nil: all of the contract; they may be looked up
	After  []gold.Value // values of sort in the last row seen; nil: from the start
	Exact  bool         // the total is wanted, even if counting takes its own question
	Bare   bool         // only rows are wanted: no total, no hints
	Bound
}

// RowQuery asks for the one row with a key.
type RowQuery struct {
	RowsQuery
	Key string // as it was asked for
}

// AggregateQuery asks for groups of a dataset's rows with measures of each.
type AggregateQuery struct {
	Scope    *Scope
	Where    []gold.Predicate // on rows
	Groups   []gold.Group
	Measures []Measure
	Having   []gold.Predicate // on columns of the answer
	Sort     []gold.Sort      // of the answer's columns; the groups complete it
	After    []gold.Value     // the last group seen; nil: from the start
	Totals   bool
	Bare     bool   // only groups are wanted: no hints
	Compare  string // "previous", "year" or ""
	Previous string // what Compare is with: PreviousPeriod, PreviousPresent or ""

	Comparison *Comparison // resolved from Compare; nil: none
	Bound
}

// ValuesQuery asks for the values of a field with their numbers of rows, those of the most rows first.
type ValuesQuery struct {
	Scope *Scope
	Field *Column
	Where []gold.Predicate
	Text  string // that values contain, folded; "": all values
	Bound
}

// KPIQuery asks for the key figures of a model.
type KPIQuery struct {
	Catalog    *Catalog
	KPIs       []KPI
	Compare    string      // "previous", "year" or ""
	Comparison *Comparison // resolved from Compare; nil: none
	Describe   bool        // their labels, units and formats are wanted
}

// KPI is one key figure: a metric of a version, or why there is none.
type KPI struct {
	Name    string
	Version *gold.Version // nil: no dataset of the release has the metric
	Metric  *gold.Metric
	Scope   *Scope
	Where   []gold.Predicate
	Reason  string // why it is unavailable; "": it is available
}

// Measures returns the measures that the column is computed from.
func (f *Measure) Measures(d *gold.Dataset) []gold.Measure {
	if f.Metric != nil {
		return d.MeasuresOf(f.Metric)
	}
	return []gold.Measure{f.Measure}
}

// MixedUnits returns a measure of the figure that would be of amounts in different units, which a field holds; "" for none.
func (k *KPI) MixedUnits() (m gold.Measure, field string) {
	d := &k.Version.Dataset
	for _, m := range d.MeasuresOf(k.Metric) {
		if field := d.MixedUnits(m, nil, k.Where); field != "" {
			return m, field
		}
	}
	return gold.Measure{}, ""
}

// Measure is one column of an aggregate's answer that isn't a group: a measure, or a metric of the contract.
type Measure struct {
	Name    string
	Measure gold.Measure // of the store's answer; none of a computed metric
	Metric  *gold.Metric // nil: a measure
}
