package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Keys of a file's own metadata, under which Arrow's writers and pandas keep the types that Parquet has no word for.
const (
	arrowSchemaKey = "ARROW:schema"
	pandasKey      = "pandas"
)

// Columns that lie in Parquet as bare integers, and mean something else to who wrote them.
const (
	periodAdvice   = "write them as text (astype(str)) or as timestamps (dt.to_timestamp())"
	durationAdvice = "write them as a number of a unit, such as seconds (dt.total_seconds())"
)

// foreignMeaning is what the integers of a column are.
type foreignMeaning struct{ word, advice string }

// foreignKey is the key of a column in foreignColumns.
func foreignKey(path []string) string { return strings.Join(path, "\x00") }

// foreignColumns returns the columns whose integers are no numbers, by foreignKey: periods of pandas and durations. What
// can't be read of the metadata is left alone: it says nothing about where values lie.
func foreignColumns(pairs []keyValue) map[string]foreignMeaning {
	found := map[string]foreignMeaning{}
	for _, p := range pairs {
		switch p.Key {
		case arrowSchemaKey:
			arrowColumns(p.Value.V, found)
		case pandasKey:
			pandasColumns(p.Value.V, found)
		}
	}
	return found
}

func pandasColumns(text string, found map[string]foreignMeaning) {
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
		switch {
		case strings.HasPrefix(c.Type, "period["):
			found[c.Field] = foreignMeaning{"periods of pandas (" + shortened(c.Type) + ")", periodAdvice}
		case strings.HasPrefix(c.Type, "timedelta64"):
			found[c.Field] = foreignMeaning{"durations (" + shortened(c.Type) + ")", durationAdvice}
		}
	}
}

func shortened(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

// The places of fields in the tables of Arrow's flatbuffers, and the one member of a union that is looked for:
// https://github.com/apache/arrow/blob/main/format/Schema.fbs and Message.fbs.
const (
	messageHeader  = 2
	schemaFields   = 1
	fieldName      = 0
	fieldTypeKind  = 2
	fieldChildren  = 5
	fieldMetadata  = 6
	typeDuration   = 18
	extensionName  = "ARROW:extension:name"
	pandasPeriod   = "pandas.period"
	continuation   = 0xffffffff
	maxArrowFields = maxColumns
)

// arrowColumns reads the schema that Arrow's writers keep: the base64 of a message of Arrow's stream.
func arrowColumns(text string, found map[string]foreignMeaning) {
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
	arrowFields(fields, n, nil, &left, found)
}

// arrowFields reads n fields, which lie at a path, and those within them: left many at most.
func arrowFields(fields flatTable, n int, path []string, left *int, found map[string]foreignMeaning) {
	for i := 0; i < n && *left > 0; i++ {
		*left--
		f := fields.element(i)
		at := append(slices.Clip(path), f.text(fieldName))
		if f.octet(fieldTypeKind) == typeDuration {
			found[foreignKey(at)] = foreignMeaning{"durations", durationAdvice}
		}
		pairs, n := f.vector(fieldMetadata)
		for k := range min(n, maxArrowFields) {
			if pair := pairs.element(k); pair.text(0) == extensionName && pair.text(1) == pandasPeriod {
				found[foreignKey(at)] = foreignMeaning{"periods of pandas", periodAdvice}
			}
		}
		if len(at) < maxDepth {
			children, n := f.vector(fieldChildren)
			arrowFields(children, n, at, left, found)
		}
	}
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

// problem returns why a field can't be read from a column.
func (d foreignMeaning) problem(expected string) string {
	return fmt.Sprintf("it holds %s, and the contract expects %s: %s", d.word, expected, d.advice)
}
