package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// salesContract has metrics of every form.
const salesContract = `apiVersion: v3.1.0
kind: DataContract
id: sales
version: 1.0.0
status: active
schema:
  - name: sales
    customProperties:
      - property: goldserve
        value:
          accelerate: true
          metrics:
            revenue: sum(amount)
            cost: sum(cost_)
            profit: revenue - cost
            margin: (revenue - cost) / revenue
            french: sum(amount where country = 'France' or country is null and qty > 2)
            french_share: french / revenue
            june: count(where at = '2024-06' and not product in ('Mug', 'Tea, "green"'))
            per_piece: 100 * (profit / sum(qty)) - 1.5
            p90: quantile(amount, 0.9)
            newest: last(product)
            first_cost: first(cost_, at where qty > 3) / 2
            turnover: sum(price)
            ticket: turnover / count()
            euros: sum(price where currency = 'EUR')
            none: revenue / count(where qty > 1000)
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: at, logicalType: timestamp}
      - {name: country, logicalType: string}
      - {name: product, logicalType: string}
      - {name: amount, logicalType: number}
      - {name: cost_, logicalType: number, physicalName: cost}
      - {name: qty, logicalType: integer}
      - {name: currency, logicalType: string, required: true}
      - {name: price, logicalType: number, customProperties: [{property: goldserve, value: {unit: {field: currency}, format: money}}]}
`

// salesByPandas writes a lake and prints what pandas computes of it: answers by query string, rows by group.
const salesByPandas = `
import json, sys
import numpy as np, pandas as pd
r = np.random.default_rng(7)
n = 3000
t = pd.DataFrame({
    "id": np.arange(n),
    "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(r.integers(0, 366 * 24, n), "h"),
    "country": r.choice(["France", "Spain", "Italy", None], n, p=[.4, .3, .2, .1]),
    "product": r.choice(["Mug", 'Tea, "green"', "Cup", "It's"], n),
    "amount": np.round(r.exponential(30, n), 2),
    "cost": np.where(r.random(n) < .05, np.nan, np.round(r.exponential(20, n), 2)),
    "qty": pd.array(np.where(r.random(n) < .1, None, r.integers(1, 9, n)), dtype="Int64"),
})
t["currency"], t["price"] = r.choice(["EUR", "JPY", "USD"], n), np.round(r.exponential(30, n), 2)
t.to_parquet(sys.argv[1] + "/sales.parquet", index=False)
def metrics(g):
    revenue, cost, qty = g.amount.sum(), g.cost.sum(), g.qty.sum()
    q = g.qty.fillna(0)
    french = g.amount[(g.country == "France") | (g.country.isna() & (q > 2))].sum()
    june = ((g["at"] >= "2024-06-01") & (g["at"] < "2024-07-01") & ~g["product"].isin(["Mug", 'Tea, "green"'])).sum()
    all = {
        "revenue": revenue, "profit": revenue - cost, "margin": (revenue - cost) / revenue, "french": french,
        "french_share": french / revenue, "june": int(june), "per_piece": 100 * (revenue - cost) / int(qty) - 1.5,
        "p90": g.amount.quantile(.9), "none": None,
        "newest": g.sort_values(["at", "id"])["product"].iloc[-1],
        "first_cost": next(iter(g[(q > 3) & g.cost.notna()].sort_values(["at", "id"]).cost), np.nan) / 2,
        "q1": g.qty.astype(float).quantile(.25), "cups": g.amount[g["product"] == "Cup"].median(),
    }
    if g.currency.nunique() == 1:
        all |= {"turnover": g.price.sum(), "ticket": g.price.sum() / len(g), "euros": g.price[g.currency == "EUR"].sum()}
    return {name: None if pd.isna(v) else v for name, v in all.items()}
def rows(by):
    return [{**dict(zip(by.keys(), [None if pd.isna(v) else v for v in k])), **metrics(g)} for k, g in t.groupby([f(t) for f in by.values()], dropna=False)]
print(json.dumps({
    "": [metrics(t)],
    "group_by=country": rows({"country": lambda t: t.country}),
    "group_by=currency": rows({"currency": lambda t: t.currency}),
    "group_by=country,currency": rows({"country": lambda t: t.country, "currency": lambda t: t.currency}),
    "currency=JPY&group_by=country&totals=true": [{"country": None if pd.isna(k) else k, **metrics(g)} for k, g in t[t.currency == "JPY"].groupby("country", dropna=False)],
    "group_by=product,at.month": rows({"product": lambda t: t["product"], "at_month": lambda t: t["at"].dt.strftime("%Y-%m")}),
    "country=Spain&group_by=product&sort=-margin&margin__gte=0.1": sorted(
        [{"product": k, **metrics(g)} for k, g in t[t.country == "Spain"].groupby("product") if metrics(g)["margin"] >= .1], key=lambda row: -row["margin"]),
}, default=float))
`

