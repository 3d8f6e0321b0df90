package sqlitestore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// Aggregate answers an aggregation.
func (s *Store) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	// The groups are materialized, so a sum that overflows fails here, before the first row. Sums of decimals are first
	// tried in 64 bits: many groups have them in half the time.
	narrow := narrowSums(&a)
	rows, err := s.groups(ctx, &a, narrow)
	if narrow && primary(err) == sqlite3.SQLITE_TOOBIG {
		rows, err = s.groups(ctx, &a, false)
	}
	if err != nil {
		return nil, s.overflow(ctx, &a, err)
	}
	return rows, nil
}

// groups answers an aggregation; narrow says that it fails with SQLITE_TOOBIG if a sum of Decimals exceeds int64.
func (s *Store) groups(ctx context.Context, a *gold.Aggregation, narrow bool) (gold.Rows, error) {
	b, err := selectGroups(a, narrow)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, a.Version, b, a.OutFields(), a.Limit)
}

// sumsDecimals reports whether a measure adds Decimals.
func sumsDecimals(v *gold.Version, m gold.Measure) bool {
	if m.Func != gold.Sum {
		return false
	}
	f := v.FieldOf(m.Field, m.Join)
	return f != nil && f.Kind == gold.Decimal
}

// narrowSums reports whether an aggregation has sums of Decimals which it compares with numbers of 64 bits alone.
func narrowSums(a *gold.Aggregation) bool {
	if !slices.ContainsFunc(a.Measures, func(m gold.Measure) bool { return sumsDecimals(a.Version, m) }) {
		return false
	}
	return !slices.ContainsFunc(gold.Comparisons(a.Having), func(p gold.Predicate) bool {
		return slices.ContainsFunc(p.Values, func(v gold.Value) bool {
			_, ok := v.Int128().Int64()
			return v.Kind() == gold.WideDecimal && !ok
		})
	})
}

// outColumn is one column of an aggregation's answer.
type outColumn struct {
	name string
	key  string           // its column in the inner statement, which orders the answer: g0, m0
	show func(b *builder) // writes the value of the answer
	// narrow says that it holds WideDecimals in 64 bits.
	narrow bool
}

// selectGroups returns the statement of an aggregation. The inner statement groups by values that sort and compare fast
// (the first day of a month, the number of a bin); the outer one converts them to text, once per group:
//
//	WITH answer AS MATERIALIZED (SELECT … AS g0, … AS m0 FROM version t WHERE … GROUP BY 1)
//	SELECT goldserve_grain(3, ?, g0), m0 FROM answer WHERE … ORDER BY … LIMIT …
//
// Without MATERIALIZED, SQLite would push the outer conditions down and hide a group whose sum overflows.
func selectGroups(a *gold.Aggregation, narrow bool) (*builder, error) {
	if err := check(a); err != nil {
		return nil, err
	}
	b := &builder{narrow: narrow}
	columns := outColumnsOf(a)
	for i, m := range a.Measures {
		columns[len(a.Group)+i].narrow = narrow && sumsDecimals(a.Version, m)
	}
	b.write("WITH answer AS MATERIALIZED (")
	if err := b.groups(a); err != nil {
		return nil, err
	}
	b.write(") SELECT ")
	b.list(len(columns), func(i int) { columns[i].show(b) })
	b.write(" FROM answer")
	if len(a.Having) > 0 {
		b.write(" WHERE ")
		if err := b.where(a.Having, func(p gold.Predicate) error { return b.condition(columns, p) }); err != nil {
			return nil, err
		}
	}
	order, err := orderOf(a, columns)
	if err != nil {
		return nil, err
	}
	b.order(len(order), func(i int) (string, bool) { return order[i].Field, order[i].Desc })
	b.limit(a.Limit)
	return b, nil
}

