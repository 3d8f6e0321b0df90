package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
)

// cut returns a table with some of the rows of another.
func (tb table) cut(from, to int) table {
	tb.rows = tb.rows[from:to]
	return tb
}

// openAfter opens a version of a table that has the rows of another one, or none, and those of added besides.
func openAfter(t *testing.T, s gold.Store, l gold.Lease, tb table, of *gold.Version, added table) gold.Loader {
	t.Helper()
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id(), Rows: int64(len(added.rows)), Extends: of, Extensible: true})
	if err != nil {
		t.Fatalf("open a version of %s: %v", tb.Name, err)
	}
	return loader
}

// extend makes a sealed version of the first rows of a table, up to to, that extends the version of the first rows, up to
// from; nil: it is made anew.
func extend(t *testing.T, s gold.Store, l gold.Lease, tb table, of *gold.Version, from, to int) gold.Version {
	t.Helper()
	whole, added := tb.cut(0, to), tb.cut(from, to)
	loader := openAfter(t, s, l, whole, of, added)
	appendRows(t, loader, added)
	return seal(t, loader, whole)
}

// prefixes makes a version of the first rows of a table for each number of them, each extending the one before.
func prefixes(t *testing.T, s gold.Store, l gold.Lease, tb table, to ...int) []gold.Version {
	t.Helper()
	var versions []gold.Version
	var of *gold.Version
	from := 0
	for _, n := range to {
		v := extend(t, s, l, tb, of, from, n)
		versions, of, from = append(versions, v), &v, n
	}
	return versions
}

// publishVersions makes a release of versions of one model.
func publishVersions(t *testing.T, s gold.Store, l gold.Lease, asOf string, versions ...gold.Version) *gold.Release {
	t.Helper()
	return makeCurrent(t, s, l, &gold.Release{Model: l.Model, AsOf: instant(asOf), Versions: versions})
}

// extensions checks versions that have the rows of another one and some besides.
func extensions(t *testing.T, h Harness) {
	composite := newTable("pairs", []gold.Field{{Name: "shop", Kind: gold.Text}, {Name: "n", Kind: gold.Int}, {Name: "x", Kind: gold.Double, Nullable: true}}, 2)
	for i := range 40 {
		composite.rows = append(composite.rows, row(fmt.Sprintf("shop %d", i%3), i, float64(i)/4))
	}
	positions := newTable("events", []gold.Field{{Name: "what", Kind: gold.Text}}, 0)
	for i := range 40 {
		positions.rows = append(positions.rows, row(fmt.Sprint("event ", i%7), i)) // the position
	}
	many := manyTable(40)
	many.Indexes = []gold.Index{{{Field: "name"}, {Field: "id"}}}
	for _, tb := range []table{many, composite, positions} {
		t.Run("each release of "+tb.Name+" has its own rows", func(t *testing.T) { extendsReleases(t, fresh(t, h), tb) })
		t.Run("what a dying publisher appended to "+tb.Name+" is nobody's", func(t *testing.T) { extendsAfterDeath(t, fresh(t, h), tb) })
	}
	t.Run("a key of an earlier segment is refused", func(t *testing.T) {
		for _, tb := range []table{many, composite} {
			extendsTwice(t, fresh(t, h), tb)
		}
	})
	t.Run("only the last version can be extended", func(t *testing.T) {
		s := fresh(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		versions := prefixes(t, s, l, many, 10, 20)
		other := many.cut(0, 10)
		other.rows = slices.Concat(other.rows, many.rows[20:25])
		loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: many.Dataset, ID: other.id(), Extends: &versions[0], Extensible: true})
		if err == nil {
			appendRows(t, loader, many.cut(20, 25))
			_, err = loader.Seal(t.Context(), sealed(other))
			defer func() { _ = loader.Abort(t.Context()) }()
		}
		wantError(t, "extend a version that another one extends", err, gold.Internal, gold.CodeReleaseInconsistent)
		for i, n := range []int{10, 20} {
			wantVersion(t, s, &versions[i], many.cut(0, n))
		}
	})
	t.Run("rows stay as long as a release has some of them", func(t *testing.T) { prunesExtended(t, fresh(t, h), many) })
	t.Run("the last version alone says what it was read from", func(t *testing.T) { resumesLast(t, fresh(t, h), many) })
	t.Run("a version loaded again takes the place of those that share its rows", func(t *testing.T) { replacesExtended(t, fresh(t, h), many) })
	t.Run("the same rows loaded whole are the same version", func(t *testing.T) {
		s := fresh(t, h)
		l := acquire(t, s, model)
		defer giveBack(t, s, l)
		versions := prefixes(t, s, l, many, 10, 20)
		loader := openAfter(t, s, l, many.cut(0, 20), nil, many.cut(0, 20))
		appendRows(t, loader, many.cut(0, 20))
		if v := seal(t, loader, many.cut(0, 20)); v.Location != versions[1].Location {
			t.Errorf("the same version is sealed at %s and at %s", v.Location, versions[1].Location)
		}
		wantVersion(t, s, &versions[1], many.cut(0, 20))
	})
}

