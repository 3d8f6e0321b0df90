package lake

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// The fields of the retail model's datasets: i integer, f double, t text, T timestamp, ? nullable; the first is the key.
const features = "id_client:i freq_12m:i monetary_12m:f monetary_avg_12m:f product_diversity_12m:i last_purchase:T? first_purchase:T? " +
	"recency_days:i tenure_days:i total_orders_all:i total_spend_all:f avg_order_value_all:f reference_date:T"

var datasets = map[string]string{
	"fact_achats": "id_achat:i id_client:i date_achat:T montant:f produit:t pays:t jour:t mois:t annee:i",
	"dim_clients": "id_client:i nom:t email:t pays:t date_inscription:T first_purchase:T? last_purchase:T? recency_days:i tenure_days:i " +
		"total_orders:i? total_spend:f? avg_order_value:f product_count:i?",
	"client_features":       features,
	"client_scores":         features + " prob_reachat_12m:f expected_value_12m:f value_at_risk_12m:f segment_label:t",
	"segment_summary":       "segment_label:t clients:i ca_12m:f expected_value_12m:f value_at_risk_12m:f freq_med:f recency_med:f",
	"ca_monthly":            "mois:t ca:f",
	"ca_country":            "pays:t ca:f",
	"ca_product":            "produit:t ca:f",
	"cohort_first_purchase": "first_purchase_month:t clients:i ca:f",
}

var fieldKinds = map[string]gold.Kind{
	"b": gold.Bool, "i": gold.Int, "f": gold.Double, "d": gold.Decimal, "t": gold.Text, "D": gold.Date, "T": gold.Time,
}

// dataset makes a dataset of fields such as "id:i label:t?"; the first is the key.
func dataset(name, fields string) gold.Dataset {
	d := gold.Dataset{Model: "test", Name: name}
	for f := range strings.FieldsSeq(fields) {
		field, kind, _ := strings.Cut(f, ":")
		letter, nullable := strings.CutSuffix(kind, "?")
		d.Fields = append(d.Fields, gold.Field{Name: field, Kind: fieldKinds[letter], Nullable: nullable})
	}
	d.Key = []string{d.Fields[0].Name}
	return d
}

func known(name string) gold.Dataset { return dataset(name, datasets[name]) }

func sampleGold(tb testing.TB) string {
	return filepath.Join(storetest.Root(tb), "models", "retail", "sample", "gold")
}

func mustOpen(tb testing.TB, dir string) *Lake {
	tb.Helper()
	l, err := Open(tb.Context(), dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

func mustTable(tb testing.TB, dir string, s Spec) *Table {
	tb.Helper()
	table, err := mustOpen(tb, dir).Table(context.Background(), s)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = table.Close() })
	return table
}

// readDigest reads a whole table and returns the digest of its rows.
func readDigest(ctx context.Context, table *Table, r Read) (*gold.Digest, *Report, error) {
	var mu sync.Mutex
	all := &gold.Digest{}
	report, err := table.Read(ctx, r, func(_ int, b *gold.Batch, _ int64) error {
		var d gold.Digest
		d.Add(b, len(b.Columns))
		mu.Lock()
		defer mu.Unlock()
		all.Merge(&d)
		return nil
	})
	return all, report, err
}

// readRows reads a whole table with one worker and returns its values, row by row.
func readRows(table *Table, r Read) ([][]gold.Value, *Report, error) {
	var rows [][]gold.Value
	r.Workers = 1
	report, err := table.Read(context.Background(), r, func(_ int, b *gold.Batch, first int64) error {
		if first != int64(len(rows))+1 {
			return gold.Errorf(gold.Internal, gold.CodeInternal, "batch from row %d after %d rows", first, len(rows))
		}
		for i := range b.Rows {
			rows = append(rows, b.Row(i, nil))
		}
		return nil
	})
	return rows, report, err
}

// readLake opens a lake's one dataset and reads it whole.
func readLake(dir string, s Spec) (digest *gold.Digest, report *Report, err error) {
	l, err := Open(context.Background(), dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = l.Close() }()
	table, err := l.Table(context.Background(), s)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = table.Close() }()
	return readDigest(context.Background(), table, Read{})
}
