package publisher

import (
	"goldserve/gold"
	"goldserve/gold/measure"
)

// grouping groups rows with one accumulator for each worker.
type grouping struct {
	names   []string
	workers []*measure.Groups
}

// newGrouping groups the rows of a dataset with these fields.
func newGrouping(fields []gold.Field, by []gold.Group, measures []gold.Measure, workers int, memory int64) (*grouping, error) {
	g := &grouping{names: columnsOf(by, measures), workers: make([]*measure.Groups, workers)}
	read := fieldsOf(&gold.Dataset{Fields: fields}, g.names)
	for i := range g.workers {
		var err error
		if g.workers[i], err = measure.NewGroups(read, by, measures, memory); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *grouping) columns() []string { return g.names }

func (g *grouping) add(worker int, b *gold.Batch, _ int64) error { return g.workers[worker].Add(b) }

// merged merges what the workers saw; the grouping is then of no more use.
func (g *grouping) merged() (*measure.Groups, error) {
	for _, other := range g.workers[1:] {
		if err := g.workers[0].Merge(other); err != nil {
			return nil, err
		}
	}
	return g.workers[0], nil
}
