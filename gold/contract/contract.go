package contract

import (
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
	"goldserve/scoring"
)

// Contract is one compiled contract file: the dataset, and what only the publisher needs.
type Contract struct {
	Dataset gold.Dataset `json:"dataset"`
	// Source says where the lake has the dataset's rows: the file's stem ("fact_achats"), a path below the lake, or a
	// pattern: with {ts}, which means the newest match, or *, which means all. Empty for a derived dataset.
	Source string `json:"source,omitempty"`
	// Reading says how the source's files are read.
	Reading gold.Reading `json:"reading,omitzero"`
	File    string       `json:"file"`    // the contract's path in the file system that it was loaded from
	ID      string       `json:"id"`      // ODCS' id
	Version string       `json:"version"` // ODCS' version of the contract, not of the rows
	Status  string       `json:"status"`
	// Dropped are the PII fields that are never stored (mask: drop). The lake's file may have them or not. No other
	// part of the dataset refers to them.
	Dropped []gold.Field `json:"dropped,omitempty"`
	// SourceRules are the rules of dropped and masked fields. They apply to the source's values, before masking.
	SourceRules []gold.Rule `json:"source_rules,omitempty"`
	// Scorers compute fields, one for each of the dataset's Scores.
	Scorers []*scoring.Scorer `json:"-"`
	// Relationships are the contract's own, whose targets exist. They are for people: releases hold Dataset.Joins and Lookups.
	Relationships []Relationship `json:"-"`
}

// Relationship says that a field holds the values of a field of another dataset.
type Relationship struct {
	Name       string // of lookups over it; empty: none
	Field      string
	To, Target string // the other dataset, and its field
}

// draft is a contract being compiled, with the nodes that are needed to check it against the other contracts of its
// model.
type draft struct {
	*yaml.File
	overlay  *overlay // the overrides of its model; nil: none
	files    *modelFiles
	contract Contract
	version  string // of the standard

	object                     int        // which of the file's schema objects it is
	objects                    []string   // the names of all of them
	name, endpoint, collection *yaml.Node // nil where absent
	derive, rollup, lookup     *yaml.Node
	previous                   string                // of derive: growth, as it is written
	fields                     map[string]*yaml.Node // the place of each declared field, dropped ones included
	hidden                     map[string]hiding     // masked or dropped fields, and what became of them
	relations                  []relation
	lookups                    []lookupEntry
	metricsNode                *yaml.Node
	lookedUp                   func(name string) *gold.Field // that the rows look up, nil: none; for metrics
	checked                    []gold.Lookup                 // those of lookups that can be used
	metrics                    map[string]*yaml.Node
	keyless                    bool // no field is declared to be of the key
	keyParts                   []keyPart
}

// The versions of the standard that are read.
const (
	standard31 = "v3.1.0"
	standard32 = "v3.2.0" // adds enum, deprecated, synonyms, context and semanticType
)

var standards = []string{"v3.0.0", "v3.0.1", "v3.0.2", standard31, standard32}

// compile reads one schema object of a contract file, and what the file says of all of them. Links to other contracts are checked by link.
func (d *draft) compile(root *yaml.Node) {
	o := d.Object(root, "contract")
	if n := o.Need("apiVersion"); n != nil {
		d.version, _ = d.Word(n, "contract: apiVersion", standards)
	}
	if n := o.Need("kind"); n != nil {
		d.Word(n, "contract: kind", []string{"DataContract"})
	}
	d.contract.ID = d.needText(o, "id")
	d.contract.Version = d.needText(o, "version")
	d.contract.Status = o.Text("status")
	if d.contract.Status == "" && o.Take("status") == nil && d.version != standard32 {
		d.Add(o.At, "contract: the key status is missing")
	}
	checkShapes(o, map[string]shape{
		"name": textShape, "tenant": textShape, "tags": tagsShape, "dataProduct": textShape, "domain": textShape,
		"description": descriptionShape, "servers": listShape(d.serverShape), "support": supportShape, "price": priceShape,
		"team": d.teamShape, "roles": listShape(roleShape), "authoritativeDefinitions": definitionsShape,
		"slaDefaultElement": textShape, "contractCreatedTs": dateShape,
	})
	if n := settingsIn(o); n != nil {
		d.Add(n, "contract: the settings of goldserve belong to the schema object and its properties, not to the contract")
	}
	sla := o.Take("slaProperties")
	schema := o.Need("schema")
	o.Done()
	if schema == nil {
		return
	}
	items := d.List(schema, "contract: schema")
	for _, item := range items {
		if n := item.Value("name"); n != nil {
			d.objects = append(d.objects, n.Text)
		}
	}
	if d.object < len(items) {
		d.schema(items[d.object])
	}
	if sla != nil {
		d.sla(sla)
	}
}

