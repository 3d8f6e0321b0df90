package parquet

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

func leaf(physical format.Type, size int32, logical format.LogicalTypeValue) *format.SchemaElement {
	return &format.SchemaElement{
		Type: thrift.New(physical), TypeLength: thrift.New(size), LogicalType: format.LogicalType{Value: logical}, Name: "x",
	}
}

func converted(physical format.Type, c deprecated.ConvertedType) *format.SchemaElement {
	return &format.SchemaElement{Type: thrift.New(physical), ConvertedType: thrift.New(c), Name: "x"}
}

func timestamp(unit format.TimeUnitValue, utc bool) format.LogicalTypeValue {
	return &format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: unit}}
}

func clock(unit format.TimeUnitValue) format.LogicalTypeValue {
	return &format.TimeType{Unit: format.TimeUnit{Value: unit}}
}

func decimal(precision, scale int32) format.LogicalTypeValue {
	return &format.DecimalType{Precision: precision, Scale: scale}
}

// fixedValues are values of a fixed length.
func fixedValues(all ...[]byte) *values {
	v := &values{n: len(all), size: len(all[0])}
	for _, b := range all {
		v.bytes = append(v.bytes, b...)
	}
	return v
}

func textValues(all ...string) *values {
	v := &values{n: len(all), offsets: []uint32{0}}
	for _, s := range all {
		v.bytes = append(v.bytes, s...)
		v.offsets = append(v.offsets, uint32(len(v.bytes)))
	}
	return v
}

func int96(nanos int64, julian uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(nanos))
	return binary.LittleEndian.AppendUint32(b, julian)
}

