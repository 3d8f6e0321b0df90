package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
)

func TestDeriveFields(t *testing.T) {
	from := &gold.Dataset{Fields: []gold.Field{
		{Name: "id", Kind: gold.Int, Sortable: true},
		{Name: "at", Kind: gold.Time},
		{Name: "price", Kind: gold.Decimal, Scale: 2, Nullable: true, MultipleOf: 0.01},
		{Name: "pays", Kind: gold.Text, Nullable: true},
		{Name: "poids", Kind: gold.Double, Single: true},
		{Name: "vu", Kind: gold.Date, Nullable: true},
	}}
	for _, tt := range []struct {
		name   string
		derive gold.Derive
		want   []gold.Field
	}{
		{"groups", gold.Derive{Group: &gold.DeriveGroup{
			By: []gold.Group{{Field: "at", Grain: gold.Day, As: "jour"}, {Field: "pays"}, {Field: "price", Bins: []float64{0}}},
			Measures: []gold.Measure{
				{Func: gold.Sum, Field: "price", As: "ca"},
				{Func: gold.Count, As: "achats"},
				{Func: gold.Avg, Field: "price"},
				{Func: gold.Min, Field: "price"},
				{Func: gold.Max, Field: "id"},
				{Func: gold.CountDistinct, Field: "pays"},
			},
		}}, []gold.Field{
			{Name: "jour", Kind: gold.Text},
			{Name: "pays", Kind: gold.Text, Nullable: true},
			{Name: "price_bins", Kind: gold.Text, Nullable: true},
			{Name: "ca", Kind: gold.Decimal, Scale: 2, Precision: 34},
			{Name: "achats", Kind: gold.Int},
			{Name: "avg_price", Kind: gold.Double, Nullable: true},
			{Name: "min_price", Kind: gold.Decimal, Scale: 2, Nullable: true},
			{Name: "max_id", Kind: gold.Int},
			{Name: "count_distinct_pays", Kind: gold.Int},
		}},
		{
			"one row, perhaps of none",
			gold.Derive{Group: &gold.DeriveGroup{Measures: []gold.Measure{{Func: gold.Max, Field: "id"}}}},
			[]gold.Field{{Name: "max_id", Kind: gold.Int, Nullable: true}},
		},
		{"values of a float32", gold.Derive{Group: &gold.DeriveGroup{
			By: []gold.Group{{Field: "id"}},
			Measures: []gold.Measure{
				{Func: gold.Max, Field: "poids"},
				{Func: gold.First, Field: "poids", By: "at, id"},
				{Func: gold.Last, Field: "poids", By: "at, id"},
				{Func: gold.Avg, Field: "poids"},
			},
		}}, []gold.Field{
			{Name: "id", Kind: gold.Int},
			{Name: "max_poids", Kind: gold.Double, Single: true},
			{Name: "first_poids", Kind: gold.Double, Single: true},
			{Name: "last_poids", Kind: gold.Double, Single: true},
			{Name: "avg_poids", Kind: gold.Double},
		}},
		{"groups without a row that counts", gold.Derive{Group: &gold.DeriveGroup{
			By: []gold.Group{{Field: "at"}},
			Measures: []gold.Measure{
				{Func: gold.Max, Field: "id", Where: "pays = 'France'", As: "max"},
				{Func: gold.Sum, Field: "id", Where: "pays = 'France'", As: "sum"},
				{Func: gold.Count, Where: "pays = 'France'", As: "count"},
				{Func: gold.Last, Field: "id", By: "vu, id", As: "last"},
			},
		}}, []gold.Field{
			{Name: "at", Kind: gold.Time},
			{Name: "max", Kind: gold.Int, Nullable: true},
			{Name: "sum", Kind: gold.Int},
			{Name: "count", Kind: gold.Int},
			{Name: "last", Kind: gold.Int, Nullable: true},
		}},
		{"histogram", gold.Derive{Histogram: &gold.DeriveHistogram{Field: "price", Bins: 12}}, []gold.Field{
			{Name: "bucket", Kind: gold.Text}, {Name: "lower", Kind: gold.Double}, {Name: "upper", Kind: gold.Double}, {Name: "count", Kind: gold.Int},
		}},
		{"growth", gold.Derive{Growth: &gold.DeriveGrowth{Order: "pays", Value: "id"}}, []gold.Field{
			{Name: "pays", Kind: gold.Text, Nullable: true},
			{Name: "id", Kind: gold.Int},
			{Name: "prev_id", Kind: gold.Int, Nullable: true},
			{Name: "growth_abs", Kind: gold.Int, Nullable: true},
			{Name: "growth_pct", Kind: gold.Double, Nullable: true},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, DeriveFields(&tt.derive, from)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
