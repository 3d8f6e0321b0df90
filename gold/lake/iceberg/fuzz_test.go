package iceberg

import (
	"errors"
	"strings"
	"testing"

	"goldserve/gold"
)

// FuzzTable opens tables of any metadata, list and manifest: each ends in a snapshot whose files lie in the table, or in an error
// of the program's own.
func FuzzTable(f *testing.F) {
	list := avroOf(listSchema, listed("s3://b/t/metadata/m.avro", 5))
	f.Add(metadata1, list, avroOf(entrySchema, live(1, -1, 0, "s3://b/t/data/a", "PARQUET", 3)))
	f.Add(strings.Replace(metadata1, `"long"`, `{"type":"map","key":"string","value":{"type":"list","element":"decimal(3,2)"}}`, 1), list, avroOf(entrySchema))
	f.Add(strings.Replace(metadata1, `"last-updated-ms"`, `"properties":{"schema.name-mapping.default":"[{\"field-id\":1,\"names\":[\"a\"]}]"},"last-updated-ms"`, 1), list, list)
	f.Fuzz(func(t *testing.T, metadata string, list, manifest []byte) {
		b := table(metadata, list)
		b.Put("t/metadata/m.avro", manifest)
		s, err := open(t, b, At{})
		if err != nil {
			if _, known := errors.AsType[*gold.Error](err); !known {
				t.Fatal(err)
			}
			return
		}
		_ = s.Schema.Fields()
		_ = s.NewDeletes()
		for i := range s.Files {
			name := s.Files[i].Name
			if !strings.HasPrefix(name, "t/") || strings.Contains("/"+name+"/", "/../") {
				t.Errorf("the file %q", name)
			}
			if _, err := s.Constants(&s.Files[i]); err != nil && gold.KindOf(err) != gold.Invalid {
				t.Error(err)
			}
		}
	})
}
