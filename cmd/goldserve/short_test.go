package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// order is a row of the dataset whose contract has names and types alone.
type order struct {
	ID      int64   `parquet:"order_id"`
	Day     int32   `parquet:"order_day,date"`
	Country *string `parquet:"country,optional"`
	Amount  float64 `parquet:"amount"`
	Paid    bool    `parquet:"paid"`
	Email   string  `parquet:"email"`
}

const orderContract = `apiVersion: v3.1.0
kind: DataContract
id: short.orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: order_id, logicalType: integer, required: true, primaryKey: true}
      - {name: order_day, logicalType: date, required: true}
      - {name: country, logicalType: string}
      - {name: amount, logicalType: number, required: true}
      - {name: paid, logicalType: boolean, required: true}
      - {name: email, logicalType: string, required: true, classification: pii, customProperties: [{property: goldserve, value: {mask: initials}}]}
`

// writeModel writes a model of contracts into a folder of models, which it returns.
func writeModel(t testing.TB, folder, name string, contracts map[string]string) string {
	t.Helper()
	files := map[string]string{"model.yaml": "name: " + name + "\ntitle: {en: " + name + "}\n"}
	for dataset, text := range contracts {
		files[filepath.Join("contracts", dataset+".odcs.yaml")] = text
	}
	if err := os.MkdirAll(filepath.Join(folder, name, "contracts"), 0o750); err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// orderLake writes the rows that the contract of orders describes.
func orderLake(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := parquet.WriteFile(filepath.Join(folder, "orders.parquet"), []order{
		{1, day("2024-01-05"), new("France"), 10, true, "anne@example.org"},
		{2, day("2024-01-20"), new("Italy"), 20.5, false, "bo@example.org"},
		{3, day("2024-02-01"), nil, 5, true, "cy@example.org"},
		{4, day("2024-03-02"), new("France"), 40, false, "di@example.org"},
	}); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestNamesAndTypesAreAContract: without settings every operator of a kind filters, everything sorts and groups, and what
// is personal stays masked and closed.
func TestNamesAndTypesAreAContract(t *testing.T) {
	t.Parallel()
	p, models := sqlitePlace(t), writeModel(t, t.TempDir(), "short", map[string]string{"orders": orderContract})
	publishLake(t, p, orderLake(t), "--models", models, "--model", "short")
	server := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
	rows := "/m/short/datasets/orders/rows?fields=order_id&"
	for question, want := range map[string]string{
		rows + "order_day=2024-01":                        "1 2",
		rows + "order_day__gt=2024-01&sort=-amount":       "4 3",
		rows + "country__isnull=true":                     "3",
		rows + "country__ne=France":                       "2",
		rows + "country__in=France,Italy&sort=-order_day": "4 2 1",
		rows + "country__nin=France":                      "2",
		rows + "country__startswith=fr&paid=true":         "1",
		rows + "country__contains=A":                      "1 2 4",
		rows + "amount__gte=10&amount__lt=40&sort=amount": "1 2",
		rows + "paid=false&sort=paid,-country":            "2 4",
	} {
		got := strings.NewReplacer(`{"order_id":`, "", "}", "", "[", "", "]", "", ",", " ").Replace(data(t, server.URL, question, 1))
		if got != want {
			t.Errorf("GET %s: %s, expected %s", question, got, want)
		}
	}
	groups := "/m/short/datasets/orders/aggregate?group_by=country,order_day.month&measures=revenue:sum(amount)&paid=false"
	if got, want := data(t, server.URL, groups, 1), `[{"country":"France","order_day_month":"2024-03","revenue":40},{"country":"Italy","order_day_month":"2024-01","revenue":20.5}]`; got != want {
		t.Errorf("GET %s: %s, expected %s", groups, got, want)
	}
	for _, question := range []string{rows + "email=a", rows + "email__contains=a", rows + "sort=email", rows + "paid__gt=false", rows + "amount__isnull=true", rows + "order_id__contains=1"} {
		if status, body := get(t, server.URL, question); status != http.StatusBadRequest {
			t.Errorf("GET %s: %d %s", question, status, body)
		}
	}
	if got, want := data(t, server.URL, "/m/short/datasets", 1), `"collection":"orders"`; !strings.Contains(got, want) {
		t.Errorf("no %s in %s", want, got)
	}
	if got, want := data(t, server.URL, "/m/short/datasets/orders", 1), `"label":{"en":"Order day"}`; !strings.Contains(got, want) {
		t.Errorf("no %s in %s", want, got)
	}
}

// TestTheOnlyModelIsTheDefault: a publish needs no --model, and what reads its store neither that nor the model's folder.
func TestTheOnlyModelIsTheDefault(t *testing.T) {
	t.Parallel()
	p, models, lake := sqlitePlace(t), writeModel(t, t.TempDir(), "short", map[string]string{"orders": orderContract}), orderLake(t)
	if r := publishLake(t, p, lake, "--models", models); r.Model != "short" || r.Rows != 4 {
		t.Fatalf("published %+v", r)
	}
	for command, want := range map[string]string{
		"status": "short", "releases": "short/1", "verify": "orders", "query orders --sort -amount --limit 1 --format csv": "2024-03-02",
		"query /releases --format json": `"release":1`, "prune": "short",
	} {
		if out := mustCLI(t, append(strings.Fields(command), "--store", p.store)...); !strings.Contains(out, want) {
			t.Errorf("goldserve %s: no %s in\n%s", command, want, out)
		}
	}
	// A second model in the store: the shipped one is the default again, as it was before.
	publishSampleToo := []string{"publish", "--store", p.store, "--lake", filepath.Join(sample, "gold"), "--model", defaultModel}
	mustCLI(t, publishSampleToo...)
	if out := mustCLI(t, "releases", "--store", p.store); !strings.Contains(out, defaultModel+"/1") || strings.Contains(out, "short/") {
		t.Errorf("releases of two models:\n%s", out)
	}
	other := writeModel(t, writeModel(t, t.TempDir(), "b", map[string]string{"orders": orderContract}), "a", map[string]string{"orders": orderContract})
	code, _, stderr := cli(t, "check", "--models", other, "--lake", lake)
	if code != exitUsage || !strings.Contains(stderr, "give --model with one of a, b") {
		t.Errorf("of several models: exit %d\n%s", code, stderr)
	}
}

// TestServeChoosesAModel: what the store has is served, by name where its folder isn't given, and others are named.
func TestServeChoosesAModel(t *testing.T) {
	for name, c := range map[string]struct {
		config            config
		published         []string
		chosen, more, log string // more than the shipped ones
	}{
		"nothing is published":      {config{}, nil, defaultModel, "", ""},
		"the only one":              {config{}, []string{"short"}, "short", "short", ""},
		"the shipped one of two":    {config{}, []string{defaultModel, "short"}, defaultModel, "", "models=short try=\"--model NAME"},
		"the one that is named":     {config{modelSettings: modelSettings{Model: "short"}}, []string{"other", defaultModel, "short"}, "short", "short", "models=other"},
		"by the setting's old name": {config{serveSettings: serveSettings{DefaultModel: "short"}}, []string{"short", defaultModel}, "short", "short", ""},
		"several others":            {config{}, []string{"a", "b"}, "", "", "several models"},
		"one that is nowhere":       {config{modelSettings: modelSettings{Model: "c"}}, []string{"a"}, "error", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			log := slog.New(slog.NewTextHandler(&text, nil))
			a := &app{config: c.config}
			loaded, err := a.config.servedModels(log)
			if err != nil {
				t.Fatal(err)
			}
			all, err := a.chooseServed(log, loaded, c.published)
			if c.chosen == "error" {
				if err == nil || !strings.Contains(err.Error(), "expected one of a, "+strings.Join(shipped(), ", ")) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || a.config.DefaultModel != c.chosen || strings.Join(names(all), ", ") != strings.TrimSuffix(strings.Join(shipped(), ", ")+", "+c.more, ", ") {
				t.Errorf("%s of %v is chosen (%v)", a.config.DefaultModel, names(all), err)
			}
			if got := text.String(); !strings.Contains(got, c.log) || c.log == "" && got != "" {
				t.Errorf("the log has no %q: %s", c.log, got)
			}
		})
	}
}