func (d *draft) needText(o *yaml.Object, key string) string {
	n := o.Need(key)
	if n == nil {
		return ""
	}
	text, ok := d.Text(n, o.What+": "+key)
	if ok && text == "" {
		d.Add(n, "%s: %s is empty", o.What, key)
	}
	return text
}

// schema reads the schema object: the dataset.
func (d *draft) schema(n *yaml.Node) {
	o := d.Object(n, "schema")
	set := &d.contract.Dataset
	if d.name = o.Need("name"); d.name != nil {
		set.Name, _ = d.Identifier(d.name, "schema: name")
		if set.Name != "" {
			o.What = "schema " + set.Name
		}
	}
	checkShapes(o, map[string]shape{
		"id": stableIDShape, "physicalType": textShape, "physicalName": textShape,
		"logicalType": wordShape("object"), "dataGranularityDescription": textShape, "tags": tagsShape,
		"authoritativeDefinitions": definitionsShape,
	})
	if d.version == standard32 {
		checkShapes(o, newShapes)
	}
	set.Doc.Description = described("en", o.Text("description"))
	set.Doc.Label = described("en", o.Text("businessName")) // unless the settings have another
	settings := settingsIn(o)
	properties, quality, relationships := o.Need("properties"), o.Take("quality"), o.Take("relationships")
	o.Done()

	if properties != nil {
		d.properties(properties)
	}
	if relationships != nil {
		for _, item := range d.List(relationships, o.What+": relationships") {
			d.relationship(item, "")
		}
	}
	if quality != nil {
		d.quality(quality, nil)
	}
	d.settingsOf(settings)
	d.requireKey()
}

// described returns a description or label in one language, nil for none.
func described(language, text string) map[string]string {
	if text == "" {
		return nil
	}
	return map[string]string{language: text}
}

// relationship reads one foreign key: of the schema, with from and to, or of the property named field, with to only.
// References into another file (with / or #) are ignored.
func (d *draft) relationship(n *yaml.Node, field string) {
	o := d.Object(n, "relationship")
	if t := o.Take("type"); t != nil {
		d.Word(t, "relationship: type", []string{"foreignKey"})
	}
	name, named := d.relationName(settingsIn(o))
	from := []string{d.contract.Dataset.Name + "." + field}
	if field == "" {
		from = d.references(o, "from")
	}
	to := d.references(o, "to")
	o.Done()
	switch {
	case len(from) != len(to) && len(from) > 0 && len(to) > 0:
		d.Add(n, "relationship: from has %s, to has %d", gold.Counted(len(from), "field"), len(to))
		return
	case len(from) != 1 || len(to) != 1:
		return // lookups by a composite key are not supported, and nothing else uses relationships
	}
	ownName, ownField, ok := strings.Cut(from[0], ".")
	dataset, key, okTo := strings.Cut(to[0], ".")
	if !ok || !okTo || strings.ContainsAny(from[0]+to[0], "/#") {
		return
	}
	if ownName != d.contract.Dataset.Name {
		d.Report.Add(d.Name, n.Value("from"), d.contract.Dataset.Name, "relationship: from names the dataset %s, but this is the contract of %s", yaml.Quote(ownName), d.contract.Dataset.Name)
		return
	}
	d.relations = append(d.relations, relation{at: n, name: name, named: named, field: ownField, dataset: dataset, key: key})
}

// references reads a key whose value is one reference (dataset.field) or a list of them.
func (d *draft) references(o *yaml.Object, key string) []string {
	n := o.Need(key)
	if n == nil {
		return nil
	}
	var references []string
	for _, item := range d.Words(n, "relationship: "+key) {
		if !strings.ContainsAny(item.Text, "/#") && strings.Count(item.Text, ".") != 1 {
			d.Add(item, "relationship: %s: expected a reference such as customers.id, found %s", key, yaml.Quote(item.Text))
		}
		references = append(references, item.Text)
	}
	return references
}
