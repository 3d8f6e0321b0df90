package contract

import (
	"cmp"
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// kinds are the logical types of the standard. A time of day is text, and what has several values in a row is JSON text.
var kinds = map[string]gold.Kind{
	"integer": gold.Int, "number": gold.Double, "string": gold.Text, "date": gold.Date, "timestamp": gold.Time, "boolean": gold.Bool,
	"time": gold.Text, "array": gold.Text, "object": gold.Text, "map": gold.Text, "vector": gold.Text,
}

// nestedTypes are those of kinds that are JSON text.
var nestedTypes = []string{"array", "object", "map", "vector"}

// decimalPattern is of the physical types that make a number exact.
var decimalPattern = regexp.MustCompile(`(?i)^\s*(?:decimal|numeric)\s*(?:\(\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\))?\s*$`)

// singlePattern is of the physical types that make a number a 32-bit float.
var singlePattern = regexp.MustCompile(`(?i)^\s*float(?:4|32)?\s*$`)

// bytesPattern is of the physical types that are bytes: their text is base64, unless the file says that they are text.
var bytesPattern = regexp.MustCompile(`(?i)^\s*(?:(?:var)?binary|bytes|bytea|blob|byte_array|fixed(?:_len_byte_array)?)\s*(?:\(\s*(?:\d+|max)\s*\))?\s*$`)

// durationPattern is of the physical types that make a string a duration.
var durationPattern = regexp.MustCompile(`(?i)^\s*(?:duration|timedelta(?:64)?|interval\s+day\s+to\s+second)\s*(?:\[\s*\w+\s*\])?\s*$`)

// integerPattern is of the physical types that are integers.
var integerPattern = regexp.MustCompile(`(?i)^\s*(?:(?:big|small|tiny|medium)?int|integer|int(?:8|16|32|64)|long)\s*$`)

// classes are the classifications that are known. The list is closed, so that a slip in "pii" can't open a field.
var classes = []string{"pii", "public", "internal", "confidential", "restricted", "sensitive"}

// requireKey reports fields of the key that may be null. A group of a derived dataset may be.
func (d *draft) requireKey() {
	for _, part := range d.keyParts {
		if f := d.contract.Dataset.Field(part.field); f != nil && f.Nullable && d.derive == nil {
			d.Add(part.at, "property %s: a field of the key needs required: true", part.field)
		}
	}
}

// keyPart is a field of the primary key.
type keyPart struct {
	at       *yaml.Node
	field    string
	position int64
}

// properties reads the fields, and the key that they make.
func (d *draft) properties(n *yaml.Node) {
	d.fields, d.hidden = map[string]*yaml.Node{}, map[string]hiding{}
	lower := map[string]string{}
	var key []keyPart
	items := d.List(n, "properties")
	for _, item := range items {
		p := &property{draft: d, at: item}
		p.read()
		name := p.field.Name
		if name == "" || p.computed {
			continue
		}
		// SQLite ignores the case of column names.
		if first := lower[strings.ToLower(name)]; first != "" {
			d.Add(p.name, "property %s: the field %s exists already", name, first)
			continue
		}
		lower[strings.ToLower(name)] = name
		d.fields[name] = p.name
		if p.key {
			key = append(key, keyPart{p.name, name, p.keyPosition})
		}
		p.store()
	}
	if len(d.contract.Dropped) == len(items) {
		d.Add(n, "properties: no field is stored: a dataset needs one")
	}
	d.keyOf(key)
	d.unitFields()
}

// unitFields checks the fields that hold the units of others.
func (d *draft) unitFields() {
	set := &d.contract.Dataset
	for i := range set.Fields {
		f := &set.Fields[i]
		if f.Doc.UnitField == "" {
			continue
		}
		n, what := d.fields[f.Name], "property "+f.Name+": unit"
		unit := d.openField(n, what, f.Doc.UnitField)
		switch {
		case unit == nil:
			f.Doc.UnitField = ""
		case !f.Kind.Numeric() && f.Kind != gold.Null:
			d.Add(n, "%s: amounts are numbers, %s is %s", what, f.Name, f.Kind.WithArticle())
		case unit.Kind != gold.Text && unit.Kind != gold.Null:
			d.Add(n, "%s: a unit is a text, %s is %s", what, unit.Name, unit.Kind.WithArticle())
		}
	}
}

// keyOf orders the key's fields by primaryKeyPosition. A dataset may have none.
func (d *draft) keyOf(parts []keyPart) {
	d.keyless, d.contract.Dataset.Key = len(parts) == 0, []string{}
	d.keyParts = parts
	slices.SortStableFunc(parts, func(a, b keyPart) int { return cmp.Compare(a.position, b.position) })
	for i, part := range parts {
		if len(parts) > 1 && part.position != int64(i+1) {
			d.Add(part.at, "property %s: a key of %d fields needs primaryKeyPosition 1 to %d, each once", part.field, len(parts), len(parts))
		}
		f := d.openField(part.at, "key", part.field)
		switch {
		case f == nil:
			continue
		case f.Kind == gold.Double || f.Kind == gold.Bool:
			d.Add(part.at, "property %s: %s can't be a key", part.field, f.Kind.WithArticle())
		}
		d.contract.Dataset.Key = append(d.contract.Dataset.Key, part.field)
	}
}

// property is one field being read.
type property struct {
	*draft
	at, name    *yaml.Node
	field       gold.Field
	rules       []gold.Rule
	key         bool
	keyPosition int64
	unique      bool
	drop        bool
	nested      bool // JSON text
	computed    bool // a measure or dimension of the standard's own, which is no column
}

func (p *property) read() {
	o := p.Object(p.at, "property")
	if p.name = o.Need("name"); p.name != nil {
		p.field.Name = p.fieldName(p.name)
		if p.field.Name != "" {
			o.What = "property " + p.field.Name
		}
	}
	p.kind(o)
	checkShapes(o, map[string]shape{
		"id": stableIDShape, "authoritativeDefinitions": definitionsShape, "tags": tagsShape,
		"partitioned": booleanShape, "partitionKeyPosition": numberShape, "encryptedName": textShape,
		"transformLogic": textShape,
		"examples":       listShape(scalarShape), "criticalDataElement": booleanShape,
	})
	if n := o.Take("physicalName"); n != nil {
		p.physicalName(n, o.What)
	}
	if p.version == standard32 {
		checkShapes(o, newShapes)
		if n := o.Take("semanticType"); n != nil {
			word, _ := p.Word(n, o.What+": semanticType", []string{"column", "dimension", "measure"})
			p.computed = word == "dimension" || word == "measure"
		}
	}
	required := o.Take("required")
	p.field.Nullable = required == nil || !p.Boolean(required, o.What+": required")
	p.unique = o.Boolean("unique")
	if p.key = o.Boolean("primaryKey"); p.key {
		p.field.Nullable = p.field.Nullable && required != nil // a key is never null, unless the contract says that it is
		p.integerKey()
	}
	p.position(o)
	p.field.Doc.Description = described("en", o.Text("description"))
	p.field.Doc.Transform = described("en", o.Text("transformDescription"))
	if n := o.Take("transformSourceObjects"); n != nil {
		for _, item := range p.List(n, o.What+": transformSourceObjects") {
			if text, ok := p.Text(item, o.What+": transformSourceObjects"); ok {
				p.field.Doc.Sources = append(p.field.Doc.Sources, text)
			}
		}
	}
	p.field.Doc.Label = described("en", o.Text("businessName")) // unless the settings have another
	if n := o.Take("classification"); n != nil {
		if class, ok := p.Text(n, o.What+": classification"); ok {
			class, _ = p.Word(&yaml.Node{Line: n.Line, Column: n.Column, Text: strings.ToLower(class)}, o.What+": classification", classes)
			p.field.PII = class == "pii"
		}
	}
	if n := o.Take("logicalTypeOptions"); n != nil {
		p.options(n, o.What)
	}
	settings := settingsIn(o)
	quality, enum, relationships := o.Take("quality"), o.Take("enum"), o.Take("relationships")
	o.Done()

	if p.field.Name == "" {
		return
	}
	if enum != nil {
		p.enum(enum)
	}
	if quality != nil {
		p.quality(quality, p)
	}
	if relationships != nil {
		for _, item := range p.List(relationships, o.What+": relationships") {
			p.relationship(item, p.field.Name)
		}
	}
	p.settings(settings, o.What)
}

// integerKey makes a key that the standard calls a number, and the file an integer, one: a double is no key.
func (p *property) integerKey() {
	if n := p.at.Value("physicalType"); n != nil && p.field.Kind == gold.Double && integerPattern.MatchString(n.Text) {
		p.field.Kind = gold.Int
	}
}

// fieldName reads the field's name, which URLs and the stores have too; a column may have any other.
func (p *property) fieldName(n *yaml.Node) string {
	text, ok := p.Text(n, "property: name")
	if ok && !yaml.IsIdentifier(text) {
		p.Add(n, "property: name: %s can't be a name: expected %s: if it is the column's name, say name: %s, physicalName: %s",
			yaml.Quote(text), yaml.IdentifierWords, yaml.Identifier(text), yaml.Quote(text))
		return ""
	}
	return text
}

// physicalName reads the column's name in the file, which may be any text.
func (p *property) physicalName(n *yaml.Node, what string) {
	name, ok := p.Text(n, what+": physicalName")
	switch {
	case !ok:
	case name == "":
		p.Add(n, "%s: physicalName: expected the name of a column, found nothing: leave it out where the column is named as the field", what)
	case name != p.field.Name:
		p.field.PhysicalName = name
	}
}

// store adds the field to the dataset, or to the dropped fields.
func (p *property) store() {
	if p.unique && !p.key {
		p.rules = append(p.rules, gold.Rule{ID: p.field.Name + "_unique", Metric: "duplicateValues", Field: p.field.Name, Operator: "mustBe", Values: []float64{0}})
	}
	for i := range p.rules {
		p.addRule(p.at, p.rules[i], p.hides(p.field.Name))
	}
	if p.drop {
		p.contract.Dropped = append(p.contract.Dropped, p.field)
		return
	}
	p.contract.Dataset.Fields = append(p.contract.Dataset.Fields, p.field)
}

// kind reads logicalType and physicalType.
func (p *property) kind(o *yaml.Object) {
	logical, physical := o.Need("logicalType"), o.Take("physicalType")
	if logical != nil {
		types := []string{"string", "integer", "number", "date", "timestamp", "boolean", "time", "object", "array"}
		if p.version == standard32 {
			types = append(types, "map", "vector")
		}
		if name, ok := p.Word(logical, o.What+": logicalType", types); ok {
			if p.field.Kind = kinds[name]; p.before31() {
				p.field.Kind = p.kind30(o, logical, name, p.field.Kind)
			}
			if p.nested = slices.Contains(nestedTypes, name); p.nested {
				checkShapes(o, map[string]shape{"items": anyShape, "properties": anyShape})
			}
		}
	}
	if physical == nil {
		return
	}
	text, ok := p.Text(physical, o.What+": physicalType")
	p.field.Base64 = ok && p.field.Kind == gold.Text && !p.nested && bytesPattern.MatchString(text)
	p.field.Single = ok && p.field.Kind == gold.Double && singlePattern.MatchString(text)
	if ok && p.field.Kind == gold.Text && !p.nested && durationPattern.MatchString(text) {
		p.field.Kind, p.field.Scale = gold.Duration, gold.DurationScale
	}
	if match := decimalPattern.FindStringSubmatch(text); ok && match != nil && p.field.Kind == gold.Double {
		p.decimal(physical, o.What, match)
	}
}

// decimal makes the field exact, as DECIMAL(precision, scale) says.
func (p *property) decimal(n *yaml.Node, what string, match []string) {
	precision, _ := strconv.Atoi(match[1])
	scale, _ := strconv.Atoi(match[2])
	if match[1] == "" || precision < 1 || precision > gold.MaxDigits || scale > precision {
		p.Add(n, "%s: expected DECIMAL(p,s) with p from 1 to %d and s at most p, found %s: leave physicalType out for doubles", what, gold.MaxDigits, yaml.Quote(n.Text))
		return
	}
	if p.field.Kind, p.field.Scale = gold.Decimal, scale; precision > gold.NarrowDigits {
		p.field.Kind, p.field.Precision = gold.WideDecimal, precision
	}
}

// position reads primaryKeyPosition; -1 is the standard's "none".
func (p *property) position(o *yaml.Object) {
	n := o.Take("primaryKeyPosition")
	if n == nil {
		return
	}
	position, ok := p.Integer(n, o.What+": primaryKeyPosition", -1, math.MaxInt16)
	if ok && position >= 0 && !p.key {
		p.Add(n, "%s: primaryKeyPosition without primaryKey: true", o.What)
	}
	p.keyPosition = position
}

// options reads logicalTypeOptions: bounds, precision, pattern and lengths.
func (p *property) options(n *yaml.Node, what string) {
	o := p.Object(n, what+": logicalTypeOptions")
	switch k := p.field.Kind; {
	case k.Numeric():
		checkShapes(o, map[string]shape{"format": wordShape("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64")})
		p.bounds(o)
		if m := o.Take("multipleOf"); m != nil {
			p.multipleOf(m, o.What)
		}
	case k.Temporal():
		checkShapes(o, map[string]shape{"format": textShape, "timezone": booleanShape})
		if z := o.Take("defaultTimezone"); z != nil {
			p.defaultZone(z, o.What+": defaultTimezone")
		}
		p.bounds(o)
	case k == gold.Duration:
		checkShapes(o, map[string]shape{"format": textShape})
		p.bounds(o)
	case p.nested:
		return // they are about what lies within
	case k == gold.Text:
		checkShapes(o, map[string]shape{"format": textShape})
		p.lengths(o)
	case k == gold.Null:
		return // with an invalid type, its options are not known
	}
	o.Done()
}

// zoneNames are the names of the IANA time zone database, in which the nearest to a wrong one is looked for.
//
//go:embed zones.txt
var zoneNames string

// defaultZone reads the zone of timestamps without a zone.
func (p *property) defaultZone(n *yaml.Node, what string) {
	name, ok := p.Text(n, what)
	if !ok {
		return
	}
	zone, err := gold.NewZone(name)
	switch {
	case err != nil:
		p.AddNear(n, name, strings.Fields(zoneNames), "%s: %v, found %s", what, err, yaml.Quote(name))
	case p.field.Kind != gold.Time:
		p.Add(n, "%s: only timestamps have a zone, not %s", what, p.field.Kind.WithArticle())
	case zone != nil:
		p.field.DefaultZone = name
	}
}

// precision reads 1, 0.1, 0.01 … 0.000000001.
func (d *draft) precision(n *yaml.Node, what string) (float64, bool) {
	v, ok := d.Number(n, what)
	if !ok {
		return 0, false
	}
	for digits := range 10 {
		if v == 1/gold.Pow10(digits) {
			return v, true
		}
	}
	d.Add(n, "%s: expected 1, 0.1, 0.01 … 0.000000001, found %s", what, n.Text)
	return 0, false
}

// value reads a value of a kind, as in minimum and maximum.
func (d *draft) value(n *yaml.Node, what string, field *gold.Field) (gold.Value, bool) {
	if n.Kind != yaml.Scalar || n.IsNull() {
		d.Add(n, "%s: expected a value of %s field, found %s", what, field.Kind.WithArticle(), n.What())
		return gold.Value{}, false
	}
	if field.Kind.Numeric() && !n.Plain {
		d.Add(n, "%s: expected a number without quotes, found %s", what, yaml.Quote(n.Text))
		return gold.Value{}, false
	}
	v, err := field.ParseSource(n.Text)
	if err != nil {
		d.Add(n, "%s: %s, found %s", what, err, yaml.Quote(n.Text))
		return gold.Value{}, false
	}
	return v, true
}
