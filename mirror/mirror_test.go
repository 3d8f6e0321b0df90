package mirror_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/mirror"
)

// TestEveryKindIsMirroredExactly: the texts are what the servers show, not what goldserve would write.
func TestEveryKindIsMirroredExactly(t *testing.T) {
	wide, _ := gold.ParseInt128("-12345678901234567890123456789012345678")
	small, _ := gold.ParseInt128("1")
	d := dataset{Dataset: gold.Dataset{
		Name: "kinds", Collection: "kinds", Key: []string{"id", "part"}, BI: []gold.BIField{{Name: "month_date", From: "month"}},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "part", Kind: gold.Text},
			{Name: "b", Kind: gold.Bool, Nullable: true},
			{Name: "d", Kind: gold.Double, Nullable: true},
			{Name: "single", Kind: gold.Double, Single: true, Nullable: true},
			{Name: "dec", Kind: gold.Decimal, Scale: 3, Nullable: true},
			{Name: "whole", Kind: gold.Decimal, Scale: 0, Nullable: true},
			{Name: "wide", Kind: gold.WideDecimal, Precision: 38, Scale: 10, Nullable: true},
			{Name: "date", Kind: gold.Date, Nullable: true},
			{Name: "time", Kind: gold.Time, Nullable: true},
			{Name: "took", Kind: gold.Duration, Scale: gold.DurationScale, Nullable: true},
			{Name: "month", Kind: gold.Text, Nullable: true},
			{Name: "a name's \"quotes\" `too`", Kind: gold.Text, Nullable: true},
		},
	}}
	at := time.Date(2011, 12, 8, 12, 12, 0, 7_000_000, time.UTC).UnixMilli()
	d.rows = [][]gold.Value{
		{num(math.MinInt64), text(""), gold.NewBool(true), gold.NewDouble(0.1), gold.NewDouble(float64(float32(0.1))), gold.NewDecimal(-1_050), gold.NewDecimal(10_000), gold.NewWideDecimal(wide), gold.NewDate(gold.MinDate), gold.NewTime(at), gold.NewIntegral(gold.Duration, -90_000_001), text("2011-12"), text("l'été ☀ \\ \"x\" \n end")},
		{num(math.MaxInt64), text("a"), gold.NewBool(false), gold.NewDouble(math.MaxFloat64), gold.NewDouble(math.MaxFloat32), gold.NewDecimal(999_999_999_999_999_999), gold.NewDecimal(0), gold.NewWideDecimal(small), gold.NewDate(gold.MaxDate), gold.NewTime(gold.MaxTime), gold.NewIntegral(gold.Duration, math.MaxInt64), text("none"), text("")},
		{num(math.MaxInt64), text("a "), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}},
		{num(math.MaxInt64), text("A"), {}, gold.NewDouble(-1e-300), {}, gold.NewDecimal(1), {}, {}, gold.NewDate(-1), gold.NewTime(-1), gold.NewIntegral(gold.Duration, 0), {}, {}},
	}
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		s.mirrored(t, l, l.release(1, d))
		if s.kind == "postgres" {
			s.exec(t, "SET TIME ZONE 'UTC'")
			wantText(t, s.text(t, `SELECT id, part, b, d, single::text, dec, whole, wide, date::text, (time AT TIME ZONE 'UTC')::text, took, month_date::text, "a name's ""quotes"" `+"`too`"+`" FROM {s}.kinds ORDER BY id, part COLLATE "C"`),
				`-9223372036854775808||true|0.1|0.1|-1.050|10000|-1234567890123456789012345678.9012345678|0001-01-01|2011-12-08 12:12:00.007|-90.000001|2011-12-01|l'été ☀ \ "x" `+"\n"+` end
9223372036854775807|A|NULL|-1e-300|NULL|0.001|NULL|NULL|1969-12-31|1969-12-31 23:59:59.999|0.000000|NULL|NULL
9223372036854775807|a|false|1.7976931348623157e+308|3.4028235e+38|999999999999999.999|0|0.0000000001|9999-12-31|9999-12-31 23:59:59.999|9223372036854.775807|NULL|
9223372036854775807|a |NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL`)
			return
		}
		wantText(t, s.text(t, "SELECT id, part, b, d, single, `dec`, whole, wide, date, time, took, month_date, `a name's \"quotes\" ``too``` FROM {s}.kinds ORDER BY id, part"),
			`-9223372036854775808||1|0.1|0.10000000149011612|-1.050|10000|-1234567890123456789012345678.9012345678|0001-01-01|2011-12-08 12:12:00.007|-90.000001|2011-12-01|l'été ☀ \ "x" `+"\n"+` end
9223372036854775807|A|NULL|-1e-300|NULL|0.001|NULL|NULL|1969-12-31|1969-12-31 23:59:59.999|0.000000|NULL|NULL
9223372036854775807|a|0|1.7976931348623157e+308|3.4028234663852886e+38|999999999999999.999|0|0.0000000001|9999-12-31|9999-12-31 23:59:59.999|9223372036854.775807|NULL|
9223372036854775807|a |NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL`)
	})
}

