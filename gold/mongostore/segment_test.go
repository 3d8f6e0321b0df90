//go:build e2e

package mongostore

import (
	"testing"

	"goldserve/gold"
)

// openSales opens a version of sales that extends another one by rows, or is made anew.
func openSales(t *testing.T, s *Store, l gold.Lease, v int, of *gold.Version, rows [][]gold.Value) *loader {
	t.Helper()
	tb := sales(v, 0)
	tb.rows = rows
	opened, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id, Extends: of, Extensible: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Append(t.Context(), tb.batch()); err != nil {
		t.Fatal(err)
	}
	return opened.(*loader)
}

// sealSales seals a version of sales that extends another one by rows, or is made anew.
func sealSales(t *testing.T, s *Store, l gold.Lease, v int, of *gold.Version, rows [][]gold.Value) gold.Version {
	t.Helper()
	all := int64(len(rows))
	if of != nil {
		all += of.Rows
	}
	sealed, err := openSales(t, s, l, v, of, rows).Seal(t.Context(), gold.Version{Rows: all})
	if err != nil {
		t.Fatal(err)
	}
	return *sealed
}

// TestSealOfAPausedPublisherNamesNoRowsOfOthers: a publisher that was paused between the last look at its lease and its seal
// appended rows that another one has removed since, and has put others in their place.
func TestSealOfAPausedPublisherNamesNoRowsOfOthers(t *testing.T) {
	for what, next := range map[string]func(t *testing.T, s *Store, l gold.Lease, first *gold.Version, paused func()) *gold.Version{
		"before the other one seals": func(t *testing.T, s *Store, l gold.Lease, first *gold.Version, paused func()) *gold.Version {
			other := openSales(t, s, l, 3, first, sales(1, 40).rows[20:25])
			p, err := s.held(t.Context(), l)
			if err == nil {
				err = other.complete(t.Context(), p, 15)
			}
			if err != nil {
				t.Fatal(err)
			}
			paused()
			return nil
		},
		"after the other one sealed": func(t *testing.T, s *Store, l gold.Lease, first *gold.Version, paused func()) *gold.Version {
			v := sealSales(t, s, l, 3, first, sales(1, 40).rows[20:25])
			paused()
			return &v
		},
		"after the other one sealed two": func(t *testing.T, s *Store, l gold.Lease, first *gold.Version, paused func()) *gold.Version {
			v := sealSales(t, s, l, 3, first, sales(1, 40).rows[20:25])
			v = sealSales(t, s, l, 4, &v, sales(1, 40).rows[30:35])
			paused()
			return &v
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := newStore(t, Options{})
			l := acquire(t, s, "shop")
			first := sealSales(t, s, l, 1, nil, sales(1, 10).rows)
			giveBack(t, s, l)
			l = acquire(t, s, "shop")
			late := openSales(t, s, l, 2, &first, sales(1, 15).rows[10:])
			p, err := s.held(t.Context(), l)
			if err == nil {
				err = late.complete(t.Context(), p, 15)
			}
			if err != nil {
				t.Fatal(err)
			}
			expire(t, s, "shop")
			l = acquire(t, s, "shop")
			other := next(t, s, l, &first, func() {
				v := gold.Version{Dataset: late.load.Dataset, ID: late.load.ID, Location: late.location, Rows: 15}
				if _, err := late.record(t.Context(), p, &v); err != nil {
					t.Fatal(err)
				}
			})
			sealed := map[string]string{}
			for _, v := range state(t, s, "shop").Sealed {
				sealed[v.ID] = v.Location
			}
			if sealed[late.load.ID] != "" {
				t.Errorf("the version of the paused publisher can be reused: %v", sealed)
			}
			if sealed[first.ID] != first.Location || other != nil && sealed[other.ID] != other.Location {
				t.Errorf("versions that were sealed can't be reused: %v", sealed)
			}
			// Its content is loaded again, into another collection.
			giveBack(t, s, l)
			l = acquire(t, s, "shop")
			again := sealSales(t, s, l, 2, nil, sales(1, 15).rows)
			publish(t, s, l, "2011-12-01", again)
			if n := rowsOf(t, s, gold.Query{Version: &again, Where: []gold.Predicate{{Field: "id", Op: gold.Lt, Values: []gold.Value{gold.NewInt(15)}}}}); n != 15 || again.Location == late.location {
				t.Errorf("%d of its 15 rows are at %s", n, again.Location)
			}
			if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
				t.Fatal(err)
			}
			if n := rowsOf(t, s, gold.Query{Version: &first}); n != 10 {
				t.Errorf("%d rows of the version that both extended, expected 10", n)
			}
		})
	}
}
