package reference

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/gold/contract"
)

// shops is a small model with personal data of each mask, a lookup and metrics. No page may hold the word SECRET.
const shops = `apiVersion: v3.1.0
kind: DataContract
id: shops
version: 1.2.0
status: active
schema:
  - name: sales
    description: Every sale | with <its> buyer.
    customProperties:
      - property: goldserve
        value:
          endpoint: /sold
          defaultSort: [-amount]
          lookup: {buyers: [country]}
          metrics: {revenue: {formula: sum(amount), label: Revenue}, large: "sum(amount where amount >= 100)"}
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - {name: buyer, logicalType: integer, required: true, relationships: [{to: buyers.id}]}
      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {exclusiveMinimum: 0, maximum: 1000}, customProperties: [{property: goldserve, value: {unit: EUR, format: money}}]}
  - name: buyers
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
      - name: country
        logicalType: string
        quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [FR, UK]}}]
        customProperties: [{property: goldserve, value: {values: {FR: France}}}]
      - {name: budget, logicalType: number, customProperties: [{property: goldserve, value: {unit: {field: country}}}]}
`

// personal returns a property of personal data whose contract holds values of it.
func personal(name, settings string) string {
	return `      - name: ` + name + `
        logicalType: string
        classification: pii
        examples: [SECRET]
        logicalTypeOptions: {pattern: "SECRET|OTHER"}
        quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [SECRET, OTHER]}}, {metric: missingValues, mustBe: 0, arguments: {missingValues: [SECRET]}}]
        customProperties: [{property: goldserve, value: {` + settings + `values: {SECRET: SECRET}}}]
`
}

// pagesOf returns the pages of a model by their paths.
func pagesOf(t *testing.T, contracts string) map[string]string {
	t.Helper()
	all, broken, err := contract.LoadAll(contract.Overlays{}, fstest.MapFS{
		"m/model.yaml":              {Data: []byte("name: m\ntitle: Shops\nfacts: sales\nkpis: [revenue]\n")},
		"m/contracts/all.odcs.yaml": {Data: []byte(contracts)},
	})
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	pages := map[string]string{}
	for _, page := range Pages(all[0]) {
		pages[page.Path] = page.Text
	}
	return pages
}

func TestPagesTellWhatContractsSay(t *testing.T) {
	pages := pagesOf(t, shops)
	for path, lines := range map[string][]string{
		IndexPath: {"# Shops", "* Facts: [`sales`](datasets/sales.md)", "| [`sales`](datasets/sales.md) | Sales | `/sold` | `id` | 3 | Every sale \\| with &lt;its&gt; buyer. |"},
		"datasets/sales.md": {
			"* Endpoint: `/sold`, `/datasets/sales/rows`", "* Key: `id`", "* Order: `-amount`, `id`",
			"| `amount` | Amount | double | yes | EUR |",
			"| `revenue` | Revenue | `sum(amount)` | EUR |", "| `large` | Large | `sum(amount where amount >= 100)` | EUR |",
			"| `amount_range` | `amount` | invalidValues mustBe 0; valid: more than 0, at most 1000 | error |",
			"| `buyer` | [`buyers`](buyers.md) `id` |", "| `country` | [`buyers`](buyers.md) `country` |",
		},
		"datasets/buyers.md": {
			"| `budget` | Budget | double |  | as in country |",
			"| `country` | `FR` | France |", "| `country_invalidValues` | `country` | invalidValues mustBe 0; valid: FR, UK | error |",
			"| `country` | `eq`, `ne`, `in`, `nin`, `lt`, `lte`, `gt`, `gte`, `isnull`, `contains`, `startswith` | yes |",
		},
	} {
		for _, line := range lines {
			if !strings.Contains("\n"+pages[path], "\n"+line+"\n") {
				t.Errorf("%s lacks the line %s:\n%s", path, line, pages[path])
			}
		}
	}
}

