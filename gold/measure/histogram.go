package measure

import (
	"math"

	"goldserve/gold"
)

// Histogram counts values in bins of equal width, each open on the left and closed on the right, with the edges and
// labels of pandas.cut(values, bins).
//
// The edges are min + i·((max-min)/bins), in numpy.linspace's arithmetic; then only the lowest is moved down by
// 0.001·(max-min), so that the minimum falls inside the first bin. If min equals max, the range is first widened by
// 0.001·|min| on both sides (by 0.001 if that is 0) and no edge is moved.
//
// It differs from pandas where pandas fails or loses rows: a range too narrow for that many different edges is widened
// as if min equalled max; if moving the lowest edge leaves it at the minimum, it becomes the next double below. If
// rounding for a label overflows, or no precision distinguishes two labels, labels show the unrounded edges.
type Histogram struct {
	edges  []float64 // one more than bins
	counts []int64
	scale  int
	width  float64
}

// maxBins is the largest number of bins of a histogram.
const maxBins = 10_000

// NewHistogram returns a histogram of values from lowest to highest, both inclusive. Invalid if the range is not finite
// or out of order, bins is not between 1 and maxBins, or the range is too narrow for that many different edges.
func NewHistogram(lowest, highest float64, bins int) (*Histogram, error) {
	switch {
	case bins < 1 || bins > maxBins:
		return nil, invalid("histogram: expected 1 to %d bins, got %d", maxBins, bins)
	case !finite(lowest) || !finite(highest) || !finite(highest-lowest) || lowest > highest:
		return nil, invalid("histogram: expected a finite range, got %v to %v", lowest, highest)
	}
	edges := rangeEdges(lowest, highest, bins)
	if !increasing(edges) {
		margin := float64(0.001 * math.Abs(highest))
		if margin == 0 {
			margin = 0.001
		}
		edges = linspace(lowest-margin, highest+margin, bins)
	}
	if !increasing(edges) || !finite(edges[0]) || !finite(edges[bins]) {
		return nil, invalid("histogram: %v to %v has no room for %d bins", lowest, highest, bins)
	}
	return &Histogram{edges: edges, counts: make([]int64, bins), width: (edges[bins] - edges[0]) / float64(bins)}, nil
}

// HistogramOf returns a histogram of a numeric field, from its Min and Max. If they are null there are no values, no
// bins, and Batch has no rows.
func HistogramOf(f gold.Field, minimum, maximum gold.Value, bins int) (*Histogram, error) {
	if !f.Kind.Measurable() {
		return nil, invalid("histogram of %s: a %s field can't be used, expected int, double, decimal or duration", f.Name, f.Kind)
	}
	if minimum.IsNull() || maximum.IsNull() {
		return &Histogram{}, nil
	}
	h, err := NewHistogram(minimum.Real(f.Scale), maximum.Real(f.Scale), bins)
	if err != nil {
		return nil, err
	}
	h.scale = f.Scale
	return h, nil
}

// rangeEdges returns the edges of a range; they don't increase if the range is empty.
func rangeEdges(lowest, highest float64, bins int) []float64 {
	edges := linspace(lowest, highest, bins)
	edges[0] -= float64(0.001 * (highest - lowest))
	if edges[0] == lowest && lowest < highest {
		edges[0] = math.Nextafter(lowest, math.Inf(-1))
	}
	return edges
}

// linspace returns bins+1 edges with the operations of numpy.linspace, each rounded by itself: the conversions keep
// the compiler from fusing them into one.
func linspace(start, stop float64, bins int) []float64 {
	edges := make([]float64, bins+1)
	delta := stop - start
	step := delta / float64(bins)
	for i := range edges {
		offset := float64(float64(i) * step)
		if step == 0 {
			offset = float64(float64(i) / float64(bins) * delta)
		}
		edges[i] = offset + start
	}
	edges[bins] = stop
	return edges
}

func increasing(edges []float64) bool {
	for i, edge := range edges[1:] {
		if edge <= edges[i] {
			return false
		}
	}
	return true
}

// Add counts the values of a column of a number's kind; nulls are left out.
func (h *Histogram) Add(c *gold.Column) {
	for i := range c.Len() {
		if !c.IsNull(i) {
			h.count(c.Real(i, h.scale))
		}
	}
}

func (h *Histogram) count(v float64) {
	bins := len(h.counts)
	// Not "v <= edge": a NaN is outside too.
	if bins == 0 || !(v > h.edges[0]) || v > h.edges[bins] {
		return
	}
	// Bins are equally wide but for rounding, so the first guess is right or beside it.
	bin := bins - 1
	if guess := (v - h.edges[0]) / h.width; guess < float64(bins) {
		bin = int(guess)
	}
	for v <= h.edges[bin] {
		bin--
	}
	for v > h.edges[bin+1] {
		bin++
	}
	h.counts[bin]++
}

// Merge adds the counts of another histogram of the same range and bins.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
}

// Batch returns one row per bin, in the order of their edges, empty bins included: bucket, the label; lower and upper,
// the unrounded edges, of which the upper one belongs to the bin; count.
func (h *Histogram) Batch() *gold.Batch {
	b := gold.NewBatch(histogramFields(), len(h.counts))
	for i, label := range binLabels(h.edges) {
		b.AppendRow(gold.NewText(label), gold.NewDouble(h.edges[i]), gold.NewDouble(h.edges[i+1]), gold.NewInt(h.counts[i]))
	}
	return b
}

func histogramFields() []gold.Field {
	return []gold.Field{
		{Name: "bucket", Kind: gold.Text},
		{Name: "lower", Kind: gold.Double},
		{Name: "upper", Kind: gold.Double},
		{Name: "count", Kind: gold.Int},
	}
}