func TestConversions(t *testing.T) {
	milli, micro, nano := &format.MilliSeconds{}, &format.MicroSeconds{}, &format.NanoSeconds{}
	negative := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb, 0x2e} // -1234
	most := []byte{0x4b, 0x3b, 0x4c, 0xa8, 0x5a, 0x86, 0xc4, 0x7a, 0x09, 0x8a, 0x22, 0x3f, 0xff, 0xff, 0xff, 0xff}     // 10^38-1
	for name, c := range map[string]struct {
		kind    gold.Kind
		scale   int
		element *format.SchemaElement
		values  *values
		want    []string // as text; "code: found" for a value that does not fit
		lossy   int64
	}{
		"int64":              {gold.Int, 0, leaf(format.Int64, 0, nil), &values{n: 2, int64s: []int64{math.MinInt64, math.MaxInt64}}, []string{"-9223372036854775808", "9223372036854775807"}, 0},
		"int32":              {gold.Int, 0, leaf(format.Int32, 0, nil), &values{n: 1, int32s: []int32{math.MinInt32}}, []string{"-2147483648"}, 0},
		"int8":               {gold.Int, 0, leaf(format.Int32, 0, &format.IntType{BitWidth: 8, IsSigned: true}), &values{n: 1, int32s: []int32{-128}}, []string{"-128"}, 0},
		"uint32":             {gold.Int, 0, leaf(format.Int32, 0, &format.IntType{BitWidth: 32}), &values{n: 1, int32s: []int32{-1}}, []string{"4294967295"}, 0},
		"uint32, converted":  {gold.Int, 0, converted(format.Int32, deprecated.Uint32), &values{n: 1, int32s: []int32{-1}}, []string{"4294967295"}, 0},
		"uint64":             {gold.Int, 0, leaf(format.Int64, 0, &format.IntType{BitWidth: 64}), &values{n: 2, int64s: []int64{1, -1}}, []string{"1", "value_range: 18446744073709551615"}, 0},
		"int of doubles":     {gold.Int, 0, leaf(format.Double, 0, nil), &values{n: 4, doubles: []float64{12, math.NaN(), math.Copysign(0, -1), 12.5}}, []string{"12", "null", "0", "value_type: 12.5"}, 0},
		"int of large":       {gold.Int, 0, leaf(format.Double, 0, nil), &values{n: 2, doubles: []float64{1 << 53, 1<<53 + 2}}, []string{"9007199254740992", "value_range: 9.007199254740994e+15"}, 0},
		"int of infinity":    {gold.Int, 0, leaf(format.Float, 0, nil), &values{n: 1, floats: []float32{float32(math.Inf(1))}}, []string{"value_range: +Inf"}, 0},
		"int of decimals":    {gold.Int, 0, leaf(format.Int64, 0, decimal(18, 2)), &values{n: 2, int64s: []int64{1200, 1250}}, []string{"12", "value_type: 12.50"}, 0},
		"int of wide":        {gold.Int, 0, leaf(format.FixedLenByteArray, 16, decimal(38, 0)), fixedValues(negative, append([]byte{1}, make([]byte, 15)...)), []string{"-1234", "value_range: 1329227995784915872903807060280344576"}, 0},
		"double":             {gold.Double, 0, leaf(format.Double, 0, nil), &values{n: 4, doubles: []float64{5e-324, math.Copysign(0, -1), math.NaN(), math.Inf(-1)}}, []string{"5e-324", "0", "null", "value_range: -Inf"}, 0},
		"double of float":    {gold.Double, 0, leaf(format.Float, 0, nil), &values{n: 2, floats: []float32{0.5, 0.1}}, []string{"0.5", "0.10000000149011612"}, 0},
		"double of half":     {gold.Double, 0, leaf(format.FixedLenByteArray, 2, &format.Float16Type{}), fixedValues([]byte{0x00, 0x3c}, []byte{0x01, 0x00}, []byte{0x00, 0x80}, []byte{0xff, 0x7b}, []byte{0x00, 0x7e}, []byte{0x00, 0x7c}), []string{"1", "5.960464477539063e-8", "0", "65504", "null", "value_range: +Inf"}, 0},
		"double of int":      {gold.Double, 0, leaf(format.Int64, 0, nil), &values{n: 2, int64s: []int64{-(1 << 53), 1<<53 + 1}}, []string{"-9007199254740992", "value_range: 9007199254740993"}, 0},
		"double of uint64":   {gold.Double, 0, leaf(format.Int64, 0, &format.IntType{BitWidth: 64}), &values{n: 1, int64s: []int64{-1}}, []string{"value_range: 18446744073709551615"}, 0},
		"double of decimals": {gold.Double, 0, leaf(format.Int32, 0, decimal(9, 2)), &values{n: 2, int32s: []int32{123, -1}}, []string{"1.23", "-0.01"}, 0},
		// 17 digits that are the shortest of a double are no loss, other 17 digits are.
		"double of 17 digits": {gold.Double, 0, leaf(format.Int64, 0, decimal(18, 17)), &values{n: 2, int64s: []int64{30000000000000004, 30000000000000002}}, []string{"0.30000000000000004", "0.30000000000000004"}, 1},
		"double of zeros":     {gold.Double, 0, leaf(format.Int64, 0, decimal(18, 2)), &values{n: 1, int64s: []int64{123456789000000000}}, []string{"1234567890000000"}, 0},
		"double of bytes":     {gold.Double, 0, leaf(format.ByteArray, 0, decimal(38, 2)), textValues("\x30\x39", "\xff\x85", ""), []string{"123.45", "-1.23", "0"}, 0},
		"decimal":             {gold.Decimal, 2, leaf(format.FixedLenByteArray, 16, decimal(38, 2)), fixedValues(negative), []string{"-12.34"}, 0},
		"decimal, more":       {gold.Decimal, 4, converted(format.Int64, deprecated.Decimal), &values{n: 2, int64s: []int64{12, 100_000_000_000_000}}, []string{"12.0000", "value_range: 100000000000000"}, 0},
		"decimal, fewer":      {gold.Decimal, 1, leaf(format.Int64, 0, decimal(18, 2)), &values{n: 2, int64s: []int64{1230, 1234}}, []string{"12.3", "value_type: 12.34"}, 0},
		"decimal of int":      {gold.Decimal, 2, leaf(format.Int32, 0, nil), &values{n: 1, int32s: []int32{-7}}, []string{"-7.00"}, 0},
		"decimal, too wide":   {gold.Decimal, 0, leaf(format.Int64, 0, nil), &values{n: 2, int64s: []int64{999_999_999_999_999_999, 1_000_000_000_000_000_000}}, []string{"999999999999999999", "value_range: 1000000000000000000"}, 0},
		"wide":                {gold.WideDecimal, 18, leaf(format.FixedLenByteArray, 16, decimal(38, 18)), fixedValues(negative, most, append(most[:11:11], 0x40, 0, 0, 0, 0)), []string{"-0.000000000000001234", "99999999999999999999.999999999999999999", "value_range: 100000000000000000000.000000000000000000"}, 0},
		"wide of bytes":       {gold.WideDecimal, 2, leaf(format.ByteArray, 0, decimal(38, 2)), textValues("\x30\x39", "\xff\x85", "", "\x00"+string(most), "\xff\xff"+string(negative)), []string{"123.45", "-1.23", "0.00", "999999999999999999999999999999999999.99", "-12.34"}, 0},
		"wide of few bytes":   {gold.WideDecimal, 0, leaf(format.FixedLenByteArray, 9, decimal(20, 0)), fixedValues([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []byte{0xff, 0, 0, 0, 0, 0, 0, 0, 0}), []string{"18446744073709551615", "-18446744073709551616"}, 0},
		"wide, more digits":   {gold.WideDecimal, 18, leaf(format.Int64, 0, decimal(18, 2)), &values{n: 2, int64s: []int64{-1205, 999_999_999_999_999_999}}, []string{"-12.050000000000000000", "9999999999999999.990000000000000000"}, 0},
		"wide, fewer digits":  {gold.WideDecimal, 2, leaf(format.FixedLenByteArray, 16, decimal(38, 4)), fixedValues(negative[:16], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0xb0}), []string{"value_type: -0.1234"}, 0},
		"wide of wider":       {gold.WideDecimal, 0, leaf(format.FixedLenByteArray, 32, decimal(76, 0)), fixedValues(append(make([]byte, 16), most...), append([]byte{1}, make([]byte, 31)...)), []string{"99999999999999999999999999999999999999", "value_range: 452312848583266388373324160190187140051835877600158453279131187530910662656"}, 0},
		"wide of uint64":      {gold.WideDecimal, 0, leaf(format.Int64, 0, &format.IntType{BitWidth: 64}), &values{n: 1, int64s: []int64{-1}}, []string{"18446744073709551615"}, 0},
		"double of wide":      {gold.Double, 0, leaf(format.FixedLenByteArray, 16, decimal(38, 18)), fixedValues(most, []byte{0, 0, 0, 0, 0, 0, 0, 1, 0x46, 0x89, 0x43, 0x55, 0xf9, 0x30, 0xf0, 0xf1}), []string{"100000000000000000000", "23.529411764705884"}, 2},
		"text":                {gold.Text, 0, leaf(format.ByteArray, 0, &format.StringType{}), textValues("", "é\x00", "\xff"), []string{"", "é\x00", `value_type: "\xff"`}, 0},
		"text of bytes":       {gold.Text, 0, leaf(format.ByteArray, 0, nil), textValues("a"), []string{"a"}, 0},
		"text of enum":        {gold.Text, 0, converted(format.ByteArray, deprecated.Enum), textValues("a"), []string{"a"}, 0},
		"clock of millis":     {gold.Text, 0, leaf(format.Int32, 0, clock(milli)), &values{n: 4, int32s: []int32{0, 34200000, 86399007, -1}}, []string{"00:00:00", "09:30:00", "23:59:59.007", "value_range: the time of day -1/1000 seconds after midnight"}, 0},
		"clock of micros":     {gold.Text, 0, converted(format.Int64, deprecated.TimeMicros), &values{n: 3, int64s: []int64{1, 86400_000_000, 86400_000_001}}, []string{"00:00:00.000001", "24:00:00", "value_range: the time of day 86400000001/1000000 seconds after midnight"}, 0},
		"clock of nanos":      {gold.Text, 0, leaf(format.Int64, 0, clock(nano)), &values{n: 2, int64s: []int64{45296_500_000_000, 1}}, []string{"12:34:56.500000000", "00:00:00.000000001"}, 0},
		"uuid":                {gold.Text, 0, leaf(format.FixedLenByteArray, 16, &format.UUIDType{}), fixedValues([]byte{0xb5, 0xd1, 0xc8, 0xf7, 0x2f, 0x08, 0x4d, 0xf4, 0xae, 0x72, 0x82, 0x7b, 0xda, 0x16, 0xee, 0xb8}), []string{"b5d1c8f7-2f08-4df4-ae72-827bda16eeb8"}, 0},
		"text of days":        {gold.Text, 0, converted(format.Int32, deprecated.Date), &values{n: 3, int32s: []int32{15316, -719162, 2932897}}, []string{"2011-12-08", "0001-01-01", "value_range: the date 2932897 days from 1970-01-01"}, 0},
		"date":                {gold.Date, 0, leaf(format.Int32, 0, &format.DateType{}), &values{n: 1, int32s: []int32{-1}}, []string{"1969-12-31"}, 0},
		"date of midnight":    {gold.Date, 0, leaf(format.Int64, 0, timestamp(micro, false)), &values{n: 3, int64s: []int64{-86_400_000_000, 0, 1}}, []string{"1969-12-31", "1970-01-01", "value_type: 1970-01-01T00:00:00Z"}, 0},
		"time in ms":          {gold.Time, 0, leaf(format.Int64, 0, timestamp(milli, true)), &values{n: 1, int64s: []int64{-1}}, []string{"1969-12-31T23:59:59.999Z"}, 0},
		"time in µs":          {gold.Time, 0, leaf(format.Int64, 0, timestamp(micro, false)), &values{n: 2, int64s: []int64{-1, 1000}}, []string{"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.001Z"}, 1},
		"time in ns":          {gold.Time, 0, leaf(format.Int64, 0, timestamp(nano, true)), &values{n: 2, int64s: []int64{-1_000_000, 1}}, []string{"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"}, 1},
		"time, converted":     {gold.Time, 0, converted(format.Int64, deprecated.TimestampMicros), &values{n: 1, int64s: []int64{2000}}, []string{"1970-01-01T00:00:00.002Z"}, 0},
		"time as INT96":       {gold.Time, 0, leaf(format.Int96, 0, nil), fixedValues(int96(0, 2440588), int96(43_200_000_000_001, 2440587), int96(0, 0)), []string{"1970-01-01T00:00:00Z", "1969-12-31T12:00:00Z", "value_range: a timestamp in the year -4713 (-210866803200000 milliseconds from 1970)"}, 1},
		"time of days":        {gold.Time, 0, leaf(format.Int32, 0, &format.DateType{}), &values{n: 1, int32s: []int32{1}}, []string{"1970-01-02T00:00:00Z"}, 0},
		"bool":                {gold.Bool, 0, leaf(format.Boolean, 0, nil), &values{n: 2, bools: []byte{0, 1}}, []string{"false", "true"}, 0},
		"nothing but nulls":   {gold.Text, 0, leaf(format.Int32, 0, &format.NullType{}), &values{n: 1, int32s: []int32{1}}, []string{"value_type: a value"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			field := gold.Field{Name: "x", Kind: c.kind, Scale: c.scale, Precision: 38}
			convert := conversionOf(field, c.element.Type.V, meaningOf(c.element))
			if convert == nil {
				t.Fatal("no conversion")
			}
			column := &gold.NewBatch([]gold.Field{field}, 4).Columns[0]
			var lossy int64
			n, f := convert(column, c.values, 0, c.values.n, &lossy)
			var got []string
			for i := range column.Len() {
				got = append(got, column.Value(i).Format(c.scale))
			}
			if f != nil {
				got = append(got, string(f.code)+": "+f.found)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || n != column.Len() {
				t.Errorf("%d values (-want +got):\n%s", n, diff)
			}
			if lossy != c.lossy {
				t.Errorf("%d lossy, want %d", lossy, c.lossy)
			}
			if c.kind == gold.Double {
				for _, x := range column.Floats {
					if math.Signbit(x) && x == 0 || x != x {
						t.Errorf("%v in the column", x)
					}
				}
			}
		})
	}
}