func TestPagesHoldNoPersonalValues(t *testing.T) {
	contracts := shops
	for _, mask := range []string{"drop", "null", "initials", "first_letter", "hmac", "sha256_truncated", "clear"} {
		contracts += personal(mask+"ped", `mask: "`+mask+`", `)
	}
	pages := pagesOf(t, contracts+personal("undecided", ""))
	for path, text := range pages {
		if strings.Contains(text, "SECRET") {
			t.Errorf("%s holds a value of personal data:\n%s", path, text)
		}
	}
	for _, words := range []string{"Personal data, never stored.", "Personal data, masked (hmac).", "Personal data, masked (null).", "`clearped`", "`hmacped_pattern`"} {
		if !strings.Contains(pages["datasets/buyers.md"], words) {
			t.Errorf("buyers lacks %s:\n%s", words, pages["datasets/buyers.md"])
		}
	}
}

// Amounts in the units of another field are said to be so, as in files.
func TestPagesTellWhichFieldHoldsAUnit(t *testing.T) {
	contracts := strings.Replace(shops, "unit: EUR", "unit: {field: currency}", 1)
	contracts = strings.Replace(contracts, "      - {name: amount,", "      - {name: currency, logicalType: string, required: true}\n      - {name: amount,", 1)
	page := pagesOf(t, contracts)["datasets/sales.md"]
	for _, line := range []string{"| `amount` | Amount | double | yes | as in currency |", "| `revenue` | Revenue | `sum(amount)` | as in currency |"} {
		if !strings.Contains(page, "\n"+line+"\n") {
			t.Errorf("the page lacks the line %s:\n%s", line, page)
		}
	}
}

var linkPattern = regexp.MustCompile(`\]\(([^)]+)\)`)

// Every link of a shipped model's pages leads to one of them.
func TestPagesLinkToPages(t *testing.T) {
	all, _, err := contract.LoadAll(contract.Overlays{}, os.DirFS("../../models"))
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	retail := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })]
	pages := Pages(retail)
	paths := map[string]bool{}
	for _, page := range pages {
		paths[page.Path] = true
	}
	links := 0
	for _, page := range pages {
		for _, m := range linkPattern.FindAllStringSubmatch(page.Text, -1) {
			if links++; !paths[path.Join(path.Dir(page.Path), m[1])] {
				t.Errorf("%s: the link %s leads nowhere", page.Path, m[1])
			}
		}
	}
	if links < len(pages) {
		t.Errorf("%d links in %d pages", links, len(pages))
	}
}

var anchorPattern = regexp.MustCompile(`(?m)^<a id="([^"]+)"></a>$`)

// Every link of the one page leads to a place in it, that of the dataset which it names; and it has all that the pages have.
func TestLinksOfOnePageLeadWithinIt(t *testing.T) {
	all, _, err := contract.LoadAll(contract.Overlays{}, os.DirFS("../../models"))
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	retail := all[slices.IndexFunc(all, func(m *contract.Model) bool { return m.Name == "retail" })]
	one := OnePage(retail)
	anchors := map[string]int{}
	for _, m := range anchorPattern.FindAllStringSubmatch(one, -1) {
		anchors["#"+m[1]]++
	}
	if len(anchors) != len(retail.Contracts)+1 {
		t.Errorf("%d anchors for %d datasets", len(anchors), len(retail.Contracts))
	}
	for _, m := range linkPattern.FindAllStringSubmatch(one, -1) {
		if anchors[m[1]] != 1 {
			t.Errorf("the link %s leads to %d places", m[1], anchors[m[1]])
		}
	}
	if !strings.Contains(one, "| [`dim_clients`](#dataset-dim_clients) `id_client` |") {
		t.Errorf("no relationship leads to dim_clients:\n%s", one)
	}
	var parts strings.Builder
	for _, page := range Pages(retail) {
		parts.WriteString(page.Text)
	}
	plain := func(text string) string {
		return strings.Join(strings.Fields(anchorPattern.ReplaceAllString(linkPattern.ReplaceAllString(text, "]"), "")), " ")
	}
	if plain(one) != plain(parts.String()) {
		t.Error("the one page differs from the pages by more than their links")
	}
}
