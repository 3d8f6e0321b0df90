//go:build e2e

package lake

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/catalog"
	"goldserve/gold/storetest"
)

// TestTablesOfARESTCatalog reads a table of a catalog that pyiceberg keeps, follows it, and says what a catalog refuses.
func TestTablesOfARESTCatalog(t *testing.T) {
	root := t.TempDir()
	rest := storetest.StartCatalog(t, root)
	ask := func(folder, credential, warehouse string) *Lake {
		c, err := catalog.New(catalog.Config{URL: rest.Address, Warehouse: warehouse, Auth: catalog.Auth{Credential: credential}})
		if err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, folder)
		l.Ask(c, nil)
		return l
	}
	l := ask(filepath.Join(root, "warehouse"), "me:canary", "house")
	stranger := ask(filepath.Join(root, "warehouse"), "me:wrong-canary", "house")
	elsewhere := ask(t.TempDir(), "me:canary", "house")
	spec := Spec{Source: "n.sales", Dataset: dataset("sales", "id:i name:t?"), Reading: gold.Reading{Format: gold.Iceberg}}
	spec.Dataset.Key = nil
	table, err := l.Table(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = table.Close() }()
	rows, _, err := readRows(table, Read{})
	if err != nil || len(rows) != 10 || !strings.HasPrefix(table.Provenance().String(), "Iceberg snapshot ") || !strings.HasSuffix(table.Provenance().Place, "warehouse/n/sales") {
		t.Errorf("%d rows of %s, error %v", len(rows), table.Provenance(), err)
	}
	if err := table.Unchanged(t.Context()); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		lake   *Lake
		source string
		code   gold.Code
		words  string
	}{
		"no such table":        {l, "n.sale", gold.CodeSourceMissing, "has no such table: table sale does not exist"},
		"another's credential": {stranger, "n.sales", gold.CodeSourceUnreadable, "PYICEBERG_CATALOG__DEFAULT__CREDENTIAL"},
		"outside of the lake":  {elsewhere, "n.sales", gold.CodeFileUnsupported, "which is not in the lake"},
	} {
		s := spec
		s.Source = c.source
		_, err := c.lake.Table(t.Context(), s)
		if gold.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	token := table.Token(time.Now())
	rest.Tell(t, "more")
	wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "of the Iceberg table followed")
	next, err := l.Table(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = next.Close() }()
	if next.Rows() != 20 || next.Token(time.Now()) == token {
		t.Errorf("%d rows", next.Rows())
	}
}
