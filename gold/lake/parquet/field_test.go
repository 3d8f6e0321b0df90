package parquet

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
	"goldserve/gold/lake/content"
)

// convertAll converts all values of a page to a field and writes them, and the fault behind them.
func convertAll(t *testing.T, field gold.Field, e *format.SchemaElement, v *values) []string {
	t.Helper()
	convert := conversionOf(field, e.Type.V, meaningOf(e))
	if convert == nil {
		return []string{"no conversion"}
	}
	column := &gold.NewBatch([]gold.Field{field}, 4).Columns[0]
	var lossy int64
	n, f := convert(column, v, 0, v.n, &lossy)
	var got []string
	for i := range column.Len() {
		got = append(got, column.Value(i).Format(0))
	}
	if n != column.Len() {
		t.Errorf("%d values, and %d said", column.Len(), n)
	}
	if f != nil {
		got = append(got, string(f.code)+": "+f.found)
	}
	return got
}

func TestTimesWithoutAZoneAreOfTheDefaultOne(t *testing.T) {
	const july = 1_751_329_800_000 // 2025-07-01T00:30:00, as if it were UTC
	micro := &values{n: 2, int64s: []int64{july * 1000, july*1000 + 1}}
	paris := gold.Field{Name: "at", Kind: gold.Time, DefaultZone: "Europe/Paris"}
	for name, c := range map[string]struct {
		element *format.SchemaElement
		values  *values
		want    []string
	}{
		"local times":       {leaf(format.Int64, 0, timestamp(&format.MicroSeconds{}, false)), micro, []string{"2025-06-30T22:30:00Z", "2025-06-30T22:30:00Z"}},
		"instants":          {leaf(format.Int64, 0, timestamp(&format.MicroSeconds{}, true)), micro, []string{"2025-07-01T00:30:00Z", "2025-07-01T00:30:00Z"}},
		"days":              {leaf(format.Int32, 0, &format.DateType{}), &values{n: 2, int32s: []int32{20270, 20089}}, []string{"2025-06-30T22:00:00Z", "2024-12-31T23:00:00Z"}},
		"days that are out": {leaf(format.Int32, 0, &format.DateType{}), &values{n: 1, int32s: []int32{gold.MinDate}}, []string{"value_range: a timestamp in the year 0 (-62135597361000 milliseconds from 1970)"}},
		"out of all years":  {leaf(format.Int64, 0, timestamp(&format.MilliSeconds{}, false)), &values{n: 1, int64s: []int64{math.MaxInt64}}, []string{"value_range: a timestamp in the year 292278994 (9223372036854775807 milliseconds from 1970)"}},
		"INT96":             {leaf(format.Int96, 0, nil), fixedValues(int96(0, 2440588)), []string{"no conversion"}},
		"a converted type":  {converted(format.Int64, deprecated.TimestampMicros), micro, []string{"no conversion"}},
	} {
		if diff := cmp.Diff(c.want, convertAll(t, paris, c.element, c.values)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if words := expectedWords(paris); !strings.Contains(words, "defaultTimezone") {
		t.Errorf("a field with a zone expects %s", words)
	}
	for field, want := range map[*gold.Field]string{&paris: "2025-06-30T22:30:00Z", {Name: "at", Kind: gold.Time}: "2025-07-01T00:30:00Z"} {
		for _, text := range []string{"2025-07-01 00:30:00", "2025-07-01T00:30", want} {
			c := &column{field: *field}
			if p := c.setConstant(content.Partition{Name: "at", Text: text}); p != nil || c.constant.String() != want {
				t.Errorf("a folder's %s in %q is %v, %v, want %s", text, field.DefaultZone, c.constant, p, want)
			}
		}
	}
}

func TestFloatsStayWhatTheyAre(t *testing.T) {
	field := gold.Field{Name: "p", Kind: gold.Double, Single: true, Nullable: true}
	for name, c := range map[string]struct {
		element *format.SchemaElement
		values  *values
		want    []string
	}{
		"floats":   {leaf(format.Float, 0, nil), &values{n: 3, floats: []float32{0.7165, 0.1, float32(math.NaN())}}, []string{"0.7164999842643738", "0.10000000149011612", "null"}},
		"halves":   {leaf(format.FixedLenByteArray, 2, &format.Float16Type{}), fixedValues([]byte{0x00, 0x3c}), []string{"1"}},
		"doubles":  {leaf(format.Double, 0, nil), &values{n: 4, doubles: []float64{0.5, math.NaN(), 0.7164999842643738, 0.7165}}, []string{"0.5", "null", "0.7164999842643738", "value_type: 0.7165"}},
		"integers": {leaf(format.Int64, 0, nil), &values{n: 2, int64s: []int64{1 << 24, 1<<24 + 1}}, []string{"16777216", "value_type: 1.6777217e+07"}},
	} {
		if diff := cmp.Diff(c.want, convertAll(t, field, c.element, c.values)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	c := &column{field: field}
	if p := c.setConstant(content.Partition{Name: "p", Text: "0.7165"}); p != nil || c.constant.Double() != 0.7164999842643738 {
		t.Errorf("a folder's 0.7165 is %v, %v", c.constant, p)
	}
}
