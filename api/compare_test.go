package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// serveTable serves one dataset of a model of its own, the key figures of which are the dataset's metrics.
func serveTable(t *testing.T, tb table, asOf string) http.Handler {
	t.Helper()
	return serveTableBy(t, gold.Calendar{}, tb, asOf)
}

// serveTableBy is serveTable of a model with a calendar.
func serveTableBy(t *testing.T, calendar gold.Calendar, tb table, asOf string) http.Handler {
	t.Helper()
	if tb.Model, tb.MaxLimit = "t", 10_000; tb.Key == nil {
		tb.Key = []string{"id"}
	}
	tb.DefaultSort = tb.TotalSort(nil)
	model := gold.Model{Name: "t", Facts: tb.Name, Datasets: []gold.Dataset{tb.Dataset}, Calendar: calendar}
	if asOf != "" {
		model.AsOf = gold.FieldRef{Dataset: tb.Name, Field: asOf}
	}
	for _, m := range tb.Metrics {
		model.KPIs = append(model.KPIs, m.Name)
	}
	v := tb.version()
	reader := &memory{
		tables:   []storetest.Table{{Version: &v, Rows: tb.rows}},
		releases: []gold.Release{{Model: "t", Number: 1, AsOf: time.Now(), PublishedAt: time.Now(), KPIs: model.KPIs, Facts: tb.Name, Calendar: calendar, Versions: []gold.Version{v}}},
	}
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{model}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

// sales are rows of a value at a time, each value twice that of the row before: a sum says which rows are in it.
func sales(times ...string) table {
	t := table{Dataset: gold.Dataset{
		Name:    "o",
		Fields:  []gold.Field{{Name: "id", Kind: gold.Int}, {Name: "at", Kind: gold.Time, Filters: comparable4}, {Name: "v", Kind: gold.Int}, {Name: "due", Kind: gold.Date, Filters: comparable4}},
		Metrics: []gold.Metric{{Name: "rev", Measure: &gold.Measure{Func: gold.Sum, Field: "v"}}},
	}}
	for i, text := range times {
		when := at(text, 0)
		t.rows = append(t.rows, []gold.Value{gold.NewInt(int64(i)), when, gold.NewInt(1 << i), gold.NewDate(when.Int()/86_400_000 + 30)})
	}
	return t
}

// compared is what an answer of /kpis or of an aggregate by one group says of its comparison: current, previous, spans.
func compared(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := ask(h, "GET "+target)
	var body struct {
		Rev      *int64
		Previous struct{ Rev *int64 }
		Data     []map[string]any
		Meta     struct {
			Compared struct{ Current, Previous struct{ From, To string } }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s %v", target, w.Code, w.Body, err)
	}
	text := func(n any) string {
		if p, ok := n.(*int64); ok && p != nil {
			return fmt.Sprint(*p)
		}
		if f, ok := n.(float64); ok {
			return fmt.Sprint(int64(f))
		}
		return "null"
	}
	var answer []string
	for _, row := range body.Data {
		group := ""
		for _, name := range slices.Sorted(maps.Keys(row)) {
			if !strings.HasPrefix(name, "rev") {
				group = fmt.Sprint(row[name], " ")
			}
		}
		answer = append(answer, group+text(row["rev"])+"/"+text(row["rev_previous"]))
	}
	if body.Data == nil {
		answer = append(answer, text(body.Rev)+"/"+text(body.Previous.Rev))
	}
	c := body.Meta.Compared
	return fmt.Sprintf("%s %s..%s %s..%s", strings.Join(answer, ", "), c.Current.From, c.Current.To, c.Previous.From, c.Previous.To)
}

func TestComparisonsAreLikeForLike(t *testing.T) {
	shop := serveTable(t, sales("2010-12-01T08:26:00Z", "2010-12-09T12:50:00Z", "2010-12-09T12:50:01Z", "2011-11-01T00:00:00Z", "2011-11-09T12:50:00Z", "2011-11-09T12:51:00Z", "2011-11-30T23:59:59Z", "2011-12-02T09:00:00Z", "2011-12-08T12:49:00Z", "2011-12-08T18:00:00Z", "2011-12-09T12:50:00Z"), "at")
	leap := serveTable(t, sales("2023-02-26T00:00:00Z", "2023-02-27T00:00:00Z", "2023-02-28T00:00:00Z", "2023-03-01T00:00:00Z", "2024-02-27T00:00:00Z", "2024-02-28T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z", "2025-02-27T00:00:00Z", "2025-02-28T00:00:00Z", "2025-03-01T00:00:00Z", "2023-01-15T00:00:00Z"), "at")
	const december, november = "2011-12-01T00:00:00Z..2011-12-09T12:50:00Z", "2011-11-01T00:00:00Z..2011-11-09T12:50:00Z"
	for _, c := range []struct {
		what string
		h    http.Handler
		ask  string
		want string
	}{
		{"to the data's end", shop, "/kpis?at__gte=2011-12&compare=previous", "1920/24 " + december + " " + november},
		{"the month that the data end in", shop, "/kpis?at=2011-12&compare=previous", "1920/24 " + december + " " + november},
		{"of a year ago", shop, "/kpis?at=2011-12&compare=year", "1920/3 " + december + " 2010-12-01T00:00:00Z..2010-12-09T12:50:00Z"},
		{"groups of months", shop, "/datasets/o/aggregate?group_by=at.month&measures=rev&compare=previous&at__gte=2011-11", "2011-11 120/0, 2011-12 1920/24 2011-11-01T00:00:00Z..2011-12-09T12:50:00Z 2011-10-01T00:00:00Z..2011-11-09T12:50:00Z"},
		{"groups of days", shop, "/datasets/o/aggregate?group_by=at.day&measures=rev&compare=previous&at__gte=2011-12-08", "2011-12-08 768/0, 2011-12-09 1024/256 2011-12-08T00:00:00Z..2011-12-09T12:50:00Z 2011-12-07T00:00:00Z..2011-12-08T12:50:00Z"},
		{"all of it by another time", shop, "/datasets/o/aggregate?group_by=due.month&measures=rev&compare=previous&due__gte=2011-12", "2011-12 120/0, 2012-01 1920/8 2011-12-01T00:00:00Z..2012-01-08T23:59:59.999Z 2011-11-01T00:00:00Z..2011-12-08T23:59:59.999Z"},
		{"beyond the data", shop, "/kpis?at=2012-02&compare=previous", "0/null 2012-02-01T00:00:00Z..2012-02-29T23:59:59.999Z 2012-01-01T00:00:00Z..2012-01-31T23:59:59.999Z"},
		{"the last complete month", shop, "/kpis?compare=previous", "2047/0 2011-11-01T00:00:00Z..2011-11-30T23:59:59.999Z 2011-10-01T00:00:00Z..2011-10-31T23:59:59.999Z"},

		{"a leap day", leap, "/kpis?at=2024-02-29&compare=year", "64/4 2024-02-29T00:00:00Z..2024-02-29T23:59:59.999Z 2023-02-28T00:00:00Z..2023-02-28T23:59:59.999Z"},
		{"a leap day and the day before", leap, "/kpis?at__gte=2024-02-28&at__lte=2024-02-29&compare=year", "96/6 2024-02-28T00:00:00Z..2024-02-29T23:59:59.999Z 2023-02-27T00:00:00Z..2023-02-28T23:59:59.999Z"},
		{"days of the year after", leap, "/kpis?at__gte=2025-02-28&at__lte=2025-03-01&compare=year", "1536/192 2025-02-28T00:00:00Z..2025-03-01T00:00:00Z 2024-02-29T00:00:00Z..2024-03-01T00:00:00Z"},
		{"February of a leap year", leap, "/kpis?at=2024-02&compare=year", "112/7 2024-02-01T00:00:00Z..2024-02-29T23:59:59.999Z 2023-02-01T00:00:00Z..2023-02-28T23:59:59.999Z"},
		{"each day of a leap year once", leap, "/datasets/o/aggregate?group_by=at.day&measures=rev&compare=year&at__gte=2024-02-27&at__lte=2024-03-01", "2024-02-27 16/2, 2024-02-28 32/4, 2024-02-29 64/null, 2024-03-01 128/8 2024-02-27T00:00:00Z..2024-03-01T23:59:59.999Z 2023-02-27T00:00:00Z..2023-03-01T23:59:59.999Z"},
		{"a leap day by itself", leap, "/datasets/o/aggregate?group_by=at.day&measures=rev&compare=year&at=2024-02-29", "2024-02-29 64/4 2024-02-29T00:00:00Z..2024-02-29T23:59:59.999Z 2023-02-28T00:00:00Z..2023-02-28T23:59:59.999Z"},
		{"up to a leap day", leap, "/datasets/o/aggregate?group_by=at.day&measures=rev&compare=year&at__gte=2024-02-28&at__lte=2024-02-29", "2024-02-28 32/4, 2024-02-29 64/null 2024-02-28T00:00:00Z..2024-02-29T23:59:59.999Z 2023-02-28T00:00:00Z..2023-02-28T23:59:59.999Z"},
		{"each day of the year after once", leap, "/datasets/o/aggregate?group_by=at.day&measures=rev&compare=year&at__gte=2025", "2025-02-27 256/16, 2025-02-28 512/32, 2025-03-01 1024/128 2025-01-01T00:00:00Z..2025-03-01T00:00:00Z 2024-01-01T00:00:00Z..2024-03-01T00:00:00Z"},
	} {
		if got := compared(t, c.h, c.ask); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.what, c.ask, got, c.want)
		}
	}
}

