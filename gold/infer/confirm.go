package infer

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// seeds are of the hashes by which values are told apart.
var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// digest stands for a value: two different ones have the same with the probability 2^-128, those of one integer never.
type digest struct{ high, low uint64 }

func compareDigests(a, b digest) int {
	return cmp.Or(cmp.Compare(a.high, b.high), cmp.Compare(a.low, b.low))
}

// mostDigests is how many digests are held at once; a dataset of more rows is read several times.
const mostDigests = 1 << 24

// digests calls fn with the digest of each row of some columns, rows with a null left out. text is memory to work in.
func digests(b *gold.Batch, text []byte, fn func(digest)) []byte {
	if c := &b.Columns[0]; len(b.Columns) == 1 && !c.Kind.InBytes() && c.Kind != gold.Double {
		for i, n := range c.Ints {
			if !c.IsNull(i) {
				fn(digest{low: uint64(n)})
			}
		}
		return text
	}
rows:
	for i := range b.Rows {
		text = text[:0]
		for k := range b.Columns {
			c := &b.Columns[k]
			switch {
			case c.IsNull(i):
				continue rows
			case c.Kind.InBytes():
				text = binary.AppendUvarint(text, uint64(len(c.Text(i))))
				text = append(text, c.Text(i)...)
			case c.Kind == gold.Double:
				text = binary.LittleEndian.AppendUint64(text, math.Float64bits(c.Floats[i]))
			default:
				text = binary.LittleEndian.AppendUint64(text, uint64(c.Ints[i]))
			}
		}
		fn(digest{maphash.Bytes(seeds[0], text), maphash.Bytes(seeds[1], text)})
	}
	return text
}

// distinct returns the sorted digests of some columns, and whether no two rows have the same values. Of a table of more than
// mostDigests rows it returns none.
func distinct(ctx context.Context, t *lake.Table, columns []string) (found []digest, unique bool, err error) {
	parts := uint64(t.Rows()/mostDigests + 1)
	for part := range parts {
		found, err = collect(ctx, t, columns, func(d digest) bool { return parts == 1 || mix(d.low)%parts == part })
		if err != nil {
			return nil, false, err
		}
		slices.SortFunc(found, compareDigests)
		all := len(found)
		if found = slices.Compact(found); len(found) < all {
			return found, false, nil
		}
	}
	if parts > 1 {
		return nil, true, nil
	}
	return found, true, nil
}

// collect returns the digests of some columns that are wanted, in no order.
func collect(ctx context.Context, t *lake.Table, columns []string, wanted func(digest) bool) ([]digest, error) {
	type worker struct {
		found []digest
		text  []byte
	}
	workers := make([]worker, maxWorkers())
	_, err := t.Read(ctx, lake.Read{Fields: columns, Workers: len(workers)}, func(n int, b *gold.Batch, _ int64) error {
		w := &workers[n]
		w.text = digests(b, w.text, func(d digest) {
			if wanted(d) {
				w.found = append(w.found, d)
			}
		})
		return nil
	})
	var all []digest
	for i := range workers {
		all = append(all, workers[i].found...)
	}
	return all, err
}

// strays returns how many rows have a value in a column, not null, that is not among sorted digests.
func strays(ctx context.Context, t *lake.Table, column string, in []digest) (int, error) {
	found, err := collect(ctx, t, []string{column}, func(d digest) bool {
		_, ok := slices.BinarySearchFunc(in, d, compareDigests)
		return !ok
	})
	return len(found), err
}
