package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// inParis are rows around midnight in Paris, where summer time began on 27 March 2011 and ended on 30 October.
func inParis() table {
	return sales("2011-03-26T22:59:59Z", "2011-03-26T23:00:00Z", "2011-03-27T21:59:59Z", "2011-03-27T22:00:00Z", "2011-10-29T22:00:00Z",
		"2011-10-30T00:30:00Z", "2011-10-30T01:30:00Z", "2011-10-30T22:59:59Z", "2011-10-30T23:00:00Z", "2011-12-31T22:59:59Z", "2011-12-31T23:00:00Z", "2012-03-31T22:00:00Z")
}

// paris has weeks from Sunday and fiscal years from April.
var paris = gold.Calendar{Timezone: "Europe/Paris", WeekStart: 6, FiscalYearStart: 4}

// grouped returns the groups of an answer and their sums.
func grouped(t *testing.T, h http.Handler, target string) string {
	t.Helper()
	w := ask(h, "GET "+target)
	var body struct{ Data []map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s %v", target, w.Code, w.Body, err)
	}
	var rows []string
	for _, row := range body.Data {
		var cells []string
		for _, name := range []string{"g", "v", "v_previous"} {
			if v, ok := row[name]; ok {
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				cells = append(cells, strings.Trim(string(text), `"`))
			}
		}
		rows = append(rows, strings.Join(cells, "="))
	}
	return strings.Join(rows, " ")
}

// The sums are worked out by hand: that of the rows 0, 1, 2 … is 1, 2, 4 ….
func TestQuestionsFollowTheTimeZoneOfTheModel(t *testing.T) {
	h := serveTableBy(t, paris, inParis(), "at")
	sum := "/datasets/o/aggregate?measures=v:sum(v)"
	for query, want := range map[string]string{
		"&group_by=g:at.day":                                        "2011-03-26=1 2011-03-27=6 2011-03-28=8 2011-10-30=240 2011-10-31=256 2011-12-31=512 2012-01-01=1024 2012-04-01=2048",
		"&group_by=g:at.week":                                       "2011-03-20=1 2011-03-27=14 2011-10-30=496 2011-12-25=512 2012-01-01=1024 2012-04-01=2048",
		"&group_by=g:at.month":                                      "2011-03=15 2011-10=496 2011-12=512 2012-01=1024 2012-04=2048",
		"&group_by=g:at.quarter":                                    "2011-Q1=15 2011-Q4=1008 2012-Q1=1024 2012-Q2=2048",
		"&group_by=g:at.year":                                       "2011=1023 2012=3072",
		"&group_by=g:at.fiscal_quarter":                             "FY2011-Q4=15 FY2012-Q3=1008 FY2012-Q4=1024 FY2013-Q1=2048",
		"&group_by=g:at.fiscal_year":                                "FY2011=15 FY2012=2032 FY2013=2048",
		"&group_by=g:at.hour&at=2011-10-30":                         "2011-10-29T22:00:00Z=16 2011-10-30T00:00:00Z=32 2011-10-30T01:00:00Z=64 2011-10-30T22:00:00Z=128",
		"&group_by=g:at.hour&at=2011-10-30&g__gte=2011-10-30T03:00": "2011-10-30T22:00:00Z=128",
		"&at=2011-03-27":                                            "6",
		"&at__lt=2011-03-27":                                        "1",
		"&at__gt=2011-12":                                           "3072",
		"&at=FY2012":                                                "2032",
		"&at=FY2012-Q3":                                             "1008",
		"&at__gte=2011-10-30T02:30&at__lte=2011-10-30T02:30":        "32", // the first of two
		"&at__gte=2011-10-30T00:30:00Z&at__lte=2011-10-30":          "224",
		"&group_by=g:at.fiscal_year&g=FY2012":                       "FY2012=2032",
		"&group_by=g:at.week&g__lt=2011-12-25":                      "2011-03-20=1 2011-03-27=14 2011-10-30=496",
		"&group_by=g:at.day&compare=previous&at=2011-10":            "2011-10-30=240=0 2011-10-31=256=240",
	} {
		if got := grouped(t, h, sum+query); got != want {
			t.Errorf("%s is %s, want %s", query, got, want)
		}
	}
	// A day of 25 hours is compared with one of 24.
	if got := compared(t, h, "/kpis?compare=previous&at=2011-10-30"); got != "240/0 2011-10-29T22:00:00Z..2011-10-30T22:59:59.999Z 2011-10-28T22:00:00Z..2011-10-29T21:59:59.999Z" {
		t.Errorf("the day that summer time ends on is compared as %s", got)
	}
	for target, say := range map[string]string{
		"/datasets/o/aggregate?group_by=at.week&at_week=2011-W12":   "a week's Sunday 2011-12-04",
		"/datasets/o/aggregate?group_by=at.week&at_week=2011-12-05": "is no Sunday: its week is 2011-12-04",
		"/datasets/o/aggregate?group_by=due.hour":                   "a date field has no hours",
	} {
		if w := ask(h, "GET "+target); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), say) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, say)
		}
	}
	if w := ask(serveTable(t, inParis(), "at"), "GET /datasets/o/aggregate?group_by=at.fiscal_year"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "fiscalYearStart") {
		t.Errorf("a model without fiscal years: %d %s", w.Code, w.Body)
	}
}

