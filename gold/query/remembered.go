package query

import "sync"

// valueLists remembers the values of fields of versions, which never change, nil for a field that has too many or whose
// values took too long: it isn't tried again.
type valueLists struct {
	mu    sync.Mutex
	lists map[valueList][]string
}

type valueList struct{ version, field string }

// extents remembers the first and last values of fields of versions, which never change.
type extents struct {
	mu    sync.Mutex
	spans map[valueList]*Span
}
