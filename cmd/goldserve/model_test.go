package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/gold/storetest"
)

// ownModels is a folder with a second, tiny model of another domain.
const ownModels = "testdata/models"

// station and reading are rows of the second model's lake.
type station struct {
	Name      string  `parquet:"name"`
	Region    string  `parquet:"region"`
	Opened    *int32  `parquet:"opened,optional,date"`
	Altitude  int32   `parquet:"altitude,decimal(1:6)"`
	Automatic bool    `parquet:"automatic"`
	Keeper    *string `parquet:"keeper,optional"`
}

type reading struct {
	Station     string `parquet:"station"`
	Day         int32  `parquet:"day,date"`
	Temperature *int32 `parquet:"temperature,optional,decimal(2:5)"`
	Rain        int32  `parquet:"rain,decimal(2:6)"`
	Frost       bool   `parquet:"frost"`
}

// day returns a date as Parquet has it: days since 1970-01-01.
func day(text string) int32 {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return int32(t.Unix() / 86_400)
}

var (
	stations = []station{
		{"Lesquin, Lille", "Nord", new(day("1944-11-01")), 470, true, new("Anne Martin")},
		{"Nice", "Var", new(day("1942-01-01")), 20, false, nil},
		{`Lyon "Bron"`, "Rhône, Est", nil, 1975, true, new("jean de Luc")},
	}
	readings = []reading{
		{"Lesquin, Lille", day("2023-12-31"), new(int32(-150)), 0, true},
		{"Lesquin, Lille", day("2024-01-01"), new(int32(225)), 310, false},
		{"Lesquin, Lille", day("2024-01-20"), new(int32(400)), 105, false},
		{"Nice", day("2024-01-20"), new(int32(1175)), 0, false},
		{"Nice", day("2024-02-02"), nil, 1240, false},
		{`Lyon "Bron"`, day("2024-02-29"), new(int32(-25)), 45, true},
	}
)

// weatherLake writes the second model's lake.
func weatherLake(t testing.TB, rows []reading) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "reference"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(filepath.Join(folder, "reference", "stations.parquet"), stations); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(filepath.Join(folder, "readings.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	return folder
}

// data returns the data of an answer as it is written, and checks that it is the release of the model that was asked.
func data(t *testing.T, server, path string, release int64) string {
	t.Helper()
	status, body := get(t, server, path)
	var answer struct {
		Data json.RawMessage
		Meta struct{ Release int64 }
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || answer.Meta.Release != release {
		t.Errorf("GET %s: %d, release %d, want %d, %v\n%s", path, status, answer.Meta.Release, release, err, body)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, answer.Data); err != nil {
		t.Errorf("GET %s: %v", path, err)
	}
	return compact.String()
}

// kpis returns the figures of /kpis without its meta.
func kpis(t *testing.T, server, path string) map[string]any {
	t.Helper()
	status, body := get(t, server, path)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, body)
	}
	figures := decode(t, body).(map[string]any)
	delete(figures, "meta")
	return figures
}

