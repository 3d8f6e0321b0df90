package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// dimension has the town of a client, and the day since which they are one.
var dimension = storetest.Table{
	Version: &gold.Version{ID: "clients", Location: "clients", Dataset: gold.Dataset{
		Name: "clients", Key: []string{"client"},
		Fields: []gold.Field{{Name: "client", Kind: gold.Int}, {Name: "town", Kind: gold.Text, Nullable: true}, {Name: "since", Kind: gold.Date}},
	}},
	Rows: [][]gold.Value{
		{gold.NewInt(0), gold.NewText("Paris"), gold.NewDate(14_975)}, // 2011-01-01
		{gold.NewInt(1), gold.NewText("Lyon"), gold.NewDate(15_005)},  // 2011-01-31
		{gold.NewInt(2), {}, gold.NewDate(15_006)},
	},
}

// byClient is how sales look it up.
var byClient = &gold.Join{Version: dimension.Version, On: "client", Key: "client"}

var firstDay = time.Date(2010, 12, 30, 0, 0, 0, 0, time.UTC)

// sales are facts over three years, some at the first and last milliseconds of periods.
func sales(random *rand.Rand) storetest.Table {
	facts := storetest.Table{Version: &gold.Version{ID: "sales", Location: "sales", Dataset: gold.Dataset{
		Name: "sales", Key: []string{"id"},
		Fields: []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "client", Kind: gold.Int},
			{Name: "at", Kind: gold.Time},
			{Name: "on", Kind: gold.Date},
			{Name: "country", Kind: gold.Text},
			{Name: "amount", Kind: gold.Double, MultipleOf: 0.01},
			{Name: "weight", Kind: gold.Double},
			{Name: "pieces", Kind: gold.Int, Nullable: true},
		},
	}}}
	for i := range 300 {
		at := firstDay.AddDate(0, 0, 20*random.IntN(40)).UnixMilli() + int64(random.IntN(3)-1)
		pieces := gold.NewInt(int64(random.IntN(9) - 4))
		if i%7 == 0 {
			pieces = gold.Value{}
		}
		day := gold.DayOf(at)
		facts.Rows = append(facts.Rows, []gold.Value{
			gold.NewInt(int64(i)), gold.NewInt(int64(random.IntN(5))), gold.NewTime(at), gold.NewDate(day), gold.NewText([]string{"Fr", "De", "Uk"}[random.IntN(3)]),
			gold.NewDouble(float64(random.IntN(100_000)) / 100), gold.NewDouble(random.Float64()), pieces,
		})
	}
	facts.Version.Rows = int64(len(facts.Rows))
	return facts
}

// derive computes a derived dataset of facts.
func derive(t *testing.T, facts storetest.Table, name string, by []gold.Group, measures []gold.Measure) storetest.Table {
	t.Helper()
	rows, err := storetest.Aggregate(gold.Aggregation{Version: facts.Version, Group: by, Measures: measures}, facts, dimension)
	if err != nil {
		t.Fatal(err)
	}
	a := gold.Aggregation{Version: facts.Version, Group: by, Measures: measures}
	v := &gold.Version{ID: name, Location: name, Rows: int64(len(rows)), Dataset: gold.Dataset{
		Name: name, Fields: a.OutFields(), Derive: &gold.Derive{From: facts.Version.Dataset.Name, Group: &gold.DeriveGroup{By: by, Measures: measures}},
	}}
	group := v.Dataset.Derive.Group
	group.By = slices.Clone(by)
	for i, g := range by {
		v.Dataset.Key = append(v.Dataset.Key, g.Name())
		if g.Join != nil {
			path := []gold.Lookup{{Dataset: g.Join.Version.Dataset.Name, On: g.Join.On, Key: g.Join.Key}}
			group.By[i].Field, group.By[i].Join = "buyer."+g.Field, nil
			group.Lookups = append(group.Lookups, gold.LookedUp{Name: "buyer." + g.Field, Field: g.Field, Path: path})
		}
	}
	return storetest.Table{Version: v, Rows: rows}
}

