package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

// growing makes a model of a series by a field at and its growth.
func growing(calendar, at, growth, more string) fstest.MapFS {
	contract := func(name, settings, fields string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`apiVersion: v3.1.0
kind: DataContract
id: m.` + name + `
version: 1.0.0
status: active
schema:
- name: ` + name + `
  customProperties: [{property: goldserve, value: {` + settings + `}}]
  properties:
  - {name: at, primaryKey: true, required: true, ` + at + "}\n" + fields)}
	}
	return fstest.MapFS{
		"m/model.yaml":               {Data: []byte(modelYAML + calendar)},
		"m/contracts/a.odcs.yaml":    {Data: []byte(smallest)},
		"m/contracts/days.odcs.yaml": contract("days", "source: days.parquet", "  - {name: n, logicalType: integer, required: true}\n"),
		"m/contracts/grown.odcs.yaml": contract("grown", "derive: {from: days, growth: {order: at, value: n"+growth+"}}", "  - {name: n, logicalType: integer, required: true}\n"+more+
			"  - {name: prev_n, logicalType: integer}\n  - {name: growth_abs, logicalType: integer}\n  - {name: growth_pct, logicalType: number}\n"),
	}
}

func TestGrowthComparesPeriods(t *testing.T) {
	format := func(kind, format string) string {
		return "logicalType: " + kind + ", customProperties: [{property: goldserve, value: {format: " + format + "}}]"
	}
	calendar := "timezone: Europe/Paris\nweekStart: sunday\n"
	plain := gold.DeriveGrowth{Order: "at", Value: "n"}
	of := func(g gold.Grain, c gold.Calendar) gold.DeriveGrowth {
		grown := plain
		grown.Grain, grown.Calendar = g, c
		return grown
	}
	for _, c := range []struct {
		at, growth string
		want       gold.DeriveGrowth
	}{
		{format("string", "month"), "", of(gold.Month, gold.Calendar{})},
		{format("string", "month"), ", previous: period", of(gold.Month, gold.Calendar{})},
		{format("string", "month"), ", previous: present", plain},
		{format("string", "week"), "", of(gold.Week, gold.Calendar{WeekStart: 6})},
		{"logicalType: string", "", plain},
		{"logicalType: integer", "", plain},
		{"logicalType: date", "", of(gold.Day, gold.Calendar{})},
		{format("date", "month"), "", of(gold.Month, gold.Calendar{})},
		{"logicalType: timestamp", "", plain},
		{format("timestamp", "day"), "", of(gold.Day, gold.Calendar{Timezone: "Europe/Paris"})},
	} {
		m, err := load(growing(calendar, c.at, c.growth, ""))
		if err != nil {
			t.Fatalf("%s%s: %v", c.at, c.growth, problems(t, err))
		}
		if diff := cmp.Diff(c.want, *m.Dataset("grown").Derive.Growth); diff != "" {
			t.Errorf("%s%s: -want +got:\n%s", c.at, c.growth, diff)
		}
	}
	m, err := load(growing("", "logicalType: date", "", "  - {name: prev_at, logicalType: date}\n"))
	if err != nil {
		t.Fatal(problems(t, err))
	}
	if g := m.Dataset("grown").Derive.Growth; !g.Named {
		t.Errorf("prev_at is declared, but %+v does not name the row before", g)
	}
}

func TestGrowthRefusesWhatHasNoPeriods(t *testing.T) {
	for growth, want := range map[string]string{
		", previous: period":  "derive: growth: days.at holds no periods, which have one before them: give it a format (day, week, month, quarter, year), or say previous: present",
		", previous: presnet": `derive: growth: previous: expected one of period, present, found "presnet" (did you mean present?)`,
	} {
		_, err := load(growing("", "logicalType: integer", growth, ""))
		if err == nil {
			t.Fatalf("%s: no problem", growth)
		}
		if found := problems(t, err); len(found) != 1 || !strings.Contains(found[0].String(), want) {
			t.Errorf("%s: got %v, expected %s", growth, found, want)
		}
	}
}
