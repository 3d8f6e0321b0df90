package infer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/currency"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

func TestCurrenciesAreSortedCodes(t *testing.T) {
	if !slices.IsSorted(currencies) || len(currencies) < 150 {
		t.Errorf("%d codes, sorted: %t", len(currencies), slices.IsSorted(currencies))
	}
	newer := []string{"MRU", "SLE", "VED", "VES", "XCG", "ZWG"} // than the library's edition
	for _, code := range currencies {
		if _, err := currency.ParseISO(code); err != nil && !slices.Contains(newer, code) {
			t.Errorf("%s: %v", code, err)
		}
	}
	for tender := currency.Query(); tender.Next(); {
		if code := tender.Unit().String(); !isCurrency([]byte(code)) {
			t.Errorf("%s of %s is missing", code, tender.Region())
		}
	}
}

// unitsOf returns the units of the fields that have any.
func unitsOf(d *Dataset) map[string]string {
	units := map[string]string{}
	for _, f := range d.Fields {
		if unit := f.Doc.UnitText(); unit != "" {
			units[f.Name] = unit
		}
	}
	return units
}

// dataset returns a dataset of columns with their values, as profiles of files would tell of them.
func datasetOf(columns ...any) *Dataset {
	d := &Dataset{Name: "orders"}
	for i := 0; i < len(columns); i += 2 {
		name := columns[i].(string)
		f := &Field{Field: gold.Field{Name: yaml.Identifier(name), Kind: gold.Double}, spoken: name, profile: &profile{values: map[string]struct{}{}}}
		if texts, ok := columns[i+1].(string); ok {
			f.Kind = gold.Text
			for text := range strings.SplitSeq(texts, ",") {
				f.profile.rows++
				f.profile.addText([]byte(text))
			}
		} else {
			f.Kind = columns[i+1].(gold.Kind)
		}
		d.Fields = append(d.Fields, f)
	}
	return d
}

