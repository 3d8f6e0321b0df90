package sqlitestore

import (
	"strconv"

	"goldserve/gold"
)

// lookedUp is a dataset that a statement joins: the rows of alias are those whose key equals a column of other rows.
type lookedUp struct {
	alias, on    string
	version, key string
}

// field returns a field that rows of a version have or look up, and its column, of an alias that leftJoins writes.
func (b *builder) field(v *gold.Version, name string, join *gold.Join) (column string, f *gold.Field, err error) {
	d, alias := &v.Dataset, "t"
	for ; join != nil; join = join.Next {
		dimension := &join.Version.Dataset
		switch {
		case d.Field(join.On) == nil:
			return "", nil, noField(d, join.On)
		case dimension.Field(join.Key) == nil:
			return "", nil, noField(dimension, join.Key)
		}
		alias = b.join(alias+"."+quote(join.On), join)
		d = dimension
	}
	if f = d.Column(name); f == nil {
		return "", nil, noField(d, name)
	}
	return alias + "." + quote(name), f, nil
}

// join returns the alias of a dataset that is joined by a column. Each is joined once.
func (b *builder) join(on string, join *gold.Join) (alias string) {
	for _, l := range b.lookups {
		if l.on == on && l.version == join.Version.Location && l.key == join.Key {
			return l.alias
		}
	}
	alias = "l" + strconv.Itoa(len(b.lookups))
	b.lookups = append(b.lookups, lookedUp{alias: alias, on: on, version: join.Version.Location, key: join.Key})
	b.versions = append(b.versions, join.Version)
	return alias
}

// leftJoins writes the joins of the fields so far, each behind the one that it needs.
func (b *builder) leftJoins() {
	for _, l := range b.lookups {
		b.write(" LEFT JOIN ", quote(l.version), " ", l.alias, " ON ", l.alias, ".", quote(l.key), " = ", l.on)
	}
}

// matching writes the condition that a predicate holds for a field which the rows of an alias look up.
//
// It becomes a list of matching keys, which is computed once. A row without a counterpart is not in the list, as null
// matches nothing; only IsNull has to be inverted.
func (b *builder) matching(d *gold.Dataset, alias string, p gold.Predicate) error {
	dimension := &p.Join.Version.Dataset
	switch {
	case d.Field(p.Join.On) == nil:
		return noField(d, p.Join.On)
	case dimension.Field(p.Join.Key) == nil:
		return noField(dimension, p.Join.Key)
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
	err := b.predicate(dimension, "v", inner)
	b.write("))")
	return err
}
