package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// before31 reports whether the contract is of v3.0 of the standard. What that says otherwise: a date may have a time of the
// day, exclusive bounds are true or false beside minimum and maximum, quality rules have other names and no arguments, and a
// team is a list of members.
func (d *draft) before31() bool { return strings.HasPrefix(d.version, "v3.0.") }

// timePattern is of the physical types that make a date of v3.0 a timestamp.
var timePattern = regexp.MustCompile(`(?i)^\s*(?:timestamp|datetime)`)

// quotedPattern is of the literal text in a format of times.
var quotedPattern = regexp.MustCompile(`'[^']*'`)

// kind30 returns what a logicalType of v3.0 means: a date with a time of the day, as its physicalType or format tells, is a
// timestamp.
func (p *property) kind30(o *yaml.Object, at *yaml.Node, name string, kind gold.Kind) gold.Kind {
	switch name {
	case "timestamp", "time":
		p.Add(at, "%s: logicalType %s needs apiVersion: v3.1.0; in %s write date, with physicalType timestamp or a format with hours", o.What, name, p.version)
	case "date":
		if n := o.At.Value("physicalType"); n != nil && timePattern.MatchString(n.Text) {
			return gold.Time
		}
		if n := o.At.Value("logicalTypeOptions"); n != nil && n.Kind == yaml.Map {
			if format := n.Value("format"); format != nil && strings.ContainsAny(quotedPattern.ReplaceAllString(format.Text, ""), "HhKk") {
				return gold.Time
			}
		}
	}
	return kind
}

// exclusive30 takes the words of v3.0 that say whether the field's bounds are values that it can't have.
func (p *property) exclusive30(o *yaml.Object) {
	exclude := func(key string, bound **gold.Value, direction int64) {
		if o.Boolean(key) && *bound != nil {
			next := step(&p.field, **bound, direction)
			*bound = &next
		}
	}
	exclude("exclusiveMinimum", &p.field.Minimum, 1)
	exclude("exclusiveMaximum", &p.field.Maximum, -1)
}

// rules30 are the rules of v3.0's library. Its examples give the checks no operator: no row may fail.
var rules30 = map[string]struct {
	metric string // "": it says nothing to compare with
	check  bool
}{
	"countCheck": {}, "duplicateCount": {metric: "duplicateValues"}, "nullCheck": {"nullValues", true}, "rowCount": {metric: "rowCount"},
	"uniqueCheck": {"duplicateValues", true}, "validValues": {"invalidValues", true},
}

var ruleNames30 = slices.Sorted(maps.Keys(rules30))

// rule30 rewrites a rule of v3.0 as the one of today, with the nodes that it has. It returns nil where there is nothing to
// check.
func (d *draft) rule30(o *yaml.Object, at *yaml.Node) *yaml.Object {
	n := o.Need("rule")
	name := ""
	if n != nil {
		name, _ = d.Word(n, "quality: rule", ruleNames30)
	}
	rule := rules30[name]
	if rule.metric == "" {
		for _, key := range append(slices.Clone(operators), "id", "description", "severity", "unit", "validValues") {
			o.Take(key)
		}
		return nil
	}
	node := func(kind yaml.Kind, text string) *yaml.Node {
		return &yaml.Node{Kind: kind, Line: n.Line, Column: n.Column, Text: text, Plain: true}
	}
	today := *at
	today.Entries = []yaml.Entry{{Key: node(yaml.Scalar, "metric"), Value: node(yaml.Scalar, rule.metric)}}
	compared := false
	for _, key := range append(slices.Clone(operators), "id", "description", "severity", "unit") {
		if value := o.Take(key); value != nil {
			today.Entries = append(today.Entries, yaml.Entry{Key: node(yaml.Scalar, key), Value: value})
			compared = compared || slices.Contains(operators, key)
		}
	}
	if rule.check && !compared {
		today.Entries = append(today.Entries, yaml.Entry{Key: node(yaml.Scalar, "mustBe"), Value: node(yaml.Scalar, "0")})
	}
	if name == "validValues" {
		values := o.Need("validValues")
		if values == nil {
			return nil
		}
		arguments := node(yaml.Map, "")
		arguments.Entries = []yaml.Entry{{Key: node(yaml.Scalar, "validValues"), Value: values}}
		today.Entries = append(today.Entries, yaml.Entry{Key: node(yaml.Scalar, "arguments"), Value: arguments})
	}
	return d.Object(&today, o.What)
}
