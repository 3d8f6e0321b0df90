package delta

import (
	"errors"
	"strings"
	"testing"

	"goldserve/gold"
)

// FuzzLog opens tables of any commits: each ends in a snapshot whose files lie in the table, or in an error of the program's own.
func FuzzLog(f *testing.F) {
	f.Add(reader1+"\n"+table1+"\n"+add("a"), add("b%20c"))
	f.Add(reader3("columnMapping", "deletionVectors")+"\n"+strings.Replace(table1, `"configuration":{}`, `"configuration":{"delta.columnMapping.mode":"id"}`, 1), remove("a"))
	f.Add(reader1+"\n"+strings.Replace(table1, `\"long\"`, `{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":{\"type\":\"array\",\"elementType\":\"decimal(3,2)\"}}`, 1),
		addWith("x", `{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":1,"sizeInBytes":40,"cardinality":6}`))
	f.Add(`{"protocol":null}`, "{}\n\n[]")
	f.Fuzz(func(t *testing.T, first, second string) {
		s, err := Open(t.Context(), logOf([]string{first}, []string{second}), "t", At{})
		if err != nil {
			if _, known := errors.AsType[*gold.Error](err); !known {
				t.Fatal(err)
			}
			return
		}
		_ = s.Schema.Fields()
		for i := range s.Files {
			name := s.Name(&s.Files[i])
			if !strings.HasPrefix(name, "t/") || strings.Contains("/"+name+"/", "/../") {
				t.Errorf("the file %q", name)
			}
			_ = s.PartitionOf(&s.Files[i])
			if _, err := s.Deleted(t.Context(), &s.Files[i]); err != nil {
				if _, known := errors.AsType[*gold.Error](err); !known && !strings.Contains(err.Error(), "overwritten") {
					t.Fatal(err)
				}
			}
		}
	})
}

// FuzzZ85 decodes any text.
func FuzzZ85(f *testing.F) {
	f.Add("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L")
	f.Fuzz(func(t *testing.T, text string) {
		if data, err := decodeZ85(text); err == nil && len(data) != len(text)/5*4 {
			t.Errorf("%d bytes of %d characters", len(data), len(text))
		}
	})
}
