package contract

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

var (
	ruleMetrics = []string{"nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"}

	operators = []string{
		"mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo",
		"mustBeBetween", "mustNotBeBetween",
	}

	severityNames = []string{"error", "warning"}

	dimensions = []string{"accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"}
)

// quality reads the rules of the dataset, or of property p. Rules of type text, sql and custom are for people and other
// tools: they must only be well formed.
func (d *draft) quality(n *yaml.Node, p *property) {
	for _, item := range d.List(n, "quality") {
		o := d.Object(item, "quality")
		kind := "library"
		if t := o.Take("type"); t != nil {
			kind, _ = d.Word(t, "quality: type", []string{"library", "text", "sql", "custom"})
		}
		checkShapes(o, map[string]shape{
			"authoritativeDefinitions": definitionsShape, "businessImpact": textShape, "customProperties": customShape,
			"dimension": wordShape(dimensions...), "method": textShape, "name": textShape, "schedule": textShape,
			"scheduler": textShape, "tags": tagsShape,
		})
		switch kind {
		case "library":
			d.libraryRule(o, item, p)
		case "sql":
			o.Need("query")
			checkShapes(o, map[string]shape{"query": textShape, "id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape})
			d.comparison(o)
		case "custom":
			o.Need("engine")
			o.Need("implementation")
			checkShapes(o, map[string]shape{"id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape, "engine": textShape, "implementation": textOrMapShape})
		case "text":
			checkShapes(o, map[string]shape{"id": stableIDShape, "description": textShape, "severity": textShape, "unit": textShape})
		default: // an unknown type was reported; its keys are unknown too
			continue
		}
		o.Done()
	}
}

// libraryRule compiles one rule of the standard's library.
func (d *draft) libraryRule(o *yaml.Object, at *yaml.Node, p *property) {
	var r gold.Rule
	if d.before31() && at.Value("metric") == nil {
		if o = d.rule30(o, at); o == nil {
			return
		}
	}
	if n := o.Take("rule"); n != nil {
		d.Add(n, "quality: rule is the old name of metric: write metric")
	}
	metric := o.Need("metric")
	if metric != nil {
		r.Metric, _ = d.Word(metric, "quality: metric", ruleMetrics)
	}
	if n := o.Take("id"); n != nil {
		stableIDShape(d.File, n, "quality: id")
		r.ID = n.Text
	}
	r.Doc = o.Text("description")
	if n := o.Take("severity"); n != nil {
		severity, _ := d.Word(n, "quality: severity", severityNames)
		if severity == "warning" {
			r.Severity = gold.SeverityWarning
		}
	}
	if n := o.Take("unit"); n != nil {
		unit, _ := d.Word(n, "quality: unit", []string{"rows", "percent"})
		if r.Percent = unit == "percent"; r.Percent && r.Metric == "rowCount" {
			d.Add(n, "quality: rowCount can't be in percent")
		}
	}
	arguments := o.Take("arguments")
	r.Operator, r.Values = d.comparison(o)
	if r.Metric == "" {
		return
	}
	d.arguments(&r, arguments, at, p)
	switch {
	case p != nil && r.Metric == "rowCount":
		d.Add(metric, "quality: rowCount is a rule of the dataset, not of a property")
	case p == nil && r.Metric != "rowCount" && r.Metric != "duplicateValues":
		d.Add(metric, "quality: %s is a rule of a property, not of the dataset", r.Metric)
	case r.Operator == "":
	case p != nil:
		r.Field = p.field.Name
		p.rules = append(p.rules, r)
	default:
		d.addRule(at, r, false)
	}
}

// comparison takes the one operator of a rule and its numbers.
func (d *draft) comparison(o *yaml.Object) (operator string, values []float64) {
	for _, name := range operators {
		n := o.Take(name)
		if n == nil {
			continue
		}
		what := o.What + ": " + name
		switch {
		case operator != "":
			d.Add(n, "%s: a rule has one operator, but this one already has %s: write two rules", o.What, operator)
			continue
		case strings.HasSuffix(name, "Between"):
			values = d.between(n, what)
		default:
			if v, ok := d.Number(n, what); ok {
				values = []float64{v}
			}
		}
		operator = name
	}
	if operator == "" && o.At.Kind == yaml.Map {
		d.Add(o.At, "%s: an operator is missing, one of %s", o.What, strings.Join(operators, ", "))
	}
	return operator, values
}

func (d *draft) between(n *yaml.Node, what string) []float64 {
	var values []float64
	for _, item := range d.List(n, what) {
		if v, ok := d.Number(item, what); ok {
			values = append(values, v)
		}
	}
	if n.Kind == yaml.List && (len(n.Items) != 2 || len(values) == 2 && values[0] >= values[1]) {
		d.Add(n, "%s: expected two numbers, the smaller one first", what)
	}
	return values
}

// arguments reads the arguments of the metric: valid values or a pattern, missing values, or several fields.
func (d *draft) arguments(r *gold.Rule, n *yaml.Node, at *yaml.Node, p *property) {
	if n == nil {
		n = &yaml.Node{Kind: yaml.Map, Line: at.Line, Column: at.Column}
	}
	o := d.Object(n, "quality: arguments")
	switch {
	case r.Metric == "invalidValues" && p != nil:
		valid, pattern := o.Take("validValues"), o.Take("pattern")
		if valid != nil {
			r.Valid = p.values(valid, "quality: validValues")
		}
		if pattern != nil {
			r.Pattern, _ = d.pattern(pattern, "quality: pattern")
		}
		r.Minimum, r.Maximum = p.ruleBound(o, "minimum"), p.ruleBound(o, "maximum")
		bounded := r.Minimum != nil || r.Maximum != nil
		switch {
		case valid == nil && pattern == nil && !bounded && o.At.Value("minimum") == nil && o.At.Value("maximum") == nil:
			d.Add(at, "quality: invalidValues needs arguments: validValues, pattern, or minimum and maximum")
		case bounded && (valid != nil || pattern != nil):
			d.Add(at, "quality: minimum and maximum exclude validValues and pattern: write two rules")
		case r.Minimum != nil && r.Maximum != nil && gold.Compare(*r.Minimum, *r.Maximum) > 0:
			d.Add(at, "quality: no value lies between the minimum and the maximum")
		}
		if pattern != nil && p.field.Kind != gold.Text && p.field.Kind != gold.Null {
			d.Add(pattern, "quality: pattern is for text, %s is %s", p.field.Name, p.field.Kind.WithArticle())
		}
	case r.Metric == "missingValues" && p != nil:
		// Null is always missing, listed or not.
		missing := o.Need("missingValues")
		if missing != nil {
			r.Missing = p.values(missing, "quality: missingValues")
		}
	case r.Metric == "duplicateValues" && p == nil:
		fields := o.Need("properties")
		if fields == nil {
			break
		}
		for _, item := range d.Words(fields, "quality: properties") {
			if d.openField(item, "quality: properties", item.Text) != nil {
				r.Fields = append(r.Fields, item.Text)
			}
		}
	}
	o.Done()
}

// ruleBound reads a bound of the values that a rule calls valid; nil: there is none.
func (p *property) ruleBound(o *yaml.Object, key string) *gold.Value {
	n := o.Take(key)
	if n == nil || p.field.Kind == gold.Null {
		return nil
	}
	if p.field.Kind == gold.Text || p.field.Kind == gold.Bool {
		p.Add(n, "quality: %s is for numbers, dates and times, %s is %s", key, p.field.Name, p.field.Kind.WithArticle())
		return nil
	}
	v, ok := p.value(n, o.What+": "+key, &p.field)
	if !ok {
		return nil
	}
	return &v
}

// values reads a list of values of the property, as text in the form that answers show, without null.
func (p *property) values(n *yaml.Node, what string) []string {
	var texts []string
	for _, item := range p.List(n, what) {
		if item.IsNull() {
			continue
		}
		text, ok := p.valueText(item, what)
		switch {
		case !ok:
		case slices.Contains(texts, text):
			p.Add(item, "%s: %s is repeated", what, yaml.Quote(text))
		default:
			texts = append(texts, text)
		}
	}
	return texts
}

// valueText reads one value of the property as text.
func (p *property) valueText(n *yaml.Node, what string) (string, bool) {
	if p.field.Kind == gold.Null {
		return "", false
	}
	if p.field.Kind == gold.Text {
		return p.Text(n, what)
	}
	v, ok := p.value(n, what, &p.field)
	return p.field.Format(v), ok
}

// enum reads the list of values of v3.2.0 of the standard: a rule, and labels.
func (p *property) enum(n *yaml.Node) {
	switch {
	case p.before31():
		p.Add(n, "property %s: enum needs apiVersion: v3.2.0; in %s write a quality rule validValues", p.field.Name, p.version)
		return
	case p.version == standard31:
		p.Add(n, "property %s: enum needs apiVersion: v3.2.0; in v3.1.0 write a quality rule invalidValues", p.field.Name)
		return
	}
	r := gold.Rule{ID: p.field.Name + "_enum", Metric: "invalidValues", Field: p.field.Name, Operator: "mustBe", Values: []float64{0}}
	for _, item := range p.List(n, "enum") {
		o := p.Object(item, "enum")
		value, label := o.Need("value"), o.Text("label")
		checkShapes(o, map[string]shape{
			"id": stableIDShape, "description": textShape, "tags": tagsShape, "customProperties": customShape, "authoritativeDefinitions": definitionsShape,
		})
		o.Done()
		if value == nil {
			continue
		}
		text, ok := p.valueText(value, "enum: value")
		switch {
		case !ok:
			continue
		case slices.Contains(r.Valid, text):
			p.Add(value, "enum: %s is repeated", yaml.Quote(text))
			continue
		}
		r.Valid = append(r.Valid, text)
		if label != "" {
			p.labelValue(text, "en", label)
		}
	}
	p.rules = append(p.rules, r)
}

// addRule adds a rule with a unique id. The rules of dropped and masked fields are separate.
func (d *draft) addRule(at *yaml.Node, r gold.Rule, hidden bool) {
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
		d.Add(at, "quality: the id %s exists already", yaml.Quote(r.ID))
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

// sla reads slaProperties. Only freshness is used: it is a warning if the newest value of a field is older at the time
// of publication. Other promises (availability, support hours …) are for people.
func (d *draft) sla(n *yaml.Node) {
	for _, item := range d.List(n, "slaProperties") {
		o := d.Object(item, "slaProperties")
		property := d.needText(o, "property")
		value, unit, element := o.Need("value"), o.Take("unit"), o.Take("element")
		checkShapes(o, map[string]shape{
			"id": stableIDShape, "valueExt": scalarShape, "driver": textShape, "description": textShape, "scheduler": textShape, "schedule": textShape,
		})
		o.Done()
		if property == "freshness" && value != nil && d.concerned(element) {
			d.freshness(item, value, unit, element)
		}
	}
}

// concerned reports whether a field that the whole file speaks of is for this object to look for: the file's first one does
// where none has it.
func (d *draft) concerned(element *yaml.Node) bool {
	if element != nil {
		if dataset, _, dotted := strings.Cut(element.Text, "."); dotted && slices.Contains(d.objects, dataset) {
			return dataset == d.contract.Dataset.Name
		}
	}
	return d.object == 0
}

func (d *draft) freshness(at, value, unit, element *yaml.Node) {
	if unit == nil || element == nil {
		d.Add(at, "slaProperties: freshness needs unit (d, h or m) and element (%s.field)", d.contract.Dataset.Name)
		return
	}
	age, ok := d.Number(value, "slaProperties: value")
	factor := seconds[unit.Text]
	dataset, name, dotted := strings.Cut(element.Text, ".")
	switch {
	case !ok:
		return
	case factor == 0:
		d.Add(unit, "slaProperties: unit: expected d, h or m, found %s", unit.What())
		return
	case !dotted || dataset != d.contract.Dataset.Name:
		d.Add(element, "slaProperties: element: expected %s.field, found %s", d.contract.Dataset.Name, element.What())
		return
	}
	f := d.field(element, "slaProperties: element", name)
	switch {
	case f == nil:
	case !f.Kind.Temporal():
		d.Add(element, "slaProperties: freshness needs a date or timestamp, %s is %s", name, f.Kind.WithArticle())
	default:
		d.addRule(at, gold.Rule{
			ID: name + "_freshness", Metric: "freshness", Field: name, Operator: "mustBeLessOrEqualTo", Values: []float64{age * factor}, Severity: gold.SeverityWarning,
		}, false)
	}
}
