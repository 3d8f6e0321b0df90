package storetest

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// generator makes contracts, rows and questions. The same seed makes the same ones.
type generator struct {
	*rand.Rand
	// variations makes parts that a question may have or not, so that the rest of it stays as it is.
	variations *rand.Rand
}

func newGenerator(seed uint64) generator {
	source := func(stream uint64) *rand.Rand {
		return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // tests want numbers that come again, not secrets
	}
	return generator{source(0x90_1d), source(0x60_1d)}
}

// chance is true in p of 100 cases.
func (g generator) chance(p int) bool { return g.IntN(100) < p }

func one[T any](g generator, of []T) T { return of[g.IntN(len(of))] }

// some returns n of the elements in any order.
func some[T any](g generator, n int, of []T) []T {
	out := make([]T, 0, n)
	for _, i := range g.Perm(len(of))[:n] {
		out = append(out, of[i])
	}
	return out
}

// fieldNames are identifiers, some of which mean something to a database.
var fieldNames = []string{"a", "B", "order", "Group", "select", "rowid", "key", "value", "date", "prix_HT", "n2", "count", "id", "limit", "text", "oid", "sum", "null"}

// kinds are the kinds of fields as often as they are made.
var kinds = []gold.Kind{gold.Bool, gold.Int, gold.Int, gold.Double, gold.Double, gold.Decimal, gold.WideDecimal, gold.Text, gold.Text, gold.Text, gold.Date, gold.Time, gold.Duration}

// pool is what a field's values are drawn from.
type pool struct {
	field  gold.Field
	values []gold.Value
	nulls  int // of 100
}

func (p *pool) draw(g generator) gold.Value {
	if g.chance(p.nulls) {
		return gold.Value{}
	}
	return one(g, p.values)
}

// dataset is a table with the pools of its fields.
type dataset struct {
	table
	pools []pool
}

// dataset makes a contract of 2 to 8 fields, up to 2 of them the key, and up to 200 rows; some rows without a key are the
// same.
func (g generator) dataset(name string) dataset {
	keys, rows := g.IntN(3), 200
	if g.chance(20) {
		rows = one(g, []int{0, 1, 2, 30})
	}
	names := some(g, max(keys+1, 2+g.IntN(7)), fieldNames)
	var d dataset
	for i, fieldName := range names {
		kind := one(g, kinds)
		for i < keys && (kind == gold.Bool || kind == gold.Double) {
			kind = one(g, kinds)
		}
		d.pools = append(d.pools, g.pool(fieldName, kind, i < keys))
		if v := (generator{Rand: g.variations}); i < keys && v.chance(20) { // as of a derived dataset whose group may be null
			d.pools[i].field.Nullable, d.pools[i].nulls = true, 5
		}
	}
	d.fill(g, name, keys, rows)
	return d
}

// dimension makes a dataset whose key is made to meet a field of another: about half of its values have a row.
func (g generator) dimension(name string, on *pool) dataset {
	key := g.pool("key", on.field.Kind, true)
	key.field.Scale, key.field.Precision = on.field.Scale, on.field.Precision
	others := slices.DeleteFunc(key.values[:g.IntN(4)], func(v gold.Value) bool { return !fits(v, on.field.Precision) })
	key.values = append(some(g, (len(on.values)+1)/2, on.values), others...)
	d := dataset{pools: []pool{key}}
	for _, fieldName := range some(g, 1+g.IntN(4), []string{"a", "B", "order", "value", "n3", "pays"}) {
		d.pools = append(d.pools, g.pool(fieldName, one(g, kinds), false))
	}
	d.fill(g, name, 1, len(key.values))
	return d
}

// fill makes the table of at most n rows whose keys, where they have some, are all different.
func (d *dataset) fill(g generator, name string, keys, n int) {
	var fields []gold.Field
	for _, p := range d.pools {
		fields = append(fields, p.field)
	}
	d.table = newTable(name, fields, keys)
	if g.chance(50) {
		var index gold.Index
		for _, f := range some(g, 1+g.IntN(2), fields) {
			index = append(index, gold.Sort{Field: f.Name, Desc: g.chance(50)})
		}
		d.Indexes = []gold.Index{index}
	}
	seen := map[[2]gold.Value]bool{}
	for range n {
		var r []gold.Value
		for i := range d.pools {
			r = append(r, d.pools[i].draw(g))
		}
		var key [2]gold.Value
		copy(key[:], r[:keys])
		switch {
		case keys == 0 && len(d.rows) > 0 && g.chance(20):
			d.rows = append(d.rows, slices.Clone(one(g, d.rows)))
		case keys == 0 || !seen[key]:
			seen[key] = true
			d.rows = append(d.rows, r)
		}
	}
	if keys == 0 {
		d.number()
	}
}

