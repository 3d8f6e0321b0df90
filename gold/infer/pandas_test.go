package infer

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"goldserve/gold/storetest"
)

// facts prints what pandas finds in a lake: rows, columns without a null and columns whose values are all different, by
// dataset; and which column's values are all among another's.
const facts = `
import json, pathlib, sys
import pandas as pd
tables = {p.stem: pd.read_parquet(p) for p in sorted(pathlib.Path(sys.argv[1]).glob("*.parquet"))}
asked = json.loads(sys.argv[2])
print(json.dumps({
    "rows": {n: len(t) for n, t in tables.items()},
    "full": {n: [c for c in t.columns if not t[c].isna().any()] for n, t in tables.items()},
    "unique": [not tables[n].duplicated(columns).any() and not tables[n][columns].isna().any().any() for n, columns in asked["keys"]],
    "within": [bool(tables[a][x].dropna().isin(tables[b][y]).all()) for a, x, b, y in asked["relations"]],
}, default=bool))
`

func TestWhatIsWrittenAsAFactIsOneForPandas(t *testing.T) {
	python := storetest.Python(t)
	for _, folder := range []string{sample, filepath.Join(storetest.Shared(t), "data", "retail", "gold")} {
		m := mustInfer(t, folder)
		asked := map[string][][]any{}
		for _, d := range m.Datasets {
			asked["keys"] = append(asked["keys"], []any{d.Name, names(d.Key)})
			for _, r := range d.Relations {
				asked["relations"] = append(asked["relations"], []any{d.Name, r.Field.Name, r.To.Name, r.To.Key[0].Name})
			}
		}
		text, err := json.Marshal(asked)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "-c", facts, folder, string(text)).Output()
		if err != nil {
			t.Fatal(err)
		}
		var found struct {
			Rows           map[string]int64
			Full           map[string][]string
			Unique, Within []bool
		}
		if err := json.Unmarshal(out, &found); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(found.Unique, false) || slices.Contains(found.Within, false) || len(found.Within) < 5 {
			t.Errorf("%s: keys %v: %v, relations %v: %v", folder, asked["keys"], found.Unique, asked["relations"], found.Within)
		}
		for _, d := range m.Datasets {
			var full []string
			for _, f := range d.Fields {
				if !f.Nullable {
					full = append(full, f.Column())
				}
			}
			if d.Rows != found.Rows[d.Name] || !slices.Equal(full, found.Full[d.Name]) {
				t.Errorf("%s: %d rows, and %v are never null: pandas finds %d, and %v", d.Name, d.Rows, full, found.Rows[d.Name], found.Full[d.Name])
			}
		}
	}
}
