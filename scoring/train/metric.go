package train

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"goldserve/gold"
)

type measure struct {
	name string
	of   func(target, score []float64) float64
}

func measures(task Task) []measure {
	if task == Regression {
		return []measure{{"mae", meanAbsolute}, {"rmse", rootMeanSquare}, {"r2", determination}}
	}
	return []measure{{"roc_auc", rocAUC}, {"log_loss", logLoss}, {"accuracy", accuracy}, {"f1", f1}}
}

// resamples of the test rows for a metric's bounds.
const resamples = 500

// Measures returns the names of a task's metrics. A card lacks those that its test rows don't define.
func Measures(task Task) []string {
	var names []string
	for _, m := range measures(task) {
		names = append(names, m.name)
	}
	return names
}

// measured returns the metrics that the rows define. Bounds are the percentile bootstrap's.
func measured(task Task, target, score []float64, seed uint64) []gold.CardMetric {
	list := make([]gold.CardMetric, 0, 4)
	draws := make([][]float64, len(measures(task)))
	rng := rand.New(rand.NewPCG(seed, 0x626f6f74)) //nolint:gosec // resamples that can be repeated
	y, s := make([]float64, len(target)), make([]float64, len(target))
	for range resamples {
		for i := range y {
			at := rng.IntN(len(target))
			y[i], s[i] = target[at], score[at]
		}
		for m, measure := range measures(task) {
			if x := measure.of(y, s); !math.IsNaN(x) && !math.IsInf(x, 0) { // a draw of one class has no AUC
				draws[m] = append(draws[m], x)
			}
		}
	}
	for m, measure := range measures(task) {
		metric := gold.CardMetric{Name: measure.name, Value: measure.of(target, score)}
		metric.Low, metric.High = metric.Value, metric.Value
		if slices.Sort(draws[m]); len(draws[m]) > 0 {
			metric.Low, metric.High = quantile(draws[m], 0.025), quantile(draws[m], 0.975)
		}
		if math.IsNaN(metric.Value) || math.IsInf(metric.Value, 0) {
			continue // of these rows: the AUC of one class, or the R² of one value
		}
		list = append(list, metric)
	}
	return list
}

// rocAUC is the share of pairs of a positive and a negative row that the scores put in order, ties counting half.
func rocAUC(target, score []float64) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score[a], score[b]) })
	ranks, positives := 0.0, 0.0
	for i := 0; i < len(order); {
		j, hits := i, 0.0
		for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
			hits += target[order[j]]
		}
		ranks += hits * float64(i+j+1) / 2
		positives += hits
		i = j
	}
	return (ranks - positives*(positives+1)/2) / (positives * (float64(len(target)) - positives))
}

func logLoss(target, score []float64) float64 {
	return mean(target, score, func(y, p float64) float64 {
		const least = 0x1p-52
		p = min(max(p, least), 1-least)
		return -y*math.Log(p) - (1-y)*math.Log1p(-p)
	})
}

func mean(target, score []float64, f func(y, s float64) float64) float64 {
	total := 0.0
	for i, y := range target {
		total += f(y, score[i])
	}
	return total / float64(len(target))
}

func predicted(p float64) float64 {
	if p > 0.5 {
		return 1
	}
	return 0
}

func accuracy(target, score []float64) float64 {
	return mean(target, score, func(y, p float64) float64 { return 1 - math.Abs(y-predicted(p)) })
}

func f1(target, score []float64) float64 {
	hits, others := 0.0, 0.0
	for i, y := range target {
		hits += y * predicted(score[i])
		others += math.Abs(y - predicted(score[i]))
	}
	if hits == 0 {
		return 0
	}
	return 2 * hits / (2*hits + others)
}

func meanAbsolute(target, score []float64) float64 {
	return mean(target, score, func(y, s float64) float64 { return math.Abs(y - s) })
}

func rootMeanSquare(target, score []float64) float64 {
	return math.Sqrt(mean(target, score, func(y, s float64) float64 { return (y - s) * (y - s) }))
}

func determination(target, score []float64) float64 {
	center := mean(target, target, func(y, _ float64) float64 { return y })
	return 1 - mean(target, score, func(y, s float64) float64 { return (y - s) * (y - s) })/mean(target, target, func(y, _ float64) float64 { return (y - center) * (y - center) })
}
