package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
)

// answers checks what is the same for all queries: fields, limits, streams, contexts, missing rows.
func answers(t *testing.T, h Harness) {
	s := fresh(t, h)
	tb := manyTable(20_000)
	publish(t, s, instant("2011-12-09"), tb)
	v := resolve(t, s, gold.Selector{Model: model}).Version("many")
	t.Run("fields come in the order asked for", func(t *testing.T) {
		q := everything(v)
		q.Fields, q.Limit = []string{"x", "day", "id"}, 2
		wantRows(t, describe(q), selectRows(t, s, q), [][]gold.Value{row(0.0, day("1970-01-01"), 0), row(0.125, day("1970-01-02"), 1)})
	})
	t.Run("a sort by a field that is not asked for", func(t *testing.T) {
		q := gold.Query{Version: v, Fields: []string{"name"}, Sort: []gold.Sort{{Field: "id", Desc: true}}, Limit: 2}
		wantRows(t, describe(q), selectRows(t, s, q), [][]gold.Value{row("name 7"), row("name 6")})
	})
	t.Run("limit 0 streams everything", func(t *testing.T) { wantTable(t, s, tb) })
	t.Run("a limit beyond the rows gives all", func(t *testing.T) {
		q := everything(v)
		q.Limit = 20_001
		if n := len(selectRows(t, s, q)); n != 20_000 {
			t.Errorf("%d rows, expected 20000", n)
		}
	})
	t.Run("no row is an answer", func(t *testing.T) {
		q := everything(v)
		q.Where = []gold.Predicate{is("id", gold.Lt, 0)}
		wantRows(t, describe(q), selectRows(t, s, q), nil)
	})
	t.Run("a list of ten thousand values", func(t *testing.T) {
		q := everything(v)
		q.Fields = []string{"id"}
		p := gold.Predicate{Field: "id", Op: gold.In}
		var want [][]gold.Value
		for i := range 10_000 {
			p.Values = append(p.Values, gold.NewInt(int64(i*3)))
			if i*3 < 20_000 {
				want = append(want, row(i*3))
			}
		}
		q.Where = []gold.Predicate{p}
		if got := selectRows(t, s, q); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%d rows, expected %d", len(got), len(want))
		}
	})
	t.Run("an answer may be left early", func(t *testing.T) {
		for range 20 {
			rows, err := s.Rows(t.Context(), everything(v))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rows.Next(t.Context()); err != nil {
				t.Error(err)
			}
			if err := errors.Join(rows.Close(), rows.Close()); err != nil {
				t.Error(err)
			}
		}
		wantTable(t, s, tb)
	})
	t.Run("open answers outlive a switch", func(t *testing.T) { outlivesSwitch(t, s, tb) })
	t.Run("a cancelled request ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for what, err := range bothWays(ctx, s, v) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, expected %v", what, err, context.Canceled)
			}
		}
	})
	t.Run("a passed deadline is a timeout", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		for what, err := range bothWays(ctx, s, v) {
			wantError(t, what, err, gold.Timeout, gold.CodeQueryTimeout)
		}
	})
	t.Run("a deadline that passes between two batches is a timeout", func(t *testing.T) {
		rows, err := s.Rows(t.Context(), everything(v))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		if _, err := rows.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err = rows.Next(ctx)
		wantError(t, "the second batch", err, gold.Timeout, gold.CodeQueryTimeout)
	})
	t.Run("rows that are missing are no empty answer", func(t *testing.T) {
		lost := *v
		lost.ID, lost.Location = fmt.Sprintf("%064d", 7), gold.Location(model, "many", fmt.Sprintf("%064d", 7), 7)
		for what, err := range bothWays(t.Context(), s, &lost) {
			if kind := gold.KindOf(err); err == nil || kind != gold.Gone && gold.CodeOf(err) != gold.CodeReleaseInconsistent {
				t.Errorf("%s of a version that is not there: %v, expected gone or %s", what, err, gold.CodeReleaseInconsistent)
			}
		}
	})
}

// outlivesSwitch reads on while the dataset gets a new version.
func outlivesSwitch(t *testing.T, s *fixture, tb table) {
	v := resolve(t, s, gold.Selector{Model: model}).Version("many")
	rows, err := s.Rows(t.Context(), everything(v))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, s, instant("2011-12-10"), manyTable(10))
	got, err := collect(t.Context(), rows, tb.Fields)
	if err != nil {
		t.Fatal(err)
	}
	last := sorted(tb, tb.TotalSort(nil))[len(tb.rows)-len(got):]
	if len(got) == 0 || digest(tb.Fields, got) != digest(tb.Fields, last) {
		t.Errorf("the rest of an answer is %d rows of other content than the last %d of its version", len(got), len(last))
	}
	wantTable(t, s, manyTable(10))
}

// bothWays returns the errors of a query and of an aggregation of a version.
func bothWays(ctx context.Context, s gold.Reader, v *gold.Version) map[string]error {
	_, rows := tryRows(ctx, s, everything(v))
	_, groups := tryAggregate(ctx, s, gold.Aggregation{Version: v, Group: []gold.Group{{Field: "name"}}, Measures: []gold.Measure{{Func: gold.Sum, Field: "x"}}})
	return map[string]error{"rows": rows, "aggregate": groups}
}
