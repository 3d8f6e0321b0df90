package onnx

import (
	"cmp"
	"slices"
)

// branch is a node of a tree, laid out so that a walk touches 32 bytes of each. A leaf has feature −1, and its weights are
// leaves[yes:no].
type branch struct {
	threshold float64
	feature   int32
	yes, no   int32 // the nodes that follow where the comparison holds, and where not
	op        byte  // opLeq ...
	missing   bool  // a missing value takes the yes branch
}

const (
	opLeq = iota
	opLt
	opGte
	opGt
	opEq
	opNeq
)

var branchModes = map[string]byte{"BRANCH_LEQ": opLeq, "BRANCH_LT": opLt, "BRANCH_GTE": opGte, "BRANCH_GT": opGt, "BRANCH_EQ": opEq, "BRANCH_NEQ": opNeq}

// weight is a leaf's share of one target.
type weight struct {
	target int32
	value  float64
}

// forest is an ensemble of trees.
type forest struct {
	nodes    []branch
	leaves   []weight
	roots    []int32
	features int  // the least width of the input
	depth    int  // the longest walk through all trees together
	leqOnly  bool // every comparison is ≤, and none looks at missing values
	base     []float64
}

// place is a node's name in the file.
type place struct{ tree, node int64 }

// newForest reads the nodes, and the weights of the attribute with this prefix (class or target).
func newForest(n *Node, prefix string, targets int) *forest {
	f := &forest{base: n.floats("base_values"), leqOnly: true}
	trees, ids := n.ints("nodes_treeids"), n.ints("nodes_nodeids")
	features, modes, values := n.ints("nodes_featureids"), n.texts("nodes_modes"), n.floats("nodes_values")
	yes, no, missing := n.ints("nodes_truenodeids"), n.ints("nodes_falsenodeids"), n.ints("nodes_missing_value_tracks_true")
	count := len(ids)
	if count == 0 || len(trees) != count || len(features) != count || len(modes) != count || len(values) != count || len(yes) != count || len(no) != count ||
		(len(missing) != 0 && len(missing) != count) {
		fail("its lists of nodes have different lengths")
	}
	at := make(map[place]int32, count)
	for i := range ids {
		key := place{trees[i], ids[i]}
		if _, twice := at[key]; twice {
			fail("tree %d has node %d twice", trees[i], ids[i])
		}
		at[key] = int32(i)
	}
	f.nodes = make([]branch, count)
	child := make([]bool, count)
	for i, mode := range modes {
		b := branch{threshold: values[i], feature: -1}
		if mode != "LEAF" {
			op, known := branchModes[mode]
			if !known {
				fail("mode %q of a node is not supported", mode)
			}
			if features[i] < 0 || features[i] >= maxElements {
				fail("feature %d of a node", features[i])
			}
			b.op, b.feature, b.missing = op, int32(features[i]), len(missing) > 0 && missing[i] != 0
			f.features = max(f.features, int(features[i])+1)
			f.leqOnly = f.leqOnly && op == opLeq && !b.missing
			for _, next := range []struct {
				id int64
				to *int32
			}{{yes[i], &b.yes}, {no[i], &b.no}} {
				k, known := at[place{trees[i], next.id}]
				if !known || child[k] {
					fail("tree %d: node %d is missing, or follows two others", trees[i], next.id)
				}
				child[k] = true
				*next.to = k
			}
		}
		f.nodes[i] = b
	}
	for i := range child {
		if !child[i] {
			f.roots = append(f.roots, int32(i))
		}
	}
	f.measure(count)
	f.weigh(n, prefix, targets, at)
	return f
}

// measure finds the longest walks. A node that no root leads to is on a cycle.
func (f *forest) measure(count int) {
	type visit struct {
		node  int32
		depth int
	}
	reached := 0
	for _, root := range f.roots {
		deepest := 0
		for stack := []visit{{root, 1}}; len(stack) > 0; {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			reached++
			deepest = max(deepest, v.depth)
			if b := &f.nodes[v.node]; b.feature >= 0 {
				stack = append(stack, visit{b.yes, v.depth + 1}, visit{b.no, v.depth + 1})
			}
		}
		f.depth += deepest
	}
	if reached != count {
		fail("its trees have a cycle")
	}
}

// weigh gives the leaves their weights.
func (f *forest) weigh(n *Node, prefix string, targets int, at map[place]int32) {
	trees, ids := n.ints(prefix+"_treeids"), n.ints(prefix+"_nodeids")
	which, values := n.ints(prefix+"_ids"), n.floats(prefix+"_weights")
	if len(trees) != len(ids) || len(which) != len(ids) || len(values) != len(ids) {
		fail("its lists of weights have different lengths")
	}
	type entry struct {
		node int32
		weight
	}
	entries := make([]entry, len(ids))
	for i := range ids {
		k, known := at[place{trees[i], ids[i]}]
		if !known || f.nodes[k].feature >= 0 {
			fail("tree %d: node %d has a weight and is no leaf", trees[i], ids[i])
		}
		if which[i] < 0 || which[i] >= int64(targets) {
			fail("a weight of target %d: there are %d", which[i], targets)
		}
		entries[i] = entry{k, weight{int32(which[i]), values[i]}}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.node, b.node) })
	f.leaves = make([]weight, len(entries))
	for i, e := range entries {
		f.leaves[i] = e.weight
		leaf := &f.nodes[e.node]
		if leaf.no == 0 {
			leaf.yes = int32(i)
		}
		leaf.no = int32(i) + 1
	}
}

// leaf walks a tree and returns the weights of the leaf that it ends at.
func (f *forest) leaf(root int32, row []float64) []weight {
	b := &f.nodes[root]
	if f.leqOnly {
		for b.feature >= 0 {
			if row[b.feature] <= b.threshold {
				b = &f.nodes[b.yes]
			} else {
				b = &f.nodes[b.no]
			}
		}
		return f.leaves[b.yes:b.no]
	}
	for b.feature >= 0 {
		if x := row[b.feature]; b.holds(x) || (b.missing && x != x) {
			b = &f.nodes[b.yes]
		} else {
			b = &f.nodes[b.no]
		}
	}
	return f.leaves[b.yes:b.no]
}

func (b *branch) holds(x float64) bool {
	switch b.op {
	case opLeq:
		return x <= b.threshold
	case opLt:
		return x < b.threshold
	case opGte:
		return x >= b.threshold
	case opGt:
		return x > b.threshold
	case opEq:
		return x == b.threshold
	}
	return x != b.threshold
}

// rows returns the rows of the input.
func (f *forest) rows(c *call) (numbers []float64, rows, width int) {
	in := c.input(0)
	rows, width = in.rows()
	if width < f.features {
		fail("its trees ask for %d columns: the input has %d", f.features, width)
	}
	c.spend(rows * f.depth)
	return in.numbers(&c.b), rows, width
}

// sums adds the weights of all trees to scores, rows by targets. It walks tree after tree, so that a tree's nodes stay in
// the processor's cache.
func (f *forest) sums(scores, numbers []float64, rows, width, targets int) {
	for _, root := range f.roots {
		for r := range rows {
			for _, w := range f.leaf(root, numbers[r*width:(r+1)*width]) {
				scores[r*targets+int(w.target)] += w.value
			}
		}
	}
}
