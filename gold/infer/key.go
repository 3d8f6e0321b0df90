package infer

import (
	"cmp"
	"context"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// The ranks of fields that may be a key, the likeliest first.
const (
	namedID       = iota // id
	namedSubject         // client_id or id_client of a dataset about clients
	namedKey             // some other id, code or key
	ordinalRank          // a number of a line or an item: in a key of several fields only
	periodRank           // a day or month
	plainText            // a short text, or an integer in the first column
	instantRank          // a time
	numberRank           // an integer: in a key of several fields only
	neverKey             // anything else
	maxKey        = 3    // fields
	mostMembers   = 8    // fields of which keys of several are made
	mostConfirmed = 4    // keys that are tried on all rows
	longText      = 48   // bytes, of which texts that identify have fewer, on average
)

// rank tells how likely a field is a key.
func (d *Dataset) rank(f *Field) int {
	subject, identifying := identifies(f.spoken)
	switch {
	case f.Nullable || f.PII || f.document || f.Kind == gold.Double || f.Kind == gold.Bool || f.Kind.Exact() && !f.unsigned:
		return neverKey
	case identifying && subject == "":
		return namedID
	case identifying && slices.Contains(subjects(d.Name), subject):
		return namedSubject
	case identifying:
		return namedKey
	case f.Kind == gold.Int && f != d.Fields[0] && isOrdinal(f.spoken):
		return ordinalRank
	case f.Kind == gold.Date || f.Period != gold.NoPeriod:
		return periodRank
	case f.Kind == gold.Time:
		return instantRank
	case f.Kind == gold.Text && f.profile.length > longText*f.profile.rows:
		return neverKey
	case f.Kind == gold.Text || f == d.Fields[0]:
		return plainText
	}
	return numberRank
}

// findKey finds the key: the likeliest field that is unique and never null, or else the smallest set of two or three fields.
// It is confirmed over all rows.
func (in *inference) findKey(ctx context.Context, d *Dataset) error {
	if d.before.guessed(nil) {
		if err := in.keepKey(ctx, d); err != nil || len(d.Key) == 1 {
			return err
		}
		d.doubtNames()
		return nil
	}
	var members []*Field
	for _, f := range d.Fields {
		if d.rank(f) < neverKey {
			members = append(members, f)
		}
	}
	slices.SortStableFunc(members, func(a, b *Field) int { return cmp.Compare(d.rank(a), d.rank(b)) })
	var candidates [][]*Field
	for _, f := range members {
		if r := d.rank(f); r < numberRank && r != ordinalRank && mayReach(f.profile.distinctCount, d.Rows) {
			candidates = append(candidates, []*Field{f})
		}
	}
	if found, err := in.confirmKey(ctx, d, candidates); err != nil || found {
		return err
	}
	members = members[:min(len(members), mostMembers)]
	candidates, err := in.sets(ctx, d, members)
	if err != nil {
		return err
	}
	_, err = in.confirmKey(ctx, d, candidates)
	d.doubtNames()
	return err
}

// doubtNames notes the fields that are named like the key and are not it alone.
func (d *Dataset) doubtNames() {
	for _, f := range d.Fields {
		if subject, ok := identifies(f.spoken); ok && !f.PII && d.Rows > 0 && (subject == "" || slices.Contains(subjects(d.Name), subject)) {
			d.doubt("%s is named like a key, and %s", f.Name, map[bool]string{true: "some rows have none", false: "several rows have the same"}[f.Nullable])
		}
	}
}

// keepKey keeps the key that an earlier inference found where it still is one. No other is looked for: what people have built on
// rows without a key stays as it is.
func (in *inference) keepKey(ctx context.Context, d *Dataset) error {
	var key []*Field
	for _, name := range d.before.contract.Dataset.Key {
		f := d.Field(name)
		if f == nil || d.rank(f) == neverKey && f.Kind != gold.Text {
			return nil
		}
		key = append(key, f)
	}
	if len(key) == 0 {
		return nil
	}
	unique, err := in.unique(ctx, d, key)
	if err == nil && unique {
		d.Key = key
	}
	return err
}

// confirmKey makes the first of some keys that is unique over all rows the dataset's.
func (in *inference) confirmKey(ctx context.Context, d *Dataset, candidates [][]*Field) (bool, error) {
	for _, key := range candidates[:min(len(candidates), mostConfirmed)] {
		unique, err := in.unique(ctx, d, key)
		if err != nil {
			return false, err
		}
		if unique {
			// In the order of the columns, as people read them.
			slices.SortFunc(key, func(a, b *Field) int { return cmp.Compare(slices.Index(d.Fields, a), slices.Index(d.Fields, b)) })
			d.Key = key
			return true, nil
		}
	}
	return false, nil
}

// unique reports whether no two rows have the same values in some fields.
func (in *inference) unique(ctx context.Context, d *Dataset, key []*Field) (bool, error) {
	return recall(in.memory, in.about("unique "+list(names(key)), d), func() (bool, error) {
		_, unique, err := distinct(ctx, in.tables[d], names(key))
		return unique, err
	})
}

func names(fields []*Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Name
	}
	return list
}

