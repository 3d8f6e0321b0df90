package diff

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"goldserve/gold"
)

// sum tells rows apart: half of the SHA-256 of their values.
type sum [sha256.Size / 2]byte

// multiset compares versions without a common key: rows are counted by their sums, a part of all sums at a time.
func (c *Comparison) multiset(ctx context.Context, reader gold.Reader, pass func(Row) error) error {
	parts := uint64(1 + max(c.Before.Rows, c.After.Rows)/int64(c.most))
	for part := range parts {
		surplus := map[sum]int64{} // rows that Before has more than After
		count := func(step int64) func(sum, *gold.Batch, int) error {
			return func(s sum, _ *gold.Batch, _ int) error {
				if surplus[s] += step; surplus[s] == 0 {
					delete(surplus, s)
				}
				return nil
			}
		}
		take := func(kind Kind, step int64) func(sum, *gold.Batch, int) error {
			return func(s sum, b *gold.Batch, row int) error {
				if surplus[s]*step >= 0 {
					return nil
				}
				surplus[s] += step
				if kind == Added {
					return pass(Row{Kind: kind, After: b.Row(row, nil)})
				}
				return pass(Row{Kind: kind, Before: b.Row(row, nil)})
			}
		}
		for _, step := range []struct {
			version *gold.Version
			do      func(sum, *gold.Batch, int) error
		}{{c.Before, count(1)}, {c.After, count(-1)}, {c.Before, take(Removed, -1)}, {c.After, take(Added, 1)}} {
			if err := c.eachSum(ctx, reader, step.version, part, parts, step.do); err != nil {
				return err
			}
			if len(surplus) == 0 && step.version == c.After {
				break
			}
		}
	}
	return nil
}

// eachSum calls do for the rows of a version whose sums are in a part of all.
func (c *Comparison) eachSum(ctx context.Context, reader gold.Reader, v *gold.Version, part, parts uint64, do func(sum, *gold.Batch, int) error) error {
	rows, err := reader.Rows(ctx, gold.Query{Version: v, Fields: gold.FieldNames(c.Fields), Sort: v.Dataset.TotalSort(nil)})
	if err != nil {
		return err
	}
	var text []byte
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		for row := range b.Rows {
			text = text[:0]
			for i := range b.Columns {
				text = b.Columns[i].AppendCanonical(text, row)
			}
			whole := sha256.Sum256(text)
			if s := sum(whole[:]); binary.LittleEndian.Uint64(s[:])%parts == part {
				if err := do(s, b, row); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return err
}
