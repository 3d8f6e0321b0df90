package measure

import (
	"math/big"
	"sort"

	"goldserve/gold"
)

// beyond is more than any WideDecimal.
var beyond = new(big.Int).Exp(big.NewInt(10), big.NewInt(gold.MaxDigits), nil)

// ExactEdges returns, for each of the exact edges of a group of a field with scale digits after the point, the key of the
// smallest WideDecimal that is not below it. A key of 10^38 is beyond all, one of -10^38 below. It is nil without exact edges.
func ExactEdges(g gold.Group, scale int) []string {
	var keys []string
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	for _, text := range g.Exact {
		edge, ok := new(big.Rat).SetString(text)
		if !ok {
			edge = new(big.Rat) // CheckGroup refuses it
		}
		edge.Mul(edge, unit)
		least, rest := new(big.Int).DivMod(edge.Num(), edge.Denom(), new(big.Int)) // rounded down
		if rest.Sign() > 0 {
			least.Add(least, big.NewInt(1))
		}
		switch {
		case least.CmpAbs(beyond) < 0:
		case least.Sign() < 0:
			least.Neg(beyond)
		default:
			least.Set(beyond)
		}
		n, _ := gold.Int128OfBig(least)
		keys = append(keys, string(n.AppendKey(nil)))
	}
	return keys
}

// ExactBinIndex is BinIndex of the key of a WideDecimal among those of ExactEdges.
func ExactBinIndex(edges []string, key []byte) int {
	return sort.Search(len(edges), func(i int) bool { return string(key) < edges[i] })
}

// GroupLabel is BinLabel of a group's bins.
func GroupLabel(g gold.Group, i int) string {
	switch {
	case len(g.Exact) == 0:
		return BinLabel(g.Bins, g.Single, i)
	case i <= 0:
		return "<" + g.Exact[0]
	case i >= len(g.Exact):
		return ">=" + g.Exact[len(g.Exact)-1]
	default:
		return "[" + g.Exact[i-1] + "," + g.Exact[i] + ")"
	}
}

// BinIndex returns the bin of v among those of ascending edges e0 … en: 0 below e0, i in [e(i-1), e(i)), n+1 from en
// up. Integers and decimals are compared as doubles of their real values.
func BinIndex(edges []float64, v float64) int {
	return sort.Search(len(edges), func(i int) bool { return v < edges[i] })
}

// BinLabel returns the text of bin i of BinIndex: "<0", "[0,5)", ">=100". single says that the edges are float32s, and
// formats them so.
func BinLabel(edges []float64, single bool, i int) string {
	write := gold.AppendDouble
	if single {
		write = gold.AppendSingle
	}
	switch {
	case i <= 0:
		return string(write([]byte("<"), edges[0]))
	case i >= len(edges):
		return string(write([]byte(">="), edges[len(edges)-1]))
	}
	label := write([]byte("["), edges[i-1]) //nolint:gosec // 0 < i < len(edges) here
	label = write(append(label, ','), edges[i])
	return string(append(label, ')'))
}
