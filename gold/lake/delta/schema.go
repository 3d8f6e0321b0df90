package delta

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/parquet"
)

// Keys of a column's metadata.
const (
	physicalName = "delta.columnMapping.physicalName"
	columnID     = "delta.columnMapping.id"
	typeChanges  = "delta.typeChanges"
)

// Modes of column mapping.
const (
	byName = "name"
	byID   = "id"
)

// structJSON is a struct of the schema's own JSON.
type structJSON struct {
	Type   string      `json:"type"`
	Fields []fieldJSON `json:"fields"`
}

type fieldJSON struct {
	Name     string          `json:"name"`
	Type     json.RawMessage `json:"type"`
	Nullable bool            `json:"nullable"`
	Metadata map[string]any  `json:"metadata"`
}

// nestedJSON is a list, a map or a struct.
type nestedJSON struct {
	Type        string          `json:"type"`
	Fields      []fieldJSON     `json:"fields"`
	ElementType json.RawMessage `json:"elementType"`
	KeyType     json.RawMessage `json:"keyType"`
	ValueType   json.RawMessage `json:"valueType"`
}

// schemaReader reads the schema of a table.
type schemaReader struct {
	mapping string // byName, byID or empty
}

// maxNesting is how deep types may lie in types.
const maxNesting = 12

// schemaOf returns the columns of a table.
func (l *Log) schemaOf(m *metaData, p *protocol) (*parquet.Schema, string, error) {
	at := path.Join(l.folder, LogFolder)
	r := schemaReader{}
	if p.maps() {
		switch mode := m.Configuration["delta.columnMapping.mode"]; mode {
		case "", "none":
		case byName, byID:
			r.mapping = mode
		default:
			return nil, "", invalid(at, gold.CodeFileUnsupported, "the Delta table maps its columns by %q (delta.columnMapping.mode): expected none, name or id", shorten(mode))
		}
	}
	var whole structJSON
	if err := json.Unmarshal([]byte(m.SchemaString), &whole); err != nil || whole.Type != "struct" {
		return nil, "", invalid(at, gold.CodeFileInvalid, "the schema of the Delta table is not a struct in JSON: %s", shorten(m.SchemaString))
	}
	columns, err := r.columns(whole.Fields, "", 0)
	if err != nil {
		code := gold.CodeFileInvalid
		if _, ok := errors.AsType[errUnsupported](err); ok {
			code = gold.CodeFileUnsupported
		}
		return nil, "", invalid(at, code, "the schema of the Delta table: %s", err)
	}
	s := &parquet.Schema{Columns: columns, ByID: r.mapping == byID}
	if err := s.Valid(); err != nil {
		return nil, "", invalid(at, gold.CodeFileUnsupported, "the schema of the Delta table: %v", err)
	}
	return s, r.mapping, nil
}

// errUnsupported says what of a schema is not implemented.
type errUnsupported string

func (e errUnsupported) Error() string { return string(e) }

