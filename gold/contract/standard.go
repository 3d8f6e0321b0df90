package contract

import (
	"regexp"
	"slices"
	"strings"
)

// A shape checks a part of the standard that goldserve has no use for: it must be well formed, and is then left alone.
type shape func(f *file, n *node, what string)

func textShape(f *file, n *node, what string) { f.text(n, what) }

func numberShape(f *file, n *node, what string) { f.number(n, what) }

func booleanShape(f *file, n *node, what string) { f.boolean(n, what) }

func anyShape(*file, *node, string) {}

func scalarShape(f *file, n *node, what string) {
	if n.kind != scalarNode {
		f.add(n, "%s: expected one value, found %s", what, n.what())
	}
}

// textOrMapShape is of what may be a text or a map of anything.
func textOrMapShape(f *file, n *node, what string) {
	if n.kind != mapNode {
		f.text(n, what)
	}
}

func wordShape(words ...string) shape {
	return func(f *file, n *node, what string) { f.word(n, what, words) }
}

// dateShape is of a date that other tools may want without quotes.
func dateShape(f *file, n *node, what string) {
	if n.kind != scalarNode || !datePattern.MatchString(n.text) {
		f.add(n, "%s: expected a date such as 2011-12-08, found %s", what, n.what())
	}
}

var (
	datePattern     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([Tt ].*)?$`)
	stableIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// stableIDShape is of the standard's ids.
func stableIDShape(f *file, n *node, what string) {
	if text, ok := f.text(n, what); ok && !stableIDPattern.MatchString(text) {
		f.add(n, "%s: an id holds letters, digits, _ and - only, found %s", what, quote(text))
	}
}

func listShape(item shape) shape {
	return func(f *file, n *node, what string) {
		if n.kind != listNode {
			f.add(n, "%s: expected a list, found %s", what, n.what())
			return
		}
		for _, i := range n.items {
			item(f, i, what)
		}
	}
}

// mapShape is of a map with these keys; those in required must be there.
func mapShape(keys map[string]shape, required ...string) shape {
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return func(f *file, n *node, what string) {
		o := f.object(n, what)
		for _, name := range names {
			value := o.take(name)
			switch {
			case value != nil:
				keys[name](f, value, what+": "+name)
			case n.kind == mapNode && slices.Contains(required, name):
				f.add(n, "%s: the key %s is missing", what, name)
			}
		}
		o.done()
	}
}

// The parts of ODCS v3.1.0 that are only checked. Of a server the keys of all its types are taken.
var (
	tagsShape = listShape(textShape)

	definitionsShape = listShape(mapShape(map[string]shape{
		"id": stableIDShape, "url": textShape, "type": textShape, "description": textShape,
	}, "url", "type"))

	customShape = listShape(mapShape(map[string]shape{
		"id": stableIDShape, "property": textShape, "value": anyShape, "description": textShape,
	}, "property", "value"))

	descriptionShape = mapShape(map[string]shape{
		"usage": textShape, "purpose": textShape, "limitations": textShape,
		"authoritativeDefinitions": definitionsShape, "customProperties": customShape,
	})

	supportShape = listShape(mapShape(map[string]shape{
		"id": stableIDShape, "channel": textShape, "url": textShape, "description": textShape, "tool": textShape,
		"scope": textShape, "invitationUrl": textShape, "customProperties": customShape,
	}, "channel"))

	priceShape = mapShape(map[string]shape{
		"id": stableIDShape, "priceAmount": numberShape, "priceCurrency": textShape, "priceUnit": textShape,
	})

	memberShape = mapShape(map[string]shape{
		"id": stableIDShape, "username": textShape, "name": textShape, "description": textShape, "role": textShape,
		"dateIn": dateShape, "dateOut": dateShape, "replacedByUsername": textShape, "tags": tagsShape,
		"customProperties": customShape, "authoritativeDefinitions": definitionsShape,
	}, "username")

	roleShape = mapShape(map[string]shape{
		"id": stableIDShape, "role": textShape, "description": textShape, "access": textShape,
		"firstLevelApprovers": textShape, "secondLevelApprovers": textShape, "customProperties": customShape,
	}, "role")

	serverShape = mapShape(map[string]shape{
		"id": stableIDShape, "server": textShape, "type": wordShape(serverTypes...), "description": textShape,
		"environment": textShape, "roles": listShape(roleShape), "customProperties": customShape,
		"account": textShape, "catalog": textShape, "database": textShape, "dataset": textShape, "delimiter": textShape,
		"endpointUrl": textShape, "format": textShape, "host": textShape, "location": textShape, "path": textShape,
		"port": numberShape, "project": textShape, "region": textShape, "regionName": textShape, "schema": textShape,
		"serviceName": textShape, "stagingDir": textShape, "warehouse": textShape, "stream": textShape,
	}, "server", "type")
)

var serverTypes = []string{
	"api", "athena", "azure", "bigquery", "clickhouse", "cloudsql", "custom", "databricks", "db2", "denodo", "dremio",
	"duckdb", "glue", "hive", "impala", "informix", "kafka", "kinesis", "local", "mysql", "oracle", "postgres",
	"postgresql", "presto", "pubsub", "redshift", "s3", "sftp", "snowflake", "sqlserver", "synapse", "trino", "vertica", "zen",
}

// teamShape is of a team, or of the list of members that the standard had before.
func teamShape(f *file, n *node, what string) {
	if n.kind == listNode {
		listShape(memberShape)(f, n, what)
		return
	}
	mapShape(map[string]shape{
		"id": stableIDShape, "name": textShape, "description": textShape, "members": listShape(memberShape),
		"tags": tagsShape, "customProperties": customShape, "authoritativeDefinitions": definitionsShape,
	})(f, n, what)
}

// check takes keys of o that have a shape only.
func (o *object) check(keys map[string]shape) {
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if n := o.take(name); n != nil {
			keys[name](o.file, n, o.what+": "+name)
		}
	}
}

// settings takes customProperties and returns the value of the one named goldserve, or nil.
func (o *object) settings() *node {
	list := o.take("customProperties")
	if list == nil {
		return nil
	}
	customShape(o.file, list, o.what+": customProperties")
	var value *node
	for _, item := range list.items {
		property := mapValue(item, "property")
		if property == nil {
			continue
		}
		switch name := property.text; {
		case name == settingsName && value != nil:
			o.file.add(property, "%s: customProperties hold goldserve twice", o.what)
		case name == settingsName:
			value = mapValue(item, "value")
		case strings.EqualFold(name, settingsName) || o.file.report.nearest(name, []string{settingsName}) != "":
			o.file.report.add(o.file.name, property, settingsName, "%s: unknown custom property %s", o.what, quote(name))
		}
	}
	return value
}

// settingsName is the custom property that holds what the standard has no word for.
const settingsName = "goldserve"

// mapValue returns the value of a key of a map, or nil.
func mapValue(n *node, key string) *node {
	for _, e := range n.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}
