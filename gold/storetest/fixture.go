package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"goldserve/gold"
)

// model is the model of all datasets but those of the tests with two.
const model = "shop"

// table is a dataset with the rows to publish, each in the order of the dataset's Stored.
type table struct {
	gold.Dataset
	rows [][]gold.Value
}

// newTable returns a table of a dataset of the usual model. The first fields are its key; where there are none, its rows
// have positions.
func newTable(name string, fields []gold.Field, keys int, rows ...[]gold.Value) table {
	d := gold.Dataset{Model: model, Name: name, Fields: fields, Key: []string{}, MaxLimit: 10_000}
	for _, f := range fields[:keys] {
		d.Key = append(d.Key, f.Name)
	}
	d.DefaultSort = d.TotalSort(nil)
	return table{Dataset: d, rows: rows}
}

// id returns a version's id that depends on the contract and the rows, as a publisher's does.
func (tb table) id() string {
	contract, err := json.Marshal(tb.Dataset)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(append(contract, tb.digest()...))
	return hex.EncodeToString(sum[:])
}

func (tb table) digest() string { return digest(tb.RowFields(), tb.rows) }

// number gives each row of a table without a key its position.
func (tb *table) number() {
	for i, r := range tb.rows {
		tb.rows[i] = append(r, gold.NewInt(int64(i)))
	}
}

// digest returns the digest of rows over the given fields, which come first in each row.
func digest(fields []gold.Field, rows [][]gold.Value) string {
	var d gold.Digest
	for part := range slices.Chunk(rows, 1024) {
		d.Add(batch(fields, part), len(fields))
	}
	return d.String()
}

// batch returns rows as a batch of fields; what a row has besides is left out.
func batch(fields []gold.Field, rows [][]gold.Value) *gold.Batch {
	b := gold.NewBatch(fields, len(rows))
	for _, row := range rows {
		b.AppendRow(row[:len(fields)]...)
	}
	return b
}

// row makes values from Go's: nil, bool, int, float64, string, and any gold.Value.
func row(cells ...any) []gold.Value {
	out := make([]gold.Value, len(cells))
	for i, cell := range cells {
		switch v := cell.(type) {
		case nil:
		case bool:
			out[i] = gold.NewBool(v)
		case int:
			out[i] = gold.NewInt(int64(v))
		case float64:
			out[i] = gold.NewDouble(v)
		case string:
			out[i] = gold.NewText(v)
		case gold.Value:
			out[i] = v
		default:
			panic(fmt.Sprintf("no value of a %T", cell))
		}
	}
	return out
}

func dec(unscaled int64) gold.Value { return gold.NewDecimal(unscaled) }

// wide reads a WideDecimal's unscaled digits.
func wide(digits string) gold.Value { return must(gold.ParseValue(gold.WideDecimal, 0, digits)) }

// day and at read a Date and a Time as filters write them.
func day(text string) gold.Value { return must(gold.ParseValue(gold.Date, 0, text)) }

func span(micros int64) gold.Value { return gold.NewIntegral(gold.Duration, micros) }

func at(text string) gold.Value { return must(gold.ParseValue(gold.Time, 0, text)) }

// instant reads a point in time as releases have them.
func instant(text string) time.Time { return at(text).Time() }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// acquire takes the lease of a model for long enough.
func acquire(t *testing.T, s gold.Store, model string) gold.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), model, "the suite", time.Minute)
	if err != nil {
		t.Fatalf("acquire the lease of %s: %v", model, err)
	}
	return *l
}

func giveBack(t *testing.T, s gold.Store, l gold.Lease) {
	t.Helper()
	ended := &gold.Attempt{Command: "publish", Holder: l.Holder, Started: time.Now(), Ended: time.Now(), Outcome: "published"}
	if err := s.Release(t.Context(), l, ended); err != nil {
		t.Fatalf("give the lease of %s back: %v", l.Model, err)
	}
}

