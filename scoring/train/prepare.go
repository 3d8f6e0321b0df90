package train

import (
	"fmt"
	"math"
	"slices"
)

// number is what was learned of a column of numbers; all are float32 values.
type number struct {
	name               string
	median             float64
	low, high          float64 // bounds of clipping
	mean, scale        float64
	smallest, greatest float64 // as seen in training
}

// text is what was learned of a column of texts.
type text struct {
	name       string
	categories []string // by their bytes
	frequent   int      // the most frequent one
}

// prepared is the preprocessing, in the order of the features: numbers first, then texts.
type prepared struct {
	numbers []number
	texts   []text
}

func round(x float64) float64 { return float64(float32(x)) }

func prepare(d *Data, rows []int) (*prepared, error) {
	p := &prepared{}
	for i := range d.Features {
		f := &d.Features[i]
		if f.text() {
			t, err := learnText(f, rows)
			if err != nil {
				return nil, err
			}
			p.texts = append(p.texts, t)
			continue
		}
		n, err := learnNumber(f, rows)
		if err != nil {
			return nil, err
		}
		p.numbers = append(p.numbers, n)
	}
	return p, nil
}

func learnNumber(f *Feature, rows []int) (number, error) {
	n := number{name: f.Name, scale: 1}
	var present []float64
	for _, r := range rows {
		if x := f.Numbers[r]; !math.IsNaN(x) {
			present = append(present, x)
		}
	}
	if len(present) == 0 {
		return n, fmt.Errorf("feature %s: all of its training rows are missing: leave it out", f.Name)
	}
	slices.Sort(present)
	n.smallest, n.greatest = present[0], present[len(present)-1]
	n.median = round(quantile(present, 0.5))
	for len(present) < len(rows) {
		present = append(present, n.median)
	}
	slices.Sort(present)
	first, third := quantile(present, 0.25), quantile(present, 0.75)
	n.low, n.high = round(first-1.5*(third-first)), round(third+1.5*(third-first))
	sum := 0.0
	for i, x := range present {
		present[i] = min(max(x, n.low), n.high)
		sum += present[i]
	}
	mean, squares := sum/float64(len(present)), 0.0
	for _, x := range present {
		squares += (x - mean) * (x - mean)
	}
	n.mean = round(mean)
	if deviation := math.Sqrt(squares / float64(len(present))); deviation > 1/mostNumber {
		n.scale = round(1 / deviation)
	}
	return n, nil
}

func learnText(f *Feature, rows []int) (text, error) {
	t := text{name: f.Name}
	counts := map[string]int{}
	for _, r := range rows {
		if s := f.Texts[r]; s != "" {
			counts[s]++
		}
	}
	const most = 1000
	if len(counts) == 0 || len(counts) > most {
		return t, fmt.Errorf("feature %s has %d categories: expected 1 to %d: leave it out, or group its values", f.Name, len(counts), most)
	}
	for s := range counts {
		t.categories = append(t.categories, s)
	}
	slices.Sort(t.categories)
	for i, s := range t.categories {
		if counts[s] > counts[t.categories[t.frequent]] {
			t.frequent = i
		}
	}
	return t, nil
}

// width is the number of columns that the regression sees.
func (p *prepared) width() int {
	n := len(p.numbers)
	for _, t := range p.texts {
		n += len(t.categories)
	}
	return n
}

// matrix is the regression's rows, one after another.
func (p *prepared) matrix(d *Data, rows []int) []float64 {
	width := p.width()
	m := make([]float64, len(rows)*width)
	column, numbers, texts := 0, 0, 0
	for _, wantText := range []bool{false, true} {
		for i := range d.Features {
			f := &d.Features[i]
			switch {
			case f.text() != wantText:
			case wantText:
				p.texts[texts].fill(m[column:], width, f.Texts, rows)
				column += len(p.texts[texts].categories)
				texts++
			default:
				p.numbers[numbers].fill(m[column:], width, f.Numbers, rows)
				column++
				numbers++
			}
		}
	}
	return m
}

func (n *number) fill(m []float64, width int, numbers []float64, rows []int) {
	for i, r := range rows {
		x := numbers[r]
		if math.IsNaN(x) {
			x = n.median
		}
		m[i*width] = round(round(min(max(x, n.low), n.high)-n.mean) * n.scale)
	}
}

func (t *text) fill(m []float64, width int, texts []string, rows []int) {
	for i, r := range rows {
		at, known := slices.BinarySearch(t.categories, texts[r])
		if texts[r] == "" {
			at, known = t.frequent, true
		}
		if known {
			m[i*width+at] = 1
		}
	}
}
