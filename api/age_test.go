package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// aged are purchases with the time of the buyer's first one; clocks in Paris went forward on 27 March 2011.
func aged() table {
	t := table{Dataset: gold.Dataset{Name: "o", Fields: []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "at", Kind: gold.Time, Filters: comparable4, Nullable: true},
		{Name: "v", Kind: gold.Int},
		{Name: "since", Kind: gold.Time, Nullable: true},
		{Name: "joined", Kind: gold.Date},
	}}}
	for i, row := range [][2]string{
		{"2011-01-31T10:00:00Z", "2011-01-31T10:00:00Z"},
		{"2011-02-28T23:00:00Z", "2011-01-31T10:00:00Z"}, // 1 March in Paris, and the month has ended
		{"2011-03-26T09:59:59Z", "2011-02-26T10:00:00Z"},
		{"2011-03-26T10:00:00Z", "2011-02-26T10:00:00Z"},
		{"2011-03-28T08:59:59Z", "2011-02-26T10:00:00Z"}, // 10:59:59 by summer time: 29 days and 23 hours
		{"2011-03-28T09:00:00Z", "2011-02-26T10:00:00Z"},
		{"2011-03-28T10:00:00Z", "2011-03-29T10:00:00Z"}, // before
		{"", "2011-03-29T10:00:00Z"},
	} {
		values := []gold.Value{gold.NewInt(int64(i)), {}, gold.NewInt(1 << i), at(row[1], 0), gold.NewDate(at(row[1], 0).Int() / 86_400_000)}
		if row[0] != "" {
			values[1] = at(row[0], 0)
		}
		t.rows = append(t.rows, values)
	}
	return t
}

func TestAgesAreWholePeriodsSinceAnotherDate(t *testing.T) {
	inUTC, inParis := serveTable(t, aged(), "at"), serveTableBy(t, gold.Calendar{Timezone: "Europe/Paris"}, aged(), "at")
	for _, c := range []struct{ age, utc, paris string }{
		{"since,month", "null=192 0=7 1=56", "null=192 0=5 1=58"},
		{"since,30d", "null=192 0=63", "null=192 0=31 1=32"},
		{"since,28d", "null=192 0=5 1=58", "null=192 0=5 1=58"},
		{"since,week", "null=192 0=1 3=4 4=58", "null=192 0=1 3=4 4=58"},
		{"since,year", "null=192 0=63", "null=192 0=63"},
		{"joined,day", "null=192 0=1 28=14 30=48", "null=192 0=1 28=12 29=2 30=48"},
	} {
		target := "/datasets/o/aggregate?measures=v:sum(v)&group_by=g:at.age(" + c.age + ")"
		if got := grouped(t, inUTC, target); got != c.utc {
			t.Errorf("%s in UTC is %s, want %s", c.age, got, c.utc)
		}
		if got := grouped(t, inParis, target); got != c.paris {
			t.Errorf("%s in Paris is %s, want %s", c.age, got, c.paris)
		}
	}
	for group, say := range map[string]string{
		"at.age(v,30d)":        "an age is counted from a date, one of at, since, joined",
		"at.age(sinc,30d)":     `"did_you_mean":"since"`,
		"at.age(since,months)": `"did_you_mean":"month"`,
		"at.age(since,0d)":     "expected a period of some days such as 30d",
		"at.age(since)":        "expected a period of some days such as 30d",
		"v.age(since,30d)":     "an int field has no age",
	} {
		if w := ask(inUTC, "GET /datasets/o/aggregate?group_by="+group); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), say) {
			t.Errorf("%s: %d %s, want %s", group, w.Code, w.Body, say)
		}
	}
}

// The data end on 28 March 2011, a day that counts as whole: so do 28 days and a month from the end of February.
func TestUnfinishedAgesArePartial(t *testing.T) {
	h := serveTable(t, aged(), "at")
	for groups, want := range map[string][]string{
		"at.age(since,month)":             {"0", "1"},
		"since.month,at.age(since,28d)":   {"2011-02,1"},
		"since.month,at.age(since,week)":  {"2011-02,4"},
		"since.month,at.age(since,month)": {"2011-02,1"},
		"since.year,at.age(since,30d)":    {"2011,0"},
	} {
		w := ask(h, "GET /datasets/o/aggregate?group_by="+groups)
		var body struct{ Meta struct{ Partial []string } }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", groups, w.Code, w.Body)
		}
		ages := slices.DeleteFunc(body.Meta.Partial, func(text string) bool { return strings.HasPrefix(text, "2011-03") || text == "2011" })
		if !slices.Equal(ages, want) {
			t.Errorf("by %s %q are partial, want %q", groups, ages, want)
		}
	}
}

// Ages since the buyer's first purchase are not told apart by the month of another lookup's field of the same name.
func TestAgesOfOneLookupAreNoCohortsOfAnother(t *testing.T) {
	o := aged()
	o.Model, o.MaxLimit, o.Key = "t", 10_000, []string{"id"}
	o.Fields = append(o.Fields, gold.Field{Name: "seller_id", Kind: gold.Int})
	o.Lookups = []gold.Lookup{
		{Dataset: "people", Name: "buyer", On: "id", Key: "id", Fields: []string{"since"}},
		{Dataset: "people", Name: "seller", On: "seller_id", Key: "id", Fields: []string{"since"}},
	}
	o.DefaultSort = o.TotalSort(nil)
	const seller = 100
	people := table{Dataset: gold.Dataset{Name: "people", Model: "t", MaxLimit: 10_000, Key: []string{"id"}, Fields: []gold.Field{
		{Name: "id", Kind: gold.Int},
		{Name: "since", Kind: gold.Time, Filters: comparable4},
	}}}
	people.DefaultSort = people.TotalSort(nil)
	for i, row := range o.rows {
		people.rows = append(people.rows, []gold.Value{row[0], row[3]})
		o.rows[i] = append(row, gold.NewInt(seller))
	}
	people.rows = append(people.rows, []gold.Value{gold.NewInt(seller), at("2011-02-01T00:00:00Z", 0)})
	model := gold.Model{Name: "t", Facts: "o", Datasets: []gold.Dataset{o.Dataset, people.Dataset}, AsOf: gold.FieldRef{Dataset: "o", Field: "at"}}
	of, about := o.version(), people.version()
	s, err := api.New(api.Config{Models: []gold.Model{model}, Reader: &memory{
		tables:   []storetest.Table{{Version: &of, Rows: o.rows}, {Version: &about, Rows: people.rows}},
		releases: []gold.Release{{Model: "t", Number: 1, AsOf: time.Now(), PublishedAt: time.Now(), Facts: "o", Versions: []gold.Version{of, about}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for groups, want := range map[string][]string{
		"buyer.since.month,at.age(buyer.since,month)":  {"2011-02,1"},
		"seller.since.month,at.age(buyer.since,month)": {"0", "1"},
	} {
		w := ask(s.Handler(), "GET /datasets/o/aggregate?group_by="+groups)
		var body struct{ Meta struct{ Partial []string } }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", groups, w.Code, w.Body)
		}
		ages := slices.DeleteFunc(body.Meta.Partial, func(text string) bool { return strings.HasPrefix(text, "2011-03") })
		if !slices.Equal(ages, want) {
			t.Errorf("by %s %q are partial, want %q", groups, ages, want)
		}
	}
}