func extendsReleases(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	var of *gold.Version
	steps := []int{15, 22, 22, 40} // one without rows
	from := 0
	for i, n := range steps {
		whole := tb.cut(0, n)
		if i == 2 { // the same rows under another id, as of a file without rows
			whole.DefaultLimit = 17
		}
		added := tb.cut(from, n)
		loader := openAfter(t, s, l, whole, of, added)
		appendRows(t, loader, added)
		v := seal(t, loader, whole)
		of, from = &v, n
		r := publishVersions(t, s, l, fmt.Sprintf("2011-12-0%d", i+1), v)
		if r.Needs() != 5 {
			t.Errorf("the release needs a reader of %d, expected 5", r.Needs())
		}
	}
	giveBack(t, s, l)
	other := s.again(t)
	for i, n := range steps {
		r := resolve(t, other, gold.Selector{Model: model, Number: int64(i + 1)})
		wantVersion(t, other, r.Version(tb.Name), tb.cut(0, n))
		got := aggregate(t, other, gold.Aggregation{Version: r.Version(tb.Name), Measures: []gold.Measure{{Func: gold.Count}}})
		wantRows(t, fmt.Sprint("count of release ", i+1), got, [][]gold.Value{row(n)})
	}
	last := resolve(t, other, gold.Selector{Model: model, Number: int64(len(steps))}).Version(tb.Name)
	for i, n := range steps {
		v := resolve(t, other, gold.Selector{Model: model, Number: int64(i + 1)}).Version(tb.Name)
		if !last.Extends(v) {
			t.Errorf("%s does not extend %s", last.Location, v.Location)
		}
		got := selectRows(t, other, gold.Query{Version: last, Since: v, Fields: gold.FieldNames(tb.RowFields()), Sort: tb.TotalSort(nil)})
		if want := tb.cut(n, len(tb.rows)); len(got) != len(want.rows) || digest(tb.RowFields(), got) != want.digest() {
			t.Errorf("since release %d there are %d rows of %s, expected %d", i+1, len(got), tb.Name, len(want.rows))
		}
	}
	rollBack(t, s, model, 2)
	wantTable(t, s, tb.cut(0, 22))
	if st := state(t, s, model); len(st.Sealed) != len(steps) || len(st.Orphans) != 0 {
		t.Errorf("the state has %d sealed versions and the orphans %v, expected %d and none", len(st.Sealed), st.Orphans, len(steps))
	}
}

