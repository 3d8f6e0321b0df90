package onnx

import "slices"

func treeRegressor(n *Node) kernel {
	targets := int(min(max(n.int("n_targets", 1), 1), maxElements))
	f := newForest(n, "target", targets)
	if len(f.base) != 0 && len(f.base) != targets {
		fail("%d base values of %d targets", len(f.base), targets)
	}
	finish, trees := finishOf(n), 1.0
	switch how := n.text("aggregate_function", "SUM"); how {
	case "SUM":
	case "AVERAGE":
		trees = float64(len(f.roots))
	default:
		fail("aggregate_function %q is not supported", how)
	}
	return func(c *call) {
		numbers, rows, width := f.rows(c)
		out := c.output(0, Float, rows, targets)
		clear(out.Floats)
		f.sums(out.Floats, numbers, rows, width, targets)
		for r := range rows {
			row := out.Floats[r*targets : (r+1)*targets]
			for k := range row {
				row[k] /= trees
				if len(f.base) > 0 {
					row[k] += f.base[k]
				}
			}
			Float.roundAll(row)
			finish(row)
			Float.roundAll(row)
		}
	}
}

// treeClassifier sums the weights of the classes. Where two classes have the weights of one (the file names the same one
// in every leaf), the score of the other follows from it.
func treeClassifier(n *Node) kernel {
	labels := n.labels()
	classes := labels.Size()
	f := newForest(n, "class", classes)
	if len(f.base) != 0 && len(f.base) != classes && (classes != 2 || len(f.base) != 1) {
		fail("%d base values of %d classes", len(f.base), classes)
	}
	single := classes == 2 && !slices.ContainsFunc(f.leaves, func(w weight) bool { return w.target != f.leaves[0].target })
	positive := !slices.ContainsFunc(f.leaves, func(w weight) bool { return w.value < 0 })
	finish, transform := finishOf(n), n.text("post_transform", "NONE")
	return func(c *call) {
		numbers, rows, width := f.rows(c)
		label, out := c.output(0, labels.Type, rows), c.output(1, Float, rows, classes)
		c.a = slices.Grow(c.a[:0], rows*classes)[:rows*classes]
		clear(c.a)
		f.sums(c.a, numbers, rows, width, classes)
		for r := range rows {
			row := c.a[r*classes : (r+1)*classes]
			for k, x := range f.base {
				row[k] += x
			}
			Float.roundAll(row)
			var best int
			if single {
				best = decide(row, positive, transform)
			} else {
				best = highest(row)
				finish(row)
			}
			label.copyFrom(r, labels, best)
			Float.roundAll(row)
			copyRow(out, r, row)
		}
	}
}

// decide makes the scores of two classes from their one sum, which lies in either place, and returns the better class.
// Positive weights are shares of trees, others raw scores.
func decide(row []float64, positive bool, transform string) int {
	row[0] += row[1]
	if positive && transform == "NONE" {
		row[0], row[1] = 1-row[0], row[0]
		return int(bit(row[1] > 0.5))
	}
	s := row[0]
	if transform != "LOGISTIC" {
		row[0], row[1] = -s, s
		return int(bit(s > 0))
	}
	twoClasses(row, transform)
	if positive {
		return int(bit(s > 0.5))
	}
	return int(bit(s > 0))
}
