package storetest

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"goldserve/gold"
)

// perWorld is the number of questions that one release of random datasets answers: publishing is dear.
const perWorld = 50

// questions returns how many random questions a run of the suite asks: GOLDSERVE_TEST_RANDOM, else 300.
func questions(t *testing.T) int { return int(number(t, "GOLDSERVE_TEST_RANDOM", 300)) }

// Seed returns the seed of the first world: GOLDSERVE_TEST_SEED, else 1.
func Seed(t *testing.T) uint64 { return number(t, "GOLDSERVE_TEST_SEED", 1) }

func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s: expected a whole number, got %q", variable, text)
	}
	return n
}

// Random publishes datasets made at random, asks n random questions of them, and compares every answer with that of
// SelectRows and Aggregate: exactly, but for sums and averages of doubles (1e-12, relative). It stops at the fifth
// difference. Each fifty questions have a seed of their own, counted up from seed, which reproduces them.
func Random(t *testing.T, h Harness, seed uint64, n int) {
	s := fresh(t, h)
	failures := 0
	for w := seed; n > 0 && failures < 5; w++ {
		failures += newWorld(t, s, w).ask(t, s, min(n, perWorld))
		n -= perWorld
	}
}

// world is a release of random datasets: the first is asked, it looks up fields in the others.
type world struct {
	generator
	seed       uint64
	facts      dataset
	version    *gold.Version
	tables     []table
	dimensions []dimension
	oracle     oracle
}

// dimension is a way to a dataset in which the facts look up fields: over one or more foreign keys.
type dimension struct {
	dataset
	path []foreignKey
	via  *gold.Join
}

type foreignKey struct{ on, dataset string }

func newWorld(t *testing.T, s gold.Store, seed uint64) *world {
	t.Helper()
	w := &world{generator: newGenerator(seed), seed: seed}
	w.facts = w.dataset("facts")
	w.tables = []table{w.facts.table}
	w.lookUps(&w.facts, nil)
	var published *gold.Release
	// Of a single row, no part has others beyond it, and no file's rows have keys that are null.
	whole := slices.ContainsFunc(w.tables, func(t table) bool { return len(t.rows) < 2 || t.nullKey() })
	if seed%2 == 0 && !whole { // the rows are some of those that lie together
		beyond := make([]table, len(w.tables))
		for i := range w.tables {
			n := len(w.tables[i].rows) * 3 / 4
			w.tables[i], beyond[i] = w.tables[i].cut(0, n), w.tables[i].cut(n, len(w.tables[i].rows))
		}
		w.facts.table = w.tables[0]
		published = publishPrefixes(t, s, instant("2011-12-09"), w.tables, beyond)
	} else {
		published = publish(t, s, instant("2011-12-09"), w.tables...)
	}
	r := resolve(t, s, gold.Selector{Model: model, Number: published.Number})
	w.version = r.Version("facts")
	w.oracle = newOracle(r, w.tables)
	for i := range w.dimensions {
		d := &w.dimensions[i]
		for _, k := range slices.Backward(d.path) {
			d.via = &gold.Join{Version: r.Version(k.dataset), On: k.on, Key: "key", Next: d.via}
		}
	}
	return w
}

func (tb table) nullKey() bool {
	for i, f := range tb.RowFields() {
		if slices.Contains(tb.Key, f.Name) && slices.ContainsFunc(tb.rows, func(r []gold.Value) bool { return r[i].IsNull() }) {
			return true
		}
	}
	return false
}

// lookUps makes dimensions of a dataset that the facts look up by a path, some by two fields, and dimensions of theirs.
func (w *world) lookUps(of *dataset, path []foreignKey) {
	for range w.IntN(3) {
		on := &of.pools[w.IntN(len(of.pools))]
		if on.field.Kind == gold.Bool || on.field.Kind == gold.Double {
			continue // no contract has such a key
		}
		d := w.dimension(columnName("dimension", len(w.tables)), on)
		w.tables = append(w.tables, d.table)
		for i := range of.pools {
			// Contracts refuse keys of different scales or digits.
			if other := &of.pools[i]; other == on || other.field.Kind == on.field.Kind && other.field.Scale == on.field.Scale && other.field.Precision == on.field.Precision {
				way := append(slices.Clone(path), foreignKey{other.field.Name, d.Name})
				w.dimensions = append(w.dimensions, dimension{dataset: d, path: way})
				if other == on && len(way) < gold.MaxJoins {
					w.lookUps(&d, way)
				}
			}
		}
	}
}

// ask asks n questions and returns how many answers differ.
func (w *world) ask(t *testing.T, s gold.Store, n int) (failures int) {
	t.Helper()
	for range n {
		var difference string
		if w.chance(60) {
			difference = w.askRows(t, s, w.query())
		} else {
			difference = w.askAggregate(t, s, w.aggregation())
		}
		if difference != "" {
			failures++
			t.Errorf("a random question has another answer than the reference (again: GOLDSERVE_TEST_SEED=%d GOLDSERVE_TEST_RANDOM=%d)\n%s", w.seed, perWorld, difference)
		}
	}
	return failures
}