// condition writes a predicate on a column of the answer.
func (b *builder) condition(columns []outColumn, p gold.Predicate) error {
	f := outColumnOf(columns, p.Field)
	if f == nil {
		return malformed("the answer has no column %q", p.Field)
	}
	if f.narrow {
		p.Values = slices.Clone(p.Values)
		for i, v := range p.Values {
			if n, ok := v.Int128().Int64(); ok && !v.IsNull() {
				p.Values[i] = gold.NewDecimal(n)
			}
		}
	}
	if p.Op == gold.In && !slices.ContainsFunc(p.Values, func(v gold.Value) bool { return !v.IsNull() }) {
		// No value is in an empty list. With a constant, SQLite would not compute the groups, one of which may
		// overflow.
		b.write("(SELECT count(*) FROM answer) < 0")
		return nil
	}
	// A bin's labels and a grain's calendar are parameters, which come before the predicate's.
	shown := &builder{args: b.args}
	f.show(shown)
	b.args = shown.args
	return b.compare(shown.String(), p)
}

// check refuses unknown columns, and measures that the field's kind doesn't allow.
func check(a *gold.Aggregation) error {
	if err := measure.CheckAggregation(a); err != nil {
		return err
	}
	if len(a.Group)+len(a.Measures) == 0 {
		return malformed("an aggregation needs a group or a measure")
	}
	return nil
}

// groups writes the inner statement.
func (b *builder) groups(a *gold.Aggregation) error {
	b.write("SELECT ")
	for i, g := range a.Group {
		if i > 0 {
			b.write(", ")
		}
		if err := b.group(a.Version, g); err != nil {
			return err
		}
		b.write(" AS g", strconv.Itoa(i))
	}
	for i, m := range a.Measures {
		if i+len(a.Group) > 0 {
			b.write(", ")
		}
		if err := b.measure(a, m); err != nil {
			return err
		}
		b.write(" AS m", strconv.Itoa(i))
	}
	b.write(" FROM ")
	b.table(a.Version)
	b.write(" t")
	b.leftJoins()
	if len(a.Where) > 0 {
		b.write(" WHERE ")
		if err := b.where(a.Where, func(p gold.Predicate) error { return b.predicate(&a.Version.Dataset, "t", p) }); err != nil {
			return err
		}
	}
	if len(a.Group) > 0 {
		b.write(" GROUP BY ")
		b.list(len(a.Group), func(i int) { b.write(strconv.Itoa(i + 1)) })
	}
	return nil
}

// group writes what an aggregation of a version groups by.
func (b *builder) group(v *gold.Version, g gold.Group) error {
	column, f, err := b.field(v, g.Field, g.Join)
	switch {
	case err != nil:
		return err
	case g.Age != nil:
		other, since, err := b.field(v, g.Age.Since, g.Age.Join)
		if err != nil {
			return err
		}
		b.write(fmt.Sprintf("goldserve_age(%d, %d, %d, %d, ", f.Kind, since.Kind, g.Age.Days, g.Age.Months))
		b.param(calendarText(g.Calendar))
		b.write(", ", column, ", ", other, ")")
	case g.Grain != gold.GrainNone:
		b.write(fmt.Sprintf("goldserve_period(%d, %d, ", f.Kind, g.Grain))
		b.param(calendarText(g.Calendar))
		b.write(", ", column, ")")
	case len(g.Bins) > 0:
		b.bins(column, f, g)
	default:
		b.write(column)
	}
	return err
}

// bins writes the number of the bin of a value, as measure.BinIndex returns it.
func (b *builder) bins(column string, f *gold.Field, g gold.Group) {
	number := column
	var edges []driver.Value
	for _, edge := range g.Bins {
		edges = append(edges, edge)
	}
	for i, key := range measure.ExactEdges(g, f.Scale) {
		edges[i] = sortableEdge(gold.Int128OfKey([]byte(key)))
	}
	switch f.Kind {
	case gold.Decimal, gold.Duration:
		number = fmt.Sprintf("(%s / %.1f)", column, gold.Pow10(f.Scale))
	case gold.Int:
		number = "CAST(" + column + " AS REAL)"
	case gold.WideDecimal:
		if len(g.Exact) == 0 {
			number = fmt.Sprintf("goldserve_real(%s, %d)", column, f.Scale)
		}
	default:
	}
	b.write("CASE WHEN ", column, " IS NULL THEN NULL")
	for i, edge := range edges {
		b.write(" WHEN ", number, " < ")
		b.param(edge)
		b.write(" THEN ", strconv.Itoa(i))
	}
	b.write(" ELSE ", strconv.Itoa(len(edges)), " END")
}

