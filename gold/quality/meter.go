package quality

import (
	"time"

	"goldserve/gold"
)

// meter measures one metric over rows. add and merge report false if the memory limit is exceeded.
type meter interface {
	// add adds the rows of a batch; columns are those of the rule's fields. first is the number of the first row, 0:
	// unknown.
	add(columns []*gold.Column, rows int, first int64) bool
	// merge adds the state of a meter of the same rule.
	merge(other meter) bool
	reading(rows int64, asOf time.Time) reading
}

// reading is the result of a meter.
type reading struct {
	value    float64 // what the operator compares, in rows or seconds
	failing  int64
	examples []string
	found    string // of a metric of the whole dataset: its example if the rule failed
}

// The metrics of gold.Rule.
const (
	metricRowCount   = "rowCount"
	metricNulls      = "nullValues"
	metricMissing    = "missingValues"
	metricInvalid    = "invalidValues"
	metricDuplicates = "duplicateValues"
	metricFreshness  = "freshness"
)

// isPersonal reports whether a field's values must not be shown.
func isPersonal(f *gold.Field) bool { return f.PII || f.Mask != gold.MaskNone }
