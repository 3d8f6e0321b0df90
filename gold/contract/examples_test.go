package contract_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestShapesOfTheStandardsExamples: contracts in the shapes of the standard's own examples have the problems that are theirs,
// and no other.
func TestShapesOfTheStandardsExamples(t *testing.T) {
	const head = "kind: DataContract\nversion: 1.0.0\nstatus: active\nid: 0f6c2d31\nname: my_table\ndataProduct: my_product\n"
	for name, c := range map[string]struct {
		text     string
		problems string // each in a line of its own, without its file
		fields   string // of the first dataset
	}{
		"a table and a column": {text: `apiVersion: v3.0.0
schema:
  - name: visits
    physicalType: table
    properties:
      - {name: visit, primaryKey: true, logicalType: integer}
      - name: country_code
        businessName: Country of the visitor
        logicalType: string
        physicalType: varchar(2)
        authoritativeDefinitions:
          - {url: "https://example.com/catalog/country", type: Business definition}
`, fields: "visit int, country_code text?"},
		"everything about a column": {text: `apiVersion: v3.0.0
schema:
  - name: visits
    logicalType: object
    physicalType: table
    physicalName: visits_1
    description: One row a visit
    authoritativeDefinitions: [{url: "https://example.com/visits", type: businessDefinition}]
    tags: [web]
    dataGranularityDescription: One row a visit
    properties:
      - name: visited
        primaryKey: false
        primaryKeyPosition: -1
        businessName: day of the visit
        logicalType: date
        physicalType: date
        required: false
        description: Day of the visit
        partitioned: true
        partitionKeyPosition: 1
        criticalDataElement: false
        tags: []
        classification: public
        transformSourceObjects: [clicks, sessions]
        transformLogic: select c.day from clicks c
        transformDescription: The first click
        examples: ["2024-10-03", "2023-01-28"]
      - {name: visitor, primaryKey: true, primaryKeyPosition: 1, logicalType: string, physicalType: varchar(18), classification: restricted, encryptedName: enc_visitor, partitioned: false, partitionKeyPosition: -1}
`, fields: "visited date?, visitor text"},
		"a key of partitions": {text: `apiVersion: v3.0.0
schema:
  - name: visits
    properties:
      - {name: country_code, logicalType: string, physicalType: varchar(2), primaryKey: true, primaryKeyPosition: 1, partitioned: true, partitionKeyPosition: 1}
      - {name: visitor, logicalType: string, physicalType: varchar(20), primaryKey: true, primaryKeyPosition: 2, partitioned: false}
      - {name: year, logicalType: integer, physicalType: int, primaryKey: false, partitioned: true, partitionKeyPosition: 2}
      - {name: amount, logicalType: number, physicalType: double, primaryKey: false, partitioned: false}
`, fields: "country_code text, visitor text, year int?, amount double?"},
		"a number that is an integer": {text: `apiVersion: v3.0.2
schema:
  - name: Readings
    properties:
      - name: ReadingID
        primaryKey: true
        businessName: Identifier
        logicalType: number
        physicalType: int
        quality:
          - {description: No nulls, type: library, metric: nullValues, mustBe: 0, dimension: completeness, severity: error, businessImpact: operational}
          - type: custom
            dimension: conformity
            engine: soda
            implementation: "type: duplicate_percent\n"
          - type: custom
            engine: soda
            implementation: {type: duplicate_percent, columns: [a, b], must_be_less_than: 1.0}
      - {name: Share, logicalType: number, physicalType: int}
`, fields: "ReadingID int, Share double?"},
		"a key that may be null": {text: `apiVersion: v3.1.0
schema:
  - name: visits
    properties:
      - {name: visitor, primaryKey: true, primaryKeyPosition: 1, logicalType: string, required: false}
`, problems: "11:16: property visitor: a field of the key needs required: true"},
		"several objects in one file": {text: `apiVersion: v3.1.0
slaDefaultElement: visits.day
slaProperties:
  - {property: latency, value: 4, unit: d, element: visits.day}
  - {property: generalAvailability, value: "2022-05-12T09:30:10-08:00"}
  - {property: frequency, value: 1, valueExt: 1, unit: d, element: other.day}
  - {property: timeOfAvailability, value: "09:00-08:00", element: visits.day, driver: regulatory}
  - {property: freshness, value: 26, unit: h, element: visits.day}
schema:
  - name: visits
    physicalName: visits_1
    businessName: Visits of the site
    relationships:
      - type: foreignKey
        from: [visits.visitor, visits.country]
        to: [visitors.id, visitors.country]
        customProperties: [{property: cardinality, value: many-to-one}]
    properties:
      - {name: day, physicalName: visit_dt, logicalType: date, primaryKey: true, primaryKeyPosition: 1, customProperties: [{property: anonymizationStrategy, value: none}]}
      - {name: visitor, logicalType: string, primaryKey: true, primaryKeyPosition: 2, relationships: [{to: visitors.id, type: foreignKey}]}
      - {name: country, logicalType: string}
    quality:
      - {metric: rowCount, mustBeGreaterThan: 1000, type: library, dimension: completeness, method: reconciliation, severity: error, schedule: 0 20 * * *, scheduler: cron}
    customProperties: [{property: business-key, value: [day, visitor]}]
  - name: visitors
    tags: [master-data]
    properties:
      - {name: id, primaryKey: true, primaryKeyPosition: 1, logicalType: string, required: true, unique: true, classification: restricted}
      - {name: country, primaryKey: true, primaryKeyPosition: 2, logicalType: string, required: true}
      - {name: type, logicalType: string, relationships: [{to: visitor_types.code}]}
price: {priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte}
team:
  - {username: ann, role: Data Scientist, dateIn: "2022-08-02", dateOut: "2022-10-01", replacedByUsername: bea}
roles:
  - {role: reader, access: read, firstLevelApprovers: Reporting Manager, secondLevelApprovers: na}
support:
  - {channel: "#help", tool: slack, url: "https://example.com/help"}
  - {channel: Feedback, description: Public, url: "https://example.com/feedback"}
tags: [visits]
customProperties: [{property: clusterName, value: [a cluster]}]
contractCreatedTs: "2022-11-15T02:59:43+00:00"
`, problems: `36:59: relationship: to: the model has no dataset "visitor_types" (did you mean visitors?)`, fields: ""},
		"no object": {text: `apiVersion: v3.0.0
schema: []
team:
  - {username: ann, role: dpo, dateIn: "2014-08-02", comment: away until April, replacedByUsername: bea}
`, problems: "8:9: contract: schema: the list is empty"},
		"enumerations": {text: `apiVersion: v3.2.0
description: {purpose: What enum is for.}
schema:
  - name: visits
    properties:
      - {name: visit, primaryKey: true, primaryKeyPosition: 1, logicalType: string, physicalType: VARCHAR(36), required: true}
      - name: state
        logicalType: string
        required: true
        enum:
          - {value: open, label: Open, description: It goes on., tags: [initial]}
          - {value: closed, label: Closed, authoritativeDefinitions: [{url: "https://example.com/closed", type: businessDefinition, description: When it ends.}]}
      - name: priority
        logicalType: integer
        enum:
          - {value: 1, label: One}
          - {value: 2, label: Two, customProperties: [{property: hours, value: 72}]}
`, fields: "visit text, state text, priority int?"},
		"lists, structs, maps, times and bytes": {text: `apiVersion: v3.2.0
schema:
  - name: visits
    properties:
      - {name: visit, primaryKey: true, logicalType: string, physicalType: BINARY(16), required: true}
      - {name: token, logicalType: string, physicalType: varbinary}
      - {name: label, logicalType: string, physicalType: VARCHAR(20)}
      - {name: pages, logicalType: array, logicalTypeOptions: {minItems: 1}, items: {name: page, logicalType: string}}
      - {name: place, logicalType: object, physicalType: BINARY, properties: [{name: city, logicalType: string}]}
      - {name: counts, logicalType: map}
      - {name: embedding, logicalType: vector}
      - {name: hour, logicalType: time, physicalType: TIME}
      - {name: stay, logicalType: string, physicalType: DURATION, logicalTypeOptions: {minimum: PT0S, exclusiveMaximum: P1D}}
      - {name: wait, logicalType: string, physicalType: "timedelta64[ns]", customProperties: [{property: goldserve, value: {format: text}}]}
`, fields: "visit text base64, token text base64?, label text?, pages text?, place text?, counts text?, embedding text?, hour text?, stay duration?, wait duration?"},
		"measures, dimensions and what is deprecated": {text: `apiVersion: v3.2.0
servers:
  - {server: mine, type: hana, host: localhost, port: 30015, schema: x, encoding: UTF-8}
schema:
  - name: turnover
    deprecated: true
    synonyms: [{term: revenue}]
    properties:
      - {name: order_id, primaryKey: true, primaryKeyPosition: 1, logicalType: string, semanticType: column, synonyms: [{term: order}]}
      - {name: euros, logicalType: number, physicalType: "DECIMAL(18,2)", deprecated: false}
      - {name: order_month, semanticType: dimension, logicalType: date, transformLogic: "DATE_TRUNC('MONTH', at)", businessName: Month}
      - {name: total, semanticType: measure, logicalType: number, transformLogic: SUM(euros)}
`, fields: "order_id text, euros decimal(2)?"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := load(fstest.MapFS{"m/model.yaml": {Data: []byte(modelYAML)}, "m/contracts/a.odcs.yaml": {Data: []byte(head + c.text)}})
			var got []string
			if err != nil {
				for _, p := range problems(t, err) {
					got = append(got, strings.TrimPrefix(p.String(), "m/contracts/a.odcs.yaml:"))
				}
			}
			if diff := cmp.Diff(c.problems, strings.Join(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if err != nil || c.fields == "" {
				return
			}
			var fields []string
			for _, f := range m.Datasets[0].Fields {
				field := f.Name + " " + f.Kind.String()
				if f.Kind.String() == "decimal" {
					field += "(2)"
				}
				if f.Base64 {
					field += " base64"
				}
				if f.Nullable {
					field += "?"
				}
				fields = append(fields, field)
			}
			if diff := cmp.Diff(c.fields, strings.Join(fields, ", ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