// field returns a field with its values: of the facts or, in some cases, a looked-up one.
func (w *world) field() (*pool, *gold.Join) {
	if len(w.dimensions) > 0 && w.chance(30) {
		l := one(w.generator, w.dimensions)
		return &l.pools[w.IntN(len(l.pools))], l.via
	}
	return &w.facts.pools[w.IntN(len(w.facts.pools))], nil
}

func (w *world) where() []gold.Predicate {
	var where []gold.Predicate
	for range one(w.generator, []int{0, 0, 1, 1, 1, 2, 2, 3}) {
		where = append(where, w.condition(func() gold.Predicate { return w.predicate(w.field()) }, 3)...)
	}
	return where
}

// condition makes mostly one comparison, else alternatives or the opposite of some, at most deep of them within each other.
func (g generator) condition(comparison func() gold.Predicate, deep int) []gold.Predicate {
	if deep == 0 || g.chance(75) {
		return []gold.Predicate{comparison()}
	}
	conditions := make([][]gold.Predicate, 1+g.IntN(3))
	for i := range conditions {
		for range 1 + g.IntN(2) {
			conditions[i] = append(conditions[i], g.condition(comparison, deep-1)...)
		}
	}
	if g.chance(40) {
		return gold.Not(slices.Concat(conditions...))
	}
	return gold.AnyOf(conditions...)
}

// query makes a question for rows; in some cases it goes on after a row of its own answer.
func (w *world) query() gold.Query {
	names := w.facts.FieldNames()
	sort := w.sort(names)
	for i := range sort {
		if p, via := w.field(); via != nil {
			sort[i].Field, sort[i].Join = p.field.Name, via
		}
	}
	q := gold.Query{Version: w.version, Where: w.where(), Sort: w.facts.TotalSort(sort), Limit: one(w.generator, []int64{0, 0, 1, 2, 3, 7, 50, 1000})}
	if w.chance(40) {
		after := q
		after.Fields, after.Limit = rowNames(&w.facts.Dataset), 0
		if all, err := w.oracle.rows(after); err == nil && len(all) > 0 {
			q.After, _ = sortValues(q.Version, q.Sort, one(w.generator, all), w.oracle) // the answer gave the row
		}
	}
	if w.chance(50) {
		names = gold.FieldNames(w.facts.RowFields())
		q.Fields = some(w.generator, 1+w.IntN(len(names)), names)
	}
	return q
}

// aggregation makes a question for groups. Having and sort name its columns.
func (w *world) aggregation() gold.Aggregation {
	a := gold.Aggregation{Version: w.version, Where: w.where(), Limit: one(w.generator, []int64{0, 0, 0, 1, 5})}
	var names []string
	var columns []*pool
	for i := range w.IntN(4) {
		p, via := w.field()
		g := w.group(p, via, columnName("g", i))
		if p.field.Kind.Temporal() && w.chance(30) {
			g = w.aged(g)
		}
		a.Group = append(a.Group, g)
		names = append(names, g.As)
		if g.Whole() {
			columns = append(columns, &pool{field: gold.Field{Name: g.As, Kind: p.field.Kind, Scale: p.field.Scale}, values: p.values})
		}
	}
	for i := range 1 + w.IntN(4) {
		p, via := w.field()
		m, err := w.facts.Ordered(w.measure(p, via, w.facts.pools, columnName("m", i)))
		w.looksUp(&m, &a)
		if err != nil { // rows without a key have no order for what is looked up
			m = gold.Measure{Func: gold.Count, As: columnName("m", i)}
		}
		a.Measures = append(a.Measures, m)
		names = append(names, m.As)
		columns = append(columns, w.column(m, p))
	}
	for range one(w.generator, []int{0, 0, 0, 0, 1, 1, 2}) {
		a.Having = append(a.Having, w.condition(func() gold.Predicate {
			p := w.predicate(one(w.generator, columns), nil)
			if len(p.Values) == 1 && w.chance(60) { // few groups equal anything
				p.Op = one(w.generator, []gold.Op{gold.Ne, gold.Lt, gold.Lte, gold.Gt, gold.Gte})
			}
			return p
		}, 2)...)
	}
	a.Sort = w.sort(names)
	return a
}

// looksUp makes the condition of a measure one on fields that are looked up, too, in some cases.
func (w *world) looksUp(m *gold.Measure, a *gold.Aggregation) {
	v := generator{Rand: w.variations}
	if len(w.dimensions) == 0 || !v.chance(30) {
		return
	}
	pools := slices.Clone(w.facts.pools)
	for range 1 + v.IntN(2) {
		d := one(v, w.dimensions)
		p := d.pools[v.IntN(len(d.pools))]
		alias := gold.Alias{Name: "way" + strconv.Itoa(len(a.Aliases)) + "." + p.field.Name, Field: p.field.Name, Join: d.via}
		a.Aliases = append(a.Aliases, alias)
		p.field.Name = alias.Name
		pools = append([]pool{p}, pools...)
	}
	m.Where = v.clause(pools[:len(pools)-len(w.facts.pools)+v.IntN(len(w.facts.pools)+1)], 2)
}

