package api_test

import (
	"goldserve/gold"
	"goldserve/gold/measure"
	"goldserve/gold/storetest"
)

// clients is a dimension of the shop: three of the four clients who bought. It lends to achats, but for what is masked.
func clients() table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "clients", Key: []string{"client"}, DefaultSort: []gold.Sort{{Field: "client"}},
		Fields: []gold.Field{
			{Name: "client", Kind: gold.Int, Filters: comparable4, Sortable: true},
			{Name: "ville", Kind: gold.Text, Nullable: true, Filters: append([]gold.Op{gold.IsNull}, comparable4...), Search: true, Sortable: true},
			{Name: "depuis", Kind: gold.Date, Filters: comparable4},
			{Name: "telephone", Kind: gold.Text, Mask: gold.MaskHMAC, PII: true, Filters: comparable4},
		},
	}}
	for i, town := range []gold.Value{gold.NewText("Paris"), gold.NewText("Lyon"), {}} {
		t.rows = append(t.rows, []gold.Value{gold.NewInt(9007199254740993 + int64(i)), town, gold.NewDate(14900 + 31*int64(i)), gold.NewText("00ff")})
	}
	return t
}

// rolledUp is an aggregate of achats, with the rows that the plainest computation gives.
func rolledUp(name string, group gold.Group, fields []gold.Field, measures []gold.Measure) table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: name, Collection: "gold_" + name, Endpoint: "/" + name, Key: []string{group.Name()},
		DefaultSort: []gold.Sort{{Field: group.Name()}}, Fields: fields,
		Rollup: &gold.Rollup{Of: "achats", Group: []gold.Group{group}, Measures: measures},
	}}
	facts, dimension := purchases(), clients()
	factVersion, dimensionVersion := facts.version(), dimension.version()
	if group.Field == "ville" {
		group.Join = &gold.Join{Version: &dimensionVersion, On: "client", Key: "client"}
	}
	rows, err := storetest.Aggregate(gold.Aggregation{
		Version: &factVersion, Group: []gold.Group{group}, Measures: measures, Having: []gold.Predicate{{Field: group.Name(), Op: gold.NotNull}},
	}, storetest.Table{Version: &factVersion, Rows: facts.rows}, storetest.Table{Version: &dimensionVersion, Rows: dimension.rows})
	if err != nil {
		panic(err)
	}
	for _, row := range rows { // the contract's order isn't the rollup's
		t.rows = append(t.rows, []gold.Value{row[0], row[2], row[1]})
	}
	return t
}

var sums = []gold.Measure{{Func: gold.Sum, Field: "montant", As: "ca"}, {Func: gold.Count, As: "achats"}}

func sumFields(key string) []gold.Field {
	return []gold.Field{
		{Name: key, Kind: gold.Text, Filters: comparable4, Sortable: true, Search: true},
		{Name: "achats", Kind: gold.Int, Filters: comparable4, Sortable: true},
		{Name: "ca", Kind: gold.Double, MultipleOf: 0.01, Filters: comparable4, Sortable: true},
	}
}

func byDay() table {
	return rolledUp("par_jour", gold.Group{Field: "le", Grain: gold.Day, As: "jour"}, sumFields("jour"), sums)
}

func byTown() table {
	return rolledUp("par_ville", gold.Group{Field: "ville"}, sumFields("ville"), sums)
}

// fill makes a derived table's rows of a batch.
func (t *table) fill(b *gold.Batch, err error) table {
	if err != nil {
		panic(err)
	}
	for i := range b.Fields {
		b.Fields[i].Filters, b.Fields[i].Sortable = comparable4, true
	}
	t.Fields = b.Fields
	for i := range b.Rows {
		t.rows = append(t.rows, b.Row(i, nil))
	}
	return *t
}

func growth() table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "croissance", Collection: "gold_croissance", Endpoint: "/croissance", Key: []string{"jour"},
		DefaultSort: []gold.Sort{{Field: "jour"}}, Derive: &gold.Derive{From: "par_jour", Growth: &gold.DeriveGrowth{Order: "jour", Value: "ca", Grain: gold.Day}},
	}}
	source := byDay()
	return t.fill(measure.Growth(source.batch(), *t.Derive.Growth))
}

func histogram() table {
	t := table{Dataset: gold.Dataset{
		Model: "shop", Name: "repartition", Collection: "gold_repartition", Endpoint: "/repartition", Key: []string{"bucket"},
		DefaultSort: []gold.Sort{{Field: "lower"}}, Derive: &gold.Derive{From: "achats", Histogram: &gold.DeriveHistogram{Field: "montant", Bins: 11}},
	}}
	facts := purchases()
	h, err := measure.NewHistogram(0, 111.1, 11)
	if err != nil {
		panic(err)
	}
	h.Add(facts.batch().Column("montant"))
	return t.fill(h.Batch(), nil)
}
