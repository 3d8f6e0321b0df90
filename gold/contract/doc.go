// Package contract reads models: folders of contracts in the Open Data Contract Standard (ODCS) v3.0 to v3.2 with a
// model.yaml beside them, into gold.Dataset.
//
// Rules:
//
//  1. It is strict: an unknown or repeated key, a wrong type or an unknown name is an error. All problems of all files
//     are reported at once, each with file, line, column and the nearest valid word. keys.go describes the keys for
//     docs/reference.md and the JSON Schemas; a test compares it with those that the readers take.
//  2. What the standard doesn't have is in its one custom property, goldserve, of the schema object and of its
//     properties. The standard's own tools accept the rest of the file.
//  3. Parts of the standard that goldserve doesn't use (team, support, price, servers, tags, rules in SQL …) must be
//     well formed and are otherwise ignored.
//  4. Files are not trusted: their size, nesting and expanded aliases are limited before they are parsed.
//  5. Nothing in a file ends the program: a panic becomes a problem at the position that was being read. A model with
//     problems doesn't affect others.
//  6. A contract decides about personal data: classification: pii drops a field unless mask says otherwise.
//
// # The folder
//
//	retail/model.yaml                      name, title, locale, timezone, weekStart, fiscalYearStart, asOf, facts, kpis, biDatabase, description, descriptionFr, ready, settle
//	retail/dashboard.yaml                  the layout of the dashboard; the default is derived from the contracts
//	retail/contracts/ca_monthly.odcs.yaml  one dataset each, or several
//
// # The standard's part
//
// Each schema object of a file is a dataset, which has its name; usual is one. Keys of a property: name (the column's name too), logicalType string,
// integer, number, date, timestamp or boolean (number with physicalType DECIMAL(p,s), p ≤ 38, is exact, one with FLOAT
// has 32 bits), required, unique, primaryKey and primaryKeyPosition (a dataset may have no key), classification (one of pii, public, internal,
// confidential, restricted, sensitive), logicalTypeOptions (minimum, maximum and their exclusive forms; multipleOf, the
// precision with which a double is shown, and a rule for integers and decimals; defaultTimezone, the zone of timestamps
// without one; pattern in RE2's syntax, minLength, maxLength), description (English), relationships.
// quality has the library's metrics with exactly one operator each, unit rows or percent, severity error (default) or
// warning. slaProperties has freshness on a field of this dataset, as a warning. With apiVersion v3.2.0 enum as well; properties whose
// semanticType is measure or dimension are no columns, and left out. A field of the key is required unless it says otherwise.
//
// Contracts of v3.0 are read as that has it: a date whose physicalType is a timestamp, or whose format has hours, is a
// timestamp; exclusiveMinimum and exclusiveMaximum are true or false; a quality rule has rule (rowCount, duplicateCount, and
// the checks nullCheck, uniqueCheck and validValues, which need no operator) where later versions have metric.
//
// # Settings of the dataset
//
// Names and types are a whole contract: every setting has a default, which opens what a kind allows. Listed filters, sorts
// and search restrict; an empty list allows none. Masked fields are never open.
//
//	customProperties:
//	  - property: goldserve
//	    value:
//	      endpoint: /monthly              # or /sales/monthly; none: the dataset has the generic routes only
//	      collection: gold_monthly        # its name for BI tools; none: it is not in their database; default: the dataset's,
//	                                      # and none for a derived dataset without endpoint
//	      source: sales/ca_{ts}.parquet   # default: the dataset's name; or by format, and how its files are read:
//	                                      # {csv: "ca_*.csv", delimiter: ";", quote: "'", encoding: windows-1252, null: [NA], fileColumn: file}
//	      label: {fr: CA par mois, en: Revenue by month}  # or a text; default: businessName, else the words of the name
//	      descriptionFr: …
//	      filters: {mois: [eq, gte, lte]} # or [mois, pays] for eq and in; default: all that the types have
//	      sorts: [mois, ca]               # besides the default order and the key; default: all fields
//	      search: [produit]               # text fields with contains and startswith; default: all that aren't masked, unless filters are listed
//	      defaultSort: [-ca]              # the key, or the order of the source, always comes last, and is the default
//	      defaultLimit: 5000              # default: all up to maxLimit
//	      maxLimit: 10000                 # of JSON pages; the default
//	      indexes: [[date_achat, id_achat], [-ca]]
//	      biIndexes: [[date_achat]]
//	      bi: {mois_date: mois}           # a date for BI tools made of a text day or month, or of a date
//	      accelerate: true
//	      metrics:
//	        total_ca: sum(montant)        # or a map with formula, label, description, descriptionFr, unit, format,
//	        panier_moyen: total_ca / total_achats                               # multipleOf, unfiltered
//
// Operators are eq, ne, in, nin, lt, lte, gt, gte, isnull (on fields that can be null), contains and startswith.
// Measures are count(), and count_distinct, sum, min, max, avg, median, quantile, first and last of a field. A sum, minimum or maximum takes
// unit, format and multipleOf from its field unless it says otherwise.
//
// derive makes a dataset that the publisher computes from another one. Its contract declares the fields that come out,
// in their order:
//
//	derive: {from: fact_achats, group: [{field: date_achat, grain: day, as: jour}], measures: {ca: sum(montant)}, sort: [-ca], limit: 10}
//	derive: {from: fact_achats, histogram: {field: montant, bins: 12}}    # bucket, lower, upper, count
//	derive: {from: ca_monthly, growth: {order: mois, value: ca}}          # mois, ca, prev_ca, growth_abs, growth_pct
//
// A growth compares each period with the one before and is null after a gap; with previous: present it compares with the
// row before, whatever its period. The contract may declare prev_mois after ca: which period it is. The periods are those
// of the order's grain, format or pattern; a date without a format is a day. What holds no periods has no gaps.
// A term of group is a field, or a map of field, grain (hour, day, week, month, quarter, year and, if model.yaml has a
// fiscalYearStart, fiscal_quarter and fiscal_year) or bins (ascending edges), and as. An hour is a timestamp, any other
// period a text. The field may be one that the source looks up; then the name here has _ for points, and may be null.
// rollup declares that a dataset from a file is an aggregate of another one; a derived group without a limit always is.
// It may group by a field that the parent looks up. Every publish compares its rows with the groups, as a rule with the id
// rollup: doubles may differ by a millionth, the rest not at all. Its severity is warning unless it says error:
//
//	rollup: {of: fact_achats, group: [mois], measures: {ca: sum(montant)}, severity: error}
//
// score declares fields that an ONNX file in the model's folder computes from others of the same row when rows are published,
// or a list of such files. inputs says which fields inputs take whose names are others:
//
//	score: {model: artifacts/returned.onnx, outputs: {return_proba: "probabilities[1]"}, inputs: {X: [price, quantity]}}
//
// lookup declares fields of a dimension that this dataset has too, by the one relationship to its key, or by a
// relationship's name (customProperties: goldserve: {name: order_date}), which then stands before theirs, with a point:
// order_date.week. They may be fields that the dimension looks up in turn, over at most three datasets:
//
//	lookup: {dim_clients: [pays]}
//	lookup: {order_date: [week], ship_date: [week], item: [name, sub.category.name]}
//
// # Settings of a property
//
//	mask: hmac                   # for personal data: drop (default), null, initials, first_letter, hmac, sha256_truncated, clear
//	label: {fr: Segment, en: Segment}
//	descriptionFr: …
//	unit: EUR                    # or {field: currency}: the field that holds it
//	format: money                # money, number, integer, percent, datetime, text, or a period: date (day), week, month, quarter, year
//	values: {A relancer: {fr: À relancer, en: To win back}}
//	cast: {from: text, decimal: ",", thousands: " ", date: "02/01/2006", true: [Y, "1"], false: [N], null: ["", NA], onError: null}
//
// cast reads a column of texts, or of integers (from: integer), as the field's type: gold.Cast. date is one layout of Go's
// package time or several, sign is one that numbers may have before or after them (% or €), epoch (s, ms, us, ns) makes timestamps of integers. Keys that don't matter to the field's type are
// checked and ignored, so that fields may share a cast by an alias.
// A dropped field is in Contract.Dropped, a masked one can't be filtered, sorted, searched, looked up, indexed, measured or
// part of the key.
//
// # Overrides
//
// The configuration file of an installation can override some settings of a model:
//
//	models:
//	  retail:
//	    currency: GBP                 # the unit of every field and metric with format: money
//	    locale: en-GB                 # BCP 47
//	    fields:
//	      dim_clients.email: {mask: hmac}
//
// There are no other keys. Only personal data can be masked. An unknown model or field, and a mask for a field that its
// contracts filter, sort, look up, index, measure or have in a key, is a problem of that file.
package contract
