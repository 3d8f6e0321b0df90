package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold/yaml"
)

// A shape checks a part of the standard that goldserve doesn't use: it must be well formed.
type shape func(f *yaml.File, n *yaml.Node, what string)

func textShape(f *yaml.File, n *yaml.Node, what string) { f.Text(n, what) }

func numberShape(f *yaml.File, n *yaml.Node, what string) { f.Number(n, what) }

func booleanShape(f *yaml.File, n *yaml.Node, what string) { f.Boolean(n, what) }

func anyShape(*yaml.File, *yaml.Node, string) {}

func scalarShape(f *yaml.File, n *yaml.Node, what string) {
	if n.Kind != yaml.Scalar {
		f.Add(n, "%s: expected one value, found %s", what, n.What())
	}
}

// textOrMapShape accepts a text or a map of anything.
func textOrMapShape(f *yaml.File, n *yaml.Node, what string) {
	if n.Kind != yaml.Map {
		f.Text(n, what)
	}
}

func wordShape(words ...string) shape {
	return func(f *yaml.File, n *yaml.Node, what string) { f.Word(n, what, words) }
}

// dateShape accepts a date, which other tools may want without quotes.
func dateShape(f *yaml.File, n *yaml.Node, what string) {
	if n.Kind != yaml.Scalar || !datePattern.MatchString(n.Text) {
		f.Add(n, "%s: expected a date such as 2011-12-08, found %s", what, n.What())
	}
}

var (
	datePattern     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([Tt ].*)?$`)
	stableIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// stableIDShape accepts the standard's ids.
func stableIDShape(f *yaml.File, n *yaml.Node, what string) {
	if text, ok := f.Text(n, what); ok && !stableIDPattern.MatchString(text) {
		f.Add(n, "%s: an id consists of letters, digits, _ and - only, found %s", what, yaml.Quote(text))
	}
}

func listShape(item shape) shape {
	return func(f *yaml.File, n *yaml.Node, what string) {
		if n.Kind != yaml.List {
			f.Add(n, "%s: expected a list, found %s", what, n.What())
			return
		}
		for _, i := range n.Items {
			item(f, i, what)
		}
	}
}

// mapShape accepts a map with these keys, and requires some.
func mapShape(keys map[string]shape, required ...string) shape {
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	return func(f *yaml.File, n *yaml.Node, what string) {
		o := f.Object(n, what)
		for _, name := range names {
			value := o.Take(name)
			switch {
			case value != nil:
				keys[name](f, value, what+": "+name)
			case n.Kind == yaml.Map && slices.Contains(required, name):
				f.Add(n, "%s: the key %s is missing", what, name)
			}
		}
		o.Done()
	}
}

// The parts of ODCS that are only checked, as v3.1.0 has them. For servers, the keys of all types are accepted.
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

	memberKeys = map[string]shape{
		"id": stableIDShape, "username": textShape, "name": textShape, "description": textShape, "role": textShape,
		"dateIn": dateShape, "dateOut": dateShape, "replacedByUsername": textShape, "tags": tagsShape,
		"customProperties": customShape, "authoritativeDefinitions": definitionsShape,
	}

	memberShape = mapShape(memberKeys, "username")

	roleShape = mapShape(map[string]shape{
		"id": stableIDShape, "role": textShape, "description": textShape, "access": textShape,
		"firstLevelApprovers": textShape, "secondLevelApprovers": textShape, "customProperties": customShape,
	}, "role")

	serverShape = mapShape(map[string]shape{
		"id": stableIDShape, "server": textShape, "type": wordShape(serverTypes...), "description": textShape,
		"environment": textShape, "roles": listShape(roleShape), "customProperties": customShape,
		"account": textShape, "catalog": textShape, "database": textShape, "dataset": textShape, "delimiter": textShape,
		"endpointUrl": textShape, "format": textShape, "host": textShape, "location": textShape, "path": textShape,
		"port": numberShape, "project": textShape, "region": textShape, "regionName": textShape, "schema": scalarShape,
		"serviceName": textShape, "stagingDir": textShape, "warehouse": textShape, "stream": textShape,
	}, "server", "type")
)

var serverTypes = []string{
	"api", "athena", "azure", "bigquery", "clickhouse", "cloudsql", "custom", "databricks", "db2", "denodo", "dremio",
	"duckdb", "glue", "hive", "impala", "informix", "kafka", "kinesis", "local", "mysql", "oracle", "postgres",
	"postgresql", "presto", "pubsub", "redshift", "s3", "sftp", "snowflake", "sqlserver", "synapse", "trino", "vertica", "zen",
}

// newShapes are keys of objects and properties that v3.2 of the standard adds, and nothing here uses.
var newShapes = map[string]shape{"deprecated": booleanShape, "synonyms": listShape(anyShape), "context": anyShape}

// serverShape is of a server. In v3.2 there are types and keys besides, which nothing here uses.
func (d *draft) serverShape(f *yaml.File, n *yaml.Node, what string) {
	if d.version != standard32 {
		serverShape(f, n, what)
		return
	}
	for _, key := range []string{"server", "type"} {
		if value := n.Value(key); value != nil {
			f.Text(value, what+": "+key)
		} else {
			f.Add(n, "%s: the key %s is missing", what, key)
		}
	}
}

// teamShape accepts a team, or the list of members of earlier versions of the standard; v3.0 has only that, and a member may be
// without a username.
func (d *draft) teamShape(f *yaml.File, n *yaml.Node, what string) {
	if d.before31() {
		keys := maps.Clone(memberKeys)
		keys["comment"] = textShape
		listShape(mapShape(keys))(f, n, what)
		return
	}
	if n.Kind == yaml.List {
		listShape(memberShape)(f, n, what)
		return
	}
	mapShape(map[string]shape{
		"id": stableIDShape, "name": textShape, "description": textShape, "members": listShape(memberShape),
		"tags": tagsShape, "customProperties": customShape, "authoritativeDefinitions": definitionsShape,
	})(f, n, what)
}

// checkShapes takes keys of o that have a shape only.
func checkShapes(o *yaml.Object, keys map[string]shape) {
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if n := o.Take(name); n != nil {
			keys[name](o.File, n, o.What+": "+name)
		}
	}
}

// settingsIn takes customProperties and returns the value of the one named goldserve, or nil.
func settingsIn(o *yaml.Object) *yaml.Node {
	list := o.Take("customProperties")
	if list == nil {
		return nil
	}
	customShape(o.File, list, o.What+": customProperties")
	var value *yaml.Node
	for _, item := range list.Items {
		property := item.Value("property")
		if property == nil {
			continue
		}
		switch name := property.Text; {
		case name == settingsName && value != nil:
			o.File.Add(property, "%s: customProperties hold goldserve twice", o.What)
		case name == settingsName:
			value = item.Value("value")
		case strings.EqualFold(name, settingsName) || o.File.Report.Nearest(name, []string{settingsName}) != "":
			o.File.Report.Add(o.File.Name, property, settingsName, "%s: unknown custom property %s", o.What, yaml.Quote(name))
		}
	}
	return value
}

// settingsName is the custom property for everything that is not in the standard.
const settingsName = "goldserve"
