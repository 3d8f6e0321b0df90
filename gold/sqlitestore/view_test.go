package sqlitestore

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestViewsShowTheCurrentReleaseToPeople(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	one := gold.NewBatch(d.Stored(), 2)
	at, _ := gold.ParseValue(gold.Time, 0, "1969-12-31T23:59:59.5Z")
	one.AppendRow(gold.NewInt(1), gold.NewText("Mug"), gold.NewDouble(1.5), gold.NewDecimal(-1205), at, gold.NewDate(-1), gold.NewBool(true), gold.NewTime(-86_400_000))
	one.AppendRow(gold.NewInt(2), gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{})
	last := gold.NewBatch(d.Stored(), 1)
	last.AppendRow(gold.NewInt(3), gold.NewText(""), gold.NewDouble(0), gold.NewDecimal(5), gold.NewTime(gold.MaxTime/1000*1000), gold.NewDate(gold.MinDate), gold.NewBool(false), gold.NewTime(gold.MinTime))
	first := mustLoad(t, s, l, d, "1", one)
	mustPublish(t, s, l, "2011-12-08T12:00:00Z", first)
	db := outside(t, s.path)
	all := `SELECT group_concat(concat_ws(' ', id, product, amount, price, sold, day, paid, month_date), '|') FROM gold_sales`
	wantView(t, outsideText(t, db, all), "1 Mug 1.5 -12.05 1969-12-31 23:59:59.500 1969-12-31 1 1969-12-31|2")
	about := `SELECT group_concat(concat_ws(' ', dataset, rows, release, as_of, quality, refreshing, model), '|') FROM gold_release`
	wantView(t, outsideText(t, db, about), "sales 2 1 2011-12-08T12:00:00Z ok 0 shop")

	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "2", last))
	wantView(t, outsideText(t, db, all), "3  0.0 0.05 9999-12-31 23:59:59 0001-01-01 0 0001-01-01")

	if _, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: 2, To: 1}); err != nil {
		t.Fatal(err)
	}
	wantView(t, outsideText(t, db, about), "sales 2 1 2011-12-08T12:00:00Z ok 0 shop")
	wantView(t, outsideText(t, db, `SELECT count(*) FROM gold_sales`), "2")

	renamed := first
	renamed.Dataset.Collection = "gold_orders"
	r := &gold.Release{Versions: []gold.Version{renamed}, Quality: []gold.RuleResult{{Dataset: "sales"}, {Dataset: "sales", Passed: true}, {Dataset: "other"}}}
	if _, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: 1, Release: r}); err != nil {
		t.Fatal(err)
	}
	wantView(t, outsideText(t, db, `SELECT group_concat(name) FROM sqlite_schema WHERE type = 'view'`), "gold_release,gold_orders")
	wantView(t, outsideText(t, db, `SELECT quality FROM gold_release`), "1 warning")
}

func TestViewsShowWideDecimalsInFull(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := gold.Dataset{Model: "shop", Name: "wide", Collection: "gold_wide", Key: []string{"id"}, Fields: []gold.Field{{Name: "id", Kind: gold.Int}}}
	texts := []string{"0", "1", "-1", "9", "-9", "10", "-10", "12345678901234567890123456789012345678", "-99999999999999999999999999999999999999", "1000000000000000000", "-1000000000000000000", "-100000000000000000000000000000000000"}
	scales := []int{0, 2, 18, 37, 38}
	for _, scale := range scales {
		d.Fields = append(d.Fields, gold.Field{Name: "w" + strconv.Itoa(scale), Kind: gold.WideDecimal, Precision: 38, Scale: scale, Nullable: true})
	}
	b := gold.NewBatch(d.Fields, len(texts)+1)
	var want []string
	for i, text := range texts {
		n, _ := gold.ParseInt128(text)
		row, line := []gold.Value{gold.NewInt(int64(i))}, strconv.Itoa(i)
		for _, scale := range scales {
			row = append(row, gold.NewWideDecimal(n))
			line += " " + gold.NewWideDecimal(n).Format(scale)
		}
		b.AppendRow(row...)
		want = append(want, line)
	}
	b.AppendRow(gold.NewInt(99), gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{}, gold.Value{})
	mustPublish(t, s, l, "2011-12-08T12:00:00Z", mustLoad(t, s, l, d, "1", b))
	all := `SELECT group_concat(concat_ws(' ', id, w0, w2, w18, w37, w38), '|') FROM gold_wide`
	wantView(t, outsideText(t, outside(t, s.path), all), strings.Join(want, "|")+"|99")
}

