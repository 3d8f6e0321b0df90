package builder

import "goldserve/gold"

// fromText are the functions of the preludes that read a trimmed text as a kind.
var fromText = map[gold.RawKind]string{
	gold.RawWhole: "whole", gold.RawNumber: "number", gold.RawMoney: "money", gold.RawInstant: "instant", gold.RawDate: "calendar_date", gold.RawBoolean: "truth",
}

// FromText returns the expression that reads a column of texts as a kind, with the functions that each engine's prelude has. It returns false
// for a kind that isn't known.
func FromText(kind gold.RawKind, column string) (string, bool) {
	trimmed := "trimmed(" + column + ")"
	if kind == gold.RawText {
		return trimmed, true
	}
	function, ok := fromText[kind]
	return function + "(" + trimmed + ")", ok
}
