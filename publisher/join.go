package publisher

import (
	"slices"

	"goldserve/gold"
)

// join is what the rows of a dataset look up in another one: fields of the row whose key equals one of theirs.
type join struct {
	from    *decision
	on, key string
	own     []string     // fields of the other dataset that are looked up
	joins   []join       // what the rows there look up in turn
	fields  []gold.Field // all that are looked up, by their names at the first rows: own ones, then those of joins
}

// joins returns how the rows of a dataset look fields up, each by its path, and whether the plan will have them all.
func (pl *plan) joins(set *gold.Dataset, looked []gold.LookedUp) ([]join, bool) {
	return pl.joinsBehind(set, looked, 0)
}

// joinsBehind returns the joins of paths from one of their steps on, by rows of set.
func (pl *plan) joinsBehind(set *gold.Dataset, looked []gold.LookedUp, step int) ([]join, bool) {
	var joins []join
	var ways [][]gold.LookedUp // by join: those that lead on
	for _, f := range looked {
		over := f.Path[step]
		from := pl.decision(over.Dataset)
		if from == nil || !from.hasRows() || from.dataset.Field(over.Key) == nil || set.Field(over.On) == nil {
			return nil, false
		}
		at := slices.IndexFunc(joins, func(j join) bool { return j.from == from && j.on == over.On && j.key == over.Key })
		if at < 0 {
			at = len(joins)
			joins, ways = append(joins, join{from: from, on: over.On, key: over.Key}), append(ways, nil)
		}
		j := &joins[at]
		if step+1 < len(f.Path) {
			ways[at] = append(ways[at], f)
			continue
		}
		field := from.dataset.Field(f.Field)
		if field == nil {
			return nil, false
		}
		own := *field
		own.Name, own.Nullable = f.Name, true
		j.own, j.fields = append(j.own, f.Field), append(j.fields, own)
	}
	for i := range joins {
		j, all := &joins[i], false
		if j.joins, all = pl.joinsBehind(j.from.dataset, ways[i], step+1); !all {
			return nil, false
		}
		j.fields = append(j.fields, fieldsOfJoins(j.joins)...)
	}
	return joins, true
}

// joinsOf returns those of a derived dataset. The error says that rows which are kept lack what is looked up.
func (pl *plan) joinsOf(d *decision) ([]join, error) {
	derive := d.dataset.Derive
	if derive == nil || derive.Group == nil || len(derive.Group.Lookups) == 0 {
		return nil, nil
	}
	reads := pl.reads(d)
	joins, all := pl.joins(reads[0].dataset, derive.Group.Lookups)
	if all || slices.ContainsFunc(reads, func(d *decision) bool { return !d.hasRows() }) { // a missing file is that dataset's problem
		return joins, nil
	}
	var kept []string
	for _, of := range reads {
		if of.kept {
			kept = append(kept, of.name())
		}
	}
	return nil, gold.Errorf(gold.Invalid, gold.CodeSourceMissing,
		"dataset %s groups by looked-up fields, and the rows of %s that are kept lack some of these: write the files of %s",
		d.name(), gold.Listed(kept), gold.Listed(kept))
}

// fieldsOfJoins returns the fields that joins look up, in the order of their columns.
func fieldsOfJoins(joins []join) []gold.Field {
	var fields []gold.Field
	for _, j := range joins {
		fields = append(fields, j.fields...)
	}
	return fields
}

// joinedBy returns the datasets that joins look up in, each once, the nearest first.
func joinedBy(joins []join) []*decision {
	var found []*decision
	for _, j := range joins {
		for _, d := range append([]*decision{j.from}, joinedBy(j.joins)...) {
			if !slices.Contains(found, d) {
				found = append(found, d)
			}
		}
	}
	return found
}