func TestCurrenciesAreTheUnitOfAmounts(t *testing.T) {
	for name, c := range map[string]struct {
		dataset *Dataset
		want    string
	}{
		"amounts, and numbers that are none": {
			datasetOf("currency", "EUR,USD,EUR", "amount", gold.Double, "fee", gold.Decimal, "nights", gold.Int, "exchange_rate", gold.Double, "amount_usd", gold.Double, "order_total", gold.Int, "total_orders", gold.Int),
			"map[amount:as in currency fee:as in currency order_total:as in currency]",
		},
		"French":                       {datasetOf("devise", "EUR,CHF", "montant_ttc", gold.Double, "quantité", gold.Double), "map[montant_ttc:as in devise]"},
		"German":                       {datasetOf("Währung", "EUR,CHF", "Betrag", gold.Double, "Gewicht", gold.Double), "map[Betrag:as in Wahrung]"},
		"Spanish":                      {datasetOf("moneda", "EUR,MXN", "precio", gold.Double), "map[precio:as in moneda]"},
		"short, with code":             {datasetOf("ccyCode", "EUR,USD", "Price", gold.Double), "map[Price:as in ccyCode]"},
		"one currency":                 {datasetOf("currency", "EUR,EUR", "amount", gold.Double), "map[amount:EUR]"},
		"one for each amount":          {datasetOf("price_currency", "EUR,USD", "cost_currency", "GBP,EUR", "price", gold.Double, "cost", gold.Double, "fee", gold.Double), "map[cost:as in cost_currency price:as in price_currency]"},
		"own before common":            {datasetOf("price_currency", "EUR,USD", "currency", "GBP,EUR", "price", gold.Double, "fee", gold.Double), "map[fee:as in currency price:as in price_currency]"},
		"one with a word of its own":   {datasetOf("invoice_currency", "EUR,USD", "amount", gold.Double), "map[amount:as in invoice_currency]"},
		"two that may be meant":        {datasetOf("currency", "EUR,USD", "devise", "GBP,EUR", "amount", gold.Double), "map[]"},
		"not all are codes":            {datasetOf("currency", "EUR,Euro", "amount", gold.Double), "map[]"},
		"small letters are no codes":   {datasetOf("currency", "eur,usd", "amount", gold.Double), "map[]"},
		"another name with such codes": {datasetOf("ticker", "ALL,TOP", "amount", gold.Double), "map[]"},
	} {
		c.dataset.findUnits()
		if got := fmt.Sprint(unitsOf(c.dataset)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestAGuessedUnitIsWrittenAndToldWhenItChanges: one currency is the unit, several are a field's; sums over several are no rollup.
func TestAGuessedUnitIsWrittenAndToldWhenItChanges(t *testing.T) {
	type sale struct {
		ID       int64   `parquet:"id"`
		Day      string  `parquet:"day"`
		City     string  `parquet:"city"`
		Currency string  `parquet:"currency"`
		Amount   float64 `parquet:"amount"`
	}
	type sum struct {
		City   string  `parquet:"city"`
		Amount float64 `parquet:"amount"`
	}
	lake := t.TempDir()
	write := func(currency func(i int) string) {
		var sales []sale
		sums := map[string]float64{}
		for i := range 60 {
			s := sale{int64(i), fmt.Sprintf("2024-01-%02d", i%28+1), fmt.Sprint("City ", i%3), currency(i), float64(i) + 0.5}
			sales, sums[s.City] = append(sales, s), sums[s.City]+s.Amount
		}
		writeRows(t, lake, "sales", sales)
		writeRows(t, lake, "cities", []sum{{"City 0", sums["City 0"]}, {"City 1", sums["City 1"]}, {"City 2", sums["City 2"]}})
	}
	write(func(int) string { return "EUR" })
	first, r := inferNext(t, lake, nil)
	text := first.Inferred.Files["contracts/sales.odcs.yaml"]
	if !strings.Contains(text, "customProperties: [{property: goldserve, value: {unit: EUR}}]} # the unit is guessed\n") {
		t.Errorf("one currency:\n%s", text)
	}
	if rollup := first.Model.Dataset("cities").Rollup; rollup == nil || rollup.Of != "sales" {
		t.Errorf("the rollup of one currency: %+v", rollup)
	}

	write(func(i int) string { return []string{"EUR", "USD"}[i%2] })
	second, r := inferNext(t, lake, r)
	text = second.Inferred.Files["contracts/sales.odcs.yaml"]
	if !strings.Contains(text, "customProperties: [{property: goldserve, value: {unit: {field: currency}}}]} # the unit is guessed\n") {
		t.Errorf("two currencies:\n%s", text)
	}
	if rollup := second.Model.Dataset("cities").Rollup; rollup != nil {
		t.Errorf("sums over two currencies are a rollup: %+v", rollup)
	}
	for _, want := range []string{"sales.amount is in the units of currency now, and was in EUR", "cities: it is no longer an aggregate of sales"} {
		if !slices.Contains(second.Inferred.Changes, want) {
			t.Errorf("changes %q lack %q", second.Inferred.Changes, want)
		}
	}
	if third, _ := inferNext(t, lake, r); len(third.Inferred.Changes) > 0 || third.Inferred.Files["contracts/sales.odcs.yaml"] != text {
		t.Errorf("inferred again, changes %q:\n%s", third.Inferred.Changes, third.Inferred.Files["contracts/sales.odcs.yaml"])
	}
	m := mustInfer(t, lake)
	if look := m.LookFirst(); !slices.Contains(look, "sales: amounts in the currencies of currency are not added across them: amount") {
		t.Errorf("look first: %q", look)
	}

	// A person's contract without the currencies gets no unit that it can't have.
	folder := fstest.MapFS{}
	updated(t, m, folder)
	file := folder["contracts/sales.odcs.yaml"]
	lines := strings.SplitAfter(string(file.Data), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.Contains(line, "name: amount,") || strings.Contains(line, "unit: {field")
	})
	file.Data = []byte(strings.Replace(strings.Join(lines, ""), "- {name: currency, logicalType: string", "- {name: currency, classification: pii, logicalType: string", 1))
	delete(folder, "model.yaml")
	updated(t, mustInfer(t, lake), folder)
	if text := string(folder["contracts/sales.odcs.yaml"].Data); !strings.Contains(text, "name: amount") || strings.Contains(text, "unit:") {
		t.Errorf("a contract whose currencies are personal data:\n%s", text)
	}
}
