package sqlitestore

import (
	"database/sql/driver"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// hostile is a dataset whose names try to end the statement.
func hostile() *gold.Version {
	d := gold.Dataset{Model: "shop", Name: `x"; DROP TABLE t; --`, Key: []string{`k"`}, Fields: []gold.Field{
		{Name: `k"`, Kind: gold.Int}, {Name: "a b'?", Kind: gold.Text, Nullable: true},
	}}
	return &gold.Version{Dataset: d, Location: gold.Location(d.Model, d.Name, id("1"), 1)}
}

func TestStatements(t *testing.T) {
	v := hostile()
	table := `"` + strings.ReplaceAll(v.Location, `"`, `""`) + `"`
	text := func(s string) []gold.Value { return []gold.Value{gold.NewText(s)} }
	via := &gold.Join{Version: v, On: `k"`, Key: `k"`}
	for _, c := range []struct {
		name  string
		query gold.Query
		want  string
		args  int
	}{
		{"everything", gold.Query{}, `SELECT t."k""", t."a b'?" FROM TABLE t`, 0},
		{
			"values are parameters",
			gold.Query{Fields: []string{`k"`}, Where: []gold.Predicate{{Field: "a b'?", Op: gold.Ne, Values: text(`' OR 1=1 --`)}}, Limit: 7},
			`SELECT t."k""" FROM TABLE t WHERE t."a b'?" <> ? LIMIT 7`, 1,
		},
		{"lists", gold.Query{Fields: []string{`k"`}, Where: []gold.Predicate{
			{Field: "a b'?", Op: gold.In}, {Field: "a b'?", Op: gold.NotIn, Values: []gold.Value{{}}}, {Field: "a b'?", Op: gold.NotIn, Values: []gold.Value{gold.NewText("a"), {}, gold.NewText("b")}},
		}}, `SELECT t."k""" FROM TABLE t WHERE 0 AND t."a b'?" IS NOT NULL AND t."a b'?" NOT IN (?, ?)`, 2},
		{"after a row, with nulls as the smallest", gold.Query{
			Fields: []string{`k"`}, Sort: []gold.Sort{{Field: "a b'?", Desc: true}, {Field: `k"`}}, After: []gold.Value{gold.NewText("m"), gold.NewInt(3)},
		}, `SELECT t."k""" FROM TABLE t WHERE (((t."a b'?" < ? OR t."a b'?" IS NULL) OR (t."a b'?" = ? AND (t."k""" > ?)))) ORDER BY t."a b'?" DESC, t."k"""`, 3},
		{"after a row, by an index", gold.Query{
			Fields: []string{`k"`}, Sort: []gold.Sort{{Field: `k"`, Desc: true}, {Field: "a b'?"}}, After: []gold.Value{gold.NewInt(3), {}},
		}, `SELECT t."k""" FROM TABLE t WHERE (t."k""" <= ? AND ((t."k""" < ? OR t."k""" IS NULL) OR (t."k""" = ? AND (t."a b'?" IS NOT NULL)))) ORDER BY t."k""" DESC, t."a b'?"`, 3},
		{
			"looked up",
			gold.Query{Fields: []string{`k"`}, Where: []gold.Predicate{{Field: "a b'?", Op: gold.Contains, Values: text("Ab"), Join: via}, {Field: "a b'?", Op: gold.IsNull, Join: via}}},
			`SELECT t."k""" FROM TABLE t WHERE (t."k""" IN (SELECT v."k""" FROM TABLE v WHERE v."k""" IS NOT NULL AND goldserve_contains(v."a b'?", ?))) AND ` +
				`(t."k""" IS NULL OR t."k""" NOT IN (SELECT v."k""" FROM TABLE v WHERE v."k""" IS NOT NULL AND v."a b'?" IS NOT NULL))`, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.query.Version = v
			b, err := selectRows(&c.query)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(c.want, "TABLE", table); b.String() != want || len(b.args) != c.args {
				t.Errorf("the statement is\n%s\nwith %d parameters, expected\n%s\nwith %d", b.String(), len(b.args), want, c.args)
			}
		})
	}
}

