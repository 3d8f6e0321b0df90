package publisher

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/gold/quality"
	"goldserve/scoring/onnx"
	"goldserve/test/fixture"
)

// keysModel uses every key of a contract that shapes rows, beside some that don't.
var keysModel = map[string]string{
	"model.yaml": "name: keys\ntitle: {en: Keys}\nasOf: sales.at\ntimezone: America/New_York\nweekStart: sunday\nfiscalYearStart: april\n",
	"contracts/sales.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.sales
version: 1.0.0
status: active
schema:
  - name: sales
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true}
      - {name: at, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: false, defaultTimezone: Europe/Paris}}
      - {name: day, logicalType: string, required: true}
      - {name: amount, logicalType: number, physicalType: "decimal(10,2)", required: true}
      - {name: price, logicalType: number, physicalType: float, logicalTypeOptions: {minimum: 0}}
      - {name: qty, logicalType: integer, relationships: [{to: sizes.size, customProperties: [{property: goldserve, value: {name: sold_as}}]}]}
      - {name: email, logicalType: string, classification: pii, customProperties: [{property: goldserve, value: {mask: hmac}}]}
      - {name: buyer, logicalType: string, classification: pii, customProperties: [{property: goldserve, value: {mask: initials}}]}
      - {name: charge, logicalType: number, customProperties: [{property: goldserve, value: {cast: {from: text, decimal: ",", thousands: ".", "null": [NA], onError: "null"}}}]}
      - {name: sold, logicalType: date, customProperties: [{property: goldserve, value: {cast: {date: [02/01/2006, 01/02/2006], onError: error}}}]}
      - {name: paid, logicalType: boolean, customProperties: [{property: goldserve, value: {cast: {"true": [Y, O], "false": [N], onError: "null"}}}]}
      - {name: seen, logicalType: timestamp, customProperties: [{property: goldserve, value: {cast: {from: integer, epoch: s}}}]}
    customProperties:
      - {property: goldserve, value: {collection: keys_sales, bi: {day_date: day}, label: {en: Sales}, metrics: {total: sum(amount)}, defaultLimit: 10, lookup: {sold_as: [title, of.title]}}}
`,
	"contracts/sizes.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.sizes
version: 1.0.0
status: active
schema:
  - name: sizes
    properties:
      - {name: size, logicalType: integer, required: true, primaryKey: true}
      - {name: title, logicalType: string}
      - {name: above, logicalType: integer, relationships: [{to: sizes.size, customProperties: [{property: goldserve, value: {name: of}}]}]}
      - {name: below, logicalType: integer, relationships: [{to: sizes.size, customProperties: [{property: goldserve, value: {name: under}}]}]}
    customProperties:
      - {property: goldserve, value: {lookup: {of: [title]}}}
`,
	"contracts/titles.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.titles
version: 1.0.0
status: active
schema:
  - name: titles
    properties:
      - {name: title, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 1}
      - {name: sold_as_of_title, logicalType: string, required: false, primaryKey: true, primaryKeyPosition: 2}
      - {name: sales, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: sales, group: [{field: sold_as.title, as: title}, sold_as.of.title], measures: {sales: count()}}}}
`,
	"contracts/months.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.months
version: 1.0.0
status: active
schema:
  - name: months
    properties:
      - {name: month, logicalType: string, required: true, primaryKey: true}
      - {name: largest, logicalType: number, physicalType: "decimal(10,2)", required: true}
      - {name: sales, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: sales, group: [{field: at, grain: month, as: month}], measures: {largest: max(amount), sales: count()}, sort: [-sales], limit: 3}}}
`,
	"contracts/spread.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.spread
version: 1.0.0
status: active
schema:
  - name: spread
    properties:
      - {name: bucket, logicalType: string, required: true, primaryKey: true}
      - {name: lower, logicalType: number, required: true}
      - {name: upper, logicalType: number, required: true}
      - {name: count, logicalType: integer, required: true}
    customProperties:
      - {property: goldserve, value: {derive: {from: sales, histogram: {field: amount, bins: 4}}}}
`,
	"contracts/growth.odcs.yaml": `apiVersion: v3.1.0
kind: DataContract
id: keys.growth
version: 1.0.0
status: active
schema:
  - name: growth
    properties:
      - {name: month, logicalType: string, required: true, primaryKey: true}
      - {name: sales, logicalType: integer, required: true}
      - {name: prev_sales, logicalType: integer}
      - {name: growth_abs, logicalType: integer}
      - {name: growth_pct, logicalType: number}
    customProperties:
      - {property: goldserve, value: {derive: {from: months, growth: {order: month, value: sales}}}}
