package query

import (
	"context"
	"slices"
	"strconv"

	"goldserve/gold"
)

// agedGroup tells which ages the data don't cover to their end: those that have not ended for the last of the dates that they
// are counted from, or, in an answer that is grouped by these dates' periods too, for the last of such a period.
type agedGroup struct {
	group  int
	age    *gold.Age
	cohort int // the group of periods; -1: there is none
	unit   gold.PeriodUnit
	clock  clock
	last   int64 // of the dates that ages are counted from
	end    int64 // the last instant that the data cover
}

// partialAges adds what tells unfinished ages apart.
func (e *Engine) partialAges(ctx context.Context, q *AggregateQuery, found *partials, to *Metadata) error {
	s := q.Scope
	for i, g := range q.Groups {
		if g.Age == nil {
			continue
		}
		of, since := s.line(g.Field, g.Join), s.line(g.Age.Since, g.Age.Join)
		data, err := e.coverage(ctx, s.Catalog, of, to)
		if err != nil {
			return err
		}
		dates, err := e.extent(ctx, since, to)
		if err != nil {
			return err
		}
		if data == nil || dates == nil {
			continue
		}
		clock := of.clock()
		a := agedGroup{group: i, age: g.Age, clock: clock, last: dates.Last, end: clock.endOf(data.Last, gold.DayPeriod)}
		a.cohort = slices.IndexFunc(q.Groups, func(g gold.Group) bool {
			return g.Grain != gold.GrainNone && g.Field == a.age.Since && g.Join.Equal(a.age.Join)
		})
		if a.cohort >= 0 {
			a.unit = q.Groups[a.cohort].Grain.Unit()
		}
		found.ages = append(found.ages, a)
	}
	return nil
}

// unfinished reports whether the age of a row of the answer is unfinished, and its text: 2, or behind a period 2011-11,2.
func (a *agedGroup) unfinished(b *gold.Batch, row int) (text string, partial bool) {
	age, last := b.Columns[a.group].Value(row), a.last
	if age.IsNull() {
		return "", false
	}
	text = strconv.FormatInt(age.Int(), 10)
	if a.cohort >= 0 {
		cohort := b.Columns[a.cohort].Value(row)
		span, ok := a.clock.spanOf(cohort, a.unit)
		if cohort.IsNull() || !ok {
			return "", false
		}
		text, last = cohort.String()+","+text, min(last, span.Last)
	}
	periods := age.Int() + 1
	if a.age.Days > 0 {
		return text, a.clock.addDays(last, periods*int64(a.age.Days)) > a.end
	}
	return text, a.clock.addMonths(last, int(periods)*a.age.Months) > a.end
}
