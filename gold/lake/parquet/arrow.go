package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Keys of a file's own metadata, under which Arrow's writers and pandas keep the types that Parquet has no word for.
const (
	arrowSchemaKey = "ARROW:schema"
	pandasKey      = "pandas"
)

// Words of columns that lie in Parquet as bare integers, and mean something else to who wrote them.
const (
	periodsWord    = "periods of pandas"
	durationsWord  = "durations"
	durationAdvice = "take them as durations (logicalType: string, physicalType: DURATION), or write them as a number of a unit, such as seconds (dt.total_seconds())"
)

// pathKey is the key of a leaf's path in a map.
func pathKey(path []string) string { return strings.Join(path, "\x00") }

// foreignColumns returns the meanings of leaves that Parquet's schema does not know, by pathKey: periods of pandas and
// durations. What can't be read of the metadata is left alone: it says nothing about where values lie.
func foreignColumns(pairs []keyValue) map[string]meaning {
	found := map[string]meaning{}
	for _, key := range []string{pandasKey, arrowSchemaKey} { // Arrow's knows the unit of durations as they are stored
		for _, p := range pairs {
			switch {
			case p.Key != key:
			case key == arrowSchemaKey:
				arrowColumns(p.Value.V, found)
			default:
				pandasColumns(p.Value.V, found)
			}
		}
	}
	return found
}

func pandasColumns(text string, found map[string]meaning) {
	var meta struct {
		Columns []struct {
			Field string `json:"field_name"`
			Type  string `json:"numpy_type"`
		} `json:"columns"`
	}
	if json.Unmarshal([]byte(text), &meta) != nil {
		return
	}
	for _, c := range meta.Columns {
		name, parameter, _ := strings.Cut(strings.TrimSuffix(c.Type, "]"), "[")
		switch name {
		case "period":
			found[c.Field] = periodMeaning(parameter)
		case "timedelta64":
			found[c.Field] = durationMeaning(slices.Index(arrowUnits[:], parameter))
		}
	}
}

// periodMeaning returns the meaning of periods of a frequency of pandas.
func periodMeaning(frequency string) meaning {
	f, known := parseFrequency(frequency)
	if !known {
		return meaning{
			kind: foreign, word: fmt.Sprintf("%s of the unknown frequency %s", periodsWord, strconv.Quote(shortened(frequency))),
			advice: "write them as text (astype(str)) or as timestamps (dt.to_timestamp())",
		}
	}
	return meaning{
		kind: periods, frequency: f, word: periodsWord,
		advice: "take them as text (logicalType: string), or write them as timestamps (dt.to_timestamp())",
	}
}

func shortened(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

// arrowUnits are the units of Arrow's durations by their numbers, as numpy names them.
var arrowUnits = [...]string{"s", "ms", "us", "ns"}

// durationMeaning returns the meaning of durations of a unit, by its number in Arrow.
func durationMeaning(unit int) meaning {
	if unit < 0 || unit >= len(arrowUnits) {
		return meaning{kind: foreign, word: durationsWord + " of an unknown unit", advice: durationAdvice}
	}
	return meaning{kind: durations, digits: 3 * unit, word: durationsWord, advice: durationAdvice}
}

// The places of fields in the tables of Arrow's flatbuffers, and the one member of a union that is looked for:
// https://github.com/apache/arrow/blob/main/format/Schema.fbs and Message.fbs.
const (
	messageHeader  = 2
	schemaFields   = 1
	fieldName      = 0
	fieldTypeKind  = 2
	fieldType      = 3
	fieldChildren  = 5
	fieldMetadata  = 6
	durationUnit   = 0
	typeMap        = 17
	typeEntries    = 255 // the struct within a map, which is none of Arrow's own numbers
	typeDuration   = 18
	milliseconds   = 1 // where a duration names no unit
	extensionName  = "ARROW:extension:name"
	extensionData  = "ARROW:extension:metadata"
	pandasPeriod   = "pandas.period"
	continuation   = 0xffffffff
	maxArrowFields = maxColumns
)

// Names of what lies in lists and maps, in the paths by which the file's own metadata is asked: writers name them as they
// like.
const (
	itemPath  = ""
	keyPath   = "key"
	valuePath = "value"
)

// arrowLists are Arrow's types of lists: List, FixedSizeList, LargeList, ListView, LargeListView.
var arrowLists = []byte{12, 16, 21, 25, 26}

// arrowColumns reads the schema that Arrow's writers keep: the base64 of a message of Arrow's stream.
func arrowColumns(text string, found map[string]meaning) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) < 8 {
		return
	}
	if binary.LittleEndian.Uint32(b) == continuation {
		b = b[4:]
	}
	b = b[4:] // the length
	root := flatTable{b, flatOffset(b, 0)}
	fields, n := root.table(messageHeader).vector(schemaFields)
	left := maxArrowFields
	arrowFields(fields, n, nil, 0, &left, found)
}

