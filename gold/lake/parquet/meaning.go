package parquet

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// meaning is what a schema element says about its values, from its logical type or, in older files, its converted one.
type meaning struct {
	kind  meaningKind
	scale int // of a decimal

	precision int
	digits    int       // of a timestamp, a time of day or a duration: those of a second's fraction that its unit has; 0: an unknown unit
	basis     timeBasis // of a timestamp
	unsigned  bool      // of an integer
	wide      bool      // of an integer: it has 64 bits
	frequency periodFrequency
	word      string
	advice    string // how to write the values otherwise, where no field can hold them
}

// timeBasis says whose clock timestamps are of.
type timeBasis uint8

const (
	unspecified timeBasis = iota // INT96 and converted types: readers disagree
	utc
	local
)

type meaningKind uint8

const (
	plainValues meaningKind = iota // the physical type says all
	integers
	decimals
	texts
	days
	instants
	clocks  // TIME
	uuids   // UUID
	periods // of pandas
	durations
	halves   // FLOAT16
	allNulls // a column that held nothing but nulls when it was written
	foreign  // anything else
)

// meaningOf returns the meaning of a leaf. One that contradicts its physical type is foreign.
func meaningOf(e *format.SchemaElement) meaning {
	m := logicalMeaning(e)
	fits := true
	switch m.kind {
	case integers:
		fits = e.Type.V == format.Int32 || e.Type.V == format.Int64
	case decimals:
		fits = (e.Type.V == format.Int32 || e.Type.V == format.Int64 || e.Type.V == format.ByteArray ||
			e.Type.V == format.FixedLenByteArray && e.TypeLength.V > 0) && m.scale >= 0 && m.scale <= 1000
	case texts:
		fits = e.Type.V == format.ByteArray
	case days:
		fits = e.Type.V == format.Int32
	case instants:
		fits = e.Type.V == format.Int64 && m.digits > 0
	case clocks:
		fits = m.digits == 3 && e.Type.V == format.Int32 || m.digits > 3 && e.Type.V == format.Int64
	case uuids:
		fits = e.Type.V == format.FixedLenByteArray && e.TypeLength.V == 16
	case halves:
		fits = e.Type.V == format.FixedLenByteArray && e.TypeLength.V == 2
	case plainValues, periods, durations, allNulls, foreign:
	}
	if !fits {
		return meaning{kind: foreign, word: fmt.Sprintf("%s stored as %s", m.word, e.Type.V)}
	}
	return m
}

func logicalMeaning(e *format.SchemaElement) meaning {
	switch t := e.LogicalType.Value.(type) {
	case nil:
		return convertedMeaning(e)
	case *format.StringType, *format.EnumType, *format.JsonType:
		return meaning{kind: texts, word: "text"}
	case *format.IntType:
		return integerMeaning(int(t.BitWidth), !t.IsSigned)
	case *format.DecimalType:
		return meaning{kind: decimals, scale: int(t.Scale), precision: int(t.Precision), word: fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)}
	case *format.DateType:
		return meaning{kind: days, word: "dates"}
	case *format.TimestampType:
		m := meaning{kind: instants, basis: local, digits: fractionDigits(t.Unit), word: "timestamps"}
		if t.IsAdjustedToUTC {
			m.basis = utc
		}
		return m
	case *format.TimeType:
		return meaning{kind: clocks, digits: fractionDigits(t.Unit), word: "times of day"}
	case *format.UUIDType:
		return meaning{kind: uuids, word: "UUIDs"}
	case *format.Float16Type:
		return meaning{kind: halves, word: "16-bit floating-point numbers"}
	case *format.NullType:
		return meaning{kind: allNulls, word: "nothing but nulls"}
	default:
		return meaning{kind: foreign, word: strings.ToLower(t.String())}
	}
}

// fractionDigits returns how many digits of a second's fraction a unit has; 0: it is unknown.
func fractionDigits(unit format.TimeUnit) int {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return 3
	case *format.MicroSeconds:
		return 6
	case *format.NanoSeconds:
		return 9
	default:
		return 0
	}
}