// A period is partial where the model's calendar says that it goes on.
func TestPartialPeriodsFollowTheTimeZone(t *testing.T) {
	h := serveTableBy(t, paris, sales("2011-10-30T22:59:00Z", "2011-10-31T22:59:00Z"), "at")
	for grain, want := range map[string]string{"month": "", "quarter": "2011-Q4", "week": "2011-10-30", "fiscal_year": "FY2012", "day": "", "hour": ""} {
		w := ask(h, "GET /datasets/o/aggregate?group_by=g:at."+grain)
		var body struct{ Meta struct{ Partial []string } }
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(body.Meta.Partial, " "); got != want {
			t.Errorf("by %s %q is partial, want %q", grain, got, want)
		}
	}
	if !slices.Contains(paris.Grains(gold.Time), gold.FiscalYear) {
		t.Error("the calendar has no fiscal years")
	}
}

// The description lists the fiscal periods that filters take where the model has fiscal years, and nowhere else.
func TestTheDescriptionHasFiscalPeriodsWhereTheModelHas(t *testing.T) {
	for name, h := range map[string]http.Handler{"FiscalPeriod": serveTableBy(t, paris, inParis(), "at"), "": serveTable(t, inParis(), "at")} {
		w := ask(h, "GET /openapi.json")
		var document struct {
			Components struct {
				Parameters map[string]struct {
					Schema struct {
						AnyOf []struct {
							Ref string `json:"$ref"`
						}
					}
				}
				Schemas map[string]struct {
					AnyOf []struct{ Examples []string }
				}
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %v", w.Code, err)
		}
		schema, has := document.Components.Schemas["FiscalPeriod"]
		if has != (name != "") || strings.Contains(w.Body.String(), "FiscalPeriod") != has {
			t.Errorf("a model with %q: FiscalPeriod is described: %t", name, has)
		}
		for _, filter := range []string{"o.at", "o.at__lt", "o.due__ne"} {
			forms := document.Components.Parameters[filter].Schema.AnyOf
			if described := len(forms) == 2 && forms[1].Ref == "#/components/schemas/FiscalPeriod"; described != has {
				t.Errorf("a model with %q: %s takes %v", name, filter, forms)
			}
		}
		for _, form := range schema.AnyOf {
			for _, example := range form.Examples {
				if w := ask(h, "GET /datasets/o/rows?at="+example); w.Code != http.StatusOK {
					t.Errorf("at=%s: %d %s", example, w.Code, w.Body)
				}
			}
		}
	}
}
