package parts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Objects hands on each row of a Parquet file as a JSON object: times as ISO 8601 in UTC, decimals as numbers with all their digits, null
// as null.
func Objects(name string, to func([]byte) error) error {
	f, err := open(name)
	if err != nil {
		return err
	}
	defer f.close()
	columns := f.Schema().Columns()
	names, write := make([]string, len(columns)), make([]func([]byte, parquet.Value) []byte, len(columns))
	for i, path := range columns {
		if len(path) != 1 {
			return fmt.Errorf("%s: the column %s is nested: expected columns of plain values", name, strings.Join(path, "."))
		}
		text, err := json.Marshal(path[0])
		if err != nil {
			return err
		}
		names[i] = string(text) + ":"
		leaf, _ := f.Schema().Lookup(path...)
		write[i] = writerOf(leaf.Node)
	}
	buffer, object := make([]parquet.Row, 256), []byte(nil)
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				object = append(object[:0], '{')
				for i, v := range row {
					if i > 0 {
						object = append(object, ',')
					}
					object = append(object, names[i]...)
					if v.IsNull() {
						object = append(object, "null"...)
					} else {
						object = write[i](object, v)
					}
				}
				if err := to(append(object, '}')); err != nil {
					_ = rows.Close() // they were only read
					return err
				}
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				_ = rows.Close() // they were only read
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := rows.Close(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// writerOf returns what writes the values of a column as JSON.
func writerOf(column parquet.Node) func([]byte, parquet.Value) []byte {
	logical := column.Type().LogicalType()
	if logical == nil {
		return appendPlain
	}
	switch meaning := logical.Value.(type) {
	case *format.TimestampType:
		unit := time.Microsecond
		switch meaning.Unit.Value.(type) {
		case *format.MilliSeconds:
			unit = time.Millisecond
		case *format.NanoSeconds:
			unit = time.Nanosecond
		}
		return func(to []byte, v parquet.Value) []byte {
			n, per := v.Int64(), int64(time.Second/unit)
			return time.Unix(n/per, n%per*int64(unit)).UTC().AppendFormat(to, `"2006-01-02T15:04:05.999999999Z"`)
		}
	case *format.DateType:
		return func(to []byte, v parquet.Value) []byte {
			return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(to, `"2006-01-02"`)
		}
	case *format.DecimalType:
		scale := int(meaning.Scale)
		return func(to []byte, v parquet.Value) []byte { return appendDecimal(to, v, scale) }
	}
	return appendPlain
}

// appendPlain writes a value whose column has no other meaning than its type.
func appendPlain(to []byte, v parquet.Value) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(to, v.Boolean())
	case parquet.Int32:
		return strconv.AppendInt(to, int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.AppendInt(to, v.Int64(), 10)
	case parquet.Float:
		return appendNumber(to, float64(v.Float()), 32)
	case parquet.Double:
		return appendNumber(to, v.Double(), 64)
	case parquet.Int96, parquet.ByteArray, parquet.FixedLenByteArray:
	}
	text, err := json.Marshal(string(v.ByteArray()))
	if err != nil { // no text fails
		return append(to, "null"...)
	}
	return append(to, text...)
}

func appendNumber(to []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(to, "null"...)
	}
	return strconv.AppendFloat(to, x, 'g', -1, bits)
}

// appendDecimal writes a decimal with all its digits.
func appendDecimal(to []byte, v parquet.Value, scale int) []byte {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		bytes := v.ByteArray()
		n.SetBytes(bytes)
		if len(bytes) > 0 && bytes[0]&0x80 != 0 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
		}
	}
	digits := new(big.Int).Abs(n).String()
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if n.Sign() < 0 {
		to = append(to, '-')
	}
	to = append(to, digits[:len(digits)-scale]...)
	if scale > 0 {
		to = append(append(to, '.'), digits[len(digits)-scale:]...)
	}
	return to
}
