package infer

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"goldserve/gold"
)

// relations finds the fields that are named like another dataset's key and whose values are all among its values. The latter
// is confirmed over all rows.
func (in *inference) relations(ctx context.Context) error {
	for _, to := range in.model.Datasets {
		if !to.isReferred() {
			continue
		}
		var from []*Field
		owner := map[*Field]*Dataset{}
		for _, d := range in.model.Datasets {
			for _, f := range d.Fields {
				if d != to && d.refers(f, to) {
					from, owner[f] = append(from, f), d
				}
			}
		}
		if len(from) == 0 {
			continue
		}
		keys := sync.OnceValues(func() ([]digest, error) {
			found, _, err := distinct(ctx, in.tables[to], names(to.Key))
			return found, err
		})
		for _, f := range from {
			n, err := recall(in.memory, in.about("strays "+list([]string{f.Name, to.Key[0].Name}), owner[f], to), func() (int, error) {
				known, err := keys()
				if err != nil {
					return 0, err
				}
				if n, ok := f.strayValues(known); ok && (n == 0 || !f.identifies()) {
					return n, nil // how many rows they are in is of no interest
				}
				return strays(ctx, in.tables[owner[f]], f.Name, known)
			})
			switch {
			case err != nil:
				return err
			case n > 0 && !f.identifies():
			case n > 0:
				owner[f].doubt("%s is named like the key of %s, and %s of %s rows have a value that is not there", f.Name, to.Name, grouped(int64(n)), grouped(f.profile.rows))
			case f.profile.nulls < f.profile.rows:
				owner[f].Relations = append(owner[f].Relations, Relation{Field: f, To: to})
			}
		}
	}
	for _, d := range in.model.Datasets {
		d.dropReturns()
		// What describes the thing itself comes before what else is known of it.
		slices.SortStableFunc(d.Relations, func(a, b Relation) int {
			return cmp.Compare(aside(a), aside(b))
		})
	}
	return nil
}

// strayValues returns how many values of a text are not among sorted digests; ok is false where its profile has not all of them.
func (f *Field) strayValues(in []digest) (n int, ok bool) {
	if f.Kind != gold.Text || f.profile.values == nil {
		return 0, false
	}
	values := gold.NewBatch([]gold.Field{f.Field}, len(f.profile.values))
	for _, value := range f.profile.listed() {
		values.Columns[0].Append(gold.NewText(value))
		values.Rows++
	}
	digests(values, nil, func(d digest) {
		if _, found := slices.BinarySearchFunc(in, d, compareDigests); !found {
			n++
		}
	})
	return n, true
}

// aside is 0 for a relation to the dataset that its field identifies, else 1.
func aside(r Relation) int {
	if r.To.describes(r.Field) {
		return 0
	}
	return 1
}

// isReferred reports whether a dataset describes things that others may refer to: it has one field as its key, and is no mere
// list of figures.
func (d *Dataset) isReferred() bool {
	if len(d.Key) != 1 || d.Rows > mostDigests || d.Key[0].Period != gold.NoPeriod || d.Key[0].Kind.Temporal() {
		return false
	}
	_, identifying := identifies(d.Key[0].spoken)
	return identifying || slices.ContainsFunc(d.Fields, func(f *Field) bool { return !d.isKey(f) && !f.Kind.Numeric() })
}

// refers reports whether a field is named like another dataset's key, and can have its values: the same name, or the other's
// subject with an id (client_id for id of clients).
func (d *Dataset) refers(f *Field, to *Dataset) bool {
	key := to.Key[0]
	if f.PII || f.document || f.Kind != key.Kind || f.Kind.Exact() && (f.Scale != key.Scale || f.Field.Precision != key.Field.Precision) || len(d.Key) == 1 && d.isKey(f) && !to.describes(f) {
		return false
	}
	subject, identifying := identifies(f.spoken)
	keySubject, _ := identifies(key.spoken)
	switch {
	case strings.EqualFold(f.spoken, key.spoken) && (!identifying || subject != ""):
		return inRange(f, key)
	case identifying && subject != "":
		return (keySubject == "" || keySubject == subject) && to.describes(f) && inRange(f, key)
	}
	return false
}

// describes reports whether a field identifies what the dataset is about: id_client, and dim_clients.
func (d *Dataset) describes(f *Field) bool {
	subject, _ := identifies(f.spoken)
	about := subjects(d.Name)
	return len(about) > 0 && (subject == "" || about[0] == subject)
}

// inRange reports whether bounds do not exclude that a field's values are all among the key's.
func inRange(f, key *Field) bool {
	a, b := f.profile, key.profile
	return a.lowest.IsNull() || b.lowest.IsNull() || gold.Compare(a.lowest, b.lowest) >= 0 && gold.Compare(a.highest, b.highest) <= 0
}

// dropReturns drops relations back to datasets that refer to this one by their own key: of two that describe the same things,
// the one with more rows is referred to.
func (d *Dataset) dropReturns() {
	d.Relations = slices.DeleteFunc(d.Relations, func(r Relation) bool {
		if !d.isKey(r.Field) {
			return false
		}
		back := slices.ContainsFunc(r.To.Relations, func(o Relation) bool { return o.To == d && r.To.isKey(o.Field) })
		return back && cmp.Or(cmp.Compare(d.Rows, r.To.Rows), cmp.Compare(r.To.Name, d.Name)) > 0
	})
}
