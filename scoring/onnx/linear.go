package onnx

import "math"

// dot returns the product of two rows, summed in float64.
func dot(a, b []float64) float64 {
	total := 0.0
	for i, x := range a {
		total += x * b[i]
	}
	return total
}

// linear is the part that LinearClassifier and LinearRegressor have in common: weights by target, then an intercept each.
type linear struct {
	weights, intercepts []float64
	targets             int
	finish              finish
}

func newLinear(n *Node, targets int) linear {
	l := linear{weights: n.floats("coefficients"), intercepts: n.floats("intercepts"), targets: targets, finish: finishOf(n)}
	if targets < 1 || len(l.weights)%targets != 0 || (l.intercepts != nil && len(l.intercepts) != targets) {
		fail("%d coefficients and %d intercepts of %d targets", len(l.weights), len(l.intercepts), targets)
	}
	return l
}

// scores puts the scores of one row into to.
func (l *linear) scores(to, row []float64) {
	width := len(row)
	for k := range to {
		s := dot(row, l.weights[k*width:(k+1)*width])
		if l.intercepts != nil {
			s += l.intercepts[k]
		}
		to[k] = float64(float32(s))
	}
}

// features returns the input's rows and width, which must be that of the weights.
func (l *linear) features(c *call) (numbers []float64, rows, width int) {
	in := c.input(0)
	rows, width = in.rows()
	if width*l.targets != len(l.weights) {
		fail("%d coefficients of %d targets and %d columns", len(l.weights), l.targets, width)
	}
	c.spend(rows * width * l.targets)
	return in.numbers(&c.b), rows, width
}

func linearRegressor(n *Node) kernel {
	l := newLinear(n, int(min(max(n.int("targets", 1), 0), maxElements)))
	return func(c *call) {
		numbers, rows, width := l.features(c)
		out := c.output(0, Float, rows, l.targets)
		for r := range rows {
			to := out.Floats[r*l.targets : (r+1)*l.targets]
			l.scores(to, numbers[r*width:(r+1)*width])
			l.finish(to)
			Float.roundAll(to)
		}
	}
}

func linearClassifier(n *Node) kernel {
	labels := n.labels()
	l := newLinear(n, max(len(n.floats("intercepts")), 1))
	classes := labels.Size()
	if l.targets != classes && (l.targets != 1 || classes != 2) {
		fail("%d classes of %d targets", classes, l.targets)
	}
	return func(c *call) {
		numbers, rows, width := l.features(c)
		label, out := c.output(0, labels.Type, rows), c.output(1, Float, rows, classes)
		if cap(c.a) < classes {
			c.a = make([]float64, classes)
		}
		for r := range rows {
			to := c.a[:classes]
			l.scores(to[:l.targets], numbers[r*width:(r+1)*width])
			var best int
			if l.targets < classes {
				best = int(bit(to[0] > 0))
				twoClasses(to, n.text("post_transform", "NONE"))
			} else {
				best = highest(to)
				l.finish(to)
			}
			label.copyFrom(r, labels, best)
			Float.roundAll(to)
			copyRow(out, r, to)
		}
	}
}

// copyRow copies numbers to a row of a tensor, which has no elements where nobody reads it.
func copyRow(out *Tensor, r int, row []float64) {
	if len(out.Floats) > 0 {
		copy(out.Floats[r*len(row):], row)
	}
}

// twoClasses makes the scores of two classes from that of one, the second.
func twoClasses(to []float64, transform string) {
	s := to[0]
	switch transform {
	case "LOGISTIC":
		to[0], to[1] = logistic(-s), logistic(s)
	case "NONE":
		to[0], to[1] = 1-s, s
	default:
		to[0], to[1] = -s, s
	}
}

func highest(row []float64) int {
	best := 0
	for i, x := range row {
		if x > row[best] {
			best = i
		}
	}
	return best
}

// finish is what post_transform names: it turns raw scores into those of the output.
type finish func(row []float64)