// pool makes a field and from 1 to 60 values for it, or many for a key: few give duplicates, extremes give trouble.
func (g generator) pool(name string, kind gold.Kind, key bool) pool {
	p := pool{field: gold.Field{Name: name, Kind: kind, Nullable: !key}}
	size, wild := one(g, []int{1, 2, 3, 5, 12, 60}), one(g, []int{0, 20, 80})
	switch kind {
	case gold.Decimal:
		p.field.Scale = one(g, []int{0, 2, 5, 18})
	case gold.WideDecimal:
		p.field.Precision = one(g, []int{19, 34, 35, 38})
		p.field.Scale = one(g, []int{0, 2, 18, p.field.Precision})
	case gold.Duration:
		p.field.Scale = gold.DurationScale
	default:
	}
	if key {
		size = 150
	} else if p.field.Nullable = g.chance(70); p.field.Nullable {
		p.nulls = one(g, []int{0, 5, 10, 10, 20, 50, 100})
	}
	for len(p.values) < size {
		var v gold.Value
		switch {
		case g.chance(wild):
			v = one(g, extremes[kind])
		case g.chance(20):
			v = one(g, around[kind])
		default:
			v = g.value(kind, wild > 0)
		}
		if fits(v, p.field.Precision) {
			p.values = append(p.values, v)
		}
	}
	return p
}

// fits reports whether a value has no more digits than its field, 0 for any.
func fits(v gold.Value, precision int) bool {
	return precision == 0 || v.IsNull() || len(strings.TrimPrefix(v.Format(0), "-")) <= precision
}

// value makes a value of a kind, from all of its range or from a usual part.
func (g generator) value(kind gold.Kind, wild bool) gold.Value {
	switch kind {
	case gold.Bool:
		return gold.NewBool(g.chance(50))
	case gold.Int:
		if wild {
			return gold.NewInt(int64(g.Uint64()))
		}
		return gold.NewInt(g.Int64N(2_000) - 1_000)
	case gold.Double:
		return g.double(wild)
	case gold.Decimal:
		if wild {
			return gold.NewDecimal(g.Int64N(2e18-1) - (1e18 - 1))
		}
		return gold.NewDecimal(g.Int64N(20_000) - 10_000)
	case gold.WideDecimal:
		digits := strconv.FormatInt(g.Int64N(20_000)-10_000, 10)
		if wild {
			digits = one(g, []string{"", "-"})
			for range 1 + g.IntN(gold.MaxDigits) {
				digits += strconv.Itoa(g.IntN(10))
			}
		}
		return must(gold.ParseValue(gold.WideDecimal, 0, digits))
	case gold.Date:
		if wild {
			return gold.NewDate(gold.MinDate + g.Int64N(gold.MaxDate-gold.MinDate+1))
		}
		return gold.NewDate(one(g, []int64{15_000, -200}) + g.Int64N(400))
	case gold.Time:
		if wild {
			return gold.NewTime(gold.MinTime + g.Int64N(gold.MaxTime-gold.MinTime+1))
		}
		return gold.NewTime((one(g, []int64{15_000, -30})*86_400 + g.Int64N(60*86_400)) * 1_000)
	case gold.Duration:
		if wild {
			return gold.NewIntegral(kind, int64(g.Uint64()))
		}
		return gold.NewIntegral(kind, g.Int64N(20_000_000)-10_000_000)
	default:
		return gold.NewText(g.text())
	}
}

func (g generator) double(wild bool) gold.Value {
	if !wild {
		return gold.NewDouble(float64(g.Int64N(200_000)-100_000) / 100)
	}
	for {
		if f := math.Float64frombits(g.Uint64()); !math.IsInf(f, 0) {
			return gold.NewDouble(f) // a NaN becomes null: nulls among the values do no harm
		}
	}
}