// sortableEdge returns a text that compares with those of WideDecimals as an edge, which may be beyond them all.
func sortableEdge(n gold.Int128) string {
	switch {
	case n.Fits(gold.MaxDigits):
		return sortable(n)
	case n.High < 0:
		return "" // before all texts
	default:
		return "~" // after them
	}
}

// measure writes a measure of a version's rows. Sums over no rows are 0; for all other measures, SQL's value is right.
func (b *builder) measure(a *gold.Aggregation, m gold.Measure) error {
	v := a.Version
	where, err := a.Condition(m)
	if err != nil {
		return err
	}
	// SQLite computes an aggregate that is written twice once, if its parameters are the same.
	filter := &builder{args: b.args, numbered: true}
	if where != nil {
		filter.write(" FILTER (WHERE ")
		// A looked-up field is a column of a join: a subquery would be another one where it is written again.
		if err := filter.where(where, func(p gold.Predicate) error {
			column, _, err := b.field(v, p.Field, p.Join)
			if err != nil {
				return err
			}
			return filter.compare(column, p)
		}); err != nil {
			return err
		}
		filter.write(")")
		b.args = filter.args
	}
	of := func(aggregate string) { b.write(aggregate, filter.String()) }
	if m.Func == gold.Count {
		of("count(*)")
		return nil
	}
	column, f, err := b.field(v, m.Field, m.Join)
	if err != nil {
		return err
	}
	exact := func() {
		level := "0.0" // no parameter, which would be another one where it is written again
		if m.Func == gold.Quantile {
			b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: m.Level})
			level = "?" + strconv.Itoa(len(b.args))
		}
		of(fmt.Sprintf("goldserve_measure(%d, %d, %d, %s, %s)", m.Func, f.Kind, f.Scale, column, level))
	}
	switch {
	case m.Func == gold.CountDistinct:
		of("count(DISTINCT " + column + ")")
	case m.Func == gold.Min:
		of("min(" + column + ")")
	case m.Func == gold.Max:
		of("max(" + column + ")")
	case m.Func.Picks():
		order := make([]string, 0, 2)
		for _, name := range m.Order() {
			order = append(order, own(name))
		}
		of(fmt.Sprintf("goldserve_pick(%d, %s, %s)", m.Func, column, strings.Join(order, ", ")))
	case m.Func != gold.Sum:
		exact()
	case f.Kind == gold.Double:
		b.write("coalesce(")
		exact()
		b.write(", 0.0)")
	case f.Kind == gold.WideDecimal:
		b.write("CASE ")
		exact()
		b.write(" WHEN '' THEN ", tooBig, " ELSE coalesce(")
		exact()
		b.write(", '", sortable(gold.Int128{}), "') END")
	case f.Kind == gold.Decimal && !b.narrow:
		b.write("goldserve_wide(")
		of("sum(" + column + " >> 32)")
		b.write(", ")
		of("sum(" + column + " & 4294967295)")
		b.write(")")
	default:
		b.sumOfInts(column, of)
	}
	return err
}

// sumOfInts writes the exact sum of integers, which fails with SQLITE_TOOBIG if it exceeds int64; of writes an aggregate.
//
// SQLite's own sum fails if a partial sum exceeds int64, which depends on the order of the rows, and with a generic
// code. So the upper and the lower 32 bits are summed separately, and the carry is added. Only a blob that is too large
// fails with a code of its own.
func (b *builder) sumOfInts(column string, of func(aggregate string)) {
	low := func() {
		b.write("coalesce(")
		of("sum(" + column + " & 4294967295)")
		b.write(", 0)")
	}
	high := func() {
		b.write("(coalesce(")
		of("sum(" + column + " >> 32)")
		b.write(", 0) + (")
		low()
		b.write(" >> 32))")
	}
	b.write("CASE WHEN ")
	high()
	b.write(" BETWEEN -2147483648 AND 2147483647 THEN ")
	high()
	b.write(" * 4294967296 + (")
	low()
	b.write(" & 4294967295) ELSE ", tooBig, " END")
}

