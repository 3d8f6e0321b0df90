package object_test

import (
	"testing"

	"goldserve/gold/lake/object"
	"goldserve/gold/lake/object/objecttest"
)

// TestPathsWithinATable: what Within calls inside lies in the table's folder once it is joined.
func TestPathsWithinATable(t *testing.T) {
	b := objecttest.NewBucket()
	places := object.PlacesOf(b, "t")
	for written, want := range map[string]string{
		"data/a":                    "t/data/a",
		"data//a":                   "t/data/a",
		b.String() + "/t/data/a":    "t/data/a",
		b.String() + "/t//data/a":   "t/data/a",
		b.String() + "/t/../u/a":    "",
		b.String() + "/t2/a":        "",
		b.String() + "/u/a":         "",
		b.String() + "/t/file:/u/a": "",
		b.String() + "/t":           "",
		b.String() + "/t/":          "",
		"../u/a":                    "",
		"/etc/passwd":               "",
		"file:///etc/passwd":        "",
		"s3://another/t/a":          "",
	} {
		name, inside, err := places.Within(written)
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if joined := object.Join("t", name); inside != (want != "") || inside && joined != want {
			t.Errorf("%s: %s, inside %t, want %s", written, joined, inside, want)
		}
	}
}
