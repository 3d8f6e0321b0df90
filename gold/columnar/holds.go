package columnar

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// holds reports whether a predicate on a column of an answer holds for a value. Predicates on rows are conditions.
func holds(p gold.Predicate, v gold.Value) bool {
	switch p.Op {
	case gold.IsNull:
		return v.IsNull()
	case gold.NotNull:
		return !v.IsNull()
	case gold.In:
		return !v.IsNull() && slices.Contains(p.Values, v)
	case gold.NotIn:
		return !v.IsNull() && !slices.Contains(p.Values, v)
	default:
	}
	w := p.Values[0]
	if v.IsNull() || w.IsNull() {
		return false
	}
	switch c := gold.Compare(v, w); p.Op {
	case gold.Eq:
		return c == 0
	case gold.Ne:
		return c != 0
	case gold.Lt:
		return c < 0
	case gold.Lte:
		return c <= 0
	case gold.Gt:
		return c > 0
	case gold.Gte:
		return c >= 0
	default:
		return matches(p.Op, measure.Fold(v.Text()), measure.Fold(w.Text()))
	}
}

// matches reports whether a folded text contains or starts with a folded needle.
func matches(op gold.Op, text, needle string) bool {
	if op == gold.StartsWith {
		return strings.HasPrefix(text, needle)
	}
	return strings.Contains(text, needle)
}

// askable reports whether a predicate compares a kind with values of its own, as many as its operator takes.
func askable(p gold.Predicate, k gold.Kind) bool {
	if slices.ContainsFunc(p.Values, func(v gold.Value) bool { return v.Kind() != gold.Null && v.Kind() != k }) {
		return false
	}
	switch p.Op {
	case gold.IsNull, gold.NotNull, gold.In, gold.NotIn:
		return true
	case gold.Contains, gold.StartsWith:
		return len(p.Values) == 1 && k == gold.Text
	default:
		return len(p.Values) == 1
	}
}
