package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold/storetest"
)

// madeModel writes the default model anew, of one dataset with these properties, and returns the folder of models.
func madeModel(t *testing.T, dataset, settings string, properties ...string) string {
	t.Helper()
	folder := t.TempDir()
	files := map[string]string{
		"model.yaml": "name: " + defaultModel + "\ntitle: {en: m}\n",
		"contracts/" + dataset + ".odcs.yaml": "apiVersion: v3.1.0\nkind: DataContract\nid: m.x\nversion: 1.0.0\nstatus: active\nschema:\n- name: " + dataset +
			"\n  customProperties: [{property: goldserve, value: {" + settings + "}}]\n  properties:\n  - {" + strings.Join(properties, "}\n  - {") + "}\n",
	}
	for name, text := range files {
		path := filepath.Join(folder, defaultModel, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestFloatsAreFoundByWhatIsShown publishes 32-bit floats, and asks for them in every way and form.
func TestFloatsAreFoundByWhatIsShown(t *testing.T) {
	t.Parallel()
	type row struct {
		ID int64    `parquet:"id"`
		P  *float32 `parquet:"p,optional"`
	}
	lake := filepath.Join(t.TempDir(), "gold")
	if err := os.MkdirAll(lake, 0o700); err != nil {
		t.Fatal(err)
	}
	var rows []row
	for i, p := range []float32{0.7165, 0.1, 0.7165, 0.7, 16777216, -0.3} {
		rows = append(rows, row{int64(i + 1), &p})
	}
	rows = append(rows, row{7, nil})
	if err := parquet.WriteFile(filepath.Join(lake, "s.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	models := madeModel(t, "s", "endpoint: /s, accelerate: true, filters: {id: [eq, gt], p: [eq, ne, in, nin, lt, lte, gt, gte]}, sorts: [p], metrics: {least: min(p), total: sum(p)}",
		"name: id, logicalType: integer, required: true, primaryKey: true",
		"name: p, logicalType: number, physicalType: FLOAT, logicalTypeOptions: {minimum: -0.3, maximum: 16777216}")
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lake, "--models", models)
		memory, store := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}, cacheSettings: cacheSettings{AccelerateMemory: 1 << 30}}), servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
		// Never the same question twice: its answer would be a cached one.
		n := 0
		waitFor(t, "the snapshot", func() bool {
			n++
			return answeredBy(t, memory.URL, fmt.Sprintf("/s?id__gt=%d", n)) == "s in memory"
		})
		for path, want := range map[string]string{
			"/s?p=0.7165&fields=id":                  `[{"id":1},{"id":3}]`,
			"/s?p__in=0.1,0.7&fields=id":             `[{"id":2},{"id":4}]`,
			"/s?p__ne=0.7165&fields=id":              `[{"id":2},{"id":4},{"id":5},{"id":6}]`,
			"/s?p__gt=0.7&p__lte=0.7165&fields=id":   `[{"id":1},{"id":3}]`,
			"/s?p__gte=0.7&p__lt=0.7165&fields=id":   `[{"id":4}]`,
			"/s?p__lte=-0.3&fields=id,p":             `[{"id":6,"p":-0.3}]`,
			"/s?sort=-p&limit=3&fields=p":            `[{"p":16777216},{"p":0.7165},{"p":0.7165}]`,
			"/datasets/s/values/p?limit=2":           `[{"value":0.7165,"count":2},{"value":null,"count":1}]`,
			"/datasets/s/rows/1":                     `{"id":1,"p":0.7165}`,
			"/datasets/s/aggregate?measures=min(p)":  `[{"min_p":-0.3}]`,
			"/datasets/s/aggregate?measures=least":   `[{"least":-0.3}]`,
			"/datasets/s/aggregate?group_by=p&p=0.1": `[{"p":0.1,"count":1}]`,
			// Sums are of what is stored.
			"/datasets/s/aggregate?measures=sum(p)&p=0.7165":                   `[{"sum_p":1.4329999685287476}]`,
			"/datasets/s/aggregate?group_by=p.bins(0,0.7,1)&p__lt=1":           `[{"p_bins":"<0","count":1},{"p_bins":"[0,0.7)","count":1},{"p_bins":"[0.7,1)","count":3}]`,
			"/datasets/s/aggregate?group_by=p.bins(0.7165)&measures=n:count()": `[{"p_bins":null,"n":1},{"p_bins":"<0.7165","n":3},{"p_bins":">=0.7165","n":3}]`,
		} {
			for name, url := range map[string]string{"memory": memory.URL, "the store": store.URL} {
				status, body := get(t, url, path)
				answer, _ := decode(t, body).(map[string]any)
				got, err := json.Marshal(answer["data"])
				if err != nil {
					t.Fatal(err)
				}
				var sorted any
				if err := json.Unmarshal([]byte(want), &sorted); err != nil {
					t.Fatal(err)
				}
				expected, err := json.Marshal(sorted)
				if err != nil {
					t.Fatal(err)
				}
				if status != 200 || string(got) != string(expected) {
					t.Errorf("%s from %s: %d %s, want %s", path, name, status, body, want)
				}
			}
		}
		if _, schema := get(t, store.URL, "/datasets/s/schema"); !strings.Contains(string(schema), `"minimum":-0.3,"maximum":16777216`) {
			t.Errorf("the schema does not have the bounds as the contract says them: %s", schema)
		}
		_, csv := get(t, store.URL, "/datasets/s/rows.csv?sort=id")
		if want := "id,p\r\n1,0.7165\r\n2,0.1\r\n3,0.7165\r\n4,0.7\r\n5,16777216\r\n6,-0.3\r\n7,\r\n"; string(csv) != want {
			t.Errorf("CSV %q, want %q", csv, want)
		}
		// Page by page, by cursors whose place is one of equal values.
		var seen []string
		for path := "/s?sort=p&limit=1&fields=id,p"; path != ""; {
			_, body := get(t, memory.URL, path)
			var page struct {
				Data []json.RawMessage `json:"data"`
				Meta struct {
					Next string `json:"next"`
				} `json:"meta"`
			}
			if err := json.Unmarshal(body, &page); err != nil || len(page.Data) > 1 || len(seen) > 7 {
				t.Fatalf("%v: %s", err, body)
			}
			for _, r := range page.Data {
				seen = append(seen, string(r))
			}
			path = page.Meta.Next
		}
		if got, want := strings.Join(seen, ""), `{"id":7,"p":null}{"id":6,"p":-0.3}{"id":2,"p":0.1}{"id":4,"p":0.7}{"id":1,"p":0.7165}{"id":3,"p":0.7165}{"id":5,"p":16777216}`; got != want {
			t.Errorf("pages %s, want %s", got, want)
		}
	})
}