`,
}

// scoredKeysModel is keysModel with fields that a model computes.
func scoredKeysModel() map[string]string {
	model := maps.Clone(keysModel)
	model["contracts/sales.odcs.yaml"] = strings.NewReplacer(
		"      - {name: seen,", "      - {name: risk, logicalType: number}\n      - {name: other, logicalType: number}\n      - {name: seen,",
		"defaultLimit: 10", `defaultLimit: 10, score: {model: first.onnx, inputs: {x: [amount, price], n: qty}, outputs: {risk: "scores[0]", other: "scores[1]"}}`,
	).Replace(model["contracts/sales.odcs.yaml"])
	return model
}

// keysLake writes the lake of keysModel.
func keysLake(t *testing.T) *lake.Lake {
	t.Helper()
	type row struct {
		ID     int64   `parquet:"id"`
		At     int64   `parquet:"at,timestamp(millisecond:local)"`
		Day    string  `parquet:"day"`
		Amount int64   `parquet:"amount,decimal(2:10)"`
		Price  float32 `parquet:"price"`
		Qty    int64   `parquet:"qty"`
		Email  string  `parquet:"email"`
		Buyer  string  `parquet:"buyer"`
		Charge string  `parquet:"charge"`
		Sold   string  `parquet:"sold"`
		Paid   string  `parquet:"paid"`
		Seen   int64   `parquet:"seen"`
	}
	rows := make([]row, 40)
	for i := range rows {
		at := time.Date(2011, time.Month(1+i%5), 1, 0, 30*(i%2), 0, 0, time.UTC)
		rows[i] = row{
			ID: int64(i), At: at.UnixMilli(), Day: at.Format(time.DateOnly), Amount: int64(100*i*i + 25), Price: 0.1 * float32(i),
			Qty: int64(i % 3), Email: fmt.Sprintf("p%d@example.com", i%7), Buyer: "Jean de la Fontaine",
			Charge: []string{"1.234,5", "7", "NA", "x"}[i%4], Sold: []string{"02/01/2011", "11/12/2011"}[i%2], Paid: []string{"Y", "O", "N", "?"}[i%4],
			Seen: int64(i) * 1_000_000,
		}
	}
	folder := t.TempDir()
	if err := parquet.WriteFile(filepath.Join(folder, "sales.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	type size struct {
		Size  int64  `parquet:"size"`
		Title string `parquet:"title"`
		Above int64  `parquet:"above"`
		Below int64  `parquet:"below"`
	}
	if err := parquet.WriteFile(filepath.Join(folder, "sizes.parquet"), []size{{0, "small", 1, 9}, {1, "large", 2, 0}, {3, "huge", 9, 1}}); err != nil {
		t.Fatal(err)
	}
	return fixture.OpenLake(t, folder)
}

// identified is what a contract makes of a lake: a dataset's stored rows as text, and the id that names them.
type identified struct{ rows, id string }

// collected turns rows into stored ones, as a load does, and these into text.
type collected struct {
	mu     sync.Mutex
	job    *job
	storer *storer
	rows   []string
}

func (c *collected) columns() []string { return c.job.dataset.FieldNames() }

func (c *collected) add(_ int, b *gold.Batch, _ int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stored := c.storer.store(b, 0)
	for i := range stored.Rows {
		var row strings.Builder
		for n, v := range stored.Row(i, nil) {
			fmt.Fprintf(&row, "%s %s %s|", stored.Fields[n].Name, stored.Fields[n].Kind, v.Format(stored.Fields[n].Scale))
		}
		c.rows = append(c.rows, row.String())
	}
	return nil
}

// compile compiles the files of a model; nil where they are not sound.
func compile(texts map[string]string) *contract.Model {
	files := fstest.MapFS{}
	for name, text := range texts {
		files["keys/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	files["keys/first.onnx"] = &fstest.MapFile{Data: linearModel(1)}
	files["keys/second.onnx"] = &fstest.MapFile{Data: linearModel(2)}
	models, broken, err := contract.LoadAll(contract.Overlays{}, files)
	if err != nil || len(broken) > 0 || len(models) == 0 {
		return nil
	}
	return models[0]
}

// linearModel scores rows by two numbers of a float input x, and one of n.
func linearModel(factor float64) []byte {
	g := onnx.Graph{
		Name: "linear", Domains: []onnx.Domain{{Version: 21}},
		Inputs:       []onnx.Value{{Name: "x", Type: onnx.Float, Dims: []int{-1, 2}}, {Name: "n", Type: onnx.Float, Dims: []int{-1, 1}}},
		Initializers: []onnx.Tensor{{Name: "w", Type: onnx.Float, Dims: []int{3, 2}, Floats: []float64{factor, 2, 3, 4, 5, 6}}},
		Nodes: []onnx.Node{
			{Name: "all", Op: "Concat", Inputs: []string{"x", "n"}, Outputs: []string{"all"}, Attributes: []onnx.Attribute{{Name: "axis", Int: 1}}},
			{Name: "scores", Op: "MatMul", Inputs: []string{"all", "w"}, Outputs: []string{"scores"}},
		},
		Outputs: []onnx.Value{{Name: "scores", Type: onnx.Float, Dims: []int{-1, 2}}},
	}
	return g.Marshal()
}

// identifyAll reads a lake by a model, as a publish into an empty store would; ok: it can.
func identifyAll(t *testing.T, p *Publisher, texts map[string]string, source *lake.Lake) (made map[string]identified, ok bool) {
	t.Helper()
	model := compile(texts)
	if model == nil {
		return nil, false
	}
	in, err := p.open(t.Context(), Request{Model: model, Lake: source}, nil)
	defer in.close()
	if err != nil {
		return nil, false
	}
	pl := &plan{inputs: in, state: &gold.State{}}
	if err := pl.name(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := newRun(pl)
	made = map[string]identified{}
	for _, it := range r.jobs {
		if err := r.deriveLookingUp(t.Context(), it); err != nil {
			return nil, false
		}
		c := &collected{job: it, storer: newStorer(it.dataset, p.config.HMACKey)}
		err := r.stream(t.Context(), it, c)
		if err == nil {
			err = readOnce(t, r, it)
		}
		if err != nil {
			return nil, false
		}
		slices.Sort(c.rows)
		made[it.name()] = identified{strings.Join(c.rows, "\n"), it.id}
	}
	return made, true
}

// readOnce computes a dataset's measures and what is derived from it.
func readOnce(t *testing.T, r *run, it *job) error {
	t.Helper()
	derivers, err := r.derivers(it)
	if err != nil {
		return err
	}
	totals, err := r.newTotals(it, it.measures)
	if err != nil {
		return err
	}
	checking, err := r.newChecking(it, nil, quality.Options{})
	if err != nil {
		return err
	}
	consumers := append(consumersOf(derivers), totals, checking)
	if err := r.stream(t.Context(), it, consumers...); err != nil {
		return err
	}
	if it.version, err = totals.version(it); err != nil {
		return err
	}
	return r.finish(t.Context(), it, derivers)
}

// mutants yields a document with one of its keys, items or values changed, and says which.
func mutants(node any, path string, yield func(what string, changed any)) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			without := maps.Clone(node)
			delete(without, key)
			yield(path+"."+key+" left out", without)
			mutants(node[key], path+"."+key, func(what string, changed any) {
				with := maps.Clone(node)
				with[key] = changed
				yield(what, with)
			})
		}
	case []any:
		for i := range node {
			at := fmt.Sprintf("%s[%d]", path, i)
			yield(at+" left out", slices.Delete(slices.Clone(node), i, i+1))
			if i > 0 {
				swapped := slices.Clone(node)
				swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
				yield(at+" before the item before", swapped)
			}
			mutants(node[i], at, func(what string, changed any) {
				with := slices.Clone(node)
				with[i] = changed
				yield(what, with)
			})
		}
	case bool:
		yield(fmt.Sprintf("%s: %t", path, !node), !node)
	case string:
		// Those of the same kind of word.
		for _, words := range [][]string{
			{"integer", "number", "string", "date", "timestamp"},
			{"decimal(10,2)", "decimal(10,3)", "double", "float"},
			{"hmac", "initials", "first_letter", "null", "drop"},
			{"Europe/Paris", "America/New_York"},
			{"month", "week", "year", "quarter", "fiscal_year"},
			{"sunday", "monday"},
			{"first.onnx", "second.onnx"},
			{"scores[0]", "scores[1]"},
			{"april", "june"},
			{"at", "id", "amount", "price", "qty", "sales", "month", "largest"},
			{"max(amount)", "min(amount)", "count()"},
			{"-sales", "sales", "-largest"},
			{",", ";"},
			{"s", "ms"},
			{"error", "null"},
			{"Y", "N", "NA", "x"},
			{"of", "under", "above", "below"},
			{"sold_as.title", "sold_as.of.title"},
		} {
			for _, other := range words {
				if other != node && slices.Contains(words, node) {
					yield(path+": "+other, other)
				}
			}
		}
	default:
		for _, other := range []int{2, 5} {
			yield(fmt.Sprintf("%s: %d", path, other), other)
		}
	}
}

// TestOtherRowsHaveAnotherID changes one key of a contract at a time: where the stored rows differ, so does the id.
func TestOtherRowsHaveAnotherID(t *testing.T) {
	source := keysLake(t)
	p := New(Config{Logger: slog.New(slog.DiscardHandler), HMACKey: []byte("0123456789abcdef0123456789abcdef"), Workers: 1})
	model := scoredKeysModel()
	base, ok := identifyAll(t, p, model, source)
	if !ok {
		t.Fatal("the model can't be read as it is")
	}
	changes, tried, differ := 0, 0, map[string]int{}
	for _, file := range slices.Sorted(maps.Keys(model)) {
		var document any
		if err := yaml.Unmarshal([]byte(model[file]), &document); err != nil {
			t.Fatal(err)
		}
		mutants(document, file, func(what string, changed any) {
			changes++
			text, err := yaml.Marshal(changed)
			if err != nil {
				t.Fatal(err)
			}
			texts := maps.Clone(model)
			texts[file] = string(text)
			made, ok := identifyAll(t, p, texts, source)
			if !ok {
				return
			}
			tried++
			for name, is := range made {
				was, known := base[name]
				if known && is.rows != was.rows {
					differ[name]++
					if is.id == was.id {
						t.Errorf("%s: %s has other rows under the same id", what, name)
					}
				}
			}
		})
	}
	t.Logf("%d of %d changes made a model; rows differ: %v", tried, changes, differ)
	for name := range base {
		if differ[name] == 0 {
			t.Errorf("no change changed the rows of %s", name)
		}
	}
}