func wantView(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("people see %q, expected %q", got, want)
	}
}

func TestAViewNeverTakesTheNameOfAnother(t *testing.T) {
	d := sales("sales")
	theirs := sales("sales")
	theirs.Model = "school"
	for _, c := range []struct{ name, statement, why string }{
		{"a table", `CREATE TABLE gold_sales (text)`, "a table"},
		{"a view", `CREATE VIEW gold_sales AS SELECT 1`, "a view"},
		{"in other letters", `CREATE TABLE "GOLD_Sales" (text)`, "a table"},
		{"the releases' own", `CREATE VIEW gold_release AS SELECT 1`, "a view"},
		{"of another model", "", "of model school"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			l := mustAcquire(t, s, "school")
			if c.statement != "" {
				outsideExec(t, outside(t, s.path), c.statement)
			} else {
				mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, theirs, "1", saleRows(&d, 0, 1)))
			}
			mustGiveBack(t, s, l)
			l = mustAcquire(t, s, "shop")
			st, err := s.State(t.Context(), "shop")
			if err != nil || len(st.Taken) != 1 {
				t.Fatalf("%v is taken (%v), expected one name", st.Taken, err)
			}
			for name, why := range st.Taken {
				if !strings.EqualFold(name, "gold_sales") && name != gold.ReleaseCollection || why != c.why {
					t.Errorf("%s is taken: %s, expected %s", name, why, c.why)
				}
			}
			v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1))
			_, err = s.Publish(t.Context(), gold.Publication{Lease: l, Release: &gold.Release{Versions: []gold.Version{v}}})
			wantError(t, err, gold.Invalid, gold.CodeBITargetTaken)
			_, err = s.Resolve(t.Context(), gold.Selector{Model: "shop"})
			wantError(t, err, gold.Empty, gold.CodeNoRelease)
		})
	}
}

func TestNamesOfAForeignFileAreTakenBeforeAnythingIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "theirs.db")
	db := outside(t, path)
	outsideExec(t, db, `CREATE TABLE gold_sales (text)`)
	outsideExec(t, db, `CREATE VIEW gold_view AS SELECT 1`)
	s := mustOpen(t, path, Options{})
	st, err := s.State(t.Context(), "shop")
	if err != nil || st.Taken["gold_sales"] != "a table" || st.Taken["gold_view"] != "a view" || len(st.Taken) != 2 {
		t.Fatalf("%v is taken (%v)", st, err)
	}
	wantView(t, outsideText(t, db, `SELECT group_concat(name) FROM sqlite_schema`), "gold_sales,gold_view")
}

func TestATableInPlaceOfOurViewStays(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	v := mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1))
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", v)
	db := outside(t, s.path)
	outsideExec(t, db, `DROP VIEW gold_sales`)
	outsideExec(t, db, `CREATE TABLE gold_sales AS SELECT 'mine' AS text`)
	_, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: 1, Release: &gold.Release{Versions: []gold.Version{v}}})
	wantError(t, err, gold.Invalid, gold.CodeBITargetTaken)
	wantView(t, outsideText(t, db, `SELECT text FROM gold_sales`), "mine")
}

func TestADatasetWithoutCollectionIsNotShown(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
	l := mustAcquire(t, s, "shop")
	d := sales("sales")
	d.Collection = ""
	mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1)))
	wantView(t, outsideText(t, outside(t, s.path), `SELECT group_concat(name) FROM sqlite_schema WHERE type = 'view'`), gold.ReleaseCollection)
}

