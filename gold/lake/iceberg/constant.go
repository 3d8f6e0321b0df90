package iceberg

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/parquet"
)

// Where values are said that a file has no column for.
const (
	inPartition = "the file's partition in the Iceberg table's manifest"
	inSchema    = "the column's initial-default in the Iceberg table's schema"
)

// identityField is a column by whose values files are partitioned as they are.
type identityField struct {
	id     int // of the field in the partition
	column string
	kind   parquet.TypeKind
	scale  int
}

// identities returns the columns of a schema that a spec partitions by their values.
func identities(spec *specJSON, s *parquet.Schema) (found []identityField) {
	for _, f := range spec.Fields {
		source := f.Source
		if source == 0 && len(f.Sources) == 1 {
			source = f.Sources[0]
		}
		if f.Transform != "identity" {
			continue
		}
		if name, t := columnOf(s.Columns, source, ""); t != nil {
			found = append(found, identityField{f.ID, name, t.Kind, t.Scale})
		}
	}
	return found
}

// columnOf returns the name and the type of the column of an id, within structs too.
func columnOf(columns []parquet.SchemaColumn, id int, within string) (string, *parquet.Type) {
	for i := range columns {
		c := &columns[i]
		if int(c.ID) == id {
			return within + c.Name, &c.Type
		}
		if c.Type.Kind == parquet.Structs {
			if name, t := columnOf(c.Type.Fields, id, within+c.Name+"."); t != nil {
				return name, t
			}
		}
	}
	return "", nil
}

// constants returns the values of the identity columns of a partition.
func constants(fields []identityField, p *partition) (values []content.Partition, err error) {
	for _, f := range fields {
		v, known := p.values[f.id]
		if !known {
			continue
		}
		c := content.Partition{Name: f.column, Place: inPartition, Fallback: true}
		if c.Text, c.Null, err = partitionText(v, f.kind, f.scale); err != nil {
			return nil, fmt.Errorf("the partition value of %q: %w", f.column, err)
		}
		values = append(values, c)
	}
	return values, nil
}

// partitionText returns a partition's value as text, in the form that the same value has in a file's column.
func partitionText(v any, kind parquet.TypeKind, scale int) (text string, null bool, err error) {
	switch v := v.(type) {
	case nil:
		return "", true, nil
	case bool:
		if kind == parquet.Booleans {
			return strconv.FormatBool(v), false, nil
		}
	case int64:
		return integerText(v, kind, scale)
	case float64:
		if kind == parquet.Floats || kind == parquet.Doubles {
			return doubleText(v)
		}
	case string:
		switch kind {
		case parquet.Texts:
			return v, false, nil
		case parquet.UUIDs:
			return strings.ToLower(v), false, nil
		default:
		}
	case []byte:
		switch {
		case kind == parquet.Decimals:
			return decimalText(v, scale), false, nil
		case kind == parquet.UUIDs && len(v) == 16:
			h := hex.EncodeToString(v)
			return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-"), false, nil
		case kind == parquet.Bytes:
			return base64.StdEncoding.EncodeToString(v), false, nil
		}
	}
	return "", false, fmt.Errorf("it is stored as a %T, which its column has no values of", v)
}

func integerText(v int64, kind parquet.TypeKind, scale int) (string, bool, error) {
	switch kind {
	case parquet.Integers, parquet.LongIntegers:
		return strconv.FormatInt(v, 10), false, nil
	case parquet.Dates:
		if v >= gold.MinDate && v <= gold.MaxDate {
			return string(gold.AppendDate(nil, v)), false, nil
		}
	case parquet.Clocks:
		if v >= 0 && v <= int64(24*time.Hour/time.Microsecond) {
			return clockText(v), false, nil
		}
	case parquet.Instants, parquet.LocalInstants:
		perMilli := int64(1000)
		if scale == nanos {
			perMilli *= 1000
		}
		ms, _ := gold.FloorDiv(v, perMilli)
		if ms >= gold.MinTime && ms <= gold.MaxTime {
			return instantText(ms, kind), false, nil
		}
	default:
	}
	return "", false, fmt.Errorf("%d is no value of its column", v)
}

// clockText writes a time of day as files with microseconds have it.
func clockText(micros int64) string {
	seconds, fraction := micros/1e6, micros%1e6
	text := fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	if fraction > 0 {
		text += fmt.Sprintf(".%06d", fraction)
	}
	return text
}

// instantText writes a time, one without a zone as such.
func instantText(ms int64, kind parquet.TypeKind) string {
	text := string(gold.AppendTime(nil, ms))
	if kind == parquet.LocalInstants {
		text = strings.TrimSuffix(text, "Z")
	}
	return text
}

func doubleText(v float64) (string, bool, error) {
	if math.IsNaN(v) { // as in files, where it is null
		return "", true, nil
	}
	return strconv.FormatFloat(v, 'g', -1, 64), false, nil
}

// decimalText reads an unscaled value in two's complement.
func decimalText(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := n.Text(10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if scale == 0 {
		return sign + digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// defaults returns the values that the columns of a schema have in files that were written before them.
func defaults(s *schemaJSON, schema *parquet.Schema) (values []content.Partition, err error) {
	for i := range s.Fields {
		f := &s.Fields[i]
		name, t := columnOf(schema.Columns, f.ID, "")
		if !hasDefault(f.Default) || t == nil {
			continue
		}
		c := content.Partition{Name: name, Place: inSchema, Fallback: true}
		if c.Text, c.Null, err = defaultText(f.Default, t); err != nil {
			return nil, fmt.Errorf("the initial-default of the column %q: %w", name, err)
		}
		values = append(values, c)
	}
	return values, nil
}

// defaultText returns a default as text, in the form that the same value has in a file's column.
func defaultText(raw json.RawMessage, t *parquet.Type) (text string, null bool, err error) {
	wrong := fmt.Errorf("%s is no value of its type", raw)
	if json.Unmarshal(raw, &text) != nil {
		text = strings.TrimSpace(string(raw)) // a number or a boolean
	}
	switch t.Kind {
	case parquet.Structs, parquet.Lists, parquet.Maps:
		return "", false, errUnsupported("goldserve does not read those of structs, lists and maps: write the table's rows into a new one")
	case parquet.Floats, parquet.Doubles:
		bits := 64
		if t.Kind == parquet.Floats {
			bits = 32
		}
		v, err := strconv.ParseFloat(text, bits)
		if err != nil {
			return "", false, wrong
		}
		return doubleText(v)
	case parquet.Clocks:
		at, err := time.Parse("15:04:05.999999999", text)
		if err != nil {
			return "", false, wrong
		}
		midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		return clockText(at.Sub(midnight).Microseconds()), false, nil
	case parquet.Instants, parquet.LocalInstants:
		layout := "2006-01-02T15:04:05.999999999"
		if t.Kind == parquet.Instants {
			layout += "Z07:00"
		}
		at, err := time.Parse(layout, text)
		if err != nil {
			return "", false, wrong
		}
		return instantText(at.UnixMilli(), t.Kind), false, nil
	case parquet.UUIDs:
		return strings.ToLower(text), false, nil
	case parquet.Bytes:
		b, err := hex.DecodeString(text)
		if err != nil {
			return "", false, wrong
		}
		return base64.StdEncoding.EncodeToString(b), false, nil
	default:
		return text, false, nil
	}
}