func integerMeaning(bits int, unsigned bool) meaning {
	word := fmt.Sprintf("%d-bit integers", bits)
	if unsigned {
		word = "unsigned " + word
	}
	return meaning{kind: integers, unsigned: unsigned, wide: bits == 64, word: word}
}

func convertedMeaning(e *format.SchemaElement) meaning {
	if !e.ConvertedType.Valid {
		return meaning{word: physicalWords[e.Type.V]}
	}
	switch t := e.ConvertedType.V; t {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		return meaning{kind: texts, word: "text"}
	case deprecated.Decimal:
		return meaning{kind: decimals, scale: int(e.Scale.V), precision: int(e.Precision.V), word: fmt.Sprintf("decimal(%d,%d)", e.Precision.V, e.Scale.V)}
	case deprecated.Date:
		return meaning{kind: days, word: "dates"}
	case deprecated.TimeMillis:
		return meaning{kind: clocks, digits: 3, word: "times of day"}
	case deprecated.TimeMicros:
		return meaning{kind: clocks, digits: 6, word: "times of day"}
	case deprecated.TimestampMillis:
		return meaning{kind: instants, digits: 3, word: "timestamps"}
	case deprecated.TimestampMicros:
		return meaning{kind: instants, digits: 6, word: "timestamps"}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return integerMeaning(8<<(t-deprecated.Uint8), true)
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return integerMeaning(8<<(t-deprecated.Int8), false)
	case deprecated.Interval:
		return meaning{
			kind: foreign, word: "intervals of months, days and milliseconds, which have no fixed length",
			advice: "write them as a number of a unit, such as seconds, or as text",
		}
	default:
		return meaning{kind: foreign, word: fmt.Sprintf("values of the converted type %d (BSON or a group's)", int32(t))}
	}
}

var physicalWords = map[format.Type]string{
	format.Boolean: "booleans", format.Int32: "32-bit integers", format.Int64: "64-bit integers", format.Int96: "timestamps (INT96)",
	format.Float: "32-bit floating-point numbers", format.Double: "floating-point numbers", format.ByteArray: "bytes",
	format.FixedLenByteArray: "bytes of a fixed length",
}

// structWords names what a struct holds.
const structWords = "groups of columns (a struct)"

// typeWords names what a column holds.
func typeWords(e *format.SchemaElement) string {
	switch {
	case e.RepetitionType.V == format.Repeated || isList(e):
		return "lists"
	case isMap(e):
		return "maps"
	case isVariant(e):
		return "variants"
	case !e.Type.Valid:
		return structWords
	}
	if w := meaningOf(e).word; w != "" {
		return w
	}
	return fmt.Sprintf("values of the unknown type %d", e.Type.V)
}

// expectedWords names what a field expects.
func expectedWords(f gold.Field) string {
	if f.Cast != nil {
		return map[gold.Kind]string{gold.Text: "text", gold.Int: "integers"}[f.Cast.From] + ", as the field's cast says"
	}
	switch f.Kind {
	case gold.Bool:
		return "booleans"
	case gold.Int:
		return "integers"
	case gold.Double:
		return "numbers"
	case gold.Decimal, gold.WideDecimal:
		return fmt.Sprintf("decimal numbers with at most %s after the point", gold.Counted(f.Scale, "digit"))
	case gold.Text:
		return "text"
	case gold.Date:
		return "dates"
	case gold.Duration:
		return "durations"
	case gold.Time:
		if f.DefaultZone != "" {
			return "timestamps that say whether they are UTC (isAdjustedToUTC), since the field has a defaultTimezone"
		}
		return "timestamps"
	default:
		return "nothing (kind " + f.Kind.String() + ")"
	}
}

func isList(e *format.SchemaElement) bool {
	_, annotated := e.LogicalType.Value.(*format.ListType)
	return !e.Type.Valid && (annotated || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List)
}

func isMap(e *format.SchemaElement) bool {
	_, annotated := e.LogicalType.Value.(*format.MapType)
	return !e.Type.Valid && (annotated || e.ConvertedType.Valid && (e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue))
}

func isVariant(e *format.SchemaElement) bool {
	_, annotated := e.LogicalType.Value.(*format.VariantType)
	return annotated
}