// tooBig is the expression of a blob that is too large, which fails with SQLITE_TOOBIG.
const tooBig = "zeroblob(4611686018427387904)"

// overflow translates SQLITE_TOOBIG of an aggregation. To find which sum overflowed, it computes each.
func (s *Store) overflow(ctx context.Context, a *gold.Aggregation, err error) error {
	if primary(err) != sqlite3.SQLITE_TOOBIG {
		return err
	}
	var sums []gold.Measure
	for _, m := range a.Measures {
		if m.Func == gold.Sum && a.Version.FieldOf(m.Field, m.Join).Kind.Overflows() {
			sums = append(sums, m)
		}
	}
	for i, m := range sums {
		fits := false
		if i < len(sums)-1 {
			if fits, err = s.fits(ctx, a, m); err != nil {
				return err
			}
		}
		if !fits {
			return gold.Overflow(m, a.Version.FieldOf(m.Field, m.Join).Kind)
		}
	}
	return err
}

// fits reports whether a sum stays in range in every group of an aggregation.
func (s *Store) fits(ctx context.Context, a *gold.Aggregation, m gold.Measure) (bool, error) {
	alone := gold.Aggregation{Version: a.Version, Where: a.Where, Group: a.Group, Measures: []gold.Measure{m}, Aliases: a.Aliases}
	rows, err := s.groups(ctx, &alone, false)
	switch {
	case primary(err) == sqlite3.SQLITE_TOOBIG:
		return false, nil
	case err != nil:
		return false, err
	}
	return true, rows.Close()
}

// outColumnsOf returns the columns of an aggregation's answer.
func outColumnsOf(a *gold.Aggregation) []outColumn {
	columns := make([]outColumn, 0, len(a.Group)+len(a.Measures))
	for i, g := range a.Group {
		f := outColumn{name: g.Name(), key: "g" + strconv.Itoa(i)}
		switch {
		case g.Grain != gold.GrainNone:
			f.show = func(b *builder) {
				b.write(fmt.Sprintf("goldserve_grain(%d, ", g.Grain))
				b.param(calendarText(g.Calendar))
				b.write(", ", f.key, ")")
			}
		case len(g.Bins) > 0:
			f.show = func(b *builder) { b.labels(f.key, g) }
		default:
			f.show = func(b *builder) { b.write(f.key) }
		}
		columns = append(columns, f)
	}
	for i, m := range a.Measures {
		key := "m" + strconv.Itoa(i)
		columns = append(columns, outColumn{name: m.Name(), key: key, show: func(b *builder) { b.write(key) }})
	}
	return columns
}

// labels writes the label of the bin whose number is in a column.
func (b *builder) labels(column string, g gold.Group) {
	b.write("CASE ", column)
	for i := range len(g.Bins) + 1 {
		b.write(" WHEN ", strconv.Itoa(i), " THEN ")
		b.param(measure.GroupLabel(g, i))
	}
	b.write(" END")
}

func outColumnOf(columns []outColumn, name string) *outColumn {
	for i := range columns {
		if columns[i].name == name {
			return &columns[i]
		}
	}
	return nil
}

// orderOf returns the order of an answer by its inner columns: the requested sort, completed by the groups.
func orderOf(a *gold.Aggregation, columns []outColumn) ([]gold.Sort, error) {
	var order []gold.Sort
	for _, s := range a.Sort {
		f := outColumnOf(columns, s.Field)
		if f == nil {
			return nil, malformed("the answer has no column %q", s.Field)
		}
		order = append(order, gold.Sort{Field: f.key, Desc: s.Desc})
	}
	for i := range a.Group {
		order = append(order, gold.Sort{Field: columns[i].key})
	}
	return order, nil
}
