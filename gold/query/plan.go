package query

import (
	"context"

	"goldserve/gold"
)

// rowsPlan is a question for rows on its way to the store.
type rowsPlan struct {
	engine  *Engine
	query   *RowsQuery
	stored  gold.Query // of the dataset's own rows
	names   []string   // of the columns that are shown
	lookups []lookup
	read    func(context.Context, gold.Query) (gold.Rows, error)
	answer  *Answer
}

// groupsPlan is a question for groups on its way to the store.
type groupsPlan struct {
	engine     *Engine
	query      *AggregateQuery
	stored     gold.Aggregation // of the dataset that answers
	at         map[string]int   // column of a measure in the store's answer
	fields     []gold.Field     // of the groups
	limit      int64            // of the groups that are read; 0: none
	considered Outcome          // of the derived dataset that was looked at last
	earlier    *earlier
	partial    *partials
	answer     *Answer // nil: of a question within another
}

func (p *groupsPlan) metadata() *Metadata {
	if p.answer == nil {
		return nil
	}
	return &p.answer.Metadata
}

// lookup is what rows look up over one join: fields of the dataset at its end, and their names in the answer.
type lookup struct {
	join       *gold.Join
	fields, as []string
}
