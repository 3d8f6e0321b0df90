package train

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"
)

// fit minimizes the loss and returns the weights, the intercept last.
func fit(task Task, matrix, target []float64, width int) ([]float64, error) {
	loss := logisticLoss
	if task == Regression {
		loss = ridgeLoss
	}
	start := make([]float64, width+1)
	// The intercept starts where it is without features, and all is divided by the rows, so that one tolerance fits all.
	mean := 0.0
	for _, y := range target {
		mean += y
	}
	mean /= float64(len(target))
	start[width] = mean
	if slices.Min(target) == slices.Max(target) {
		return nil, fmt.Errorf("the target has one value in all training rows: there is nothing to tell rows apart by")
	}
	if task == Classification {
		start[width] = math.Log(mean / (1 - mean))
	}
	scale := 1 / float64(len(target))
	problem := optimize.Problem{
		Func: func(w []float64) float64 { return scale * loss(nil, w, matrix, target) },
		Grad: func(gradient, w []float64) {
			loss(gradient, w, matrix, target)
			for i := range gradient {
				gradient[i] *= scale
			}
		},
	}
	settings := &optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 2000, Converger: optimize.NeverTerminate{}}
	result, err := optimize.Minimize(problem, start, settings, &optimize.LBFGS{})
	if result == nil || len(result.X) != width+1 {
		return nil, fmt.Errorf("fit the weights: %w", err)
	}
	// Close to the minimum a line search can find no lower value, which gonum reports as an error: the gradient decides.
	gradient := make([]float64, width+1)
	problem.Grad(gradient, result.X)
	for _, g := range gradient {
		if math.IsNaN(g) || math.Abs(g) > 1e-6*(1+math.Abs(result.F)) {
			return nil, fmt.Errorf("fit the weights: no minimum was found in %d steps (%s)", result.MajorIterations, result.Status)
		}
	}
	return result.X, nil
}

// logisticLoss is the sum of log losses plus half the squared weights; it fills the gradient where there is one.
func logisticLoss(gradient, w, matrix, target []float64) float64 {
	return losses(gradient, w, matrix, target, 0.5, func(z, y float64) (float64, float64) {
		// log(1 + e^z) − y·z, without overflow
		return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z, 1/(1+math.Exp(-z)) - y
	})
}

// ridgeLoss is the sum of squared errors plus the squared weights.
func ridgeLoss(gradient, w, matrix, target []float64) float64 {
	return losses(gradient, w, matrix, target, 1, func(z, y float64) (float64, float64) { return (z - y) * (z - y), 2 * (z - y) })
}

func losses(gradient, w, matrix, target []float64, penalty float64, loss func(z, y float64) (value, slope float64)) float64 {
	width := len(w) - 1
	total := 0.0
	clear(gradient)
	for i, x := range w[:width] {
		total += penalty * x * x
		if gradient != nil {
			gradient[i] = 2 * penalty * x
		}
	}
	for r, y := range target {
		row, z := matrix[r*width:(r+1)*width], w[width]
		for i, x := range row {
			z += x * w[i]
		}
		value, slope := loss(z, y)
		total += value
		if gradient != nil {
			for i, x := range row {
				gradient[i] += slope * x
			}
			gradient[width] += slope
		}
	}
	return total
}
