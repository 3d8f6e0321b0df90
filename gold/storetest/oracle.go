package storetest

import "goldserve/gold"

// oracle answers questions about a release in the plainest way.
type oracle []Table

// newOracle returns the oracle of a release's tables.
func newOracle(r *gold.Release, tables []table) oracle {
	var o oracle
	for _, tb := range tables {
		o = append(o, Table{Version: r.Version(tb.Name), Rows: tb.rows})
	}
	return o
}

func (o oracle) rows(q gold.Query) ([][]gold.Value, error) { return SelectRows(q, o...) }

func (o oracle) aggregate(a gold.Aggregation) ([][]gold.Value, error) { return Aggregate(a, o...) }