// TestPeriodsAreComparedWithTheLatestThatHasRows has the answers from the rows' times: each value tells its row.
func TestPeriodsAreComparedWithTheLatestThatHasRows(t *testing.T) {
	tb := sales("2010-12-01T08:26:00Z", "2010-12-09T12:50:00Z", "2010-12-09T12:50:01Z", "2011-11-01T00:00:00Z", "2011-11-09T12:50:00Z", "2011-11-09T12:51:00Z", "2011-11-30T23:59:59Z", "2011-12-02T09:00:00Z", "2011-12-08T12:49:00Z", "2011-12-08T18:00:00Z", "2011-12-09T12:50:00Z")
	tb.Fields[0].Filters = comparable4
	h := serveTable(t, tb, "at")
	all := " 2010-12-01T00:00:00Z..2011-11-09T12:50:00Z"
	for _, c := range []struct{ ask, want string }{
		{"at.month", "2010-12 7, 2011-11 120 of 2010-12 7, 2011-12 1920 of 2011-11 24" + all},
		{"at.month&at__lte=2011-11-09T12:50:00Z", "2010-12 7, 2011-11 24 of 2010-12 3 2010-12-01T00:00:00Z..2011-10-09T12:50:00Z"},
		{"at.month&at__gte=2011-11-05", "2011-11 112 of 2010-12 6, 2011-12 1920 of 2011-11 24" + all},
		{"at.month&at__gte=2011-12-03&at__lt=2011-12-09", "2011-12 768 of 2011-11 0 2010-12-01T00:00:00Z..2011-11-08T23:59:59.999Z"},
		{"at.month&at=2010-12", "2010-12 7 2010-11-01T00:00:00Z..2010-11-30T23:59:59.999Z"},
		{"at.week", "2010-11-29 1, 2010-12-06 6 of 2010-11-29 1, 2011-10-31 8 of 2010-12-06 6, 2011-11-07 48 of 2011-10-31 8, 2011-11-28 192 of 2011-11-07 48, 2011-12-05 1792 of 2011-11-28 192 2010-12-01T00:00:00Z..2011-12-02T12:50:00Z"},
		{"at.day", "2010-12-01 1, 2010-12-09 6 of 2010-12-01 1, 2011-11-01 8 of 2010-12-09 6, 2011-11-09 48 of 2011-11-01 8, 2011-11-30 64 of 2011-11-09 48, 2011-12-02 128 of 2011-11-30 64, 2011-12-08 768 of 2011-12-02 128, 2011-12-09 1024 of 2011-12-08 256 2010-12-01T00:00:00Z..2011-12-08T12:50:00Z"},
		{"at.hour&at__gte=2011-12", "2011-12-02T09:00:00Z 128 of 2011-11-30T23:00:00Z 64, 2011-12-08T12:00:00Z 256 of 2011-12-02T09:00:00Z 128, 2011-12-08T18:00:00Z 512 of 2011-12-08T12:00:00Z 256, 2011-12-09T12:00:00Z 1024 of 2011-12-08T18:00:00Z 512 2010-12-01T00:00:00Z..2011-12-09T11:50:00Z"},
		{"at.year", "2010 7, 2011 2040 of 2010 3 2010-12-01T00:00:00Z..2010-12-09T12:50:00Z"},
		{"due.month&due__gte=2011-12", "2011-12 120 of 2011-01 6, 2012-01 1920 of 2011-12 8 2010-12-31T00:00:00Z..2011-12-08T23:59:59.999Z"},
		{"at.month,v.bins(10)", "2010-12 7, 2011-11 8 of 2010-12 7, 2011-11 112, 2011-12 1920 of 2011-11 16" + all},
		{"at.month&id__nin=3,4,5,6", "2010-12 7, 2011-12 1920 of 2010-12 3" + all},
		{"at.month&rev__gte=1000", "2011-12 1920 of 2011-11 24" + all},
	} {
		target := "GET /datasets/o/aggregate?measures=rev&compare=previous&previous=present&group_by=" + c.ask
		if got := latest(t, ask(h, target)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", target, got, c.want)
		}
	}
	// The data don't cover what lies before their first day.
	late := serveTable(t, sales("2011-06-29T10:00:00Z", "2011-08-01T09:00:00Z", "2011-08-02T12:00:00Z"), "at")
	if got, want := latest(t, ask(late, "GET /datasets/o/aggregate?measures=rev&compare=previous&previous=present&group_by=at.month")), "2011-06 1, 2011-08 6 2011-06-29T00:00:00Z..2011-07-02T12:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// What compares with the period before says so, or says nothing.
	of := "GET /datasets/o/aggregate?measures=rev&compare=previous&group_by=at.month&previous"
	if a, b := ask(h, of+"=period"), ask(h, strings.TrimSuffix(of, "&previous")); latest(t, a) != latest(t, b) || a.Code != http.StatusOK {
		t.Errorf("previous=period: %s, without it %s", a.Body, b.Body)
	}
}