// open opens a version of a table.
func open(t *testing.T, s gold.Store, l gold.Lease, tb table) gold.Loader {
	t.Helper()
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id(), Rows: int64(len(tb.rows))})
	if err != nil {
		t.Fatalf("load %s: %v", tb.Name, err)
	}
	return loader
}

func appendRows(t *testing.T, loader gold.Loader, tb table) {
	t.Helper()
	for part := range slices.Chunk(tb.rows, 500) {
		if err := loader.Append(t.Context(), batch(tb.Stored(), part)); err != nil {
			t.Fatalf("append to %s: %v", tb.Name, err)
		}
	}
}

// sealed is what a publisher gives to Seal for a table.
func sealed(tb table) gold.Version {
	return gold.Version{Rows: int64(len(tb.rows)), Digest: tb.digest(), Bytes: 4711, Measures: map[string]gold.Value{"count()": gold.NewInt(int64(len(tb.rows)))}}
}

func seal(t *testing.T, loader gold.Loader, tb table) gold.Version {
	t.Helper()
	v, err := loader.Seal(t.Context(), sealed(tb))
	if err != nil {
		t.Fatalf("seal %s: %v", tb.Name, err)
	}
	return *v
}

// load makes a sealed version of a table, or finds the one that there is.
func load(t *testing.T, s gold.Store, l gold.Lease, tb table) gold.Version {
	t.Helper()
	for _, v := range state(t, s, l.Model).Sealed {
		if v.ID == tb.id() {
			return v
		}
	}
	loader := open(t, s, l, tb)
	appendRows(t, loader, tb)
	return seal(t, loader, tb)
}

func state(t *testing.T, s gold.Store, model string) *gold.State {
	t.Helper()
	st, err := s.State(t.Context(), model)
	if err != nil {
		t.Fatalf("state of %s: %v", model, err)
	}
	return st
}

// publish makes the tables, all of one model, that model's current release.
func publish(t *testing.T, s gold.Store, asOf time.Time, tables ...table) *gold.Release {
	t.Helper()
	l := acquire(t, s, tables[0].Model)
	defer giveBack(t, s, l)
	r := &gold.Release{Model: l.Model, AsOf: asOf, Facts: tables[0].Name}
	for _, tb := range tables {
		r.Versions = append(r.Versions, load(t, s, l, tb))
	}
	return makeCurrent(t, s, l, r)
}

// makeCurrent publishes a release after the current one.
func makeCurrent(t *testing.T, s gold.Store, l gold.Lease, r *gold.Release) *gold.Release {
	t.Helper()
	r, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: currentNumber(t, s, l.Model), Release: r})
	if err != nil {
		t.Fatalf("publish a release of %s: %v", l.Model, err)
	}
	return r
}

// currentNumber returns the number of a model's current release, 0: it has none.
func currentNumber(t *testing.T, s gold.Store, model string) int64 {
	t.Helper()
	if current := state(t, s, model).Current; current != nil {
		return current.Number
	}
	return 0
}

// rollBack makes an earlier or later release current.
func rollBack(t *testing.T, s gold.Store, model string, to int64) *gold.Release {
	t.Helper()
	l := acquire(t, s, model)
	defer giveBack(t, s, l)
	r, err := s.RollBack(t.Context(), gold.Rollback{Lease: l, From: currentNumber(t, s, model), To: to})
	if err != nil {
		t.Fatalf("roll %s back to %d: %v", model, to, err)
	}
	return r
}

// resolve returns the release that a selector names.
func resolve(t *testing.T, s gold.Store, selector gold.Selector) *gold.Release {
	t.Helper()
	r, err := s.Resolve(t.Context(), selector)
	if err != nil {
		t.Fatalf("resolve %+v: %v", selector, err)
	}
	return r
}

func releases(t *testing.T, s gold.Store, q gold.ReleaseQuery) []gold.Release {
	t.Helper()
	list, err := s.Releases(t.Context(), q)
	if err != nil {
		t.Fatalf("releases %+v: %v", q, err)
	}
	return list
}
