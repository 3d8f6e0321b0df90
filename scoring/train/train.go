package train

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"goldserve/gold"
)

// Task is what a model learns: the probability of a target of 0 and 1, or a number.
type Task string

// The two tasks.
const (
	Classification Task = "classification"
	Regression     Task = "regression"
)

var nan = float32(math.NaN())

// Options of a training.
type Options struct {
	Task   Task
	Target string // its name, for the card
	Seed   uint64
	Split  *Split        // nil: SplitOf(rows, Seed)
	Data   gold.CardData // for the card
}

// Result is a trained model.
type Result struct {
	File []byte // ONNX
	Card gold.Card
}

// minRows is the least number of training rows, and of test rows.
const minRows = 10

// Train fits a model. An error names the feature or row that can't be learned from.
func Train(d Data, o Options) (*Result, error) {
	if o.Task != Classification && o.Task != Regression {
		return nil, fmt.Errorf("task %q: expected %s or %s", o.Task, Classification, Regression)
	}
	d.Features = append([]Feature(nil), d.Features...)
	if err := d.check(o.Task); err != nil {
		return nil, err
	}
	split := o.Split
	if split == nil {
		s := SplitOf(len(d.Target), o.Seed)
		split = &s
	}
	if len(split.Train) < minRows || len(split.Test) < minRows {
		return nil, fmt.Errorf("%d rows to train on and %d to test are too few: at least %d of each are needed", len(split.Train), len(split.Test), minRows)
	}
	p, err := prepare(&d, split.Train)
	if err != nil {
		return nil, err
	}
	weights, err := fit(o.Task, p.matrix(&d, split.Train), picked(d.Target, split.Train), p.width())
	if err != nil {
		return nil, err
	}
	file := p.graph(o.Task, weights).Marshal()
	scores, err := scored(file, &d, split.Test)
	if err != nil {
		return nil, fmt.Errorf("score the test rows: %w", err)
	}
	sum := sha256.Sum256(file)
	return &Result{File: file, Card: gold.Card{
		Task: string(o.Task), Target: o.Target, SHA256: hex.EncodeToString(sum[:]), Seed: o.Seed,
		TrainRows: len(split.Train), TestRows: len(split.Test), Features: p.ranges(),
		Metrics: measured(o.Task, picked(d.Target, split.Test), scores, o.Seed), Data: o.Data, Reference: reference(&d, split.Test, scores),
	}}, nil
}

func picked(list []float64, rows []int) []float64 {
	to := make([]float64, len(rows))
	for i, r := range rows {
		to[i] = list[r]
	}
	return to
}
