package gold

import "testing"

func TestAProvenanceIsSaidInWords(t *testing.T) {
	for want, p := range map[string]Provenance{
		"Delta version 42 of s3://lake/gold/orders":                         {Kind: DeltaTable, Format: Delta, Place: "s3://lake/gold/orders", Version: "42", Files: 3, Bytes: 12},
		"gold/orders.csv, 999 bytes":                                        {Kind: OneFile, Format: CSV, Place: "gold/orders.csv", Files: 1, Bytes: 999},
		"gold/orders.csv, 1 kB":                                             {Kind: OneFile, Format: CSV, Place: "gold/orders.csv", Files: 1, Bytes: 1000},
		"gold/orders, 3 files, 12.3 MB":                                     {Kind: FolderOf, Format: Parquet, Place: "gold/orders", Files: 3, Bytes: 12_340_000},
		"gold/orders_*.json, 1 file, 123 MB":                                {Kind: PatternOf, Format: JSON, Place: "gold/orders_*.json", Pattern: "orders_*.json", Files: 1, Bytes: 123_456_789},
		"gold/sales_20251113.csv, the newest of sales_{ts}.csv, 1 GB":       {Kind: NewestOf, Format: CSV, Place: "gold/sales_20251113.csv", Pattern: "sales_{ts}.csv", Files: 1, Bytes: 999_960_000},
		"gold/sales_20251113.csv, the newest of sales_{ts}.csv, 4 TB":       {Kind: NewestOf, Format: CSV, Place: "gold/sales_20251113.csv", Pattern: "sales_{ts}.csv", Files: 1, Bytes: 4e12},
		"Iceberg snapshot 3821550127947089987 of s3://lake/warehouse/sales": {Kind: "iceberg", Format: "iceberg", Place: "s3://lake/warehouse/sales", Version: "3821550127947089987"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
