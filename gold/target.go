package gold

// Target is what goldserve can learn from a release: a field of a dataset from others of the same rows.
type Target struct {
	Name     string
	Dataset  string
	Field    string
	Task     string // TargetTasks
	Features []string
}

// TargetTasks are what can be learned: the probability of a field of 0 and 1 (or of false and true), or a number.
var TargetTasks = []string{"classification", "regression"}

// Learnable reports whether a field of the kind can be learned from.
func (k Kind) Learnable() bool { return k == Text || k.Countable() }

// Countable reports whether values of the kind are numbers, or false and true, to a model that learns.
func (k Kind) Countable() bool { return k == Bool || k == Int || k == Double || k == Decimal }
