//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// product is a row of ca_product.
type product struct {
	Name    string  `json:"produit" parquet:"produit"`
	Revenue float64 `json:"ca"      parquet:"ca"`
}

// TestEverythingOfTheLakeCanBeReached asks for the rows of the large lake in the ways that a client has, and compares
// with the files.
func TestEverythingOfTheLakeCanBeReached(t *testing.T) {
	t.Parallel()
	lake := filepath.Join(storetest.Shared(t), "data", "retail", "gold")
	products, err := parquet.ReadFile[product](filepath.Join(lake, "ca_product.parquet"))
	if err != nil || len(products) != 3864 {
		t.Fatalf("%d products, want 3864, %v", len(products), err)
	}
	purchases, err := parquet.ReadFile[purchase](filepath.Join(lake, "fact_achats.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	smaller := filepath.Join(t.TempDir(), "gold")
	if err := os.CopyFS(smaller, os.DirFS(lake)); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(filepath.Join(smaller, "fact_achats.parquet"), purchases[:20_000]); err != nil {
		t.Fatal(err)
	}
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lake)
		serving, server := launchServe(t, p, "--drain", "0s")
		t.Cleanup(func() {
			serving.signal(syscall.SIGTERM)
			if code := serving.code(); code != exitDone {
				t.Errorf("serve: exit %d\n%s", code, &serving.stderr)
			}
		})
		t.Run("each product by its key", func(t *testing.T) { reachByKey(t, server, products) })
		t.Run("each product in lists", func(t *testing.T) { reachByList(t, server, products) })
		t.Run("a key as people type it", func(t *testing.T) { reachTyped(t, server) })
		t.Run("periods of texts", func(t *testing.T) { reachPeriods(t, server) })
		t.Run("December like for like", func(t *testing.T) { reachDecember(t, server) })
		t.Run("June 2011", func(t *testing.T) { reachJune(t, server, purchases) })
		t.Run("pages across a publish", func(t *testing.T) {
			reachByPages(t, server, purchases, func() {
				publishLake(t, p, smaller, "--allow-shrink")
				waitFor(t, "release 2", func() bool {
					_, body := get(t, server, "/releases/current")
					return strings.Contains(string(body), `"release":2,`)
				})
			})
		})
	})
}

// asking is how many requests are under way at once: as many as the default client keeps connections.
const asking = http.DefaultMaxIdleConnsPerHost

