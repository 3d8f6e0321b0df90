package parquet

import (
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The parts of Parquet's metadata that are needed, under their numbers in
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift. Those of parquet-go's package
// format carry statistics and indexes too, which make a footer several times larger in memory, and one refuses key-value
// pairs without a value, which are sound.

type fileMetadata struct {
	Schema     thrift.Slice[format.SchemaElement] `thrift:"2,required"`
	Rows       int64                              `thrift:"3,required"`
	RowGroups  thrift.Slice[rowGroup]             `thrift:"4,required"`
	Pairs      thrift.Slice[keyValue]             `thrift:"5,optional"`
	Encryption format.EncryptionAlgorithm         `thrift:"8,optional"`
}

type keyValue struct {
	Key   string              `thrift:"1,required"`
	Value thrift.Null[string] `thrift:"2,optional"`
}

type rowGroup struct {
	Columns thrift.Slice[columnChunk] `thrift:"1,required"`
	Rows    int64                     `thrift:"3,required"`
}

type columnChunk struct {
	FilePath   string                      `thrift:"1,optional"`
	Metadata   columnMetadata              `thrift:"3,optional"`
	Encryption format.ColumnCryptoMetaData `thrift:"8,optional"`
}

type columnMetadata struct {
	Type                 format.Type             `thrift:"1,required"`
	Path                 thrift.Slice[string]    `thrift:"3,required"`
	Codec                format.CompressionCodec `thrift:"4,required"`
	Values               int64                   `thrift:"5,required"`
	UncompressedSize     int64                   `thrift:"6,required"`
	CompressedSize       int64                   `thrift:"7,required"`
	DataPageOffset       int64                   `thrift:"9,required"`
	DictionaryPageOffset int64                   `thrift:"11,optional"`
}

type pageHeader struct {
	Type             format.PageType               `thrift:"1,required"`
	UncompressedSize int32                         `thrift:"2,required"`
	CompressedSize   int32                         `thrift:"3,required"`
	CRC              thrift.Null[int32]            `thrift:"4,optional"`
	Data             thrift.Null[dataHeader]       `thrift:"5,optional"`
	Dictionary       thrift.Null[dictionaryHeader] `thrift:"7,optional"`
	DataV2           thrift.Null[dataHeaderV2]     `thrift:"8,optional"`
}

type dataHeader struct {
	Values             int32           `thrift:"1,required"`
	Encoding           format.Encoding `thrift:"2,required"`
	DefinitionEncoding format.Encoding `thrift:"3,required"`
	RepetitionEncoding format.Encoding `thrift:"4,required"`
}

type dictionaryHeader struct {
	Values   int32           `thrift:"1,required"`
	Encoding format.Encoding `thrift:"2,required"`
}

type dataHeaderV2 struct {
	Values           int32             `thrift:"1,required"`
	Nulls            int32             `thrift:"2,required"`
	Rows             int32             `thrift:"3,required"`
	Encoding         format.Encoding   `thrift:"4,required"`
	DefinitionLength int32             `thrift:"5,required"`
	RepetitionLength int32             `thrift:"6,required"`
	Compressed       thrift.Null[bool] `thrift:"7,optional"`
}
