package contract

import (
	"path"
	"strings"

	"goldserve/gold"
)

// Contract is one compiled contract file: the dataset, and what only the publisher needs of it.
type Contract struct {
	Dataset gold.Dataset `json:"dataset"`
	// Source is where the lake has the dataset's rows: the file's stem ("fact_achats"), a path below the lake, or a
	// pattern with {ts} for "the newest of these". Empty for a derived dataset.
	Source  string `json:"source,omitempty"`
	File    string `json:"file"`    // the contract's path in the file system that it was loaded from
	ID      string `json:"id"`      // ODCS' id
	Version string `json:"version"` // ODCS' version of the contract, not of the rows
	Status  string `json:"status"`
	// Dropped are the PII fields that are never stored (mask: drop): the lake's file may have them or not. No other
	// part of the dataset names them.
	Dropped []gold.Field `json:"dropped,omitempty"`
	// SourceRules are the rules of dropped and masked fields. They hold of the source's values, before masking.
	SourceRules []gold.Rule `json:"source_rules,omitempty"`
}

// draft is a contract being compiled, with the nodes that are needed to check it against the others of its model.
type draft struct {
	*file
	overlay  *overlay // of the model; nil: none
	contract Contract
	version  string // of the standard

	name, endpoint, collection *node // nil where absent
	derive, rollup, lookup     *node
	fields                     map[string]*node  // the place of each declared field, dropped ones included
	hidden                     map[string]hiding // masked or dropped fields, and what became of them
	relations                  []relation
	metrics                    map[string]*node
}

// relation is one foreign key of the standard: a field of this dataset equals the key of another.
type relation struct {
	at                  *node
	field, dataset, key string
}

// The versions of the standard that are read.
const (
	standard31 = "v3.1.0"
	standard32 = "v3.2.0" // adds enum
)

// compile reads one contract file. What depends on other contracts is checked by link.
func (d *draft) compile(root *node) {
	o := d.object(root, "contract")
	if n := o.need("apiVersion"); n != nil {
		d.version, _ = d.word(n, "contract: apiVersion", []string{standard31, standard32})
	}
	if n := o.need("kind"); n != nil {
		d.word(n, "contract: kind", []string{"DataContract"})
	}
	d.contract.ID = d.needText(o, "id")
	d.contract.Version = d.needText(o, "version")
	d.contract.Status = o.text("status")
	if d.contract.Status == "" && o.take("status") == nil && d.version != standard32 {
		d.add(o.at, "contract: the key status is missing")
	}
	o.check(map[string]shape{
		"name": textShape, "tenant": textShape, "tags": tagsShape, "dataProduct": textShape, "domain": textShape,
		"description": descriptionShape, "servers": listShape(serverShape), "support": supportShape, "price": priceShape,
		"team": teamShape, "roles": listShape(roleShape), "authoritativeDefinitions": definitionsShape,
		"slaDefaultElement": textShape, "contractCreatedTs": dateShape,
	})
	if n := o.settings(); n != nil {
		d.add(n, "contract: the settings of goldserve belong to the schema object and its properties, not to the contract")
	}
	sla := o.take("slaProperties")
	schema := o.need("schema")
	o.done()
	if schema == nil {
		return
	}
	items := d.list(schema, "contract: schema")
	for i, item := range items {
		if i > 0 {
			d.add(item, "contract: schema: one contract describes one dataset: give each its own file")
			break
		}
		d.schema(item)
	}
	if sla != nil {
		d.sla(sla)
	}
}

func (d *draft) needText(o *object, key string) string {
	n := o.need(key)
	if n == nil {
		return ""
	}
	text, ok := d.text(n, o.what+": "+key)
	if ok && text == "" {
		d.add(n, "%s: %s is empty", o.what, key)
	}
	return text
}

// schema reads the schema object: the dataset.
func (d *draft) schema(n *node) {
	o := d.object(n, "schema")
	set := &d.contract.Dataset
	if d.name = o.need("name"); d.name != nil {
		set.Name, _ = d.identifier(d.name, "schema: name")
		if set.Name != "" {
			d.routeName(d.name, "schema: name", set.Name)
			o.what = "schema " + set.Name
		}
	}
	o.check(map[string]shape{
		"id": stableIDShape, "physicalType": textShape, "physicalName": textShape, "businessName": textShape,
		"logicalType": wordShape("object"), "dataGranularityDescription": textShape, "tags": tagsShape,
		"authoritativeDefinitions": definitionsShape,
	})
	set.Doc.Description = described("en", o.text("description"))
	settings := o.settings()
	properties, quality, relationships := o.need("properties"), o.take("quality"), o.take("relationships")
	o.done()

	if properties != nil {
		d.properties(properties)
	}
	if relationships != nil {
		for _, item := range d.list(relationships, o.what+": relationships") {
			d.relationship(item, "")
		}
	}
	if quality != nil {
		d.quality(quality, nil)
	}
	d.settingsOf(settings)
}

// described returns a description in one language, nil for none.
func described(language, text string) map[string]string {
	if text == "" {
		return nil
	}
	return map[string]string{language: text}
}

// relationship reads one foreign key: of the schema with from and to, or of the property named field with to alone.
// A reference into another file (it holds / or #) has no meaning here.
func (d *draft) relationship(n *node, field string) {
	o := d.object(n, "relationship")
	if t := o.take("type"); t != nil {
		d.word(t, "relationship: type", []string{"foreignKey"})
	}
	o.check(map[string]shape{"customProperties": customShape})
	from := []string{d.contract.Dataset.Name + "." + field}
	if field == "" {
		from = d.references(o, "from")
	}
	to := d.references(o, "to")
	o.done()
	switch {
	case len(from) != len(to) && len(from) > 0 && len(to) > 0:
		d.add(n, "relationship: from has %d fields, to has %d", len(from), len(to))
		return
	case len(from) != 1 || len(to) != 1:
		return // a composite key can't be looked up by, and nothing else uses relationships
	}
	ownName, ownField, ok := strings.Cut(from[0], ".")
	dataset, key, okTo := strings.Cut(to[0], ".")
	if !ok || !okTo || strings.ContainsAny(from[0]+to[0], "/#") {
		return
	}
	if ownName != d.contract.Dataset.Name {
		d.report.add(d.file.name, mapValue(n, "from"), d.contract.Dataset.Name, "relationship: from names the dataset %s, but this is the contract of %s", quote(ownName), d.contract.Dataset.Name)
		return
	}
	d.relations = append(d.relations, relation{at: n, field: ownField, dataset: dataset, key: key})
}

// references reads a key that holds one reference (dataset.field) or a list of them.
func (d *draft) references(o *object, key string) []string {
	n := o.need(key)
	if n == nil {
		return nil
	}
	var references []string
	for _, item := range d.words(n, "relationship: "+key) {
		if !strings.ContainsAny(item.text, "/#") && strings.Count(item.text, ".") != 1 {
			d.add(item, "relationship: %s: expected a reference such as customers.id, found %s", key, quote(item.text))
		}
		references = append(references, item.text)
	}
	return references
}

// source checks where the rows are: a path below the lake, with {ts} at most once.
func (d *draft) source(n *node) string {
	text, ok := d.text(n, "goldserve: source")
	if !ok {
		return ""
	}
	plain := strings.Replace(text, "{ts}", "ts", 1)
	if text == "" || path.Clean("/"+plain) != "/"+plain || strings.ContainsAny(plain, "{}\\*?:") {
		d.add(n, "goldserve: source: expected a path below the lake, such as orders, sales/orders.parquet or orders_{ts}.csv, found %s", quote(text))
		return ""
	}
	return text
}