func TestTwoModelsInOneStore(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		if p.db != "" {
			t.Cleanup(func() {
				if err := mongoClient(t).Database("weather_serving").Drop(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		own := []string{"--models", ownModels, "--model", "weather"}
		lake := weatherLake(t, readings)
		publishLake(t, p, filepath.Join(sample, "gold"), "--models", ownModels, "--model", defaultModel)
		first := publishLake(t, p, lake, own...)
		slices.Sort(first.Loaded)
		if first.Model != "weather" || first.Release != 1 || first.Rows != 14 || first.AsOf.Format(time.RFC3339) != "2024-02-29T00:00:00Z" ||
			!slices.Equal(first.Loaded, []string{"monthly_rain", "readings", "stations"}) {
			t.Fatalf("first publish: %+v", first)
		}
		server := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: ownModels}})
		_, others := get(t, server.URL, "/kpis")
		checkWeather(t, server.URL)
		checkIndex(t, server.URL)
		checkCollections(t, p)

		// One model's releases are not the other's.
		lake = weatherLake(t, append(slices.Clone(readings), reading{"Nice", day("2024-03-01"), new(int32(1500)), 300, false}))
		if r := publishLake(t, p, lake, own...); r.Release != 2 || !slices.Equal(r.Unchanged, []string{"stations"}) {
			t.Errorf("second publish: %+v", r)
		}
		rainfall := func() string {
			return string(kpis(t, server.URL, "/m/weather/kpis")["rainfall"].(json.Number))
		}
		waitFor(t, "the second publish", func() bool { return rainfall() == "20.00" })
		if got := data(t, server.URL, "/m/weather/rain?month=2024-03", 2); got != `[{"month":"2024-03","station":"Nice","rain":3.00,"warmest_reading":15.00,"readings_made":1}]` {
			t.Errorf("after the second publish: %s", got)
		}
		mustCLI(t, append([]string{"rollback", "1", "--store", p.store}, own[2:]...)...)
		waitFor(t, "the rollback", func() bool { return rainfall() == "17.00" })
		if out := mustCLI(t, "releases", "--store", p.store, "--model", "weather"); strings.Count(out, "weather/") != 2 || !strings.Contains(out, "withdrawn") {
			t.Errorf("releases of weather:\n%s", out)
		}
		if out := mustCLI(t, "releases", "--store", p.store); strings.Count(out, defaultModel+"/") != 1 || strings.Contains(out, "withdrawn") {
			t.Errorf("releases of %s:\n%s", defaultModel, out)
		}
		if _, body := get(t, server.URL, "/kpis"); !bytes.Equal(timeless(body), timeless(others)) {
			t.Errorf("the other model answers\n%s, before\n%s", body, others)
		}
		checkCollections(t, p)
		if r := publishLake(t, p, filepath.Join(sample, "gold"), "--models", ownModels); r.Outcome != "unchanged" || r.Release != 1 {
			t.Errorf("publishing the other model again: %+v", r)
		}
	})
}

// checkWeather compares the second model's answers with figures computed by hand.
func checkWeather(t *testing.T, server string) {
	t.Helper()
	want := map[string]any{
		"rainfall":         json.Number("17.00"), // 3.10 + 1.05 + 12.40 + 0.45
		"rain_per_reading": json.Number("2.8333333333333335"),
		"warmest":          json.Number("11.75"),
		"measured_days":    json.Number("5"),
		"station_count":    json.Number("3"),
	}
	if diff := cmp.Diff(want, kpis(t, server, "/m/weather/kpis")); diff != "" {
		t.Errorf("/m/weather/kpis: -want +got:\n%s", diff)
	}
	for path, want := range map[string]string{
		"/m/weather/rain": `[{"month":"2023-12","station":"Lesquin, Lille","rain":0.00,"warmest_reading":-1.50,"readings_made":1},` +
			`{"month":"2024-01","station":"Lesquin, Lille","rain":4.15,"warmest_reading":4.00,"readings_made":2},` +
			`{"month":"2024-01","station":"Nice","rain":0.00,"warmest_reading":11.75,"readings_made":1},` +
			`{"month":"2024-02","station":"Lyon \"Bron\"","rain":0.45,"warmest_reading":-0.25,"readings_made":1},` +
			`{"month":"2024-02","station":"Nice","rain":12.40,"warmest_reading":null,"readings_made":1}]`,
		"/m/weather/measured?frost=true": `[{"station":"Lyon \"Bron\"","day":"2024-02-29","temperature":-0.25,"rain":0.45,"frost":true},` +
			`{"station":"Lesquin, Lille","day":"2023-12-31","temperature":-1.50,"rain":0.00,"frost":true}]`,
		"/m/weather/measured?day=2024-01&rain__gte=1.05&fields=day,rain": `[{"day":"2024-01-20","rain":1.05},{"day":"2024-01-01","rain":3.10}]`,
		"/m/weather/datasets/stations/rows?automatic=true": `[{"name":"Lesquin, Lille","region":"Nord","opened":"1944-11-01","altitude":47.0,"automatic":true,"keeper":"A. M."},` +
			`{"name":"Lyon \"Bron\"","region":"Rhône, Est","opened":null,"altitude":197.5,"automatic":true,"keeper":"J. D. L."}]`,
		"/m/weather/datasets/stations/rows/" + url.PathEscape(`"Lyon ""Bron""","Rhône, Est"`):                     `{"name":"Lyon \"Bron\"","region":"Rhône, Est","opened":null,"altitude":197.5,"automatic":true,"keeper":"J. D. L."}`,
		"/m/weather/datasets/stations/rows?name__in=" + url.QueryEscape(`"Lesquin, Lille",Nice`) + "&fields=name": `[{"name":"Lesquin, Lille"},{"name":"Nice"}]`,
	} {
		if got := data(t, server, path, 1); got != want {
			t.Errorf("GET %s\ngot  %s\nwant %s", path, got, want)
		}
	}
	if got, want := widgets(t, server, "/m/weather/dashboard"), "period, choice station, compare, /, kpis cards, /, trend trend, /, ranking by_station, /, list list_stations, table readings, table stations"; got != want {
		t.Errorf("a dashboard made from contracts alone\ngot  %s\nwant %s", got, want)
	}
	for _, path := range []string{"/rain", "/measured", "/datasets/stations", "/m/weather/monthly", "/m/whether/kpis"} {
		if status, body := get(t, server, path); status != http.StatusNotFound {
			t.Errorf("GET %s: %d %s", path, status, body)
		}
	}
	if status, body := get(t, server, "/m/weather/datasets/stations/rows?keeper=x"); status != http.StatusBadRequest {
		t.Errorf("a filter by a masked field: %d %s", status, body)
	}
}

