package periodtest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
	"goldserve/gold/storetest"
)

// perWorld is the number of questions that one release answers: publishing is dear.
const perWorld = 40

// Run publishes worlds into a fresh store each, and asks n questions of them.
func Run(t *testing.T, h storetest.Harness, n int) {
	seed := storetest.Seed(t)
	s := h.Fresh(t)(t)
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for ; n > 0 && !t.Failed(); n -= perWorld {
		w := newWorld(t, s, seed)
		e := query.NewEngine(s, slog.New(slog.DiscardHandler))
		for range min(n, perWorld) {
			if w.chance(60) {
				w.askGrowth(t, e)
			} else {
				w.askComparison(t, e)
			}
		}
		if t.Failed() {
			t.Logf("again: GOLDSERVE_TEST_SEED=%d", seed)
		}
		seed++
	}
}

// question is a question as parameters, and what of it chooses facts.
type question struct {
	pairs []param.Pair
	where []gold.Predicate
}

func (q *question) add(name, value string) {
	q.pairs = append(q.pairs, param.Pair{Name: name, Value: value})
}

func (q *question) String() string {
	text := make([]string, len(q.pairs))
	for i, p := range q.pairs {
		text[i] = p.Name + "=" + p.Value
	}
	return strings.Join(text, "&")
}

// filter makes a filter of facts that isn't by their time.
func (w *world) filter(q *question) {
	switch w.IntN(4) {
	case 0:
		land := one(w, "fr", "de", "uk", "it")
		q.add("land", land)
		q.where = append(q.where, gold.Predicate{Field: "land", Op: gold.Eq, Values: []gold.Value{gold.NewText(land)}})
	case 1:
		land := one(w, "fr", "de", "uk")
		q.add("land__ne", land)
		q.where = append(q.where, gold.Predicate{Field: "land", Op: gold.Ne, Values: []gold.Value{gold.NewText(land)}})
	case 2:
		id := gold.NewInt(int64(w.IntN(len(w.facts.Rows))))
		q.add("id__gte", id.String())
		q.where = append(q.where, gold.Predicate{Field: "id", Op: gold.Gte, Values: []gold.Value{id}})
	}
}

// askGrowth asks for rows of the growth.
func (w *world) askGrowth(t *testing.T, e *query.Engine) {
	t.Helper()
	q, v := &question{}, w.catalog.ByName["grown"]
	byPeriod := w.growth.Grain != gold.GrainNone
	if w.chance(70) {
		previous := one(w, query.PreviousPeriod, query.PreviousPresent)
		q.add("previous", previous)
		byPeriod = previous == query.PreviousPeriod
	}
	if w.chance(70) {
		w.filter(q)
	}
	chosen := gold.Query{Version: v, Sort: v.Dataset.TotalSort(nil)}
	if w.chance(40) {
		name := one(w, v.Dataset.FieldNames()[1:]...)
		q.add("sort", "-"+name)
		chosen.Sort = v.Dataset.TotalSort([]gold.Sort{{Field: name, Desc: true}})
	}
	if w.chance(30) {
		q.add("growth_pct__gte", "0.5")
		chosen.Where = []gold.Predicate{{Field: "growth_pct", Op: gold.Gte, Values: []gold.Value{gold.NewDouble(0.5)}}}
	}
	if chosen.Limit = int64(one(w, 0, 0, 1, 5)); chosen.Limit >= 0 {
		q.add("limit", fmt.Sprint(chosen.Limit))
	}
	asked, err := param.Of(q.pairs).Rows(w.catalog, v, format.JSON, 0)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	want, err := storetest.SelectRows(chosen, storetest.Table{Version: v, Rows: w.grown(q.where, byPeriod)})
	if err != nil {
		t.Fatal(err)
	}
	w.compare(t, q, want, func(ctx context.Context) (*query.Answer, error) { return e.Rows(ctx, asked) })
}

// compare reports where an answer isn't what the oracle wants.
func (w *world) compare(t *testing.T, q *question, want [][]gold.Value, ask func(context.Context) (*query.Answer, error)) {
	t.Helper()
	var got [][]gold.Value
	a, err := ask(t.Context())
	if err == nil {
		_, err = gold.EachBatch(t.Context(), a, func(b *gold.Batch) error {
			for i := range b.Rows {
				got = append(got, b.Row(i, nil)[:len(a.Fields)])
			}
			return nil
		})
	}
	if err != nil {
		t.Errorf("%s: %v", q, err)
		return
	}
	if diff := cmp.Diff(show(want), show(got)); diff != "" {
		t.Errorf("grain %s of %s, %+v: %s: -reference +got:\n%s", w.by.Grain, w.facts.Version.Dataset.Field("at").Kind, w.calendar, q, diff)
	}
}

// show writes rows as texts, with the kinds of their values.
func show(rows [][]gold.Value) []string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		for _, v := range row {
			lines[i] += fmt.Sprintf("%s:%s ", v.Kind(), v)
		}
	}
	return lines
}
