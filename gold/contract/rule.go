package contract

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
)

var (
	ruleMetrics = []string{"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}

	operators = []string{
		"mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo",
		"mustBeBetween", "mustNotBeBetween",
	}

	dimensions = []string{"accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"}
)

// quality reads the rules of the dataset, or of property p. Rules of type text, sql and custom are for people and
// other tools: they are only checked to be well formed.
func (d *draft) quality(n *node, p *property) {
	for _, item := range d.list(n, "quality") {
		o := d.object(item, "quality")
		kind := "library"
		if t := o.take("type"); t != nil {
			kind, _ = d.word(t, "quality: type", []string{"library", "text", "sql", "custom"})
		}
		o.check(map[string]shape{
			"authoritativeDefinitions": definitionsShape, "businessImpact": textShape, "customProperties": customShape,
			"dimension": wordShape(dimensions...), "method": textShape, "name": textShape, "schedule": textShape,
			"scheduler": textShape, "tags": tagsShape,
		})
		switch kind {
		case "library":
			d.libraryRule(o, item, p)
		case "sql":
			o.need("query")
			o.check(map[string]shape{"query": textShape, "id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape})
			d.comparison(o)
		case "custom":
			o.need("engine")
			o.need("implementation")
			o.check(map[string]shape{"id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape, "engine": textShape, "implementation": textOrMapShape})
		case "text":
			o.check(map[string]shape{"id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape})
		default: // an unknown type was reported: its keys can't be judged
			continue
		}
		o.done()
	}
}

// libraryRule compiles one rule of the standard's library.
func (d *draft) libraryRule(o *object, at *node, p *property) {
	var r gold.Rule
	if n := o.take("rule"); n != nil {
		d.add(n, "quality: rule is the old name of metric: write metric")
	}
	metric := o.need("metric")
	if metric != nil {
		r.Metric, _ = d.word(metric, "quality: metric", ruleMetrics)
	}
	if n := o.take("id"); n != nil {
		stableIDShape(d.file, n, "quality: id")
		r.ID = n.text
	}
	r.Doc = o.text("description")
	if n := o.take("severity"); n != nil {
		severity, _ := d.word(n, "quality: severity", []string{"error", "warning"})
		if severity == "warning" {
			r.Severity = gold.SeverityWarning
		}
	}
	if n := o.take("unit"); n != nil {
		unit, _ := d.word(n, "quality: unit", []string{"rows", "percent"})
		if r.Percent = unit == "percent"; r.Percent && r.Metric == "rowCount" {
			d.add(n, "quality: a rowCount has no percent")
		}
	}
	arguments := o.take("arguments")
	r.Operator, r.Values = d.comparison(o)
	if r.Metric == "" {
		return
	}
	d.arguments(&r, arguments, at, p)
	switch {
	case p != nil && r.Metric == "rowCount":
		d.add(metric, "quality: rowCount is a rule of the dataset, not of a property")
	case p == nil && r.Metric != "rowCount" && r.Metric != "duplicateValues":
		d.add(metric, "quality: %s is a rule of a property, not of the dataset", r.Metric)
	case r.Operator == "":
	case p != nil:
		r.Field = p.field.Name
		p.rules = append(p.rules, r)
	default:
		d.addRule(at, r, false)
	}
}

// comparison takes the one operator of a rule and its numbers.
func (d *draft) comparison(o *object) (operator string, values []float64) {
	for _, name := range operators {
		n := o.take(name)
		if n == nil {
			continue
		}
		what := o.what + ": " + name
		switch {
		case operator != "":
			d.add(n, "%s: a rule has one operator, and this one has %s already: write two rules", o.what, operator)
			continue
		case strings.HasSuffix(name, "Between"):
			values = d.between(n, what)
		default:
			if v, ok := d.number(n, what); ok {
				values = []float64{v}
			}
		}
		operator = name
	}
	if operator == "" && o.at.kind == mapNode {
		d.add(o.at, "%s: an operator is missing, one of %s", o.what, strings.Join(operators, ", "))
	}
	return operator, values
}

func (d *draft) between(n *node, what string) []float64 {
	var values []float64
	for _, item := range d.list(n, what) {
		if v, ok := d.number(item, what); ok {
			values = append(values, v)
		}
	}
	if n.kind == listNode && (len(n.items) != 2 || len(values) == 2 && values[0] >= values[1]) {
		d.add(n, "%s: expected two numbers, the smaller one first", what)
	}
	return values
}

// arguments reads what the metric takes: valid values or a pattern, missing values, or the fields together.
func (d *draft) arguments(r *gold.Rule, n *node, at *node, p *property) {
	if n == nil {
		n = &node{kind: mapNode, line: at.line, column: at.column}
	}
	o := d.object(n, "quality: arguments")
	switch {
	case r.Metric == "invalidValues" && p != nil:
		valid, pattern := o.take("validValues"), o.take("pattern")
		if valid != nil {
			r.Valid = p.values(valid, "quality: validValues")
		}
		if pattern != nil {
			r.Pattern, _ = d.pattern(pattern, "quality: pattern")
		}
		if valid == nil && pattern == nil {
			d.add(at, "quality: invalidValues needs arguments: validValues or pattern")
		}
		if pattern != nil && p.field.Kind != gold.Text && p.field.Kind != gold.Null {
			d.add(pattern, "quality: pattern is for text, %s is %s", p.field.Name, aKind(p.field.Kind))
		}
	case r.Metric == "missingValues" && p != nil:
		// Null is always missing, listed or not.
		missing := o.need("missingValues")
		if missing != nil {
			r.Missing = p.values(missing, "quality: missingValues")
		}
	case r.Metric == "duplicateValues" && p == nil:
		fields := o.need("properties")
		if fields == nil {
			break
		}
		for _, item := range d.words(fields, "quality: properties") {
			if d.openField(item, "quality: properties", item.text) != nil {
				r.Fields = append(r.Fields, item.text)
			}
		}
	}
	o.done()
}

// values reads a list of values of the property, as text in the form that answers show; null is left out.
func (p *property) values(n *node, what string) []string {
	var texts []string
	for _, item := range p.list(n, what) {
		if item.isNull() {
			continue
		}
		text, ok := p.valueText(item, what)
		switch {
		case !ok:
		case slices.Contains(texts, text):
			p.add(item, "%s: %s is repeated", what, quote(text))
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

// valueText reads one value of the property as text.
func (p *property) valueText(n *node, what string) (string, bool) {
	if p.field.Kind == gold.Null {
		return "", false
	}
	if p.field.Kind == gold.Text {
		return p.text(n, what)
	}
	v, ok := p.value(n, what, &p.field)
	return p.field.Format(v), ok
}

// enum reads the list of values that v3.2.0 of the standard has: a rule, and labels.
func (p *property) enum(n *node) {
	if p.version == standard31 {
		p.add(n, "property %s: enum needs apiVersion: v3.2.0; in v3.1.0 write a quality rule invalidValues", p.field.Name)
		return
	}
	r := gold.Rule{ID: p.field.Name + "_enum", Metric: "invalidValues", Field: p.field.Name, Operator: "mustBe", Values: []float64{0}}
	for _, item := range p.list(n, "enum") {
		o := p.object(item, "enum")
		value, label := o.need("value"), o.text("label")
		o.check(map[string]shape{
			"id": stableIDShape, "description": textShape, "tags": tagsShape, "customProperties": customShape, "authoritativeDefinitions": definitionsShape,
		})
		o.done()
		if value == nil {
			continue
		}
		text, ok := p.valueText(value, "enum: value")
		switch {
		case !ok:
			continue
		case slices.Contains(r.Valid, text):
			p.add(value, "enum: %s is repeated", quote(text))
			continue
		}
		r.Valid = append(r.Valid, text)
		if label != "" {
			p.labelValue(text, "en", label)
		}
	}
	p.rules = append(p.rules, r)
}

// addRule gives a rule an id that no other of the dataset has. The rules of dropped and masked fields are kept apart.
func (d *draft) addRule(at *node, r gold.Rule, hidden bool) {
	used := func(id string) bool {
		same := func(o gold.Rule) bool { return o.ID == id }
		return slices.ContainsFunc(d.contract.Dataset.Rules, same) || slices.ContainsFunc(d.contract.SourceRules, same)
	}
	switch {
	case r.ID == "":
		base := r.Metric
		if r.Field != "" {
			base = r.Field + "_" + r.Metric
		}
		r.ID = base
		for i := 2; used(r.ID); i++ {
			r.ID = fmt.Sprintf("%s_%d", base, i)
		}
	case used(r.ID):
		d.add(at, "quality: the id %s is there already", quote(r.ID))
		return
	}
	if hidden {
		d.contract.SourceRules = append(d.contract.SourceRules, r)
		return
	}
	d.contract.Dataset.Rules = append(d.contract.Dataset.Rules, r)
}

// seconds are the units of the standard's freshness.
var seconds = map[string]float64{"d": 86400, "day": 86400, "days": 86400, "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "m": 60, "min": 60, "minutes": 60}

// sla reads slaProperties. Only freshness has a meaning here: a warning where the newest value of a field is older
// at the time of publication. Whatever else is promised (availability, support hours …) is left to people.
func (d *draft) sla(n *node) {
	for _, item := range d.list(n, "slaProperties") {
		o := d.object(item, "slaProperties")
		property := d.needText(o, "property")
		value, unit, element := o.need("value"), o.take("unit"), o.take("element")
		o.check(map[string]shape{
			"id": stableIDShape, "valueExt": scalarShape, "driver": textShape, "description": textShape, "scheduler": textShape, "schedule": textShape,
		})
		o.done()
		if property == "freshness" && value != nil {
			d.freshness(item, value, unit, element)
		}
	}
}

func (d *draft) freshness(at, value, unit, element *node) {
	if unit == nil || element == nil {
		d.add(at, "slaProperties: freshness needs unit (d, h or m) and element (%s.field)", d.contract.Dataset.Name)
		return
	}
	age, ok := d.number(value, "slaProperties: value")
	factor := seconds[unit.text]
	dataset, name, dotted := strings.Cut(element.text, ".")
	switch {
	case !ok:
		return
	case factor == 0:
		d.add(unit, "slaProperties: unit: expected d, h or m, found %s", unit.what())
		return
	case !dotted || dataset != d.contract.Dataset.Name:
		d.add(element, "slaProperties: element: expected %s.field, found %s", d.contract.Dataset.Name, element.what())
		return
	}
	f := d.field(element, "slaProperties: element", name)
	switch {
	case f == nil:
	case !temporal(f.Kind):
		d.add(element, "slaProperties: freshness is of a date or timestamp, %s is %s", name, aKind(f.Kind))
	default:
		d.addRule(at, gold.Rule{
			ID: name + "_freshness", Metric: "freshness", Field: name, Operator: "mustBeLessOrEqualTo", Values: []float64{age * factor}, Severity: gold.SeverityWarning,
		}, false)
	}
}
