package infer

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/storetest"
	"goldserve/models"
)

const sample = "../../models/retail/sample/gold"

// mustInfer infers the model shop from a lake.
func mustInfer(t *testing.T, folder string) *Model {
	t.Helper()
	l, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	m, err := Infer(t.Context(), l, Options{Name: "shop", NoSuccessFile: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// writeRows writes a file of a lake.
func writeRows[T any](t *testing.T, folder, name string, rows []T) {
	t.Helper()
	if err := parquet.WriteFile(filepath.Join(folder, name+".parquet"), rows); err != nil {
		t.Fatal(err)
	}
}

// updated applies the updates to a model's folder, and returns their paths.
func updated(t *testing.T, m *Model, folder fstest.MapFS) (paths, notes []string) {
	t.Helper()
	updates, notes, err := m.Updates(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range updates {
		folder[u.Path] = &fstest.MapFile{Data: u.Content, Mode: 0o600}
		paths = append(paths, u.Path)
	}
	return paths, notes
}

// compiled loads a written model.
func compiled(t *testing.T, folder fstest.MapFS) *contract.Model {
	t.Helper()
	all := fstest.MapFS{}
	for name, file := range folder {
		all["shop/"+name] = file
	}
	sound, broken, err := contract.LoadAll(contract.Overlays{}, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Fatal(b.Err)
	}
	return sound[0]
}

// shipped loads the retail model, which people wrote.
func shipped(t *testing.T) *contract.Model {
	t.Helper()
	sound, _, err := contract.LoadAll(contract.Overlays{}, models.FS)
	if err != nil {
		t.Fatal(err)
	}
	return sound[slices.IndexFunc(sound, func(m *contract.Model) bool { return m.Name == "retail" })]
}

func TestTheShippedSampleGivesTheModelThatPeopleWrote(t *testing.T) {
	m := mustInfer(t, sample)
	folder := fstest.MapFS{}
	updated(t, m, folder)
	written, want := compiled(t, folder), shipped(t)
	var sources []string
	for _, c := range want.Contracts {
		if c.Source == "" {
			continue
		}
		sources = append(sources, c.Dataset.Name)
		got := written.Dataset(c.Dataset.Name)
		if got == nil {
			t.Errorf("no dataset %s", c.Dataset.Name)
			continue
		}
		if diff := cmp.Diff(c.Dataset.Key, got.Key); diff != "" {
			t.Errorf("key of %s:\n%s", c.Dataset.Name, diff)
		}
		if diff := cmp.Diff(c.Dataset.FieldNames(), got.FieldNames()); diff != "" { // without the dropped ones
			t.Errorf("fields of %s:\n%s", c.Dataset.Name, diff)
		}
		for _, join := range c.Dataset.Joins {
			if !slices.Contains(got.Joins, join) {
				t.Errorf("%s: no relationship of %s: %v", c.Dataset.Name, join, got.Joins)
			}
		}
		for _, l := range c.Dataset.Lookups {
			if !slices.ContainsFunc(m.dataset(c.Dataset.Name).Relations, func(r Relation) bool {
				return r.To.Name == l.Dataset && r.Field.Name == l.On && r.To.Key[0].Name == l.Key
			}) {
				t.Errorf("%s: no relationship from %s to %s.%s", c.Dataset.Name, l.On, l.Dataset, l.Key)
			}
		}
		for _, f := range c.Dataset.Fields {
			if kind := got.Field(f.Name).Kind; kind != f.Kind && (!kind.Numeric() || !f.Kind.Numeric()) { // pandas writes integers with nulls as doubles
				t.Errorf("%s.%s is %s, and people wrote %s", c.Dataset.Name, f.Name, kind, f.Kind)
			}
		}
	}
	if diff := cmp.Diff(sources, datasetNames(written)); diff != "" {
		t.Errorf("datasets:\n%s", diff)
	}
	if written.Facts != want.Facts || written.AsOf != want.AsOf {
		t.Errorf("facts %s as of %v, and people wrote %s and %v", written.Facts, written.AsOf, want.Facts, want.AsOf)
	}
}

func datasetNames(m *contract.Model) []string {
	var names []string
	for _, d := range m.Datasets {
		names = append(names, d.Name)
	}
	return names
}

func (m *Model) dataset(name string) *Dataset {
	at := slices.IndexFunc(m.Datasets, func(d *Dataset) bool { return d.Name == name })
	if at < 0 {
		return nil
	}
	return m.Datasets[at]
}

func TestNothingWrittenOrSaidHoldsPersonalData(t *testing.T) {
	m := mustInfer(t, sample)
	folder := fstest.MapFS{}
	_, notes := updated(t, m, folder)
	said := strings.Join(append(notes, m.LookFirst()...), "\n")
	for _, d := range m.Datasets {
		said += d.Summary()
	}
	for _, file := range folder {
		said += string(file.Data)
	}
	if strings.Contains(said, "@") || strings.Contains(said, "Koné") {
		t.Errorf("an address or a name was written:\n%s", said)
	}
	for _, name := range []string{"nom", "email"} {
		if f := m.dataset("dim_clients").Field(name); f.Personal == "" || f.Values != nil {
			t.Errorf("%s is %q with %v", name, f.Personal, f.Values)
		}
	}
}

type visit struct {
	Shop   string  `parquet:"shop"`
	Day    string  `parquet:"day"`
	Visits int64   `parquet:"visits"`
	Share  float64 `parquet:"share"`
	Note   *string `parquet:"note,optional"`
}

func visits(shops int) []visit {
	var rows []visit
	for day := range 28 {
		for shop := range shops {
			date := "2024-02-" + string(rune('0'+(day+1)/10)) + string(rune('0'+(day+1)%10))
			rows = append(rows, visit{string(rune('A' + shop)), date, int64((day*7 + shop*3) % 11), float64(shop) / 10, nil})
		}
	}
	return rows
}

func TestTheSmallestSetOfColumnsThatIsUniqueIsTheKey(t *testing.T) {
	folder := t.TempDir()
	rows := visits(5)
	writeRows(t, folder, "visits", rows)
	writeRows(t, folder, "twice", append(rows, rows[0]))
	m := mustInfer(t, folder)
	if got := names(m.dataset("visits").Key); !slices.Equal(got, []string{"shop", "day"}) {
		t.Errorf("key of visits: %v", got)
	}
	if got := m.dataset("twice").Key; len(got) > 0 {
		t.Errorf("key of rows that are there twice: %v", names(got))
	}
	written := fstest.MapFS{}
	paths, notes := updated(t, m, written)
	if want := []string{"contracts/twice.odcs.yaml", "contracts/visits.odcs.yaml", "model.yaml", "dashboard.yaml"}; !slices.Equal(paths, want) || len(notes) > 0 {
		t.Errorf("wrote %v, notes %q", paths, notes)
	}
	d := compiled(t, written).Dataset("twice") // the facts: they have the most rows
	if len(d.Key) > 0 {
		t.Errorf("the contract of rows that are there twice has the key %v", d.Key)
	}
	if !d.Field("note").Nullable || d.Field("visits").Nullable || d.Field("day").Doc.Format != "date" {
		t.Errorf("fields: %+v", d.Fields)
	}
	var sums []string
	for _, metric := range d.Metrics {
		sums = append(sums, metric.Name)
	}
	if want := []string{"twice_rows", "total_visits"}; !slices.Equal(sums, want) { // shares do not add up
		t.Errorf("metrics %v", sums)
	}
}

func TestWhateverALakeHoldsTheModelLoads(t *testing.T) {
	shared := filepath.Join(storetest.Shared(t), "data")
	folders := []string{filepath.Join(shared, "parquet-testing", "data"), filepath.Join("..", "lake", "testdata", "names")}
	for _, of := range []string{"arrow", "bytes", "durations", "nested"} {
		folders = append(folders, filepath.Join("..", "lake", "testdata", of))
	}
	for _, pattern := range []string{"hostile/*", "field/*/lake", "writers/*", "retail-edge/*/gold"} {
		found, err := filepath.Glob(filepath.Join(shared, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, found...)
	}
	models, datasets := 0, 0
	for _, folder := range folders {
		l, err := lake.Open(t.Context(), folder)
		if err != nil {
			continue // a file beside the lakes
		}
		m, err := Infer(t.Context(), l, Options{Name: "shop", NoSuccessFile: true})
		if err != nil {
			if known, ok := errors.AsType[*gold.Error](err); !ok || known.Kind == gold.Internal {
				t.Errorf("%s: %v", folder, err)
			}
			continue
		}
		written := fstest.MapFS{}
		if paths, _ := updated(t, m, written); len(paths) > 0 {
			models, datasets = models+1, datasets+len(compiled(t, written).Datasets)
		}
		if paths, _ := updated(t, m, written); len(paths) > 0 {
			t.Errorf("%s: a second run writes %v", folder, paths)
		}
		_ = l.Close() // it was only read
	}
	if models < 50 || datasets < 100 {
		t.Errorf("only %d models of %d datasets", models, datasets)
	}
}

func TestAColumnWithAValueThatNoFieldHoldsIsLeftOut(t *testing.T) {
	type row struct {
		ID   int64   `parquet:"id"`
		Wide float64 `parquet:"wide"`
	}
	folder := t.TempDir()
	writeRows(t, folder, "orders", []row{{1, 2}, {2, math.Inf(1)}})
	m := mustInfer(t, folder)
	d := m.dataset("orders")
	if len(d.Fields) != 1 || len(d.LeftOut) != 1 || d.LeftOut[0].Name != "wide" {
		t.Fatalf("fields %v, left out %v", names(d.Fields), d.LeftOut)
	}
	if reason := d.LeftOut[0].Reason; !strings.Contains(reason, "row 2") || strings.Contains(reason, "Inf") {
		t.Errorf("reason: %s", reason)
	}
	told := m.NewOmissions(nil)
	if len(told) != 1 || !strings.HasPrefix(told[0], d.Name+": the column wide is left out: ") {
		t.Errorf("told: %v", told)
	}
	if again := m.NewOmissions(m); len(again) > 0 {
		t.Errorf("told again: %v", again)
	}
}

func TestMetricsAreNamedUnlikeFields(t *testing.T) {
	type row struct {
		ID    int64   `parquet:"id"`
		Day   string  `parquet:"day"`
		Total float64 `parquet:"total_amount"`
		Rows  int64   `parquet:"orders_rows"`
	}
	folder := t.TempDir()
	writeRows(t, folder, "orders", []row{{1, "2024-01-01", 2.5, 3}, {2, "2024-01-02", 3.5, 9}})
	written := fstest.MapFS{}
	updated(t, mustInfer(t, folder), written)
	m := compiled(t, written)
	if want := []string{"orders_rows_2", "sum_total_amount", "total_orders_rows"}; !slices.Equal(m.KPIs, want) {
		t.Errorf("key figures %v, want %v", m.KPIs, want)
	}
}

func TestLabelsOfMetricsKeepTheLettersOfTheirColumns(t *testing.T) {
	folder := t.TempDir()
	writeText(t, folder, "kredite.csv", "id,Tag,Gebühr,Gewicht Netto\n1,2024-01-01,2.50,3.5\n2,2024-01-02,3.25,4.5\n3,2024-01-03,7.00,1.5\n")
	written := fstest.MapFS{}
	found := mustInfer(t, folder)
	updated(t, found, written)
	m := compiled(t, written)
	labels := map[string]string{}
	for _, metric := range m.Contracts[0].Dataset.Metrics {
		labels[metric.Name] = gold.PlainText(metric.Doc.Label)
	}
	want := map[string]string{"kredite_rows": "Kredite rows", "total_Gebuhr": "Total Gebühr", "total_Gewicht_Netto": "Total Gewicht Netto"}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s\n%s", diff, found.Contract(found.Datasets[0]))
	}
}

func TestADateOfBirthIsNoTimeOfATable(t *testing.T) {
	folder := t.TempDir()
	writeText(t, folder, "members.csv", "id,date_of_birth,joined_on,fee\n1,1990-02-03,2024-01-01,12.5\n2,1985-05-06,2024-01-01,7.5\n3,1985-05-07,2024-01-02,9.5\n")
	writeText(t, folder, "people.csv", "id,Geburtsdatum,points\n1,1990-02-03,7\n2,1985-05-06,9\n")
	m := mustInfer(t, folder)
	if at := m.dataset("members").Time; at == nil || at.Name != "joined_on" {
		t.Errorf("members are told over %v", at)
	}
	if at := m.dataset("people").Time; at != nil {
		t.Errorf("people are told over %s", at.Name)
	}
	if look := strings.Join(m.LookFirst(), "\n"); !strings.Contains(look, "members are the facts, over joined_on: does fee add up?") {
		t.Error(look)
	}
}

func TestAFieldRefersToAKeyOnlyWhereAllItsValuesAreThere(t *testing.T) {
	type client struct {
		ID   int64  `parquet:"id"`
		City string `parquet:"city"`
	}
	type order struct {
		ID       int64  `parquet:"id"`
		ClientID *int64 `parquet:"client_id,optional"`
		Other    int64  `parquet:"other_id"`
	}
	of := func(id int64) *int64 { return &id }
	clients := []client{{1, "Rome"}, {2, "Oslo"}, {4, "Rome"}}
	for about, c := range map[string]struct {
		orders []order
		want   string
	}{
		"all are there, and nulls": {[]order{{1, of(4), 1}, {2, nil, 1}, {3, of(1), 1}}, "client_id → clients"},
		"one is not there":         {[]order{{1, of(4), 1}, {2, of(3), 1}, {3, of(1), 1}}, ""},
		"nulls alone":              {[]order{{1, nil, 1}, {2, nil, 1}}, ""},
	} {
		folder := t.TempDir()
		writeRows(t, folder, "clients", clients)
		writeRows(t, folder, "orders", c.orders)
		m := mustInfer(t, folder)
		var got []string
		for _, r := range m.dataset("orders").Relations {
			got = append(got, r.Field.Name+" → "+r.To.Name)
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: relations %q, want %q", about, text, c.want)
		}
		if doubts := len(m.dataset("orders").Doubts); (doubts > 0) != (about == "one is not there") {
			t.Errorf("%s: %d doubts", about, doubts)
		}
		if back := m.dataset("clients").Relations; len(back) > 0 {
			t.Errorf("%s: clients refer to %s", about, back[0].To.Name)
		}
	}
}

func TestNamesThatNoContractTakes(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	folder := t.TempDir()
	for _, name := range []string{"docs", "Docs", "release", "dim_2", "été d'or", "a{ts}", "Orders 2", "orders_2", "b\n- x"} {
		writeRows(t, folder, name, []row{{1}, {2}})
	}
	for _, model := range []string{"gold", "sqlite", "shop"} {
		l, err := lake.Open(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Infer(t.Context(), l, Options{Name: model})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.LeftOut) != 1 || m.LeftOut[0].Name != "a{ts}" {
			t.Errorf("left out: %v", m.LeftOut)
		}
		written := fstest.MapFS{}
		updated(t, m, written)
		want := []string{"Docs_2", "Orders_2", "b_x", "dim_2", "docs_3", "ete_dor", "orders_2_2", "release"}
		if got := datasetNames(compiled(t, written)); !slices.Equal(got, want) {
			t.Errorf("datasets %v", got)
		}
	}
}

func TestATableOfHundredsOfColumnsHasAContract(t *testing.T) {
	columns := parquet.Group{}
	for i := range 600 {
		columns[fmt.Sprintf("measure_%d", i)] = parquet.Leaf(parquet.DoubleType)
	}
	columns["id"] = parquet.Leaf(parquet.Int64Type)
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "wide.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[map[string]any](f, parquet.NewSchema("wide", columns))
	for id := range 3 {
		row := map[string]any{"id": int64(id)}
		for i := range 600 {
			row[fmt.Sprintf("measure_%d", i)] = float64(i)
		}
		if _, err := w.Write([]map[string]any{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	written := fstest.MapFS{}
	updated(t, mustInfer(t, folder), written)
	if d := compiled(t, written).Dataset("wide"); len(d.Fields) != 601 || !slices.Equal(d.Key, []string{"id"}) {
		t.Errorf("%d fields, key %v", len(d.Fields), d.Key)
	}
}