// widgets names what a dashboard has: filters, widgets row by row, pages of rows.
func widgets(t *testing.T, server, path string) string {
	t.Helper()
	var found struct{ Layout dashboard.Layout }
	if err := json.Unmarshal([]byte(data(t, server, path, 1)), &found); err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, f := range found.Layout.Filters {
		words = append(words, strings.TrimSpace(string(f.Type)+" "+f.Field))
	}
	for _, row := range found.Layout.Rows {
		words = append(words, "/")
		for _, w := range row.Widgets {
			words = append(words, string(w.Type)+" "+w.ID)
		}
	}
	for _, table := range found.Layout.Tables {
		words = append(words, "table "+table.ID)
	}
	return strings.Join(words, ", ")
}

// checkIndex checks that / and /datasets list what each model has.
func checkIndex(t *testing.T, server string) {
	t.Helper()
	_, body := get(t, server, "/")
	type indexed struct {
		Name      string
		Default   bool
		Release   int64
		Endpoints []struct{ URL string }
	}
	var index struct{ Models []indexed }
	if err := json.Unmarshal(body, &index); err != nil || len(index.Models) != len(shipped())+1 {
		t.Fatalf("GET /: %v\n%s", err, body)
	}
	for _, name := range []string{defaultModel, "weather"} {
		m := index.Models[slices.IndexFunc(index.Models, func(m indexed) bool { return m.Name == name })]
		if m.Name != name || m.Default != (name == defaultModel) || m.Release != 1 {
			t.Errorf("GET /: %+v", m)
		}
		for _, e := range m.Endpoints {
			if strings.HasPrefix(e.URL, "/m/weather") == m.Default {
				t.Errorf("GET /: %s is listed under %s", e.URL, name)
			}
		}
	}
	listed := func(path string) []string {
		var list []struct{ Collection, URL string }
		if err := json.Unmarshal([]byte(data(t, server, path, 1)), &list); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range list {
			if strings.HasPrefix(d.URL, "/m/weather/") {
				names = append(names, d.Collection)
			}
		}
		return names
	}
	if got := listed("/m/weather/datasets"); !slices.Equal(got, []string{"weather_monthly_rain", "weather_readings", "weather_stations"}) {
		t.Errorf("/m/weather/datasets lists %v", got)
	}
	if got := listed("/datasets"); len(got) != 0 {
		t.Errorf("/datasets lists %v", got)
	}
}