const lines = "SELECT model, dataset, collection, {rows}, {release}, left_out FROM {s}.gold_release ORDER BY dataset"

func (s *server) lines(t *testing.T) string {
	t.Helper()
	of := strings.NewReplacer("{rows}", "rows", "{release}", "release")
	if s.kind == "mysql" {
		of = strings.NewReplacer("{rows}", "`rows`", "{release}", "`release`")
	}
	return s.text(t, of.Replace(lines))
}

// identities returns what is another one as soon as anything of the tables is written.
func (s *server) identities(t *testing.T) string {
	t.Helper()
	if s.kind == "postgres" {
		return s.text(t, "SELECT relname, c.oid, relfilenode, c.xmin FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = '{s}' ORDER BY 1") +
			s.text(t, "SELECT xmin, ctid FROM {s}.gold_release")
	}
	return s.text(t, "SELECT name, table_id FROM information_schema.innodb_sys_tables WHERE name LIKE '{s}/%' ORDER BY 1")
}

func (s *server) foreignKeys(t *testing.T) string {
	t.Helper()
	return s.text(t, "SELECT count(*) FROM information_schema.referential_constraints WHERE constraint_schema = '{s}'")
}

func TestOnlyWhatChangedIsWritten(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		first := l.release(1, countries("France", "Spain"), orders("France", "Spain", "France"))
		report := s.mirrored(t, l, first)
		if report.Outcome != mirror.Mirrored || report.Rows != 5 || len(report.LeftOut) > 0 {
			t.Errorf("%+v", report)
		}
		wantText(t, s.lines(t), "shop|countries|countries|2|1|\nshop|orders|shop_orders|3|1|")
		wantText(t, s.foreignKeys(t), "1")

		before := s.identities(t)
		if report := s.mirrored(t, l, first); report.Outcome != mirror.Unchanged || len(report.Unchanged) != 2 {
			t.Errorf("%+v", report)
		}
		wantText(t, s.identities(t), before)

		// The table that others lead to is replaced, and the foreign key leads to the new one.
		second := l.release(2, countries("France", "Spain", "Italy"), orders("France", "Spain", "France"))
		if diff := cmp.Diff([]string{"countries"}, s.mirrored(t, l, second).Loaded); diff != "" {
			t.Error(diff)
		}
		wantText(t, s.lines(t), "shop|countries|countries|3|2|\nshop|orders|shop_orders|3|2|")
		wantText(t, s.foreignKeys(t), "1")
		if _, err := s.db.ExecContext(t.Context(), "INSERT INTO "+s.schema+".shop_orders VALUES (9, 'Nowhere', 1)"); err == nil {
			t.Error("the foreign key does not hold")
		}
		s.exec(t, "INSERT INTO {s}.shop_orders VALUES (9, 'Italy', 1)")

		// A dataset that the release no longer has.
		third := l.release(3, countries("France", "Spain", "Italy"))
		if diff := cmp.Diff([]string{"shop_orders"}, s.mirrored(t, l, third).Dropped); diff != "" {
			t.Error(diff)
		}
		wantText(t, s.lines(t), "shop|countries|countries|3|3|")
		// Another model beside.
		other := l.release(7, dataset{Dataset: gold.Dataset{Name: "lone", Collection: "lone", Fields: []gold.Field{{Name: "x", Kind: gold.Int}}}, rows: [][]gold.Value{{num(1)}, {num(1)}}})
		other.Model, other.Versions[0].Dataset.Model = "bakery", "bakery"
		s.mirrored(t, l, other)
		wantText(t, s.lines(t), "shop|countries|countries|3|3|\nbakery|lone|lone|2|7|")
	})
}

func TestForeignKeysThatRowsBreakAreLeftOut(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		broken := l.release(1, countries("France"), orders("France", "Spain", "Spain", "Italy"))
		report := s.mirrored(t, l, broken)
		want := []string{"shop_orders: country → countries.name: 3 rows without a match"}
		if diff := cmp.Diff(want, report.LeftOut); diff != "" {
			t.Error(diff)
		}
		wantText(t, s.foreignKeys(t), "0")
		wantText(t, s.lines(t), "shop|countries|countries|1|1|\nshop|orders|shop_orders|4|1|country → countries.name: 3 rows without a match")
		report = s.mirrored(t, l, broken)
		if diff := cmp.Diff(want, report.LeftOut); diff != "" || report.Outcome != mirror.Unchanged {
			t.Error(report.Outcome, diff)
		}
		if report := s.mirrored(t, l, l.release(2, countries("France", "Spain", "Italy"), orders("France", "Spain", "Spain", "Italy"))); len(report.LeftOut) > 0 {
			t.Error(report.LeftOut)
		}
		wantText(t, s.foreignKeys(t), "1")
		wantText(t, s.lines(t), "shop|countries|countries|3|2|\nshop|orders|shop_orders|4|2|")
		// Named datasets alone: the others stay, and a foreign key that no longer holds goes.
		report = s.mirrored(t, l, l.release(3, countries("France"), orders("Spain")), "countries")
		wantText(t, s.foreignKeys(t), "0")
		wantText(t, s.lines(t), "shop|countries|countries|1|3|\nshop|orders|shop_orders|4|2|country → countries.name: 3 rows without a match")
		if report.Rows != 1 {
			t.Errorf("%+v", report)
		}
	})
}