// text makes up to four pieces.
func (g generator) text() string {
	var b strings.Builder
	for range g.IntN(5) {
		b.WriteString(one(g, oddTexts).(string))
	}
	return b.String()
}

// like makes a value to compare a field with: mostly one that it has, or around the kind's zero.
func (g generator) like(p *pool) gold.Value {
	v := gold.Value{}
	switch {
	case g.chance(70):
		v = one(g, p.values)
	case g.chance(50):
		v = one(g, around[p.field.Kind])
	}
	for v.IsNull() {
		v = g.value(p.field.Kind, g.chance(50))
	}
	return v
}

// needle makes a text to look for: a part of one that the field has, its case changed, or any.
func (g generator) needle(p *pool) gold.Value {
	runes := []rune(g.like(p).Text())
	from := g.IntN(len(runes) + 1)
	text := string(runes[from:min(len(runes), from+1+g.IntN(3))])
	switch g.IntN(4) {
	case 0:
		text = strings.ToUpper(text)
	case 1:
		text = strings.ToLower(text)
	case 2:
		text = one(g, oddTexts).(string)
	}
	return gold.NewText(text)
}

// predicate makes a predicate on a field that has these values.
func (g generator) predicate(p *pool, via *gold.Join) gold.Predicate {
	out := gold.Predicate{Field: p.field.Name, Op: gold.Op(g.IntN(len(gold.Operators()))), Join: via}
	switch {
	case !out.Op.Row().Takes(p.field.Kind):
		out.Op = one(g, []gold.Op{gold.Eq, gold.Lt, gold.Gte, gold.IsNull})
	case p.field.Kind == gold.Text && g.chance(40):
		out.Op = one(g, []gold.Op{gold.Contains, gold.Contains, gold.StartsWith})
	}
	if via != nil && g.chance(20) { // a field that isn't found is null, too
		out.Op = one(g, []gold.Op{gold.IsNull, gold.NotNull})
	}
	switch row := out.Op.Row(); {
	case row.Arity == gold.NoValue:
	case row.Arity == gold.AnyValues:
		for range g.IntN(5) {
			out.Values = append(out.Values, g.like(p))
		}
	case row.Search:
		out.Values = []gold.Value{g.needle(p)}
	default:
		out.Values = []gold.Value{g.like(p)}
	}
	return out
}

// sort makes up to three terms on different fields.
func (g generator) sort(names []string) []gold.Sort {
	var terms []gold.Sort
	for _, name := range some(g, g.IntN(min(3, len(names))+1), names) {
		terms = append(terms, gold.Sort{Field: name, Desc: g.chance(50)})
	}
	return terms
}

// group makes a term to group by.
func (g generator) group(p *pool, via *gold.Join, as string) gold.Group {
	out := gold.Group{Field: p.field.Name, As: as, Join: via}
	switch p.field.Kind {
	case gold.Date, gold.Time:
		if calendar := g.calendar(); g.chance(80) {
			out.Grain = one(g, calendar.Grains(p.field.Kind))
			out.Calendar = calendar.Of(p.field.Kind, out.Grain)
		}
	case gold.Int, gold.Double, gold.Decimal, gold.WideDecimal, gold.Duration:
		if g.chance(40) {
			out.Bins = g.edges(p)
			if v := (generator{Rand: g.variations}); p.field.Kind == gold.WideDecimal && v.chance(70) {
				v.exactEdges(p, &out)
			}
		}
	default:
	}
	return out
}

// calendar makes a calendar: often the usual one.
func (g generator) calendar() gold.Calendar {
	var c gold.Calendar
	if g.chance(60) {
		// Half hours, changes by half an hour, at midnight and over it, a day left out, and the south.
		c.Timezone = one(g, []string{"Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Auckland"})
	}
	if g.chance(40) {
		c.WeekStart = gold.Weekday(g.IntN(7))
	}
	if g.chance(50) {
		c.FiscalYearStart = 1 + g.IntN(12)
	}
	return c
}