func (r *schemaReader) columns(fields []fieldJSON, within string, depth int) ([]parquet.SchemaColumn, error) {
	var columns []parquet.SchemaColumn
	met, found := map[string]bool{}, map[string]bool{}
	for i := range fields {
		f := &fields[i]
		name := within + f.Name
		if f.Name == "" || met[f.Name] {
			return nil, fmt.Errorf("it has a column without a name, or two named %q", shorten(name))
		}
		met[f.Name] = true
		t, err := r.typeOf(f.Type, name, depth)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue // of nothing but nulls: it is left out, as Spark does
		}
		if err := checkChanges(name, f.Metadata[typeChanges]); err != nil {
			return nil, err
		}
		c := parquet.SchemaColumn{Name: f.Name, Stored: f.Name, Nullable: f.Nullable, Type: *t}
		if r.mapping != "" {
			id, _ := f.Metadata[columnID].(float64)
			stored, _ := f.Metadata[physicalName].(string)
			if id < 1 || id > 1<<31-1 || stored == "" {
				return nil, fmt.Errorf("the column %q has no %s or %s, by which the table's files are read", shorten(name), columnID, physicalName)
			}
			c.ID, c.Stored = int32(id), stored
			by := physicalName
			if r.mapping == byID {
				by, stored = columnID, strconv.Itoa(int(id))
			}
			if found[stored] {
				return nil, fmt.Errorf("the column %q has the %s of another, by which the table's files are read", shorten(name), by)
			}
			found[stored] = true
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// primitives are the types with a name alone.
var primitives = map[string]parquet.TypeKind{
	"string": parquet.Texts, "long": parquet.LongIntegers, "integer": parquet.Integers, "short": parquet.Integers, "byte": parquet.Integers,
	"float": parquet.Floats, "double": parquet.Doubles, "boolean": parquet.Booleans, "binary": parquet.Bytes, "date": parquet.Dates,
	"timestamp": parquet.Instants, "timestamp_ntz": parquet.LocalInstants,
}

var (
	decimalType = regexp.MustCompile(`^decimal\(\s*(\d{1,2})\s*,\s*(-?\d{1,2})\s*\)$`)
	textType    = regexp.MustCompile(`^(char|varchar)\(\d+\)$`)
)

// typeOf returns a type, nil for void.
func (r *schemaReader) typeOf(raw json.RawMessage, column string, depth int) (*parquet.Type, error) {
	if depth > maxNesting {
		return nil, errUnsupported(fmt.Sprintf("the column %q nests more than %d types", shorten(column), maxNesting))
	}
	var name string
	if err := json.Unmarshal(raw, &name); err == nil {
		return primitive(name, column)
	}
	var n nestedJSON
	if err := json.Unmarshal(raw, &n); err != nil {
		return nil, fmt.Errorf("the column %q has a type that is neither a name nor an object: %s", shorten(column), shorten(string(raw)))
	}
	item := func(raw json.RawMessage) (*parquet.Type, error) {
		t, err := r.typeOf(raw, column, depth+1)
		if err == nil && t == nil {
			return nil, errUnsupported(fmt.Sprintf("the column %q holds lists or maps of nothing but nulls (void)", shorten(column)))
		}
		return t, err
	}
	switch n.Type {
	case "struct":
		fields, err := r.columns(n.Fields, column+".", depth+1)
		return &parquet.Type{Kind: parquet.Structs, Fields: fields}, err
	case "array":
		element, err := item(n.ElementType)
		return &parquet.Type{Kind: parquet.Lists, Item: element}, err
	case "map":
		key, err := item(n.KeyType)
		if err != nil {
			return nil, err
		}
		value, err := item(n.ValueType)
		return &parquet.Type{Kind: parquet.Maps, Key: key, Item: value}, err
	}
	return nil, unknownType(column, n.Type)
}

func primitive(name, column string) (*parquet.Type, error) {
	if kind, ok := primitives[name]; ok {
		return &parquet.Type{Kind: kind}, nil
	}
	if m := decimalType.FindStringSubmatch(name); m != nil {
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if precision < 1 || precision > gold.MaxDigits || scale < 0 || scale > precision {
			return nil, fmt.Errorf("the column %q is a %s: expected up to %d digits", shorten(column), name, gold.MaxDigits)
		}
		return &parquet.Type{Kind: parquet.Decimals, Precision: precision, Scale: scale}, nil
	}
	switch {
	case name == "decimal": // as older writers leave out Spark's default
		return &parquet.Type{Kind: parquet.Decimals, Precision: 10}, nil
	case name == "void" || name == "null":
		return nil, nil
	case textType.MatchString(name):
		return &parquet.Type{Kind: parquet.Texts}, nil
	}
	return nil, unknownType(column, name)
}

func unknownType(column, name string) error {
	return errUnsupported(fmt.Sprintf("the column %q is of the type %q, which goldserve does not read: write the table's rows into one without it", shorten(column), shorten(name)))
}

// widenings are the changes of types whose older values are read as the newer type.
var widenings = map[string][]string{
	"byte": {"short", "integer", "long", "double"}, "short": {"integer", "long", "double"}, "integer": {"long", "double"},
	"float": {"double"}, "date": {"timestamp_ntz"},
}

// wholeDigits are how many digits a decimal needs before its point for all integers of a type.
var wholeDigits = map[string]int{"byte": 3, "short": 5, "integer": 10, "long": 20}

// checkChanges refuses a change of a column's type that is not known, since files with the earlier type may be left.
func checkChanges(column string, changes any) error {
	if changes == nil {
		return nil
	}
	list, ok := changes.([]any)
	if !ok {
		return fmt.Errorf("the column %q has %s that are no list", shorten(column), typeChanges)
	}
	for _, change := range list {
		c, _ := change.(map[string]any)
		from, _ := c["fromType"].(string)
		to, _ := c["toType"].(string)
		if !widens(from, to) {
			return errUnsupported(fmt.Sprintf("the type of the column %q was changed from %s to %s (%s), which goldserve does not read: write the table's rows into a new one",
				shorten(column), shorten(strconv.Quote(from)), shorten(strconv.Quote(to)), typeChanges))
		}
	}
	return nil
}

func widens(from, to string) bool {
	if slices.Contains(widenings[from], to) {
		return true
	}
	wide, err := primitive(to, "")
	if err != nil || wide == nil || wide.Kind != parquet.Decimals {
		return false
	}
	if digits := wholeDigits[from]; digits > 0 {
		return wide.Precision-wide.Scale >= min(digits, 20)
	}
	narrow, err := primitive(from, "")
	return err == nil && narrow != nil && narrow.Kind == parquet.Decimals && wide.Scale >= narrow.Scale &&
		wide.Precision-wide.Scale >= narrow.Precision-narrow.Scale
}

// partitionsOf returns the places in the schema of the columns by which files are partitioned.
func (l *Log) partitionsOf(m *metaData, s *parquet.Schema) ([]int, error) {
	var places []int
	for _, name := range m.PartitionColumns {
		i := slices.IndexFunc(s.Columns, func(c parquet.SchemaColumn) bool { return c.Name == name })
		if i < 0 || slices.Contains(places, i) {
			return nil, invalid(path.Join(l.folder, LogFolder), gold.CodeFileInvalid, "the Delta table is partitioned by the column %q, which its schema does not have or has twice", shorten(name))
		}
		switch kind := s.Columns[i].Type.Kind; kind {
		case parquet.Structs, parquet.Lists, parquet.Maps:
			return nil, invalid(path.Join(l.folder, LogFolder), gold.CodeFileInvalid, "the Delta table is partitioned by the column %q, which holds no single values", shorten(name))
		default:
		}
		s.Columns[i].Partition = true
		places = append(places, i)
	}
	return places, nil
}

// place says where the values of partitions are said.
const place = "the log of the Delta table"

// PartitionOf returns the values of the partition columns that all rows of a file have, as a contract's fields read them.
func (s *Snapshot) PartitionOf(f *File) []content.Partition {
	values := make([]content.Partition, len(s.Partitions))
	for i, at := range s.Partitions {
		c := &s.Schema.Columns[at]
		text, null := partitionText(c.Type.Kind, f.Partition[i])
		values[i] = content.Partition{Name: c.Name, Text: text, Null: null, Place: place}
	}
	return values
}

// partitionText returns a partition's value in the form that the same value has elsewhere.
func partitionText(kind parquet.TypeKind, text string) (string, bool) {
	switch kind {
	case parquet.Booleans:
		text = strings.ToLower(text)
	case parquet.Floats, parquet.Doubles:
		if strings.EqualFold(text, "nan") { // as in files, where it is null
			return "", true
		}
	case parquet.Instants, parquet.LocalInstants:
		// A zone behind it makes it the form with T, whichever sign stands between day and time.
		if day, clock, ok := strings.Cut(text, " "); ok && strings.ContainsAny(clock, "Z+-") {
			text = day + "T" + strings.ReplaceAll(clock, " ", "")
		}
	default:
	}
	return text, text == ""
}
