package quality

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"goldserve/gold"
)

// RollupRule is the id of the rule that a rollup adds to its dataset: the rows equal the groups of the aggregated
// dataset, with the same measures.
const RollupRule = "rollup"

// rollupTolerance is the permitted relative difference of two doubles, which were summed in another order.
const rollupTolerance = 1e-6

// cancelled is the permitted remainder of a double's sum in which large values cancel out, relative to the largest
// group's.
const cancelled = 1e-12

// Rollup compares the rows of a dataset with the groups of its origin. It belongs to one goroutine.
type Rollup struct {
	dataset *gold.Dataset
	groups  *gold.Batch // computed from the origin, in order
	places  map[string]int
	seen    []bool    // by group
	floors  []float64 // by measure: smaller differences of doubles are ignored
	failing int64
	found   []difference // the first ones, sorted
	key     []byte       // reused
}

// difference is one row or group without an equal counterpart, and its description.
type difference struct {
	place int // of its group; rows without a group come last
	text  string
}

// NewRollup returns a comparison of the rows of d, which has a Rollup, with the groups of its origin: a batch whose
// columns are the groups and the measures of the Rollup, in their order. Invalid memory_limit if finding groups by key
// needs more than memory bytes; 0 is no limit.
func NewRollup(d *gold.Dataset, groups *gold.Batch, memory int64) (*Rollup, error) {
	r := &Rollup{dataset: d, groups: groups, places: make(map[string]int, groups.Rows), seen: make([]bool, groups.Rows)}
	held := int64(0)
	for i := range groups.Rows {
		r.key = appendKey(r.key[:0], groups.Columns[:len(d.Rollup.Group)], i)
		r.places[string(r.key)] = i
		if held += int64(len(r.key)) + 64; memory > 0 && held > memory {
			return nil, gold.Errorf(gold.Invalid, gold.CodeMemoryLimit,
				"comparing %s with its %d groups of %s needs more than %d bytes of memory", d.Name, groups.Rows, d.Rollup.Of, memory)
		}
	}
	for k := range d.Rollup.Measures {
		c, largest := &groups.Columns[len(d.Rollup.Group)+k], 0.0
		for _, v := range c.Floats {
			largest = max(largest, math.Abs(v))
		}
		r.floors = append(r.floors, cancelled*largest)
	}
	return r, nil
}

// appendKey appends an unambiguous key of row i in these columns.
func appendKey(dst []byte, columns []gold.Column, i int) []byte {
	for k := range columns {
		c := &columns[k]
		switch {
		case c.IsNull(i):
			dst = append(dst, 0)
		case c.Kind.InBytes():
			text := c.Text(i)
			dst = append(binary.AppendUvarint(append(dst, 1), uint64(len(text))), text...)
		case c.Kind == gold.Double:
			dst = binary.LittleEndian.AppendUint64(append(dst, 2), math.Float64bits(c.Floats[i]+0))
		default:
			dst = binary.LittleEndian.AppendUint64(append(dst, 2), uint64(c.Ints[i]))
		}
	}
	return dst
}

// Add compares the rows of a batch. It finds its columns by the names in b.Fields. Internal if one is missing.
func (r *Rollup) Add(b *gold.Batch) error {
	spec := r.dataset.Rollup
	columns := make([]gold.Column, 0, len(r.groups.Columns))
	for _, f := range r.groups.Fields {
		c := b.Column(f.Name)
		if c == nil {
			return gold.Errorf(gold.Internal, gold.CodeInternal, "dataset %s: the batch has no column %s", r.dataset.Name, f.Name)
		}
		columns = append(columns, *c)
	}
	for i := range b.Rows {
		r.key = appendKey(r.key[:0], columns[:len(spec.Group)], i)
		place, known := r.places[string(r.key)]
		if !known {
			r.differs(r.groups.Rows, r.group(columns, i)+": "+spec.Of+" has no such group")
			continue
		}
		r.seen[place] = true
		var unequal []string
		for k := range spec.Measures {
			at := len(spec.Group) + k
			is, should := columns[at].Value(i), r.groups.Columns[at].Value(place)
			if !r.equal(k, is, should) {
				unequal = append(unequal, r.measure(k)+" is "+r.text(at, &columns[at], i)+", "+spec.Of+" gives "+r.text(at, &r.groups.Columns[at], place))
			}
		}
		if len(unequal) > 0 {
			r.differs(place, r.group(columns, i)+": "+strings.Join(unequal, ", "))
		}
	}
	return nil
}

// equal compares two values of a measure. The sum of no values is 0 or null, depending on the engine that wrote it.
func (r *Rollup) equal(measure int, is, should gold.Value) bool {
	if is.IsNull() && r.dataset.Rollup.Measures[measure].Func == gold.Sum {
		return should.IsNull() || should.Number() == 0
	}
	if is.IsNull() || should.IsNull() || is.Kind() != gold.Double {
		return gold.Compare(is, should) == 0
	}
	a, b := is.Double(), should.Double()
	return math.Abs(a-b) <= max(rollupTolerance*max(math.Abs(a), math.Abs(b)), r.floors[measure])
}

// Result returns the rule's result once all rows are added.
func (r *Rollup) Result() gold.RuleResult {
	spec := r.dataset.Rollup
	for place, seen := range r.seen {
		if seen {
			continue
		}
		var has []string
		for k := range spec.Measures {
			at := len(spec.Group) + k
			has = append(has, r.measure(k)+" "+r.text(at, &r.groups.Columns[at], place))
		}
		r.differs(place, r.group(r.groups.Columns, place)+" is missing: "+spec.Of+" gives "+strings.Join(has, ", "))
	}
	result := resultOf(r.dataset)
	result.Passed, result.Failing = r.failing == 0, r.failing
	for _, d := range r.found {
		result.Examples = append(result.Examples, d.text)
	}
	return result
}

// NotCompared is the result of a rollup that could not be compared.
func NotCompared(d *gold.Dataset, err error) gold.RuleResult {
	result := resultOf(d)
	result.Examples = []string{"not compared with " + d.Rollup.Of + ": " + err.Error()}
	return result
}

func resultOf(d *gold.Dataset) gold.RuleResult {
	result := gold.RuleResult{Dataset: d.Name, Rule: RollupRule, Severity: gold.SeverityWarning}
	if d.Rollup.Strict {
		result.Severity = gold.SeverityError
	}
	return result
}

func (r *Rollup) differs(place int, text string) {
	r.failing++
	d := difference{place, text}
	at, _ := slices.BinarySearchFunc(r.found, d, func(a, b difference) int {
		return cmp.Or(cmp.Compare(a.place, b.place), strings.Compare(a.text, b.text))
	})
	if at < mostExamples {
		r.found = slices.Insert(r.found, at, d)
		r.found = r.found[:min(len(r.found), mostExamples)]
	}
}

// group names a group: mois '2011-12'. Its columns come first.
func (r *Rollup) group(columns []gold.Column, i int) string {
	var terms []string
	for k := range r.dataset.Rollup.Group {
		terms = append(terms, r.groups.Fields[k].Name+" "+r.text(k, &columns[k], i))
	}
	return strings.Join(terms, ", ")
}

func (r *Rollup) measure(k int) string { return r.dataset.Rollup.Measures[k].Name() }

// text shows a value; personal data is never shown.
func (r *Rollup) text(column int, c *gold.Column, i int) string {
	f := &r.groups.Fields[column]
	if own := r.dataset.Field(f.Name); own != nil && isPersonal(own) || isPersonal(f) {
		return "(personal)"
	}
	return string(appendValue(nil, c, i, f))
}