func TestHostileNamesAreOnlyNames(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := hostile().Dataset
	d.Collection, d.Indexes = `gold"x'; --`, []gold.Index{{{Field: "a b'?"}}}
	b := gold.NewBatch(d.Stored(), 1)
	b.AppendRow(gold.NewInt(1), gold.NewText(`'"; --`))
	v := mustLoad(t, s, l, d, "1", b)
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", v)
	rows, err := s.Rows(t.Context(), gold.Query{Version: &v, Where: []gold.Predicate{{Field: "a b'?", Op: gold.Eq, Values: []gold.Value{gold.NewText(`'"; --`)}}}})
	if got := cells(t, rows, err); len(got) != 1 {
		t.Errorf("%d rows, expected 1", len(got))
	}
	wantView(t, outsideText(t, outside(t, s.path), `SELECT "a b'?" FROM "gold""x'; --"`), `'"; --`)
}

func TestMalformedQuestionsAreRefused(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1))
	one := []gold.Value{gold.NewInt(1)}
	for name, q := range map[string]gold.Query{
		"an unknown field":                  {Fields: []string{"none"}},
		"an unknown field to sort by":       {Sort: []gold.Sort{{Field: "none"}}},
		"an unknown field to filter by":     {Where: []gold.Predicate{{Field: "none", Values: one}}},
		"an unknown field to look up":       {Where: []gold.Predicate{{Field: "none", Values: one, Join: &gold.Join{Version: &v, On: "id", Key: "id"}}}},
		"an unknown field to look up by":    {Where: []gold.Predicate{{Field: "paid", Values: one, Join: &gold.Join{Version: &v, On: "none", Key: "id"}}}},
		"a predicate without a value":       {Where: []gold.Predicate{{Field: "id"}}},
		"contains of a number":              {Where: []gold.Predicate{{Field: "product", Op: gold.Contains, Values: one}}},
		"a cursor of another sort":          {Sort: []gold.Sort{{Field: "day"}, {Field: "id"}}, After: one},
		"a BI field, which isn't the API's": {Fields: []string{"month_date"}},
	} {
		t.Run(name, func(t *testing.T) {
			q.Version = &v
			if rows, err := s.Rows(t.Context(), q); err == nil || gold.KindOf(err) != gold.Internal || gold.CodeOf(err) != gold.CodeInternal {
				t.Errorf("got %v, %v", rows, err)
			}
		})
	}
	for name, a := range map[string]gold.Aggregation{
		"nothing":                      {},
		"an unknown measure":           {Measures: []gold.Measure{{Func: gold.Sum, Field: "none"}}},
		"an unknown group":             {Group: []gold.Group{{Field: "none"}}},
		"an unknown column to sort by": {Group: []gold.Group{{Field: "day"}}, Sort: []gold.Sort{{Field: "none"}}},
		"an unknown column of having":  {Group: []gold.Group{{Field: "day"}}, Having: []gold.Predicate{{Field: "none", Values: one}}},
	} {
		t.Run(name, func(t *testing.T) {
			a.Version = &v
			if rows, err := s.Aggregate(t.Context(), a); err == nil {
				t.Errorf("got %v and no error", rows)
			}
		})
	}
}