// derivedSales returns facts with what is derived from them, and their catalog.
func derivedSales(t *testing.T, random *rand.Rand) (*Catalog, []storetest.Table) {
	facts := sales(random)
	cents := []gold.Measure{
		{Func: gold.Sum, Field: "amount", As: "ca"},
		{Func: gold.Count, As: "n"},
		{Func: gold.Sum, Field: "pieces"},
		{Func: gold.Min, Field: "amount", As: "least"},
		{Func: gold.Max, Field: "at", As: "last"},
		{Func: gold.Sum, Field: "weight"},
	}
	tables := []storetest.Table{
		facts, dimension,
		derive(t, facts, "months", []gold.Group{{Field: "at", Grain: gold.Month}, {Field: "client", As: "buyer"}, {Field: "country"}}, cents),
		derive(t, facts, "days", []gold.Group{
			{Field: "on"},
			{Field: "at", Grain: gold.Day, As: "day"},
			{Field: "at", Grain: gold.Week, As: "monday"},
			{Field: "at", Grain: gold.Month, As: "month"},
			{Field: "client"},
			{Field: "country"},
		}, cents),
		derive(t, facts, "countries", []gold.Group{{Field: "country"}}, cents[:2]),
		derive(t, facts, "towns", []gold.Group{{Field: "town", As: "place", Join: byClient}, {Field: "since", Grain: gold.Month, As: "joined", Join: byClient}, {Field: "country"}}, cents),
	}
	c := &Catalog{ByName: map[string]*gold.Version{}}
	for _, table := range tables {
		c.ByName[table.Version.Dataset.Name] = table.Version
		c.Versions = append(c.Versions, table.Version)
	}
	return c, tables
}

func TestDerivedDatasetsAnswerAsTheirSourceDoes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	c, tables := derivedSales(t, random)
	facts := tables[0].Version
	join := byClient
	answered := map[string]int{}
	for range 3000 {
		a := gold.Aggregation{Version: facts}
		for range random.IntN(3) {
			a.Where = append(a.Where, randomPredicate(random, join))
			if n := len(a.Where); n > 1 && random.IntN(3) == 0 {
				a.Where = gold.AnyOf(a.Where[:1], a.Where[1:])
			}
			if random.IntN(5) == 0 {
				a.Where = gold.Not(a.Where)
			}
		}
		groups := []gold.Group{
			{Field: "at", Grain: gold.Day},
			{Field: "at", Grain: gold.Week},
			{Field: "at", Grain: gold.Month},
			{Field: "at", Grain: gold.Year},
			{Field: "on", Grain: gold.Month, As: "m"},
			{Field: "country", As: "land"},
			{Field: "client"},
			{Field: "town", Join: join},
		}
		if random.IntN(4) == 0 {
			groups = append(groups, gold.Group{Field: "since", Grain: gold.Month, Join: join}, gold.Group{Field: "since", Grain: gold.Year, Join: join})
		}
		if n := random.IntN(len(groups) + 4); n < len(groups) {
			a.Group = groups[n : n+1]
		}
		measures := []gold.Measure{
			{Func: gold.Sum, Field: "amount"},
			{Func: gold.Count},
			{Func: gold.CountDistinct, Field: "client", As: "buyers"},
			{Func: gold.Sum, Field: "pieces"},
			{Func: gold.Min, Field: "amount"},
			{Func: gold.Max, Field: "at"},
			{Func: gold.Max, Field: "on"},
			{Func: gold.Min, Field: "country"},
			{Func: gold.Sum, Field: "weight"},
			{Func: gold.Median, Field: "amount"},
			{Func: gold.Avg, Field: "amount"},
		}
		if random.IntN(4) == 0 {
			measures = append(measures, gold.Measure{Func: gold.CountDistinct, Field: "town", Join: join},
				gold.Measure{Func: gold.Max, Field: "town", Join: join}, gold.Measure{Func: gold.Min, Field: "since", Join: join})
		}
		for range 1 + random.IntN(2) {
			m := measures[random.IntN(len(measures))]
			m.As = fmt.Sprint("m", len(a.Measures))
			a.Measures = append(a.Measures, m)
		}
		again, outcomes := c.smallest(a)
		ok := again.Version != a.Version
		if applied := slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Reason == Applied && o.Dataset == again.Version.Dataset.Name }); applied != ok {
			t.Fatalf("%+v is answered by %s, and the outcomes are %v", a, again.Version.Dataset.Name, outcomes)
		}
		answered[again.Version.Dataset.Name]++
		if !ok {
			continue
		}
		want := mustAggregate(t, a, tables)
		got := mustAggregate(t, again, tables)
		if diff := cmp.Diff(want, got, cmp.Comparer(near)); diff != "" {
			t.Fatalf("%+v\nanswered by %s: -want +got:\n%s", a, again.Version.Dataset.Name, diff)
		}
	}
	for _, name := range []string{"sales", "months", "days", "countries", "towns"} {
		if answered[name] < 20 {
			t.Errorf("only %d questions were answered by %s: %v", answered[name], name, answered)
		}
	}
}