// latest is what an answer of an aggregate by a time says of its comparison: each group, what it is compared with, and the
// earlier span.
func latest(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct {
		Data []map[string]any
		Meta struct {
			Compared struct{ Previous struct{ From, To string } }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	var answer []string
	for _, row := range body.Data {
		text := ""
		for _, name := range slices.Sorted(maps.Keys(row)) {
			switch at, _, _ := strings.Cut(name, "_"); {
			case at != "at" && at != "due":
			case !strings.HasSuffix(name, "_previous"):
				text = fmt.Sprint(row[name], " ", row["rev"])
			case row[name] != nil:
				text += fmt.Sprint(" of ", row[name], " ", row["rev_previous"])
			case row["rev_previous"] != nil || row["rev_change"] != nil:
				text += fmt.Sprint(" of nothing ", row["rev_previous"], " ", row["rev_change"])
			}
		}
		answer = append(answer, text)
	}
	before := body.Meta.Compared.Previous
	return fmt.Sprintf("%s %s..%s", strings.Join(answer, ", "), before.From, before.To)
}

func TestAModelWithoutATimeHasFiguresButNoComparison(t *testing.T) {
	h := serveTable(t, sales("2011-12-08T12:49:00Z"), "")
	if w := ask(h, "GET /kpis"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `{"rev":1,`) {
		t.Errorf("figures: %d %s", w.Code, w.Body)
	}
	if w := ask(h, "GET /kpis?compare=previous"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"parameter":"compare"`) || !strings.Contains(w.Body.String(), "leave compare out") {
		t.Errorf("a comparison: %d %s", w.Code, w.Body)
	}
	if got, want := compared(t, h, "/datasets/o/aggregate?group_by=at.month&measures=rev&compare=previous"), "2011-12 1/null 2011-12-08T00:00:00Z..2011-12-08T12:49:00Z 2011-11-08T00:00:00Z..2011-11-08T12:49:00Z"; got != want {
		t.Errorf("groups by a time: %s, want %s", got, want)
	}
}

// TestASpanOfAllTimeIsCompared asks for spans at the ends of time, where an earlier one has no instants.
func TestASpanOfAllTimeIsCompared(t *testing.T) {
	h := serveTable(t, sales("0001-01-01T00:00:00Z", "2011-12-08T12:49:00Z", "9999-12-31T23:59:59.999Z"), "at")
	for _, span := range []string{"", "&at__gte=0001&at__lte=9999", "&at__gte=0001", "&at__lte=9999", "&at=0001-01-01", "&at=9999-12-31", "&at__gte=9999-12-31T23:59:59.999Z"} {
		for _, compare := range []string{"previous", "year"} {
			for _, path := range []string{"/kpis?", "/datasets/o/aggregate?group_by=at.day&", "/datasets/o/aggregate?group_by=at.week&", "/datasets/o/aggregate?group_by=at.year&"} {
				if w := ask(h, "GET "+path+"compare="+compare+span); w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) || strings.Contains(w.Body.String(), `"-`) || strings.Contains(w.Body.String(), `"0000-`) {
					t.Errorf("%scompare=%s%s: %d %s", path, compare, span, w.Code, w.Body)
				}
			}
		}
	}
}