func finishOf(n *Node) finish {
	switch name := n.text("post_transform", "NONE"); name {
	case "NONE":
		return func([]float64) {}
	case "LOGISTIC":
		return func(row []float64) {
			for i, x := range row {
				row[i] = logistic(x)
			}
		}
	case "SOFTMAX":
		return softmax
	case "SOFTMAX_ZERO":
		return softmaxZero
	default:
		fail("post_transform %q is not supported", name)
		return nil
	}
}

// softmaxZero is softmax among the scores that are not zero.
func softmaxZero(row []float64) {
	most, total := fold(row, math.Max), 0.0
	for i, x := range row {
		if math.Abs(x) > 1e-7 {
			row[i] = math.Exp(x - most)
			total += row[i]
		} else {
			row[i] = 0
		}
	}
	if total > 0 {
		for i := range row {
			row[i] /= total
		}
	}
}

// matMul multiplies two matrices; one with a single dimension is a row on the left, a column on the right.
func matMul(c *call) {
	a, b := c.input(0), c.input(1)
	if a.Type != b.Type || !a.Type.fraction() || len(a.Dims) == 0 || len(a.Dims) > 2 || len(b.Dims) == 0 || len(b.Dims) > 2 {
		fail("inputs of shapes %v and %v, types %s and %s, are not supported", a.Dims, b.Dims, a.Type, b.Type)
	}
	rows, inner := a.rows()
	inner2, columns := b.Dims[0], 1
	dims := append([]int{}, a.Dims[:len(a.Dims)-1]...)
	if len(b.Dims) == 2 {
		columns = b.Dims[1]
		dims = append(dims, columns)
	}
	if inner != inner2 {
		fail("inputs of shapes %v and %v do not fit", a.Dims, b.Dims)
	}
	c.spend(rows * inner * columns)
	out := c.output(0, a.Type, dims...)
	for r := range rows {
		for k := range columns {
			total := 0.0
			for i, x := range a.Floats[r*inner : (r+1)*inner] {
				total += x * b.Floats[i*columns+k]
			}
			out.Floats[r*columns+k] = a.Type.Round(total)
		}
	}
}

// gemm is alpha · A · B + beta · C, either matrix turned or not.
func gemm(n *Node) kernel {
	alpha, beta := n.float("alpha", 1), n.float("beta", 1)
	turnA, turnB := n.int("transA", 0) != 0, n.int("transB", 0) != 0
	return func(c *call) {
		a, b := c.input(0), c.input(1)
		if a.Type != b.Type || !a.Type.fraction() || len(a.Dims) != 2 || len(b.Dims) != 2 || turnA {
			fail("inputs of shapes %v and %v, types %s and %s, are not supported", a.Dims, b.Dims, a.Type, b.Type)
		}
		rows, inner := a.rows()
		inner2, columns, alongInner, alongColumns := b.Dims[0], b.Dims[1], b.Dims[1], 1
		if turnB {
			inner2, columns, alongInner, alongColumns = b.Dims[1], b.Dims[0], 1, b.Dims[1]
		}
		if inner != inner2 {
			fail("inputs of shapes %v and %v do not fit", a.Dims, b.Dims)
		}
		c.spend(rows * inner * columns)
		out := c.output(0, a.Type, rows, columns)
		clear(out.Floats)
		if bias := c.optional(2); bias != nil && bias.Type.fraction() {
			if len(together(bias.Dims, out.Dims)) != 2 || product(together(bias.Dims, out.Dims)) != out.Size() {
				fail("a third input of shape %v does not fit", bias.Dims)
			}
			positions(bias.Dims, out.Dims, func(i, from int) { out.Floats[i] = beta * bias.Floats[from] })
		}
		for r := range rows {
			for k := range columns {
				total := 0.0
				for i, x := range a.Floats[r*inner : (r+1)*inner] {
					total += x * b.Floats[i*alongInner+k*alongColumns]
				}
				out.Floats[r*columns+k] = a.Type.Round(alpha*total + out.Floats[r*columns+k])
			}
		}
	}
}