// aged makes a group one by age, where it finds another date.
func (w *world) aged(g gold.Group) gold.Group {
	for range 10 {
		since, via := w.field()
		if !since.field.Kind.Temporal() {
			continue
		}
		age := one(w.generator, []gold.Age{{Days: 1}, {Days: 7}, {Days: 30}, {Months: 1}, {Months: 3}, {Months: 12}})
		age.Since, age.Join = since.field.Name, via
		g.Grain, g.Age, g.Calendar = gold.GrainNone, &age, gold.Calendar{Timezone: w.calendar().Timezone}
		return g
	}
	return g
}

// column returns a column of a measure of a field with values to compare it with.
func (w *world) column(m gold.Measure, of *pool) *pool {
	p := &pool{field: gold.Field{Name: m.As, Kind: gold.Int}, values: row(0, 1, 2, 3, 10, 200)}
	if m.Field != "" && m.Func != gold.CountDistinct {
		p.values, p.field.Kind, p.field.Scale = of.values, m.Kind(of.field.Kind), of.field.Scale
		switch {
		case p.field.Kind == gold.Double && of.field.Kind != gold.Double:
			p.values = row(0.0, 1.5, -10.0)
		case p.field.Kind == gold.WideDecimal && of.field.Kind == gold.Decimal: // a sum
			p.values = []gold.Value{wide("9223372036854775808"), wide("-9223372036854775809")}
			for _, v := range of.values {
				p.values = append(p.values, gold.NewWideDecimal(v.Int128()))
			}
		}
	}
	return p
}

// askRows returns the difference between the store's answer and the reference's, "" where there is none. Where they
// differ, the question is made as small as it can be.
func (w *world) askRows(t *testing.T, s gold.Store, q gold.Query) string {
	t.Helper()
	differ := func(q gold.Query) string {
		got, err := tryRows(t.Context(), s, q)
		want, wantErr := w.oracle.rows(q)
		return difference(q.OutFields(), nil, got, want, err, wantErr)
	}
	if differ(q) == "" {
		return ""
	}
	q = smallest(q, smallerQueries, func(q gold.Query) bool { return differ(q) != "" })
	return describe(q) + "\n" + differ(q)
}

// askAggregate is askRows for an aggregation.
func (w *world) askAggregate(t *testing.T, s gold.Store, a gold.Aggregation) string {
	t.Helper()
	differ := func(a gold.Aggregation) string {
		got, err := tryAggregate(t.Context(), s, a)
		want, wantErr := w.oracle.aggregate(a)
		return difference(a.OutFields(), rounded(a), got, want, err, wantErr)
	}
	if differ(a) == "" {
		return ""
	}
	a = smallest(a, smallerAggregations, func(a gold.Aggregation) bool { return differ(a) != "" })
	return describeAggregation(a) + "\n" + differ(a)
}

// rounded says which columns hold sums or averages of doubles.
func rounded(a gold.Aggregation) []bool {
	columns := make([]bool, len(a.Group), len(a.Group)+len(a.Measures))
	for _, m := range a.Measures {
		columns = append(columns, m.Func == gold.Avg || m.Func == gold.Sum && a.Version.FieldOf(m.Field, m.Join).Kind == gold.Double)
	}
	return columns
}

// difference says where an answer differs from the reference's first, "" where it doesn't.
func difference(fields []gold.Field, rounded []bool, got, want [][]gold.Value, err, wantErr error) string {
	if err != nil || wantErr != nil {
		if err != nil && wantErr != nil && gold.KindOf(err) == gold.KindOf(wantErr) && gold.CodeOf(err) == gold.CodeOf(wantErr) {
			return ""
		}
		return fmt.Sprintf("error: %v\nreference: %v", err, wantErr)
	}
	for i := range min(len(got), len(want)) {
		for c := range fields {
			same := got[i][c] == want[i][c] || rounded != nil && rounded[c] && near(got[i][c], want[i][c])
			if !same {
				return fmt.Sprintf("%d and %d rows; in row %d %s is %s, the reference has %s\nrow:       %s\nreference: %s",
					len(got), len(want), i, fields[c].Name, showValue(got[i][c]), showValue(want[i][c]), showRow(got[i]), showRow(want[i]))
			}
		}
	}
	switch n := min(len(got), len(want)); {
	case len(got) > n:
		return fmt.Sprintf("%d rows, the reference has %d; the first too many is\n%s", len(got), n, showRow(got[n]))
	case len(want) > n:
		return fmt.Sprintf("%d rows, the reference has %d; the first missing is\n%s", n, len(want), showRow(want[n]))
	default:
		return ""
	}
}

// near reports whether two doubles differ by at most 1e-12, relatively.
func near(a, b gold.Value) bool {
	if a.Kind() != gold.Double || b.Kind() != gold.Double {
		return false
	}
	x, y := a.Double(), b.Double()
	return x == y || math.Abs(x-y) <= 1e-12*max(math.Abs(x), math.Abs(y))
}