func extendsAfterDeath(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	base := prefixes(t, s, l, tb, 10)[0]
	publishVersions(t, s, l, "2011-12-01", base)
	giveBack(t, s, l)
	dying := s.again(t)
	appendRows(t, openAfter(t, dying, acquireFor(t, dying, shortLease), tb.cut(0, 30), &base, tb.cut(10, 30)), tb.cut(10, 30))
	if err := dying.Close(); err != nil {
		t.Errorf("close with a version half loaded: %v", err)
	}
	next := s.again(t)
	l = acquireSoon(t, next)
	defer giveBack(t, next, l)
	wantTable(t, next, tb.cut(0, 10))
	if st := state(t, next, model); len(st.Orphans) != 1 {
		t.Errorf("the orphans are %v, expected one", st.Orphans)
	}
	if _, err := next.DropOrphans(t.Context(), l, false); err != nil {
		t.Fatal(err)
	}
	if st := state(t, next, model); len(st.Orphans) != 0 {
		t.Errorf("the orphans are %v, expected none", st.Orphans)
	}
	wantTable(t, next, tb.cut(0, 10))
	// The same keys, and fewer of them.
	v := extend(t, next, l, tb, &base, 10, 20)
	publishVersions(t, next, l, "2011-12-02", v)
	wantTable(t, next, tb.cut(0, 20))
}

// extendsTwice appends a key that is there, and then, in the same place, rows with other keys.
func extendsTwice(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	defer giveBack(t, s, l)
	base := prefixes(t, s, l, tb, 10)[0]
	publishVersions(t, s, l, "2011-12-01", base)
	again := tb.cut(0, 15)
	again.rows = slices.Concat(again.rows, tb.rows[7:8])
	added := again.cut(10, 16)
	loader := openAfter(t, s, l, again, &base, added)
	err := appendBatches(t, loader, tb, [][][]gold.Value{added.rows}, false)
	if err == nil {
		_, err = loader.Seal(t.Context(), sealed(again))
	}
	wantError(t, "append a key that is there", err, gold.Invalid, gold.CodeDuplicateKey)
	var duplicate gold.DuplicateKey
	if want := tb.rows[7][:len(tb.Key)]; !errors.As(err, &duplicate) || !slices.Equal(duplicate.Key, want) {
		t.Errorf("the cause names key %s, expected %s", showRow(duplicate.Key), showRow(want))
	}
	if err := loader.Abort(t.Context()); err != nil {
		t.Errorf("abort: %v", err)
	}
	wantTable(t, s, tb.cut(0, 10))
	if st := state(t, s, model); len(st.Sealed) != 1 || len(st.Orphans) != 0 {
		t.Errorf("sealed %v, orphans %v, expected one and none", st.Sealed, st.Orphans)
	}
	publishVersions(t, s, l, "2011-12-02", extend(t, s, l, tb, &base, 10, 20))
	wantTable(t, s, tb.cut(0, 20))
}

func prunesExtended(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	versions := prefixes(t, s, l, tb, 10, 20, 30)
	var first *gold.Release
	for i, v := range versions {
		if r := publishVersions(t, s, l, fmt.Sprintf("2011-12-0%d", i+1), v); first == nil {
			first = r
		}
	}
	giveBack(t, s, l)
	l = acquire(t, s, model)
	defer giveBack(t, s, l)
	wantPruned(t, s, gold.Prune{Lease: l}, gold.PruneReport{Marked: []int64{2, 1}, Dropped: []int64{2, 1}, Shared: []string{tb.Name}})
	wantTable(t, s, tb.cut(0, 30))
	if st := state(t, s, model); len(st.Sealed) != 1 || st.Sealed[0].Location != versions[2].Location || len(st.Orphans) != 0 {
		t.Errorf("sealed %v, orphans %v, expected %s and none", st.Sealed, st.Orphans, versions[2].Location)
	}
	// Loaded anew, nobody needs what was extended.
	whole := extend(t, s, l, tb, nil, 0, 40)
	publishVersions(t, s, l, "2011-12-04", whole)
	wantPruned(t, s, gold.Prune{Lease: l}, gold.PruneReport{Marked: []int64{3}, Dropped: []int64{3}})
	wantTable(t, s, tb)
	rows, err := s.Rows(t.Context(), gold.Query{Version: &versions[0]})
	if err == nil {
		_, err = rows.Next(t.Context())
		_ = rows.Close()
	}
	wantError(t, "rows of a dropped release", err, gold.Gone, gold.CodeReleasePruned)
	if st := state(t, s, model); len(st.Sealed) != 1 || len(st.Orphans) != 0 {
		t.Errorf("sealed %v, orphans %v, expected one and none", st.Sealed, st.Orphans)
	}
}

