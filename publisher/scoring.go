package publisher

import (
	"errors"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/scoring"
)

// scored returns the fields to be read for a dataset's names, and what adds those that are computed to each batch before it is
// fed on. Where none of the names is computed, that is names and feed themselves.
func (r *run) scored(it *job, names []string, feed func(int, *gold.Batch, int64) error) ([]string, func(int, *gold.Batch, int64) error) {
	if it.table == nil {
		return names, feed
	}
	var scorers []*scoring.Scorer
	var read []string
	add := func(more []string) {
		for _, name := range more {
			if !slices.Contains(read, name) {
				read = append(read, name)
			}
		}
	}
	all := it.contract.Scorers
	for _, name := range names {
		at := slices.IndexFunc(all, func(s *scoring.Scorer) bool { return slices.Contains(s.Score.Gives(), name) })
		switch {
		case at < 0:
			add([]string{name})
		case !slices.Contains(scorers, all[at]):
			scorers = append(scorers, all[at])
		}
	}
	if len(scorers) == 0 {
		return names, feed
	}
	for _, s := range scorers {
		add(s.Score.Reads())
	}
	workers := make([][]*scoring.Session, r.workers()) // each used by one goroutine
	return read, func(worker int, b *gold.Batch, first int64) error {
		if workers[worker] == nil {
			for _, s := range scorers {
				workers[worker] = append(workers[worker], s.NewSession())
			}
		}
		all, err := scoring.Scored(b, workers[worker])
		if err != nil {
			return scoreError(it, scorers, first, err)
		}
		return feed(worker, all, first)
	}
}

// scoreError says which row of the source can't be scored, or why none can.
func scoreError(it *job, scorers []*scoring.Scorer, first int64, err error) error {
	var files []string
	for _, s := range scorers {
		files = append(files, s.Score.Model)
	}
	p := gold.Problem{File: it.table.File(), Code: gold.CodeScoreFailed}
	if row, ok := errors.AsType[*scoring.RowError](err); ok {
		p.Field = row.Field
		p.File, p.Row = it.table.Place(first + int64(row.Row))
		return gold.Invalidf(p, "%s", row.Reason)
	}
	return gold.Invalidf(p, "dataset %s can't be scored by %s: %s", it.name(), strings.Join(files, ", "), err)
}