// sets returns the sets of two or three fields that may be keys by their sketches, the smaller and likelier ones first. The
// rows are read once for all of them.
func (in *inference) sets(ctx context.Context, d *Dataset, members []*Field) ([][]*Field, error) {
	var all [][]int // places in members
	for size := 2; size <= maxKey; size++ {
		choose(len(members), size, func(set []int) {
			product := 1.0
			for _, i := range set {
				product *= members[i].profile.distinctCount
			}
			if mayReach(product, d.Rows) {
				all = append(all, slices.Clone(set))
			}
		})
	}
	if len(all) == 0 {
		return nil, nil
	}
	sets, err := recall(in.memory, in.about("sets "+list(names(members)), d), func() ([][]int, error) { return in.likelySets(ctx, d, members, all) })
	found := make([][]*Field, len(sets))
	for i, set := range sets {
		for _, place := range set {
			found[i] = append(found[i], members[place])
		}
	}
	return found, err
}

// likelySets returns those of some sets of places in members that are keys by their sketches.
func (in *inference) likelySets(ctx context.Context, d *Dataset, members []*Field, all [][]int) ([][]int, error) {
	workers := make([][]sketch, maxWorkers())
	_, err := in.tables[d].Read(ctx, lake.Read{Fields: names(members), Workers: len(workers)}, func(n int, b *gold.Batch, _ int64) error {
		if workers[n] == nil {
			workers[n] = make([]sketch, len(all))
		}
		sketchSets(workers[n], all, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found [][]int
	for i, set := range all {
		var total sketch
		for _, w := range workers {
			if w != nil {
				total.merge(&w[i])
			}
		}
		if mayReach(total.estimate(), d.Rows) {
			found = append(found, set)
		}
	}
	return found, nil
}

// sketchSets adds the rows of a batch to the sketch of each set of columns.
func sketchSets(sketches []sketch, sets [][]int, b *gold.Batch) {
	hashes := make([][]uint64, len(b.Columns))
	for i := range b.Columns {
		hashes[i] = make([]uint64, b.Rows)
		for row := range b.Rows {
			hashes[i][row] = hashOf(&b.Columns[i], row)
		}
	}
	for i, set := range sets {
		for row := range b.Rows {
			hash := uint64(0)
			for _, column := range set {
				hash = mix(hash + hashes[column][row])
			}
			sketches[i].add(hash)
		}
	}
}

// choose calls fn with each set of k of n numbers, in order. The set belongs to choose.
func choose(n, k int, fn func(set []int)) {
	set := make([]int, 0, k)
	var from func(int)
	from = func(start int) {
		if len(set) == k {
			fn(set)
			return
		}
		for i := start; i < n; i++ {
			set = append(set, i)
			from(i + 1)
			set = set[:len(set)-1]
		}
	}
	from(0)
}
