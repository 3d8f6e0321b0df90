package lake

import (
	"path/filepath"
	"testing"

	"goldserve/gold/storetest"
)

func TestATimeOfParis(t *testing.T) {
	dir := filepath.Join(storetest.Shared(t), "data/field/default-timezone/lake")
	d := dataset("o", "id:i at:T?")
	d.Fields[1].DefaultZone = "Europe/Paris"
	rows, _, err := readRows(mustTable(t, dir, Spec{Dataset: d}), Read{})
	if err != nil || len(rows) != 1 || rowText(rows[0]) != "1 2025-06-30T22:30:00Z" {
		t.Errorf("rows %v, %v", rows, err)
	}
}