func TestAViewOfRowsWithoutAKeyLeavesTheirPositionOut(t *testing.T) {
	s := newStore(t)
	l := mustAcquire(t, s, "shop")
	d := gold.Dataset{Model: "shop", Name: "lines", Collection: "gold_lines", Key: []string{}, Fields: []gold.Field{{Name: "product", Kind: gold.Text}}}
	b := gold.NewBatch(d.Stored(), 3)
	for i, product := range []string{"Mug", "Mug", "Tray"} {
		b.AppendRow(gold.NewText(product), gold.NewInt(int64(2-i)))
	}
	mustPublish(t, s, l, "2011-12-08T12:00:00Z", mustLoad(t, s, l, d, "1", b))
	db := outside(t, s.path)
	wantView(t, outsideText(t, db, `SELECT group_concat(name) FROM pragma_table_info('gold_lines')`), "product")
	wantView(t, outsideText(t, db, `SELECT group_concat(product) FROM gold_lines`), "Tray,Mug,Mug")
}

func TestModelsAreThoseWithARelease(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
	if names, err := s.Models(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("a store without a file has %v (%v)", names, err)
	}
	for _, model := range []string{"shop", "bar"} {
		l := mustAcquire(t, s, model)
		d := sales("sales")
		d.Model, d.Collection = model, ""
		mustPublish(t, s, l, "2011-12-09T00:00:00Z", mustLoad(t, s, l, d, "1", saleRows(&d, 0, 1)))
		if err := s.Release(t.Context(), l, nil); err != nil {
			t.Fatal(err)
		}
	}
	mustAcquire(t, s, "empty")
	if names, err := s.Models(t.Context()); err != nil || !slices.Equal(names, []string{"bar", "shop"}) {
		t.Errorf("%v (%v), expected bar and shop", names, err)
	}
}

func TestABIDatabaseOfItsOwnIsAPrefixOfViews(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "gold.db"), Options{})
	versions := map[string]gold.Version{}
	publish := func(model, database string, from int64, rows int) {
		t.Helper()
		l := mustAcquire(t, s, model)
		d := sales("sales")
		d.Model = model
		if versions[model].Location == "" {
			versions[model] = mustLoad(t, s, l, d, "1", saleRows(&d, 0, rows))
		}
		release := &gold.Release{BIDatabase: database, Versions: []gold.Version{versions[model]}}
		if _, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: from, Release: release}); err != nil {
			t.Fatal(err)
		}
		if err := s.Release(t.Context(), l, nil); err != nil {
			t.Fatal(err)
		}
	}
	publish("shop", "", 0, 3)
	publish("stock", "stock_serving", 0, 5)
	db := outside(t, s.path)
	views := func() string {
		return outsideText(t, db, `SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name)`)
	}
	wantView(t, views(), "gold_release gold_sales stock__gold_release stock__gold_sales")
	wantView(t, outsideText(t, db, `SELECT (SELECT count(*) FROM gold_sales) || ' ' || (SELECT count(*) FROM stock__gold_sales)`), "3 5")
	const line = `SELECT group_concat(dataset || ' ' || rows || ' ' || release || ' ' || quality || ' ' || refreshing || ' ' || model) FROM `
	wantView(t, outsideText(t, db, line+"gold_release"), "sales 3 1 ok 0 shop")
	wantView(t, outsideText(t, db, line+"stock__gold_release"), "sales 5 1 ok 0 stock")
	if st, err := s.State(t.Context(), "stock"); err != nil || len(st.Taken) != 0 {
		t.Errorf("%v is taken (%v)", st.Taken, err)
	}
	publish("stock", "elsewhere", 1, 5)
	wantView(t, views(), "elsewhere__gold_release elsewhere__gold_sales gold_release gold_sales")
	wantView(t, outsideText(t, db, line+"elsewhere__gold_release"), "sales 5 2 ok 0 stock")
}
