package body

import (
	"encoding/json"

	"goldserve/gold"
	"goldserve/gold/diff"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// Diff is what differs between two releases.
type Diff struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Figures are the key figures of all facts in both releases: {"from", "to"} by name.
	Figures  json.RawMessage `json:"figures" swaggertype:"object"`
	Datasets []diff.Dataset  `json:"datasets"`
} // @name Diff

// NewDiff describes how two releases differ, whose datasets are compared.
func NewDiff(from, to *query.Catalog, datasets []diff.Dataset) *Diff {
	o := &Object{Bytes: []byte{'{'}}
	for _, f := range Moved(from, to) {
		o.Object(f.Name, func(o *Object) {
			o.Raw("from", f.From)
			o.Raw("to", f.To)
		})
	}
	return &Diff{From: from.Release.Number, To: to.Release.Number, Figures: append(o.Bytes, '}'), Datasets: datasets}
}

// Figure is a key figure in two releases, as JSON.
type Figure struct {
	Name     string
	From, To []byte
}

// Moved returns the key figures of a release beside those of an earlier one, null where it has none.
func Moved(from, to *query.Catalog) []Figure {
	earlier := map[string][]byte{}
	kpis, fields, values := from.Recorded()
	for i := range kpis {
		earlier[kpis[i].Name] = format.AppendValue(nil, values[i], &fields[i])
	}
	kpis, fields, values = to.Recorded()
	figures := make([]Figure, len(kpis))
	for i := range kpis {
		figures[i] = Figure{Name: kpis[i].Name, From: earlier[kpis[i].Name], To: format.AppendValue(nil, values[i], &fields[i])}
		if figures[i].From == nil {
			figures[i].From = []byte("null")
		}
	}
	return figures
}

// DiffRow is a row that differs.
type DiffRow struct {
	Change diff.Kind       `json:"change" swaggertype:"string" enums:"added,removed,changed"`
	Key    json.RawMessage `json:"key" swaggertype:"object"`            // empty where rows have no common key
	From   json.RawMessage `json:"from,omitempty" swaggertype:"object"` // of a changed row only the fields that differ
	To     json.RawMessage `json:"to,omitempty" swaggertype:"object"`
} // @name DiffRow

// NewDiffRow describes a row that differs.
func NewDiffRow(c *diff.Comparison, r diff.Row) *DiffRow {
	row := &DiffRow{Change: r.Kind}
	keys := len(c.Key)
	if r.Before != nil {
		row.Key, row.From = object(c.Fields[:keys], r.Before, nil), object(c.Fields[keys:], r.Before[keys:], r.After)
	}
	if r.After != nil {
		row.Key, row.To = object(c.Fields[:keys], r.After, nil), object(c.Fields[keys:], r.After[keys:], r.Before)
	}
	return row
}

// object returns the values of fields as an object. other is the whole row of the other release, which ends with the same
// fields, nil for none: equal values are left out.
func object(fields []gold.Field, values, other []gold.Value) []byte {
	o := &Object{Bytes: []byte{'{'}}
	for i := range fields {
		if other != nil && gold.Compare(values[i], other[len(other)-len(fields)+i]) == 0 {
			continue
		}
		o.Name(fields[i].Name)
		o.Bytes = format.AppendValue(o.Bytes, values[i], &fields[i])
	}
	return append(o.Bytes, '}')
}
