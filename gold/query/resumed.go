package query

import (
	"context"
	"errors"
	"io"
	"slices"

	"goldserve/gold"
)

// columnOf returns the index of a field.
func columnOf(fields []gold.Field, name string) int {
	return slices.IndexFunc(fields, func(f gold.Field) bool { return f.Name == name })
}

func columnsOf(fields, wanted []gold.Field) []int {
	at := make([]int, len(wanted))
	for i, f := range wanted {
		at[i] = columnOf(fields, f.Name)
	}
	return at
}

// resumed is an answer of groups after a cursor's. A store's aggregation always starts at its first group: the groups up
// to the cursor's are read and skipped.
type resumed struct {
	rows   gold.Rows
	key    []int        // the columns of a group's key
	after  []gold.Value // the key of the last group to skip; nil: there is none, or it was read
	limit  int64        // 0: none
	count  int64
	fields []gold.Field // of the answer
	pick   []int        // its columns among those of the groups
}

// Next returns the next groups.
func (r *resumed) Next(ctx context.Context) (*gold.Batch, error) {
	for r.limit == 0 || r.count < r.limit {
		b, err := r.rows.Next(ctx)
		if errors.Is(err, io.EOF) && r.after != nil {
			return nil, InvalidParameters([]gold.Problem{{Parameter: "cursor", Code: gold.CodeInvalidCursor, Detail: "the cursor's place is not in the answer: start again without it"}})
		}
		if err != nil {
			return nil, err
		}
		from, to := r.skip(b), b.Rows
		if r.limit > 0 {
			to = min(to, from+int(min(r.limit-r.count, gold.MaxBatch)))
		}
		if from < to {
			r.count += int64(to - from)
			out := r.part(b, from, to)
			return out, narrow(out)
		}
	}
	return nil, io.EOF
}

// narrow gives sums of decimals the kind of the fields that hold them.
func narrow(b *gold.Batch) error {
	for i := range b.Columns {
		f, c := &b.Fields[i], &b.Columns[i]
		if f.Kind != gold.Decimal || c.Kind != gold.WideDecimal {
			continue
		}
		made, beyond, ok := c.Narrow()
		if !ok {
			return gold.Errorf(gold.Invalid, gold.CodeIntegerOverflow, "%s is %s, which has more than %d digits: narrow the filter, or declare %s as DECIMAL(%d,%d) in its contract",
				f.Name, c.Int128(beyond).Append(nil, f.Scale), gold.NarrowDigits, f.Name, gold.MaxDigits, f.Scale)
		}
		b.Columns[i] = made
	}
	return nil
}

// skip returns the first row after the group to skip; a batch without that group is skipped whole.
func (r *resumed) skip(b *gold.Batch) int {
	if r.after == nil {
		return 0
	}
	for i := range b.Rows {
		same := true
		for k, column := range r.key {
			same = same && b.Columns[column].Value(i) == r.after[k]
		}
		if same {
			r.after = nil
			return i + 1
		}
	}
	return b.Rows
}

// part returns rows of a batch with the columns of the answer.
func (r *resumed) part(b *gold.Batch, from, to int) *gold.Batch {
	out := &gold.Batch{Fields: r.fields, Columns: make([]gold.Column, len(r.pick)), Rows: to - from}
	for i, column := range r.pick {
		if from == 0 && to == b.Rows {
			out.Columns[i] = b.Columns[column]
			continue
		}
		out.Columns[i] = gold.NewColumn(b.Columns[column].Kind, to-from)
		for row := from; row < to; row++ {
			out.Columns[i].AppendFrom(&b.Columns[column], row)
		}
	}
	return out
}

func (r *resumed) Stats() gold.Stats { return r.rows.Stats() }
func (r *resumed) Close() error      { return r.rows.Close() }
