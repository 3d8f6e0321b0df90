package quality

import (
	"fmt"
	"math"
	"time"

	"goldserve/gold"
)

// freshness finds the newest value of a Date or Time.
type freshness struct {
	field  gold.Field
	seen   bool
	newest int64
}

func newFreshness(f *gold.Field) (meter, error) {
	if f.Kind != gold.Date && f.Kind != gold.Time {
		return nil, fmt.Errorf("%s is of a date or time, %s is %s", metricFreshness, f.Name, f.Kind)
	}
	return &freshness{field: *f, newest: math.MinInt64}, nil
}

func (f *freshness) add(columns []*gold.Column, rows int, _ int64) bool {
	c := columns[0]
	for i, v := range c.Ints[:rows] {
		if v > f.newest && !c.IsNull(i) {
			f.newest, f.seen = v, true
		}
	}
	return true
}

func (f *freshness) merge(other meter) bool {
	o := other.(*freshness)
	f.newest, f.seen = max(f.newest, o.newest), f.seen || o.seen
	return true
}

func (f *freshness) reading(_ int64, asOf time.Time) reading {
	if !f.seen {
		return reading{value: math.Inf(1), found: f.field.Name + " has no value"}
	}
	newest := gold.NewIntegral(f.field.Kind, f.newest)
	// Milliseconds: a Duration is too short for all years.
	r := reading{value: float64(asOf.UnixMilli()-newest.Time().UnixMilli()) / 1000}
	if !isPersonal(&f.field) {
		r.found = "the newest " + f.field.Name + " is " + newest.String()
	}
	return r
}
