package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/gold/contract"
)

const ordersContract = `apiVersion: v3.1.0
kind: DataContract
id: orders
name: orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: price, logicalType: number}
      - {name: day, logicalType: date}
      - {name: country, logicalType: string}
      - {name: returned, logicalType: boolean}
`

func loadTargets(targets string) (*contract.Model, error) {
	return load(fstest.MapFS{
		"m/model.yaml":                 {Data: []byte("name: m\ntitle: M\n" + targets)},
		"m/contracts/orders.odcs.yaml": {Data: []byte(ordersContract)},
	})
}

func TestTargetsNameWhatIsLearned(t *testing.T) {
	m, err := loadTargets("targets:\n  returned: {dataset: orders, task: classification, features: [price, country]}\n  basket: {dataset: orders, field: price, task: regression, features: country}\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Targets) != 2 || m.Targets[0].Field != "returned" || m.Targets[1].Field != "price" || len(m.Targets[0].Features) != 2 {
		t.Errorf("got %+v", m.Targets)
	}
	for settings, want := range map[string]string{
		"{dataset: orders, task: classification, features: [day]}":               `features: day is a date, expected a number, a boolean or a text`,
		"{dataset: orders, task: classification, features: [returned]}":          `features: "returned" is the target, or named twice`,
		"{dataset: orders, task: classification, features: [prize]}":             `orders has no field "prize" (did you mean price?)`,
		"{dataset: order, task: classification, features: [price]}":              `order`,
		"{dataset: orders, task: guessing, features: [price]}":                   `task`,
		"{dataset: orders, field: country, task: regression, features: [price]}": `field: country is a text, expected a number or a boolean`,
		"{dataset: orders, task: regression}":                                    `features`,
	} {
		_, err := loadTargets("targets:\n  returned: " + settings + "\n")
		if found := ""; err == nil {
			t.Errorf("%s is accepted", settings)
		} else {
			for _, p := range problems(t, err) {
				found += p.String() + "\n"
			}
			if !strings.Contains(found, want) {
				t.Errorf("%s: got %s expected %s", settings, found, want)
			}
		}
	}
}
