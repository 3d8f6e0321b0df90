package periodtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
	"goldserve/gold/storetest"
)

// asked is what a comparison asks for, in what clocks show: from is in it, to isn't.
type asked struct {
	from, to time.Time
	lands    bool // it groups by land too
	where    []gold.Predicate
}

const day = 24 * time.Hour

// askComparison asks for groups beside those of the latest period before that has rows.
func (w *world) askComparison(t *testing.T, e *query.Engine) {
	t.Helper()
	q, a := &question{}, asked{lands: w.chance(60)}
	groups, columns := "p:at."+w.by.Grain.String(), []gold.Group{w.by}
	if a.lands {
		groups, columns = groups+",land", append(columns, gold.Group{Field: "land"})
	}
	q.add("group_by", groups)
	q.add("measures", "v:sum(amount),n:count()")
	q.add("compare", "previous")
	q.add("previous", query.PreviousPresent)
	q.add("limit", "0")
	w.filter(q)
	a.where = q.where
	a.from, a.to = w.data()
	within := a.where
	from := w.anyDay()
	if w.chance(40) {
		q.add("at__gte", from.Format(time.DateOnly))
		within = append(slices.Clip(within), gold.Predicate{Field: "at", Op: gold.Gte, Values: []gold.Value{w.value(from)}})
		if from.After(a.from) {
			a.from = from
		}
	}
	if w.chance(40) {
		to := w.anyDay().Add(day)
		if !to.After(from) {
			to = from.Add(day) // some time has to be left to compare
		}
		q.add("at__lte", to.Add(-day).Format(time.DateOnly))
		within = append(slices.Clip(within), gold.Predicate{Field: "at", Op: gold.Lt, Values: []gold.Value{w.value(to)}})
		if to.Before(a.to) {
			a.to = to
		}
	}
	of := gold.Aggregation{Version: w.facts.Version, Where: within, Group: columns, Measures: sum}
	if w.chance(20) {
		q.add("n__gte", "2")
		of.Having = []gold.Predicate{{Field: "n", Op: gold.Gte, Values: []gold.Value{gold.NewInt(2)}}}
	}
	question, err := param.Of(q.pairs).Aggregate(w.catalog, w.facts.Version, format.JSON)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	rows, err := storetest.Aggregate(of, w.facts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i] = append(rows[i], w.compared(&a, rows[i])...)
	}
	w.compare(t, q, rows, func(ctx context.Context) (*query.Answer, error) { return e.Aggregate(ctx, question) })
}

// data returns the time that facts cover, as groups by the period have it: from the day of the first to the last, or to the
// end of a period on whose last day it is.
func (w *world) data() (from, to time.Time) {
	var last time.Time
	for i, row := range w.facts.Rows {
		at := w.wall(row[1])
		if i == 0 || at.Before(from) {
			from = at
		}
		if at.After(last) {
			last = at
		}
	}
	to = last.Add(time.Millisecond)
	end := last.Truncate(day).Add(day)
	if w.facts.Version.Dataset.Field("at").Kind == gold.Date || w.by.Grain != gold.Day && end.Equal(w.step(w.start(last), 1)) {
		to = end
	}
	return from.Truncate(day), to
}

// anyDay returns the start of a day near that of a fact.
func (w *world) anyDay() time.Time {
	return w.wall(one(w, w.facts.Rows...)[1]).Truncate(day).AddDate(0, 0, w.IntN(5)-2)
}

// value returns the start of a day as a value of at.
func (w *world) value(at time.Time) gold.Value {
	if w.facts.Version.Dataset.Field("at").Kind == gold.Date {
		return gold.NewDate(at.Unix() / 86_400)
	}
	return gold.NewTime(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, w.location()).UnixMilli())
}

// compared returns what the answer says of the earlier period of a group: its name, each measure and the change.
func (w *world) compared(a *asked, group []gold.Value) []gold.Value {
	n := len(group) - len(sum)
	nothing := make([]gold.Value, 1+2*len(sum))
	at := w.names[group[0]]
	first, _ := w.data()
	var before time.Time
	var name gold.Value
	var earlier [][]gold.Value // the facts that the group may be compared with
	for _, row := range w.matching(a.where) {
		when := w.wall(row[1])
		if when.Before(a.to) && (!a.lands || row[2] == group[1]) {
			if earlier = append(earlier, row); w.start(when).Before(at) && w.start(when).After(before) {
				before = w.start(when)
			}
		}
	}
	if before.IsZero() {
		return nothing
	}
	for value, start := range w.names {
		if start.Equal(before) {
			name = value
		}
	}
	from, to := before, w.step(before, 1)
	if a.from.After(at) {
		from = w.back(a.from, at, before)
	}
	if end := w.step(at, 1); a.to.Before(end) {
		if same := w.backTo(a.to, at, before); same.Before(to) {
			to = same
		}
	}
	if !to.After(first) {
		return nothing
	}
	ids := gold.Predicate{Field: "id", Op: gold.In}
	for _, row := range earlier {
		if when := w.wall(row[1]); !when.Before(from) && when.Before(to) {
			ids.Values = append(ids.Values, row[0])
		}
	}
	rows, err := storetest.Aggregate(gold.Aggregation{Version: w.facts.Version, Where: []gold.Predicate{ids}, Measures: sum}, w.facts)
	if err != nil {
		panic(err)
	}
	answer := []gold.Value{name}
	for i, previous := range rows[0] {
		_, change := difference(group[n+i], previous)
		answer = append(answer, previous, change)
	}
	return answer
}

// back moves a time from the period that starts at one time to the one that starts at another. Where the month has no such
// day, its last one takes the place.
func (w *world) back(t, from, to time.Time) time.Time {
	if w.months() == 0 {
		return t.Add(to.Sub(from))
	}
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
	month := time.Date(t.Year(), t.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(t.Day(), last)-1).Add(t.Sub(t.Truncate(day)))
}

// backTo is back of a time that ends a part: the end of a day stays one, and that of a month.
func (w *world) backTo(t, from, to time.Time) time.Time {
	switch {
	case w.months() == 0:
		return w.back(t, from, to)
	case !t.Equal(t.Truncate(day)):
		return w.back(t.Add(-time.Millisecond), from, to).Add(time.Millisecond)
	case t.Day() == 1:
		return w.back(t, from, to)
	default:
		return w.back(t.Add(-day), from, to).Add(day)
	}
}
