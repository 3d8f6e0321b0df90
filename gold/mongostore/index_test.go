//go:build e2e

package mongostore

import (
	"slices"
	"testing"

	"goldserve/gold"
)

func TestIndexesOfASharedVersionFollowPublishAndRollback(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	first := publish(t, s, l, "2011-12-09", v)
	v.Dataset.Indexes = []gold.Index{{{Field: "month", Desc: true}}}
	second := publish(t, s, l, "2011-12-10", v)
	if _, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: second.Number, To: first.Number}); err != nil {
		t.Fatal(err)
	}
	have, err := s.indexes(t.Context(), s.releases, v.Location)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range versionIndexes(&first.Versions[0].Dataset) {
		if !slices.ContainsFunc(have, func(spec indexSpec) bool { return spec.is(want) }) {
			t.Errorf("after the rollback there is no index %s in %v", want.name(), have)
		}
	}
}
