//go:build e2e

package mongostore

import (
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// clients returns a dimension of sales: the month 2011-01 … of each sale's own id, null for every fifth.
func clients(rows int) table {
	tb := table{
		Dataset: gold.Dataset{
			Model: "shop", Name: "clients", Key: []string{"client"},
			Fields: []gold.Field{{Name: "client", Kind: gold.Int}, {Name: "country", Kind: gold.Text, Nullable: true}},
		},
		id: sales(rows, 0).id,
	}
	for i := range rows {
		country := gold.NewText("France")
		if i%5 == 4 {
			country = gold.Value{}
		}
		tb.rows = append(tb.rows, []gold.Value{gold.NewInt(int64(i)), country})
	}
	return tb
}

func TestMoreKeysOfADimensionThanACommandHolds(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	many := clients(matchingKeys + matchingKeys/2)
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: many.Dataset, ID: many.id})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < len(many.rows); from += 50_000 {
		part := many
		part.rows = many.rows[from:min(from+50_000, len(many.rows))]
		if err := loader.Append(t.Context(), part.batch()); err != nil {
			t.Fatal(err)
		}
	}
	dimension, err := loader.Seal(t.Context(), gold.Version{Rows: int64(len(many.rows))})
	if err != nil {
		t.Fatal(err)
	}
	tb := sales(1, 20)
	tb.rows[0][0] = gold.NewInt(int64(len(many.rows))) // a sale without a client
	facts := load(t, s, l, tb)
	via := &gold.Join{Version: dimension, On: "id", Key: "client"}
	country := func(op gold.Op, text ...string) gold.Predicate {
		p := gold.Predicate{Field: "country", Op: op, Join: via}
		for _, t := range text {
			p.Values = append(p.Values, gold.NewText(t))
		}
		return p
	}
	id := gold.Predicate{Field: "id", Op: gold.Lt, Values: []gold.Value{gold.NewInt(0)}}
	for _, c := range []struct {
		op   string
		p    gold.Predicate
		want int
	}{
		{"is France", country(gold.Eq, "France"), 15},
		{"is not Spain", country(gold.Ne, "Spain"), 15},
		{"is not null", country(gold.NotNull), 15},
		{"is null", country(gold.IsNull), 5},
		{"is France or null", gold.AnyOf([]gold.Predicate{country(gold.Eq, "France")}, []gold.Predicate{id, id}, []gold.Predicate{country(gold.IsNull)})[0], 20},
		{"isn't France, or the client is below 0", gold.AnyOf(gold.Not([]gold.Predicate{country(gold.Eq, "France")}), []gold.Predicate{country(gold.NotNull), id})[0], 0},
	} {
		p := c.p
		f, err := s.where(t.Context(), &facts, []gold.Predicate{p})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.stages) == 0 {
			t.Fatalf("%s: the keys are sent, the test shows nothing", c.op)
		}
		q := gold.Query{Version: &facts, Where: []gold.Predicate{p}, Fields: []string{"id"}, Sort: []gold.Sort{{Field: "id"}}}
		if n := rowsOf(t, s, q); n != c.want {
			t.Errorf("country %s: %d rows, expected %d", c.op, n, c.want)
		}
		q.Limit = 3
		if n := rowsOf(t, s, q); n != min(3, c.want) {
			t.Errorf("country %s, 3 at most: %d rows", c.op, n)
		}
		rows, err := s.Aggregate(t.Context(), gold.Aggregation{Version: &facts, Where: q.Where, Measures: []gold.Measure{{Func: gold.Count}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error {
			if got := b.Columns[0].Ints[0]; got != int64(c.want) {
				t.Errorf("country %s: counts %d, expected %d", c.op, got, c.want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPagesUseIndexes checks that the server looks at no more than a page's rows where an index has its order, also where rows of
// others lie beside them.
func TestPagesUseIndexes(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 5_000)
	composite := sales(2, 5_000)
	composite.Key = []string{"month", "id"}
	pagesUseIndexes(t, s, load(t, s, l, tb), load(t, s, l, composite))
	var prefixes []gold.Version
	for i, tb := range []table{sales(3, 5_100), composite} {
		all := tb.rows
		tb.rows = all[:5_000]
		tb.id = sales(4+i, 0).id
		v := loadAs(t, s, gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id, Extensible: true}, tb)
		tb.rows = all[5_000:]
		loadAs(t, s, gold.Load{Lease: l, Dataset: tb.Dataset, ID: sales(6+i, 0).id, Extensible: true, Extends: &v}, tb)
		prefixes = append(prefixes, v)
	}
	pagesUseIndexes(t, s, prefixes[0], prefixes[1])
}

func pagesUseIndexes(t *testing.T, s *Store, v, keyed gold.Version) {
	t.Helper()
	for what, q := range map[string]gold.Query{
		"a row by its key": {Version: &v, Where: []gold.Predicate{{Field: "id", Op: gold.Eq, Values: []gold.Value{gold.NewInt(77)}}}},
		"a row by its composite key": {Version: &keyed, Where: []gold.Predicate{
			{Field: "id", Op: gold.Eq, Values: []gold.Value{gold.NewInt(77)}}, {Field: "month", Op: gold.Eq, Values: []gold.Value{gold.NewText("2011-06")}},
		}},
		"a page by key":      {Version: &v, Sort: []gold.Sort{{Field: "id"}}, After: []gold.Value{gold.NewInt(2_000)}, Limit: 10},
		"a page by an index": {Version: &v, Sort: []gold.Sort{{Field: "month"}, {Field: "id"}}, After: []gold.Value{gold.NewText("2011-06"), gold.NewInt(2_000)}, Limit: 10},
	} {
		f, err := s.where(t.Context(), q.Version, q.Where)
		if err != nil {
			t.Fatal(err)
		}
		order, err := sortingOf(&q)
		if err != nil {
			t.Fatal(err)
		}
		if q.After != nil {
			c, err := order.keyset(q.After)
			if err != nil {
				t.Fatal(err)
			}
			f.add(c)
		}
		var explained struct {
			Stats struct {
				Returned int64 `bson:"nReturned"`
				Examined int64 `bson:"totalDocsExamined"`
			} `bson:"executionStats"`
		}
		command := bson.D{{Key: "explain", Value: findCommand(&q, f, order)}, {Key: "verbosity", Value: "executionStats"}}
		if err := s.releases.RunCommand(t.Context(), command).Decode(&explained); err != nil {
			t.Fatal(err)
		}
		if got := explained.Stats; got.Returned == 0 || got.Examined > got.Returned {
			t.Errorf("%s of %s: %d rows are looked at for %d", what, q.Version.Location, got.Examined, got.Returned)
		}
	}
}

func TestUnknownFieldsAreNamed(t *testing.T) {
	s := &Store{}
	v := &gold.Version{Dataset: sales(1, 0).Dataset, Location: "x"}
	for what, ask := range map[string]func() error{
		"fields": func() error {
			_, err := s.Rows(t.Context(), gold.Query{Version: v, Fields: []string{"amout"}})
			return err
		},
		"where": func() error {
			_, err := s.Rows(t.Context(), gold.Query{Version: v, Where: []gold.Predicate{{Field: "amout", Op: gold.NotNull}}})
			return err
		},
		"group": func() error {
			_, err := s.Aggregate(t.Context(), gold.Aggregation{Version: v, Group: []gold.Group{{Field: "amout"}}})
			return err
		},
		"measure": func() error {
			_, err := s.Aggregate(t.Context(), gold.Aggregation{Version: v, Measures: []gold.Measure{{Func: gold.Sum, Field: "amout"}}})
			return err
		},
	} {
		err := ask()
		wantError(t, what, err, gold.Invalid, gold.CodeInvalidParameter)
		if !strings.Contains(fmt.Sprint(err), "amount") {
			t.Errorf("%s: the error %v does not name the nearest field", what, err)
		}
	}
}
