package columnar

import (
	"slices"

	"goldserve/gold"
)

// askable reports whether a predicate compares a kind with values of its own, as many as its operator takes.
func askable(p gold.Predicate, k gold.Kind) bool {
	return p.Check() == nil && p.Op.Row().Takes(k) && !slices.ContainsFunc(p.Values, func(v gold.Value) bool { return v.Kind() != gold.Null && v.Kind() != k })
}