// checkCollections checks that BI tools see the collections of both models at their current releases, and no others, each in a
// BI database of its own.
func checkCollections(t *testing.T, p place) {
	t.Helper()
	c := config{modelSettings: modelSettings{Models: ownModels}}
	all := soundModels(t, &c)
	want := map[string]int64{"gold_release": 13, "weather__gold_release": 3} // a line for each
	store := openPlace(t, p)
	for _, m := range all {
		if m.Name != defaultModel && m.Name != "weather" {
			continue
		}
		release, err := store.Resolve(t.Context(), gold.Selector{Model: m.Name})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range m.Datasets {
			if d.Collection == "" {
				continue
			}
			name := d.Collection
			if m.Name != defaultModel {
				name = m.Name + "__" + name
			}
			want[name] = release.Version(d.Name).Rows
		}
	}
	if len(want) != 1+13+1+3 {
		t.Fatalf("%d collections", len(want))
	}
	got := shownInSQLite
	if p.db != "" {
		got = shownInMongoDB
	}
	if diff := cmp.Diff(want, got(t, p)); diff != "" {
		t.Errorf("collections: -want +got:\n%s", diff)
	}
}

// shownInSQLite counts the rows of every view.
func shownInSQLite(t *testing.T, p place) map[string]int64 {
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.store, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var names string
	if err := db.QueryRowContext(t.Context(), `SELECT group_concat(name) FROM sqlite_schema WHERE type = 'view'`).Scan(&names); err != nil {
		t.Fatal(err)
	}
	shown := map[string]int64{}
	for name := range strings.SplitSeq(names, ",") {
		var rows int64
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+name+`"`).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		shown[name] = rows
	}
	return shown
}

