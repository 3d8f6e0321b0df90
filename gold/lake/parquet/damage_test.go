package parquet

import (
	"testing"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// What this file refuses DuckDB 1.4 and pyarrow 26 both refuse as broken: found by changing bytes of sound files.

func TestBlocksOfSnappyAreNoneOfItsExtension(t *testing.T) {
	const literal = "\x0cabcd"                    // four bytes
	const copied, repeat = "\x01\x04", "\x01\x00" // four bytes from a distance of 4, and of 0
	const long = "\xf0\x03abcd"                   // its length in a byte of its own
	for block, want := range map[string]string{
		"\x08" + literal + copied:                 "abcdabcd",
		"\x08" + long + copied:                    "abcdabcd",
		"\x0c" + literal + copied + repeat:        "",
		"\x08" + literal + "\x0e\x00\x00":         "",
		"\x08" + literal + "\x0f\x00\x00\x00\x00": "",
		"\x08" + literal + "\x01":                 "",
		"\x08" + literal + "\xfc\x01":             "",
		"\xff":                                    "",
		"\x04\xfc\x03\x00\x00\x00abcd":            "abcd",
		"\x04" + "\x0cabc":                        "",
		"\x04" + "\xfc\xff\xff\xff\xff" + "abcd":  "",
		"\x08" + literal + "\x0e\x04\x00":         "abcdabcd",
		"\x08" + literal + "\x0f\x04\x00\x00\x00": "abcdabcd",
		"\x08" + literal + "\x0cefgh":             "abcdefgh",
		"\x00":                                    "",
	} {
		size := len(want)
		if size == 0 {
			size = 12
		}
		got, err := (&decompressor{}).decompress(format.Snappy, nil, []byte(block), size)
		if (err == nil) != (want != "") || string(got) != want {
			t.Errorf("%q is read as %q, %v, want %q", block, got, err, want)
		}
	}
}

func TestMetadataThatLacksWhatItMustHaveIsRefused(t *testing.T) {
	const (
		sizes = "\x15\x00\x15\x08\x15\x08" // a data page of 4 bytes
		data  = "\x2c\x15\x02\x15\x00\x15\x06"
	)
	for name, c := range map[string]struct {
		bytes string
		sound bool
		as    *structure
	}{
		"a page's header":                    {sizes + data + "\x15\x06\x00\x00", true, headerStructure},
		"a header with fields of the future": {sizes + data + "\x15\x06\xf5\x02\x00\x00", true, headerStructure},
		"without its last encoding":          {sizes + data + "\x00\x00", false, headerStructure},
		"an encoding under another number":   {sizes + data + "\x95\x06\x00\x00", false, headerStructure},
		"an encoding of another type":        {sizes + data + "\x14\x06\x00\x00", false, headerStructure},
		"a dictionary without its encoding":  {sizes + "\x4c\x15\x02\x00\x00", false, headerStructure},
		"without a size":                     {"\x15\x00\x15\x08\x00", false, headerStructure},
		"a footer":                           {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x0c\x00", true, footerStructure},
		"with a pair that has no value":      {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x0c\x19\x1c\x18\x01k\x00\x00", true, footerStructure},
		"with a pair that has no key":        {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x0c\x19\x1c\x28\x01k\x00\x00", false, footerStructure},
		"without a version":                  {"\x29\x1c\x48\x01a\x00\x16\x00\x19\x0c\x00", false, footerStructure},
		"with a column that has no name":     {"\x15\x02\x19\x1c\x15\x01\x00\x16\x00\x19\x0c\x00", false, footerStructure},
		"with columns that are numbers":      {"\x15\x02\x19\x15\x02\x16\x00\x19\x0c\x00", false, footerStructure},
		"with a row group of two fields":     {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x1c\x19\x0c\x26\x00\x00\x00", false, footerStructure},
		"with a row group":                   {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x1c\x19\x0c\x16\x00\x16\x00\x00\x00", true, footerStructure},
		"sorted by a column of two fields":   {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x1c\x19\x0c\x16\x00\x16\x00\x19\x1c\x15\x00\x11\x00\x00\x00", false, footerStructure},
		"sorted by a column":                 {"\x15\x02\x19\x1c\x48\x01a\x00\x16\x00\x19\x1c\x19\x0c\x16\x00\x16\x00\x19\x1c\x15\x00\x11\x12\x00\x00\x00", true, footerStructure},
	} {
		w := thriftWalk{b: []byte(c.bytes)}
		err := w.structure(0, c.as)
		if (err == nil) != c.sound {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && w.at != len(c.bytes) {
			t.Errorf("%s: %d of %d bytes", name, w.at, len(c.bytes))
		}
	}
}

func TestSchemasThatContradictThemselvesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		element *format.SchemaElement
		sound   bool
	}{
		"an unknown type":             {leaf(format.Type(-7), 0, nil), false},
		"text as integers":            {converted(format.Int64, deprecated.UTF8), false},
		"text of a fixed length":      {converted(format.FixedLenByteArray, deprecated.UTF8), true},
		"small integers as large":     {converted(format.Int64, deprecated.Uint32), false},
		"large integers as small":     {leaf(format.Int32, 0, &format.IntType{BitWidth: 64}), false},
		"small integers":              {converted(format.Int32, deprecated.Int16), true},
		"integers as text":            {converted(format.ByteArray, deprecated.Int16), false},
		"a decimal without digits":    {leaf(format.Int32, 0, decimal(0, 0)), false},
		"a decimal all fraction":      {leaf(format.Int32, 0, decimal(2, 2)), true},
		"a decimal of a longer scale": {leaf(format.Int32, 0, decimal(2, 3)), false},
		"days as large integers":      {converted(format.Int64, deprecated.Date), false},
		"an interval of 12 bytes":     {&format.SchemaElement{Type: converted(format.FixedLenByteArray, 0).Type, TypeLength: leaf(format.FixedLenByteArray, 12, nil).TypeLength, ConvertedType: converted(0, deprecated.Interval).ConvertedType}, true},
		"an interval as text":         {converted(format.ByteArray, deprecated.Interval), false},
		"a time of day":               {converted(format.Int64, deprecated.TimeMicros), true},
		"a time of day as text":       {converted(format.ByteArray, deprecated.TimeMicros), false},
	} {
		if err := checkSchema([]format.SchemaElement{{Name: "root"}, *c.element}); (err == nil) != c.sound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if checkSchema([]format.SchemaElement{{Name: "\xbb"}}) == nil {
		t.Error("a name that is not UTF-8 is taken")
	}
}

func TestFootersThatAreWrongAboutAColumnThatNobodyNamesAreRefused(t *testing.T) {
	sound := columnMetadata{Type: format.Int64, Path: []string{"s", "a"}, Values: 3, CompressedSize: 90, DataPageOffset: 10}
	for name, c := range map[string]struct {
		change func(*columnMetadata)
		sound  bool
	}{
		"as it is":         {func(*columnMetadata) {}, true},
		"up to the end":    {func(m *columnMetadata) { m.DataPageOffset = 110 }, true},
		"beyond the end":   {func(m *columnMetadata) { m.DataPageOffset = 111 }, false},
		"before the start": {func(m *columnMetadata) { m.DataPageOffset = 0 }, false},
		"no bytes":         {func(m *columnMetadata) { m.CompressedSize = 0 }, false},
		"no values":        {func(m *columnMetadata) { m.Values, m.CompressedSize = 0, 0 }, true},
		"fewer than none":  {func(m *columnMetadata) { m.Values = -1 }, false},
		"another type":     {func(m *columnMetadata) { m.Type = format.Double }, false},
		"an unknown codec": {func(m *columnMetadata) { m.Codec = 9 }, false},
	} {
		m := sound
		c.change(&m)
		column, err := checkChunks([]columnChunk{{Metadata: m}}, []format.Type{format.Int64}, 200)
		if (err == nil) != c.sound || err != nil && column != "s.a" {
			t.Errorf("%s: column %q: %v", name, column, err)
		}
	}
}

func TestPagesWithoutValuesMustBeSoundToo(t *testing.T) {
	if _, err := decodeIndexes(nil, []byte{255}, 0); err == nil {
		t.Error("indexes of 255 bits are taken where there are none")
	}
	if _, err := decodeIndexes(nil, []byte{32}, 0); err != nil {
		t.Error(err)
	}
	if err := new(values).decode(format.Int32, 0, 77, nil, 0); err == nil {
		t.Error("an unknown encoding of no values is taken")
	}
	if err := new(values).decode(format.Int32, 0, format.DeltaBinaryPacked, nil, 0); err != nil {
		t.Error(err)
	}
}
