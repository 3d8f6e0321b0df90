package measure

import (
	"sort"

	"goldserve/gold"
)

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