func mustAggregate(t *testing.T, a gold.Aggregation, tables []storetest.Table) [][]gold.Value {
	t.Helper()
	rows, err := storetest.Aggregate(a, tables...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// near takes doubles as equal that a text of cents can't tell apart.
func near(a, b gold.Value) bool {
	if a.Kind() != gold.Double || b.Kind() != gold.Double {
		return a == b
	}
	diff := a.Double() - b.Double()
	return diff < 1e-6 && diff > -1e-6
}

func randomPredicate(random *rand.Rand, join *gold.Join) gold.Predicate {
	comparisons := []gold.Op{gold.Gte, gold.Gt, gold.Lte, gold.Lt}
	day := time.Date(2011, time.Month(random.IntN(26)), 1, 0, 0, 0, 0, time.UTC)
	if random.IntN(2) == 0 {
		day = firstDay.AddDate(0, 0, 20*random.IntN(40)) // a day that has facts
	}
	op := comparisons[random.IntN(4)]
	switch random.IntN(7) {
	case 6:
		return gold.Predicate{Field: "since", Op: op, Values: []gold.Value{gold.NewDate(14_975 + int64(random.IntN(4)*31))}, Join: join}
	case 0:
		return gold.Predicate{Field: "country", Op: gold.In, Values: []gold.Value{gold.NewText("Fr"), gold.NewText("Uk")}}
	case 1:
		return gold.Predicate{Field: "client", Op: op, Values: []gold.Value{gold.NewInt(int64(random.IntN(5)))}}
	case 2:
		return gold.Predicate{Field: "town", Op: gold.Ne, Values: []gold.Value{gold.NewText("Paris")}, Join: join}
	case 3:
		return gold.Predicate{Field: "on", Op: op, Values: []gold.Value{gold.NewDate(day.Unix() / 86400)}}
	default:
		return gold.Predicate{Field: "at", Op: op, Values: []gold.Value{gold.NewTime(day.UnixMilli() + int64(random.IntN(3)-1))}}
	}
}

func TestOnlyVersionsOfTheSameReleaseAnswerForEachOther(t *testing.T) {
	c, tables := derivedSales(t, rand.New(rand.NewPCG(1, 1)))
	a := gold.Aggregation{Version: tables[0].Version, Measures: []gold.Measure{{Func: gold.Count}}}
	if again, _ := c.smallest(a); again.Version == a.Version {
		t.Error("count() of all facts is not answered by a derived dataset")
	}
	older := *tables[0].Version
	a.Version = &older
	if again, _ := c.smallest(a); again.Version != a.Version {
		t.Errorf("a version of another release is answered by %s", again.Version.Dataset.Name)
	}
	a.Version = tables[0].Version
	for _, v := range c.Versions {
		v.Location = "" // on disk alone
	}
	if again, _ := c.smallest(a); again.Version != a.Version {
		t.Errorf("%s answers, and isn't published", again.Version.Dataset.Name)
	}
}

// TestWhatDoesNotAnswerSaysWhy has one question for each reason that derived datasets have.
func TestWhatDoesNotAnswerSaysWhy(t *testing.T) {
	c, tables := derivedSales(t, rand.New(rand.NewPCG(1, 1)))
	sales := tables[0].Version
	count := []gold.Measure{{Func: gold.Count}}
	at := func(op gold.Op, millis int64) []gold.Predicate {
		return []gold.Predicate{{Field: "at", Op: op, Values: []gold.Value{gold.NewTime(millis)}}}
	}
	june, july := time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(2011, 7, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	join := &gold.Join{Version: tables[1].Version, On: "client", Key: "client"}
	for _, q := range []struct {
		what string
		a    gold.Aggregation
		want string
	}{
		{"count", gold.Aggregation{Measures: count}, "months: not_smaller, days: not_smaller, countries: applied, towns: not_smaller"},
		{"a filter by month", gold.Aggregation{Measures: count, Where: at(gold.Gte, june)}, "months: applied, days: not_smaller, countries: filter_missing at, towns: filter_missing at"},
		{"one of two months", gold.Aggregation{Measures: count, Where: gold.AnyOf(gold.Not(at(gold.Gte, june)), at(gold.Gte, july))}, "months: applied, days: not_smaller, countries: filter_missing at, towns: filter_missing at"},
		{"a month, or within a day", gold.Aggregation{Measures: count, Where: gold.AnyOf(at(gold.Gte, june), at(gold.Lt, june+1))}, "months: filter_cuts_period at, days: filter_cuts_period at, countries: filter_missing at, towns: filter_missing at"},
		{"a filter within a day", gold.Aggregation{Measures: count, Where: at(gold.Gte, june+1)}, "months: filter_cuts_period at, days: filter_cuts_period at, countries: filter_missing at, towns: filter_missing at"},
		{"a lookup", gold.Aggregation{Measures: count, Group: []gold.Group{{Field: "town", Join: join}}}, "months: not_smaller, days: not_smaller, countries: lookup_missing client, towns: applied"},
		{"a group by the key", gold.Aggregation{Measures: count, Group: []gold.Group{{Field: "id"}}}, "months: group_missing id, days: group_missing id, countries: group_missing id, towns: group_missing id"},
		{"a group by another grain", gold.Aggregation{Measures: count, Group: []gold.Group{{Field: "at", Grain: gold.Year}}}, "months: group_missing at.year, days: group_missing at.year, countries: group_missing at.year, towns: group_missing at.year"},
		{"a lookup's filter", gold.Aggregation{Measures: count, Where: []gold.Predicate{{Field: "town", Op: gold.IsNull, Join: join}}}, "months: not_smaller, days: not_smaller, countries: lookup_missing client, towns: applied"},
		{"a looked-up filter that cuts a month", gold.Aggregation{Measures: count, Where: []gold.Predicate{{Field: "since", Op: gold.Lt, Values: []gold.Value{gold.NewDate(14_976)}, Join: join}}}, "months: applied, days: not_smaller, countries: lookup_missing client, towns: filter_cuts_period client"},
		{"a median", gold.Aggregation{Measures: []gold.Measure{{Func: gold.Median, Field: "amount"}}}, "months: measure_missing median(amount), days: measure_missing median(amount), countries: measure_missing median(amount), towns: measure_missing median(amount)"},
		{"a sum of doubles", gold.Aggregation{Measures: []gold.Measure{{Func: gold.Sum, Field: "weight"}}}, "months: measure_rounded sum(weight), days: measure_rounded sum(weight), countries: measure_rounded sum(weight), towns: measure_rounded sum(weight)"},
	} {
		q.a.Version = sales
		_, outcomes := c.smallest(q.a)
		var got []string
		for _, o := range outcomes {
			got = append(got, strings.TrimSpace(o.Dataset+": "+o.Reason.String()+" "+o.About))
		}
		if text := strings.Join(got, ", "); text != q.want {
			t.Errorf("%s: %s, want %s", q.what, text, q.want)
		}
	}
	c.ByName["days"].Dataset.Derive.Group.Limit = 5
	c.ByName["months"].Location = ""
	if _, outcomes := c.smallest(gold.Aggregation{Version: sales, Measures: count}); outcomes[0].Reason != Unpublished || outcomes[1].Reason != GroupsCut {
		t.Errorf("%v", outcomes)
	}
	if _, outcomes := c.smallest(gold.Aggregation{Version: tables[1].Version, Measures: count}); outcomes[0].Reason != NothingDerived {
		t.Errorf("%v", outcomes)
	}
}
