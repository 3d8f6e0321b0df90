package parquet

// structure says which fields a structure of Parquet's metadata must have. Those that this package has no use for are held
// to it as well: other readers refuse a file that lacks one, and so a damaged file is noticed.
type structure struct {
	what   string
	fields map[int]member
}

// member is a field under its number.
type member struct {
	kind     byte // thriftTrue stands for both booleans
	required bool
	item     byte       // of a list
	of       *structure // of a structure, or of a list of some
}

func must(kind byte) member { return member{kind: kind, required: true} }

func listOf(s *structure, required bool) member {
	return member{kind: thriftList, required: required, item: thriftStruct, of: s}
}

// footerStructure is the file's metadata, headerStructure the header of a page, both as in
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
var (
	footerStructure = &structure{"the file's metadata", map[int]member{
		1: must(thriftInt32), // version
		2: listOf(&structure{"a column of the schema", map[int]member{4: must(thriftBinary)}}, true),
		3: must(thriftInt64), // rows
		4: listOf(rowGroupStructure, true),
		5: listOf(keyValueStructure, false),
	}}
	rowGroupStructure = &structure{"a row group", map[int]member{
		1: listOf(chunkStructure, true),
		2: must(thriftInt64), // bytes
		3: must(thriftInt64), // rows
		4: listOf(&structure{"a sorting column", map[int]member{1: must(thriftInt32), 2: must(thriftTrue), 3: must(thriftTrue)}}, false),
	}}
	chunkStructure = &structure{"a column chunk", map[int]member{
		2: must(thriftInt64), // where its metadata was written
		3: {kind: thriftStruct, of: &structure{"a column chunk's metadata", map[int]member{
			1:  must(thriftInt32),                                      // type
			2:  {kind: thriftList, required: true, item: thriftInt32},  // encodings
			3:  {kind: thriftList, required: true, item: thriftBinary}, // path
			4:  must(thriftInt32),                                      // codec
			5:  must(thriftInt64),                                      // values
			6:  must(thriftInt64),                                      // bytes, decompressed
			7:  must(thriftInt64),                                      // bytes
			8:  listOf(keyValueStructure, false),
			9:  must(thriftInt64), // first data page
			13: listOf(&structure{"the statistics of an encoding", map[int]member{1: must(thriftInt32), 2: must(thriftInt32), 3: must(thriftInt32)}}, false),
		}}},
	}}
	keyValueStructure = &structure{"a pair of key and value", map[int]member{1: must(thriftBinary)}}

	headerStructure = &structure{"a page's header", map[int]member{
		1: must(thriftInt32), 2: must(thriftInt32), 3: must(thriftInt32), // type and sizes
		5: {kind: thriftStruct, of: &structure{"a data page's header", map[int]member{
			1: must(thriftInt32), 2: must(thriftInt32), 3: must(thriftInt32), 4: must(thriftInt32), // values and encodings
		}}},
		7: {kind: thriftStruct, of: &structure{"a dictionary's header", map[int]member{1: must(thriftInt32), 2: must(thriftInt32)}}},
		8: {kind: thriftStruct, of: &structure{"a data page's header", map[int]member{
			1: must(thriftInt32), 2: must(thriftInt32), 3: must(thriftInt32), 4: must(thriftInt32), 5: must(thriftInt32), 6: must(thriftInt32),
		}}},
	}}
)