func TestCommentsSayWhatContractsSay(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		s.mirrored(t, l, l.release(1, countries("France"), orders("France")))
		comment := "SELECT table_comment FROM information_schema.tables WHERE table_schema = '{s}' AND table_name = 'countries'"
		column := "SELECT column_comment FROM information_schema.columns WHERE table_schema = '{s}' AND table_name = 'shop_orders' AND column_name = 'amount'"
		if s.kind == "postgres" {
			comment = "SELECT obj_description('{s}.countries'::regclass)"
			column = "SELECT col_description('{s}.shop_orders'::regclass, 3)"
		}
		if got := s.text(t, comment); !strings.HasPrefix(got, `Where it's sold: "everywhere" \o/ [goldserve shop.countries `) {
			t.Error(got)
		}
		wantText(t, s.text(t, column), "Amount (EUR)")
	})
}

// TestTablesOfOthersAreNotTouched also where nothing else stands in the way.
func TestTablesOfOthersAreNotTouched(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		s.exec(t, map[string]string{"postgres": "CREATE SCHEMA {s}", "mysql": "CREATE DATABASE {s}"}[s.kind])
		s.exec(t, "CREATE TABLE {s}.shop_orders (mine int)")
		s.exec(t, "CREATE VIEW {s}.countries AS SELECT mine FROM {s}.shop_orders")
		s.exec(t, "CREATE TABLE {s}._goldserve_of_mine (mine int)")
		r := l.release(1, countries("France"), orders("France"))
		_, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: s.open(t)})
		if gold.CodeOf(err) != gold.CodeMirrorTaken || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), "shop_orders: the schema has a table") || !strings.Contains(err.Error(), "countries: the schema has a view") {
			t.Errorf("%v", err)
		}
		wantText(t, s.text(t, "SELECT count(*) FROM {s}.shop_orders"), "0")
		s.exec(t, "DROP VIEW {s}.countries")
		s.exec(t, "CREATE TABLE {s}.gold_release (mine int)")
		_, err = mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: s.open(t), Datasets: []string{"countries"}})
		if gold.CodeOf(err) != gold.CodeMirrorTaken {
			t.Errorf("%v", err)
		}
		s.exec(t, "DROP TABLE {s}.gold_release")
		s.mirrored(t, l, r, "countries")
		other := l.release(1, countries("Spain"))
		other.Model, other.Versions[0].Dataset.Model = "bakery", "bakery"
		_, err = mirror.Run(t.Context(), mirror.Request{Reader: l, Release: other, Target: s.open(t)})
		if gold.CodeOf(err) != gold.CodeMirrorTaken || !strings.Contains(err.Error(), "of model shop") {
			t.Errorf("%v", err)
		}
		wantText(t, s.text(t, "SELECT name FROM {s}.countries"), "France")
		wantText(t, s.text(t, "SELECT count(*) FROM {s}._goldserve_of_mine"), "0")
	})
}

func TestWhatADatabaseCantHoldIsNamed(t *testing.T) {
	long := strings.Repeat("n", 65)
	withText := func(value string) dataset {
		d := countries("a")
		d.rows = append(d.rows, []gold.Value{text(value), num(1)})
		return d
	}
	longName := countries("a")
	longName.Fields[1].Name = long
	longTable := countries("a")
	longTable.Collection = long
	infinite := orders("a")
	infinite.Fields[2] = gold.Field{Name: "amount", Kind: gold.Double}
	infinite.rows[0][2] = gold.NewDouble(math.Inf(1))
	deep := countries("a")
	deep.Fields[1] = gold.Field{Name: "people", Kind: gold.WideDecimal, Precision: 38, Scale: 38, Nullable: true}
	deep.rows[0][1] = gold.Value{}
	eachServer(t, func(t *testing.T, s *server) {
		for name, c := range map[string]struct {
			of       dataset
			postgres string
			mysql    string
		}{
			"a NUL":              {withText("x\x00y"), "column name: dataset countries, row 2 (name x\x00y): the text has a NUL", ""},
			"a long text":        {withText(strings.Repeat("é", 300)), "", "the text has 300 characters, and the server takes 255"},
			"a long field":       {longName, "the name has 65 bytes, and PostgreSQL takes 63", "the name has 65 characters"},
			"a long table":       {longTable, "65 bytes", "65 characters"},
			"an infinite number": {infinite, "", "column amount: dataset orders, row 1 (id 0): the number is infinite"},
			"38 digits":          {deep, "", ""},
		} {
			t.Run(name, func(t *testing.T) {
				l := newLake()
				want := c.postgres
				if s.kind == "mysql" {
					want = c.mysql
				}
				report, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: l.release(1, c.of), Target: s.open(t)})
				switch {
				case want == "" && err != nil:
					t.Error(err)
				case want == "":
					if report.Outcome != mirror.Mirrored {
						t.Error(report.Outcome)
					}
				case err == nil || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), gold.Visible(want)):
					t.Errorf("%v", err)
				}
			})
		}
	})
}