// exactEdges makes one to five ascending edges of a WideDecimal, often values that the field has or just beside them.
func (g generator) exactEdges(p *pool, out *gold.Group) {
	var edges []*big.Rat
	for range 1 + g.IntN(5) {
		text := strconv.Itoa(g.IntN(40) - 20)
		if g.chance(80) {
			text = one(g, p.values).Format(p.field.Scale)
		}
		edge, ok := new(big.Rat).SetString(text)
		if !ok {
			panic("no number: " + text)
		}
		if g.chance(30) {
			edge.Add(edge, big.NewRat(int64(g.IntN(3)-1), 1_000_000))
		}
		edges = append(edges, edge)
	}
	slices.SortFunc(edges, (*big.Rat).Cmp)
	edges = slices.CompactFunc(edges, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	out.Bins, out.Exact = nil, nil
	for _, edge := range edges {
		double, _ := edge.Float64()
		text, _ := gold.ExactDecimal(edge.RatString())
		out.Bins, out.Exact = append(out.Bins, double), append(out.Exact, text)
	}
}

// edges makes one to five ascending edges, often values that the field has.
func (g generator) edges(p *pool) []float64 {
	var edges []float64
	for range 1 + g.IntN(5) {
		edge := float64(g.IntN(40)-20) / 2
		if g.chance(70) {
			edge = g.like(p).Number()
		}
		if p.field.Kind.Scaled() {
			edge /= math.Pow10(p.field.Scale)
		}
		edges = append(edges, edge+0)
	}
	slices.Sort(edges)
	return slices.Compact(edges)
}

// measure makes a measure of a field, with a condition on one of these in some cases.
func (g generator) measure(p *pool, via *gold.Join, pools []pool, as string) gold.Measure {
	functions := []gold.Func{gold.Count, gold.CountDistinct, gold.Min, gold.Max}
	if k := p.field.Kind; k == gold.Int || k == gold.Double || k.Scaled() {
		functions = append(functions, gold.Sum, gold.Avg, gold.Median, gold.Sum)
	}
	m := gold.Measure{Func: one(g, functions), Field: p.field.Name, As: as, Join: via}
	if m.Func == gold.Count {
		m.Field, m.Join = "", nil
	}
	v := generator{Rand: g.variations}
	if v.chance(30) {
		m.Where = v.clause(pools, 2)
	}
	if p.field.Kind.Numeric() && v.chance(20) {
		m.Func, m.Field, m.Join, m.Level = gold.Quantile, p.field.Name, via, one(v, []float64{0, 0.1, 0.25, 0.5, 0.9, 0.999, 1})
	}
	if by := one(v, pools); (by.field.Kind.Temporal() || by.field.Kind == gold.Text) && v.chance(30) {
		m.Func, m.Field, m.Join, m.Level, m.By = one(v, []gold.Func{gold.First, gold.Last}), p.field.Name, via, 0, by.field.Name
	}
	return m
}

// clause makes the text of a condition on some of the fields.
func (g generator) clause(pools []pool, deep int) string {
	switch g.IntN(5) * min(deep, 1) {
	case 3:
		return "not (" + g.clause(pools, deep-1) + ")"
	case 4:
		word := one(g, []string{" and ", " or "})
		return "(" + g.clause(pools, deep-1) + word + g.clause(pools, deep-1) + ")"
	}
	p := &pools[g.IntN(len(pools))]
	literal := func() string {
		text := g.like(p).Format(p.field.Scale)
		switch p.field.Kind {
		case gold.Text:
			if len(text) > 200 {
				text = "long"
			}
			return "'" + strings.ReplaceAll(text, "'", "''") + "'"
		case gold.Date, gold.Time, gold.Duration:
			return "'" + text + "'"
		default:
			return text
		}
	}
	operators := []string{"=", "!=", "<", "<=", ">", ">="}
	if p.field.Kind == gold.Bool {
		operators = operators[:2]
	}
	switch g.IntN(5) {
	case 0:
		return p.field.Name + one(g, []string{" is null", " is not null"})
	case 1:
		return p.field.Name + one(g, []string{" in (", " not in ("}) + literal() + ", " + literal() + ")"
	default:
		return p.field.Name + " " + one(g, operators) + " " + literal()
	}
}

func columnName(prefix string, i int) string { return fmt.Sprintf("%s%d", prefix, i) }