func TestTypesThatDoNotFitAreRefused(t *testing.T) {
	all := []gold.Kind{gold.Bool, gold.Int, gold.Double, gold.Decimal, gold.Text, gold.Date, gold.Time, gold.WideDecimal}
	for name, c := range map[string]struct {
		element *format.SchemaElement
		fits    []gold.Kind
	}{
		"boolean":            {leaf(format.Boolean, 0, nil), []gold.Kind{gold.Bool}},
		"integer":            {leaf(format.Int64, 0, nil), []gold.Kind{gold.Int, gold.Double, gold.Decimal, gold.WideDecimal}},
		"double":             {leaf(format.Double, 0, nil), []gold.Kind{gold.Int, gold.Double}},
		"decimal":            {leaf(format.Int64, 0, decimal(18, 2)), []gold.Kind{gold.Int, gold.Double, gold.Decimal, gold.WideDecimal}},
		"text":               {leaf(format.ByteArray, 0, &format.StringType{}), []gold.Kind{gold.Text}},
		"bytes":              {leaf(format.ByteArray, 0, nil), []gold.Kind{gold.Text}},
		"fixed bytes":        {leaf(format.FixedLenByteArray, 16, nil), nil},
		"uuid":               {leaf(format.FixedLenByteArray, 16, &format.UUIDType{}), []gold.Kind{gold.Text}},
		"short uuid":         {leaf(format.FixedLenByteArray, 15, &format.UUIDType{}), nil},
		"date":               {leaf(format.Int32, 0, &format.DateType{}), []gold.Kind{gold.Text, gold.Date, gold.Time}},
		"timestamp":          {leaf(format.Int64, 0, timestamp(&format.NanoSeconds{}, true)), []gold.Kind{gold.Date, gold.Time}},
		"INT96":              {leaf(format.Int96, 0, nil), []gold.Kind{gold.Date, gold.Time}},
		"time of day":        {leaf(format.Int64, 0, clock(&format.MicroSeconds{})), []gold.Kind{gold.Text}},
		"time, converted":    {converted(format.Int32, deprecated.TimeMillis), []gold.Kind{gold.Text}},
		"time of no unit":    {leaf(format.Int64, 0, &format.TimeType{}), nil},
		"time of 32 bits":    {leaf(format.Int32, 0, clock(&format.NanoSeconds{})), nil},
		"interval":           {converted(format.FixedLenByteArray, deprecated.Interval), nil},
		"text stored as int": {leaf(format.Int32, 0, &format.StringType{}), nil},
		"unknown type":       {leaf(format.Type(42), 0, nil), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var fits []gold.Kind
			for _, k := range all {
				if conversionOf(gold.Field{Kind: k}, c.element.Type.V, meaningOf(c.element)) != nil {
					fits = append(fits, k)
				}
			}
			if diff := cmp.Diff(c.fits, fits); diff != "" {
				t.Errorf("kinds that it fits (-want +got):\n%s", diff)
			}
			if typeWords(c.element) == "" {
				t.Error("no words for the type")
			}
		})
	}
}
