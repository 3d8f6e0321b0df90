package iceberg

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

type fieldJSON struct {
	ID       int             `json:"id"`
	Name     string          `json:"name"`
	Required bool            `json:"required"`
	Type     json.RawMessage `json:"type"`
	Default  json.RawMessage `json:"initial-default"`
}

// nestedJSON is a struct, a list or a map.
type nestedJSON struct {
	Type    string          `json:"type"`
	Fields  []fieldJSON     `json:"fields"`
	Element json.RawMessage `json:"element"`
	Key     json.RawMessage `json:"key"`
	Value   json.RawMessage `json:"value"`
}

// Limits of a schema.
const (
	maxNesting = 12
	maxID      = 1<<31 - 1
)

// errUnsupported says what of a schema is not implemented.
type errUnsupported string

func (e errUnsupported) Error() string { return string(e) }

// schemaOf returns the columns of a schema.
func (t *Table) schemaOf(s *schemaJSON) (*parquet.Schema, error) {
	columns, err := columnsOf(s.Fields, "", 0)
	code := gold.CodeFileInvalid
	if _, ok := errors.AsType[errUnsupported](err); ok {
		code = gold.CodeFileUnsupported
	}
	schema := &parquet.Schema{Columns: columns, ByID: true}
	if err == nil {
		schema.Names, err = t.names()
	}
	if err == nil {
		if err = schema.Valid(); err != nil {
			code = gold.CodeFileUnsupported
		}
	}
	if err != nil {
		return nil, invalid(t.file, code, "the schema %d of the Iceberg table: %v", s.ID, err)
	}
	return schema, nil
}

func columnsOf(fields []fieldJSON, within string, depth int) ([]parquet.SchemaColumn, error) {
	var columns []parquet.SchemaColumn
	names, ids := map[string]bool{}, map[int]bool{}
	for i := range fields {
		f := &fields[i]
		name := within + f.Name
		if f.Name == "" || names[f.Name] || f.ID < 1 || f.ID > maxID || ids[f.ID] {
			return nil, fmt.Errorf("it has a column without a name or an id, or two with one of them: %q, id %d", object.Shorten(name), f.ID)
		}
		names[f.Name], ids[f.ID] = true, true
		t, err := typeOf(f.Type, name, depth)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue // of the type unknown, which is nothing but nulls: it is left out
		}
		if depth > 0 && hasDefault(f.Default) {
			return nil, errUnsupported(fmt.Sprintf("the column %q lies within a struct, and has an initial-default, which goldserve does not read there: write the table's rows into a new one", object.Shorten(name)))
		}
		columns = append(columns, parquet.SchemaColumn{Name: f.Name, Stored: f.Name, ID: int32(f.ID), Nullable: !f.Required, Type: *t})
	}
	return columns, nil
}

func hasDefault(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// primitives are the types with a name alone.
var primitives = map[string]parquet.TypeKind{
	"boolean": parquet.Booleans, "int": parquet.Integers, "long": parquet.LongIntegers, "float": parquet.Floats, "double": parquet.Doubles,
	"date": parquet.Dates, "time": parquet.Clocks, "timestamp": parquet.LocalInstants, "timestamptz": parquet.Instants,
	"timestamp_ns": parquet.LocalInstants, "timestamptz_ns": parquet.Instants, "string": parquet.Texts, "uuid": parquet.UUIDs, "binary": parquet.Bytes,
}

// nanos is the scale of timestamps with nanoseconds; else they have microseconds.
const nanos = 9

var (
	decimalType = regexp.MustCompile(`^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$`)
	fixedType   = regexp.MustCompile(`^fixed\[\s*\d{1,9}\s*\]$`)
)

// typeOf returns a type, nil for unknown.
func typeOf(raw json.RawMessage, column string, depth int) (*parquet.Type, error) {
	if depth > maxNesting {
		return nil, errUnsupported(fmt.Sprintf("the column %q nests more than %d types", object.Shorten(column), maxNesting))
	}
	var name string
	if err := json.Unmarshal(raw, &name); err == nil {
		return primitive(name, column)
	}
	var n nestedJSON
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("the column %q has a type that is neither a name nor an object: %s", object.Shorten(column), object.Shorten(string(raw)))
	}
	item := func(raw json.RawMessage) (*parquet.Type, error) {
		t, err := typeOf(raw, column, depth+1)
		if err == nil && t == nil {
			return nil, errUnsupported(fmt.Sprintf("the column %q holds lists or maps of nothing but nulls (unknown)", object.Shorten(column)))
		}
		return t, err
	}
	switch n.Type {
	case "struct":
		fields, err := columnsOf(n.Fields, column+".", depth+1)
		return &parquet.Type{Kind: parquet.Structs, Fields: fields}, err
	case "list":
		element, err := item(n.Element)
		return &parquet.Type{Kind: parquet.Lists, Item: element}, err
	case "map":
		key, err := item(n.Key)
		if err != nil {
			return nil, err
		}
		value, err := item(n.Value)
		return &parquet.Type{Kind: parquet.Maps, Key: key, Item: value}, err
	}
	return nil, unknownType(column, n.Type)
}

func primitive(name, column string) (*parquet.Type, error) {
	if kind, ok := primitives[name]; ok {
		t := &parquet.Type{Kind: kind}
		if strings.HasSuffix(name, "_ns") {
			t.Scale = nanos
		}
		return t, nil
	}
	if m := decimalType.FindStringSubmatch(name); m != nil {
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if precision < 1 || precision > gold.MaxDigits || scale > precision {
			return nil, fmt.Errorf("the column %q is a %s: expected up to %d digits", object.Shorten(column), name, gold.MaxDigits)
		}
		return &parquet.Type{Kind: parquet.Decimals, Precision: precision, Scale: scale}, nil
	}
	switch {
	case name == "unknown":
		return nil, nil
	case fixedType.MatchString(name):
		return &parquet.Type{Kind: parquet.Bytes}, nil
	}
	return nil, unknownType(column, name)
}

func unknownType(column, name string) error {
	return errUnsupported(fmt.Sprintf("the column %q is of the type %q, which goldserve does not read: write the table's rows into one without it", object.Shorten(column), object.Shorten(name)))
}

// nameMapping is the property that gives columns of files without ids theirs, by their names.
const nameMapping = "schema.name-mapping.default"

type mappingJSON struct {
	ID     int           `json:"field-id"`
	Names  []string      `json:"names"`
	Fields []mappingJSON `json:"fields"`
}

// names reads the table's name mapping; nil: it has none.
func (t *Table) names() ([]parquet.NamedColumn, error) {
	text := t.metadata.property(nameMapping)
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var mapping []mappingJSON
	if err := json.Unmarshal([]byte(text), &mapping); err != nil {
		return nil, fmt.Errorf("its property %s can't be read as JSON: %w", nameMapping, err)
	}
	return namedColumns(mapping, 0)
}

func namedColumns(mapping []mappingJSON, depth int) ([]parquet.NamedColumn, error) {
	if depth > 2*maxNesting {
		return nil, fmt.Errorf("its property %s nests more than %d columns", nameMapping, 2*maxNesting)
	}
	named := make([]parquet.NamedColumn, 0, len(mapping))
	for _, m := range mapping {
		if m.ID < 0 || m.ID > maxID { // 0: none, as for what is not in the schema
			return nil, fmt.Errorf("its property %s has the id %d", nameMapping, m.ID)
		}
		within, err := namedColumns(m.Fields, depth+1)
		if err != nil {
			return nil, err
		}
		named = append(named, parquet.NamedColumn{ID: int32(m.ID), Names: m.Names, Fields: within})
	}
	return named, nil
}
