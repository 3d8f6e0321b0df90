package sqlitestore

import (
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// builder writes one statement and collects its parameters in order.
type builder struct {
	sql      []byte
	args     []driver.NamedValue
	versions []*gold.Version // whose tables it reads
	lookups  []lookedUp
	narrow   bool // sums of Decimals are integers, see Store.groups
	numbered bool // parameters are ?3, so that what it wrote may stand in a statement more than once
}

// write writes parts one after the other.
func (b *builder) write(parts ...string) {
	for _, p := range parts {
		b.sql = append(b.sql, p...)
	}
}

// String returns the statement so far.
func (b *builder) String() string { return string(b.sql) }

// table writes the table of a version, or of one that is a prefix the rows of it, which SQLite takes for a condition of the
// statement.
func (b *builder) table(v *gold.Version) {
	b.versions = append(b.versions, v)
	if prefix := within("", v); prefix != "" {
		b.write("(SELECT * FROM ", quote(tableOf(v.Location)), " WHERE ", prefix, ")")
		return
	}
	b.write(quote(v.Location))
}

// list writes n parts with commas between them.
func (b *builder) list(n int, part func(i int)) {
	for i := range n {
		if i > 0 {
			b.write(", ")
		}
		part(i)
	}
}

// param writes a parameter: int64, float64 or string.
func (b *builder) param(v driver.Value) {
	b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
	b.write("?")
	if b.numbered {
		b.write(strconv.Itoa(len(b.args)))
	}
}

// value writes a value as a parameter.
func (b *builder) value(v gold.Value) { b.param(stored(v)) }

// stored returns a value as its column holds it.
func stored(v gold.Value) driver.Value {
	switch v.Kind() {
	case gold.Null:
		return nil
	case gold.Double:
		return v.Double()
	case gold.Text:
		return v.Text()
	case gold.WideDecimal:
		return sortable(v.Int128())
	default:
		return v.Int()
	}
}

// sortable returns the text of a WideDecimal, of which SQLite has no number.
func sortable(n gold.Int128) string {
	return string(n.AppendSortable(make([]byte, 0, gold.MaxDigits+1), 0))
}

// selectRows returns the statement of a query: SELECT … FROM version t WHERE … ORDER BY … LIMIT ….
func selectRows(q *gold.Query) (*builder, error) {
	b := &builder{}
	d := &q.Version.Dataset
	names := q.Fields
	if names == nil {
		names = d.FieldNames()
	}
	for _, name := range names {
		if d.Column(name) == nil {
			return nil, noField(d, name)
		}
	}
	b.write("SELECT ")
	b.list(len(names), func(i int) { b.write(own(names[i])) })
	b.write(" FROM ")
	if q.Since != nil {
		b.since(q.Version, q.Since)
	} else {
		b.table(q.Version)
	}
	b.write(" t")
	order, err := b.sorted(q)
	if err != nil {
		return nil, err
	}
	b.leftJoins()
	word := " WHERE "
	if len(q.Where) > 0 {
		b.write(word)
		word = " AND "
		if err := b.where(q.Where, func(p gold.Predicate) error { return b.predicate(d, "t", p) }); err != nil {
			return nil, err
		}
	}
	if q.After != nil {
		if len(q.After) != len(q.Sort) {
			return nil, malformed("%d values come after a sort of %d fields", len(q.After), len(q.Sort))
		}
		b.write(word)
		b.after(order, q.After)
	}
	b.order(len(order), func(i int) (string, bool) { return order[i].column, order[i].desc })
	b.limit(q.Limit)
	return b, nil
}

// sortColumn is a column that rows are sorted by.
type sortColumn struct {
	column         string
	desc, nullable bool
}

// sorted returns the columns of a query's sort.
func (b *builder) sorted(q *gold.Query) ([]sortColumn, error) {
	order := make([]sortColumn, len(q.Sort))
	for i, s := range q.Sort {
		column, f, err := b.field(q.Version, s.Field, s.Join)
		if err != nil {
			return nil, err
		}
		order[i] = sortColumn{column: column, desc: s.Desc, nullable: f.Nullable || s.Join != nil}
	}
	return order, nil
}

// own returns a column of the queried version, which every statement names t.
func own(field string) string { return "t." + quote(field) }

// order writes ORDER BY. SQLite sorts null as the smallest value, and text by its bytes.
func (b *builder) order(n int, term func(i int) (column string, desc bool)) {
	if n == 0 {
		return
	}
	b.write(" ORDER BY ")
	b.list(n, func(i int) {
		column, desc := term(i)
		b.write(column)
		if desc {
			b.write(" DESC")
		}
	})
}

// limit writes LIMIT. Its number is not a parameter: SQLite prepares a statement again each time one is bound there.
func (b *builder) limit(n int64) {
	if n > 0 {
		b.write(" LIMIT ", strconv.FormatInt(n, 10))
	}
}

// where writes a condition: predicates joined by AND, and alternatives joined by OR.
func (b *builder) where(condition []gold.Predicate, comparison func(gold.Predicate) error) error {
	for i, p := range condition {
		if i > 0 {
			b.write(" AND ")
		}
		if p.Any == nil {
			if err := comparison(p); err != nil {
				return err
			}
			continue
		}
		b.write("(")
		for k, alternative := range p.Any {
			if k > 0 {
				b.write(" OR ")
			}
			if err := b.where(alternative, comparison); err != nil {
				return err
			}
		}
		if len(p.Any) == 0 {
			b.write("0")
		}
		b.write(")")
	}
	return nil
}

// predicate writes one predicate on a field that the rows of an alias have or look up.
func (b *builder) predicate(d *gold.Dataset, alias string, p gold.Predicate) error {
	switch {
	case p.Join != nil:
		return b.matching(d, alias, p)
	case d.Field(p.Field) == nil:
		return noField(d, p.Field)
	default:
		return b.compare(alias+"."+quote(p.Field), p)
	}
}

// comparisons are SQL's operators with one value.
var comparisons = map[gold.Op]string{gold.Eq: " = ", gold.Ne: " <> ", gold.Lt: " < ", gold.Lte: " <= ", gold.Gt: " > ", gold.Gte: " >= "}

// compare writes a predicate of an expression.
func (b *builder) compare(expression string, p gold.Predicate) error {
	if err := p.Check(); err != nil {
		return err
	}
	switch p.Op {
	case gold.IsNull:
		b.write(expression, " IS NULL")
		return nil
	case gold.NotNull:
		b.write(expression, " IS NOT NULL")
		return nil
	case gold.In, gold.NotIn:
		return b.member(expression, p)
	default:
	}
	v, op := p.Values[0], p.Op
	if p.Op == gold.NotContains || p.Op == gold.NotStartsWith {
		b.write("NOT ") // of null it is null
		op = op.Row().Not
	}
	switch op {
	case gold.Contains, gold.StartsWith:
		b.write("goldserve_", op.String(), "(", expression, ", ")
		b.value(foldedText(v))
		b.write(")")
	default:
		comparison, ok := comparisons[p.Op]
		if !ok {
			return malformed("%s: SQLite is not told what %s is", p.Field, p.Op)
		}
		b.write(expression, comparison)
		b.value(v)
	}
	return nil
}

func foldedText(v gold.Value) gold.Value {
	if v.IsNull() {
		return v
	}
	return gold.NewText(gold.Fold(v.Text()))
}

// The driver searches all parameters for each one, so long lists are one parameter: a JSON array. SQLite's JSON does
// not preserve the bits of every double, nor texts with a zero byte; those stay parameters, of which SQLite accepts
// 32,766.
const (
	longList      = 200
	maxParameters = 32_000
)

// member writes In or NotIn. Neither matches null, even if the list is empty or contains null.
func (b *builder) member(expression string, p gold.Predicate) error {
	values := slices.DeleteFunc(slices.Clone(p.Values), gold.Value.IsNull)
	switch {
	case len(values) == 0 && p.Op == gold.In:
		b.write("0")
		return nil
	case len(values) == 0:
		b.write(expression, " IS NOT NULL")
		return nil
	}
	b.write(expression)
	if p.Op == gold.NotIn {
		b.write(" NOT")
	}
	b.write(" IN (")
	switch {
	case len(values) > longList && !slices.ContainsFunc(values, inexactInJSON):
		list, err := jsonList(values)
		if err != nil {
			return err
		}
		b.write("SELECT value FROM json_each(")
		b.param(list)
		b.write(")")
	case len(values)+len(b.args) > maxParameters:
		return gold.Invalidf(gold.Problem{Field: p.Field, Code: gold.CodeInvalidParameter}, "%d values are too many: at most %d", len(values), maxParameters)
	default:
		b.list(len(values), func(i int) { b.value(values[i]) })
	}
	b.write(")")
	return nil
}

func inexactInJSON(v gold.Value) bool {
	return v.Kind() == gold.Double || v.Kind() == gold.Text && strings.ContainsRune(v.Text(), 0)
}

func jsonList(values []gold.Value) (string, error) {
	list := []byte{'['}
	for i, v := range values {
		if i > 0 {
			list = append(list, ',')
		}
		text, ok := stored(v).(string)
		if !ok {
			list = strconv.AppendInt(list, v.Int(), 10)
			continue
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			return "", err
		}
		list = append(list, quoted...)
	}
	return string(append(list, ']')), nil
}

// after writes the condition that a row comes after these values, with nulls as the smallest: a > x OR (a = x AND (b >
// y OR …)). Before it comes a >= x, which can use an index.
func (b *builder) after(order []sortColumn, values []gold.Value) {
	b.write("(")
	if first := order[0]; !values[0].IsNull() && (!first.desc || !first.nullable) {
		b.write(first.column)
		if first.desc {
			b.write(" <= ")
		} else {
			b.write(" >= ")
		}
		b.value(values[0])
		b.write(" AND ")
	}
	for i, s := range order {
		b.write("(")
		b.comesAfter(s.column, s.desc, values[i])
		if i == len(order)-1 {
			break
		}
		b.write(" OR (")
		b.same(s.column, values[i])
		b.write(" AND ")
	}
	b.write(strings.Repeat(")", 2*len(order)))
}

// comesAfter writes the condition that a column's value comes after one in its direction.
func (b *builder) comesAfter(column string, desc bool, v gold.Value) {
	switch {
	case v.IsNull() && desc:
		b.write("0")
	case v.IsNull():
		b.write(column, " IS NOT NULL")
	case desc:
		b.write("(", column, " < ")
		b.value(v)
		b.write(" OR ", column, " IS NULL)")
	default:
		b.write(column, " > ")
		b.value(v)
	}
}

func (b *builder) same(column string, v gold.Value) {
	if v.IsNull() {
		b.write(column, " IS NULL")
		return
	}
	b.write(column, " = ")
	b.value(v)
}

// noField and malformed report queries that callers must not ask: they did not check the contract.
func noField(d *gold.Dataset, name string) *gold.Error {
	return malformed("dataset %s has no field %q", d.Name, name)
}