// resumesLast checks that the seal of a version which another one extends, and which can't be extended any more, does not go
// on naming its files: together those of many versions would be large.
func resumesLast(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	defer giveBack(t, s, l)
	var of *gold.Version
	var parts []gold.Part
	for from := 0; from < 30; from += 10 {
		whole := tb.cut(0, from+10)
		loader := openAfter(t, s, l, whole, of, tb.cut(from, from+10))
		appendRows(t, loader, tb.cut(from, from+10))
		v := sealed(whole)
		parts = append(parts, gold.Part{Content: fmt.Sprint("file ", from)})
		v.Resume = &gold.Resume{Parts: parts, Sums: map[string]string{"sum(n)": "1 2"}}
		got, err := loader.Seal(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		of = got
		for _, v := range state(t, s, model).Sealed {
			if last := v.Location == got.Location; last != (v.Resume != nil) || last && len(v.Resume.Parts) != len(parts) {
				t.Errorf("with %d parts, the seal of %s says %+v", len(parts), v.Location, v.Resume)
			}
			if v.Digest == "" || v.Measures["count()"] != gold.NewInt(v.Rows) {
				t.Errorf("the seal of %s has the digest %q and the measures %v", v.Location, v.Digest, v.Measures)
			}
		}
	}
}

func replacesExtended(t *testing.T, s *fixture, tb table) {
	l := acquire(t, s, model)
	versions := prefixes(t, s, l, tb, 10, 20)
	publishVersions(t, s, l, "2011-12-01", versions[0])
	publishVersions(t, s, l, "2011-12-02", versions[1])
	giveBack(t, s, l)
	l = acquire(t, s, model)
	defer giveBack(t, s, l)
	whole := tb.cut(0, 20)
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: whole.id(), Extensible: true, Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, loader, whole)
	v := seal(t, loader, whole)
	wantTable(t, s, whole) // until the switch, from where it was
	publishVersions(t, s, l, "2011-12-03", v)
	if _, err := s.DropOrphans(t.Context(), l, false); err != nil {
		t.Fatal(err)
	}
	wantTable(t, s, whole)
	if st := state(t, s, model); len(st.Sealed) != 1 || st.Sealed[0].Location != v.Location || len(st.Orphans) != 0 {
		t.Errorf("sealed %v, orphans %v, expected %s and none", st.Sealed, st.Orphans, v.Location)
	}
	for i := range versions {
		rows, err := s.Rows(t.Context(), gold.Query{Version: &versions[i]})
		if err == nil {
			_, err = rows.Next(t.Context())
			_ = rows.Close()
		}
		wantError(t, "read what was replaced", err, gold.Gone, gold.CodeReleasePruned)
	}
	_, err = s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 3, To: 1})
	wantError(t, "roll back to a release without its rows", err, gold.Gone, gold.CodeReleasePruned)
}

// publishPrefixes is publish of tables each of which was appended to once before, and once after with the rows of beyond, which
// no answer may have.
func publishPrefixes(t *testing.T, s gold.Store, asOf time.Time, tables, beyond []table) *gold.Release {
	t.Helper()
	l := acquire(t, s, tables[0].Model)
	defer giveBack(t, s, l)
	r := &gold.Release{Model: l.Model, AsOf: asOf, Facts: tables[0].Name}
	for i, tb := range tables {
		n := len(tb.rows)
		all := tb
		all.rows = slices.Concat(tb.rows, beyond[i].rows)
		r.Versions = append(r.Versions, prefixes(t, s, l, all, n/2, n, len(all.rows))[1])
	}
	return makeCurrent(t, s, l, r)
}
