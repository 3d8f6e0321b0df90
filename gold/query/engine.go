package query

import (
	"log/slog"

	"goldserve/gold"
)

// Engine answers questions about releases from the rows of a store. It is safe for concurrent use.
type Engine struct {
	// Rewritten is called with the outcome of each rewrite of a question; nil: it isn't called.
	Rewritten func(Outcome)

	reader  gold.Reader
	log     *slog.Logger    // of hints that can't be read
	values  cache[[]string] // for hints; nil for a field that has too many or whose values took too long
	extents cache[*Span]    // for comparisons; nil for a field without values
}

// NewEngine returns an engine that reads from a store.
func NewEngine(reader gold.Reader, log *slog.Logger) *Engine {
	return &Engine{reader: reader, log: log}
}

// note adds outcomes of rewrites to an answer's metadata, and reports them. Of a question within another, which has no
// metadata (to is nil), it does neither.
func (e *Engine) note(to *Metadata, outcomes ...Outcome) {
	if to == nil {
		return
	}
	to.Rewrites = append(to.Rewrites, outcomes...)
	if e.Rewritten == nil {
		return
	}
	for _, o := range outcomes {
		e.Rewritten(o)
	}
}