// The contract's index serves its order, from the first page to the last, also of a version beside whose rows others lie, and
// also where it does not name the key that is the table's rowid.
func TestAPageComesFromTheIndex(t *testing.T) {
	for _, index := range []gold.Index{{{Field: "sold"}, {Field: "id"}}, {{Field: "sold"}}} {
		s := newStore(t)
		l := mustAcquire(t, s, "shop")
		d := sales("sales")
		d.Indexes = []gold.Index{index}
		whole := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 5000))
		extended := mustSeal(t, s, gold.Load{Lease: l, Dataset: d, ID: id("2"), Extensible: true}, saleRows(&d, 0, 4000))
		mustSeal(t, s, gold.Load{Lease: l, Dataset: d, ID: id("3"), Extensible: true, Extends: &extended}, saleRows(&d, 4000, 1000))
		for _, v := range []*gold.Version{&whole, &extended} {
			for _, after := range [][]gold.Value{nil, {gold.NewTime(15200 * 86_400_000), gold.NewInt(200)}} {
				plan := planOf(t, s, &gold.Query{Version: v, Sort: []gold.Sort{{Field: "sold"}, {Field: "id"}}, Limit: 100, After: after})
				if !strings.Contains(plan, "USING INDEX") || strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("the plan of %s with the index %v is %s", v.Location, index, plan)
				}
			}
		}
	}
}

// What no index serves is not read by one for its segments alone: each row would be looked up.
func TestSegmentsChooseNoIndex(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	d.Key = []string{"id", "product"}
	v := mustSeal(t, s, gold.Load{Lease: l, Dataset: d, ID: id("1"), Extensible: true}, saleRows(&d, 0, 5000))
	q := gold.Query{Version: &v, Where: []gold.Predicate{{Field: "amount", Op: gold.Gt, Values: []gold.Value{gold.NewDouble(20)}}}, Sort: []gold.Sort{{Field: "amount"}, {Field: "id"}, {Field: "product"}}}
	if plan := planOf(t, s, &q); strings.Contains(plan, "INDEX") {
		t.Errorf("the plan is %s", plan)
	}
}

// Finding the rows that were appended last takes as long as they are many, however many were appended before.
func TestAppendedRowsAreFoundAmongThoseThatWereAppendedBefore(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustSeal(t, s, gold.Load{Lease: l, Dataset: d, ID: id("1"), Extensible: true}, saleRows(&d, 0, 10))
	for _, statement := range []string{"SELECT count(*) FROM ", "DELETE FROM "} {
		registers, begins := map[int64]int64{}, []int64(nil)
		err := s.writer.c.each(t.Context(), "EXPLAIN "+statement+quote(tableOf(v.Location))+" WHERE "+appended(7), nil, func(row []driver.Value) error {
			switch text(row[1]) {
			case "Integer":
				registers[integer(row[3])] = integer(row[2])
			case "SeekGT":
				begins = append(begins, registers[integer(row[4])])
			}
			return nil
		})
		if err != nil || !slices.Equal(begins, []int64{7}) {
			t.Errorf("%s begins to read at the segments %v (%v), expected 7", statement, begins, err)
		}
	}
}

// planOf returns what SQLite does for a query.
func planOf(t *testing.T, s *Store, q *gold.Query) string {
	t.Helper()
	b, err := selectRows(q)
	if err != nil {
		t.Fatal(err)
	}
	args := make([]any, len(b.args))
	for i, a := range b.args {
		args[i] = a.Value
	}
	var plan []string
	err = s.writer.c.each(t.Context(), "EXPLAIN QUERY PLAN "+b.String(), args, func(row []driver.Value) error {
		plan = append(plan, text(row[3]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}

// The condition of a measure stands in its statement more than once, and is looked at once for each of the sum's two halves.
func TestAConditionalSumIsComputedOnce(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 10))
	b, err := selectGroups(&gold.Aggregation{Version: &v, Measures: []gold.Measure{{Func: gold.Sum, Field: "id", Where: "id > 3 and id != 5"}}}, false)
	if err != nil {
		t.Fatal(err)
	}
	args := make([]any, len(b.args))
	for i, a := range b.args {
		args[i] = a.Value
	}
	steps := 0
	err = s.writer.c.each(t.Context(), "EXPLAIN "+b.String(), args, func(row []driver.Value) error {
		if text(row[1]) == "AggStep" {
			steps++
		}
		return nil
	})
	if err != nil || steps != 2 || len(args) != 2 {
		t.Errorf("%d aggregates with %d parameters (%v), expected 2 and 2:\n%s", steps, len(args), err, b.String())
	}
}
