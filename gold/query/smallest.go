package query

import (
	"context"

	"goldserve/gold"
)

// smallest asks the smallest derived dataset that gives the same answer, if there is one.
func (p *groupsPlan) smallest(context.Context) (Reason, error) {
	smaller, outcomes := p.query.Scope.Catalog.smallest(p.stored)
	p.stored = smaller
	last := len(outcomes) - 1
	p.engine.note(p.metadata(), outcomes[:last]...)
	p.considered = outcomes[last]
	return outcomes[last].Reason, nil
}

// fromSmallest answers an aggregation from the smallest derived dataset of its release that gives the same answer, else
// from the dataset that is asked. The outcomes are added to to, if it isn't nil.
func (e *Engine) fromSmallest(ctx context.Context, to *Metadata, c *Catalog, a gold.Aggregation) (gold.Rows, error) {
	smaller, outcomes := c.smallest(a)
	e.note(to, outcomes...)
	return e.aggregate(ctx, a.Version, smaller)
}

// aggregate answers an aggregation, which may be of a dataset that is derived from the one that is asked.
func (e *Engine) aggregate(ctx context.Context, asked *gold.Version, a gold.Aggregation) (gold.Rows, error) {
	rows, err := e.reader.Aggregate(ctx, a)
	if err != nil || a.Version == asked {
		return rows, err
	}
	return &computed{rows, a.Version.Dataset.Name}, nil
}

// smallest returns the aggregation of the smallest derived dataset that gives the same answer, else the aggregation
// itself; and for each derived dataset whether it answers, or why not.
func (c *Catalog) smallest(a gold.Aggregation) (best gold.Aggregation, outcomes []Outcome) {
	asked := a.Version
	best = a
	if c.ByName[asked.Dataset.Name] != asked {
		return best, []Outcome{{Rewrite: Smallest, Of: asked.Dataset.Name, Reason: OtherRelease}}
	}
	chosen := -1
	for _, v := range c.Versions {
		d := v.Dataset.Derive
		if d == nil || d.Group == nil || d.From != asked.Dataset.Name {
			continue
		}
		o := Outcome{Rewrite: Smallest, Of: asked.Dataset.Name, Dataset: v.Dataset.Name}
		switch {
		case d.Group.Limit > 0:
			o.Reason = GroupsCut
		case v.Location == "":
			o.Reason = Unpublished
		case v.Rows >= best.Version.Rows:
			o.Reason = NotSmaller
		default:
			var again gold.Aggregation
			if again, o.Reason, o.About = (&derived{asked, v}).rewrite(a); o.Reason != Applied {
				break
			}
			if best = again; chosen >= 0 {
				outcomes[chosen].Reason = NotSmaller
			}
			chosen = len(outcomes)
		}
		outcomes = append(outcomes, o)
	}
	if outcomes == nil {
		outcomes = []Outcome{{Rewrite: Smallest, Of: asked.Dataset.Name, Reason: NothingDerived}}
	}
	return best, outcomes
}
