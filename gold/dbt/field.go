package dbt

import (
	"regexp"
	"strconv"
	"strings"

	"goldserve/gold"
)

// typePattern takes a type of a database apart: its words, and its precision and scale.
var typePattern = regexp.MustCompile(`^\s*([a-z_][a-z0-9_ ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?(\s+with(?:out)? (?:local )?time zone)?\s*$`)

// kinds are the kinds of types of databases: of DuckDB, PostgreSQL, Snowflake, BigQuery, Redshift, Databricks and SQL Server.
var kinds = map[string]gold.Kind{
	"boolean": gold.Bool, "bool": gold.Bool, "bit": gold.Bool,
	"tinyint": gold.Int, "smallint": gold.Int, "int": gold.Int, "integer": gold.Int, "bigint": gold.Int, "int2": gold.Int, "int4": gold.Int,
	"int8": gold.Int, "int64": gold.Int, "long": gold.Int, "short": gold.Int, "byteint": gold.Int, "utinyint": gold.Int, "usmallint": gold.Int, "uinteger": gold.Int,
	"real": gold.Double, "float": gold.Double, "float4": gold.Double, "float8": gold.Double, "float64": gold.Double, "double": gold.Double, "double precision": gold.Double,
	"decimal": gold.Decimal, "numeric": gold.Decimal, "number": gold.Decimal, "dec": gold.Decimal, "bignumeric": gold.Decimal,
	"varchar": gold.Text, "character varying": gold.Text, "nvarchar": gold.Text, "char": gold.Text, "nchar": gold.Text, "character": gold.Text, "bpchar": gold.Text,
	"text": gold.Text, "string": gold.Text, "uuid": gold.Text, "json": gold.Text, "jsonb": gold.Text, "time": gold.Text, "enum": gold.Text,
	"date":      gold.Date,
	"timestamp": gold.Time, "timestamptz": gold.Time, "timestamp_ntz": gold.Time, "timestamp_ltz": gold.Time, "timestamp_tz": gold.Time,
	"timestamp_s": gold.Time, "timestamp_ms": gold.Time, "timestamp_ns": gold.Time, "datetime": gold.Time, "datetime2": gold.Time, "datetimeoffset": gold.Time,
}

// nested is of the types of lists, maps and structs.
var nested = regexp.MustCompile(`\[\d*\]$|^(?:array|list|map|struct|row|object|variant|super|record|repeated)\b`)

// Document reports whether a column's values are JSON: lists, maps, structs, or what the database calls so.
func (c *Column) Document() bool {
	text := c.typeText()
	return nested.MatchString(text) || text == "json" || text == "jsonb"
}

func (c *Column) typeText() string { return strings.ToLower(strings.TrimSpace(c.Type)) }

// Field returns the field that holds a column's values, which may be null, and the precision of a decimal. ok is false where
// the type is unknown, or no field can hold it.
func (c *Column) Field() (f gold.Field, precision int, ok bool) {
	text := c.typeText()
	if strings.HasPrefix(text, "enum(") {
		text = "enum"
	}
	if nested.MatchString(text) {
		return gold.Field{Name: c.Name, Kind: gold.Text, Nullable: true}, 0, true // as JSON
	}
	match := typePattern.FindStringSubmatch(text)
	if match == nil {
		return gold.Field{}, 0, false
	}
	f = gold.Field{Name: c.Name, Kind: kinds[match[1]], Nullable: true}
	if f.Kind == gold.Null {
		return gold.Field{}, 0, false
	}
	if f.Kind != gold.Decimal {
		return f, 0, true
	}
	precision, _ = strconv.Atoi(match[2])
	f.Scale, _ = strconv.Atoi(match[3])
	switch {
	case match[1] == "number" && precision == 38 && f.Scale == 0: // an integer of Snowflake
		f.Kind = gold.Int
		return f, 0, true
	case precision < 1 || precision > gold.MaxDigits || f.Scale > precision:
		f.Kind, f.Scale = gold.Double, 0
		return f, 0, true
	case precision > gold.NarrowDigits:
		f.Kind, f.Precision = gold.WideDecimal, precision
	}
	return f, precision, true
}