// TestMetricsAreThoseOfPandas compares formulas, conditions and quantiles with pandas, on the stores and from snapshots.
func TestMetricsAreThoseOfPandas(t *testing.T) {
	t.Parallel()
	folder, models := t.TempDir(), t.TempDir()
	out, err := exec.CommandContext(t.Context(), storetest.Python(t), "-c", salesByPandas, folder).Output()
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string][]map[string]any
	if err := json.Unmarshal(out, &expected); err != nil {
		t.Fatal(err)
	}
	contract := filepath.Join(models, "shop", "contracts", "sales.odcs.yaml")
	if err := os.MkdirAll(filepath.Dir(contract), 0o750); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{contract: salesContract, filepath.Join(models, "shop", "model.yaml"): "name: shop\ntitle: Shop\nfacts: sales\nkpis: [turnover, euros]\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, folder, "--models", models, "--model", "shop")
		settings := config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}}
		fromStore := servedWith(t, settings)
		settings.AccelerateMemory = 1 << 30
		memory := servedWith(t, settings)
		n := 0
		fixture.WaitFor(t, "sales in memory", func() bool {
			n++
			return fixture.AnsweredBy(t, memory.URL, fmt.Sprintf("/m/shop/datasets/sales/rows?limit=%d&sort=amount", n)) == "sales in memory"
		})
		for question, want := range expected {
			columns := "&measures=" + url.QueryEscape("revenue,profit,margin,french,french_share,june,newest,first_cost,per_piece,p90,none,q1:quantile(qty,0.25),cups:median(amount where product = 'Cup')")
			if strings.Contains(question, "currency") {
				columns += ",turnover,ticket,euros"
			}
			for _, server := range []string{fromStore.URL, memory.URL} {
				_, body := get(t, server, "/m/shop/datasets/sales/aggregate?"+strings.TrimPrefix(question+columns, "&"))
				var got struct{ Data []map[string]any }
				if err := json.Unmarshal(body, &got); err != nil {
					t.Fatal(err)
				}
				sameRows(t, question, got.Data, want)
			}
		}
		// Amounts in different currencies are never added, and answers say so.
		for path, says := range map[string]string{
			"/datasets/sales/aggregate?measures=turnover,revenue":                                 "sum(price) is in the units of currency, which can't be added or compared: group by currency, or filter one of them, as in currency=EUR",
			"/datasets/sales/aggregate?group_by=country&measures=ticket":                          "sum(price) is in the units of currency",
			"/datasets/sales/aggregate?group_by=country&measures=max(price)&currency__in=EUR,USD": "max(price) is in the units of currency",
			"/datasets/sales/aggregate?group_by=currency&measures=turnover&totals=true":           `"parameter":"totals"`,
			"/datasets/sales/concentration/country?measures=turnover":                             "sum(price) is in the units of currency",
			"/datasets/sales":   `"unit_field":"currency"`,
			"/kpis":             `"turnover":null,"euros":`,
			"/kpis?product=Mug": `"unavailable":{"turnover":"sum(price) is in the units of currency`,
			"/datasets/sales/aggregate?measures=euros,n:count_distinct(price)": `"euros":`,
		} {
			if _, body := get(t, fromStore.URL, "/m/shop"+path); !strings.Contains(string(body), says) {
				t.Errorf("%s doesn't say %s: %s", path, says, body)
			}
		}
		if _, body := get(t, fromStore.URL, "/m/shop/kpis?currency=USD"); strings.Contains(string(body), "unavailable") || strings.Contains(string(body), `"turnover":null`) {
			t.Errorf("the turnover in dollars is %s", body)
		}
	})
}

// sameRows compares rows in any order of equal groups, numbers to 1e-9.
func sameRows(t *testing.T, question string, got, want []map[string]any) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%q has %d rows, pandas has %d", question, len(got), len(want))
		return
	}
	for _, row := range want {
		found := false
		for _, other := range got {
			found = found || sameRow(other, row)
		}
		if !found {
			t.Errorf("%q lacks %v in %v", question, row, got)
			return
		}
	}
}

func sameRow(got, want map[string]any) bool {
	for name, w := range want {
		g := got[name]
		x, number := w.(float64)
		y, also := g.(float64)
		switch {
		case number && also && !math.IsNaN(x):
			if math.Abs(x-y) > 1e-9*max(1, math.Abs(x)) {
				return false
			}
		case w != g:
			return false
		}
	}
	return true
}
