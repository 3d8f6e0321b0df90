package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"goldserve/gold"
)

// endless is more rows than any answer in the suite has.
const endless = 100_000

// collect reads an answer to its end, closes it twice, and checks the form of every batch.
func collect(ctx context.Context, rows gold.Rows, fields []gold.Field) ([][]gold.Value, error) {
	var all [][]gold.Value
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = checkBatch(b, fields)
		}
		if len(all) > endless {
			err = fmt.Errorf("after %d rows the answer still goes on", len(all))
		}
		if err != nil {
			return all, errors.Join(err, rows.Close())
		}
		for i := range b.Rows {
			all = append(all, b.Row(i, nil))
		}
	}
	if d := rows.Stats().Duration; d <= 0 {
		return all, errors.Join(fmt.Errorf("the answer took %v", d), rows.Close())
	}
	return all, errors.Join(rows.Close(), rows.Close())
}

// checkBatch says what is wrong with the form of a batch of these fields.
func checkBatch(b *gold.Batch, fields []gold.Field) error {
	if b.Rows < 0 || b.Rows > gold.MaxBatch {
		return fmt.Errorf("a batch of %d rows", b.Rows)
	}
	if len(b.Fields) != len(fields) || len(b.Columns) != len(fields) {
		return fmt.Errorf("a batch of %d fields and %d columns, expected %d", len(b.Fields), len(b.Columns), len(fields))
	}
	for i, f := range fields {
		if got := b.Fields[i]; got.Name != f.Name || got.Kind != f.Kind || got.Scale != f.Scale {
			return fmt.Errorf("field %d of a batch is %s %s of scale %d, expected %s %s of scale %d", i, got.Name, got.Kind, got.Scale, f.Name, f.Kind, f.Scale)
		}
		if err := checkColumn(&b.Columns[i], f, b.Rows); err != nil {
			return fmt.Errorf("column %s: %w", f.Name, err)
		}
	}
	return nil
}

func checkColumn(c *gold.Column, f gold.Field, rows int) error {
	if c.Kind != f.Kind || c.Len() != rows {
		return fmt.Errorf("%d values of kind %s, expected %d of %s", c.Len(), c.Kind, rows, f.Kind)
	}
	for i := range rows {
		null := c.IsNull(i)
		switch c.Kind {
		case gold.Double:
			if v := c.Floats[i]; math.IsNaN(v) || v == 0 && math.Signbit(v) || null && v != 0 {
				return fmt.Errorf("row %d holds %v, null: %v", i, v, null)
			}
		case gold.Text, gold.WideDecimal:
			if null && len(c.Text(i)) > 0 {
				return fmt.Errorf("row %d is null and holds %q", i, c.Text(i))
			}
		default:
			if null && c.Ints[i] != 0 {
				return fmt.Errorf("row %d is null and holds %d", i, c.Ints[i])
			}
		}
	}
	return nil
}

// selectRows answers a query.
func selectRows(t *testing.T, s gold.Reader, q gold.Query) [][]gold.Value {
	t.Helper()
	got, err := tryRows(t.Context(), s, q)
	if err != nil {
		t.Fatalf("%s: %v", describe(q), err)
	}
	return got
}

func tryRows(ctx context.Context, s gold.Reader, q gold.Query) ([][]gold.Value, error) {
	rows, err := s.Rows(ctx, q)
	if err != nil {
		return nil, err
	}
	return collect(ctx, rows, q.OutFields())
}

// aggregate answers an aggregation.
func aggregate(t *testing.T, s gold.Reader, a gold.Aggregation) [][]gold.Value {
	t.Helper()
	got, err := tryAggregate(t.Context(), s, a)
	if err != nil {
		t.Fatalf("%s: %v", describeAggregation(a), err)
	}
	return got
}

func tryAggregate(ctx context.Context, s gold.Reader, a gold.Aggregation) ([][]gold.Value, error) {
	rows, err := s.Aggregate(ctx, a)
	if err != nil {
		return nil, err
	}
	return collect(ctx, rows, a.OutFields())
}

// everything asks for all rows of a version in the order of its key or, with their positions, in that of these.
func everything(v *gold.Version) gold.Query {
	return gold.Query{Version: v, Fields: rowNames(&v.Dataset), Sort: v.Dataset.TotalSort(nil)}
}

// rowNames returns what a query asks for to have all of a row: nil, and of a dataset without a key the position too.
func rowNames(d *gold.Dataset) []string {
	if d.Keyless() {
		return gold.FieldNames(d.RowFields())
	}
	return nil
}

// wantRows compares an answer exactly, values' kinds and order of rows included.
func wantRows(t *testing.T, what string, got, want [][]gold.Value) {
	t.Helper()
	if diff := cmp.Diff(show(want), show(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantError checks an error's kind and, unless empty, its code.
func wantError(t *testing.T, what string, err error, kind gold.ErrorKind, code gold.Code) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error, expected %s %s", what, kind, code)
	case gold.KindOf(err) != kind || code != "" && gold.CodeOf(err) != code:
		t.Errorf("%s: %s %s (%v), expected %s %s", what, gold.KindOf(err), gold.CodeOf(err), err, kind, code)
	}
}

// wantWords checks that an error has the words that every store has for it.
func wantWords(t *testing.T, err error, want *gold.Error) {
	t.Helper()
	if err != nil && err.Error() != want.Error() {
		t.Errorf("error %q, expected %q", err, want)
	}
}

// sameRelease compares two releases as they are kept: nil and empty are the same.
func sameRelease(want, got *gold.Release) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b gold.Value) bool { return a == b }))
}
