package gold

import (
	"maps"
	"slices"
)

// LineageOf returns of what a build made a dataset of the release, the dataset's own table last; nil: no build did, or it is not known.
// A derived dataset is its own last table.
func (r *Release) LineageOf(dataset string) *Lineage {
	if r.Lineage == nil {
		return nil
	}
	var tables []string
	var derived []LineageTable
	placed := map[string]bool{}
	var place func(dataset string) (table string)
	place = func(dataset string) string {
		v := r.Version(dataset)
		if v == nil || v.Dataset.Derive == nil {
			table := r.Lineage.Datasets[dataset]
			if table != "" {
				tables = append(tables, table)
			}
			return table
		}
		if placed[dataset] {
			return dataset
		}
		placed[dataset] = true
		t := LineageTable{Name: dataset, Dataset: dataset, Derived: true, Rows: &v.Rows}
		for _, from := range v.Dataset.Derive.Reads() {
			if name := place(from); name != "" {
				t.Reads = append(t.Reads, name)
			}
		}
		derived = append(derived, t)
		return dataset
	}
	if place(dataset); len(tables) == 0 {
		return nil
	}
	l := r.Lineage.above(tables)
	of := map[string]string{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(l.Datasets))) {
		of[l.Datasets[name]] = name
	}
	if table := l.Datasets[dataset]; table != "" {
		of[table] = dataset // whatever other dataset is read from it
	}
	for i := range l.Tables {
		l.Tables[i].Dataset = of[l.Tables[i].Name]
	}
	l.Tables, l.Datasets = append(l.Tables, derived...), nil
	return l
}