// shownInMongoDB counts the documents of every collection, as the views of SQLite are called, and looks at a composite _id.
func shownInMongoDB(t *testing.T, p place) map[string]int64 {
	shown := map[string]int64{}
	for prefix, database := range map[string]string{"": p.db, "weather__": "weather_serving"} {
		db := mongoClient(t).Database(database)
		names, err := db.ListCollectionNames(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if shown[prefix+name], err = db.Collection(name).CountDocuments(t.Context(), bson.D{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n, err := mongoClient(t).Database("weather_serving").Collection("weather_stations").CountDocuments(t.Context(), bson.D{{Key: "_id", Value: `"Lyon ""Bron""","Rhône, Est"`}})
	if err != nil || n != 1 {
		t.Errorf("%d stations with the composite _id, %v", n, err)
	}
	return shown
}

func TestAModelThatClaimsAnothersCollectionIsRefused(t *testing.T) {
	c := config{}
	model, err := c.chosenModel(nil)
	if err != nil {
		t.Fatal(err)
	}
	taken := model.Datasets[0].Collection
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(ownModels)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "weather", "contracts", "stations.odcs.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("weather_stations"), []byte(strings.ToUpper(taken))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"contracts", "lint"},
		{"publish", "--model", "weather", "--lake", weatherLake(t, readings), "--store", "sqlite:" + filepath.Join(t.TempDir(), "none.db")},
	} {
		code, stdout, stderr := cli(t, append(args, "--models", folder)...)
		if code != exitRefused || !strings.Contains(stderr, strings.ToUpper(taken)+" is already used by ") {
			t.Errorf("%s: exit %d\n%s%s", args[0], code, stdout, stderr)
		}
	}
}

func TestLintNamesDatasetsWithoutAKey(t *testing.T) {
	code, stdout, stderr := cli(t, "contracts", "lint", "--models", filepath.Join(storetest.Shared(t), "data", "field", "no-key", "models"))
	if code != exitDone || !strings.Contains(stdout, "m: 1 contract, no problem\n  t: no key (no field has primaryKey: true)\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestLintSaysWhatGrowthComparesWith(t *testing.T) {
	for from, want := range map[string]string{
		", previous: present}": "  monthly_growth: growth is from the row before\n",
		"}":                    "  monthly_growth: growth is from the month before, null after a gap\n",
	} {
		folder := t.TempDir()
		if err := os.CopyFS(filepath.Join(folder, "retail"), os.DirFS(filepath.Join("..", "..", "models", "retail"))); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "retail", "contracts", "monthly_growth.odcs.yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte(", previous: present}"), []byte(from)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := cli(t, "contracts", "lint", "--models", folder)
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, expected %q\n%s%s", code, want, stdout, stderr)
		}
	}
}

func TestLintSaysWhereTheDashboardHasNoPeriod(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"m/model.yaml": "name: m\ntitle: {en: M}\nasOf: sales.at\nfacts: sales\nkpis: [rows]\n",
		"m/contracts/sales.odcs.yaml": `{apiVersion: v3.1.0, kind: DataContract, id: sales, version: 1.0.0, status: active, schema: [{name: sales,
  customProperties: [{property: goldserve, value: {filters: {at: [gte]}, metrics: {rows: count()}}}],
  properties: [{name: id, logicalType: integer, primaryKey: true}, {name: at, logicalType: date, required: true}]}]}`,
	} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := cli(t, "contracts", "lint", "--models", folder)
	if code != exitDone || !strings.Contains(stdout, "m: 1 contract, no problem\n  sales.at: the dashboard has no choice of periods (its filters lack gte or lte)\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestABrokenModelStopsNoOther: its problems are told with their lines, and the other models are checked, published and
// served; a model that was published before it broke is served as it was.
func TestABrokenModelStopsNoOther(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(ownModels)); err != nil {
		t.Fatal(err)
	}
	p, source := sqlitePlace(t), weatherLake(t, readings)
	flags := []string{"--models", folder, "--lake", source}
	onStore := append(flags, "--store", p.store, "--model", "weather")
	mustCLI(t, append([]string{"publish"}, onStore...)...)

	if err := os.CopyFS(folder, os.DirFS(filepath.Join(storetest.Shared(t), "data", "field", "facts-without-key", "models"))); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(folder, "m", "contracts", "sales.odcs.yaml")
	contract, err := os.ReadFile(broken)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, bytes.Replace(contract, []byte("logicalType: string"), []byte("logicalType: text"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	const problem = "m/contracts/sales.odcs.yaml:10:34: property product: logicalType: expected one of"
	code, stdout, stderr := cli(t, "contracts", "lint", "--models", folder)
	if code != exitRefused || !strings.Contains(stdout, "weather: 3 contracts, no problem") || !strings.Contains(stderr, problem) {
		t.Errorf("lint: exit %d\n%s%s", code, stdout, stderr)
	}
	for _, args := range [][]string{{"check", "--model", "weather"}, append([]string{"publish", "--dry-run"}, onStore...)} {
		code, stdout, stderr = cli(t, append(args, flags...)...)
		if code != exitDone || !strings.Contains(stderr, problem) {
			t.Errorf("%s: exit %d\n%s%s", args[0], code, stdout, stderr)
		}
	}
	for _, command := range []string{"check", "publish"} {
		code, stdout, stderr = cli(t, append([]string{command, "--model", "m"}, flags...)...)
		if code != exitRefused || !strings.Contains(stderr, problem) {
			t.Errorf("%s of the broken model: exit %d\n%s%s", command, code, stdout, stderr)
		}
	}
	serves := func(outcome string) {
		t.Helper()
		server := servedWith(t, config{storeSettings: storeSettings{Store: p.store}, modelSettings: modelSettings{Models: folder}})
		data(t, server.URL, "/m/weather/datasets/stations/rows", 1)
		if status, body := get(t, server.URL, "/m/m/datasets/sales/rows"); status != http.StatusNotFound {
			t.Errorf("%s: the broken model: %d %s", outcome, status, body)
		}
	}
	serves("a sound model beside a broken one")
	if err := os.WriteFile(filepath.Join(folder, "weather", "contracts", "stations.odcs.yaml"), []byte("schema: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	serves("a model that broke after it was published")
}