// TestCasesFromTheField checks lakes and models as people have them.
func TestCasesFromTheField(t *testing.T) {
	field := filepath.Join(storetest.Shared(t), "data", "field")
	for name, c := range map[string]struct {
		code  int
		words []string
	}{
		"delta-overwritten":        {exitDone, []string{"no rules in 1 dataset", "rows=2"}},
		"spark-folder-no-suffix":   {exitDone, []string{"no rules in 1 dataset"}},
		"stray-file":               {exitDone, []string{"other_files", "warning", "the file t.parquet/README.txt is left alone: its name is not that of a Parquet file"}},
		"only-success-file":        {exitDone, []string{"no rules in 1 dataset"}},
		"facts-without-key":        {exitUnavailable, []string{"the lake", "does not exist"}}, // a contract may have no key, and the case has no files
		"hive-column-also-in-file": {exitDone, []string{"a_folder", "warning", "o.parquet/a=5/part-0.parquet has another a than the name of its folder"}},
		"column-names":             {exitRefused, []string{`name: "customer__city" can't be a name`, `say name: customer_city, physicalName: "customer__city"`, `say name: f_0, physicalName: "0"`}},
		"column-added-later":       {exitDone, []string{"no rules in 1 dataset", "rows=2"}},
		"uuid-and-time":            {exitDone, []string{"no rules in 1 dataset", "rows=1"}},
		"decimal-38-18":            {exitRefused, []string{"column basket", "found 23.529411764705882353", "write DECIMAL(p,18) in the contract, or number alone to round"}}, // TestADecimalOfSparkIsTakenAsAContractSays has contracts that fit
		"default-timezone":         {exitRefused, []string{"o.odcs.yaml:11:", "Europe/Paris", `"Mars/Olympus"`}},
	} {
		code, stdout, stderr := cli(t, "check", "--models", filepath.Join(field, name, "models"), "--model", "m", "--lake", filepath.Join(field, name, "lake"))
		for _, word := range c.words {
			if !strings.Contains(stdout+stderr, word) {
				t.Errorf("%s does not say %q:\n%s%s", name, word, stdout, stderr)
			}
		}
		if code != c.code || strings.Contains(stdout+stderr, "--no-success-file") || strings.Contains(stdout+stderr, "--partial") {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
}

// TestADecimalOfSparkIsTakenAsAContractSays publishes a file of DECIMAL(38,18), Spark's default: exact where the contract says so,
// else as the nearest double. The digits are what pyarrow reads, and the double what Python's float makes of them.
func TestADecimalOfSparkIsTakenAsAContractSays(t *testing.T) {
	t.Parallel()
	lake := filepath.Join(storetest.Shared(t), "data", "field", "decimal-38-18", "lake")
	for physical, c := range map[string]struct{ value, other string }{
		`, physicalType: "DECIMAL(38,18)"`: {"23.529411764705882353", "23.529411764705882354"},
		"":                                 {"23.529411764705884", "23.52941176470589"},
	} {
		models := madeModel(t, "t", "endpoint: /t", "name: id, logicalType: integer, required: true, primaryKey: true", "name: basket, logicalType: number"+physical)
		eachStore(t, func(t *testing.T, p place) {
			publishLake(t, p, lake, "--models", models)
			served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
			row := `[{"id":1,"basket":` + c.value + `}]`
			for path, want := range map[string]string{
				"/t": row, "/t?basket=" + c.value: row, "/t?basket__gte=" + c.value: row, "/t?basket__gt=" + c.value: "[]", "/t?basket__lt=" + c.other: row,
				"/datasets/t/aggregate?measures=sum(basket)": `[{"sum_basket":` + c.value + `}]`,
			} {
				_, body := get(t, served.URL, path)
				var compact bytes.Buffer
				if err := json.Compact(&compact, body); err != nil || !strings.HasPrefix(compact.String(), `{"data":`+want+`,`) {
					t.Errorf("%s: %s, %v, want %s", path, body, err, want)
				}
			}
			if _, csv := get(t, served.URL, "/datasets/t/rows.csv"); string(csv) != "id,basket\r\n1,"+c.value+"\r\n" {
				t.Errorf("CSV %q", csv)
			}
		})
	}
}

// TestColumnsAreServedByTheNamesOfTheirFields publishes a file whose columns no URL could name, and asks for its fields.
func TestColumnsAreServedByTheNamesOfTheirFields(t *testing.T) {
	t.Parallel()
	lake := filepath.Join(storetest.Root(t), "gold", "lake", "testdata", "names")
	models := madeModel(t, "pyarrow", "endpoint: /t, filters: {total: [eq], city: [eq, isnull]}, sorts: [total]",
		"name: id, logicalType: integer, required: true, primaryKey: true",
		"name: total, physicalName: Total Sales, logicalType: number, logicalTypeOptions: {maximum: 3.25}",
		"name: zero, physicalName: \"0\", logicalType: integer, required: true, unique: true",
		"name: literal, physicalName: a.b, logicalType: string",
		"name: city, physicalName: address.city, logicalType: string")
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lake, "--models", models)
		served := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: models}})
		for path, want := range map[string]string{
			"/t?total=1.5":                   `[{"id":1,"total":1.5,"zero":10,"literal":"literal1","city":"Łódź"}]`,
			"/t?city=Nice&fields=id,zero":    `[{"id":4,"zero":40}]`,
			"/t?city__isnull=true&fields=id": `[{"id":2},{"id":3}]`,
		} {
			_, body := get(t, served.URL, path)
			var compact bytes.Buffer
			if err := json.Compact(&compact, body); err != nil || !strings.HasPrefix(compact.String(), `{"data":`+want+`,`) {
				t.Errorf("%s: %s, %v, want %s", path, body, err, want)
			}
		}
		if _, body := get(t, served.URL, "/datasets/pyarrow/schema"); strings.Contains(string(body), "Total Sales") {
			t.Errorf("the schema names columns of the file: %s", body)
		}
	})
	broken := madeModel(t, "pyarrow", "", "name: id, logicalType: integer, required: true, primaryKey: true",
		"name: total, physicalName: Total Sale, logicalType: number")
	code, _, stderr := cli(t, "check", "--models", broken, "--lake", lake)
	if want := `pyarrow.parquet, column "Total Sale" (field total): the file has no such column`; code != exitRefused || !strings.Contains(stderr, want) {
		t.Errorf("exit %d, %s, want %s", code, stderr, want)
	}
}
