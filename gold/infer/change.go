package infer

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// changes tells what of the contracts that an earlier inference wrote no longer holds, in words for people. What is new is not
// told, unless it is personal data, or a unit, which tells what can be added.
func changes(before, after *contract.Model) []string {
	var list []string
	tell := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	for i := range before.Contracts {
		was := &before.Contracts[i]
		at := slices.IndexFunc(after.Contracts, func(c contract.Contract) bool { return c.Dataset.Name == was.Dataset.Name })
		if at < 0 {
			tell("%s: its files are gone", was.Dataset.Name)
			continue
		}
		is := &after.Contracts[at]
		for _, text := range slices.Concat(fieldChanges(was, is), datasetChanges(&was.Dataset, &is.Dataset)) {
			tell("%s", text)
		}
	}
	if before.Facts != after.Facts && before.Facts != "" {
		tell("the facts are %s, and were %s", cmp.Or(after.Facts, "none"), before.Facts)
	}
	if before.AsOf != after.AsOf && before.AsOf.Field != "" {
		now := "the time of publication"
		if after.AsOf.Field != "" {
			now = after.AsOf.Dataset + "." + after.AsOf.Field
		}
		tell("the release is as of %s, and was of %s.%s", now, before.AsOf.Dataset, before.AsOf.Field)
	}
	return list
}

// fieldChanges tells what of a dataset's fields no longer holds.
func fieldChanges(was, is *contract.Contract) (list []string) {
	for i := range was.Dataset.Fields {
		a := &was.Dataset.Fields[i]
		name := was.Dataset.Name + "." + a.Name
		b := is.Dataset.Field(a.Name)
		dropped := slices.ContainsFunc(is.Dropped, func(f gold.Field) bool { return f.Name == a.Name })
		switch {
		case dropped:
			list = append(list, name+" looks like personal data now: it is dropped before anything is stored; earlier releases still hold it")
			continue
		case b == nil:
			list = append(list, name+" is gone: the files have no such column that a field can hold")
			continue
		}
		if a.Kind != b.Kind || a.Scale != b.Scale {
			list = append(list, fmt.Sprintf("%s is %s now, and was %s: the files hold other values", name, kindWords(b), kindWords(a)))
		}
		if was, is := example(a), example(b); was != is && (a.Kind == b.Kind || a.Kind.Numeric() && b.Kind.Numeric()) {
			list = append(list, fmt.Sprintf("%s is read as in %s now, and was as in %s: earlier rows may have other values", name, is, was))
		}
		if !a.Nullable && b.Nullable {
			list = append(list, name+" is no longer required: some rows have no value")
		}
		if a.Kind == b.Kind && a.Doc.Format != b.Doc.Format && a.Doc.Format != "" {
			list = append(list, fmt.Sprintf("%s no longer has the format %s in all rows", name, a.Doc.Format))
		}
		if was, is := a.Doc.UnitText(), b.Doc.UnitText(); was != is {
			list = append(list, fmt.Sprintf("%s is in %s now, and was in %s", name, unitWords(&b.Doc), unitWords(&a.Doc)))
		}
		known, now := was.Dataset.ListedValues(a.Name), is.Dataset.ListedValues(a.Name)
		switch {
		case slices.Equal(known, now) || len(known) == 0:
		case len(now) == 0:
			list = append(list, fmt.Sprintf("%s has too many other values for its list of %d: the list is dropped", name, len(known)))
		default:
			list = append(list, fmt.Sprintf("%s has other values than the %d of its list, which has %d now", name, len(known), len(now)))
		}
	}
	return list
}

// example returns a text as a field's cast reads it: a day, or a number with its decimal mark; empty for other kinds.
func example(f *gold.Field) string {
	c := f.Cast
	if c == nil {
		c = &gold.Cast{}
	}
	switch {
	case f.Kind.Numeric():
		return "1" + cmp.Or(c.Point, ".") + "5"
	case f.Kind.Temporal() && len(c.Layouts) > 0:
		return time.Date(2025, time.December, 31, 18, 5, 0, 0, time.UTC).Format(c.Layouts[0])
	case f.Kind.Temporal():
		return "2025-12-31"
	}
	return ""
}

// unitWords says what amounts are in.
func unitWords(d *gold.Doc) string {
	if d.UnitField != "" {
		return "the units of " + d.UnitField
	}
	return cmp.Or(d.Unit, "no unit")
}

// lostRelations tells which fields no longer refer to another dataset, where nothing was looked up there: else that is told.
func (m *Model) lostRelations() (list []string) {
	for _, d := range m.Datasets {
		if d.before == nil {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(d.before.relations)) {
			to := d.before.relations[field]
			holds := slices.ContainsFunc(d.writtenRelations(), func(r Relation) bool { return r.Field.Name == field && r.To.Name == to })
			if !holds && d.before.lookup(to) == nil && d.Field(field) != nil {
				list = append(list, fmt.Sprintf("%s.%s no longer refers to %s in all rows: the relationship is dropped", d.Name, field, to))
			}
		}
	}
	return list
}

// kindWords names a field's kind.
func kindWords(f *gold.Field) string {
	if f.Kind == gold.Decimal {
		return fmt.Sprintf("%s of %s", f.Kind.WithArticle(), gold.Counted(f.Scale, "digit"))
	}
	return f.Kind.WithArticle()
}

// datasetChanges tells what of a dataset as a whole no longer holds.
func datasetChanges(was, is *gold.Dataset) (list []string) {
	tell := func(format string, args ...any) { list = append(list, was.Name+": "+fmt.Sprintf(format, args...)) }
	if len(was.Key) > 0 && !slices.Equal(was.Key, is.Key) {
		tell("%s is no longer unique and never null: there is no key now", strings.Join(was.Key, " + "))
	}
	for _, l := range was.Lookups {
		at := slices.IndexFunc(is.Lookups, func(o gold.Lookup) bool { return o.Dataset == l.Dataset && o.On == l.On })
		var lost []string
		for _, f := range l.Fields {
			if at < 0 || !slices.Contains(is.Lookups[at].Fields, f) {
				lost = append(lost, f)
			}
		}
		if len(lost) > 0 {
			tell("%s no longer leads to a row of %s from all rows: %s can't be looked up", l.On, l.Dataset, strings.Join(lost, ", "))
		}
	}
	switch {
	case was.Rollup == nil || reflect.DeepEqual(was.Rollup, is.Rollup):
	case is.Rollup == nil:
		tell("it is no longer an aggregate of %s", was.Rollup.Of)
	default:
		tell("it is another aggregate than it was, of %s", is.Rollup.Of)
	}
	for _, m := range was.Metrics {
		if is.Metric(m.Name) == nil {
			tell("the metric %s is gone", m.Name)
		}
	}
	return list
}
