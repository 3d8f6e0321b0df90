package infer

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/lake"
)

// Bounds of what tells facts apart.
const (
	rowsOfGroup = 5      // facts of one value, on average
	mostGroups  = 50_000 // values
	mostNamed   = 100    // values of a text whose name says that it identifies something
	sameDay     = 0.9    // of the values with several rows, those whose rows lie within a day: more are events
)

// layout makes the layout of the model's page, as loaded from its contracts, by what the rows tell.
func (m *Model) layout(loaded *gold.Model) dashboard.Layout {
	if m.Facts == nil { // then nobody looked for what tells them apart
		return dashboard.Derive(loaded, nil)
	}
	return dashboard.Derive(loaded, func(dataset, field string) bool {
		for _, d := range m.Datasets {
			if f := d.Field(field); d.Name == dataset && f != nil {
				return f.Dimension
			}
		}
		return true
	})
}

// findDimensions finds the texts that tell facts apart: of several values, each of several facts. Neither times of day nor
// UUIDs are any, nor what names single events, as the number of an invoice does: its facts lie within a day.
func (in *inference) findDimensions(ctx context.Context) error {
	facts := in.model.Facts
	if facts == nil {
		return nil
	}
	var many []*Field
	for _, d := range in.model.Datasets {
		for _, f := range d.Fields {
			f.Dimension = f.groups(facts.Rows)
			if d == facts && f.Dimension && f.profile.distinctCount > maxList {
				many = append(many, f)
			}
		}
	}
	if len(many) == 0 {
		return nil
	}
	events, err := in.events(ctx, facts, many)
	for _, f := range many {
		f.Dimension = !slices.Contains(events, f.Name)
	}
	return err
}

// groups reports whether the numbers of a field's values and of facts make groups.
func (f *Field) groups(facts int64) bool {
	values := int64(f.profile.distinctCount + 0.5)
	if f.Kind != gold.Text || f.PII || f.document || f.Period != gold.NoPeriod || values == 0 || values == 1 && f.profile.nulls == 0 {
		return false
	}
	return values <= maxList || values <= mostGroups && values*rowsOfGroup <= facts && (values <= mostNamed || !f.identifies())
}

// group is what is known of the facts of one value.
type group struct {
	first, last int64 // days; of no row with a time they are none
	rows        int64 // that have a time, where the facts have one
	odd         bool  // a time of day or a UUID
}

// events returns the names of those of some texts of the facts that name events, times of day, or UUIDs.
func (in *inference) events(ctx context.Context, facts *Dataset, fields []*Field) ([]string, error) {
	columns := names(fields)
	timed := facts.Time != nil && facts.Time.Kind.Temporal()
	if timed {
		columns = append(columns, facts.Time.Name)
	}
	return recall(in.memory, in.about(fmt.Sprintf("events %s %t", list(columns), timed), facts), func() ([]string, error) {
		return in.findEvents(ctx, facts, columns, timed)
	})
}

// findEvents finds them among the columns, of which the last is their time where it is timed.
func (in *inference) findEvents(ctx context.Context, facts *Dataset, columns []string, timed bool) ([]string, error) {
	fields := columns
	if timed {
		fields = columns[:len(columns)-1]
	}
	workers := make([][]map[uint64]group, maxWorkers())
	for w := range workers {
		workers[w] = make([]map[uint64]group, len(fields))
		for i := range workers[w] {
			workers[w][i] = map[uint64]group{}
		}
	}
	_, err := in.tables[facts].Read(ctx, lake.Read{Fields: columns, Workers: len(workers)}, func(worker int, b *gold.Batch, _ int64) error {
		var at *gold.Column
		if timed {
			at = &b.Columns[len(fields)]
		}
		for i := range fields {
			addGroups(workers[worker][i], &b.Columns[i], at, b.Rows)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var events []string
	for i, f := range fields {
		all := workers[0][i]
		for _, other := range workers[1:] {
			for hash, g := range other[i] {
				if known, ok := all[hash]; ok {
					g = known.merge(g)
				}
				all[hash] = g
			}
		}
		if areEvents(all, timed) {
			events = append(events, f)
		}
	}
	return events, nil
}

func (g group) merge(o group) group {
	switch {
	case g.rows == 0:
		return group{o.first, o.last, o.rows, g.odd}
	case o.rows == 0:
		return g
	}
	return group{min(g.first, o.first), max(g.last, o.last), g.rows + o.rows, g.odd}
}

// addGroups adds the rows of a batch to the groups of a column's values. at is their time, nil for none.
func addGroups(groups map[uint64]group, c, at *gold.Column, rows int) {
	for i := range rows {
		if c.IsNull(i) {
			continue
		}
		var row group
		switch {
		case at == nil:
			row.rows = 1
		case !at.IsNull(i): // a row without a time tells nothing of when the value occurs
			row = group{first: at.Ints[i], rows: 1}
			if at.Kind == gold.Time {
				row.first = gold.DayOf(row.first)
			}
			row.last = row.first
		}
		hash := hashOf(c, i)
		if known, ok := groups[hash]; ok {
			groups[hash] = known.merge(row)
			continue
		}
		row.odd = isClock(c.Text(i)) || isUUID(c.Text(i))
		groups[hash] = row
	}
}

// areEvents reports whether the values name events, or are times of day or UUIDs.
func areEvents(groups map[uint64]group, timed bool) bool {
	var several, within, odd int
	first, last := int64(0), int64(0)
	started := false
	for _, g := range groups {
		if g.odd {
			odd++
		}
		if g.rows == 0 {
			continue
		}
		if !started {
			first, last, started = g.first, g.last, true
		}
		first, last = min(first, g.first), max(last, g.last)
		if g.rows > 1 {
			several++
			if g.last-g.first <= 1 {
				within++
			}
		}
	}
	if odd == len(groups) {
		return true
	}
	return timed && last-first > 7 && several > 0 && float64(within) >= sameDay*float64(several)
}

// isClock reports whether a text is a time of day, as fields hold those of TIME columns: 18:51:00.
func isClock(text []byte) bool {
	if len(text) < len("18:51") || text[2] != ':' {
		return false
	}
	for i, c := range text {
		if (c < '0' || c > '9') && c != ':' && (c != '.' || i < 8) {
			return false
		}
	}
	return true
}

// isUUID reports whether a text is written as a UUID is.
func isUUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	parts := bytes.Split(text, []byte{'-'})
	return len(parts) == 5 && len(parts[0]) == 8 && len(parts[1]) == 4 && len(parts[2]) == 4 && len(parts[3]) == 4
}