// reachByKey asks for every product by both of its URLs in turn, the key escaped where it must be, or everywhere.
func reachByKey(t *testing.T, server string, products []product) {
	var group errgroup.Group
	group.SetLimit(asking)
	for i, want := range products {
		path := []string{"/by_product/", "/datasets/ca_product/rows/"}[i%2]
		if i%3 == 0 {
			path += escapeAll(want.Name)
		} else {
			path += url.PathEscape(want.Name)
		}
		group.Go(func() error {
			var row struct{ Data product }
			if err := ask(server+path, &row); err != nil {
				return err
			}
			if row.Data.Name != want.Name || !near(row.Data.Revenue, want.Revenue) {
				return fmt.Errorf("%s answers %v, want %v", path, row.Data, want)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// escapeAll writes every byte as %XX.
func escapeAll(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// near compares sums of money: the API writes them to the cent where that moves them by less than 1e-6.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6+1e-9*math.Abs(b) }

// ask reads a JSON answer; any other is an error.
func ask(url string, into any) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// reachByList asks for the products fifty at a time, each quoted as in CSV.
func reachByList(t *testing.T, server string, products []product) {
	got := map[string]float64{}
	for names := range slices.Chunk(products, 50) {
		items := make([]string, len(names))
		for i, p := range names {
			items[i] = `"` + strings.ReplaceAll(p.Name, `"`, `""`) + `"`
		}
		target := "/by_product?produit__in=" + url.QueryEscape(strings.Join(items, ","))
		if len(target) > 4096 {
			t.Fatalf("a URL of %d bytes", len(target))
		}
		var answer struct{ Data []product }
		if err := ask(server+target, &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Data) != len(names) {
			t.Errorf("%d products, want %d: %s", len(answer.Data), len(names), target)
		}
		for _, p := range answer.Data {
			got[p.Name] = p.Revenue
		}
	}
	for _, want := range products {
		if revenue, ok := got[want.Name]; !ok || !near(revenue, want.Revenue) {
			t.Errorf("%s: %v %v, want %v", want.Name, revenue, ok, want.Revenue)
		}
	}
}

// reachTyped asks with what clients such as curl send as it was typed: quotes, accents, and the slash alone escaped.
func reachTyped(t *testing.T, server string) {
	for key, want := range map[string]string{
		`Pink%2FWhite%20"Keep%20Clean"%20Bullet%20Bin`: `Pink/White "Keep Clean" Bullet Bin`,
		`Black%2fBlue%20Polkadot%20Umbrella`:           `Black/Blue Polkadot Umbrella`,
		`Office%20Mug%20Warmer%20Black+Silver`:         `Office Mug Warmer Black+Silver`,
		`Ladies%20&%20Gentlemen%20Metal%20Sign`:        `Ladies & Gentlemen Metal Sign`,
		`Tray,%20Breakfast%20In%20Bed`:                 `Tray, Breakfast In Bed`,
	} {
		for _, path := range []string{"/by_product/", "/datasets/ca_product/rows/", "/m/retail/by_product/"} {
			response, body := fixture.Send(t, strings.TrimPrefix(server, "http://"), "GET "+path+key+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			var row struct{ Data product }
			if err := json.Unmarshal(body, &row); err != nil || response.StatusCode != http.StatusOK || row.Data.Name != want {
				t.Errorf("%s%s: %d, %v, %s", path, key, response.StatusCode, err, body)
			}
		}
	}
}

// figuresOf are /kpis' figures of the facts.
type figuresOf struct {
	Revenue   float64 `json:"total_ca"`
	Purchases int64   `json:"total_achats"`
	Clients   int64   `json:"total_clients"`
}

// reachJune asks for a month in all the ways that a filter has to say it.
func reachJune(t *testing.T, server string, purchases []purchase) {
	var want figuresOf
	clients := map[int64]bool{}
	for _, p := range purchases {
		if p.Date.UTC().Format("2006-01") == "2011-06" {
			want.Revenue += p.Amount
			want.Purchases++
			clients[p.Client] = true
		}
	}
	want.Clients = int64(len(clients))
	for _, filter := range []string{
		"date_achat__gte=2011-06-01&date_achat__lte=2011-06-30", "date_achat=2011-06", "mois=2011-06", "date_achat__gt=2011-05&date_achat__lt=2011-07",
		"date_achat__gte=2011-06&date_achat__lte=2011-06", "jour__gte=2011-06-01&jour__lte=2011-06-30",
		"date_achat__gte=2011-06-01T00:00:00Z&date_achat__lt=2011-07-01T02:00:00%2B02:00", "date_achat__gte=2011-06-01T00:00:00&date_achat__lte=2011-06-30",
	} {
		var got figuresOf
		if err := ask(server+"/kpis?"+filter, &got); err != nil {
			t.Error(err)
			continue
		}
		if !near(got.Revenue, want.Revenue) || got.Purchases != want.Purchases || got.Clients != want.Clients {
			t.Errorf("/kpis?%s answers %+v, want %+v", filter, got, want)
		}
		var page struct {
			Data []purchaseID
			Meta struct{ Total int64 }
		}
		if err := ask(server+"/datasets/fact_achats/rows?count=exact&limit=1&"+filter, &page); err != nil || page.Meta.Total != want.Purchases {
			t.Errorf("%s: %d rows, want %d, %v", filter, page.Meta.Total, want.Purchases, err)
		}
	}
}

// reachPeriods asks for periods of text months, days and weeks. The figures are DuckDB's, by date_achat alone.
func reachPeriods(t *testing.T, server string) {
	for filter, want := range map[string]figuresOf{
		"mois=2011": {Revenue: 8043737.47, Purchases: 371153}, "mois__in=2011": {Revenue: 8043737.47, Purchases: 371153}, "mois__gt=2010": {Revenue: 8043737.47, Purchases: 371153},
		"mois__lte=2011-Q2": {Revenue: 3871529.18, Purchases: 172317}, "jour__lte=2011-06": {Revenue: 3871529.18, Purchases: 172317},
		"mois=2011-Q2": {Revenue: 1766630.01, Purchases: 77993}, "mois__ne=2011-Q1": {Revenue: 7084266.08, Purchases: 329143}, "mois__nin=2011-Q1": {Revenue: 7084266.08, Purchases: 329143},
		"jour=2011-W23": {Revenue: 155049.08, Purchases: 7113}, "date_achat=2011-W23": {Revenue: 155049.08, Purchases: 7113}, "mois__gt=2011-Q2": {Revenue: 4744922.18, Purchases: 224993},
	} {
		var got figuresOf
		if err := ask(server+"/kpis?"+filter, &got); err != nil || !near(got.Revenue, want.Revenue) || got.Purchases != want.Purchases {
			t.Errorf("/kpis?%s answers %+v, want %+v, %v", filter, got, want, err)
		}
	}
	for path, want := range map[string]int{"/weekly?semaine=2011-Q2": 13, "/daily?jour__lte=2011-06": 167, "/monthly?mois=2011": 12, "/monthly?pays=France&mois__lte=2011-Q1": 4} {
		var page struct{ Data []map[string]any }
		if err := ask(server+path, &page); err != nil || len(page.Data) != want {
			t.Errorf("%s: %d rows, want %d, %v", path, len(page.Data), want, err)
		}
	}
	for _, filter := range []string{"mois__gte=12/2011", "mois=2025-6", "jour__lt=abc"} {
		if status, body := get(t, server, "/monthly?pays=France&"+filter); status != http.StatusBadRequest || !strings.Contains(string(body), "is no period of") {
			t.Errorf("%s: %d %s", filter, status, body)
		}
	}
}

// reachDecember compares the month that the data end in. The figures are DuckDB's: 1 to 9 November up to 12:50.
func reachDecember(t *testing.T, server string) {
	for _, filter := range []string{"date_achat__gte=2011-12-01", "date_achat=2011-12", "mois=2011-12", "mois__gte=2011-12"} {
		var got struct {
			Previous figuresOf
			Change   figuresOfChange
		}
		err := ask(server+"/kpis?compare=previous&"+filter, &got)
		if err != nil || !near(got.Previous.Revenue, 328749.84) || got.Previous.Purchases != 16251 || got.Previous.Clients != 576 || !near(got.Change.Revenue, 0.0628774450506) {
			t.Errorf("%s is compared with %+v, %v", filter, got, err)
		}
	}
}

// figuresOfChange are the changes of /kpis' figures.
type figuresOfChange struct {
	Revenue float64 `json:"total_ca"`
}

// purchaseID is what the pages of facts are asked for.
type purchaseID struct {
	ID   int64     `json:"id_achat"`
	Date time.Time `json:"date_achat"`
}

// reachByPages follows the pages of a filter, with a publish on the way that leaves out nearly all of them, and wants
// each row once and in order.
func reachByPages(t *testing.T, server string, purchases []purchase, publish func()) {
	rows := slices.DeleteFunc(slices.Clone(purchases), func(p purchase) bool { return p.Country != "Germany" })
	slices.SortFunc(rows, func(a, b purchase) int {
		return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
	})
	want := make([]int64, len(rows))
	for i, p := range rows {
		want[i] = p.ID
	}
	var got []int64
	pages := 0
	for path := "/datasets/fact_achats/rows?pays=Germany&limit=1000&sort=-date_achat&fields=id_achat,date_achat&count=exact"; path != ""; pages++ {
		if pages == 3 {
			publish()
		}
		var page struct {
			Data []purchaseID
			Meta struct {
				Release, Total int64
				Truncated      bool
				Next           string
			}
		}
		if err := ask(server+path, &page); err != nil {
			t.Fatal(err)
		}
		if page.Meta.Release != 1 || page.Meta.Total != int64(len(want)) || page.Meta.Truncated != (page.Meta.Next != "") {
			t.Errorf("page %d: %+v of %d rows", pages+1, page.Meta, len(want))
		}
		for _, row := range page.Data {
			got = append(got, row.ID)
		}
		path = page.Meta.Next
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("purchases of all pages (-want +got):\n%.2000s", diff)
	}
	if pages < 4 {
		t.Errorf("%d pages: none after the publish", pages)
	}
	var now struct{ Meta struct{ Total int64 } }
	if err := ask(server+"/datasets/fact_achats/rows?pays=Germany&limit=1&count=exact", &now); err != nil || now.Meta.Total >= int64(len(want)) {
		t.Errorf("after the publish %d rows, %v", now.Meta.Total, err)
	}
}
