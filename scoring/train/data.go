package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Feature is one column that a model reads: Numbers, or Texts where it is of texts.
type Feature struct {
	Name    string
	Numbers []float64 // NaN: missing
	Texts   []string  // "": missing
}

func (f *Feature) text() bool { return f.Texts != nil }

func (f *Feature) rows() int { return max(len(f.Numbers), len(f.Texts)) }

// Data is what a model is fitted to. Target has a value for each row: 0 or 1 for Classification.
type Data struct {
	Features []Feature
	Target   []float64
}

// check returns an error that names the first thing that can't be trained on, and rounds numbers to float32.
func (d *Data) check(task Task) error {
	if len(d.Features) == 0 {
		return fmt.Errorf("there are no features to train on")
	}
	names := map[string]bool{}
	for i := range d.Features {
		f := &d.Features[i]
		if f.rows() != len(d.Target) || names[f.Name] {
			return fmt.Errorf("feature %s has %d rows, the target %d; or it is named twice", f.Name, f.rows(), len(d.Target))
		}
		names[f.Name] = true
		f.Numbers = slices.Clone(f.Numbers)
		for r, x := range f.Numbers {
			if math.Abs(x) > mostNumber {
				return fmt.Errorf("feature %s, row %d: %g is too large: expected at most %g; divide the numbers where they are made", f.Name, r+1, x, mostNumber)
			}
			f.Numbers[r] = float64(float32(x))
		}
	}
	for r, y := range d.Target {
		switch {
		case task == Classification && y != 0 && y != 1:
			return fmt.Errorf("target, row %d: %g can't be learned: expected 0 or 1; other numbers are for %s", r+1, y, Regression)
		case math.IsNaN(y) || math.Abs(y) > mostNumber:
			return fmt.Errorf("target, row %d: %g can't be learned: expected at most %g; divide the numbers where they are made", r+1, y, mostNumber)
		}
	}
	return nil
}

// mostNumber is the largest number of a feature or target: what is computed of it stays within a float32.
const mostNumber = 1e30

// Split is the rows that a model is fitted to and those that it is measured on.
type Split struct{ Train, Test []int }

// SplitOf puts a fifth of the rows, drawn by the seed, into Test. Both lists are in order.
func SplitOf(rows int, seed uint64) Split {
	order := rand.New(rand.NewPCG(seed, 0x676f6c64)).Perm(rows) //nolint:gosec // a split that can be repeated
	test := order[:rows/5]
	train := order[rows/5:]
	slices.Sort(test)
	slices.Sort(train)
	return Split{Train: train, Test: test}
}

// quantile is the linear quantile of sorted values, as numpy's.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (sorted[low+1]-sorted[low])*(at-float64(low))
}
