package sqlitestore

import (
	"strconv"

	"goldserve/gold"
)

// lookedUp is a dataset that a statement joins: the rows of alias are those whose key equals a column of other rows.
type lookedUp struct {
	alias, on string
	version   *gold.Version
	key       string
}

// field returns a field that rows of a version have or look up, and its column, of an alias that leftJoins writes.
func (b *builder) field(v *gold.Version, name string, join *gold.Join) (column string, f *gold.Field, err error) {
	d, alias := &v.Dataset, "t"
	for ; join != nil; join = join.Next {
		if err := checkJoin(d, join); err != nil {
			return "", nil, err
		}
		alias = b.join(alias+"."+quote(join.On), join)
		d = &join.Version.Dataset
	}
	if f = d.Column(name); f == nil {
		return "", nil, noField(d, name)
	}
	return alias + "." + quote(name), f, nil
}

// checkJoin refuses a join by a field that its datasets don't have; only the first of several versions is looked at.
func checkJoin(d *gold.Dataset, join *gold.Join) error {
	switch dimension := &join.Version.Dataset; {
	case d.Field(join.On) == nil:
		return noField(d, join.On)
	case dimension.Field(join.Key) == nil:
		return noField(dimension, join.Key)
	default:
		return nil
	}
}

// join returns the alias of a dataset that is joined by a column. Each is joined once.
func (b *builder) join(on string, join *gold.Join) (alias string) {
	for _, l := range b.lookups {
		if l.on == on && l.version.Location == join.Version.Location && l.key == join.Key {
			return l.alias
		}
	}
	alias = "l" + strconv.Itoa(len(b.lookups))
	b.lookups = append(b.lookups, lookedUp{alias: alias, on: on, version: join.Version, key: join.Key})
	b.versions = append(b.versions, join.Version)
	return alias
}

// leftJoins writes the joins of the fields so far, each behind the one that it needs.
func (b *builder) leftJoins() {
	for _, l := range b.lookups {
		b.write(" LEFT JOIN ", quote(tableOf(l.version.Location)), " ", l.alias, " ON ", l.alias, ".", quote(l.key), " = ", l.on)
		if prefix := within(l.alias+".", l.version); prefix != "" {
			b.write(" AND ", prefix)
		}
	}
}

// matching writes the condition that a predicate holds for a field which the rows of an alias look up.
//
// It becomes a list of matching keys, which is computed once. A row without a counterpart is not in the list, as null
// matches nothing; only IsNull has to be inverted.
func (b *builder) matching(d *gold.Dataset, alias string, p gold.Predicate) error {
	if err := checkJoin(d, p.Join); err != nil {
		return err
	}
	on, inner := alias+"."+quote(p.Join.On), p
	inner.Join = p.Join.Next
	if p.Op == gold.IsNull {
		inner.Op = gold.NotNull
		b.write("(", on, " IS NULL OR ", on, " NOT IN (")
	} else {
		b.write("(", on, " IN (")
	}
	key := "v." + quote(p.Join.Key)
	b.write("SELECT ", key, " FROM ")
	b.table(p.Join.Version)
	b.write(" v WHERE ", key, " IS NOT NULL AND ")
	err := b.predicate(&p.Join.Version.Dataset, "v", inner)
	b.write("))")
	return err
}
