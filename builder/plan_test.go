package builder_test

import (
	"slices"
	"strings"
	"testing"

	"goldserve/builder"
)

// TestReasonsNameWhatChangedBehindTemporaryTables: the file, the parameter or the SQL, however many tables are between that leave no files.
func TestReasonsNameWhatChangedBehindTemporaryTables(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sql["silver/checked.sql"] = "-- goldserve: {materialized: view}\nSELECT a.* FROM bronze.achats a WHERE a.montant < param_most()"
	s.sql["silver/repeated.sql"] = "-- goldserve: {materialized: temporary}\nSELECT c.id, c.client, c.montant FROM silver.checked c"
	s.sql["silver/achats.sql"] = "SELECT r.id, r.client, r.montant FROM silver.repeated r ORDER BY r.id"
	s.expect("all", "silver.checked silver.repeated silver.achats silver.clients gold.totals gold.ca gold.clients")
	expect := func(want string) {
		t.Helper()
		why := s.why(builder.Options{})
		if why["silver.achats"] != want || why["gold.ca"] != "silver.achats changed" || why["silver.checked"] != "silver.repeated reads it" {
			t.Errorf("got %v, want %s", why, want)
		}
	}
	s.set = map[string]string{"most": "15.0000"}
	expect("the parameter most changed: 15.0000, was 10000.0000")
	s.set = nil
	was := s.sql["silver/checked.sql"]
	s.sql["silver/checked.sql"] += " AND a.id > 0"
	expect("the SQL of silver.checked changed")
	s.sql["silver/checked.sql"] = was
	s.raw("achats_2.parquet", "SELECT 7 id, 1 client, 1::DECIMAL(18,4) montant")
	expect("achats_2.parquet is new")
}

// TestAPlanKnowsWhatIsLeftOutOfDate: of the tables that aren't selected.
func TestAPlanKnowsWhatIsLeftOutOfDate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.expect("all", "silver.clients silver.achats gold.totals gold.ca gold.clients")
	stale := func() string {
		t.Helper()
		p, err := s.builder().Plan(t.Context(), builder.Options{Select: []string{"gold.clients"}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, planned := range p.Tables {
			if planned.Stale {
				names = append(names, planned.Table.FullName())
			}
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got := stale(); got != "" {
		t.Errorf("of a fresh lake: %s", got)
	}
	s.raw("achats_2.parquet", "SELECT 7 id, 1 client, 1::DECIMAL(18,4) montant")
	if got := stale(); got != "gold.ca silver.achats" {
		t.Errorf("got %q", got)
	}
}
