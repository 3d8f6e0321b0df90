package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Outcome is what a build kept and made, as its silver_report.json says.
type Outcome struct {
	Sources map[string]Kept
	Gold    map[string]int64 // rows by table
}

// Kept is what silver kept of a source.
type Kept struct {
	RowsIn  int64            `json:"rows_in"`
	Dropped map[string]int64 `json:"dropped"` // by reason
	RowsOut int64            `json:"rows_out"`
}

// ReadOutcome reads the report of a lake.
func ReadOutcome(lake string) (Outcome, error) {
	text, err := os.ReadFile(filepath.Join(lake, "silver_report.json"))
	if err != nil {
		return Outcome{}, err
	}
	var parts map[string]json.RawMessage
	o := Outcome{Sources: map[string]Kept{}}
	if err = json.Unmarshal(text, &parts); err != nil {
		return Outcome{}, fmt.Errorf("read silver_report.json: %w", err)
	}
	for name, part := range parts {
		if name == "gold_rows" {
			err = json.Unmarshal(part, &o.Gold)
		} else {
			var kept Kept
			err = json.Unmarshal(part, &kept)
			o.Sources[name] = kept
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("read %s of silver_report.json: %w", name, err)
		}
	}
	return o, nil
}

// RowsIn is the number of raw rows.
func (o Outcome) RowsIn() int64 {
	var rows int64
	for _, kept := range o.Sources {
		rows += kept.RowsIn
	}
	return rows
}

// Difference returns the first figure in which another build differs: `achats: 12 rows dropped for bad_date against 13`; "" if there is
// none.
func (o Outcome) Difference(other Outcome) string {
	for _, name := range both(o.Sources, other.Sources) {
		a, b := o.Sources[name], other.Sources[name]
		if a.RowsIn != b.RowsIn {
			return fmt.Sprintf("%s: %d raw rows against %d", name, a.RowsIn, b.RowsIn)
		}
		for _, reason := range both(a.Dropped, b.Dropped) {
			if a.Dropped[reason] != b.Dropped[reason] {
				return fmt.Sprintf("%s: %d rows dropped for %s against %d", name, a.Dropped[reason], reason, b.Dropped[reason])
			}
		}
		if a.RowsOut != b.RowsOut {
			return fmt.Sprintf("%s: %d rows kept against %d", name, a.RowsOut, b.RowsOut)
		}
	}
	for _, name := range both(o.Gold, other.Gold) {
		if o.Gold[name] != other.Gold[name] {
			return fmt.Sprintf("gold.%s: %d rows against %d", name, o.Gold[name], other.Gold[name])
		}
	}
	return ""
}

// both returns the keys of two maps, sorted.
func both[V any](a, b map[string]V) []string {
	all := maps.Clone(b)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, a)
	return slices.Sorted(maps.Keys(all))
}
