package lake

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// Rows and digests of whole files, computed from what pandas reads by an implementation of gold.Digest in Python.
type wantFile struct {
	name   string
	rows   int64
	digest string
}

var sampleFiles = []wantFile{
	{"ca_country", 8, "24e963d549d290b55f8df363e19a7ccd9ce4dce4237bf1636f94ce02e6cb8b17"},
	{"ca_monthly", 25, "6c9cfee8d7410d6ea4e312a88a1db1258288e0048919361721c98035805d353a"},
	{"ca_product", 24, "a79290ebf8b15df0f1a11d7fece047d9192c334f0508e710050f04ccfa37682f"},
	{"client_features", 1487, "fbdc3aa4740167bcc39905bfc75a8e78e733b55ffb039a60c3e031471c0ca773"},
	{"client_scores", 1487, "3c10a9d67e77b50a3f82bded64a0b097f1dbc14d4b480fc247f327feb9be8a08"},
	{"cohort_first_purchase", 25, "38ebbe6abe3e39d67d71b43cbeda44de966772c3a2f234d77898b751420cb24a"},
	{"dim_clients", 1487, "472a93e905f6fdacf8411ffee057ba3fe51019d57695916a790b436f1c3029cf"},
	{"fact_achats", 22403, "edadf43e308d42af2978a86285bd1cc89c42bcffe186fd13338627c04caaa4cd"},
	{"segment_summary", 4, "29d23798cce9b630bfaa9755cf27e3e2bd6a5461715c1c62545b7116f2e19816"},
}

var retailFiles = []wantFile{
	{"ca_country", 37, "5907f94a5d9b033163ebb17b5d011b5329f270284786acf7c315c62a5dee752f"},
	{"ca_monthly", 13, "240054754b6bb51d2bfa644576d6c2aee656f73550c7cfcaa5fb4d5279dc3dda"},
	{"ca_product", 3864, "ead536a77d67977ab73a43f4a0e66b6fd7f313bf04a9c94826f178ba39f4a0f9"},
	{"client_features", 4366, "1a3e731531db46abc8e64bc2f28f9f260c8a7b2f6ce2ed410e308b974d7a3bbe"},
	{"client_scores", 4366, "121dc044a5bed44e0d7242a9256aea4f1d5722dc5d1cd80ab5370855aa55f053"},
	{"cohort_first_purchase", 13, "414a1b421e972b9ac4a6dda43cd6eaf8297a652cb1c60685a14a1105c3c04784"},
	{"dim_clients", 4366, "f531a5cc5ee71e9b78b9eaba723369ac88dd26544e3a74d7d0da21c21263a4cc"},
	{"fact_achats", 397310, "77b057a507148d363ece7f26645287a41137f29d96c912fa38bddebf3bc123a8"},
	{"segment_summary", 5, "bfab6b0f5241032e4c1af63bfc709c65a131e09c8514aa77a69862af01edbe32"},
}

var edgeFiles = []wantFile{
	{"ca_product", 12, "42b609ad5af7a330118e3ef3a02fef126fa5713ceedc020273a851be996a0de3"},
	{"client_scores", 48, "867365cde3f4a2398fbddecd2f08506fb316e9d774bbf1296c505a53c1865513"},
	{"dim_clients", 48, "7611c007436c88e8ebed94404c09b2650b93892a46fffe964e93bb01879b9f91"},
	{"fact_achats", 107, "a71219580230f09afc745fec99e245196add5f7245241ef6ff648d48410e062d"},
}

func TestEveryValueIsWhatPandasReads(t *testing.T) {
	t.Run("sample", func(t *testing.T) { testFiles(t, sampleGold(t), sampleFiles, nil) })
	t.Run("retail", func(t *testing.T) {
		testFiles(t, filepath.Join(storetest.Shared(t), "data/retail/gold"), retailFiles, nil)
	})
	t.Run("edge", func(t *testing.T) {
		// One purchase of this lake has digits below the millisecond, the first and the last of its client.
		lossy := map[string]map[string]int64{
			"client_scores": {"first_purchase": 1, "last_purchase": 1},
			"dim_clients":   {"first_purchase": 1, "last_purchase": 1},
			"fact_achats":   {"date_achat": 1},
		}
		testFiles(t, filepath.Join(storetest.Shared(t), "data/retail-edge/a/gold"), edgeFiles, lossy)
	})
}

func testFiles(t *testing.T, dir string, files []wantFile, lossy map[string]map[string]int64) {
	for _, want := range files {
		t.Run(want.name, func(t *testing.T) {
			table := mustTable(t, dir, Spec{Dataset: known(want.name)})
			if table.Rows() != want.rows {
				t.Errorf("footer: %d rows, want %d", table.Rows(), want.rows)
			}
			for _, r := range []Read{{}, {Workers: 1, BatchRows: 7}, {Workers: 3, BatchRows: 1 << 20}} {
				digest, report, err := readDigest(context.Background(), table, r)
				if err != nil {
					t.Fatal(err)
				}
				if report.Rows != want.rows || digest.Rows() != want.rows || digest.String() != want.digest {
					t.Errorf("%+v: %d rows, digest %s, want %d and %s", r, report.Rows, digest, want.rows, want.digest)
				}
				if diff := cmp.Diff(lossy[want.name], report.Lossy, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("lossy times (-want +got):\n%s", diff)
				}
			}
			if err := table.Unchanged(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSpotValuesOfTheSample(t *testing.T) {
	table := mustTable(t, sampleGold(t), Spec{Dataset: known("dim_clients")})
	rows, _, err := readRows(table, Read{Fields: []string{"total_orders", "nom", "id_client", "date_inscription", "first_purchase"}})
	if err != nil {
		t.Fatal(err)
	}
	// pandas: id_client 1, nom Marek Koné, date_inscription 2023-03-23, first_purchase 2024-02-22 17:09:41, total_orders 4.0.
	want := "4 Marek Koné 1 2023-03-23T00:00:00Z 2024-02-22T17:09:41Z"
	if got := rowText(rows[0]); got != want {
		t.Errorf("first row %q, want %q", got, want)
	}
	want = "null Rosa Quintana 1500 2025-07-27T00:00:00Z null"
	if got := rowText(rows[len(rows)-1]); got != want {
		t.Errorf("last row %q, want %q", got, want)
	}
}

func rowText(row []gold.Value) string {
	text := ""
	for i, v := range row {
		if i > 0 {
			text += " "
		}
		text += v.String()
	}
	return text
}
