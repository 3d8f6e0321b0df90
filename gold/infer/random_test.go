package infer

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"goldserve/gold/storetest"
)

// randomLakes writes lakes of random tables, and prints for each table what is true of it: its columns, those without a null,
// and the size of its smallest key of up to three columns whose kinds can be keys, 0 for none. Integers alone are a key in
// the first column or by their name only.
const randomLakes = `
import datetime, decimal, itertools, json, pathlib, random, sys
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
out, r = pathlib.Path(sys.argv[1]), random.Random(int(sys.argv[2]))
names = ["id", "Id", "promo", "Promo", "a.b", "prix (€)", "größe", "x__y", "_z", "no", "2nd", "日本", "mois", "client_id", "total", "it's", 'say "so"', "a: b", "#", "null"]
def column(kind, n):
    some = r.choice([2, 5, 12, n, 4 * n])
    pick = lambda f: [f(r.randrange(some)) for _ in range(n)]
    if r.random() < 0.15 and kind in ("int", "text", "day"):
        order = list(range(n)); r.shuffle(order)
        pick = lambda f: [f(i) for i in order]
    values, of = {
        "int": lambda: (pick(lambda i: i - 3), pa.int64()),
        "small": lambda: (pick(lambda i: i % 100), pa.int8()),
        "text": lambda: (pick(lambda i: ["", "no", "é'x", "a: b", "#1", "0123", "[x]", "{", "null", "\n", "2011-12", "yes, no"][i % 12] + str(i)), pa.string()),
        "word": lambda: (pick(lambda i: ["no", "null", "a, b", "a: b", "- x", "'", '"'][i % 7]), pa.string()),
        "month": lambda: (pick(lambda i: "%04d-%02d" % (2000 + i % 40, 1 + i % 12)), pa.string()),
        "day": lambda: (pick(lambda i: datetime.date(2000, 1, 1) + datetime.timedelta(i)), pa.date32()),
        "time": lambda: (pick(lambda i: datetime.datetime(2000, 1, 1) + datetime.timedelta(hours=i)), pa.timestamp("us")),
        "float": lambda: (pick(lambda i: i / 7), pa.float64()),
        "single": lambda: (pick(lambda i: i / 2), pa.float32()),
        "bool": lambda: (pick(lambda i: i % 2 == 0), pa.bool_()),
        "decimal": lambda: (pick(lambda i: decimal.Decimal(i) / 100), pa.decimal128(9, 2)),
        "nulls": lambda: ([None] * n, pa.null()),
    }[kind]()
    if r.random() < 0.3:
        values = [None if r.random() < 0.2 else v for v in values]
    return pa.array(values, of)
found = {}
for lake in range(int(sys.argv[3])):
    for table in r.sample(["clients", "fact_orders", "dim_x", "docs", "Orders 2"], 3):
        n = r.choice([0, 1, 7, 60, 300])
        kinds = [r.choice(["int", "small", "text", "word", "month", "day", "time", "float", "single", "bool", "decimal", "nulls"]) for _ in range(r.randrange(1, 7))]
        columns = [column(k, n) for k in kinds]
        chosen = r.sample(names, len(kinds))
        (out / str(lake)).mkdir(exist_ok=True)
        pq.write_table(pa.table(columns, names=chosen), out / str(lake) / (table + ".parquet"), row_group_size=50)
        lists = [c.to_pylist() for c in columns]
        full = [i for i in range(len(kinds)) if n and None not in lists[i]]
        can = [i for i in full if kinds[i] in ("int", "small", "text", "word", "month", "day", "time")]
        unique = lambda of: len(set(zip(*(lists[i] for i in of)))) == n
        alone = [i for i in can if unique([i]) and (kinds[i] not in ("int", "small") or i == 0 or chosen[i] in ("id", "Id", "client_id"))]
        size = 1 if alone else next((k for k in (2, 3) if any(unique(s) for s in itertools.combinations(can, k))), 0)
        found["%d/%s" % (lake, table)] = {"columns": chosen, "full": [chosen[i] for i in full], "size": size, "rows": n}
print(json.dumps(found))
`

func TestRandomLakesGiveModelsThatHoldForThem(t *testing.T) {
	python, folder := storetest.Python(t), t.TempDir()
	const seed, lakes = 7, 25
	out, err := exec.CommandContext(t.Context(), python, "-c", randomLakes, folder, fmt.Sprint(seed), fmt.Sprint(lakes)).Output()
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string]struct {
		Columns, Full []string
		Size          int
		Rows          int64
	}
	if err := json.Unmarshal(out, &tables); err != nil {
		t.Fatal(err)
	}
	sizes := map[int]int{}
	for lake := range lakes {
		m := mustInfer(t, filepath.Join(folder, fmt.Sprint(lake)))
		written := fstest.MapFS{}
		if paths, _ := updated(t, m, written); len(paths) > 0 {
			compiled(t, written)
		}
		for _, d := range m.Datasets {
			want := tables[fmt.Sprintf("%d/%s", lake, d.Source)]
			var columns, full []string
			for _, f := range d.Fields {
				columns = append(columns, f.Column())
				if !f.Nullable {
					full = append(full, f.Column())
				}
			}
			if !slices.Equal(columns, want.Columns) || !slices.Equal(full, want.Full) || d.Rows != want.Rows {
				t.Errorf("lake %d, %s: %d rows, columns %q, never null %q: want %+v", lake, d.Source, d.Rows, columns, full, want)
			}
			if len(d.Key) != want.Size {
				t.Errorf("lake %d, %s: key %q: want one of %d columns of %q", lake, d.Source, names(d.Key), want.Size, want.Columns)
			}
			sizes[len(d.Key)]++
		}
	}
	if len(sizes) < 3 {
		t.Errorf("keys by size: %v", sizes)
	}
}