// arrowFields reads n fields, which lie at a path in a field of a type, and those within them: left many at most.
func arrowFields(fields flatTable, n int, path []string, in byte, left *int, found map[string]meaning) {
	for i := 0; i < n && *left > 0; i++ {
		*left--
		f := fields.element(i)
		name := f.text(fieldName)
		switch {
		case in == typeEntries:
			name = []string{keyPath, valuePath}[min(i, 1)]
		case in == typeMap || slices.Contains(arrowLists, in):
			name = itemPath
		}
		at := append(slices.Clip(path), name)
		kind := f.octet(fieldTypeKind)
		if kind == typeDuration {
			unit := milliseconds
			if t := f.table(fieldType); t.field(durationUnit) > 0 {
				unit = int(t.octet(durationUnit))
			}
			found[pathKey(at)] = durationMeaning(unit)
		}
		if f.extension(extensionName) == pandasPeriod {
			var period struct {
				Frequency string `json:"freq"`
			}
			_ = json.Unmarshal([]byte(f.extension(extensionData)), &period) // one that says nothing has an unknown frequency
			found[pathKey(at)] = periodMeaning(period.Frequency)
		}
		if len(at) < maxDepth {
			children, n := f.vector(fieldChildren)
			if in == typeMap {
				kind = typeEntries // whose parts are known by their order
			}
			arrowFields(children, n, at, kind, left, found)
		}
	}
}

// extension returns a value of a field's own metadata, "" for none.
func (t flatTable) extension(key string) string {
	pairs, n := t.vector(fieldMetadata)
	for k := range min(n, maxArrowFields) {
		if pair := pairs.element(k); pair.text(0) == key {
			return pair.text(1)
		}
	}
	return ""
}

// flatTable is a table of a flatbuffer, or the elements of a vector of tables: at is where it lies, 0 for none. Whatever
// lies outside of the bytes is absent.
type flatTable struct {
	b  []byte
	at int
}

// flatOffset returns the place that the offset at a place leads to, 0 for none.
func flatOffset(b []byte, at int) int {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	to := at + int(binary.LittleEndian.Uint32(b[at:]))
	if to+4 > len(b) {
		return 0
	}
	return to
}

// field returns the place of a table's field, 0 for none.
func (t flatTable) field(n int) int {
	if t.at <= 0 || t.at+4 > len(t.b) {
		return 0
	}
	places := t.at - int(int32(binary.LittleEndian.Uint32(t.b[t.at:])))
	entry := places + 4 + 2*n
	if places < 0 || entry+2 > len(t.b) || entry+2 > places+int(binary.LittleEndian.Uint16(t.b[places:])) {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(t.b[entry:]))
	if offset == 0 || t.at+offset >= len(t.b) {
		return 0
	}
	return t.at + offset
}

func (t flatTable) octet(n int) byte {
	if at := t.field(n); at > 0 {
		return t.b[at]
	}
	return 0
}

func (t flatTable) table(n int) flatTable {
	if at := t.field(n); at > 0 {
		return flatTable{t.b, flatOffset(t.b, at)}
	}
	return flatTable{}
}

// vector returns the elements of a vector and their number.
func (t flatTable) vector(n int) (flatTable, int) {
	v := t.table(n)
	if v.at == 0 {
		return flatTable{}, 0
	}
	return flatTable{t.b, v.at + 4}, int(binary.LittleEndian.Uint32(t.b[v.at:]))
}

// element returns table i of a vector's elements.
func (t flatTable) element(i int) flatTable { return flatTable{t.b, flatOffset(t.b, t.at+4*i)} }

func (t flatTable) text(n int) string {
	v, length := t.vector(n)
	if length <= 0 || v.at+length > len(t.b) {
		return ""
	}
	return string(t.b[v.at : v.at+length])
}
