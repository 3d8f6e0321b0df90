package iceberg

import (
	"encoding/json"
	"fmt"
)

// avroKind is a kind of Avro values.
type avroKind uint8

const (
	avroNull avroKind = iota + 1
	avroBoolean
	avroInt
	avroLong
	avroFloat
	avroDouble
	avroBytes
	avroString
	avroFixed
	avroEnum
	avroArray
	avroMap
	avroRecord
	avroUnion
)

var avroPrimitives = map[string]avroKind{
	"null": avroNull, "boolean": avroBoolean, "int": avroInt, "long": avroLong, "float": avroFloat, "double": avroDouble, "bytes": avroBytes, "string": avroString,
}

// avroType is the type of values as a file's writer had it.
type avroType struct {
	kind     avroKind
	size     int         // of fixed values, in bytes
	items    *avroType   // of arrays, and of the values of maps
	branches []*avroType // of unions
	fields   []avroField // of records
	depth    int         // how many types lie in it, one in the other
}

// avroField is a field of a record. Fields are known by their ids, which Iceberg's writers leave in the schema.
type avroField struct {
	id  int // 0: it has none
	typ *avroType
}

// maxAvroDepth bounds how types lie in types.
const maxAvroDepth = 32

// avroSchema reads the schema in a file's header.
type avroSchema struct {
	named map[string]*avroType // complete ones: no type lies within itself
}

type avroTypeJSON struct {
	Type   json.RawMessage   `json:"type"`
	Name   string            `json:"name"`
	Space  string            `json:"namespace"`
	Fields []json.RawMessage `json:"fields"`
	Items  json.RawMessage   `json:"items"`
	Values json.RawMessage   `json:"values"`
	Size   int               `json:"size"`
}

// parse reads a type. One that is known by its name may hold others, so it counts with all that lie in it.
func (s *avroSchema) parse(raw json.RawMessage, depth int) (*avroType, error) {
	t, err := s.read(raw, depth)
	if err != nil {
		return nil, err
	}
	for _, f := range t.fields {
		t.depth = max(t.depth, f.typ.depth+1)
	}
	for _, b := range t.branches {
		t.depth = max(t.depth, b.depth+1)
	}
	if t.items != nil {
		t.depth = max(t.depth, t.items.depth+1)
	}
	if depth+t.depth > maxAvroDepth {
		return nil, errDeep
	}
	return t, nil
}

var errDeep = fmt.Errorf("its schema nests more than %d types", maxAvroDepth)

func (s *avroSchema) read(raw json.RawMessage, depth int) (*avroType, error) {
	if depth > maxAvroDepth {
		return nil, errDeep
	}
	var name string
	if err := json.Unmarshal(raw, &name); err == nil {
		if kind := avroPrimitives[name]; kind != 0 {
			return &avroType{kind: kind}, nil
		}
		if known := s.named[name]; known != nil {
			return known, nil
		}
		return nil, fmt.Errorf("its schema has the type %q, which it does not define before", name)
	}
	var union []json.RawMessage
	if err := json.Unmarshal(raw, &union); err == nil {
		t := &avroType{kind: avroUnion}
		for _, b := range union {
			branch, err := s.parse(b, depth+1)
			if err != nil {
				return nil, err
			}
			t.branches = append(t.branches, branch)
		}
		return t, nil
	}
	var j avroTypeJSON
	if err := json.Unmarshal(raw, &j); err != nil || len(j.Type) == 0 {
		return nil, fmt.Errorf("its schema has a type that is neither a name, nor a union, nor an object")
	}
	if err := json.Unmarshal(j.Type, &name); err != nil {
		return s.parse(j.Type, depth+1)
	}
	t, err := s.complex(name, &j, depth)
	if err == nil && j.Name != "" {
		s.named[j.Name] = t
		if j.Space != "" {
			s.named[j.Space+"."+j.Name] = t
		}
	}
	return t, err
}

// complex reads a type that is written as an object.
func (s *avroSchema) complex(name string, j *avroTypeJSON, depth int) (t *avroType, err error) {
	switch name {
	case "record", "error":
		t = &avroType{kind: avroRecord}
		for _, raw := range j.Fields {
			var f struct {
				ID   int             `json:"field-id"`
				Type json.RawMessage `json:"type"`
			}
			if err := json.Unmarshal(raw, &f); err != nil {
				return nil, fmt.Errorf("its schema has a field that can't be read: %w", err)
			}
			typ, err := s.parse(f.Type, depth+1)
			if err != nil {
				return nil, err
			}
			t.fields = append(t.fields, avroField{f.ID, typ})
		}
		return t, nil
	case "array":
		t = &avroType{kind: avroArray}
		t.items, err = s.parse(j.Items, depth+1)
		return t, err
	case "map":
		t = &avroType{kind: avroMap}
		t.items, err = s.parse(j.Values, depth+1)
		return t, err
	case "enum":
		return &avroType{kind: avroEnum}, nil
	case "fixed":
		if j.Size < 0 || j.Size > maxAvroValue {
			return nil, fmt.Errorf("its schema has values of %d bytes", j.Size)
		}
		return &avroType{kind: avroFixed, size: j.Size}, nil
	}
	plain, err := json.Marshal(name)
	if err != nil {
		return nil, err
	}
	return s.parse(plain, depth+1) // a primitive with attributes
}
